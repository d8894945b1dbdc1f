"""Jumps: from an object to its owner, its nodes, its namespace; the last command again."""

from __future__ import annotations

import pytest

from controller.api.meta import Key
from lwstui.tui import jumps
from lwstui.tui.routes import NODES, Route, group_route, set_route
from lwstui.tui.widgets.keyline import Crumbs
from lwstui.view.types import Ref
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy

SNAPSHOT = busy().snapshot()
KEY = Key("llm-prod", "llama405b")
SET = Ref("set", *KEY)
GROUP = Ref("group", *KEY, 7)
POD = Ref("pod", "llm-prod", "llama405b-7-1", 7, 1)


@pytest.mark.parametrize(
    ("ref", "route"),
    [
        (POD, group_route(KEY, 7)),
        (GROUP, set_route(KEY)),
        (SET, None),
        (Ref("node", "", "gpu-1"), None),
        (Ref("pod", "llm-prod", "gone"), None),
        (None, None),
    ],
)
def test_owner(ref, route):
    assert jumps.owner(SNAPSHOT, ref) == route


def test_nodes_of_a_group_and_of_a_pod_and_all_for_a_set():
    assert jumps.nodes(SNAPSHOT, None) == NODES
    assert jumps.nodes(SNAPSHOT, SET) == Route("nodes", detail=str(KEY))
    assert jumps.nodes(SNAPSHOT, GROUP) == Route("nodes", GROUP)
    leader = jumps.node(SNAPSHOT, GROUP)
    assert leader is not None
    assert leader.ref.name == "llama405b-7"
    assert jumps.node(SNAPSHOT, SET) is None


async def test_from_the_fleet_to_a_pod_and_back_up_to_the_set():
    app = console(FakeBackend(first=SNAPSHOT))
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.goto(Route("pods", GROUP))
        await until(pilot, lambda: "llama405b-7-1" in shown(app))
        await keys(pilot, "o")
        await until(pilot, lambda: app.front.route.screen == "nodes")
        await until(pilot, lambda: "1 of 1" in shown(app))
        await keys(pilot, "q", "J")
        await until(pilot, lambda: app.front.route == group_route(KEY, 7))
        app.goto(set_route(KEY))
        await until(pilot, lambda: "GROUP MAP" in shown(app))
        await keys(pilot, "m")
        await until(pilot, lambda: app.front.route == Route("nodes", app.front.route.ref))
        group = app.front.route.ref.group
        nodes = {p.node for p in SNAPSHOT.by_set[KEY] if p.group == group}
        # The screen groups nodes by rack, so some rows are about none.
        await until(pilot, lambda: nodes == {r.ref.name for r in app.front.main.rows if r.ref})


async def test_to_the_namespace_of_the_row():
    backend = FakeBackend(first=SNAPSHOT)
    app = console(backend)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "j", "W")
        assert backend.looked_at == [("llm-stage",)]


async def test_what_leads_nowhere_says_why():
    app = console(FakeBackend(first=SNAPSHOT))
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "minus")
        await until(pilot, lambda: "no command was entered yet" in shown(app))


async def test_the_last_command_again():
    app = console(FakeBackend(first=SNAPSHOT))
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "colon", *"nodes", "enter")
        await until(pilot, lambda: app.front.route.screen == "nodes")
        await keys(pilot, "q")
        await until(pilot, lambda: app.front.route.screen == "fleet")
        await keys(pilot, "minus")
        await until(pilot, lambda: app.front.route.screen == "nodes")


async def test_breadcrumbs_can_be_put_away_on_every_screen():
    app = console(FakeBackend(first=SNAPSHOT))
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "ctrl+g")
        await until(pilot, lambda: not app.screen.query_one(Crumbs).display)
        await keys(pilot, "m")
        await until(pilot, lambda: app.front.route.screen == "nodes")
        await until(pilot, lambda: not app.screen.query_one(Crumbs).display)
        await keys(pilot, "ctrl+g")
        await until(pilot, lambda: app.screen.query_one(Crumbs).display)
