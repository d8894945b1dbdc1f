import pytest

from lwstui.view.ages import (
    age,
    bytes_,
    changes_in,
    clock,
    moment,
    parse_age,
    percent,
    short,
    stamp,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (252, "4m12s"),
        (3599, "59m59s"),
        (3600, "1h"),
        (86400, "24h"),
        (172_800, "2d"),
        (21 * 86400 + 5, "21d"),
    ],
)
def test_age_as_the_screens_write_it(seconds, text):
    assert age(seconds) == text


def test_coarse_ages_have_whole_minutes():
    assert age(252, coarse=True) == "4m"
    assert age(42, coarse=True) == "42s"


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("seconds", [-3.5, 0.0, 0.4, 59.5, 60.0, 3599.0, 3600.5, 7200.0, 180_000.0])
def test_text_changes_exactly_when_foretold(seconds, coarse):
    wait = changes_in(seconds, coarse=coarse)

    assert wait > 0
    assert age(seconds + wait, coarse=coarse) != age(seconds, coarse=coarse)
    assert age(seconds + wait * 0.99, coarse=coarse) == age(seconds, coarse=coarse)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("4m12s", 252), ("2h", 7200), ("3d", 259200)]
)
def test_ages_can_be_typed(text, seconds):
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "12", "5m!", "m5"])
def test_what_is_no_age(text):
    assert parse_age(text) is None


NOON_UTC = 1_700_049_600.0


def test_moments_in_utc_say_so_where_there_is_room():
    assert clock(NOON_UTC, "utc") == "12:00:00"
    assert stamp(NOON_UTC, "utc") == "2023-11-15 12:00:00 UTC"
    assert stamp(None, "utc") == clock(None) == "—"


def test_moments_are_clock_times_or_how_long_ago():
    assert moment(NOON_UTC, NOON_UTC + 252, "utc") == "12:00:00"
    assert moment(NOON_UTC, NOON_UTC + 252, "relative") == "4m12s"
    assert moment(NOON_UTC, NOON_UTC + 252, "relative", coarse=True) == "4m"
    assert moment(None, NOON_UTC, "relative") == "—"
    assert moment(NOON_UTC, NOON_UTC + 252, "absolute") == clock(NOON_UTC)


def test_percent_reaches_100_only_when_all_are_done():
    assert percent(1999, 2000) == "99%"
    assert percent(2000, 2000) == "100%"
    assert percent(0, 0) == "—"


def test_binary_units():
    assert bytes_(512) == "512 B"
    assert bytes_(40 * 1024**3) == "40 GiB"
    assert bytes_(1536) == "1.5 KiB"


def test_names_are_cut_in_the_middle_and_keep_their_index():
    assert short("llama-405b-instruct-prod-17", 15) == "llama-4…prod-17"
    assert short("llama", 15) == "llama"
