"""No silent write: whatever changes a cluster is an intent, or is named here with its reason."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lwstui
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS
from controller.errors import Forbidden
from lwstui.runtime.intents import (
    Apply,
    CopyIn,
    Cordon,
    DeleteNode,
    DeletePod,
    DeleteSet,
    Drain,
    Edit,
    Freeze,
    Hold,
    Intent,
    PauseController,
    PauseRollout,
    RecreateGroup,
    ResumeRollout,
    RollingRestart,
    Scale,
    SetImage,
    SetPartition,
    Undo,
)
from lwstui.runtime.writes import RULES
from lwstui.state.manifests import Manifest, Trial
from tests.runtime.bench import running
from tests.view.build import LLAMA, pod

ROOT = Path(lwstui.__file__).parent
PACKAGES = ("cli", "config", "insight", "kube", "runtime", "state", "telemetry", "tui", "view")
WRITES = {"patch", "create", "delete", "evict"}
READS = {"GET"}

REGISTRY = "runtime/writing/"
"""Where intents are carried out; ``runtime.writes`` holds all of its rules."""

OTHERS = {
    "kube/apply.py": "objects given on the command line, told in the activity",
    "kube/events.py": "events of the controller, not of the operator",
    "runtime/takeover.py": "a takeover, confirmed as a whole; each of its steps is told",
}
"""Requests that are no intents, and what they are."""

POSTS = {
    "cli/scenario.py": "faults of the sandbox, which belong to no cluster",
    "kube/cluster.py": "carries all writes",
    "kube/discovery.py": "asks what may be done; nothing is kept",
    "kube/rest.py": "carries what is given to it",
    "kube/reviews.py": "asks what may be done; nothing is kept",
}
"""Where requests that are no reads are made."""


def calls(names: set[str], root: Path = ROOT) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of methods with these names, each with its module."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in names:
                    yield path.relative_to(root).as_posix(), node


def is_dry(call: ast.Call) -> bool:
    """Tell whether a call can do no more than ask."""
    return any(
        word.arg == "dry_run" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in call.keywords
    )


def writing(root: Path = ROOT) -> set[str]:
    """Return the modules that call what changes a cluster."""
    return {module for module, call in calls(WRITES, root) if not is_dry(call)}


def test_only_intents_write_and_what_is_named_here():
    wrote = writing()
    rules = {module for module in wrote if module.startswith(REGISTRY)}
    assert len(rules) > 4
    assert wrote - rules == set(OTHERS)


def test_a_write_that_somebody_adds_elsewhere_is_found(tmp_path):
    planted = tmp_path / "tui" / "planted.py"
    planted.parent.mkdir()
    planted.write_text("async def quick(cluster):\n    await cluster.delete('pods', 'a', 'b')\n")
    assert writing(tmp_path) == {"tui/planted.py"}


@pytest.mark.parametrize(
    ("planted", "broken"),
    [
        ("", 0),
        ("from lwstui.kube.cluster import KubeCluster\n", 1),
        ("import lwstui.kube.rest\n", 1),
        ("from controller.executor import Executor\n", 1),
    ],
    ids=["nothing", "client", "requests", "executor"],
)
def test_screens_that_reach_past_the_runtime_break_an_import_contract(planted, broken, tmp_path):
    # Contracts are checked on a copy, in which only this differs.
    for package in ("lwstui", "controller"):
        only_code = shutil.ignore_patterns("__pycache__", "*.yaml", "web")
        shutil.copytree(ROOT.parent / package, tmp_path / package, ignore=only_code)
    shutil.copy(ROOT.parent / "pyproject.toml", tmp_path)
    (tmp_path / "lwstui" / "tui" / "planted.py").write_text(f'"""Planted."""\n{planted}')
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert f"{broken} broken." in checked.stdout, checked.stdout + checked.stderr
    assert bool(checked.returncode) == bool(broken)
    found = "the console reaches the cluster only through runtime BROKEN" in checked.stdout
    assert found == bool(broken)


def test_only_one_module_sends_what_is_no_read():
    sent = {
        module
        for module, call in calls({"request"})
        if not (
            call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value in READS
        )
    }
    assert sent == set(POSTS)


def test_intents_are_carried_out_where_they_are_entered():
    performing = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "perform":
                    performing.add(path.relative_to(ROOT).as_posix())
    # The command line has no activity: it prints what came of it.
    assert performing == {"runtime/writer.py", "runtime/operator.py"}


UID = f"uid-{LLAMA}"
MANIFEST = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": LLAMA.name, "namespace": LLAMA.namespace},
}
INTENTS: tuple[Intent, ...] = (
    Scale(LLAMA, UID, 3),
    RecreateGroup(LLAMA, 0, "llama-0", "uid-llama-0"),
    RollingRestart(LLAMA, UID, "s"),
    SetImage(LLAMA, UID, (("worker", "main", "x:2"),)),
    Hold(LLAMA, UID, 1),
    PauseRollout(LLAMA, UID, 1),
    ResumeRollout(LLAMA, UID, 1),
    SetPartition(LLAMA, UID, 1, 0),
    DeletePod(LLAMA, "llama-0", "uid-llama-0"),
    DeleteSet(LLAMA, UID),
    DeleteNode(LLAMA, "uid-node"),
    Cordon(LLAMA, "uid-node"),
    Drain(LLAMA, "uid-node"),
    Freeze(LLAMA, UID),
    PauseController(LLAMA, UID, "2026-08-21T10:42:00Z by alice"),
    CopyIn(Key("prod", "llama-0"), "uid-llama-0", "main", "/tmp", "note.txt"),
    Undo(LLAMA, UID, 1, "llama-aaa111-1", 1),
    Edit(LLAMA, LEADERWORKERSETS, UID, {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}),
    Apply(Trial(Manifest("a.yaml", MANIFEST), LLAMA, LEADERWORKERSETS, after=MANIFEST)),
)


def test_each_kind_of_intent_is_tried():
    assert {type(intent) for intent in INTENTS} == set(RULES)


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: type(intent).__name__)
@pytest.mark.parametrize("read_only", [False, True], ids=["refused by the server", "read-only"])
async def test_what_came_of_an_intent_is_in_the_activity(intent, read_only):
    async with running(read_only=read_only) as bench:
        await bench.live(pod())
        bench.link.cluster.refuse = Forbidden(403, "Forbidden", "you may not")
        outcome = await bench.core.write(intent, dry_run=False)
        await bench.time.advance(0.2)
        assert not outcome.ok
        (line,) = bench.last.activity
        assert (line.who, line.target, line.ok) == ("you", str(intent.target), False)
        assert line.outcome == outcome.message
