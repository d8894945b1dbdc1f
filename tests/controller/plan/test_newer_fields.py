"""Fields of a newer API: kept, and nothing is done instead of something wrong."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import msgspec
import pytest

from controller.api import names
from controller.api.meta import Key
from controller.api.pods import decode_pod
from controller.cache import Cache
from controller.plan.compose import plan
from lwstui.data import crd
from lwstui.sandbox.crds import custom_kind
from tests.controller.support import START, FakeCluster, make_set, raw_spec

HASH = "0123456789abcdef0123456789abcdef01234567"
DIGITS = "1" * 40


def hash_groups(spec: dict[str, Any]) -> None:
    spec["groupIdentity"] = "Hash"


def immediately(spec: dict[str, Any]) -> None:
    spec["groupReplacementPolicy"] = "Immediate"


def bounded(spec: dict[str, Any]) -> None:
    spec["leaderWorkerTemplate"]["maxGroupRestarts"] = 3


def invented(spec: dict[str, Any]) -> None:
    spec["networkConfig"] = {"subdomainPolicy": "Shared", "mesh": {"kind": "torus"}}


FIELDS = [
    (hash_groups, "spec.groupIdentity: 'Hash': is not supported"),
    (immediately, "spec.groupReplacementPolicy: 'Immediate': is not supported"),
    (bounded, "spec.leaderWorkerTemplate.maxGroupRestarts: 3: is not supported"),
    (invented, "spec.networkConfig.mesh: {'kind': 'torus'}: is not supported"),
]
Change = Callable[[dict[str, Any]], None]


@pytest.mark.parametrize(("change", "said"), FIELDS)
@pytest.mark.parametrize("running", [False, True])
def test_nothing_is_done_and_the_field_is_named(change: Change, said: str, running: bool) -> None:
    cluster = FakeCluster(make_set(raw_spec(2, 2)))
    if running:
        cluster.settle()
    before = dict(cluster.pods)

    def edit(spec: dict[str, Any]) -> None:
        change(spec)
        spec["replicas"] = 5

    cluster.edit(edit)
    planned = cluster.settle()
    assert (planned.actions, planned.status, cluster.pods) == ((), None, before)
    (event,) = planned.events
    assert (event.type, event.reason, event.action) == ("Warning", "Unsupported", "Validate")
    assert event.note.startswith(said)
    assert [wait.code for wait in planned.waits] == ["unsupported"]


def test_the_defaults_of_a_newer_api_are_what_is_done_anyway() -> None:
    newer = {"groupIdentity": "Ordinal", "groupReplacementPolicy": "PostTermination"}
    cluster = FakeCluster(make_set(raw_spec(2, 2, **newer)))
    cluster.settle()
    assert cluster.true_conditions() == ["Available"]


@pytest.mark.parametrize("change", [hash_groups, immediately, bounded])
def test_the_definition_keeps_known_newer_fields(change: Change) -> None:
    spec = raw_spec(2, 2)
    change(spec)
    stored: dict[str, Any] = {"metadata": {"name": "sample"}, "spec": spec}
    kind = custom_kind(crd())
    assert kind.decode(stored) == []
    assert kind.causes(stored, None) == []
    again = deepcopy(stored["spec"])
    change(again)
    assert stored["spec"] == again


def pod_of_a_hash_group(identity: str) -> bytes:
    labels = {
        names.SET_NAME: "sample",
        names.GROUP_INDEX: identity,
        names.WORKER_INDEX: "0",
        names.GROUP_KEY: identity,
    }
    meta = {
        "name": f"sample-7d9f-{identity[:5]}",
        "namespace": "default",
        "uid": "u",
        "labels": labels,
    }
    return msgspec.json.encode({"metadata": meta, "status": {"phase": "Running"}})


@pytest.mark.parametrize(
    ("identity", "group"),
    [(HASH, -1), (DIGITS, -1), ("07", -1), ("", -1), ("²", -1), ("0", 0), ("12", 12)],
)
def test_a_group_is_known_by_its_identity_and_ordered_by_its_number(
    identity: str, group: int
) -> None:
    pod = decode_pod(pod_of_a_hash_group(identity))
    assert (pod.group_id, pod.group) == (identity, group)


def test_pods_of_hash_groups_pass_through_cache_and_planner() -> None:
    cache = Cache(lambda key: None)
    lws = make_set(raw_spec(1, 1))
    cache.apply(names.LEADERWORKERSETS, "ADDED", lws)
    cache.replace(names.PODS, [decode_pod(pod_of_a_hash_group(each)) for each in (HASH, DIGITS)])
    observed = cache.observe(Key("default", "sample"))
    assert observed is not None
    assert [pod.group_id for pod in observed.pods] == [HASH, DIGITS]
    planned = plan(observed, START)
    assert [a.name for a in planned.actions if hasattr(a, "group")] == ["sample-0"]
