"""The cache: indexes, affected sets, lost workers, names taken by others."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.core import Claim
from controller.api.meta import Key
from controller.api.names import (
    CLAIMS,
    LEADERWORKERSETS,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
)
from controller.cache import Cache
from controller.plan.observed import Lost
from tests.controller.runtime.records import (
    make_leader,
    make_node,
    make_revision,
    make_service,
    make_set,
    make_worker,
)

A = Key("default", "a")


class Fixture:
    def __init__(self) -> None:
        self.affected: list[str] = []
        self.cache = Cache(lambda key: self.affected.append(key.name))
        self.cache.replace(LEADERWORKERSETS, [make_set("a"), make_set("b")])
        self.affected.clear()

    def after(self, *change: object) -> list[str]:
        self.affected.clear()
        self.cache.apply(*change)
        return sorted(set(self.affected))

    def observe(self, name: str = "a"):
        observed = self.cache.observe(Key("default", name))
        assert observed is not None
        return observed


@pytest.fixture
def fix() -> Fixture:
    return Fixture()


def test_observes_only_what_belongs_to_the_set(fix):
    cache = fix.cache
    cache.replace(PODS, [make_leader(0), make_worker(0, 1), make_leader(0, set_name="b")])
    cache.replace(SERVICES, [make_service("a"), make_service("b", set_name="b")])
    cache.replace(REVISIONS, [make_revision("a-key-1"), make_revision("b-key-1", set_name="b")])
    observed = fix.observe()
    assert [p.name for p in observed.pods] == ["a-0", "a-0-1"]
    assert [s.name for s in observed.services] == ["a"]
    assert [r.name for r in observed.revisions] == ["a-key-1"]
    assert observed.lost == ()
    assert observed.taken == {}
    assert cache.observe(Key("other", "a")) is None


def test_synced_once_all_required_kinds_are_listed():
    told = []
    cache = Cache(lambda key: None, lambda: told.append(cache.unsynced))
    for resource in (LEADERWORKERSETS, PODS, SERVICES):
        cache.replace(resource, [])
    cache.page(REVISIONS, [make_revision("r")])
    assert cache.unsynced == (REVISIONS,)
    cache.replace(REVISIONS, [])
    assert cache.unsynced == ()
    assert told[-1] == ()
    assert not cache.synced(CLAIMS)


def test_a_list_removes_what_it_lacks(fix):
    fix.cache.replace(PODS, [make_leader(0), make_leader(1)])
    fix.cache.replace(PODS, [make_leader(1)])
    assert [p.name for p in fix.observe().pods] == ["a-1"]
    fix.affected.clear()
    fix.cache.replace(LEADERWORKERSETS, [make_set("b")])
    assert fix.cache.set_keys() == (Key("default", "b"),)
    assert "a" in fix.affected


def test_pods_affect_sets_by_label_owner_and_name(fix):
    fix.cache.apply(LEADERWORKERSETS, "ADDED", make_set("a-0"))
    assert fix.after(PODS, "ADDED", make_leader(0)) == ["a"]
    # Worker 1 of group 0 of "a" holds the name of leader 1 of "a-0".
    assert fix.after(PODS, "ADDED", make_worker(0, 1)) == ["a", "a-0"]
    assert fix.after(PODS, "MODIFIED", make_leader(0, set_name="b")) == ["b"]
    unlabelled = make_leader(5, set_name="b")
    stolen = {"name": "x", "set_name": "", "group": -1, "worker": -1}
    assert fix.after(PODS, "ADDED", _with(unlabelled, **stolen)) == ["b"]
    # The label is moved away: both sets are concerned.
    assert fix.after(PODS, "MODIFIED", _with(make_leader(0), set_name="b")) == ["a", "b"]
    assert fix.after(PODS, "ADDED", make_leader(0, set_name="unknown")) == []


def _with(record, **fields):
    return msgspec.structs.replace(record, **fields)


def test_services_and_revisions_affect_their_set(fix):
    assert fix.after(SERVICES, "ADDED", make_service("a")) == ["a"]
    assert fix.after(REVISIONS, "ADDED", make_revision("a-key-1")) == ["a"]
    assert fix.after(SERVICES, "DELETED", make_service("a")) == ["a"]
    foreign = make_service("b", set_name="", owner_kind="", owner_uid="")
    assert fix.after(SERVICES, "ADDED", foreign) == ["b"]


def test_nodes_matter_where_exclusive_leaders_run(fix):
    leader = make_leader(0, topology="rack", node="n1")
    fix.cache.replace(PODS, [leader, make_leader(0, set_name="b", node="n1")])
    assert fix.after(NODES, "ADDED", make_node("n1", rack="r1")) == ["a"]
    assert fix.observe().node_labels == {"n1": {"rack": "r1"}}
    assert fix.observe("b").node_labels == {}
    assert fix.after(NODES, "MODIFIED", make_node("n1", rack="r1")) == []
    assert fix.after(NODES, "MODIFIED", make_node("n1", rack="r2")) == ["a"]
    assert fix.after(NODES, "ADDED", make_node("n2", rack="r1")) == []
    assert fix.after(NODES, "DELETED", make_node("n1", rack="r2")) == ["a"]
    assert fix.observe().node_labels == {}
    fix.cache.apply(PODS, "DELETED", leader)
    assert fix.after(NODES, "ADDED", make_node("n1", rack="r3")) == []


def test_a_vanished_worker_of_a_live_leader_is_lost_until_replaced(fix):
    cache = fix.cache
    cache.replace(PODS, [make_leader(0), make_worker(0, 1), make_worker(0, 2)])
    cache.apply(PODS, "DELETED", make_worker(0, 1))
    assert fix.observe().lost == (Lost("pod-a-0", "a-0-1"),)
    cache.apply(PODS, "ADDED", make_worker(0, 1, uid="again"))
    assert fix.observe().lost == ()


def test_a_worker_deleted_between_two_passes_is_lost(fix):
    fix.cache.replace(PODS, [make_leader(0), make_worker(0, 1)])
    fix.cache.apply(PODS, "MODIFIED", make_worker(0, 1, deleted_at=5.0))
    fix.cache.apply(PODS, "DELETED", make_worker(0, 1, deleted_at=5.0))
    assert fix.observe().lost == (Lost("pod-a-0", "a-0-1"),)


def test_losses_are_found_by_a_relist_and_never_before_the_first(fix):
    fix.cache.replace(PODS, [make_leader(0)])
    assert fix.observe().lost == ()
    fix.cache.replace(PODS, [make_leader(0), make_worker(0, 1)])
    fix.cache.replace(PODS, [make_leader(0)])
    assert fix.observe().lost == (Lost("pod-a-0", "a-0-1"),)


def test_losses_are_forgotten_with_the_leader(fix):
    cache = fix.cache
    cache.replace(PODS, [make_leader(0), make_worker(0, 1), make_worker(0, 2)])
    cache.apply(PODS, "DELETED", make_worker(0, 1))
    cache.apply(PODS, "MODIFIED", make_leader(0, deleted_at=5.0))
    assert fix.observe().lost == ()  # the group is on its way out already
    cache.apply(PODS, "ADDED", make_leader(0, uid="second"))
    assert fix.observe().lost == ()
    # A worker of the first leader ends late: no fault of the second one's group.
    cache.apply(PODS, "DELETED", make_worker(0, 2))
    assert fix.observe().lost == ()


def test_a_late_end_of_an_earlier_incarnation_is_ignored(fix):
    fix.cache.replace(PODS, [make_leader(0, uid="second")])
    fix.cache.apply(PODS, "DELETED", make_leader(0, uid="first"))
    assert [p.uid for p in fix.observe().pods] == ["second"]


@pytest.mark.parametrize(
    ("pod", "owner"),
    [
        pytest.param(
            make_worker(0, 1), "Pod a-0, labelled for set a", id="the-worker-of-another-set"
        ),
        pytest.param(
            make_leader(1, set_name="a-0", owner_kind="StatefulSet", owner_uid="z"),
            "StatefulSet a-0, labelled for set a-0",
            id="labelled-but-owned-by-another",
        ),
        pytest.param(
            make_leader(1, set_name="a-0", owner_kind="", owner_uid="", deleted_at=1.0),
            "an object without a controller, labelled for set a-0, terminating",
            id="an-orphan-ending",
        ),
        pytest.param(
            make_leader(1, set_name="a-0", owner_uid="old"),
            "LeaderWorkerSet a-0, labelled for set a-0",
            id="of-an-earlier-set-of-this-name",
        ),
    ],
)
def test_names_taken_by_others(fix, pod, owner):
    fix.cache.apply(LEADERWORKERSETS, "ADDED", make_set("a-0"))
    fix.cache.apply(PODS, "ADDED", pod)
    assert fix.observe("a-0").taken == {"pods/a-0-1": owner}
    fix.cache.apply(PODS, "DELETED", pod)
    assert fix.observe("a-0").taken == {}


def test_a_worker_of_an_earlier_leader_is_not_foreign(fix):
    fix.cache.replace(PODS, [make_leader(0, uid="second"), make_worker(0, 1)])
    assert fix.observe().taken == {}


def test_services_taken_by_others(fix):
    fix.cache.apply(SERVICES, "ADDED", make_service("a-3", set_name="", owner_kind="Gateway"))
    fix.cache.apply(SERVICES, "ADDED", make_service("a", owner_uid="x", owner_kind=""))
    mine = make_service("a-0", owner_kind="Pod", owner_uid="pod-a-0")
    fix.cache.apply(SERVICES, "ADDED", mine)
    assert fix.observe().taken == {
        "services/a-3": "a Gateway",
        "services/a": "an object without a controller, labelled for set a",
    }
    assert {s.name for s in fix.observe().services} == {"a", "a-0", "a-3"}


def test_expectations_end_when_their_last_sighting_comes(fix):
    cache, expectations = fix.cache, fix.cache.expectations
    cache.replace(PODS, [make_leader(0)])
    expectations.created(A, PODS, "a-1", 100.0)
    cache.expect_deleted(A, PODS, "a-0", "pod-a-0", 101.0)
    cache.expect_written(A, LEADERWORKERSETS, "a", "7", 101.0)
    assert expectations.pending_s(A, 110.0) == 20.0
    assert expectations.pending_s(Key("default", "b"), 110.0) is None
    cache.apply(PODS, "ADDED", make_leader(1))
    assert expectations.pending_s(A, 110.0) == 21.0
    cache.apply(PODS, "MODIFIED", make_leader(0))  # not terminating yet
    cache.apply(LEADERWORKERSETS, "MODIFIED", make_set("a", version=6))
    assert expectations.pending_s(A, 110.0) == 21.0
    cache.apply(PODS, "MODIFIED", make_leader(0, deleted_at=1.0))
    assert fix.after(LEADERWORKERSETS, "MODIFIED", make_set("a", version=8)) == ["a"]
    assert expectations.pending_s(A, 110.0) is None


def test_nothing_is_expected_that_was_seen_already(fix):
    cache = fix.cache
    cache.replace(PODS, [make_leader(0, deleted_at=1.0)])
    cache.expect_deleted(A, PODS, "a-0", "pod-a-0", 1.0)
    cache.expect_deleted(A, PODS, "a-9", "gone", 1.0)
    cache.expect_written(A, LEADERWORKERSETS, "a", "1", 1.0)
    assert cache.expectations.pending_s(A, 2.0) is None


def test_a_replaced_incarnation_ends_the_wait_for_its_deletion(fix):
    fix.cache.replace(PODS, [make_leader(0)])
    fix.cache.expect_deleted(A, PODS, "a-0", "pod-a-0", 1.0)
    fix.cache.apply(PODS, "ADDED", make_leader(0, uid="second"))
    assert fix.cache.expectations.pending_s(A, 2.0) is None


def test_expectations_go_with_their_set(fix):
    fix.cache.expectations.created(A, PODS, "a-0", 1.0)
    fix.cache.apply(LEADERWORKERSETS, "ADDED", make_set("a", uid="second"))
    assert fix.cache.expectations.pending_s(A, 2.0) is None
    fix.cache.expectations.created(A, PODS, "a-0", 1.0)
    fix.cache.apply(LEADERWORKERSETS, "DELETED", make_set("a"))
    assert fix.cache.expectations.pending_s(A, 2.0) is None


def test_writes_to_children_are_expected_at_their_version(fix):
    cache, expectations = fix.cache, fix.cache.expectations
    claim = Claim("default", "c-a-0", "u", "a", resource_version="5")
    cache.replace(CLAIMS, [claim])
    cache.expect_written(A, CLAIMS, "c-a-0", "5", 1.0)  # the watch was faster
    cache.expect_written(A, CLAIMS, "gone", "9", 1.0)
    assert expectations.pending_s(A, 2.0) is None
    cache.expect_written(A, CLAIMS, "c-a-0", "7", 1.0)
    cache.apply(CLAIMS, "MODIFIED", _with(claim, resource_version="6"))
    assert expectations.pending_s(A, 2.0) == 29.0
    assert fix.after(CLAIMS, "MODIFIED", _with(claim, resource_version="7")) == ["a"]
    assert expectations.pending_s(A, 2.0) is None
    cache.expect_written(A, CLAIMS, "c-a-0", "8", 1.0)
    cache.apply(CLAIMS, "DELETED", claim)
    assert expectations.pending_s(A, 2.0) is None


def test_every_set_is_looked_at_when_a_kind_has_been_listed_first(fix):
    assert fix.observe().claims_listed is False
    fix.affected.clear()
    fix.cache.replace(CLAIMS, [])
    assert sorted(fix.affected) == ["a", "b"]
    assert fix.observe().claims_listed is True
    fix.affected.clear()
    fix.cache.replace(CLAIMS, [])
    assert fix.affected == []


def test_only_what_planning_needs_is_distrusted(fix):
    for resource in (PODS, SERVICES, REVISIONS, CLAIMS):
        fix.cache.replace(resource, [])
    assert fix.cache.unsynced == ()
    fix.cache.distrust()
    assert fix.cache.unsynced == (LEADERWORKERSETS, PODS, SERVICES, REVISIONS)
    assert fix.cache.synced(CLAIMS)  # nobody would list them again


def test_what_came_with_a_page_is_not_taken_again_with_the_list(fix, monkeypatch):
    pods = [make_leader(0), make_worker(0, 1), make_worker(0, 2)]
    fix.cache.page(PODS, pods[:2])
    taken = []
    apply = fix.cache.apply

    def noted(resource, type_, record):
        taken.append((type_, record.name))
        apply(resource, type_, record)

    monkeypatch.setattr(fix.cache, "apply", noted)
    fix.cache.replace(PODS, pods)
    assert taken == [("MODIFIED", pods[2].name)]
    assert {pod.name for pod in fix.observe().pods} == {pod.name for pod in pods}
    taken.clear()
    fix.cache.replace(PODS, pods[1:])
    assert taken == [("DELETED", pods[0].name)]
