"""Settings that show on screens: what logs, maps and the fleet begin with, and what is told."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from lwstui.config.settings import Config
from lwstui.runtime.backend import LogEntry
from lwstui.runtime.tuning import Tuning
from lwstui.state.manner import Manner
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.measurements import serving
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import NOW, World, busy

ZONE = "topology.kubernetes.io/zone"


def made(tmp_path, text, first=None, *, prod="", clock=lambda: NOW):
    """Return a console whose settings are a file's, and its backend."""
    (tmp_path / "contexts").mkdir()
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / "contexts" / "prod-eu.yaml").write_text(prod)
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)})
    backend = FakeBackend(first=first or busy().snapshot())
    return console(backend, clock, config=config, settings=config.of("").settings), backend


def placed(app, key):
    return "PLACEMENT" in shown(app) and f"by {key}" in shown(app)


async def test_the_engine_is_told_at_the_start_and_whenever_it_changes(tmp_path):
    app, backend = made(tmp_path, "data: {page: 100}\n", prod="health: {recreate_loop: 5}\n")
    assert backend.tuned == [Tuning(page=100)]
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: backend.tuned[-1] == Tuning(Manner(recreate_loop=5), page=100))
        app.run_command("opt health.recreate_loop 2")
        await until(pilot, lambda: backend.tuned[-1].manner.recreate_loop == 2)
        assert app.snapshot.manner.recreate_loop == 2
        app.run_command("opt data.metrics_interval 30s")
        await until(pilot, lambda: backend.tuned[-1].measure_s == 30.0)
        (tmp_path / "config.yaml").write_text("data: {page: 250}\n")
        app.tick()
        await until(pilot, lambda: backend.tuned[-1].page == 250)
        assert app.destination("lab", None).tuning == backend.tuned[-1]


async def test_domains_are_told_by_the_labels_that_are_set_in_their_order(tmp_path):
    app, _ = made(tmp_path, f"nodes: {{topology_keys: [{ZONE}]}}\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("nodes")
        await until(pilot, lambda: f"by {ZONE}" in shown(app))
        await keys(pilot, "t")
        await until(pilot, lambda: "nodes have no other topology key" in shown(app))
        app.run_command("opt nodes.topology_keys topology.kubernetes.io/rack")
        await until(pilot, lambda: "by topology.kubernetes.io/rack" in shown(app))
        app.run_command("placement llm-prod/qwen72b")
        await until(pilot, lambda: placed(app, "topology.kubernetes.io/rack"))
        await keys(pilot, "t")
        await until(pilot, lambda: placed(app, "kubernetes.io/hostname"))


async def test_the_map_of_devices_begins_with_the_metric_that_is_set(tmp_path):
    app, _ = made(tmp_path, "nodes: {metric: power}\n", serving())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("nodes")
        await until(pilot, lambda: "power ·" in shown(app))
        await keys(pilot, "m")
        await until(pilot, lambda: "temperature ·" in shown(app))
        app.run_command("opt nodes.metric memory")
        await until(pilot, lambda: app.snapshot.manner.metric == "memory")
        assert "temperature ·" in shown(app)  # what was chosen by key stays


@pytest.mark.parametrize(
    ("command", "since_s", "tail"),
    [
        ("logs llm-prod/qwen72b", 600, None),
        ("logs llm-prod/qwen72b 5m", 300, None),
    ],
)
async def test_a_log_begins_as_far_back_as_is_set_unless_it_says_where(
    tmp_path, command, since_s, tail
):
    app, backend = made(tmp_path, "logs: {since: 10m, fold: false}\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command(command)
        await until(pilot, lambda: backend.logs_opened and "fold off" in shown(app))
        request = backend.logs_opened[-1].request
        assert (request.since_s, request.tail) == (since_s, tail)
        await keys(pilot, "0")
        await until(pilot, lambda: backend.logs_opened[-1].request.tail == 500)
        assert backend.logs_opened[-1].request.since_s is None


async def test_lines_are_errors_by_the_expressions_that_are_set(tmp_path):
    clock = [NOW]
    app, backend = made(tmp_path, "", clock=lambda: clock[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("opt logs.patterns KV-cache.*full,preempt(ed|ing)")
        app.run_command("logs llm-prod/qwen72b")
        await until(pilot, lambda: backend.logs_opened)
        said = ("INFO KV-cache is full", "preempted 3 sequences", "all is well")
        entries = [LogEntry("leader", NOW + at, text) for at, text in enumerate(said)]
        backend.logs_opened[-1].sink(entries)

        def there():
            clock[0] += 0.5
            return "all is well" in shown(app)

        await until(pilot, there)
        assert [line.level for line in app.front.buffer.lines] == ["error", "error", ""]
        assert "ERROR preempted 3 sequences" in shown(app)


async def test_the_fleet_begins_with_the_sets_that_have_the_labels(tmp_path):
    world = World()
    world.add_nodes(4)
    world.add_set("ours", "·", size=2)
    world.add_set("theirs", "·", size=2)
    snapshot = world.snapshot()
    labelled = {
        key: msgspec.structs.replace(
            one, metadata=msgspec.structs.replace(one.metadata, labels={"team": key.name})
        )
        for key, one in snapshot.sets.items()
    }
    first = replace(snapshot, sets=labelled)
    app, _ = made(tmp_path, "", first, prod="scope: {selector: team=ours}\n")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "ours" in shown(app) and "theirs" not in shown(app))
        assert "-l team=ours" in shown(app)
        await keys(pilot, "escape")
        await until(pilot, lambda: "theirs" in shown(app))


async def test_the_bell_rings_once_for_what_has_failed_since(tmp_path):
    def snapshot(groups):
        world = World()
        world.add_nodes(8)
        world.add_set("llama", groups, size=2)
        return world.snapshot()

    clock, rung = [NOW], []
    app, backend = made(tmp_path, "", snapshot("·X"), clock=lambda: clock[0])
    app.bell = lambda: rung.append(clock[0])

    def tick():
        clock[0] += 3
        app.tick()

    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama" in shown(app))
        tick()
        app.run_command("opt ui.bell failed")
        for _ in range(3):
            tick()
        assert rung == []  # it had failed before
        backend.publish(replace(snapshot("XX"), version=app.snapshot.version + 1))
        await until(pilot, lambda: len(app.snapshot.sets) and "XX" in shown(app))
        for _ in range(4):
            tick()
        assert len(rung) == 1


async def test_dialogs_are_deaf_for_as_long_as_is_set(tmp_path):
    app, _ = made(tmp_path, "", prod="safety: {grace: 5000}\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.safety.grace_s == 5.0)
        await keys(pilot, "s")
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        assert app.screen.lock_s == 5.0
        assert app.screen.locked
