"""The nodes screen: domains, the next topology key, what a drain would cost."""

from __future__ import annotations

from lwstui.tui.routes import NODES
from lwstui.tui.screens.pods import PodsScreen
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy


async def _open(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))
    app.goto(NODES)
    await until(pilot, lambda: "by topology.kubernetes.io/rack" in shown(app))


async def test_the_cursor_starts_on_a_node_and_says_what_a_drain_of_it_costs():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app)
        await until(pilot, lambda: "acting on: node gpu-000" in shown(app))
        text = shown(app)
        assert "IF gpu-000 WERE DRAINED" in text
        assert "group 0 whole (2 pods, 13 % of the set); serving 7 → 6 of 8" in text
        await keys(pilot, "k")
        await until(pilot, lambda: "WERE DRAINED" not in shown(app))
        await keys(pilot, "r")
        assert not app.backend.submitted


async def test_t_groups_by_the_next_key_and_enter_opens_the_pods_of_a_node():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app)
        await keys(pilot, "t")
        await until(pilot, lambda: "by topology.kubernetes.io/zone" in shown(app))
        assert "eu-1a" in shown(app)
        await keys(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, PodsScreen))
        await until(pilot, lambda: "llama405b-0" in shown(app))


async def test_a_filter_leaves_the_domains_of_what_matches():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app)
        await keys(pilot, "slash", *"gpu-01", "enter")
        await until(pilot, lambda: "nodes 10 of 104" in shown(app))
        assert "rack-2" in shown(app)
        assert "rack-5" not in shown(app)
        # A node was under the cursor, so a node is, and not the rack above it.
        await until(pilot, lambda: "acting on: node gpu-01" in shown(app))
