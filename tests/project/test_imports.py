"""Start-up stays light: what is imported before it is needed, and where the packages end."""

import subprocess
import sys
from pathlib import Path

import pytest

from lwstui.tui.screens.registry import SCREENS

ROOT = Path(__file__).parents[2]
MAX_LINES = 400


def modules_after(code: str) -> set[str]:
    """Return the names of the modules a fresh interpreter has after ``code``."""
    script = f"{code}\nimport sys\nsys.stderr.write('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stderr.split())


def tops(modules: set[str]) -> set[str]:
    """Return the top-level names of modules."""
    return {name.partition(".")[0] for name in modules}


def test_help_loads_neither_textual_nor_the_client() -> None:
    code = (
        "from lwstui.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0"
    )
    loaded = tops(modules_after(code))
    assert "lwstui" in loaded
    assert not loaded & {"textual", "kubernetes_asyncio", "aiohttp", "rich"}


def test_the_first_frame_needs_no_client_and_no_other_screen() -> None:
    modules = modules_after("import lwstui.tui.app, lwstui.runtime.engine")
    assert "textual" in modules
    assert not tops(modules) & {"kubernetes_asyncio", "aiohttp"}
    others = {f"lwstui.tui.screens.{where.partition(':')[0]}" for where in SCREENS.values()}
    assert len(others) > 20
    assert not modules & others


def test_controller_needs_the_standard_library_and_msgspec_only() -> None:
    code = "import controller.manager, controller.plan.compose"
    allowed = tops(modules_after("import msgspec")) | set(sys.stdlib_module_names) | {"controller"}
    assert tops(modules_after(code)) - allowed == set()


@pytest.mark.parametrize("package", ["lwstui", "controller", "tests", "benchmarks"])
def test_no_module_is_longer_than_400_lines(package: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / package).rglob("*.py")
    }
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}
