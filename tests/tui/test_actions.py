"""The registry of actions: complete, free of clashes, and what is generated from it."""

from collections import Counter
from typing import get_args

import pytest

from lwstui.tui.actions import (
    ACTIONS,
    Scope,
    actions,
    bindings,
)
from lwstui.tui.keys import display, display_all
from lwstui.tui.widgets.groupmap import GroupMap
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.logpane import LogPane
from lwstui.tui.widgets.logsources import SourceStrip
from lwstui.tui.widgets.textpane import TextPane

SCOPES = get_args(Scope)


@pytest.mark.parametrize("scope", SCOPES)
def test_no_two_actions_of_a_scope_share_a_key(scope):
    keys = Counter(key for spec in actions(scope) for key in spec.keys)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("verbs", ["set", "group", "pod", "node"])
def test_a_verb_does_not_take_a_moving_key(verbs):
    moving = {key for spec in (*actions("list"), *actions("table")) for key in spec.keys}
    taken = {key for spec in actions(verbs) for key in spec.keys} & moving
    assert taken <= {"enter"}


def test_every_action_has_an_id_title_help_and_keys():
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)
    for spec in ACTIONS:
        assert spec.title, spec.id
        assert spec.help.endswith("."), spec.id
        assert spec.keys, spec.id
        assert 0 <= spec.danger <= 4


def test_what_changes_the_cluster_is_marked():
    dangerous = {spec.id for spec in ACTIONS if spec.danger}
    assert dangerous == {
        "apply.apply",
        "takeover.take-over",
        "set.scale",
        "set.restart",
        "set.image",
        "set.undo",
        "set.hold",
        "set.resume-rollout",
        "set.next-group",
        "set.delete",
        "set.edit",
        "document.edit",
        "set.edit-fields",
        "group.recreate",
        "group.delete",
        "group.kill",
        "group.shell",
        "group.edit",
        "group.attach",
        "pod.recreate",
        "revision.next-group",
        "revision.release-all",
        "revision.hold",
        "revision.undo",
        "activity.reverse",
        "controller.pause-controller",
        "controller.pause-set",
        "pod.delete",
        "pod.kill",
        "pod.shell",
        "pod.attach",
        "node.cordon",
        "node.uncordon",
        "node.drain",
        "node.edit",
        "node.delete",
    }


def test_bindings_carry_ids_and_actions():
    by_key = {binding.key: binding for binding in bindings("set")}
    assert by_key["s"].action == "scale"
    assert by_key["s"].id == "set.scale"
    assert by_key["L"].action == "all_logs"
    digits = {binding.key: binding.action for binding in bindings("everywhere")}
    assert digits["3"] == "choice('3')"


def test_only_leaving_has_priority_over_a_prompt():
    prior = [b.key for scope in SCOPES for b in bindings(scope) if b.priority]
    assert prior == ["ctrl+c"]


@pytest.mark.parametrize(
    ("widget", "scopes"),
    [
        (KeyedTable, ("list", "table")),
        (GroupMap, ("list", "map")),
        (TextPane, ("text",)),
        (LogPane, ("logs",)),
        (SourceStrip, ("sources",)),
    ],
)
def test_widgets_do_what_the_registry_says(widget, scopes):
    # What opens other streams, reads other texts and writes files is the screen's business.
    elsewhere = {"previous_run", "next_role", "containers", "pick_container"}
    elsewhere |= {"full_screen", "copy", "save"}
    wanted = {spec.action for scope in scopes for spec in actions(scope)} - elsewhere
    assert [name for name in wanted if not hasattr(widget, f"action_{name}")] == []


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ctrl+f", "ctrl-f"),
        ("L", "shift-l"),
        ("escape", "esc"),
        ("pagedown", "pgdn"),
        ("?", "?"),
        ("7", "7"),
    ],
)
def test_keys_are_written_for_people(key, text):
    assert display(key) == text


def test_ten_digits_are_a_range():
    assert display_all(tuple("0123456789")) == "0-9"
    assert display_all(("j", "down")) == "j down"
