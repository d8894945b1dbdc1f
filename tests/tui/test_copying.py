"""Copying files from the keyboard: the form of a pod, the command, and what is asked."""

from __future__ import annotations

import pytest

from controller.api.meta import Key
from lwstui.runtime.backend import FetchRequest
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import rolling

SIZE = (120, 40)
POD = Key("llm-prod", "llama70b-0")


async def _pods(pilot, app):
    await until(pilot, lambda: "llama70b" in shown(app))
    app.run_command("pods llama70b/0")
    await until(pilot, lambda: app.front.route.screen == "pods")
    await until(pilot, lambda: "llama70b-0" in shown(app))


async def test_a_key_asks_what_to_copy_from_a_pod(tmp_path):
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await _pods(pilot, app)
        name = app.front.selected().name
        await keys(pilot, "t")
        await opened(pilot, app, f"COPY FILES OF {name}")
        for number, text in enumerate((":/tmp/trace.json", str(tmp_path))):
            app.screen.query_one(f"#form-value-{number}").value = text
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: "1.5 MiB of /tmp/trace.json" in shown(app))
        (request,) = backend.fetched
        assert request.pod.name == name
        assert (request.path, request.local) == ("/tmp/trace.json", str(tmp_path))
        assert backend.submitted == []


async def test_one_path_of_two_is_in_the_pod():
    app = console(FakeBackend(first=rolling()[0].snapshot()))
    async with app.run_test(size=SIZE) as pilot:
        await _pods(pilot, app)
        await keys(pilot, "t")
        await opened(pilot, app, "COPY FILES OF")
        app.screen.query_one("#form-value-0").value = "/tmp/x"
        await until(pilot, lambda: "begin one of the two paths with a colon" in shown(app))
        assert app.screen.query_one("#confirm").disabled


async def test_the_command_copies_out_at_once_and_asks_before_it_copies_in(tmp_path):
    source = tmp_path / "tuned.json"
    source.write_text("{}")
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        app.run_command(f"cp llama70b/0:/tmp/x {tmp_path}")
        await until(pilot, lambda: backend.fetched)
        container = backend.fetched[0].container
        assert backend.fetched == [FetchRequest(POD, container, "/tmp/x", str(tmp_path))]
        app.run_command(f"cp {source} llama70b/0:/tmp")
        await opened(pilot, app, "COPY INTO POD")
        assert "2 B in 1 file" in shown(app)
        assert "kubectl -n llm-prod cp" in shown(app)
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.submitted)
        assert backend.submitted[0].target == POD
        assert backend.submitted[0].source == str(source)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cp a b", "neither of the two is in a pod"),
        ("cp llama70b/0:/a llama70b/1:/b", "both of the two is in a pod"),
        ("cp llama70b:/a b", "name a group or a pod, llama70b/0:PATH"),
        ("cp llama70b/0: b", "names no path"),
        ("cp llama70b/0:/a b nope", "no container nope runs; there are"),
        ("cp llama70b/0:/a", "usage: cp PLACE PLACE [WORD]"),
    ],
)
async def test_what_makes_no_sense_is_said(line, said):
    app = console(FakeBackend(first=rolling()[0].snapshot()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        app.run_command(line)
        await until(pilot, lambda: said in shown(app))


async def test_read_only_copies_out_but_not_in(tmp_path):
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend, read_only=True)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        app.run_command(f"cp llama70b/0:/tmp/x {tmp_path}")
        await until(pilot, lambda: backend.fetched)
        app.run_command(f"cp {tmp_path} llama70b/0:/tmp")
        await until(pilot, lambda: "read-only" in shown(app))
        assert not isinstance(app.screen, Dialog)
        assert backend.dry_runs == backend.submitted == []


async def test_the_key_still_shows_the_placement_of_what_is_no_pod():
    app = console(FakeBackend(first=rolling()[0].snapshot()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        app.run_command("xray llama70b")
        await until(pilot, lambda: app.front.route.screen == "xray")
        await keys(pilot, "t")
        await until(pilot, lambda: app.front.route.screen == "placement")
