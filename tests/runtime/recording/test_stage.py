"""A moment of a recording is the same however it was reached; damage costs what is behind it."""

import asyncio
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.names import EVENTS, LEADERWORKERSETS, PODS
from lwstui.runtime.recording import entries
from lwstui.runtime.recording.members import packed, walk
from lwstui.runtime.recording.output import RecordingError
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.stage import Stage
from lwstui.state.model import Activity
from tests.insight.support import death
from tests.runtime.recording.rig import Rig, warning
from tests.view.build import NOW, container, lws, pod, starting

HEADER = entries.Header(kind=entries.KIND, format=1, lwstui="1", started=NOW, context="c")


def file_of(*more: entries.Entry, header: entries.Header = HEADER) -> bytes:
    lines = entries.encoded(header) + b"".join(map(entries.encoded, more))
    return packed(lines, 0.0, max((entry.t for entry in more), default=0.0))


async def incident(path: Path) -> None:
    """Record a group that is lost, comes back, and crashes."""
    rig = Rig(path)
    rig.world()
    await rig.start()
    for at in range(40):
        rig.pass_(1)
        if at == 5:
            rig.event(PODS, "DELETED", pod(1, 1))
            rig.event(EVENTS, "ADDED", warning(1))
        if at == 9:
            rig.event(PODS, "ADDED", starting(1, 1, uid="uid-new"))
        if at == 20:
            crashed = container(ready=False, restarts=3, state="waiting", reason="CrashLoopBackOff")
            rig.event(PODS, "MODIFIED", pod(0, 0, ready=False, containers=(crashed,)))
            rig.store.deaths.add([death(at=rig.time.t)])
            rig.feed.flush()
        if at == 30:
            rig.store.log(Activity(rig.time.t, "you", "scale", "prod/llama", "done"))
            rig.event(LEADERWORKERSETS, "MODIFIED", lws(3))
        if at % 4 == 0:
            await rig.recorder.write()
    await rig.done()


@pytest.fixture(scope="module")
def tape(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("recorded") / "r"
    asyncio.run(incident(path))
    return path.read_bytes()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 42), min_size=1, max_size=6), st.floats(0, 42))
def test_a_moment_is_the_same_however_it_was_reached(tape, stops, end):
    played, sought = Stage(Recording.of_bytes(tape)), Stage(Recording.of_bytes(tape))
    for stop in sorted(stop for stop in stops if stop < end):
        played.advance(stop)
    played.advance(end)
    sought.advance(end)
    assert played.snapshot == sought.snapshot
    assert played.notable == sought.notable
    assert played.at_s == sought.at_s


def test_what_happened_is_notable(tape):
    stage = Stage(Recording.of_bytes(tape))
    stage.advance(60)
    assert {6.0, 21.0, 31.0} <= {round(at) for at in stage.notable}
    assert stage.notable == sorted(stage.notable)


def test_rules_speak_after_their_hold_time_and_fall_silent(tape):
    stage, told = Stage(Recording.of_bytes(tape)), {}
    for at in range(0, 60, 2):
        stage.advance(at)
        for one in stage.snapshot.insights:
            told.setdefault(one.finding.rule, (at, one.since, one.finding.hold_s))
    assert told
    for at, since, hold_s in told.values():
        assert at >= since - stage.started + hold_s


def test_a_step_goes_to_the_next_thing_that_came(tape):
    stage = Stage(Recording.of_bytes(tape))
    stage.advance(1)
    moments = []
    for _ in range(4):
        stage.step()
        moments.append(stage.at_s)
    assert moments == sorted(set(moments))
    assert any(5.5 < at < 6.5 for at in moments)


@pytest.mark.parametrize(
    "data",
    [b"", b"x", gzip.compress(b"{}" * 99), b"\x1f\x8b" * 40],
    ids=["empty", "a-letter", "another-gzip", "beginnings-of-gzip"],
)
def test_another_file_is_refused_in_one_sentence(data):
    with pytest.raises(RecordingError, match=r"^f (is no recording of lwstui|holds no recording)"):
        Recording.of_bytes(data, "f")


def test_a_newer_format_is_refused_in_one_sentence():
    newer = entries.Header(kind=entries.KIND, format=2, lwstui="9.9", started=NOW)
    with pytest.raises(RecordingError, match=r"lwstui 9.9 in format 2; .* take a newer lwstui"):
        Recording.of_bytes(file_of(header=newer), "f")


def test_a_recording_cut_anywhere_opens_or_says_why_not(tape):
    whole = Recording.of_bytes(tape)
    count = len(list(whole.read()))
    opened = 0
    for length in range(0, len(tape), 7):
        try:
            cut = Recording.of_bytes(tape[:length])
        except RecordingError:
            continue
        opened += 1
        assert len(list(cut.read())) <= count
        assert cut.length_s <= whole.length_s
        assert cut.says in ("", "cut off here while it was written")
    assert opened > 10


def test_damage_in_the_middle_ends_the_playing_with_a_sentence(tape):
    damaged, members = bytearray(tape), list(walk(io.BytesIO(tape)))
    middle = members[len(members) // 2]
    damaged[middle.offset + middle.size // 2] ^= 0xFF
    recording = Recording.of_bytes(bytes(damaged))
    assert not recording.says
    with pytest.raises(RecordingError, match=r"part at byte .* is damaged"):
        Stage(recording).advance(60)


def test_entries_of_kinds_to_come_are_left_out_and_lies_are_not():
    lines = entries.encoded(HEADER) + b'{"kind":"hologram","t":1.0,"data":[]}\n'
    assert list(Recording.of_bytes(packed(lines, 0, 1)).read()) == []
    lines = entries.encoded(HEADER) + b'{"kind":"sync","t":"soon","what":"pods"}\n'
    with pytest.raises(RecordingError, match="says what cannot be"):
        list(Recording.of_bytes(packed(lines, 0, 1)).read())


def test_hostile_text_in_a_file_is_cleaned():
    line = Activity(NOW, "you", "scale\x1b[2J", "a/\u202eb", "done\x07")
    stage = Stage(Recording.of_bytes(file_of(entries.Did(t=1.0, line=line))))
    stage.advance(2)
    shown = stage.snapshot.activity[0]
    assert (shown.what, shown.target, shown.outcome) == ("scale", "a/b", "done")


def test_rules_hear_what_was_said_in_logs():
    lost = "RuntimeError: [Rank 3] Watchdog caught collective operation timeout: ALLREDUCE"
    said = entries.Said(
        t=2.0, namespace="prod", pod="llama-0", container="main", lines=((NOW + 2, lost),)
    )
    listed = (
        entries.Listed(what="sets", data=entries.raw([lws()])),
        entries.Listed(what="pods", data=entries.raw([pod(0, 0, ready=False), pod(0, 1)])),
    )

    def rules(*more):
        stage = Stage(Recording.of_bytes(file_of(*listed, *more)))
        stage.advance(8)
        return {one.finding.rule for one in stage.snapshot.insights}

    assert rules(said) - rules() == {"E1"}
