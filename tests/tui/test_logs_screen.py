"""The log screen: requests, merging, searching, staying cheap when covered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.config.settings import Settings
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
def app(backend, clock, tmp_path):
    return console(backend, clock=lambda: clock[0], state=tmp_path)


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
        assert (request.role, request.previous, request.follows) == (role, previous, not previous)
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
        await until(pilot, lambda: "/ nccl" in shown(app))
        assert "all quiet" in shown(app)
        await pilot.press("v")
        await until(pilot, lambda: "all quiet" not in shown(app))
        assert "NCCL WARN timeout" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: "/ nccl" not in shown(app))


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


async def test_the_first_lines_are_read_to_their_end_and_shown_from_the_top(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "l", "1")
        request = backend.logs_opened[-1].request
        assert (request.head, request.follows) == (500, False)
        _say(backend, *(("leader", n / 10, f"line {n:03} of {'x' * n}") for n in range(100)))
        await _appears(pilot, app, clock, "line 000")
        await keys(pilot, "0")
        assert backend.logs_opened[-1].request.head is None


async def test_roles_are_chosen_by_r_and_named_at_the_top(backend, app):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        assert "[all] leader  workers" in shown(app)
        await keys(pilot, "r", "r")
        assert [log.request.role for log in backend.logs_opened] == ["all", "leader", "worker"]
        assert " leader [workers]" in shown(app)


async def test_the_command_names_role_time_and_search(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        app.run_command("logs llama70b/29 --role=sub-1 15m /nccl")
        await until(pilot, lambda: backend.logs_opened and "/ nccl" in shown(app))
        request = backend.logs_opened[-1].request
        assert (request.group, request.role) == (29, "sub-1")
        assert (request.since_s, request.tail) == (900, None)
        assert "[4 15m]" in shown(app)


async def test_containers_all_main_or_picked(backend, app):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "l", "a")
        assert backend.logs_opened[-1].request.container == "*"
        assert "containers all" in shown(app)
        await keys(pilot, "a")
        assert backend.logs_opened[-1].request.container == ""
        await keys(pilot, "A", *"vllm", "enter")
        await until(pilot, lambda: len(backend.logs_opened) == 4)
        assert backend.logs_opened[-1].request.container.startswith("vllm")


async def test_the_logs_of_all_that_is_marked_are_merged(backend, app):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "enter", "2", "space", "j", "space", "l")
        request = backend.logs_opened[-1].request
        assert len(request.targets) == 2
        assert {target.key for target in request.targets} == {KEY}
        assert "2 marked of llama70b" in shown(app)


async def test_sources_are_muted_and_shown_alone_in_the_strip(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("leader", 0.1, "from the leader"), ("w1", 0.2, "from a worker"))
        await _appears(pilot, app, clock, "from a worker")
        await keys(pilot, "tab", "space")
        await until(pilot, lambda: "from the leader" not in shown(app))
        assert "leader muted" in shown(app)
        await keys(pilot, "enter")
        await until(pilot, lambda: "from a worker" not in shown(app))
        assert "from the leader" in shown(app)
        await keys(pilot, "enter")
        await until(pilot, lambda: "from a worker" in shown(app))
        # Keys of the log work in the strip too.
        await keys(pilot, "s", "t")
        assert "PAUSED" in shown(app)
        assert "time absolute" in shown(app)
        await keys(pilot, "tab", "s")
        assert "follows" in shown(app)


async def test_a_source_that_is_only_listed_is_opened_by_enter(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        states = [LogEntry("leader", 0.0, "open", "state"), LogEntry("w70", 0.0, "listed", "state")]
        backend.logs_opened[-1].sink(states)
        await _appears(pilot, app, clock, "w70 not read")
        assert "1/2 sources" in shown(app)
        await keys(pilot, "tab", "right", "enter")
        assert backend.logs_opened[-1].asked == ["w70"]


async def test_a_broken_expression_is_said_while_typing(backend, app):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        await keys(pilot, "slash", *"~x(")
        await until(pilot, lambda: "is no regular expression" in shown(app))
        await keys(pilot, "backspace")
        await until(pilot, lambda: "is no regular expression" not in shown(app))


async def test_hits_are_counted_and_terms_with_a_mark_hide(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.1, "step a"), ("w1", 0.2, "step b"), ("w1", 0.3, "noise"))
        await _appears(pilot, app, clock, "noise")
        await keys(pilot, "slash", *"step !noise", "enter")
        await until(pilot, lambda: "2 hits" in shown(app))
        assert "step a" in shown(app)
        assert "│ noise" not in shown(app)


async def test_nothing_but_the_log_fills_the_screen(backend, app, clock):
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.1, "hello"))
        await _appears(pilot, app, clock, "hello")
        await keys(pilot, "f")
        await until(pilot, lambda: shown(app).splitlines()[0].strip() == "w1 │ hello")
        await keys(pilot, "f")
        await until(pilot, lambda: "SOURCES" in shown(app))


async def test_a_log_is_saved_line_by_line_for_its_owner_only(backend, app, clock, tmp_path):
    async with app.run_test(size=(200, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.1, "rank 1 up"), ("w2", 0.2, "rank 2 up"), ("w1", 0.3, "x" * 300))
        await _appears(pilot, app, clock, "w1-w2 ×2")
        await keys(pilot, "ctrl+s")
        await until(pilot, lambda: "saved as" in shown(app))
        (saved,) = (tmp_path / "screens").iterdir()
        assert saved.name.startswith("logs-llm-prod-llama70b-")
        assert saved.stat().st_mode & 0o777 == 0o600
        lines = saved.read_text().splitlines()
        assert [line.partition(" ")[2] for line in lines] == [
            "w1: rank 1 up",
            "w2: rank 2 up",
            "w1: " + "x" * 300,
        ]


async def test_what_is_too_long_for_the_clipboard_goes_to_a_file(
    backend, app, clock, tmp_path, monkeypatch
):
    copied = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        _say(backend, ("w1", 0.1, "hello"))
        await _appears(pilot, app, clock, "hello")
        await keys(pilot, "c")
        await until(pilot, lambda: copied)
        assert copied[0].endswith("w1: hello\n")
        _say(backend, *(("w1", 1.0 + n, f"{'x' * 8000} {n}") for n in range(10)))
        await _appears(pilot, app, clock, "xxxx")
        await keys(pilot, "c")
        await until(pilot, lambda: "too long for the clipboard" in shown(app))
        assert len(copied) == 1
        assert len(list((tmp_path / "copies").iterdir())) == 1


async def test_how_much_is_kept_and_read_is_set_without_a_hidden_cap(backend, clock):
    settings = Settings(log_lines=1_000_000, log_lines_merged=2_000_000, log_line_kib=64)
    app = console(backend, clock=lambda: clock[0], settings=replace(settings, log_streams=500))
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, app, "L")
        request = backend.logs_opened[-1].request
        assert (request.streams, request.longest) == (500, 64 * 1024)
        limits = app.screen.buffer.limits
        assert (limits.single, limits.merged, limits.size) == (1_000_000, 2_000_000, 32 << 20)


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


def test_an_inbox_drops_the_oldest_beyond_its_limit_and_counts_them():
    inbox: Inbox[int] = Inbox(3)
    inbox.put([1, 2])
    inbox.put([3, 4])
    assert inbox.take_counted() == ([2, 3, 4], 1)
    inbox.put(range(10))
    assert inbox.take_counted() == ([7, 8, 9], 7)
    assert inbox.take_counted() == ([], 0)
