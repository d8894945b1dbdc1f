"""The wheel, installed into an empty environment, carries everything and runs the demo."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel and nothing else of ours.

    The dependencies are lent by the environment that runs the tests, as a folder of modules:
    nothing is downloaded, and an editable installation of this checkout does not come along.
    """
    folder = tmp_path_factory.mktemp("wheel")
    run = [sys.executable, "-m"]
    subprocess.run(
        [*run, "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    made = folder / "venv" / "bin" / "python"
    subprocess.run(
        [*run, "pip", "--python", str(made), "install", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    lent = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")
    return made


def output(python: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=python.parent,
        timeout=60,
    )
    return done.stdout


def test_both_packages_come_from_the_wheel(python: Path) -> None:
    code = "import controller, lwstui; print(controller.__file__); print(lwstui.__file__)"
    for path in output(python, "-c", code).splitlines():
        assert path.startswith(str(python.parents[1]))


def test_the_wheel_carries_definition_examples_and_themes(python: Path) -> None:
    code = (
        "from lwstui.data import crd, folder\n"
        "print(crd()['metadata']['name'])\n"
        "for name in ('examples', 'themes'):\n"
        "    print(folder(name).parent.name, len(list(folder(name).glob('*.yaml'))))"
    )
    name, examples, themes = output(python, "-c", code).splitlines()
    assert name == "leaderworkersets.leaderworkerset.x-k8s.io"
    assert examples == f"lwstui {len(list((ROOT / 'examples').glob('*.yaml')))}"
    assert themes == f"lwstui {len(list((ROOT / 'themes').glob('*.yaml')))}"


def test_the_wheel_installs_the_kubectl_plugin(python: Path) -> None:
    script = python.parent / "kubectl-lws"
    done = subprocess.run([str(script), "rollout", "--help"], capture_output=True, check=True)
    assert done.stdout.startswith(b"usage: kubectl lws rollout")


def test_the_installed_command_runs_the_demo(python: Path, tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "TMPDIR": str(tmp_path),
    }
    command = [str(python.parent / "lwstui"), "demo", "--speed", "50"]
    with Terminal(command, environ) as terminal:
        terminal.wait_for("SANDBOX")
        terminal.wait_for(r"leaderworkerset-sample\s+\S+\s+3/3\s+3/3", 60)
        terminal.process.terminate()
        assert terminal.wait_for_exit() == 0
