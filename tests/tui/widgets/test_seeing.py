"""Which object a key is about when the cursor went to another one lately."""

import pytest

from lwstui.tui.widgets.seeing import REACTION_S, Seen


@pytest.mark.parametrize(
    ("pressed_at", "meant"),
    [
        pytest.param(9.0, "a", id="before anything was to be seen"),
        pytest.param(10.0, "a", id="when the first one came"),
        pytest.param(20.0 + REACTION_S / 2, "a", id="too soon to mean the second one"),
        pytest.param(20.0 + REACTION_S, "b", id="late enough to mean it"),
        pytest.param(99.0, "c", id="long after"),
    ],
)
def test_a_key_is_about_what_could_be_reacted_to(pressed_at, meant):
    seen = Seen()
    for key, at in (("a", 10.0), ("b", 20.0), ("b", 21.0), ("c", 30.0)):
        seen.painted(key, at)
    assert seen.meant(pressed_at) == meant


def test_nothing_is_meant_before_anything_is_painted():
    seen = Seen()
    assert seen.meant(5.0) == ""
    seen.painted("a", 1.0)
    seen.clear()
    assert seen.meant(5.0) == ""
