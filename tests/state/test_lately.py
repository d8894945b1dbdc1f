"""What happened over hours, in memory that does not grow."""

from lwstui.state.lately import HOUR_S, SLOT_S, SLOTS, Pace, grown_on, grown_since, paced
from lwstui.state.telemetry import next_devices
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.quantities import Quantity

BEGIN = 1_800_000_000.0


def test_growth_is_kept_by_the_minute_for_an_hour():
    growth = ()
    for n in range(1000):
        growth = grown_on(growth, BEGIN + 15 * n, 1.0)
    now = BEGIN + 15 * 999
    assert len(growth) <= 61
    assert grown_since(growth, now - HOUR_S) in range(237, 245)
    assert grown_since(growth, now - 120) in range(5, 13)
    assert grown_on(growth, now + 2 * HOUR_S, 0.0) == ()


def test_a_counter_that_was_reset_or_not_read_has_not_grown():
    device, views = DeviceId("node-0", "GPU-0"), {}
    for n, value in enumerate((5.0, 9.0, 2.0, None, 3.0, 4.0)):
        values = {} if value is None else {Quantity.ECC_SINGLE: value}
        read = Reading(device, BEGIN + 60 * n, values=values)
        views = next_devices(views, [read], {}, 0.0)
    assert [by for _, by in views[device].lately[Quantity.ECC_SINGLE]] == [4.0, 1.0]


def test_paces_are_means_of_quarters_of_an_hour_for_a_day():
    paces = ()
    for n in range(2 * SLOTS * 15):
        paces = paced(paces, BEGIN + 60 * n, 800.0, 8.0)
    assert len(paces) == SLOTS
    assert paces[-1] == Pace(int(BEGIN // SLOT_S) + 2 * SLOTS - 1, 100.0, 8.0, 15)
    assert paced((), BEGIN, 800.0, 8.0)[0].speed == 100.0
    mixed = paced(paced((), BEGIN, 800.0, 8.0), BEGIN + 60, 400.0, 4.0 * 2)
    assert (mixed[0].speed, mixed[0].running) == (75.0, 8.0)


def test_idle_moments_and_a_clock_that_was_put_back_tell_nothing():
    paces = paced((), BEGIN, 800.0, 8.0)
    for tokens, running in ((None, 8.0), (800.0, None), (0.0, 8.0), (800.0, 0.0)):
        assert paced(paces, BEGIN + 1, tokens, running) is paces
    assert paced(paces, BEGIN - SLOT_S, 800.0, 8.0) is paces
