"""Recordings in the console: made by command, shown read-only, played by keys."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from lwstui.runtime.backend import LogEntry
from lwstui.state.model import Playing, Taping
from lwstui.tui.leaving import at_stake
from lwstui.view.ages import clock
from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.tui.worlds import NOW, busy

PLAYING = Playing("incident", NOW - 192, 600.0, 192.0)


@dataclass
class FakeTape:
    """Remembers what it was asked."""

    asked: list[object] = field(default_factory=list)

    def now(self) -> float:
        return NOW

    def pause(self, *, paused: bool) -> None:
        self.asked.append(("pause", paused))

    def run_at(self, speed: float) -> None:
        self.asked.append(("speed", speed))

    def seek(self, at_s: float) -> None:
        self.asked.append(("seek", at_s))

    def step(self) -> None:
        self.asked.append("step")

    def hop(self, by: int) -> None:
        self.asked.append(("hop", by))


def played(playing: Playing = PLAYING):
    snapshot = busy().snapshot()
    return replace(snapshot, cluster=replace(snapshot.cluster, playing=playing, read_only=True))


def replaying() -> tuple[FakeBackend, FakeTape]:
    tape = FakeTape()
    return FakeBackend(first=played(), tape=tape), tape


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_first_line_says_that_it_is_a_recording_and_when(size):
    backend, _ = replaying()
    app = console(backend)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        first = shown(app).splitlines()[0]
        assert "REPLAY" in first
        assert f"▶ 1x {clock(NOW)}" in first
        assert "RO" in first


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("equals_sign", ("pause", True)),
        ("plus", ("speed", 2.0)),
        ("underscore", ("speed", 0.5)),
        ("left_curly_bracket", ("seek", 182.0)),
        ("right_curly_bracket", ("seek", 202.0)),
        ("left_parenthesis", ("seek", 132.0)),
        ("right_parenthesis", ("seek", 252.0)),
        ("semicolon", ("hop", 1)),
        ("comma", ("hop", -1)),
        ("tilde", "step"),
    ],
)
async def test_keys_play_it(key, asked):
    backend, tape = replaying()
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, key)
        assert tape.asked == [asked]


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("at " + clock(NOW), ("seek", 192.0)),
        ("seek +5m", ("seek", 492.0)),
        ("seek -30s", ("seek", 162.0)),
        ("seek end", ("seek", 600.0)),
        ("speed 10x", ("speed", 10.0)),
    ],
)
async def test_commands_play_it(command, asked):
    backend, tape = replaying()
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command(command)
        assert tape.asked == [asked]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("at noon", "“noon” is no moment such as 14:03:10"),
        ("seek 20m", "20m is not in this recording"),
        ("speed 0", "is no speed from 0.1 to 60"),
        ("restart llama405b", "this is a recording: nothing can be changed in it"),
    ],
)
async def test_what_cannot_be_is_a_sentence(command, sentence):
    backend, tape = replaying()
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command(command)
        await until(pilot, lambda: sentence in shown(app))
        assert tape.asked == []
        assert backend.submitted == backend.dry_runs == []


async def test_no_key_changes_anything_in_a_recording():
    backend, _ = replaying()
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        for key in ("r", "s", "e", "i", "ctrl+d", "ctrl+l", "full_stop"):
            await keys(pilot, key)
            await settled(pilot, app)
            assert app.screen is app.front
        assert "this is a recording" in shown(app)
        assert backend.submitted == backend.dry_runs == backend.terminals == []


async def test_without_a_recording_the_keys_say_so_and_are_not_offered():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert "Next event" not in shown(app)
        await keys(pilot, "equals_sign")
        await until(pilot, lambda: "no recording is shown: :replay FILE shows one" in shown(app))


async def test_a_recording_is_begun_and_ended_by_command(tmp_path):
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("record stop")
        await until(pilot, lambda: "nothing is being recorded" in shown(app))
        app.run_command(f"record {tmp_path}/r")
        await until(pilot, lambda: ":record stop ends it" in shown(app))
        app.run_command(f"record! {tmp_path}/r")
        await until(pilot, lambda: len(backend.recordings) == 2)
        assert [(str(o.path), o.force) for o in backend.recordings] == [
            (f"{tmp_path}/r", False),
            (f"{tmp_path}/r", True),
        ]
        app.run_command("record stop")
        await until(pilot, lambda: "2 KiB, 12 entries" in shown(app))


async def test_a_recording_that_is_made_is_marked_and_its_end_is_told():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        first = backend.first

        def tell(taping):
            cluster = replace(first.cluster, taping=taping)
            backend.publish(replace(first, version=first.version + 1, cluster=cluster))

        tell(Taping("r", NOW, 4096))
        await until(pilot, lambda: "● REC │ 4 KiB" in shown(app).splitlines()[0])
        tell(Taping("r", NOW, 4096, ended="the recording ended at its size limit of 4 KiB"))
        await until(pilot, lambda: "ended at its size limit" in shown(app))
        assert "REC" not in shown(app).splitlines()[0]


async def test_going_back_forgets_what_is_remembered_of_times_to_come():
    backend, _ = replaying()
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        before, memo = backend.first, app.memo
        earlier = replace(PLAYING, at_s=10.0)
        cluster = replace(before.cluster, playing=earlier)
        backend.publish(replace(before, taken_at=before.taken_at - 182, cluster=cluster))
        await until(pilot, lambda: "0:10/10:00" in shown(app))
        assert app.memo is not memo
        assert app.behind_s == 0.0


def test_going_to_another_cluster_ends_a_recording():
    snapshot = busy().snapshot()
    off = replace(snapshot, controller=replace(snapshot.controller, mode="off"))
    taped = replace(off, cluster=replace(off.cluster, taping=Taping("r", NOW)))
    assert at_stake(off, going_to="other") is None
    assert dict(at_stake(taped, going_to="other").facts)["Ends"].text == "the recording to r"
    assert at_stake(taped) is None  # leaving the program ends it in good order
    ended = replace(off, cluster=replace(off.cluster, taping=Taping("r", NOW, ended="full")))
    assert at_stake(ended, going_to="other") is None


def test_leaving_a_recording_interrupts_nothing():
    snapshot = played()
    leads = replace(snapshot, controller=replace(snapshot.controller, mode="leader"))
    assert at_stake(leads) is None


async def test_logs_are_shown_although_recorded_time_stands_still():
    backend, _ = replaying()
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("logs llama405b")
        await until(pilot, lambda: backend.logs_opened)
        log = backend.logs_opened[-1]
        log.sink([LogEntry("leader", NOW - 5, "loading weights")])
        await until(pilot, lambda: "loading weights" in shown(app))
        log.sink([LogEntry("", 0.0, "", "anew"), LogEntry("", 0.0, "gone back", "mark")])
        await until(pilot, lambda: "gone back" in shown(app))
        assert "loading weights" not in shown(app)
