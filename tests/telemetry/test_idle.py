"""Since when a device does nothing: told by its readings alone, and forgotten over a long gap."""

import pytest

from lwstui.state.telemetry import LONGEST_GAP_S, next_devices
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.quantities import Quantity

DEVICE = DeviceId("node-0", "GPU-0")


def after(*rounds):
    """Return since when a device is idle after rounds of (time, utilisation or None)."""
    views = {}
    for at, util in rounds:
        values = {} if util is None else {Quantity.UTIL: util}
        found = [] if util == "silent" else [Reading(DEVICE, at, values=values)]
        views = next_devices(views, found, {}, 0.0)
    return views[DEVICE].idle_since


@pytest.mark.parametrize(
    ("rounds", "since"),
    [
        pytest.param([(0, 0.0), (15, 0.0), (30, 0.04)], 0, id="all-the-time"),
        pytest.param([(0, 0.9), (15, 0.0), (30, 0.0)], 15, id="since-it-stopped"),
        pytest.param([(0, 0.0), (15, 0.5), (30, 0.0)], 30, id="worked-between"),
        pytest.param([(0, 0.0), (15, 0.5)], None, id="works"),
        pytest.param([(0, 0.0), (15, None)], None, id="tells-nothing"),
        pytest.param([(0, 0.0), (15, "silent"), (30, 0.0)], 0, id="a-round-without-it"),
        pytest.param([(0, 0.0), (LONGEST_GAP_S + 1, 0.0)], LONGEST_GAP_S + 1, id="a-long-gap"),
    ],
)
def test_since_when_a_device_is_idle(rounds, since):
    assert after(*rounds) == since
