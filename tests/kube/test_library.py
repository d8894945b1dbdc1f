"""Only what is used of kubernetes-asyncio is loaded, and all of it where that does not work."""

from __future__ import annotations

import json
import subprocess
import sys

_COUNT = """
import json, sys
{before}
from lwstui.kube.library import load
configuration, config = load()
loaded = [name for name in sys.modules if name.startswith("kubernetes_asyncio")]
print(json.dumps({{
    "models": sum(".models." in name for name in loaded),
    "apis": sum(".client.api." in name for name in loaded),
    "names": [configuration.__name__, config.load_kube_config_from_dict.__name__,
              config.load_incluster_config.__name__, config.ConfigException.__name__],
}}))
"""
NAMES = [
    "Configuration",
    "load_kube_config_from_dict",
    "load_incluster_config",
    "ConfigException",
]


def counted(before=""):
    script = _COUNT.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_no_model_and_no_api_is_loaded():
    assert counted() == {"models": 0, "apis": 0, "names": NAMES}


def test_a_library_loaded_before_is_used_as_it_is():
    found = counted("import kubernetes_asyncio")
    assert found["names"] == NAMES
    assert found["models"] > 100


def test_another_layout_loads_all_of_it():
    found = counted(
        "import lwstui.kube.library as library\n"
        "def other(): raise AttributeError('moved')\n"
        "library._load_parts = other"
    )
    assert found["names"] == NAMES
    assert found["models"] > 100
