"""Writes: verbs, parameters and bodies; events as a series; logs resumed; apply in order."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from controller.api.meta import format_time
from controller.api.names import LEADERWORKERSETS, PODS
from controller.errors import Conflict, Forbidden, LeaseLost, Unavailable
from controller.ports import Patch, Propagation
from lwstui.kube.apply import apply_objects
from lwstui.kube.cluster import WRITES_IN_FLIGHT, KubeCluster
from lwstui.kube.connect import ClusterInfo, Connection
from lwstui.kube.events import KubeEvents
from lwstui.kube.loglines import parse_line
from lwstui.kube.logs import Gap, LogOptions, follow
from lwstui.kube.manifests import ManifestError, load_manifests
from tests.kube.stub import lines, reply, status, stub_server
from tests.support.waiting import eventually

LEADER = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


async def test_writes_name_their_field_manager() -> None:
    async with stub_server() as (stub, rest, _):
        cluster = KubeCluster(rest)
        stub.play(*[reply({})] * 4)
        await cluster.create(PODS, "d", LEADER)
        await cluster.patch(
            LEADERWORKERSETS, "d", "s", {"a": 1}, kind=Patch.APPLY, force=True, dry_run=True
        )
        await cluster.patch(LEADERWORKERSETS, "d", "s", [], kind=Patch.JSON, subresource="status")
        await cluster.replace(PODS, "d", "p", LEADER)
        assert stub.asked[0] == "POST /api/v1/namespaces/d/pods"
        assert stub.asked[2].endswith("/leaderworkersets/s/status")
        assert [dict(r.query) for r in stub.requests] == [
            {"fieldManager": "lwstui"},
            {"fieldManager": "lwstui", "dryRun": "All", "force": "true"},
            {"fieldManager": "lwstui"},
            {"fieldManager": "lwstui"},
        ]
        assert [r.content_type for r in stub.requests][1:3] == [
            "application/apply-patch+yaml",
            "application/json-patch+json",
        ]
        assert stub.bodies[0] == LEADER


async def test_a_fenced_write_leaves_only_with_permission() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(*[reply({})] * 3)
        allowed = True
        cluster = KubeCluster(rest).fenced(lambda: allowed)
        await cluster.create(PODS, "d", LEADER)  # and a connection is there to be used again
        allowed = False
        with pytest.raises(LeaseLost):
            await cluster.create(PODS, "d", LEADER)
        with pytest.raises(LeaseLost):
            await cluster.delete(PODS, "d", "p", uid="u")
        await cluster.get(PODS, "d", "p")
        await KubeCluster(rest).create(PODS, "d", LEADER)
        assert [r.method for r in stub.requests] == ["POST", "GET", "POST"]


async def test_permission_is_asked_after_a_write_has_waited_for_its_turn() -> None:
    async with stub_server() as (stub, rest, _):
        allowed = True
        cluster = KubeCluster(rest).fenced(lambda: allowed)
        writes = [
            asyncio.create_task(cluster.create(PODS, "d", LEADER))
            for _ in range(WRITES_IN_FLIGHT + 5)
        ]
        await eventually(lambda: len(stub.requests) == WRITES_IN_FLIGHT)
        allowed = False
        stub.released.set()
        came = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(error) for error in came] == [Unavailable] * WRITES_IN_FLIGHT + [LeaseLost] * 5
        assert len(stub.requests) == WRITES_IN_FLIGHT


async def test_permission_is_asked_when_the_connection_is_there() -> None:
    async with stub_server() as (stub, rest, _):
        asked: list[int] = []

        def may_write() -> bool:
            asked.append(len(rest._session.connector._acquired))  # type: ignore[union-attr]
            return False

        with pytest.raises(LeaseLost):
            await KubeCluster(rest).fenced(may_write).create(PODS, "d", LEADER)
        assert asked == [1]
        assert stub.requests == []


async def test_a_delete_names_the_incarnation() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply({}), reply(status(409, "Conflict", "uid mismatch"), 409))
        cluster = KubeCluster(rest)
        await cluster.delete(
            PODS, "d", "p", uid="u1", propagation=Propagation.FOREGROUND, grace_s=3, dry_run=True
        )
        assert stub.bodies[0] == {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": "u1"},
            "propagationPolicy": "Foreground",
            "gracePeriodSeconds": 3,
            "dryRun": ["All"],
        }
        with pytest.raises(Conflict, match="uid mismatch"):
            await cluster.delete(PODS, "d", "p", uid="u2")


async def test_repeated_events_become_a_series() -> None:
    regarding = {"kind": "LeaderWorkerSet", "namespace": "d", "name": "s", "uid": "u"}
    async with stub_server() as (stub, rest, _):
        stub.play(reply({"metadata": {"name": "s.1"}}), reply({}), reply({"metadata": {}}))
        events = KubeEvents(KubeCluster(rest), "host", wall=lambda: 0.5)
        task = asyncio.create_task(events.run())
        for note in ("same", "same", "same", "other"):
            events.emit(regarding=regarding, type_="Normal", reason="R", action="Update", note=note)
        await asyncio.wait_for(events.flush(), 30)
        task.cancel()
        assert [r.method for r in stub.requests] == ["POST", "PATCH", "POST"]
        assert stub.requests[1].path.endswith("/events/s.1")
        assert stub.bodies[1] == {
            "series": {"count": 2, "lastObservedTime": "1970-01-01T00:00:00.500000Z"}
        }
        assert stub.bodies[0]["reportingController"] == "leaderworkerset"
        assert stub.bodies[0]["reportingInstance"] == "leaderworkerset-host"
        assert stub.bodies[0]["regarding"] == regarding


async def test_events_that_are_refused_are_counted_and_do_not_stop_the_rest() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply(status(403, "Forbidden", "no"), 403), reply({"metadata": {"name": "e"}}))
        events = KubeEvents(KubeCluster(rest), "host")
        task = asyncio.create_task(events.run())
        for note in ("one", "two"):
            events.emit(regarding={"name": "s"}, type_="Normal", reason="R", action="A", note=note)
        await asyncio.wait_for(events.flush(), 30)
        task.cancel()
        assert events.dropped == 1
        assert len(stub.requests) == 2


# ---- logs ---------------------------------------------------------------------------------


def stamped(second: int, text: str) -> bytes:
    return f"{format_time(second)} {text}\n".encode()


def test_lines_are_cut_and_cleaned() -> None:
    line = parse_line("2026-01-02T03:04:05.678901234Z \x1b[31mred\x1b[0m\tx")
    assert line == (pytest.approx(1767323045.678901234), "red    x", ((0, 3, "color(1)"),))
    assert parse_line("2026-01-02T03:04:05Z plain") == (1767323045.0, "plain", ())
    assert parse_line("2026-01-02T03:04:05.5+00:00 plain").at == 1767323045.5
    assert parse_line("no stamp").at == parse_line("00Z stamp").at == 0.0
    assert parse_line("2026-01-02T03:04:05Z load 10%\rload 20%\r").text == "load 20%"
    long = parse_line("2026-01-02T03:04:05Z " + "x" * 10000)
    assert long.text == "x" * 8192 + " … (cut, 1,808 more)"


async def test_a_broken_log_resumes_without_repeating_lines() -> None:
    naps: list[float] = []

    async def sleep(delay: float) -> None:
        naps.append(delay)

    async with stub_server() as (stub, rest, _):
        stub.play(
            lines(stamped(1, "a"), stamped(2, "b"), stamped(2, "b"), drop=True),
            lines(stamped(1, "a"), stamped(2, "b"), stamped(2, "b"), stamped(2, "c")),
        )
        seen: list[str] = []
        options = LogOptions(follow=True, tail_lines=50)
        async for batch in follow(
            rest, "d", "p", "main", options, sleep=sleep, rng=random.Random(1)
        ):
            seen += ["gap"] if isinstance(batch, Gap) else [line.text for line in batch]
        assert seen == ["a", "b", "b", "gap", "c"]
        assert len(naps) == 1
        assert stub.requests[0].query["tailLines"] == "50"
        assert dict(stub.requests[1].query) == {
            "container": "main",
            "timestamps": "true",
            "follow": "true",
            "sinceTime": format_time(2),
        }


async def test_a_refused_log_says_why() -> None:
    async with stub_server() as (stub, rest, _):
        stub.play(reply(status(403, "Forbidden", "pods/log is forbidden"), 403))
        with pytest.raises(Forbidden, match="pods/log is forbidden"):
            async for _batch in follow(rest, "d", "p", "main", LogOptions()):
                pass


# ---- manifests and apply ------------------------------------------------------------------


def test_manifests_from_files_folders_and_lists(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(
        "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: v1, kind: Service, metadata: {name: s1}}\n"
        "- {apiVersion: v1, kind: Service, metadata: {name: s2}}\n",
        encoding="utf-8",
    )
    (tmp_path / "a.yaml").write_text(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\n---\n", encoding="utf-8"
    )
    (tmp_path / "notes.txt").write_text("not a manifest", encoding="utf-8")
    assert [o["metadata"]["name"] for o in load_manifests([str(tmp_path)])] == ["p", "s1", "s2"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: b: c", "line 1 is not valid YAML: mapping values are not allowed here"),
        ("kind: Pod", "(document 1) has no apiVersion"),
        ("apiVersion: v1", "(document 1) has no kind"),
        ("apiVersion: v1\nkind: Pod", "the Pod has no metadata.name"),
        ("just text", "is not a Kubernetes object but str"),
        ('{"kind": "\\ud83d"}', "escape in it is half a character"),
    ],
)
def test_malformed_manifests_name_file_and_place(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        load_manifests([str(path)])
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


def test_characters_that_json_writes_as_two_escapes_are_one(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    note = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a"},
        "data": {"b": "🚀é"},
    }
    path.write_text(json.dumps(note), encoding="utf-8")
    assert load_manifests([str(path)]) == [note]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ManifestError, match=r"no such file: nothing\.yaml"):
        load_manifests(["nothing.yaml"])


async def test_the_definition_is_created_first_and_waited_for() -> None:
    lws = {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet"}
    one: dict[str, Any] = {**lws, "metadata": {"name": "demo"}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "leaderworkersets.leaderworkerset.x-k8s.io"},
    }
    missing = reply(status(404, "NotFound", "no"), 404)
    served = reply(
        {"resources": [{"name": "leaderworkersets", "kind": "LeaderWorkerSet", "namespaced": True}]}
    )
    definitions = reply(
        {
            "resources": [
                {
                    "name": "customresourcedefinitions",
                    "kind": "CustomResourceDefinition",
                    "namespaced": False,
                }
            ]
        }
    )
    said: list[str] = []

    async def sleep(delay: float) -> None:
        assert delay > 0

    async with stub_server() as (stub, rest, _):
        stub.play(missing, definitions, reply({}), missing, served, served, reply({}))
        info = ClusterInfo("c", "c", "s", "u", "d")
        refused = await apply_objects(
            Connection(info, rest), [one], namespace="d", crd=crd, report=said.append, sleep=sleep
        )
        assert refused == 0
        assert said == [
            "customresourcedefinition.apiextensions.k8s.io/"
            "leaderworkersets.leaderworkerset.x-k8s.io serverside-applied",
            "leaderworkerset.leaderworkerset.x-k8s.io/demo serverside-applied",
        ]
        assert stub.asked[-1].endswith("/namespaces/d/leaderworkersets/demo")


async def test_refusals_are_reported_and_counted() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    served = reply({"resources": [{"name": "pods", "kind": "Pod", "namespaced": True}]})
    said: list[str] = []
    async with stub_server() as (stub, rest, _):
        stub.play(served, reply(status(409, "Conflict", "conflict with kubectl: .spec"), 409))
        info = ClusterInfo("c", "c", "s", "u", "d")
        refused = await apply_objects(
            Connection(info, rest), [pod], namespace="d", crd=None, report=said.append
        )
    assert refused == 1
    assert said == [
        "pod/p refused: conflict with kubectl: .spec; --force-conflicts takes the fields over"
    ]
