"""The text pane: moving, wrapping, searching."""

from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.types import Span
from tests.tui.widgets.samples import HOSTILE, Harness, cells_of, run, text_of

LINES = tuple((Span(f"key{number:03}: ", "info"), Span("value")) for number in range(100))


async def test_keys_move_through_the_text():
    pane = TextPane()
    async with run(Harness(pane), (40, 10)) as pilot:
        pane.set_lines(LINES)
        for key, first in (
            ("j", 1),
            ("ctrl+f", 11),
            ("ctrl+d", 16),
            ("ctrl+u", 11),
            ("k", 10),
            ("G", 90),
            ("pageup", 80),
            ("g", 0),
            ("up", 0),
            ("end", 90),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert text_of(pane)[0].startswith(f"key{first:03}"), key


async def test_long_lines_wrap_or_move_sideways():
    pane = TextPane()
    async with run(Harness(pane), (20, 10)) as pilot:
        pane.set_lines(((Span("one two three four five six seven"),),))
        await pilot.pause()
        assert text_of(pane)[1].strip()
        await pilot.press("w")
        await pilot.pause()
        assert not text_of(pane)[1].strip()
        assert text_of(pane)[0].rstrip().endswith("…")
        await pilot.press("right", "right")
        await pilot.pause()
        assert text_of(pane)[0].startswith("ur five")
        await pilot.press("left", "h")
        await pilot.pause()
        assert text_of(pane)[0].startswith("one two")


async def test_searching_marks_and_visits_matches():
    pane = TextPane()
    async with run(Harness(pane), (40, 10)) as pilot:
        pane.set_lines(LINES)
        await pilot.pause()
        assert pane.search("KEY05") == 10
        await pilot.pause()
        assert any("key050" in line for line in text_of(pane))
        marked = [s.text for y in range(10) for s in pane.render_line(y) if s.text == "key05"]
        assert marked
        await pilot.press("N")
        await pilot.pause()
        assert any("key059" in line for line in text_of(pane))
        await pilot.press("n")
        await pilot.pause()
        assert any("key050" in line for line in text_of(pane))
        assert pane.search("nowhere") == 0
        await pilot.press("n")


async def test_new_lines_keep_the_place():
    pane = TextPane()
    async with run(Harness(pane), (40, 10)) as pilot:
        pane.set_lines(LINES)
        await pilot.press("pagedown")
        pane.set_lines((*LINES[:50], (Span("changed"),), *LINES[51:]))
        await pilot.pause()
        assert text_of(pane)[0].startswith("key010")
        assert "changed" in pane.plain


async def test_hostile_text():
    pane = TextPane()
    async with run(Harness(pane), (30, 40)) as pilot:
        pane.set_lines(tuple((Span(text, "bad"),) for text in HOSTILE))
        for _ in range(2):
            await pilot.press("w")
            pane.search("[")
            await pilot.pause()
            assert cells_of(pane) <= {pane.cells, 30}
            assert "\x1b" not in "".join(text_of(pane))
