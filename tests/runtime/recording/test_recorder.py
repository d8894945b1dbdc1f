"""What is recorded comes back; the file is whole whatever ends it."""

import errno
import gzip
import os
import stat
from dataclasses import replace

import msgspec
import pytest

from controller.api.core import Service
from controller.api.devices import Allotted, Device, DeviceClaim, DeviceClass, DeviceSlice
from controller.api.names import (
    DEVICE_CLAIMS,
    DEVICE_CLASSES,
    DEVICE_SLICES,
    EVENTS,
    LEADERWORKERSETS,
    NODES,
    PODS,
    SERVICES,
)
from lwstui.kube.loglines import LogLine
from lwstui.runtime.ports import LogPart, LogSource
from lwstui.runtime.recording.output import RecordingError
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.recorder import RecordingOrder
from lwstui.state.model import Activity, ControllerView, GroupStart, Pending, Reversal, Underway
from lwstui.state.telemetry import Telemetry, next_devices, next_engine
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.engines import EngineReading, Fact
from lwstui.telemetry.quantities import Quantity
from tests.insight.support import death
from tests.runtime.fakes import FakeLink
from tests.runtime.recording.rig import Rig, warning
from tests.view.build import LLAMA, NOW, container, lws, node, pod

SAME = (
    *("pods", "by_set", "node_pods", "services", "nodes", "events", "deaths", "activity"),
    *("pending", "underway", "loads", "sets_by_namespace", "waiting", "devices"),
)


def compare(rig, stage):
    """Check that everything is on the stage that is in the store."""
    live, shown = rig.store.snapshot, stage.snapshot
    for name in SAME:
        assert getattr(shown, name) == getattr(live, name), name
    assert shown.sets.keys() == live.sets.keys()
    assert {k: s.status for k, s in shown.sets.items()} == {
        k: s.status for k, s in live.sets.items()
    }


async def test_devices_of_claims_are_counted_again_as_they_were(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.world()
    offered = tuple(Device(f"gpu-{i}", kind="gpu") for i in range(4))
    slice_ = DeviceSlice("s", "s", "gpu.nvidia.com", "node-1", 1, 1, "node-1", offered)
    rig.list(DEVICE_SLICES, slice_)
    rig.list(DEVICE_CLASSES, DeviceClass("gpu", "gpu", ("device.driver == 'gpu.nvidia.com'",)))
    given = tuple(Allotted("gpu.nvidia.com", "node-1", f"gpu-{i}") for i in range(2))
    rig.list(DEVICE_CLAIMS, DeviceClaim("prod", "c", "c", (), given[:1], allocated=True))
    holder = pod(7, 0, set_name="", accelerators=(), node="node-1", claims=("c",))
    rig.event(PODS, "ADDED", holder)
    rig.feed.flush()
    await rig.start()
    rig.event(NODES, "MODIFIED", node("node-1", kubelet_version="v2"))
    rig.event(PODS, "MODIFIED", msgspec.structs.replace(holder, resource_version="2"))
    rig.event(DEVICE_CLAIMS, "MODIFIED", DeviceClaim("prod", "c", "c", (), given, allocated=True))
    rig.pass_(3)
    rig.feed.flush()
    stage = await rig.played()
    compare(rig, stage)
    held = dict(stage.snapshot.node_pods["node-1"][-1].accelerators)
    assert held["gpu.nvidia.com"] == 2
    assert dict(stage.snapshot.nodes["node-1"].allocatable)["gpu.nvidia.com"] == 4


async def test_what_is_known_at_the_start_and_what_comes_is_there_again(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.world()
    rig.list(SERVICES, Service("prod", "llama", "uid-svc"))
    stranger = pod(7, 0, set_name="", accelerators=(), cpu_milli=500, node="node-1")
    rig.event(PODS, "ADDED", stranger)
    rig.event(EVENTS, "ADDED", warning(1))
    rig.store.log(Activity(NOW, "you", "scale", "prod/llama", "done", command="kubectl scale"))
    rig.store.deaths.add([death()])
    rig.store.memory.recall(LLAMA, [GroupStart("repo/vllm:1", 61.0)])
    rig.feed.flush()
    await rig.start()
    rig.pass_(3)
    rig.event(PODS, "MODIFIED", pod(1, 1, containers=(container(restarts=2),)))
    rig.event(PODS, "DELETED", pod(0, 1))
    rig.event(PODS, "ADDED", pod(8, 0, set_name="", accelerators=(), cpu_milli=250, node="node-0"))
    rig.pass_(3)
    rig.list(NODES, node("node-0", ready=False))
    rig.event(LEADERWORKERSETS, "MODIFIED", lws(3))
    rig.event(EVENTS, "ADDED", warning(2))
    reversal = Reversal("scale", ("2",), "scale back to 2")
    rig.store.log(Activity(NOW + 6, "you", "scale", "prod/llama", "done", reversal=reversal))
    rig.store.mark(LLAMA, Pending(NOW + 6, "scale to 3 groups"))
    rig.store.follow(LLAMA, Underway(NOW + 6, "scale", "2 of 3", stoppable=True))
    waits = {LLAMA: (("BudgetSpent", "1 group is not ready", 1),)}
    rig.store.set_controller(ControllerView("leader", "me", waits=waits, reconciles=7))
    rig.feed.flush()
    stage = await rig.played()
    compare(rig, stage)
    shown = stage.snapshot
    assert shown.controller.waits == waits
    assert shown.controller.reconciles == 7
    assert shown.starts == rig.store.snapshot.starts
    assert GroupStart("repo/vllm:1", 61.0) in shown.starts[LLAMA]
    assert shown.sync["nodes"].state == "live"
    assert shown.cluster.context == "prod-eu"
    assert stage.now == pytest.approx(NOW + 6, abs=0.5)


async def test_marks_that_are_gone_are_gone(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.world()
    await rig.start()
    rig.store.mark(LLAMA, Pending(NOW, "restart"))
    rig.feed.flush()
    rig.store.mark(LLAMA, None)
    rig.feed.flush()
    assert (await rig.played()).snapshot.pending == {}


async def test_measurements_come_back_with_their_trends(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.world()
    await rig.start()
    device = DeviceId("node-0", "GPU-0")
    for n in range(3):
        rig.pass_(15)
        at, told = rig.time.t, rig.store.telemetry
        values = {Quantity.UTIL: 0.25 * n, Quantity.POWER: float("nan")}
        read = Reading(device, at, "0", "H100", values=values)
        said = EngineReading("vLLM", at, running=n, totals={Fact.GENERATED: 100.0 * n})
        key = pod(0, 0).key
        rig.store.tell(
            telemetry=Telemetry(
                at,
                15.0,
                next_devices(told.devices, [read], {}, 0.0),
                engines={key: next_engine(told.engines.get(key), said, 300.0)},
            )
        )
        rig.feed.flush()
    shown = (await rig.played()).snapshot.telemetry
    assert shown.devices[device].busy == (0.0, 0.25, 0.5)
    assert shown.engines[key].running == (0, 1, 2)
    assert shown.engines[key].rates.per_s[Fact.GENERATED] == pytest.approx(100 / 15)
    assert shown.trends[LLAMA].tokens.values[-1] == pytest.approx(100 / 15)
    assert shown.at == NOW + 45


async def test_lines_of_logs_are_recorded_once_and_not_at_all_if_unwanted(tmp_path):
    async def spoken(name, **options):
        rig, link = Rig(tmp_path / name), FakeLink()
        await rig.start(**options)
        source = LogSource("prod", "llama-0", "main")
        part = LogPart([LogLine(NOW, "hello"), LogLine(NOW + 1, "world")])
        for one in (part, part, None):
            link.logs_of["llama-0"].put_nowait(one)
        async for _ in rig.recorder.reader(link).logs(source):
            pass
        return [line.text for line in (await rig.played()).spoken.lines("prod", "llama-0", "main")]

    assert await spoken("with") == ["hello", "world"]
    assert await spoken("without", logs=False) == []


async def test_only_the_owner_may_read_it_and_nothing_is_overwritten(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.path.write_text("mine")
    with pytest.raises(RecordingError, match="exists already; --force replaces it"):
        await rig.start()
    assert rig.path.read_text() == "mine"
    await rig.start(force=True)
    with pytest.raises(RecordingError, match="is being recorded"):
        await rig.start(force=True)
    await rig.done()
    assert stat.S_IMODE(rig.path.stat().st_mode) == 0o600
    with pytest.raises(RecordingError, match="cannot be written: No such file"):
        await Rig(tmp_path / "no" / "r").start()


async def test_a_full_recording_ends_with_a_sentence_and_is_whole(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.world()
    await rig.start(most_bytes=6000)
    for n in range(200):
        rig.pass_(1)
        rig.event(EVENTS, "ADDED", msgspec.structs.replace(warning(n), note=os.urandom(40).hex()))
        await rig.recorder.write()
    assert "ended at its size limit of 5.9 KiB" in rig.store.cluster.taping.ended
    assert rig.path.stat().st_size <= 6000
    recording = Recording.of_bytes(rig.path.read_bytes())
    assert recording.says == ""
    last = list(recording.read())[-1]
    assert "size limit" in last.why
    assert len(rig.store.snapshot.events) > 0
    assert rig.feed.tap is None


async def test_a_full_disk_is_one_sentence_and_costs_the_end_only(tmp_path, monkeypatch):
    rig = Rig(tmp_path / "r")
    rig.world()
    await rig.start()
    size = rig.path.stat().st_size
    real = os.write

    def full(file, data):
        if len(data) > 20:
            return real(file, data[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    rig.event(EVENTS, "ADDED", warning(1))
    await rig.recorder.write()
    monkeypatch.undo()
    said = rig.store.cluster.taping.ended
    assert "cannot be written any more (No space left on device)" in said
    assert rig.path.stat().st_size == size
    recording = Recording.open(rig.path)
    assert recording.says == ""
    recording.close()


async def test_nothing_is_recorded_after_the_end(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.world()
    await rig.start()
    taping = await rig.recorder.stop()
    assert taping.entries > 4
    size = rig.path.stat().st_size
    rig.event(EVENTS, "ADDED", warning(1))
    await rig.recorder.write()
    assert rig.path.stat().st_size == size
    assert await rig.recorder.stop() is None
    assert b'"kind":"end"' in gzip.decompress(rig.path.read_bytes())


async def test_what_only_proves_freshness_is_recorded_seldom(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.world()
    await rig.start()
    for _ in range(100):
        rig.pass_(0.1)
        cluster = replace(rig.store.cluster, proved_at=rig.time.t)
        rig.store.set_cluster(cluster)
        rig.feed.flush()
    recording = await rig.done()
    kinds = [type(entry).__name__ for entry in recording.read()]
    assert 2 <= kinds.count("Attached") <= 5


async def test_a_recording_that_cannot_begin_at_the_start_is_told_once(tmp_path):
    rig = Rig(tmp_path / "r")
    rig.path.write_text("mine")
    await rig.recorder.first(RecordingOrder(rig.path))
    assert "exists already" in rig.store.cluster.taping.ended
    rig.path.unlink()
    await rig.recorder.first(RecordingOrder(rig.path))  # as after a broken connection
    assert not rig.path.exists()
    await rig.recorder.first(None)


async def test_a_recording_from_the_start_begins_once(tmp_path):
    rig = Rig(tmp_path / "r")
    await rig.recorder.first(RecordingOrder(rig.path))
    await rig.recorder.first(RecordingOrder(rig.path))
    assert rig.store.cluster.taping.ended == ""
    await rig.done()
