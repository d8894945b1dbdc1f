"""Keyframes: a moment that is sought is as if it was played to, at a cost that does not grow."""

import asyncio
import gzip
import io
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.names import EVENTS, PODS
from lwstui.runtime.recording import entries, keyframes, keyframing
from lwstui.runtime.recording.members import lines_of, walk
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.stage import Stage
from lwstui.state.telemetry import Telemetry, next_devices, next_engine
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.engines import EngineReading, Fact
from lwstui.telemetry.quantities import Quantity
from lwstui.telemetry.usage import Usage
from tests.runtime.recording.rig import Rig, warning
from tests.runtime.recording.test_hiding import PLANTED, planted
from tests.runtime.recording.test_roundtrip import STEPS, carry_out
from tests.view.build import LLAMA, container, pod

DEVICE = DeviceId("node-0", "GPU-0")
MORE = st.one_of(
    STEPS,
    st.builds(lambda util: ("measured", util), st.one_of(st.none(), st.floats(0, 1))),
    st.builds(lambda text: ("said", text), st.sampled_from(["ready", "NCCL WARN no socket"])),
    st.builds(lambda seconds: ("pass", seconds), st.floats(2, 9)),
)


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(keyframing, "EVERY_S", 1.0)
    monkeypatch.setattr(keyframing, "MOST_BYTES_PER_S", 1 << 30)


def measure(rig: Rig, util: float | None) -> None:
    """Bring a round of measuring; None: the device did not answer, its engine did."""
    at, told = rig.time.t, rig.store.telemetry
    values = {Quantity.UTIL: util, Quantity.XID: round((util or 0) * 2) * 31.0}
    read = [Reading(DEVICE, at, "0", "H100", values=values)] if util is not None else []
    said = EngineReading("vLLM", at, running=util, totals={Fact.GENERATED: at})
    key = pod(0, 0).key
    rig.store.tell(
        telemetry=Telemetry(
            at,
            15.0,
            next_devices(told.devices, read, {}, 0.0),
            engines={key: next_engine(told.engines.get(key), said, 300.0)},
            pod_usage={key: Usage(at, 10.0, 500.0, 2**30)},
        )
    )
    rig.feed.flush()


async def record(rig: Rig, steps) -> None:
    """Record steps, one every two seconds, and write after each."""
    rig.world()
    await rig.start()
    for step in steps:
        match step:
            case ("measured", util):
                measure(rig, util)
            case ("said", text):
                line = (rig.time.t, text)
                said = entries.Said(
                    namespace="prod", pod="llama-0", container="main", lines=(line,)
                )
                rig.recorder._put(rig.recorder._run, said)
            case _:
                carry_out(rig, step)
        rig.pass_(2)
        rig.feed.flush()
        await rig.recorder.write()


def same(played: Stage, sought: Stage) -> None:
    """Check that nothing tells two stages apart."""
    assert replace(sought.snapshot, version=0) == replace(played.snapshot, version=0)
    assert sought.notable == played.notable
    assert sought.at_s == played.at_s
    lines = [one.spoken.lines("prod", "llama-0", "main") for one in (played, sought)]
    assert lines[0] == lines[1]


@settings(max_examples=40, deadline=None)
@given(st.lists(MORE, min_size=2, max_size=20), st.floats(0, 1))
def test_a_moment_that_is_sought_is_as_if_it_was_played_to(steps, share):
    async def live(path: Path) -> Recording:
        rig = Rig(path)
        await record(rig, steps)
        return await rig.done()

    with tempfile.TemporaryDirectory() as folder:
        recording = asyncio.run(live(Path(folder) / "r"))
    moment = recording.length_s * share
    played, sought = Stage(recording), Stage.before(recording, moment)
    for at_s in (moment, moment + 3.0, recording.length_s + 20.0):
        played.advance(at_s)
        sought.advance(at_s)
        same(played, sought)


@pytest.fixture
def framed(tmp_path) -> Path:
    """Return the file of a recording in which a pod changes all the time."""
    asyncio.run(changing(tmp_path / "r"))
    return tmp_path / "r"


async def changing(path: Path) -> None:
    """Record 80 s in which a pod changes all the time."""
    rig = Rig(path)
    changes = [
        ("event", PODS, "MODIFIED", pod(1, 1, containers=(container(restarts=n),)))
        for n in range(40)
    ]
    await record(rig, changes)
    await rig.done()


def test_seeking_costs_the_same_however_long_the_recording_is(framed):
    recording = Recording.open(framed)
    costs = []
    for at_s in (20.0, 40.0, 60.0, 79.0, 30.0):
        stage = Stage.before(recording, at_s)
        stage.advance(at_s)
        costs.append(stage.work)
    whole = Stage(recording)
    whole.advance(79.0)
    assert max(costs) <= min(costs) + 3
    assert whole.work > 3 * max(costs)
    recording.close()


def test_much_that_comes_brings_a_keyframe_before_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(keyframing, "EVERY_S", 1e6)
    monkeypatch.setattr(keyframing, "EVERY_WORK", 20)

    async def live() -> Recording:
        rig = Rig(tmp_path / "r")
        events = [("event", EVENTS, "ADDED", warning(n)) for n in range(40)]
        await record(rig, events)
        return await rig.done()

    recording = asyncio.run(live())
    assert 30.0 < recording.leap_s(80.0) <= 80.0


def test_where_not_much_comes_keyframes_take_a_bounded_part_of_the_file(framed, monkeypatch):
    often = len(frames(framed))
    monkeypatch.setattr(keyframing, "MOST_BYTES_PER_S", 100)
    path = framed.with_name("seldom")
    asyncio.run(changing(path))
    assert often > 20
    assert 2 <= len(frames(path)) <= 1 + 80 * 100 / min(frames(path))


def frames(path: Path) -> list[int]:
    """Return the sizes of the keyframes of a file."""
    with path.open("rb") as file:
        return [m.size for m in walk(file) if lines_of(file, m).startswith(keyframes.BEGINNING)]


def test_no_room_for_a_keyframe_does_not_end_the_recording(tmp_path, monkeypatch):
    large = b'{"kind":"keyframe","t":1.0,"x":"%s"}\n' % os.urandom(9000).hex().encode()
    monkeypatch.setattr(keyframing.Keyframer, "after", lambda *_: large)

    async def live() -> Recording:
        rig = Rig(tmp_path / "r")
        rig.world()
        await rig.start(most_bytes=8000)
        for n in range(4):
            rig.pass_(5)
            rig.event(PODS, "MODIFIED", pod(1, 1, containers=(container(restarts=n),)))
            await rig.recorder.write()
        assert rig.store.cluster.taping.ended == ""
        return await rig.done()

    assert asyncio.run(live()).length_s >= 20.0
    assert frames(tmp_path / "r") == []


def test_a_recording_without_keyframes_plays_from_its_beginning(framed):
    with framed.open("rb") as file:
        members = [(m, lines_of(file, m)) for m in walk(file)]
        data = framed.read_bytes()
    bare = b"".join(
        data[m.offset : m.offset + m.size]
        for m, lines in members
        if not lines.startswith(keyframes.BEGINNING)
    )
    old, new = Recording.of_bytes(bare), Recording.open(framed)
    assert old.start(60.0) is None
    assert new.start(60.0) is not None
    stages = [Stage.before(one, 60.0) for one in (old, new)]
    for stage in stages:
        stage.advance(60.0)
    same(*stages)
    assert list(old.read()) == list(new.read())  # who plays on is not told what he knows
    new.close()


def test_a_file_cut_anywhere_is_sought_in_up_to_its_end(framed):
    data = framed.read_bytes()
    for length in range(len(data) // 2, len(data), 997):
        cut = Recording.of_bytes(data[:length])
        played, sought = Stage(cut), Stage.before(cut, cut.length_s)
        assert sought.at_s > 0
        played.advance(cut.length_s)
        sought.advance(cut.length_s)
        same(played, sought)


def test_a_keyframe_that_is_damaged_or_not_understood_is_left_out(framed):
    data = bytearray(framed.read_bytes())
    with framed.open("rb") as file:
        found = [m for m in walk(file) if lines_of(file, m).startswith(keyframes.BEGINNING)]
    last = found[-1]
    data[last.offset + last.size - 9] ^= 0xFF
    damaged = Recording.of_bytes(bytes(data))
    stage = Stage.before(damaged, 79.0)
    assert stage.at_s == pytest.approx(found[-2].last_s, abs=0.25)
    with pytest.raises(msgspec.MsgspecError):
        keyframes.decoded(b'{"kind":"keyframe","t":1.0,"groups":[{"hologram":1}]}')


def test_a_part_that_is_damaged_does_not_stand_in_the_way_of_what_is_behind_a_keyframe(framed):
    data = bytearray(framed.read_bytes())
    third = list(walk(io.BytesIO(bytes(data))))[2]
    data[third.offset + third.size // 2] ^= 0xFF
    stage = Stage.before(Recording.of_bytes(bytes(data)), 60.0)
    stage.advance(60.0)
    assert stage.snapshot.pods[pod(1, 1).key].restarts == 30


def test_no_planted_secret_is_in_a_keyframe(tmp_path):
    async def live() -> None:
        rig, made = Rig(tmp_path / "r"), planted()
        await rig.start()
        for _ in range(3):
            rig.pass_(3)
            rig.event(entries.RECORDED["sets"][0], "MODIFIED", made)
            await rig.recorder.write()
        await rig.done()

    asyncio.run(live())
    assert frames(tmp_path / "r")
    text = gzip.decompress((tmp_path / "r").read_bytes()).decode()
    assert [secret for secret in PLANTED if secret in text] == []


def test_a_defect_in_making_keyframes_does_not_end_the_recording(tmp_path, monkeypatch):
    def broken(_):
        raise ValueError("a defect")

    monkeypatch.setattr(Stage, "frame", broken)

    async def live() -> Recording:
        rig = Rig(tmp_path / "r")
        await record(rig, [("pass", 5.0)] * 4)
        return await rig.done()

    recording = asyncio.run(live())
    assert recording.length_s >= 20.0
    assert frames(tmp_path / "r") == []
    assert LLAMA in _played(recording).snapshot.sets


def _played(recording: Recording) -> Stage:
    stage = Stage(recording)
    stage.advance(recording.length_s)
    return stage
