"""What the package carries: the CustomResourceDefinition, the examples, the themes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lwstui.cli.demo import DEFAULTS
from lwstui.cli.main import main
from lwstui.data import crd, folder

EXAMPLES = sorted(folder("examples").rglob("*.yaml"))
EXPECT = re.compile(r"# Expect: (\d+) pods, (\d+) (GPUs|TPUs), (\d+)/(\d+) ready; \S")


def version() -> dict[str, Any]:
    versions = crd()["spec"]["versions"]
    assert len(versions) == 1
    return dict(versions[0])


def test_crd_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crd"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == crd()


def test_crd_names_columns_and_subresources() -> None:
    assert crd()["spec"]["names"]["shortNames"] == ["lws"]
    assert version()["subresources"] == {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.hpaPodSelector",
        },
    }
    columns = [(c["name"], c["type"], c["jsonPath"]) for c in version()["additionalPrinterColumns"]]
    assert columns == [
        ("Ready", "integer", ".status.readyReplicas"),
        ("Desired", "integer", ".spec.replicas"),
        ("Up-to-date", "integer", ".status.updatedReplicas"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ]


def test_crd_defaults_are_the_webhooks() -> None:
    spec = version()["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    template = spec["leaderWorkerTemplate"]["properties"]
    assert spec["replicas"]["default"] == 1
    assert template["size"]["default"] == 1
    assert template["restartPolicy"]["default"] == "RecreateGroupOnPodRestart"
    assert spec["startupPolicy"]["default"] == "LeaderCreated"
    assert spec["networkConfig"]["default"] == {"subdomainPolicy": "Shared"}
    assert spec["rolloutStrategy"]["default"] == {
        "type": "RollingUpdate",
        "rollingUpdateConfiguration": {"partition": 0, "maxUnavailable": 1, "maxSurge": 0},
    }
    for name in ("leaderTemplate", "workerTemplate"):
        assert template[name] == {
            "description": template[name]["description"],
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
        }


def test_the_demo_shows_examples_that_exist() -> None:
    assert [name for name in DEFAULTS if not (folder("examples") / name).is_file()] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_says_what_to_expect(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = EXPECT.search(text)
    assert found, "the header lacks '# Expect: N pods, M GPUs, R/D ready; ...'"
    sets = [d for d in yaml.safe_load_all(text) if d["kind"] == "LeaderWorkerSet"]
    pods = gpus = groups = 0
    for one in sets:
        spec = one["spec"]
        template = spec["leaderWorkerTemplate"]
        size, replicas = template.get("size", 1), spec.get("replicas", 1)
        leader = template.get("leaderTemplate") or template["workerTemplate"]
        groups += replicas
        pods += replicas * size
        gpus += replicas * (devices(leader) + (size - 1) * devices(template["workerTemplate"]))
    said, asked = [int(found[1]), int(found[2]), int(found[5])], [pods, gpus, groups]
    if found[4] == found[5]:
        assert said == asked
    else:  # what comes of it is less than it asks for
        assert all(one <= other for one, other in zip(said, asked, strict=True))


def devices(template: dict[str, Any]) -> int:
    total = 0
    for container in template["spec"]["containers"]:
        limits = container.get("resources", {}).get("limits", {})
        total += sum(int(limits.get(n, 0)) for n in ("nvidia.com/gpu", "google.com/tpu"))
    return total
