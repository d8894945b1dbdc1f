"""Dialogs on the smallest terminal: what decides an answer is in view, the rest scrolls."""

from __future__ import annotations

import pytest

from lwstui.runtime.intents import Outcome
from lwstui.tui.routes import FLEET
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.screens.modals.words import VERDICT_LINES, words_of
from lwstui.view.safety import Safety
from lwstui.view.types import Impact, Span
from tests.tui import cramped
from tests.tui.support import FakeBackend, console, keys, shown, until

SET = str(cramped.KEY)
ASKED = (
    (f"scale {SET} 20", (), "Deletes groups 20-299", ("Pods", "Accelerators", "Serving now")),
    (f"scale {SET} 340", (), "Creates groups 300-339", ("Pods", "Accelerators", "Room")),
    (f"restart {SET}", (), "Stamps the pod templates", ("Groups", "Pods", "Accelerators")),
    (f"recreate {SET}/120", (), "Deletes the leader pod", ("Serving now", "Accelerators")),
    (f"image {SET} worker v:9", (), "v:9", ("Groups", "Pods", "Accelerators", "Rollout floor")),
    (f"hold {SET}", (), "Groups that are updated", ("Held back", "Serving")),
    (f"freeze {SET}/120", (), "Group 120 is left as it is", ("Serving",)),
    ("sets", ("ctrl+d",), "Deletes the set", ("Groups", "Pods", "Accelerators", "after")),
    ("nodes", ("j", "r"), "Cordons gpu-001", ("Groups", "Pods of sets", "Accelerators")),
    ("nodes", ("j", "ctrl+d"), "Deletes the Node object", ("Groups", "Accelerators")),
    (f"pods {SET}", ("ctrl+d",), "Deletes pod", ("Pods", "Serving now", "Accelerators")),
    (f"pods {SET}", ("ctrl+k",), "Kills pod", ("Pods", "Serving now", "Accelerators")),
)
"""Command, keys, how the first sentence begins, labels of the figures that tell what is hit."""


def cut(text: str) -> str:
    """Return a text without the line ends of a dialog."""
    lines = (line.strip(" │▅▆▇▁▂▃▄█▎") for line in text.splitlines())
    return " ".join(" ".join(lines).split())


async def test_every_dialog_shows_what_decides_without_scrolling():
    backend = FakeBackend(first=cramped.snapshot())
    app = console(backend, safety=Safety(grace_s=0.0))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "llama-405b" in shown(app))
        for command, pressed, first, labels in ASKED:
            app.run_command(command)
            await pilot.pause()
            await keys(pilot, *pressed)
            await until(pilot, lambda: isinstance(app.screen, Dialog), 30)
            await until(pilot, lambda: "Server dry run  accepted" in shown(app))
            text = shown(app)
            for wanted in ("Cancel", app.screen._confirm_label):
                assert wanted in text, (command, text)
            missing = [one for one in (first, *labels) if one not in cut(text)]
            assert not missing, (command, pressed, missing, text)
            app.screen.dismiss(None)
            await until(pilot, lambda: not isinstance(app.screen, Dialog))
            app.goto(FLEET, top=True)
            await pilot.pause()


async def test_a_long_refusal_of_the_server_leaves_the_keys_in_view_and_is_there_in_full():
    reason = " ".join(f"spec.field[{n}]: Invalid value" for n in range(30))
    backend = FakeBackend(first=cramped.snapshot(), verdict=Outcome(ok=False, message=reason))
    app = console(backend, safety=Safety(grace_s=0.0))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "llama-405b" in shown(app))
        app.run_command(f"restart {SET}")
        await until(pilot, lambda: "refused: spec.field[0]" in cut(shown(app)))
        text = shown(app)
        assert "Cancel" in text
        assert "pgdn more" in text
        assert "spec.field[29]" not in text
        for _ in range(4):
            await keys(pilot, "pagedown")
        await until(pilot, lambda: "spec.field[29]" in shown(app))
        assert "Cancel" in shown(app)
        assert "refused: spec.field[0]" in cut(shown(app))
        assert "pgdn more" not in shown(app)
        for _ in range(4):
            await keys(pilot, "pageup")
        await until(pilot, lambda: "Stamps the pod templates" in shown(app))


async def test_a_list_to_choose_from_and_its_keys_stay_in_view():
    app = console(FakeBackend(first=cramped.snapshot()))
    async with app.run_test(size=(80, 20)) as pilot:
        await until(pilot, lambda: "llama-405b" in shown(app))
        app.run_command("columns")
        await until(pilot, lambda: "space shows or hides" in shown(app))
        await keys(pilot, "end")
        await until(pilot, lambda: "▶ —" in shown(app) or "▶ shown" in shown(app))
        await keys(pilot, "escape")
        app.run_command("theme")
        await until(pilot, lambda: "type to narrow" in shown(app))
        await keys(pilot, *(["pagedown"] * 4))
        await until(pilot, lambda: "  ▶ " in shown(app))


@pytest.mark.parametrize("dense", [True, False])
def test_figures_come_before_what_is_far_down_where_there_is_little_room(dense):
    sentences = ("first", *(f"sentence {n} " + "word " * 20 for n in range(6)))
    impact = Impact("T", "x", sentences, (("Groups", Span("300 of 300")),), kubectl="kubectl x")
    words = words_of(impact, Span("accepted"), 60, dense=dense)
    texts = ["".join(span.text for span in line) for line in words.details]
    figures = next(at for at, text in enumerate(texts) if text.startswith("Groups"))
    last = next(at for at, text in enumerate(texts) if text.startswith("sentence 5"))
    assert (figures < last) is dense
    assert texts.count("") == (0 if dense else 2)
    assert words.verdict[-1][-1].text == "accepted"
    assert len(words.verdict) <= VERDICT_LINES
