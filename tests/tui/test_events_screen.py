"""The events screen: warnings only, rows put together, and the object one key away."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import busy


def on():
    world = busy()
    for worker in range(3):
        world.add_event(f"qwen72b-5-{worker}", "Unhealthy", "HTTP probe failed", warning=True)
    backend = FakeBackend(first=world.snapshot())
    return backend, console(backend)


async def open_it(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))
    await keys(pilot, "colon", *"events", "enter")
    await until(pilot, lambda: "7 of 7" in shown(app))


async def test_events_are_watched_only_while_they_are_shown():
    backend, app = on()
    async with app.run_test(size=(120, 24)) as pilot:
        await open_it(pilot, app)
        await until(pilot, lambda: backend.events_wanted)
        await keys(pilot, "q")
        await until(pilot, lambda: not backend.events_wanted)


async def test_warnings_only():
    _, app = on()
    async with app.run_test(size=(120, 24)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "ctrl+z")
        await until(pilot, lambda: "5 of 7" in shown(app))
        assert "Pulling" not in shown(app)


async def test_events_are_put_together_by_group_and_taken_apart_again():
    _, app = on()
    async with app.run_test(size=(120, 24)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "x")
        await until(pilot, lambda: "5 of 5" in shown(app))
        assert "qwen72b-5-0 +2" in shown(app)
        await keys(pilot, "x")
        await until(pilot, lambda: "one row for each event" in shown(app))
        await keys(pilot, "x")
        await until(pilot, lambda: "one row for each object and reason" in shown(app))


async def test_enter_goes_to_the_object():
    _, app = on()
    async with app.run_test(size=(120, 24)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "slash", *"reason:Unhealthy", "enter", "enter")
        await until(pilot, lambda: "qwen72b-5-" in app.front.route.ref.name)


async def test_the_key_line_says_what_enter_does():
    _, app = on()
    async with app.run_test(size=(120, 24)) as pilot:
        await open_it(pilot, app)
        assert shown(app).splitlines()[-1].startswith(" enter Open   x Together")


async def test_a_scope_is_kept_while_rows_are_put_together():
    backend, app = on()
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "colon", *"events qwen72b/5", "enter")
        await until(pilot, lambda: "3 of 3" in shown(app))
        await keys(pilot, "x")
        await until(pilot, lambda: "1 of 1" in shown(app))
        backend.publish(replace(backend.first, version=9, events={}))
        await until(pilot, lambda: "0 of 0" in shown(app))


async def test_among_the_events_of_a_set_keys_do_what_the_key_line_says():
    world = busy()
    world.sandbox = True
    world.add_event("qwen72b-5-1", "Unhealthy", "HTTP probe failed", warning=True)
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "qwen72b" in shown(app))
        await keys(pilot, "colon", *"set qwen72b", "enter", "6")
        await until(pilot, lambda: "[6 Events]" in shown(app))
        await until(pilot, lambda: "Unhealthy" in shown(app))
        assert "s Scale" in shown(app).splitlines()[-1]
        await keys(pilot, "s")
        await opened(pilot, app, "SCALE SET")
        await keys(pilot, "escape", "x")
        await until(pilot, lambda: "one row for each group and reason" in shown(app))
        assert "r Restart" in shown(app).splitlines()[-1]
        await keys(pilot, "r")
        await opened(pilot, app, "ROLLING RESTART")
        await keys(pilot, "escape", "3")
        await until(pilot, lambda: "[3 Pods]" in shown(app))
        await keys(pilot, "r")
        await opened(pilot, app, "RECREATE GROUP")
