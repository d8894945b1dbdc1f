"""A sandbox that is full from the start: what is in it, and that a controller agrees."""

import json
from collections import Counter
from typing import Any

import pytest

from lwstui.cli.main import main
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.sandbox.endpointslices import ENDPOINTS, SLICES
from lwstui.sandbox.fill import Fill, NoRoom
from lwstui.sandbox.main import run
from lwstui.sandbox.objects import Change, Store
from tests.e2e.conftest import SETS, world_of
from tests.support.waiting import eventually

FILLED = SandboxOptions(nodes=3, speed=200, fill=Fill(3, 4))


def _pods(store: Store) -> list[dict[str, Any]]:
    return store.items("pods", "default")


def _shape(value: Any) -> Any:
    """Return an object without what differs from one cluster to the next."""
    if isinstance(value, dict):
        changing = ("uid", "resourceVersion", "containerID", "nodeName", "hostIP", "hostIPs")
        changing += ("podIP", "podIPs", "managedFields")
        return {
            name: _shape(inner)
            for name, inner in value.items()
            if name not in changing and not name.endswith(("Time", "Timestamp", "At"))
        }
    return [_shape(inner) for inner in value] if isinstance(value, list) else value


async def test_every_pod_runs_and_has_an_address_of_its_own() -> None:
    async with running_sandbox(FILLED) as sandbox:
        await eventually(lambda: all(pod["status"].get("podIP") for pod in _pods(sandbox.store)))
        pods = _pods(sandbox.store)
        assert len({pod["status"]["podIP"] for pod in pods}) == len(pods) == 12
        assert {pod["status"]["phase"] for pod in pods} == {"Running"}
        assert all(pod["status"]["containerStatuses"][0]["ready"] for pod in pods)
        nodes = Counter(pod["spec"]["nodeName"] for pod in pods)
        assert nodes == {"h100-01": 4, "h100-02": 4, "h100-03": 4}
        about = [each["involvedObject"]["name"] for each in sandbox.store.items("events")]
        assert [name for name in about if name.startswith("fill")] == []


async def test_the_controller_finds_nothing_to_do() -> None:
    changes: list[Change] = []
    async with world_of(FILLED) as world:
        store = world.sandbox.store
        await eventually(lambda: all(pod["status"].get("podIP") for pod in _pods(store)))
        store.subscribe(changes.append)
        probe = {**store.get(SETS, "default", "fill"), "status": {}}
        probe["metadata"] = {"name": "probe"}
        probe["spec"] = {**probe["spec"], "replicas": 1}
        # Every set waits in one queue: when a later one is done, this one has had its turn.
        await world.apply([probe])
        await world.ready("probe", 1)
    others = ("events", ENDPOINTS, SLICES)
    touched = [
        (change.type, change.key, change.object["metadata"]["name"])
        for change in changes
        if change.object["metadata"]["name"].startswith("fill") and change.key not in others
    ]
    assert touched == []


async def test_it_is_what_the_controller_makes() -> None:
    async with world_of(FILLED) as world:
        store = world.sandbox.store
        await eventually(lambda: all(pod["status"].get("podIP") for pod in _pods(store)))
        made = {**store.get(SETS, "default", "fill"), "status": {}, "metadata": {"name": "made"}}
        await world.apply([made])
        await world.ready("made", 3)
        seeded, grown = world.pods("fill"), world.pods("made")
        for ours, theirs in zip(seeded, grown, strict=True):
            for field in ("metadata", "spec", "status"):
                assert _normal(ours[field]) == _normal(theirs[field])
        owned = [_owned(pods[-1]) for pods in (seeded, grown)]
        assert owned[0] == owned[1]


def _normal(part: dict[str, Any]) -> Any:
    """Return a part of a pod with the set's name, its hashes and its zone made equal."""
    shape = _shape(part)
    for labels in (shape.get("labels"), *(o for o in shape.get("ownerReferences", ()))):
        for name in list(labels or ()):
            if name.endswith(("-hash", "group-key", "zone")):
                labels[name] = "any"
    return _renamed(shape)


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner) for inner in value]
    return value.replace("made", "fill") if isinstance(value, str) else value


def _owned(pod: dict[str, Any]) -> Any:
    """Return the fields of a pod that the controller owns, whatever its owner's uid is."""
    (entry,) = pod["metadata"]["managedFields"]
    (owner,) = pod["metadata"]["ownerReferences"]
    return json.loads(json.dumps({**entry, "time": ""}).replace(owner["uid"], "uid"))


async def test_a_lost_pod_of_a_filled_group_is_replaced() -> None:
    async with world_of(FILLED) as world:
        store = world.sandbox.store
        old = store.get("pods", "default", "fill-1-2") or {}
        store.delete("pods", "default", "fill-1-2", grace_s=0)
        await eventually(lambda: store.get("pods", "default", "fill-1-2") not in (None, old))
        await world.ready("fill", 3)


async def test_more_than_fits_is_refused_with_what_would_do() -> None:
    with pytest.raises(NoRoom, match="ask for 8 nodes"):
        async with running_sandbox(SandboxOptions(nodes=1, fill=Fill(100, 8))):
            pass


def test_the_program_says_so_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SandboxOptions(nodes=1, fill=Fill(100, 8))) == 1
    assert capsys.readouterr().err == (
        "The sandbox cannot start: 100 groups of 8 are 800 pods, and 1 H100 hosts have room for "
        "110: ask for 8 nodes.\n"
    )


@pytest.mark.parametrize("text", ["8", "0x8", "8x0", "x8", "8x", "axb", "-1x2", "1x2x3"])
def test_a_flag_that_is_no_size_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sandbox", f"--fill={text}"])
    assert f"{text} is not GROUPSxSIZE, such as 100x8" in capsys.readouterr().err


async def test_filled_pods_are_left_alone_once_they_run() -> None:
    async with running_sandbox(FILLED) as sandbox:
        store = sandbox.store
        await eventually(lambda: all(pod["status"].get("podIP") for pod in _pods(store)))
        seen: list[Change] = []
        store.subscribe(seen.append)
        # Time passes: a pod that is made now has run through its start.
        store.create("pods", _bare("later"))
        await eventually(lambda: _ready(store, "later"))
        touched = {each.object["metadata"]["name"] for each in seen}
        assert not any(name.startswith("fill") for name in touched)


def _bare(name: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "main", "image": "nginx:1.27"}]}
    return {"metadata": {"name": name, "namespace": "default"}, "spec": spec}


def _ready(store: Store, name: str) -> bool:
    status = (store.get("pods", "default", name) or {}).get("status") or {}
    conditions = status.get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
