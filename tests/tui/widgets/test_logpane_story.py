"""The log pane: folding, late lines, muted sources, marks, colours, many sources at once."""

import re

from lwstui.runtime.backend import LogEntry
from lwstui.view.logsearch import search
from tests.tui.widgets.logsamples import T0, entries, feed, make
from tests.tui.widgets.samples import run, text_of


def said(*texts: str, start: int = 0) -> list[LogEntry]:
    return [LogEntry(f"w{n}", T0 + start, text) for n, text in enumerate(texts, 1)]


async def test_what_ranks_say_together_is_one_row_and_enter_unfolds_it():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        await pilot.press("x")
        feed(pane, buffer, said("rank 1 is up", "rank 2 is up", "rank 3 is up"))
        await pilot.pause()
        assert text_of(pane)[0].startswith(" w1-w3 ×3 │ rank 1 is up")
        await pilot.press("enter")
        await pilot.pause()
        assert [line.split("│")[0].strip() for line in text_of(pane)[:3]] == ["w1", "w2", "w3"]
        assert not pane.follow
        await pilot.press("enter")
        await pilot.pause()
        assert text_of(pane)[0].startswith(" w1-w3 ×3 │ rank 1 is up")
        await pilot.press("x")
        await pilot.pause()
        assert len(pane.rows) == 3


async def test_a_repeated_line_says_how_often():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        await pilot.press("x")
        feed(pane, buffer, [LogEntry("leader", T0 + n, "have 5 of 8") for n in (0, 30, 60, 90)])
        await pilot.pause()
        assert text_of(pane)[0].startswith(" leader │ have 5 of 8  (×4 in 90 s)")
        pane.lines_rendered = 0
        feed(pane, buffer, [LogEntry("leader", T0 + 100, "have 5 of 8")])
        await pilot.pause()
        assert "(×5 in 100 s)" in text_of(pane)[0]


async def test_nothing_on_the_screen_changes_while_paused_not_even_a_fold():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        await pilot.press("x")
        feed(pane, buffer, said("all is well"))
        await pilot.press("s")
        await pilot.pause()
        before = text_of(pane)
        feed(pane, buffer, [LogEntry("w2", T0, "all is well"), LogEntry("w3", T0 - 9, "late")])
        await pilot.pause()
        assert text_of(pane)[:-1] == before[:-1]


async def test_a_late_line_is_put_where_it_belongs_and_marked():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(5))
        feed(pane, buffer, [LogEntry("w9", T0 + 2.5, "late")])
        await pilot.pause()
        assert text_of(pane)[3].startswith(">w9     │ late")


async def test_sources_can_be_left_out():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(6))
        pane.set_hidden({"leader", "w1"})
        await pilot.pause()
        assert {row.line.source for row in pane.rows} == {"w2"}
        feed(pane, buffer, entries(6, 6))
        pane.set_hidden(set())
        await pilot.pause()
        assert len(pane.rows) == 12


async def test_a_mark_is_drawn_at_the_end():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        feed(pane, buffer, entries(2))
        await pilot.press("m")
        await pilot.pause()
        assert re.match(r"── \d\d:\d\d:\d\d mark ───", text_of(pane)[2])


async def test_colours_of_the_container_stay_and_marks_lie_over_them():
    app, pane, buffer = make()
    async with run(app, (60, 10)) as pilot:
        colours = ((0, 3, "bold color(1)"), (4, 8, "#00ff00"))
        feed(pane, buffer, [LogEntry("w1", T0, "red lime plain", "line", colours)])
        pane.set_search(search("lime"))
        await pilot.pause()
        styles = {s.text: s.style for s in pane.render_line(0) if s.text.strip()}
        assert styles["red"].color.number == 1
        assert styles["red"].bold
        assert styles["lime"].bgcolor is not None
        await pilot.press("w", "right")
        pane.shift(4)
        await pilot.pause()
        assert "lime plain" in text_of(pane)[0]


async def test_sixty_four_sources_at_once_render_one_screen_per_batch():
    app, pane, buffer = make()
    async with run(app, (100, 20)) as pilot:
        await pilot.press("x")
        for batch in range(20):
            at = T0 + batch / 10
            came = [
                LogEntry(
                    f"{n // 8}/w{n % 8}", at + n / 10_000, f"{batch}: step of rank {n} took {n}"
                )
                for n in range(64)
            ]
            pane.lines_rendered = 0
            feed(pane, buffer, came)
            await pilot.pause()
            assert pane.lines_rendered <= 40
        assert len(buffer.sources) == 64
        assert len(pane.rows) < 64
        assert sum(row.count for row in pane.rows) == len(buffer.lines) == 1280
