"""Dialogs about what changes while they are open, or is not known to be current."""

from concurrent.futures import Future
from dataclasses import replace

from textual.widgets import Button

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.screens.modals.dialog import Field
from lwstui.tui.screens.modals.image import ImageDialog
from tests.support.waiting import eventually
from tests.tui.widgets.asking import IMPACT, TYPED, UNASKED, Asking, Clock, done, number_of, scale
from tests.tui.widgets.samples import run


async def test_old_data_wants_a_yes_of_its_own():
    clock = Clock()
    asking = Asking(
        ConfirmDialog(replace(IMPACT, outdated="the data is 45s old"), done(), clock=clock)
    )
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await eventually(lambda: not asking.disabled())
        await pilot.press("y")
        assert asking.label() == "Yes, the data is 45s old"
        await pilot.press("y")
        asking.dialog.query_one("#confirm", Button).press()
        await pilot.pause()
        assert asking.answer is UNASKED, "the second half of a double press counted"
        clock.now += 0.3
        await pilot.press("y")
        await pilot.pause()
        assert asking.answer is True


async def test_a_question_about_something_else_is_asked_anew():
    clock, asked, moved = Clock(), [], []
    after = replace(TYPED, what=("Half of it goes.",))

    def again() -> Future[Outcome]:
        asked.append(after)
        return done()

    def renew() -> tuple[str, ...]:
        found = tuple(moved)
        moved.clear()
        return found

    dialog = ConfirmDialog(
        TYPED, done(), again=again, live=lambda: after, renew=renew, confirm="Delete", clock=clock
    )
    asking = Asking(dialog)
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        field = dialog.query_one("#dialog-name", Field)
        field.value = "llama70b"
        await eventually(lambda: not asking.disabled())
        dialog.query_one("#confirm", Button).focus()
        moved.append("spec.replicas: 3 -> 5")
        dialog.query_one("#confirm", Button).press()
        await eventually(lambda: "spec.replicas: 3 -> 5" in asking.text())
        assert asking.answer is UNASKED
        assert (asking.label(), dialog.focused.id, field.value) == ("Delete anyway", "cancel", "")
        assert "Half of it goes." in asking.text()
        assert len(asked) == 1
        clock.now += 0.3
        field.value = "llama70b"
        await eventually(lambda: not asking.disabled())
        dialog.query_one("#confirm", Button).press()
        await pilot.pause()
        assert asking.answer is True


async def test_what_becomes_possible_is_asked_of_the_server_first():
    clock, asked = Clock(), []

    def again() -> Future[Outcome]:
        asked.append(1)
        return done(ok=False, message="quota exceeded")

    refused = replace(IMPACT, refused="not yet")
    dialog = ConfirmDialog(refused, None, again=again, live=lambda: IMPACT, clock=clock)
    asking = Asking(dialog)
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        assert asking.disabled()
        dialog.look_again()
        await eventually(lambda: "quota exceeded" in asking.text())
        assert asking.disabled()
        assert asked == [1]


async def test_images_that_change_meanwhile_are_asked_about_anew():
    clock, asked = Clock(), []
    present = [("leader", "vllm", "vllm:1"), ("worker", "vllm", "vllm:1")]

    def dry_run(changes):
        asked.append(changes)
        return done()

    dialog = ImageDialog(lambda: tuple(present), lambda _: IMPACT, dry_run, clock=clock)
    asking = Asking(dialog)
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        dialog.query_one("#image-1", Field).value = "vllm:3"
        await eventually(lambda: not asking.disabled())
        present[:] = [("leader", "vllm", "vllm:2"), ("worker", "vllm", "vllm:2")]
        dialog.query_one("#confirm", Button).press()
        await eventually(lambda: asking.label() == "Set anyway")
        assert asking.answer is UNASKED
        assert "somebody else set leader vllm from vllm:1" in asking.text()
        assert dialog.query_one("#image-0", Field).value == "vllm:2", "nobody typed into it"
        clock.now += 0.3
        await eventually(lambda: not asking.disabled())
        assert asked == [(("worker", "vllm", "vllm:3"),)] * 2
        dialog.query_one("#confirm", Button).press()
        await pilot.pause()
        assert asking.answer == (("worker", "vllm", "vllm:3"),)


async def test_a_number_that_changes_meanwhile_is_asked_about_anew():
    clock, asked, present = Clock(), [], [48]
    asking = Asking(scale(clock, asked, present=lambda: present[0]))
    async with run(asking.app) as pilot:
        await asking.open(pilot, clock)
        await pilot.press("5", "2")
        await eventually(lambda: not asking.disabled())
        present[0] = 60
        await pilot.press("y")
        assert asking.answer is UNASKED
        assert "Groups -8" in asking.text()
        assert "somebody else went from 48 to 60 groups" in asking.text()
        assert "60 → [ 52 ]" in number_of(asking)
        assert asking.label() == "Scale anyway"
        clock.now += 0.3
        await eventually(lambda: not asking.disabled())
        assert asked == [52, 52]
        await pilot.press("y")
        await pilot.pause()
        assert (asking.answer, asking.dialog.current) == (52, 60)
