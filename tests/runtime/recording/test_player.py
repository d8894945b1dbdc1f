"""A recording as the console's backend: read-only, on its own thread, with control of time."""

import asyncio
import io
from pathlib import Path

import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, PODS
from controller.errors import Unavailable
from lwstui.runtime.backend import LogRequest
from lwstui.runtime.intents import Scale
from lwstui.runtime.recording import entries, keyframing
from lwstui.runtime.recording.members import walk
from lwstui.runtime.recording.output import RecordingError
from lwstui.runtime.recording.player import Player
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.recorder import RecordingOrder
from lwstui.runtime.recording.stage import Stage
from lwstui.runtime.recording.tempo import SPEEDS, Tempo, next_speed
from lwstui.runtime.tuning import Tuning
from lwstui.state.manner import STANDARD, Manner
from lwstui.state.model import Activity
from tests.runtime.recording.rig import Rig
from tests.support.waiting import until
from tests.view.build import LLAMA, NOW, container, lws, pod


async def told(path: Path) -> None:
    """Record a minute in which a pod says something, crashes, and somebody scales."""
    rig = Rig(path)
    rig.world()
    await rig.start()
    for at in range(60):
        rig.pass_(1)
        if at == 9:
            said = entries.Said(
                t=rig.time.t - NOW,
                namespace="prod",
                pod="llama-0",
                container="main",
                lines=((NOW + 9, "loading weights"), (NOW + 9.5, "ready")),
            )
            rig.recorder._put(rig.recorder._run, said)
        if at == 19:
            rig.event(PODS, "MODIFIED", pod(1, 1, containers=(container(restarts=1),)))
        if at == 39:
            rig.store.log(Activity(rig.time.t, "you", "scale", "prod/llama", "done"))
            rig.event(LEADERWORKERSETS, "MODIFIED", lws(3))
        if at % 5 == 0:
            await rig.recorder.write()
    await rig.done()


@pytest.fixture(scope="module")
def tape(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("player") / "incident.lwsrec"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyframing, "EVERY_S", 10.0)
        asyncio.run(told(path))
    return path.read_bytes()


class Watched:
    """A player that is running, and what it published."""

    def __init__(self, tape: bytes, **options) -> None:
        self.player = Player(Recording.of_bytes(tape, "incident"), **options)
        self.shown = []

    def __enter__(self):
        self.player.start(self.shown.append)
        self.reach(lambda s: s.cluster.playing is not None)
        return self

    def __exit__(self, *_):
        self.player.stop()

    @property
    def playing(self):
        return self.shown[-1].cluster.playing

    def reach(self, holds):
        return until(lambda: self.shown and holds(self.shown[-1]) and self.shown[-1])

    def at(self, at_s: float):
        return self.reach(
            lambda s: s.cluster.playing.at_s == at_s and not s.cluster.playing.seeking
        )


def test_it_begins_where_it_is_told_and_stands_still(tape):
    with Watched(tape, at_s=25.0, paused=True) as watched:
        snapshot = watched.at(25)
        assert snapshot.pods[pod(1, 1).key].restarts == 1
        assert len(snapshot.activity) == 0
        assert snapshot.cluster.read_only
        assert watched.playing.paused
        assert watched.player.now() == pytest.approx(NOW + 25)


def test_it_goes_on_and_back_and_every_moment_is_what_it_was(tape):
    with Watched(tape, paused=True) as watched:
        for at_s in (50.0, 10.0, 30.0, 0.0, 45.0):
            watched.player.seek(at_s)
            shown = watched.at(at_s)
            stage = Stage(Recording.of_bytes(tape))
            stage.advance(at_s)
            expected = stage.snapshot
            assert watched.player._stage.work < max(20, stage.work)
            assert (shown.pods, shown.events, shown.activity, shown.insights) == (
                expected.pods,
                expected.events,
                expected.activity,
                expected.insights,
            )


def test_on_the_way_to_a_moment_what_was_shown_stays(tape, monkeypatch):
    monkeypatch.setattr("lwstui.runtime.recording.player.SLICE_S", 0.0)
    with Watched(tape, at_s=50.0, paused=True) as watched:
        watched.at(50)
        before = len(watched.shown)
        watched.player.seek(30.0)
        watched.at(30)
        on_the_way = [s for s in watched.shown[before:] if s.cluster.playing.seeking]
        assert on_the_way
        assert all(len(s.pods) == 4 and len(s.activity) == 1 for s in on_the_way)


def test_nothing_is_shown_before_the_moment_to_begin_at(tape, monkeypatch):
    monkeypatch.setattr("lwstui.runtime.recording.player.SLICE_S", 0.0)
    with Watched(tape, at_s=45.0, paused=True) as watched:
        shown = watched.at(45)
        early = watched.shown[: watched.shown.index(shown)]
        assert early
        assert all(not s.sets and not s.sync for s in early)


def test_it_plays_to_the_end_and_says_so(tape):
    with Watched(tape, at_s=30.0, speed=60.0) as watched:
        end = watched.reach(lambda s: s.cluster.playing.says)
        assert end.cluster.playing.says == "the recording ends here"
        assert end.cluster.playing.paused
        assert len(end.activity) == 1


def test_it_hops_from_event_to_event_and_back(tape):
    with Watched(tape, paused=True) as watched:
        for moment in (20, 40):
            watched.player.hop(1)
            watched.reach(lambda s, moment=moment: abs(s.cluster.playing.at_s - moment) <= 3)
        watched.player.hop(-1)
        watched.reach(lambda s: s.cluster.playing.at_s < 35)
        watched.player.seek(59.0)
        watched.at(59)
        watched.player.hop(1)
        watched.reach(lambda s: s.cluster.playing.says == "nothing notable happened after this")
        watched.player.seek(0.0)
        watched.at(0)
        watched.player.hop(-1)
        watched.reach(lambda s: s.cluster.playing.says == "nothing notable happened before this")


def test_a_step_stops_at_what_came_next(tape):
    with Watched(tape, at_s=11.0) as watched:
        watched.player.step()
        shown = watched.reach(lambda s: s.cluster.playing.paused)
        assert shown.cluster.playing.at_s >= 11


def test_nothing_can_be_changed_and_the_sentence_says_why(tape, tmp_path):
    with Watched(tape, paused=True) as watched:
        player = watched.player
        intent = Scale(LLAMA, "uid", 1)
        for answer in (player.dry_run(intent), player.submit(intent)):
            outcome = answer.result(30)
            assert not outcome.ok
            assert outcome.message == "this is a recording: nothing can be changed in it"
        for failing in (
            player.try_manifests(()),
            player.takeover_standing(),
            player.read(PODS, "prod", "llama-0"),
            player.yaml(PODS, "prod", "llama-0"),
        ):
            with pytest.raises(Unavailable, match=r"^this is a recording: "):
                failing.result(30)
        with pytest.raises(RecordingError, match="copy its file instead"):
            player.start_recording(RecordingOrder(tmp_path / "x")).result(30)
        assert player.stop_recording().result(30) is None


def test_a_set_can_be_read_as_it_was(tape):
    with Watched(tape, at_s=45.0, paused=True) as watched:
        watched.at(45)
        text = watched.player.yaml(LEADERWORKERSETS, "prod", "llama").result(30)
        assert "replicas: 3" in text
        assert "kind: LeaderWorkerSet" in text


def test_lines_come_as_they_were_said(tape):
    with Watched(tape, paused=True) as watched:
        heard = []
        handle = watched.player.logs(LogRequest(LLAMA, pod="llama-0"), heard.extend)
        until(lambda: any("holds no lines" in entry.text for entry in heard))
        watched.player.seek(20.0)
        until(lambda: [e.text for e in heard if e.kind == "line"] == ["loading weights", "ready"])
        assert any(entry.text.startswith("gone on to") for entry in heard)
        watched.player.seek(5.0)
        until(lambda: any(entry.text.startswith("gone back to") for entry in heard))
        handle.close()


def test_other_namespaces_can_be_looked_at(tape):
    with Watched(tape, at_s=5.0, paused=True) as watched:
        assert watched.at(5).sets
        watched.player.look_at(("elsewhere",))
        watched.reach(lambda s: not s.sets)
        watched.player.seek(2.0)  # it stays so where the recording begins anew
        assert not watched.at(2).sets
        watched.player.look_at(())
        watched.reach(lambda s: Key("prod", "llama") in s.sets)


def test_it_is_judged_anew_as_the_settings_change_and_stays_where_it_is(tape):
    with Watched(tape, at_s=25.0, paused=True) as watched:
        assert watched.at(25).manner == STANDARD
        manner = Manner(recreate_loop=2)
        watched.player.tune(Tuning(manner))
        found = watched.reach(lambda s: s.manner == manner and not s.cluster.playing.seeking)
        assert found.cluster.playing.at_s == 25
        assert found.pods[pod(1, 1).key].restarts == 1
        watched.player.seek(5)
        assert watched.at(5).manner == manner


def test_damage_stops_it_with_a_sentence(tape):
    damaged = bytearray(tape)
    second = list(walk(io.BytesIO(tape)))[1]
    damaged[second.offset + second.size // 2] ^= 0xFF
    with Watched(bytes(damaged), speed=60.0) as watched:
        end = watched.reach(lambda s: s.cluster.playing.says)
        assert "damaged" in end.cluster.playing.says
        assert end.cluster.playing.paused
        assert end.pods


class Hand:
    """A clock that is moved by hand."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


def test_time_runs_at_its_speed_and_stops_at_both_ends():
    hand = Hand()
    tempo = Tempo(NOW, 60.0, real=hand)
    hand.at += 10
    assert tempo.at() == 10
    tempo.run_at(2.0)
    hand.at += 10
    assert tempo.now() == NOW + 30
    tempo.pause(paused=True)
    hand.at += 100
    assert tempo.at() == 30
    tempo.pause(paused=False)
    hand.at += 100
    assert tempo.at() == 60
    tempo.jump(-5)
    assert tempo.at() == 0


def test_speeds_go_up_and_down_in_steps():
    assert next_speed(1.0, 1) == 2.0
    assert next_speed(1.0, -1) == 0.5
    assert next_speed(3.0, 1) == 5.0
    assert next_speed(SPEEDS[-1], 1) == SPEEDS[-1]
    assert next_speed(SPEEDS[0], -1) == SPEEDS[0]
