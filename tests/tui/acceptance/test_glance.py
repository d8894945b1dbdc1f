"""Two seconds and scale: what is wrong is on the first frame, whatever the number of groups."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from tests.tui.acceptance.written import COLOURLESS, SGR, Written, plain
from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.tui.worlds import World

FAULTS = [
    ("X", "OOMKilled", "4m"),
    ("!", "was ready and is not", "4m"),
    ("P", "too few nvidia.com/gpu", "2m"),
]
"""A letter of the building kit, the reason it stands for, and for how long."""


def planted(letter: str, groups: int = 12, at: int = 7) -> World:
    """Return a busy, healthy cluster in which one group of one set is in trouble."""
    world = World()
    world.add_nodes(64)
    for number in range(20):
        world.add_set(f"calm-{number:02}", "·" * 4)
    states = ["·"] * groups
    states[at] = letter
    world.add_set("llama405b", "".join(states), size=2)
    return world


@pytest.mark.parametrize(("letter", "reason", "since"), FAULTS)
async def test_the_first_frame_with_data_tells_set_group_reason_and_duration(letter, reason, since):
    app = console(FakeBackend(first=planted(letter).snapshot()), ascii=True, no_color=True)
    written = Written(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("llama405b" in one for one in written.frames))
        first = next(one for one in written.frames if "llama405b" in one)
    assert max(map(ord, first)) <= 126
    assert {code for found in SGR.findall(first) for code in found.split(";")} <= COLOURLESS
    told = next(line for line in plain(first).splitlines() if "group 7" in line)
    assert "llama405b" in told
    assert reason in told
    assert since in told


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("groups", [1, 50, 2000])
async def test_one_faulty_group_is_seen_without_scrolling(groups, size):
    at = groups * 3 // 5
    app = console(FakeBackend(first=planted("X", groups, at).snapshot()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: f"group {at}" in shown(app) and "OOMKilled" in shown(app))
        assert app.front.route.screen == "fleet"
        await keys(pilot, "enter")
        await until(pilot, lambda: app.front.route.screen == "lws")
        await settled(pilot, app)
        assert app.front.selected().group == at
        assert f"group {at}" in shown(app)
        assert "OOMKilled" in shown(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_one_faulty_set_among_two_thousand_is_seen_without_scrolling(size):
    world = World()
    world.add_nodes(8)
    for number in range(1999):
        world.add_set(f"calm-{number:04}", "·", size=1, namespace=f"team-{number % 40:02}")
    world.add_set("llama405b", "·X", size=1, namespace="team-39")
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "team-39/llama405b" in shown(app))
        told = next(line for line in shown(app).splitlines() if "team-39/llama405b" in line)
        assert "group 1" in told
        assert "OOMKilled" in told


READY = {"ready": True, "phase": "Running"}
MOVED = {"node": "gpu-063"}


@pytest.mark.parametrize("groups", [50, 2000])
@pytest.mark.parametrize(
    ("pressed", "change"),
    [
        ((), READY),
        (("enter", "g"), READY),
        (("enter", "2"), READY),
        (("enter", "3"), MOVED),
        (("enter", "3"), READY),
        (("colon", *"pods", "enter"), READY),
    ],
    ids=["fleet", "map", "groups", "pods", "pods-ready", "all-pods-ready"],
)
async def test_one_changed_pod_repaints_at_most_four_lines(pressed, change, groups):
    world = planted("o", groups, 7)
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, *pressed)
        await settled(pilot, app)
        before, written = shown(app), Written(app)
        pod = Key("llm-prod", "llama405b-7-1")
        world.pods[pod] = msgspec.structs.replace(world.pods[pod], **change)
        backend.publish(world.snapshot(version=2))
        await until(pilot, lambda: app.snapshot.version == 2)
        await settled(pilot, app)
        # The fleet counts groups, and this one has another pod that is not ready.
        assert (shown(app) != before) == bool(pressed)
        assert written.lines <= 4


@pytest.mark.parametrize("groups", [50, 2000])
async def test_a_changed_pod_of_the_group_under_the_cursor_repaints_what_tells_it(groups):
    world = planted("o", groups, 7)
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "enter")
        await until(pilot, lambda: "GROUP 7" in shown(app))
        await settled(pilot, app)
        before, written = shown(app).splitlines(), Written(app)
        pod = Key("llm-prod", "llama405b-7-1")
        world.pods[pod] = msgspec.structs.replace(world.pods[pod], **READY)
        backend.publish(world.snapshot(version=2))
        await until(pilot, lambda: app.snapshot.version == 2)
        await settled(pilot, app)
        after = shown(app).splitlines()
        # Counts, state, map or cell, exception and pod: no line that reads as it did.
        assert written.lines == sum(one != other for one, other in zip(before, after, strict=True))
        assert written.lines == 5
