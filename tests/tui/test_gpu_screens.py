"""What is measured on the screens: the next metric, idle devices, ranks, engines, sources."""

from __future__ import annotations

from dataclasses import replace

from controller.api.meta import Key
from lwstui.telemetry.usage import Usage
from lwstui.tui.routes import NODES, group_route, pod_route, set_route
from lwstui.tui.screens.telemetry import IdleScreen, TelemetryScreen
from tests.tui.building import NOW
from tests.tui.measurements import SERVING, serving, unmeasured
from tests.tui.objects import pod_body
from tests.tui.support import FakeBackend, console, keys, shown, until


async def _open(pilot, app, route, text):
    await until(pilot, lambda: "llama405b" in shown(app))
    app.goto(route)
    await until(pilot, lambda: text in shown(app))


async def test_m_goes_through_the_metrics_and_comes_back():
    app = console(FakeBackend(first=serving()))
    async with app.run_test(size=(140, 40)) as pilot:
        await _open(pilot, app, NODES, "utilisation")
        for name in ("memory", "power", "temperature", "held, groups in turn", "utilisation"):
            await keys(pilot, "m")
            await until(pilot, lambda name=name: name in shown(app))


async def test_i_lists_idle_devices_of_what_the_nodes_are_about():
    app = console(FakeBackend(first=serving()))
    async with app.run_test(size=(140, 40)) as pilot:
        await _open(pilot, app, NODES, "utilisation")
        await keys(pilot, "i")
        await until(pilot, lambda: isinstance(app.screen, IdleScreen))
        await until(pilot, lambda: "22m" in shown(app))
        assert "something loaded" in shown(app)
        await keys(pilot, "enter")
        await until(pilot, lambda: app.front.route.screen == "pod")


async def test_a_group_shows_ranks_and_its_engine_and_a_set_the_worst():
    app = console(FakeBackend(first=serving()))
    async with app.run_test(size=(140, 40)) as pilot:
        await _open(pilot, app, group_route(SERVING, 1), "ENGINE")
        assert "TTFT p50 840ms p95 2.5s" in shown(app)
        assert "UTIL" in shown(app)
        await _open(pilot, app, set_route(SERVING), "engines 3/4")
        assert "worst group 2: waiting 40" in shown(app)


async def test_a_set_shows_its_last_hour_where_there_is_room():
    app = console(FakeBackend(first=serving()))
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app, set_route(SERVING), "last hour   ready 4")
        assert "from Prometheus" in shown(app)
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: "last hour" not in shown(app))


async def test_the_fleet_shows_the_last_hour_of_the_set_at_hand_and_of_all_beside_it():
    app = console(FakeBackend(first=serving()))
    async with app.run_test(size=(150, 60)) as pilot:
        await until(pilot, lambda: "LAST HOUR OF ALL SETS" in shown(app))
        assert "tok/s" in shown(app)


async def test_a_pod_shows_what_it_uses_and_who_told_each_figure():
    name = f"{SERVING.name}-0"
    first = serving()
    used = Usage(1.5, 2.0**30, NOW - 5, 15.0)
    told = replace(first.telemetry, pod_usage={Key(SERVING.namespace, name): used})
    backend = FakeBackend(
        first=replace(first, telemetry=told), objects={("pods", name): pod_body(name)}
    )
    app = console(backend)
    async with app.run_test(size=(140, 150)) as pilot:
        await _open(pilot, app, pod_route(SERVING.namespace, name), "FIGURES")
        text = shown(app)
        assert "uses cpu 1.5, memory 1 GiB   metrics.k8s.io" in text
        assert "device 0 of gpu-000" in text
        assert f"engine vLLM   told by {SERVING.namespace}/{name}" in text
        assert "pod   told by metrics.k8s.io, 5s ago" in text


async def test_telemetry_says_why_nothing_is_measured():
    app = console(FakeBackend(first=unmeasured()))
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("telemetry")
        await until(pilot, lambda: isinstance(app.screen, TelemetryScreen))
        await until(pilot, lambda: "not allowed: get pods/proxy" in shown(app))
