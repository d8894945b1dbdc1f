"""The log screen: requests, merging, searching, staying cheap when covered."""

from __future__ import annotations

import pytest

from controller.api.meta import Key
from lwstui.runtime.backend import LogEntry
from lwstui.tui.inbox import Inbox
from lwstui.tui.screens.logs import LogsScreen
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import NOW, rolling

KEY = Key("llm-prod", "llama70b")


@pytest.fixture
def backend():
    return FakeBackend(first=rolling()[0].snapshot())


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def app(backend, clock):
    return console(backend, clock=lambda: clock[0])


async def _open(pilot, app, *pressed):
    await until(pilot, lambda: "llama70b" in shown(app))
    await keys(pilot, *pressed)
    await until(pilot, lambda: isinstance(app.screen, LogsScreen) and app.screen.is_mounted)


async def _appears(pilot, app, clock, text):
    """Let time pass until a line has waited long enough for others."""

    def there():
        clock[0] += 0.1
        return text in shown(app)

    await until(pilot, there)


def _say(backend, *lines: tuple[str, float, str], log: int = -1):
    backend.logs_opened[log].sink([LogEntry(source, NOW + at, text) for source, at, text in lines])


@pytest.mark.parametrize(
    ("pressed", "expected"),
    [
        (["l"], ("leader", None, "", False)),
        (["L"], ("all", None, "", False)),
        (["p"], ("all", None, "", True)),
        (["enter", "l"], ("all", 29, "", False)),
        (["enter", "3", "l"], ("all", None, "llama70b-", False)),
    ],
)
async def test_what_is_selected_decides_what_is_read(backend, app, pressed, expected):
    role, group, pod, previous = expected
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app, *pressed)
        request = backend.logs_opened[-1].request
        assert request.target == KEY
        assert (request.role, request.previous, request.follow) == (role, previous, not previous)
        if pod:
            assert request.pod.startswith(pod)
        else:
            assert (request.group, request.pod) == (group, "")


async def test_lines_of_several_sources_are_merged_by_time(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.2, "second line"), ("leader", 0.1, "first line"))
        await _appears(pilot, app, clock, "second line")
        text = shown(app)
        assert text.index("first line") < text.index("second line")
        assert "2 sources" in text
        assert "leader" in text


async def test_a_source_that_cannot_be_read_says_why(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        backend.logs_opened[-1].sink([LogEntry("w3", 0.0, "container is waiting", "error")])
        await _appears(pilot, app, clock, "w3: container is waiting")


async def test_search_marks_and_v_shows_only_matches(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.1, "NCCL WARN timeout"), ("w1", 0.2, "all quiet"))
        await _appears(pilot, app, clock, "all quiet")
        await keys(pilot, "slash", *"nccl", "enter")
        await until(pilot, lambda: "/nccl" in shown(app))
        assert "all quiet" in shown(app)
        await pilot.press("v")
        await until(pilot, lambda: "all quiet" not in shown(app))
        assert "NCCL WARN timeout" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: "/nccl" not in shown(app))


async def test_digits_choose_range_and_role_and_p_the_previous_run(backend, app):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "l")
        await keys(pilot, "3", "9", "p")
        await until(pilot, lambda: len(backend.logs_opened) == 4)
        requests = [log.request for log in backend.logs_opened]
        assert [r.since_s for r in requests] == [None, 300, 300, 300]
        assert [r.role for r in requests] == ["leader", "leader", "worker", "worker"]
        assert [r.previous for r in requests] == [False, False, False, True]
        assert [log.closed for log in backend.logs_opened] == [True, True, True, False]
        await until(pilot, lambda: "previous runs" in shown(app))


async def test_leaving_closes_the_streams(backend, app):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "l")
        await pilot.press("q")
        await until(pilot, lambda: backend.logs_opened[-1].closed)


async def test_help_over_a_log_keeps_its_lines(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.1, "before help"))
        await _appears(pilot, app, clock, "before help")
        await keys(pilot, "question_mark")
        await until(pilot, lambda: "THIS SCREEN" in shown(app) or "LOGS" in shown(app))
        _say(backend, ("w1", 1.1, "during help"))
        await keys(pilot, "q")
        await _appears(pilot, app, clock, "during help")
        assert "before help" in shown(app)
        assert not backend.logs_opened[-1].closed


async def test_hostile_lines_are_shown_as_they_are(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.1, "[red]x[/foo] 漢字🔥 [@click=app.quit]"))
        await _appears(pilot, app, clock, "[red]x[/foo]")


def test_an_inbox_drops_the_oldest_beyond_its_limit():
    inbox: Inbox[int] = Inbox(3)
    inbox.put([1, 2])
    inbox.put([3, 4])
    assert inbox.take() == [2, 3, 4]
    assert inbox.take() == []
