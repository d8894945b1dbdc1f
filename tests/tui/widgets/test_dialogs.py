"""Dialogs: Cancel first, the lock, the dry run, typed confirmation, live numbers."""

from concurrent.futures import Future
from dataclasses import replace

import pytest

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.screens.modals.dialog import Field
from lwstui.tui.screens.modals.image import TO_EDIT, ImageDialog
from lwstui.tui.screens.modals.words import words_of
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.impact_sets import UNCHANGED
from lwstui.view.types import Impact, Span
from tests.support.waiting import eventually
from tests.tui.widgets.asking import IMPACT, TYPED, UNASKED, Asking, Clock, done, number_of, scale
from tests.tui.widgets.samples import HOSTILE, run


async def test_cancel_has_the_focus_and_enter_cancels():
    clock = Clock()
    asking = Asking(ConfirmDialog(IMPACT, done(), clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        assert asking.dialog.focused.id == "cancel"
        await pilot.press("enter")
        await pilot.pause()
        assert asking.answer is None


@pytest.mark.parametrize("key", ["enter", "y", "n", "escape", "tab"])
async def test_keys_are_ignored_until_the_dialog_could_be_read(key):
    clock = Clock()
    asking = Asking(ConfirmDialog(IMPACT, done(), clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot)
        await eventually(lambda: not asking.disabled())
        clock.now += 0.24
        await pilot.press(key)
        await pilot.pause()
        assert asking.answer is UNASKED
        assert asking.dialog.focused.id == "cancel"
        clock.now += 0.02
        await pilot.press("y")
        await pilot.pause()
        assert asking.answer is True


async def test_nothing_can_be_confirmed_before_the_server_accepted():
    clock = Clock()
    future: Future[Outcome] = Future()
    asking = Asking(ConfirmDialog(IMPACT, future, clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        assert "asking the server…" in asking.text()
        assert asking.disabled()
        await pilot.press("y")
        assert asking.answer is UNASKED
        future.set_result(Outcome(ok=True, message=""))
        await eventually(lambda: "accepted" in asking.text())
        assert not asking.disabled()
        await pilot.press("tab", "enter")
        await pilot.pause()
        assert asking.answer is True


async def test_a_refusal_is_shown_and_final():
    clock = Clock()
    asking = Asking(ConfirmDialog(IMPACT, done(ok=False, message="quota [gpu] exceeded")))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await eventually(lambda: "refused: quota [gpu] exceeded" in asking.text())
        assert asking.disabled()


async def test_a_failed_dry_run_says_why():
    future: Future[Outcome] = Future()
    future.set_exception(ConnectionError("connection refused"))
    asking = Asking(ConfirmDialog(IMPACT, future))
    async with run(asking.app) as pilot:
        await asking.open(pilot)
        await eventually(lambda: "could not ask the server: connection refused" in asking.text())
        assert asking.disabled()


async def test_without_a_dry_run_nothing_is_claimed():
    asking = Asking(ConfirmDialog(IMPACT))
    async with run(asking.app) as pilot:
        await asking.open(pilot)
        assert "dry run" not in asking.text()
        assert not asking.disabled()


async def test_what_must_be_typed_must_be_typed():
    clock = Clock()
    asking = Asking(ConfirmDialog(TYPED, done(), clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await eventually(lambda: "accepted" in asking.text())
        assert asking.disabled()
        await pilot.press("y")
        assert asking.answer is UNASKED
        asking.dialog.query_one("#dialog-name", Field).focus()
        await pilot.press(*"llama7")
        assert asking.disabled()
        await pilot.press("0", "b")
        await pilot.pause()
        assert not asking.disabled()
        await pilot.press("enter", "tab", "enter")
        await pilot.pause()
        assert asking.answer is True


async def test_y_and_n_are_letters_where_something_is_typed():
    clock = Clock()
    asking = Asking(ConfirmDialog(TYPED, done(), clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        field = asking.dialog.query_one("#dialog-name", Field)
        field.focus()
        await pilot.press("n", "y")
        assert field.value == "ny"
        assert asking.answer is UNASKED


async def test_typing_is_locked_too():
    clock = Clock()
    asking = Asking(ConfirmDialog(TYPED, done(), clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot)
        field = asking.dialog.query_one("#dialog-name", Field)
        field.focus()
        await pilot.press("l")
        assert not field.value


async def test_what_cannot_be_done_says_so():
    impact = Impact("SCALE", "a / b", (), refused="the console is read-only")
    asking = Asking(ConfirmDialog(impact, done()))
    async with run(asking.app) as pilot:
        await asking.open(pilot)
        assert "the console is read-only" in asking.text()
        assert asking.disabled()


async def test_news_while_open_can_disable_the_answer():
    clock = Clock()
    asking = Asking(ConfirmDialog(IMPACT, done(), clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await eventually(lambda: not asking.disabled())
        asking.dialog.show_impact(
            Impact(IMPACT.title, IMPACT.target, (), refused="the group was recreated meanwhile")
        )
        assert asking.disabled()
        assert "recreated meanwhile" in asking.text()


async def test_the_present_number_cannot_be_confirmed():
    clock, asked = Clock(), []
    asking = Asking(scale(clock, asked))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        assert "48 → [ 48 ]" in number_of(asking)
        assert asking.disabled()
        assert not asked


async def test_arrows_and_digits_change_the_number_and_its_preview():
    clock, asked = Clock(), []
    asking = Asking(scale(clock, asked))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await pilot.press("up", "up", "down")
        assert "[ 49 ]" in number_of(asking)
        assert "Groups +1" in asking.text()
        await pilot.press("5", "2")
        assert "[ 52 ]" in number_of(asking)
        assert "Groups +4" in asking.text()
        await eventually(lambda: not asking.disabled())
        assert asked[-1] == 52
        await pilot.press("backspace", "backspace")
        assert asking.disabled()
        await pilot.press("0")
        await eventually(lambda: asked[-1] == 0)
        await eventually(lambda: not asking.disabled())
        await pilot.press("y")
        await pilot.pause()
        assert asking.answer == 0


async def test_digits_are_locked_at_first():
    clock, asked = Clock(), []
    asking = Asking(scale(clock, asked))
    async with run(asking.app) as pilot:
        await asking.open(pilot)
        await pilot.press("9", "up")
        assert "[ 48 ]" in number_of(asking)


async def test_an_older_dry_run_does_not_answer_for_a_newer_number():
    clock, asked, futures = Clock(), [], []

    def pending() -> Future[Outcome]:
        futures.append(Future())
        return futures[-1]

    asking = Asking(scale(clock, asked, pending))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await pilot.press("up")
        await eventually(lambda: asked == [49])
        await pilot.press("up")
        assert "asking the server…" in asking.text()
        if not futures[0].cancelled():
            futures[0].set_result(Outcome(ok=True, message=""))
        await pilot.pause()
        assert asking.disabled()
        await eventually(lambda: asked == [49, 50])
        futures[1].set_result(Outcome(ok=True, message=""))
        await eventually(lambda: not asking.disabled())


CONTAINERS = (("leader", "vllm", "vllm:0.8"), ("worker", "vllm", "vllm:0.8"))


async def test_only_changed_images_are_returned():
    clock, asked = Clock(), []

    def impact_for(changes):
        return Impact("SET IMAGE", "llm-prod / llama70b", (f"{len(changes)} image(s) change",))

    def dry_run(changes):
        asked.append(changes)
        return done()

    asking = Asking(ImageDialog(lambda: CONTAINERS, impact_for, dry_run, clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        assert asking.dialog.focused.id == "cancel"
        assert asking.disabled()
        await pilot.press("up", "backspace", "9")
        await eventually(lambda: "1 image(s) change" in asking.text())
        await eventually(lambda: not asking.disabled())
        assert asked == [(("worker", "vllm", "vllm:0.9"),)]
        await pilot.press("down", "y")
        await pilot.pause()
        assert asking.answer == (("worker", "vllm", "vllm:0.9"),)


async def test_before_an_image_is_changed_it_says_how_to():
    clock, name = Clock(), "engine-" * 9

    def impact_for(changes):
        return replace(IMPACT, what=(), facts=(), refused="" if changes else UNCHANGED)

    found = (("leader", name, "v:1"),)
    dialog = ImageDialog(lambda: found, impact_for, lambda _: done(), clock=clock)
    asking = Asking(dialog)
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        assert TO_EDIT in asking.text()
        assert UNCHANGED not in asking.text()
        label = dialog.query_one("#image-label-0", TextBlock).text
        assert label.startswith("leader engine-")
        assert len(label) < dialog.query_one("#image-label-0").size.width


async def test_an_emptied_field_changes_nothing():
    clock = Clock()
    dialog = ImageDialog(lambda: CONTAINERS, lambda _: IMPACT, lambda _: done(), clock=clock)
    asking = Asking(dialog)
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await pilot.press("up", "ctrl+u")
        await pilot.pause()
        assert dialog.changes == ()
        assert asking.disabled()


@pytest.mark.parametrize("text", [*HOSTILE, "[@click=app.quit]x[/]"])
async def test_hostile_text_in_a_dialog(text):
    impact = Impact(text, text, (text,), ((text, Span(text)),), text)
    asking = Asking(ConfirmDialog(impact, done(ok=False, message=text)))
    async with run(asking.app, (60, 40)) as pilot:
        await asking.open(pilot)
        await eventually(lambda: "refused" in asking.text())
        head = asking.dialog.query_one("#dialog-head", TextBlock)
        assert head.text == text
        assert all("\x1b" not in head.render_line(y).text for y in range(head.size.height))
        assert str(asking.dialog.query_one("#dialog").border_title).replace("\\", "") or not text


def test_long_facts_are_wrapped_under_their_value():
    impact = Impact("T", "x", (), (("Blocked by", Span("many words " * 6)),))
    lines = ["".join(span.text for span in line) for line in words_of(impact, None, 40).details]
    assert lines[-1].startswith(" " * len("Blocked by  "))
    assert len([line for line in lines if "many" in line]) > 1


async def test_a_command_typed_into_a_dialog_answers_nothing():
    clock = Clock()
    asking = Asking(ConfirmDialog(IMPACT, done(), clock=clock))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await eventually(lambda: not asking.disabled())
        for key in ("colon", *"yaml", "n", "y"):
            clock.now += 0.6
            await pilot.press(key)
            await pilot.pause()
            assert asking.answer is UNASKED
        clock.now += 1.1
        await pilot.press("y")
        await pilot.pause()
        assert asking.answer is True
