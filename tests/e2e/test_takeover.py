"""A set of the native controller on the sandbox, moved by the command, then served by ours."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from controller.api import names
from controller.api.meta import Key
from controller.errors import Forbidden
from controller.guard import STATEFUL_SETS
from controller.takeover.evidence import TAKEOVER
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.rest import Rest
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.takeover import Mover
from lwstui.runtime.takeover_terms import TakeoverError
from tests.e2e.conftest import World
from tests.e2e.native_world import (
    NAME,
    SPACE,
    changes_of,
    controller,
    deployments_follow,
    identities,
    images,
    install,
    native_set,
    native_world,
    roll,
    scale,
    takeover,
)
from tests.support import native
from tests.support.waiting import eventually


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A sandbox with no controller of ours yet."""
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path / "state"))
    async with native_world() as made:
        yield made


@pytest.mark.parametrize("early", [True, False], ids=["controller-runs", "controller-starts-later"])
async def test_a_moved_set_is_served_without_touching_a_pod(
    world: World, capsys: pytest.CaptureFixture[str], early: bool
) -> None:
    before = await native_set(world)
    async with AsyncExitStack() as running:
        if early:
            await running.enter_async_context(controller(world))
        assert await takeover(world, NAME, "--yes") == 0, capsys.readouterr()
        assert "12 pods, none replaced or restarted" in capsys.readouterr().out
        assert identities(world) == before
        assert not world.sandbox.store.items("statefulsets.apps")
        if not early:
            await running.enter_async_context(controller(world))
        await scale(world, 4)
        await world.ready(NAME, 4, SPACE)
        assert before.items() <= identities(world).items()
        await roll(world, "nginx:2")
        await eventually(lambda: images(world) == {"nginx:2"})
        await world.ready(NAME, 4, SPACE)
        assert not before.items() & identities(world).items()


class Died(Exception):
    """The process is gone."""


class Mortal(Rest):
    """A client whose process dies at its n-th write, before or after that took effect."""

    def __init__(self, rest: Rest, dies_at: int, *, answer_lost: bool) -> None:
        self.rest = rest
        self.dies_at = dies_at
        self.answer_lost = answer_lost
        self.writes = 0

    async def request(self, verb: str, path: str, **more: Any) -> bytes:
        self.writes += verb != "GET"
        fatal = verb != "GET" and self.writes == self.dies_at
        dead = self.writes > self.dies_at
        if dead or (fatal and not self.answer_lost):
            raise Died
        answer = await self.rest.request(verb, path, **more)
        if fatal:
            raise Died
        return answer


@pytest.mark.parametrize("answer_lost", [False, True], ids=["not-sent", "answer-lost"])
async def test_a_run_that_died_at_any_request_is_finished_by_the_next(
    world: World, answer_lost: bool
) -> None:
    key = Key(SPACE, "vct")
    shape: set[str] = set()
    for number in range(1, 11):
        before = await native_set(world, "volume-claims")
        mortal = Mortal(world.connection.rest, number, answer_lost=answer_lost)
        with pytest.raises(Died):
            await Mover(mortal, SystemClock(), report=lambda _: None).move(key)
        moved = await Mover(world.connection.rest, SystemClock(), report=lambda _: None).move(key)
        assert identities(world, "vct") == before, f"died at write {number}"
        assert moved.disturbed == ()
        shape.add(owners(world))
        assert TAKEOVER not in world.set("vct", SPACE)["metadata"]["annotations"]
        await clear(world)
    assert len(shape) == 1


OWNED = ("statefulsets.apps", "pods", "persistentvolumeclaims", "controllerrevisions.apps")


def owners(world: World) -> str:
    """Every object that was native's, with who owns it now."""
    store = world.sandbox.store
    found = {
        f"{kind} {obj['metadata']['name']}": [
            f"{reference['kind']} {reference['name']}"
            for reference in obj["metadata"].get("ownerReferences", [])
        ]
        for kind in (
            "statefulsets.apps",
            "pods",
            "persistentvolumeclaims",
            "controllerrevisions.apps",
        )
        for obj in store.items(kind, SPACE)
    }
    return json.dumps(found, sort_keys=True)


async def clear(world: World) -> None:
    store = world.sandbox.store
    uid = world.set("vct", SPACE)["metadata"]["uid"]
    cluster = KubeCluster(world.connection.rest)
    await cluster.delete(names.LEADERWORKERSETS, SPACE, "vct", uid=uid)
    kinds = ("pods", "services", "persistentvolumeclaims", "controllerrevisions.apps")
    await eventually(lambda: not any(store.items(kind, SPACE) for kind in kinds))


async def test_native_is_stopped_and_saved_when_asked_to(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await native_set(world)
    await install(world, lease_s=1)
    deployments_follow(world)
    assert await takeover(world, "--all", "--stop-native", "--yes") == 0, capsys.readouterr()
    assert identities(world) == before
    store = world.sandbox.store
    assert (
        store.get("deployments.apps", native.SYSTEM, "lws-controller-manager")["spec"]
        | {"replicas": 0}
        == store.get("deployments.apps", native.SYSTEM, "lws-controller-manager")["spec"]
    )
    for kind in ("mutating", "validating"):
        assert not store.items(f"{kind}webhookconfigurations.admissionregistration.k8s.io")
    (saved,) = (tmp_path / "state" / "takeover").iterdir()
    assert saved.stat().st_mode & 0o777 == 0o600
    kinds = [item["kind"] for item in json.loads(saved.read_text())["items"]]
    assert kinds.count("StatefulSet") == 4
    assert {"Deployment", "MutatingWebhookConfiguration", "LeaderWorkerSet"} <= set(kinds)


@pytest.mark.parametrize(
    "case",
    [
        ([], 0, "kubectl -n lws-system scale deployment lws-controller-manager --replicas=0"),
        (["--all"], 1, "the native controller is in the way; run the commands above"),
        (["vct", "--stop-native"], 1, f"golden/{NAME} would be left without a controller"),
        (["--all", "--stop-native"], 1, "move 2 set(s), 14 pods, on lwstui-sandbox"),
        (["--all", "--stop-native", "--dry-run"], 0, "would delete statefulsets.apps vct-0 in"),
        (["--all", "--dry-run"], 1, "would delete statefulsets.apps vct-0 in"),
        (["nothing"], 1, "no LeaderWorkerSet nothing in namespace golden"),
        (["vct", "--all"], 2, "name the sets or say --all, not both"),
    ],
)
async def test_nothing_is_written_unless_all_holds_and_one_says_so(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[list[str], int, str],
) -> None:
    arguments, code, said = case
    await native_set(world)
    await native_set(world, "volume-claims")
    await install(world)
    changes = changes_of(world)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert await takeover(world, *arguments) == code
    captured = capsys.readouterr()
    assert said in captured.out + captured.err
    assert changes == []


async def test_a_set_that_would_be_rolled_is_refused(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await native_set(world)
    await roll(world, "nginx:2")
    changes = changes_of(world)
    assert await takeover(world, NAME, "--yes") == 1
    captured = capsys.readouterr()
    assert "its status is of generation 1, the spec of 2" in captured.out
    assert f"golden/{NAME} may not be moved" in captured.err
    assert changes == []


async def test_a_document_for_programs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await native_set(world, "volume-claims")
    assert await takeover(world, "-o", "json") == 0
    (found,) = json.loads(capsys.readouterr().out)["sets"]
    assert (found["name"], found["controllers"], found["takeover"]) == ("vct", ["native"], "ready")
    assert await takeover(world, "--all", "--yes", "-o", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["moved"] == [{"set": "golden/vct", "disturbed": []}]
    assert Path(document["backup"]).exists()


class Hurried(SystemClock):
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def monotonic(self) -> float:
        return self.slept_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s += seconds * 20
        await asyncio.sleep(0)


def hurried(world: World) -> Mover:
    clock = Hurried()
    return Mover(world.connection.rest, clock, report=lambda _: None, sleep=clock.sleep)


async def test_a_statefulset_that_stays_is_named_and_the_next_run_goes_on(world: World) -> None:
    before = await native_set(world, "volume-claims")
    hold: dict[str, Any] = {"metadata": {"finalizers": ["example.com/hold"]}}
    cluster = KubeCluster(world.connection.rest)
    await cluster.patch(STATEFUL_SETS, SPACE, "vct-0", hold)
    with pytest.raises(TakeoverError, match="no progress for 60 s: statefulset vct-0"):
        await hurried(world).move(Key(SPACE, "vct"))
    assert "vct" in [s["metadata"]["name"] for s in world.sandbox.store.items("statefulsets.apps")]
    hold["metadata"]["finalizers"] = None
    await cluster.patch(STATEFUL_SETS, SPACE, "vct-0", hold)
    await hurried(world).move(Key(SPACE, "vct"))
    assert identities(world, "vct") == before


async def test_a_native_controller_that_does_not_stop_keeps_its_webhooks(world: World) -> None:
    await install(world)
    mover = hurried(world)
    with pytest.raises(TakeoverError, match="has not stopped within 120 s: the native controller"):
        await mover.stop_native(await mover.survey.native())
    left = await mover.survey.native()
    assert (len(left.mutating), len(left.validating)) == (1, 1)


async def test_a_set_that_is_gone_is_said_to_be(world: World) -> None:
    with pytest.raises(TakeoverError, match="golden/vct: there is no such LeaderWorkerSet"):
        await hurried(world).move(Key(SPACE, "vct"))


class Terminal(io.StringIO):
    """A terminal at which somebody answers."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
async def test_it_asks_once(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    await native_set(world, "volume-claims")
    changes = changes_of(world)
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert await takeover(world, "vct") == code
    assert bool(changes) == (code == 0)


class Limited(Rest):
    """A client of a user who may not read webhook configurations nor change anything."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    async def request(self, verb: str, path: str, **more: Any) -> bytes:
        if "webhookconfigurations" in path:
            raise Forbidden(403, "Forbidden", "not allowed")
        if path.endswith("/selfsubjectaccessreviews"):
            return b'{"status": {"allowed": false}}'
        return await self.rest.request(verb, path, **more)


async def test_without_permission_to_look_or_to_write_nothing_begins(world: World) -> None:
    await native_set(world, "volume-claims")
    mover = Mover(Limited(world.connection.rest), SystemClock(), report=lambda _: None)
    with pytest.raises(TakeoverError, match=r"webhookconfigurations.* may not be listed"):
        await mover.move(Key(SPACE, "vct"))
    missing = await mover.missing_rights(SPACE)
    assert "delete statefulsets.apps in golden" in missing
    assert len(missing) == 5


async def test_lists_are_read_in_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lwstui.runtime.takeover_survey._PAGE", 5)
    await native_set(world)
    (found,) = await hurried(world).survey.sets()
    assert (len(found.pods), len(found.statefulsets), len(found.revisions)) == (12, 4, 5)
