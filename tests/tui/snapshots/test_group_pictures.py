"""Pictures of the group screen: pulling, waiting for the leader, failing; small, wide, ASCII."""

from __future__ import annotations

import pytest

from lwstui.tui.routes import group_route
from tests.tui.groups import pulling, waiting_for_leader
from tests.tui.worlds import rolling


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"]
)
def test_pulling(picture, size):
    snapshot, key = pulling()
    assert picture(snapshot, size, goto=group_route(key, 0), wait="POD nemotron-0-6")


def test_waiting_for_the_leader(picture):
    snapshot, key = waiting_for_leader()
    assert picture(snapshot, (120, 30), goto=group_route(key, 0), wait="waits for leader")


def test_failing(picture):
    world, key = rolling()
    goto = group_route(key, 29)
    assert picture(world.snapshot(), (120, 30), goto=goto, wait="POD llama70b-29-2")


def test_ascii(picture):
    snapshot, key = pulling()
    assert picture(snapshot, (100, 30), goto=group_route(key, 0), wait="POD", ascii=True)
