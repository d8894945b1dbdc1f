"""Pictures of rollouts: one per state worth arguing about."""

from __future__ import annotations

import pytest

from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.view.rollouts import midway, partition, running, snapshot
from tests.view.rollouts import settled as at_rest

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


@pytest.fixture
def picture(snap_compare):
    """Compare the rollout screen of a set."""

    def compare(cluster, size, *pressed, wait="REVISIONS", **options):
        seen = snapshot(cluster)

        async def before(pilot):
            app = pilot.app
            await until(pilot, lambda: "sample" in shown(app))
            await keys(pilot, "z", *pressed)
            await until(pilot, lambda: wait in shown(app))
            await settled(pilot, app)

        app = console(FakeBackend(first=seen), clock=lambda: cluster.now + 30, **options)
        return snap_compare(app, terminal_size=size, run_before=before)

    return compare


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_blocked(picture, size):
    assert picture(midway(), size, wait="BLOCKED")


def test_moving(picture):
    assert picture(midway(broken=None, rounds=4), SIZES["120x40"], wait="ETA")


def test_held_by_the_floor(picture):
    cluster = running(12)
    partition(cluster, 8)
    cluster.now += 600
    cluster.set_image("img:v2")
    at_rest(cluster)
    assert picture(cluster, SIZES["120x40"], wait="HELD")


def test_done(picture):
    cluster = midway(broken=None, rounds=20)
    assert picture(cluster, SIZES["120x40"], wait="DONE")


def test_two_thousand_groups(picture):
    cluster = midway(2000, broken=1990, rounds=3, maxUnavailable=20, maxSurge=0)
    assert picture(cluster, SIZES["120x40"], wait="1990")


def test_blocked_in_ascii(picture):
    assert picture(midway(), (100, 30), wait="BLOCKED", ascii=True)


def test_blocked_in_one_colour(picture):
    assert picture(midway(), (100, 30), wait="BLOCKED", no_color=True)


def test_revisions(picture):
    assert picture(midway(), SIZES["120x40"], "5", wait="CHANGE of revision 2")


@pytest.mark.parametrize("size", [(80, 24), (120, 30)], ids=["80x24", "120x30"])
def test_diff(picture, size):
    assert picture(midway(), size, "enter", wait="1 field differs")
