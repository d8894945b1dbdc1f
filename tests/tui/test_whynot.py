"""Why an action cannot be had: said by the footer, help, palette and the key itself."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lwstui.state.model import ClusterState
from lwstui.tui.actions import ACTIONS
from lwstui.tui.screens.help import help_lines
from lwstui.tui.whynot import Situation, offered, refusal_of, why_not
from lwstui.view.types import Ref
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy

SNAPSHOT = busy().snapshot()
SET = Ref("set", "llm-prod", "llama405b")
GROUP = Ref("group", "llm-prod", "llama405b", 0)
POD = Ref("pod", "llm-prod", "llama405b-0-1", 0, 1)
NODE = Ref("node", "", "gpu-1")
SPECS = {spec.id: spec for spec in ACTIONS}


def situation(ref, **change):
    return Situation(SNAPSHOT, ref, **change)


@pytest.mark.parametrize(
    ("action", "ref", "why"),
    [
        ("set.scale", SET, ""),
        ("set.scale", GROUP, ""),
        ("set.scale", POD, ""),
        ("set.scale", NODE, "what is selected belongs to no set"),
        ("set.scale", None, "nothing is selected"),
        ("set.describe", NODE, ""),
        ("group.recreate", SET, "no group is selected"),
        ("group.recreate", POD, ""),
        ("pod.previous-logs", GROUP, "no pod is selected"),
        ("node.open", SET, "no node is selected"),
        ("node.open", NODE, ""),
        ("app.help", None, ""),
    ],
)
def test_what_is_selected_decides(action, ref, why):
    assert why_not(SPECS[action], situation(ref)) == why


def test_read_only_takes_every_dangerous_action_and_no_other():
    refused = {
        spec.id for spec in ACTIONS if "read-only" in why_not(spec, situation(POD, read_only=True))
    }
    fits = {spec.id for spec in ACTIONS if not why_not(spec, situation(POD))}
    assert refused == {spec.id for spec in ACTIONS if spec.danger} & fits


def test_a_key_of_several_scopes_is_the_one_that_can_be_had():
    found = {spec.id: why for spec, why in offered(situation(GROUP), "group", "pod", "set")}
    assert found["set.previous-logs"] == ""
    assert "pod.previous-logs" not in found
    assert refusal_of("previous_logs", situation(GROUP), "group", "pod", "set") == ""
    assert refusal_of("previous_logs", situation(None), "pod") == "no pod is selected"


def test_help_says_why():
    snapshot = replace(SNAPSHOT, cluster=ClusterState(connected=False))
    lines = help_lines(("set",), 200, Situation(snapshot, SET))
    text = "\n".join("".join(span.text for span in line) for line in lines)
    assert "Scale ● [not connected yet]" in text
    assert "Change the number of groups." not in text


async def test_a_refused_key_says_why_and_leaves_the_key_line():
    app = console(FakeBackend(first=SNAPSHOT), read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert "s Scale" not in shown(app)
        assert "l Logs" in shown(app)
        await keys(pilot, "s")
        await until(pilot, lambda: "read-only: this console may not change anything" in shown(app))
        await keys(pilot, "?")
        await until(pilot, lambda: "[read-only: this console" in shown(app))


async def test_the_palette_says_why():
    app = console(FakeBackend(first=SNAPSHOT), read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "ctrl+p", *"scale")
        await until(pilot, lambda: re.search(r"Scale +read-only", shown(app)))
