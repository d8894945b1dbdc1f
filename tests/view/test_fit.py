"""How many groups fit, as a sentence."""

import pytest

from lwstui.capacity.answer import CAP, Answer
from lwstui.view.fit import amount


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (0, "no more group fits"),
        (1, "1 more group fits"),
        (2, "2 more groups fit"),
        (CAP, f"at least {CAP} more groups fit"),
    ],
)
def test_the_amount_is_a_sentence_also_where_counting_ends(groups, expected):
    assert amount(Answer(groups=groups, why="counted")) == expected
