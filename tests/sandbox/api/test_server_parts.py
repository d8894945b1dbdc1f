"""Small parts: watch buffers, ages, protobuf bodies, the loopback certificate."""

import asyncio
import ssl

import pytest
from aiohttp import ClientSession, TCPConnector, web

from lwstui.sandbox import protobuf, watchcache
from lwstui.sandbox.certificates import loopback_certificate
from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.durations import human_duration
from lwstui.sandbox.objects import StatusError, Store
from lwstui.sandbox.podcells import pod_cells
from lwstui.sandbox.watchcache import WatchCache, Watcher


def put(store: Store, count: int) -> None:
    store.create("configmaps", {"metadata": {"name": "c", "namespace": "default"}})
    for number in range(count - 1):

        def change(obj: dict, number: int = number) -> None:
            obj["data"] = {"n": str(number)}

        store.update("configmaps", "default", "c", change)


async def test_the_ring_forgets_the_oldest_changes() -> None:
    store = Store(SimClock())
    cache = WatchCache(store, ring_changes=3)
    put(store, 5)
    ring = cache.ring("configmaps")
    kept = [change.entry.version for change in ring.since(3)]
    assert kept == [4, 5, 6]
    with pytest.raises(StatusError, match=r"too old resource version: 2 \(4\)"):
        ring.since(2)


async def test_a_watcher_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchcache, "BUFFER_LIMIT_BYTES", 10)
    watcher = Watcher(lambda _: None)
    watcher.push((b"123456",))
    assert not watcher.closed
    watcher.push((b"123456",))
    assert watcher.closed
    assert await watcher.take(0) == b""


async def test_objects_are_encoded_once_for_all_watchers() -> None:
    store = Store(SimClock())
    cache = WatchCache(store)
    watchers = [Watcher(lambda change: (change.entry.raw,)) for _ in range(3)]
    cache.ring("configmaps").watchers.update(watchers)
    put(store, 1)
    taken = [watcher._pieces[0] for watcher in watchers]
    assert all(each is store.entry("configmaps", "default", "c").raw for each in taken)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (318, "5m18s"),
        (600, "10m"),
        (3 * 3600, "3h"),
        (5 * 3600 + 120, "5h2m"),
        (9 * 3600 + 120, "9h"),
        (50 * 3600, "2d2h"),
        (10 * 86400 + 7200, "10d"),
        (800 * 86400, "2y70d"),
        (3000 * 86400, "8y"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


def state(**more: object) -> dict:
    return {"name": "main", "ready": False, "restartCount": 0, "state": {}} | more


@pytest.mark.parametrize(
    ("pod", "cells"),
    [
        (
            {"status": {"phase": "Running", "containerStatuses": [
                state(state={"waiting": {"reason": "CrashLoopBackOff"}}, restartCount=3,
                      lastState={"terminated": {"finishedAt": "2026-01-01T00:00:00Z"}}),
            ]}},
            ("0/1", "CrashLoopBackOff", "3 (60s ago)"),
        ),
        (
            {"status": {"phase": "Failed", "containerStatuses": [
                state(state={"terminated": {"exitCode": 137, "signal": 9}})]}},
            ("0/1", "Signal:9", "0"),
        ),
        (
            {"status": {"phase": "Pending", "initContainerStatuses": [
                state(name="i", state={"running": {}})]},
             "spec": {"containers": [{"name": "main"}], "initContainers": [{"name": "i"}]}},
            ("0/1", "Init:0/1", "0"),
        ),
        (
            {"status": {"phase": "Running"}, "metadata": {"deletionTimestamp": "x"}},
            ("0/1", "Terminating", "0"),
        ),
        (
            {"status": {"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}},
            ("0/1", "SchedulingGated", "0"),
        ),
    ],
)  # fmt: skip
def test_pod_words(pod: dict, cells: tuple) -> None:
    whole = {"metadata": {}, "spec": {"containers": [{"name": "main"}]}} | pod
    assert pod_cells(whole, 1767225660.0) == cells


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


@pytest.mark.parametrize(
    ("version", "last", "expected"),
    [
        (b"autoscaling/v1", b"\x20\x32", {"targetCPUUtilizationPercentage": 50}),
        (
            b"autoscaling/v2",
            field(
                4,
                field(1, b"Resource")
                + field(4, field(1, b"cpu") + field(2, field(1, b"Utilization") + b"\x20\x32")),
            ),
            {
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "averageUtilization": 50},
                        },
                    }
                ]
            },
        ),
    ],
)
def test_protobuf_bodies_of_both_versions_of_an_autoscaler(
    version: bytes, last: bytes, expected: dict
) -> None:
    target = field(1, b"LeaderWorkerSet") + field(2, b"x")
    spec = field(1, target) + b"\x10\x01\x18\x05" + last
    types = field(1, version) + field(2, b"HorizontalPodAutoscaler")
    body = b"k8s\x00" + field(1, types) + field(2, field(1, field(1, b"x")) + field(2, spec))
    assert protobuf.decode(body)["spec"] == {
        "scaleTargetRef": {"kind": "LeaderWorkerSet", "name": "x"},
        "minReplicas": 1,
        "maxReplicas": 5,
        **expected,
    }


def test_protobuf_bodies() -> None:
    meta = field(1, b"c") + field(11, field(1, b"app") + field(2, b"x"))
    message = field(1, meta) + field(2, field(1, b"k") + field(2, b"v"))
    types = field(1, b"v1") + field(2, b"ConfigMap")
    body = b"k8s\x00" + field(1, types) + field(2, message)
    assert protobuf.decode(body) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "labels": {"app": "x"}},
        "data": {"k": "v"},
    }
    with pytest.raises(StatusError) as refused:
        protobuf.decode(b"k8s\x00" + field(1, field(2, b"Lease")))
    assert refused.value.code == 415
    with pytest.raises(StatusError) as refused:
        protobuf.decode(body[:-3])
    assert refused.value.code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(b"\x08\x05", id="number-for-message"),
        pytest.param(field(1, b"\x08\x05"), id="number-for-text"),
        pytest.param(field(1, field(11, b"\x08\x05")), id="number-for-key-of-map"),
        pytest.param(field(4, b"text"), id="text-for-number"),
        pytest.param(field(1, b"\xff"), id="early-end"),
    ],
)
def test_protobuf_of_other_wire_types_is_refused(wrong: bytes) -> None:
    types = field(1, b"v1") + field(2, b"ConfigMap")
    with pytest.raises(StatusError) as refused:
        protobuf.decode(b"k8s\x00" + field(1, types) + field(2, wrong))
    assert refused.value.code == 400


async def test_the_certificate_serves_loopback() -> None:
    pair = loopback_certificate(SimClock().now())
    client = ssl.create_default_context(cadata=pair.certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=pair.server_context())
    await site.start()
    port = runner.addresses[0][1]
    async with (
        asyncio.timeout(30),
        ClientSession(connector=TCPConnector(ssl=client)) as session,
        session.get(f"https://127.0.0.1:{port}/") as response,
    ):
        assert await response.text() == "hello"
    await runner.cleanup()
