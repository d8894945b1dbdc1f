"""Pictures of the placement screen: exclusive racks, subgroups, two thousand groups."""

from __future__ import annotations

import pytest

from lwstui.tui.routes import Route
from lwstui.view.types import Ref
from tests.tui.places import many, racks, subgroups


@pytest.mark.parametrize("size", [(80, 24), (120, 30)], ids=["80x24", "120x30"])
def test_split_and_shared(picture, size):
    snapshot, key = racks()
    assert picture(snapshot, size, goto=Route("placement", Ref("set", *key)), wait="split over")


def test_subgroups(picture):
    snapshot, key = subgroups()
    goto = Route("placement", Ref("set", *key))
    assert picture(snapshot, (120, 24), goto=goto, wait="shared with subgroup")


def test_two_thousand_groups(picture):
    snapshot, key = many()
    goto = Route("placement", Ref("set", *key))
    assert picture(snapshot, (120, 24), goto=goto, wait="are left out")


def test_ascii(picture):
    snapshot, key = racks()
    goto = Route("placement", Ref("set", *key))
    assert picture(snapshot, (120, 24), goto=goto, wait="split over", ascii=True)
