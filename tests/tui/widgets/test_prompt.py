"""The prompt: messages while typing, history, suggestions, leaving."""

from textual.suggester import SuggestFromList
from textual.widgets import Input

from lwstui.tui.widgets.prompt import Prompt
from tests.tui.widgets.samples import Harness, run


async def test_typing_entering_and_closing():
    prompt = Prompt()
    app = Harness(prompt)
    async with run(app) as pilot:
        assert not prompt.is_open
        prompt.open("filter")
        await pilot.pause()
        await pilot.press("x", "[")
        assert [(message.text, message.mode) for message in app.of(Prompt.Changed)] == [
            ("x", "filter"),
            ("x[", "filter"),
        ]
        await pilot.press("enter")
        await pilot.pause()
        assert [(message.text, message.mode) for message in app.of(Prompt.Submitted)] == [
            ("x[", "filter")
        ]
        assert not prompt.is_open


async def test_opening_with_a_text_is_no_change_and_escape_leaves():
    prompt = Prompt()
    app = Harness(prompt)
    async with run(app) as pilot:
        prompt.open("command", "scale ")
        await pilot.pause()
        assert prompt.text == "scale "
        await pilot.press("escape")
        await pilot.pause()
        assert not app.of(Prompt.Changed)
        assert [message.mode for message in app.of(Prompt.Cancelled)] == ["command"]
        assert not prompt.is_open


async def test_history_is_kept_per_mode():
    prompt = Prompt()
    async with run(Harness(prompt)) as pilot:
        for text in ("pods", "nodes"):
            prompt.open("command", text)
            await pilot.pause()
            await pilot.press("enter")
            await pilot.pause()
        prompt.open("filter", "llama")
        await pilot.pause()
        await pilot.press("enter")
        prompt.open("command")
        await pilot.pause()
        await pilot.press("up")
        assert prompt.text == "nodes"
        await pilot.press("up", "up")
        assert prompt.text == "pods"
        await pilot.press("down", "down")
        assert not prompt.text


async def test_tab_takes_the_suggestion():
    prompt = Prompt(suggesters={"command": SuggestFromList(["rollout", "nodes"])})
    async with run(Harness(prompt)) as pilot:
        prompt.open("command")
        await pilot.pause()
        await pilot.press("r", "o")
        await pilot.pause()
        await pilot.press("tab")
        await pilot.pause()
        assert prompt.text == "rollout"
        assert prompt.query_one(Input).has_focus


async def test_a_complaint_with_brackets_is_shown_as_it_is():
    prompt = Prompt()
    app = Harness(prompt)
    async with run(app, (80, 5)) as pilot:
        prompt.open("filter")
        prompt.complain("unbalanced [/] in [a-")
        await pilot.pause()
        assert "unbalanced [/] in [a-" in app.export_screenshot().replace("&#160;", " ")


async def test_what_is_typed_takes_the_place_of_the_present_filter_unless_that_is_edited():
    prompt = Prompt()
    async with run(Harness(prompt)) as pilot:
        prompt.open("filter", "llama70b")
        await pilot.pause()
        await pilot.press("x")
        assert prompt.text == "x"
        prompt.open("filter", "llama70b")
        await pilot.press("end", "x")
        assert prompt.text == "llama70bx"
