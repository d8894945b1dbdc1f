"""One picture per state worth arguing about; `pytest --snapshot-update` after a wanted change."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from lwstui.kube.sync import KindSync
from lwstui.runtime.backend import LogEntry
from lwstui.state.model import Pending, Playing, Snapshot, Underway
from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.tui.worlds import NOW, World, busy, hostile, large, live, rolling

SMALL, MEDIUM, BIG = (80, 24), (120, 40), (200, 60)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, BIG], ids=["80x24", "120x40", "200x60"])
def test_fleet(picture, size):
    assert picture(busy().snapshot(), size, wait="llama405b")


def test_fleet_at_rest(picture):
    world = World()
    world.add_nodes(30)
    world.add_set("llama70b", "·" * 48)
    world.add_set("phi4", "·" * 40, size=1)
    assert picture(world.snapshot(), (100, 30), wait="NOTHING NEEDS ATTENTION")


def test_fleet_filtered(picture):
    assert picture(busy().snapshot(), MEDIUM, "slash", *"ns:res", wait="3 of 10")


def test_fleet_with_requested_change(picture):
    snapshot = busy().snapshot()
    key = next(k for k in snapshot.sets if k.name == "phi4")
    pending = {key: Pending(NOW - 3, "scale to 42")}
    assert picture(replace(snapshot, pending=pending), MEDIUM, wait="1 requested")


@pytest.mark.parametrize("size", [SMALL, MEDIUM], ids=["80x24", "120x40"])
def test_fleet_of_a_recording(picture, size):
    snapshot = busy().snapshot()
    playing = Playing("incident", NOW - 192, 600.0, 192.0, speed=10.0)
    cluster = replace(snapshot.cluster, playing=playing, read_only=True)
    assert picture(replace(snapshot, cluster=cluster), size, wait="REPLAY")


@pytest.mark.parametrize("size", [SMALL, MEDIUM, BIG], ids=["80x24", "120x40", "200x60"])
def test_map_mid_rollout(picture, size):
    assert picture(rolling()[0].snapshot(), size, "enter", wait="GROUP MAP")


def test_map_failing_group(picture):
    assert picture(busy().snapshot(), MEDIUM, "enter", wait="GROUP MAP")


def test_map_two_thousand_groups(picture):
    assert picture(large()[0].snapshot(), MEDIUM, "enter", wait="GROUP MAP")


def test_groups_tab(picture):
    assert picture(rolling()[0].snapshot(), MEDIUM, "enter", "2", wait="[2 Groups]")


def test_pods(picture):
    assert picture(rolling()[0].snapshot(), MEDIUM, "colon", *"pods", "enter", wait="192 of 192")


def test_events(picture):
    assert picture(busy().snapshot(), MEDIUM, "colon", *"events", "enter", wait="4 of 4")


def test_nodes(picture):
    assert picture(busy().snapshot(), MEDIUM, "m", wait="104 of 104")


def test_yaml(picture):
    assert picture(rolling()[0].snapshot(), (100, 30), "y", wait="apiVersion")


def test_describe(picture):
    assert picture(rolling()[0].snapshot(), MEDIUM, "d", wait="describe of")


@pytest.mark.parametrize("size", [SMALL, MEDIUM], ids=["80x24", "120x40"])
def test_help(picture, size):
    assert picture(busy().snapshot(), size, "question_mark", wait="THIS SCREEN")


def test_logs(snap_compare):
    backend = FakeBackend(first=rolling()[0].snapshot())
    clock = [NOW]
    entries = [
        LogEntry("leader", NOW - 9, "INFO api_server.py:1090 vLLM API server version 0.8.5"),
        LogEntry("leader", NOW - 8, "INFO ray_utils.py:60 Waiting for 4 nodes, have 2"),
        *(
            LogEntry(f"w{n}", NOW - 7 + n / 10, f"INFO ray start --block: rank {n} connected")
            for n in (1, 2, 3)
        ),
        LogEntry("w2", NOW - 6, "ERROR NCCL WARN Connect to 10.12.4.8<41233> failed"),
        LogEntry("w2", NOW - 5, "vllm-worker restarted in place: exit 1, restart 1", "mark"),
        LogEntry("", NOW - 4.5, "llama70b group 29 was created again: generation 4 starts", "mark"),
        LogEntry("leader", NOW - 4, "WARN readiness probe GET /health -> 503"),
        LogEntry("leader", NOW - 2, "WARN readiness probe GET /health -> 503"),
        LogEntry("w3", 0.0, "container vllm-worker is waiting: ContainerCreating", "error"),
    ]

    async def before(pilot):
        app = pilot.app
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "l", "t")
        await until(pilot, lambda: backend.logs_opened)
        backend.logs_opened[0].sink(entries)
        screen = app.screen
        await until(pilot, lambda: screen._buffer.waiting)
        clock[0] += 1
        await until(pilot, lambda: "readiness probe" in shown(app))
        await keys(pilot, "slash", *"nccl", "enter")
        await until(pilot, lambda: "/ nccl" in shown(app))
        # What the second that passed brings: the rate of lines, and how old the last word is.
        await until(pilot, lambda: "last 15 min" in shown(app) and "LIVE 1s" in shown(app))
        await settled(pilot, app)

    app = console(backend, clock=lambda: clock[0])
    assert snap_compare(app, terminal_size=(120, 30), run_before=before)


def test_dialog_scale(picture):
    pressed = ["colon", *"scale qwen72b 15", "enter"]
    assert picture(busy().snapshot(), MEDIUM, *pressed, wait="accepted")


def test_dialog_recreate(picture):
    assert picture(rolling()[0].snapshot(), MEDIUM, "enter", "r", wait="accepted")


def test_dialog_restart(picture):
    assert picture(busy().snapshot(), SMALL, "r", wait="accepted")


def test_dialog_image(picture):
    pressed = ["colon", *"image phi4 all vllm:v2", "enter"]
    assert picture(busy().snapshot(), MEDIUM, *pressed, wait="accepted")


def test_dialog_leave(picture):
    assert picture(busy().snapshot(), (100, 30), "ctrl+c", wait="stop being replaced")


def test_palette(picture):
    assert picture(busy().snapshot(), MEDIUM, "ctrl+p", *"image nemo", wait="image nemotron")


def test_empty_cluster(picture):
    assert picture(World().snapshot(), (100, 30), wait="no LeaderWorkerSet here yet")


def test_connecting(picture):
    assert picture(Snapshot(), (100, 30), wait="connecting")


def test_no_crd(picture):
    sync = {**live(NOW), "leaderworkersets": KindSync("missing", since=NOW - 60)}
    assert picture(World().snapshot(sync=sync), (120, 30), wait="not installed")


def test_disconnected(picture):
    lost = KindSync("reconnecting", NOW - 40, NOW - 41, 4, NOW + 8, "connection reset")
    sync = {**live(NOW, 41), "leaderworkersets": lost, "pods": lost, "nodes": lost}
    assert picture(busy().snapshot(sync=sync), MEDIUM, wait="connection lost")


def test_hostile(picture):
    assert picture(hostile()[0].snapshot(), MEDIUM, wait="[@click=app.quit]")


def test_sandbox(picture):
    world = busy()
    world.sandbox, world.context = True, "sandbox"
    assert picture(world.snapshot(), (100, 30), wait="SANDBOX")


def test_no_color(picture):
    assert picture(rolling()[0].snapshot(), (100, 30), "enter", wait="GROUP MAP", no_color=True)


def test_ascii(picture):
    assert picture(rolling()[0].snapshot(), (100, 30), "enter", wait="GROUP MAP", ascii=True)


def test_read_only(picture):
    assert picture(busy().snapshot(), (100, 30), "s", wait="read-only", read_only=True)


def test_too_small(picture):
    assert picture(busy().snapshot(), (50, 12), wait="lwstui needs")


def test_dialog_delete_set(picture):
    assert picture(busy().snapshot(), MEDIUM, "ctrl+d", wait="accepted")


def test_dialog_kill_pod(picture):
    pressed = ["colon", *"pods llama70b", "enter", "ctrl+k"]
    assert picture(rolling()[0].snapshot(), MEDIUM, *pressed, wait="accepted")


def test_dialog_drain(picture):
    assert picture(busy().snapshot(), MEDIUM, "m", "r", wait="accepted")


def test_dialog_force_release(picture):
    world, _ = rolling()
    world.break_node("gpu-014")
    pressed = ["colon", *"pods llama70b", "enter", "ctrl+k"]
    assert picture(world.snapshot(), MEDIUM, *pressed, wait="FORCE-RELEASE")


def test_dialog_cordon(picture):
    assert picture(busy().snapshot(), SMALL, "m", "j", "c", wait="CORDON")


def test_dialog_freeze(picture):
    pressed = ["colon", *"freeze qwen72b/5", "enter"]
    assert picture(busy().snapshot(), MEDIUM, *pressed, wait="accepted")


def test_frozen_set(picture):
    snapshot = busy().snapshot()
    key = next(k for k in snapshot.sets if k.name == "qwen72b")
    lws = snapshot.sets[key]
    meta = msgspec.structs.replace(
        lws.metadata, annotations={**lws.annotations, "lwstui.dev/frozen": "5"}
    )
    sets = {**snapshot.sets, key: msgspec.structs.replace(lws, metadata=meta)}
    pressed = ["colon", *"set qwen72b", "enter"]
    assert picture(replace(snapshot, sets=sets), MEDIUM, *pressed, wait="group 5 frozen")


def test_scale_under_way(picture):
    snapshot = busy().snapshot()
    key = next(k for k in snapshot.sets if k.name == "phi4")
    going = {key: Underway(NOW - 90, "scale to 42 groups", "40 of 42 groups ready")}
    assert picture(replace(snapshot, underway=going), MEDIUM, wait="40 of 42 groups ready")
