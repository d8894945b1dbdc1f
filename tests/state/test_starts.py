"""What is usual for the starts of a set's groups, and from when on a start is slow."""

from __future__ import annotations

import pytest

from lwstui.state.manner import STANDARD, Manner
from lwstui.state.model import GroupStart
from lwstui.state.starts import SOONEST_S, Usual, quantile, slow_after_s, usual


def starts(*seconds: float, image: str = "a") -> list[GroupStart]:
    return [GroupStart(image, float(one)) for one in seconds]


@pytest.mark.parametrize(
    ("values", "share", "found"), [([5.0], 0.9, 5.0), ([0.0, 10.0], 0.5, 5.0), ([1, 2, 3], 1.0, 3)]
)
def test_quantiles_lie_between_values(values, share, found):
    assert quantile(values, share) == found


def test_no_start_tells_nothing():
    assert usual([]) is None


def test_starts_with_the_same_image_count_alone_as_soon_as_there_are_three():
    known = starts(60, 60, 60, 60, 60)
    assert usual([*known, *starts(600, 600, image="b")], {"b"}) == usual(
        [*known, *starts(600, 600, image="b")]
    )
    assert usual([*known, *starts(600, 600, 600, image="b")], {"b"}) == Usual(600, 600, 600, 3)
    assert usual(known, {"never seen"}) == Usual(60, 60, 60, 5)


def test_a_start_is_slow_after_one_and_a_half_times_what_nine_of_ten_took():
    assert slow_after_s(usual(starts(*[300] * 5))) == 450
    assert slow_after_s(usual(starts(*[2400] * 5))) == 3600
    assert slow_after_s(usual(starts(*[300] * 5)), Manner(stuck_factor=3.0)) == 900
    assert slow_after_s(None, Manner(stuck_default_s=120.0)) == 120


def test_with_too_few_starts_the_fixed_bound_holds():
    assert slow_after_s(None) == STANDARD.stuck_default_s
    assert slow_after_s(usual(starts(*[300] * 4))) == STANDARD.stuck_default_s


def test_starts_of_seconds_do_not_make_one_slow_that_takes_a_little_longer():
    assert slow_after_s(usual(starts(*[2] * 5))) == SOONEST_S
