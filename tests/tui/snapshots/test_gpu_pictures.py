"""Pictures of what is measured: the heat map, ranks and engines; without data, and stale."""

from __future__ import annotations

import pytest

from lwstui.tui.routes import NODES, Route, group_route, set_route
from tests.tui.measurements import SERVING, serving, unmeasured
from tests.view.measuring import OLD, STALE

MEDIUM = (120, 40)


@pytest.mark.parametrize("size", [(80, 24), MEDIUM], ids=["80x24", "120x40"])
def test_heat_map(picture, size):
    assert picture(serving(), size, goto=NODES, wait="measured")


def test_heat_map_of_power_in_ascii(picture):
    pressed = ["m", "m"]
    assert picture(serving(), MEDIUM, *pressed, goto=NODES, wait="power", ascii=True)


def test_heat_map_without_data(picture):
    assert picture(unmeasured(), MEDIUM, "m", goto=NODES, wait="nothing is measured")


def test_heat_map_of_stale_data(picture):
    assert picture(serving(STALE), MEDIUM, goto=NODES, wait="stale 5m")


def test_idle_devices(picture):
    assert picture(serving(), MEDIUM, "i", goto=NODES, wait="something loaded")


def test_engine_of_a_group(picture):
    assert picture(serving(), MEDIUM, goto=group_route(SERVING, 1), wait="tok/s")


def test_engine_with_old_data(picture):
    assert picture(serving(OLD), MEDIUM, goto=group_route(SERVING, 1), wait="~")


def test_engines_of_a_set(picture):
    assert picture(serving(), MEDIUM, goto=set_route(SERVING), wait="worst group 2")


def test_sources_that_do_not_answer(picture):
    assert picture(unmeasured(), MEDIUM, goto=Route("telemetry"), wait="not allowed")
