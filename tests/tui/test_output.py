"""What is written to the terminal: no colour when none is wanted, ASCII when that is wanted."""

import re
from concurrent.futures import Future
from dataclasses import replace

import pytest

from lwstui.runtime.intents import Outcome
from lwstui.tui.glyphs import ASCII, to_ascii
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.widgets.attention import AttentionStrip
from lwstui.tui.widgets.cells import width
from lwstui.tui.widgets.groupmap import GroupMap
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.keyline import Crumbs, Flash, KeyLine
from lwstui.tui.widgets.statusline import StatusLine
from lwstui.view.types import Impact, Span
from tests.tui.widgets.samples import (
    COLUMNS,
    HOSTILE,
    STATUS,
    Harness,
    attention,
    row,
    rows,
    run,
)
from tests.tui.widgets.test_groupmap import groups

_SGR = re.compile(r"\x1b\[([\d;]*)m")
_ATTRIBUTES = {"", "0", "1", "2", "3", "4", "7", "9"}


def frame(app: Harness) -> str:
    """One whole frame as it would be written."""
    update = app.screen._compositor.render_update(full=True)
    return update.render_segments(app.console)


async def frames(**options) -> list[str]:
    """Frames with every widget, and with a dialog over them."""
    status, strip, table, view = StatusLine(), AttentionStrip(), KeyedTable(), GroupMap()
    flash, crumbs, keys = Flash(), Crumbs(), KeyLine()
    app = Harness(status, strip, view, table, flash, crumbs, keys, **options)
    async with run(app, (100, 40)) as pilot:
        status.show(replace(STATUS, sandbox=True))
        strip.show(attention(3), 1)
        table.set_columns(COLUMNS)
        hostile = tuple(replace(row(text), key=f"k{n}") for n, text in enumerate(HOSTILE))
        table.set_rows((row("broken", state="X", tone="bad"), *hostile, *rows(50)))
        view.set_groups(groups(40, g7="oXP!"), 4)
        flash.say("refused", "bad")
        crumbs.show(("sets", "llama70b"), "1 problem")
        keys.show([("enter", "Open"), ("?", "Help")])
        table.focus()
        await pilot.pause()
        found = [frame(app)]
        dry_run: Future[Outcome] = Future()
        dry_run.set_result(Outcome(ok=False, message="no"))
        impact = Impact("SCALE", "a", ("b",), (("c", Span("d", "warn")),), confirm_text="a")
        app.push_screen(ConfirmDialog(impact, dry_run))
        await pilot.pause()
        return [*found, frame(app)]


@pytest.mark.parametrize("wish", ["option", "environment"])
async def test_no_colour_means_that_no_colour_is_written(wish, monkeypatch):
    if wish == "environment":
        monkeypatch.setenv("NO_COLOR", "1")
    for written in await frames(no_color=wish == "option"):
        codes = {code for found in _SGR.findall(written) for code in found.split(";")}
        assert codes <= _ATTRIBUTES
        assert {"1", "7"} <= codes


async def test_colours_are_written_otherwise(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    written = (await frames())[0]
    codes = {code for found in _SGR.findall(written) for code in found.split(";")}
    assert not codes <= _ATTRIBUTES


@pytest.mark.parametrize("theme", ["midnight", "ansi"])
async def test_ascii_means_that_no_byte_above_126_is_written(theme):
    for written in await frames(ascii_only=True, theme=theme):
        assert max(map(ord, written)) <= 126
        assert "SANDBOX" in written


async def test_nothing_foreign_steers_the_terminal():
    for written in await frames():
        rest = _SGR.sub("", re.sub(r"\x1b\[\d+;\d+H|\x1b\[H", "", written))
        assert "\x1b" not in rest
        assert "[/foo] failed [bold]" in rest or "SCALE" in rest


@pytest.mark.parametrize("text", [*HOSTILE, *ASCII, "│·×48 — ▶", "漢字"])
def test_ascii_takes_as_many_cells(text):
    assert to_ascii(text).isascii()
    assert width(to_ascii(text)) == width(text)


def test_glyphs_stay_apart_in_ascii():
    assert to_ascii("·▶│×…") == ".>|x~"
