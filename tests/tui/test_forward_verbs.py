"""Port-forwards from the keyboard: opening, listing, stopping, and leaving with some open."""

from __future__ import annotations

from controller.api.meta import Key
from lwstui.runtime.backend import Forward, ForwardRequest
from lwstui.tui.screens.modals.forwards import ForwardsDialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import rolling

KEY = Key("llm-prod", "llama70b")
SIZE = (120, 40)
PORTS = {
    "metadata": {"name": "llama70b-0"},
    "spec": {"containers": [{"name": "vllm", "ports": [{"containerPort": 8000, "name": "http"}]}]},
}


def backend_of():
    backend = FakeBackend(first=rolling()[0].snapshot())
    backend.objects["pods", "llama70b-0"] = PORTS
    return backend


async def test_a_group_leads_to_its_leader_and_the_url_is_shown():
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "home", "F")
        await opened(pilot, app, "FORWARD TO llama70b-0")
        assert "8000 (http)" in shown(app)
        app.screen.query_one("#form-value-1").value = ""
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: "http://127.0.0.1:40001 leads to leader of" in shown(app))
        assert backend.opened[0].request == ForwardRequest(KEY, "llama70b-0", 8000, 40001, 0)
        assert app.clipboard == "http://127.0.0.1:40001"


async def test_a_port_that_is_none_cannot_be_opened():
    app = console(backend_of())
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "home", "F")
        await opened(pilot, app, "FORWARD TO")
        app.screen.query_one("#form-value-0").value = "99999"
        await until(pilot, lambda: "99999 is no port" in shown(app))
        assert app.screen.query_one("#confirm").disabled


async def test_open_ones_are_listed_stopped_and_asked_about_when_leaving():
    backend = backend_of()
    request = ForwardRequest(KEY, "llama70b-0", 8000, 40001, 0)
    backend.opened = (
        Forward(1, request, "llama70b-0", 1, 7, 2048, 3 << 20),
        Forward(2, ForwardRequest(KEY, "llama70b-1", 8000, 40002), problem="it is gone"),
    )
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "ctrl+c")
        await opened(pilot, app, "http://127.0.0.1:40001 to leader of")
        await keys(pilot, "escape", "colon", *"pf", "enter")
        await until(pilot, lambda: "PORT-FORWARDS" in shown(app))
        await until(pilot, lambda: "llm-prod/llama70b group 0" in shown(app))
        assert "3.0 MiB" in shown(app)
        await keys(pilot, "j")
        await until(pilot, lambda: "last connection: it is gone" in shown(app))
        await keys(pilot, "ctrl+d")
        await until(pilot, lambda: len(backend.opened) == 1)
        await keys(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, ForwardsDialog))
