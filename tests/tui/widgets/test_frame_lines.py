"""Status, title, keys, crumbs, flash and attention: what fits, what gives way."""

from dataclasses import replace

import pytest
from textual.widget import Widget

from lwstui.tui.widgets import keyline
from lwstui.tui.widgets.attention import AttentionStrip
from lwstui.tui.widgets.keyline import Crumbs, Flash, KeyLine, fit_keys
from lwstui.tui.widgets.statusline import StatusLine, TitleLine
from lwstui.view.types import Span
from tests.support.waiting import eventually
from tests.tui.widgets.samples import HOSTILE, STATUS, Harness, attention, cells_of, run, text_of


async def shown(widget: Widget, width: int, show) -> list[str]:
    async with run(Harness(widget), (width, 10)) as pilot:
        show()
        await pilot.pause()
        assert cells_of(widget) == {width}
        return text_of(widget)


async def test_a_wide_status_line_shows_everything():
    line = StatusLine()
    (text,) = await shown(line, 120, lambda: line.show(STATUS))
    assert text.strip().startswith("prod-eu │ ns:all │ RW │ ● LIVE 0.2s │ CTL ◆ leader")
    assert text.endswith("sets 14  groups 206/211  GPU 812/832  10:42 ")


async def test_a_narrow_status_line_keeps_what_matters():
    line = StatusLine()
    (text,) = await shown(line, 44, lambda: line.show(replace(STATUS, sandbox=True)))
    for kept in ("SANDBOX", "prod-eu", "RW", "● LIVE 0.2s"):
        assert kept in text
    assert "GPU" not in text
    assert "sets" not in text


async def test_totals_go_before_the_clock():
    line = StatusLine()
    (text,) = await shown(line, 80, lambda: line.show(STATUS))
    assert "GPU" not in text
    assert "sets 14" in text
    assert "10:42" in text


async def test_a_title_drops_what_matters_little_rather_than_cut_it():
    line, facts = TitleLine(), (Span("name", "title"), Span("   shape"), Span("   policy", "dim"))
    (text,) = await shown(line, 38, lambda: line.show(facts, (Span("acting on: group 7"),)))
    assert text.split() == ["name", "shape", "acting", "on:", "group", "7"]
    (text,) = await shown(line, 30, lambda: line.show(facts, (Span("acting on: group 7"),)))
    assert "sha…" in text or "s…" in text or "name…" in text


async def test_read_only_is_marked():
    line = StatusLine()
    async with run(Harness(line), (80, 5)):
        line.show(replace(STATUS, mode="RO"))
        segment = next(segment for segment in line.render_line(0) if segment.text == "RO")
        assert segment.style.bold


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("width", [10, 40, 100])
async def test_hostile_names_do_not_break_the_frame(text, width):
    status, title, crumbs = StatusLine(), TitleLine(), Crumbs()
    keys, strip = KeyLine(), AttentionStrip()
    async with run(Harness(status, title, crumbs, keys, strip), (width, 12)) as pilot:
        status.show(replace(STATUS, context=text, user=text, scope=text))
        title.show((Span(text),), (Span(text),))
        crumbs.show(("sets", text), text)
        keys.show([("x", text), ("?", "Help")])
        strip.show((replace(attention()[0], where=text, what=text, reason=text),), 0)
        await pilot.pause()
        for widget in (status, title, crumbs, keys, strip):
            assert cells_of(widget) == {width}
            assert "\x1b" not in "".join(text_of(widget))


async def test_the_right_of_the_title_stays_whole():
    line = TitleLine()
    (text,) = await shown(
        line, 40, lambda: line.show((Span("t" * 60),), (Span("acting on: group 29"),))
    )
    assert text.endswith("acting on: group 29 ")
    assert "…" in text


KEYS = [("enter", "Open"), ("l", "Logs"), ("s", "Scale"), ("r", "Restart"), ("?", "Help")]


def test_keys_give_way_from_the_least_useful_and_help_stays():
    assert fit_keys(KEYS, 100) == KEYS
    assert fit_keys(KEYS, 30) == [KEYS[0], KEYS[1], KEYS[-1]]
    assert fit_keys(KEYS, 8) == [KEYS[-1]]
    assert fit_keys([], 8) == []


async def test_the_key_line_shows_keys_with_labels():
    line = KeyLine()
    (text,) = await shown(line, 60, lambda: line.show(KEYS))
    assert text.rstrip() == " enter Open   l Logs   s Scale   r Restart   ? Help"


async def test_crumbs_end_where_we_are():
    crumbs = Crumbs()
    (text,) = await shown(crumbs, 60, lambda: crumbs.show(("sets", "llama70b"), "3 problems"))
    assert text.startswith(" sets › llama70b ")
    assert text.endswith("3 problems ")


async def test_a_flash_goes_by_itself_and_leaves_the_rule(monkeypatch):
    monkeypatch.setattr(keyline, "_FLASH_S", 0.01)
    flash = Flash()
    async with run(Harness(flash), (40, 5)):
        flash.say("scaled to 52", "ok")
        assert flash.text == "scaled to 52"
        await eventually(lambda: not flash.text)
        assert text_of(flash) == ["─" * 40]


async def test_a_failure_stays_until_it_is_cleared(monkeypatch):
    monkeypatch.setattr(keyline, "_FLASH_S", 0.01)
    flash = Flash()
    async with run(Harness(flash), (60, 5)) as pilot:
        flash.say("all well", "ok")
        flash.say("forbidden: patch leaderworkersets", "bad")
        await pilot.pause(0.05)
        assert "forbidden" in text_of(flash)[0]
        assert flash.clear()
        assert not flash.clear()


async def test_the_strip_lists_causes_worst_first_and_counts_the_rest():
    strip = AttentionStrip()
    async with run(Harness(strip), (100, 20)) as pilot:
        strip.show(attention(7), 3)
        await pilot.pause()
        lines = text_of(strip)
        assert len(lines) == 6
        assert "NEEDS ATTENTION 10" in lines[0]
        assert "+5 more" in lines[0]
        assert "llm-prod/llama405b" in lines[1]
        assert "group 0" in lines[1]
        assert lines[1].rstrip().endswith("4m12s")


async def test_a_calm_strip_says_so_in_two_lines():
    strip = AttentionStrip()
    async with run(Harness(strip), (100, 20)) as pilot:
        strip.show(attention(4), 0)
        await pilot.pause()
        strip.show((), 0, (Span("all 211 groups ready since 09:14", "ok"),))
        await pilot.pause()
        lines = text_of(strip)
        assert len(lines) == 2
        assert "all 211 groups ready since 09:14" in lines[1]


async def test_a_cause_is_opened_by_key_and_by_click():
    strip = AttentionStrip()
    app = Harness(strip)
    async with run(app, (100, 20)) as pilot:
        strip.show(attention(3), 0)
        await pilot.pause()
        strip.focus()
        await pilot.press("j", "enter")
        await pilot.click(AttentionStrip, offset=(5, 3))
        await pilot.pause()
        assert [message.ref.group for message in app.of(AttentionStrip.Opened)] == [1, 2]
