"""The filter prompt: what it leaves, what it says while typing, how often it looks."""

from __future__ import annotations

import pytest

from lwstui.view.pods import PodRow
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy, large


@pytest.fixture
def app():
    return console(FakeBackend(first=busy().snapshot()))


async def _ready(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))


def prompt_line(app) -> str:
    return shown(app).splitlines()[-1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("~[", "is not a regular expression"),
        ("redy<8", "did you mean ready?"),
        ("age>soon", "is not an age"),
        ("-l", "needs a value"),
    ],
)
async def test_what_cannot_be_understood_is_said_while_typing_and_hides_nothing(app, typed, said):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "slash", *typed)
        await until(pilot, lambda: said in prompt_line(app))
        await until(pilot, lambda: "10 of 10" in shown(app))
        await keys(pilot, "escape")
        await until(pilot, lambda: said not in shown(app))


async def test_a_filter_that_was_entered_although_it_means_nothing_is_not_taken_for_one(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "slash", *"redy<8", "enter")
        await until(pilot, lambda: "not filtered: there is no column 'redy' here" in shown(app))
        await keys(pilot, "escape", "escape")
        await until(pilot, lambda: "no filter" in shown(app))


async def test_an_unfinished_term_hides_nothing(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "slash", *"llama ns:")
        await until(pilot, lambda: "2 of 10" in shown(app))
        await keys(pilot, *"llm-prod")
        await until(pilot, lambda: "2 of 10" in shown(app) and "llama70b" in shown(app))


async def test_typing_looks_at_most_once_in_a_tenth_of_a_second_and_the_last_word_counts(app):
    app.tick = lambda: None  # which looks once a second, whatever is typed
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        front, looked = app.front, []
        view = front._view
        front._view = lambda *args: (looked.append(args[1].filter), view(*args))[1]
        await keys(pilot, "slash")
        front._filtering = front.set_timer(3600, lambda: None)  # a tenth of a second that lasts
        await keys(pilot, *"mixtral")
        assert "mixtral" not in looked
        front._filtering.stop()
        front._filter_again()
        await until(pilot, lambda: "1 of 10" in shown(app))
        assert looked.count("mixtral") >= 1
        assert "mixtra" not in looked


async def test_large_counts_have_separators():
    world, _ = large()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "embed-fleet" in shown(app))
        await keys(pilot, "enter", "2", "slash", *"state:X", "enter")
        await until(pilot, lambda: "3 of 2,000" in shown(app))


async def test_what_is_searched_in_pods_is_made_when_the_prompt_opens(monkeypatch):
    made: list[str] = []
    make = PodRow.made_haystack

    def noted(row: PodRow) -> str:
        made.append(row.key)
        return make(row)

    monkeypatch.setattr(PodRow, "made_haystack", noted)
    app = console(FakeBackend(first=busy().snapshot()), first_command="pods")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "acting on:" in shown(app) and "POD" in shown(app))
        assert made == []
        await keys(pilot, "slash")
        await until(pilot, lambda: len(made) == len(app.snapshot.pods))
        await keys(pilot, *"llama")
        await until(pilot, lambda: " / llama" in shown(app))
        assert len(made) == len(set(made))
