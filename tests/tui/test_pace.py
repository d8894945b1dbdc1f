"""How fast the same thing is done to one object after the other, and which editor is meant."""

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import Cordon, Drain, RecreateGroup
from lwstui.tui.handoff import editor
from lwstui.tui.pace import Pace

KEY = Key("prod", "llama")


def recreate(group):
    return RecreateGroup(KEY, group, f"llama-{group}", "u")


def test_a_third_object_within_a_minute_is_too_fast():
    pace = Pace()
    pace.note(recreate(0), 100.0)
    assert not pace.hurried(recreate(1), 110.0)
    pace.note(recreate(1), 110.0)
    assert pace.hurried(recreate(2), 120.0)
    assert not pace.hurried(recreate(1), 120.0)
    assert not pace.hurried(recreate(2), 165.0)


def test_other_kinds_of_change_do_not_count():
    pace = Pace()
    for number in range(3):
        pace.note(Cordon(Key("", f"n{number}"), "u"), 100.0)
    assert not pace.hurried(Drain(Key("", "n9"), "u"), 101.0)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("vi",)),
        ({"EDITOR": "nano"}, ("nano",)),
        ({"EDITOR": "nano", "VISUAL": "code -w"}, ("code", "-w")),
        ({"KUBE_EDITOR": "emacs", "VISUAL": "code"}, ("emacs",)),
        ({"LWSTUI_EDITOR": "helix", "KUBE_EDITOR": "emacs"}, ("helix",)),
        ({"LWSTUI_EDITOR": "  ", "EDITOR": "ed"}, ("ed",)),
    ],
)
def test_the_first_editor_that_is_set_is_meant(environ, expected):
    assert editor(environ) == expected
