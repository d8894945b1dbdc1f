import msgspec

from controller.api.core import Event
from controller.api.names import EVENTS, LEADERWORKERSETS, LEASES, NODES, PODS
from lwstui.kube.sync import KindSync
from lwstui.state.activitylog import ACTIVITY_LIMIT
from lwstui.state.foreign import Load
from lwstui.state.model import Activity, ClusterState, ControllerView, GroupStart, Pending
from lwstui.state.store import EVENT_LIMIT, Store
from tests.view.build import LLAMA, NOW, container, lws, node, pod, starting

OTHER = LLAMA._replace(name="other")


def filled() -> Store:
    store = Store()
    store.replace(LEADERWORKERSETS, [lws(), lws(key=OTHER)])
    store.replace(
        PODS, [pod(g, w, key=key) for key in (LLAMA, OTHER) for g in (1, 0) for w in (1, 0)]
    )
    store.replace(NODES, [node("node-0"), node("node-1")])
    return store


def test_nothing_changed_gives_the_same_snapshot():
    store = filled()
    first = store.publish(NOW)
    assert store.publish(NOW + 1) is first
    assert first.version == 1


def test_pods_of_a_set_are_sorted():
    found = filled().publish(NOW).by_set[LLAMA]
    assert [(p.group, p.worker) for p in found] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_only_what_changed_gets_a_new_identity():
    store = filled()
    before = store.publish(NOW)

    store.apply(PODS, "MODIFIED", pod(0, 1, ip="10.0.0.9"))
    after = store.publish(NOW + 1)

    assert after.by_set[LLAMA] is not before.by_set[LLAMA]
    assert after.by_set[OTHER] is before.by_set[OTHER]
    assert after.node_pods["node-1"] is before.node_pods["node-1"]
    assert after.sets is before.sets
    assert after.nodes is before.nodes
    assert after.pods is not before.pods


def test_an_equal_record_is_no_change():
    store = filled()
    before = store.publish(NOW)
    store.apply(NODES, "MODIFIED", node("node-0"))
    store.apply(PODS, "MODIFIED", pod(0, 1))
    assert not store.dirty
    assert store.publish(NOW + 1) is before


def test_published_snapshots_never_change():
    store = filled()
    before = store.publish(NOW)
    store.apply(PODS, "DELETED", pod(0, 1))
    store.publish(NOW + 1)
    assert len(before.by_set[LLAMA]) == 4
    assert pod(0, 1).key in before.pods


def test_pods_outside_sets_count_only_as_holders_of_accelerators():
    store = filled()
    stranger = pod(
        key=OTHER, set_name="", group=-1, worker=-1, name="train", uid="t", node="node-1"
    )
    store.apply(PODS, "ADDED", stranger)
    store.apply(
        PODS, "ADDED", msgspec.structs.replace(stranger, name="web", uid="w", accelerators=())
    )
    snapshot = store.publish(NOW)
    assert stranger.key not in snapshot.pods
    assert {p.name for p in snapshot.node_pods["node-1"] if not p.set_name} == {"train"}

    store.replace(PODS, list(snapshot.pods.values()))
    assert not [p for p in store.publish(NOW).node_pods["node-1"] if not p.set_name]


def test_the_other_pods_of_a_node_are_added_up_exactly():
    store = filled()

    def web(name, **changes):
        base = pod(key=OTHER, set_name="", name=name, uid=name, node="node-1", accelerators=())
        facts = {"cpu_milli": 500, "memory_bytes": 100, **changes}
        return msgspec.structs.replace(base, **facts)

    def load():
        return store.publish(NOW).loads.get("node-1")

    store.page(PODS, [web("a"), web("b", cpu_milli=250), web("c", node="")])
    assert load() == Load(2, 750, 200)
    store.apply(PODS, "MODIFIED", web("a", cpu_milli=600, deleted_at=NOW))
    assert load() == Load(2, 850, 200)
    store.apply(PODS, "DELETED", web("b", uid="an earlier one"))
    assert load() == Load(2, 850, 200)
    store.apply(PODS, "MODIFIED", web("b", phase="Succeeded"))
    assert load() == Load(1, 600, 100)
    store.apply(PODS, "MODIFIED", web("c"))
    store.replace(PODS, [web("c")], namespace=OTHER.namespace)
    assert load() == Load(1, 500, 100)
    store.apply(PODS, "DELETED", web("c"))
    assert load() is None


def test_pods_that_wait_for_a_node_are_kept_whatever_is_in_view():
    store = Store(ClusterState(namespaces=("prod",)))
    far = LLAMA._replace(namespace="far")
    waits = {"node": "", "phase": "Pending"}
    train = pod(key=far, set_name="", name="train", **waits)
    web = pod(key=far, set_name="", name="web", accelerators=(), others=(("rdma/hca", 2),), **waits)
    store.page(PODS, [pod(0), pod(1, key=far, **waits), train, web])
    snapshot = store.publish(NOW)
    assert {key.name for key in snapshot.waiting} == {"llama-1", "train"}
    assert snapshot.loads[""] == Load(1, others=(("rdma/hca", 2),))
    bound = [msgspec.structs.replace(one, node="n1") for one in (train, web)]
    store.page(PODS, [*bound, pod(1, key=far, **waits | {"phase": "Failed"})])
    snapshot = store.publish(NOW)
    assert snapshot.waiting == {}
    assert snapshot.loads == {"n1": Load(1, others=(("rdma/hca", 2),))}
    store.apply(PODS, "DELETED", bound[1])
    assert store.publish(NOW).loads == {}


def test_room_kept_for_a_pod_that_is_not_known_one_by_one_counts_on_that_node():
    store = Store()
    web = pod(set_name="", name="web", accelerators=(), node="", nominated="n1", cpu_milli=5)
    store.apply(PODS, "ADDED", web)
    assert store.publish(NOW).loads == {"n1": Load(1, 5)}


def test_a_list_of_one_namespace_leaves_the_others_alone():
    store = filled()
    far = LLAMA._replace(namespace="far")
    store.apply(PODS, "ADDED", pod(key=far))
    store.replace(PODS, [], namespace="far")
    snapshot = store.publish(NOW)
    assert far not in snapshot.by_set
    assert len(snapshot.by_set[LLAMA]) == 4


def test_the_late_end_of_an_earlier_incarnation_is_ignored():
    store = filled()
    store.apply(PODS, "MODIFIED", pod(0, uid="second"))
    store.apply(PODS, "DELETED", pod(0))
    assert store.publish(NOW).pods[pod(0).key].uid == "second"


def test_history_counts_leaders_and_remembers_readiness():
    store = filled()
    assert store.publish(NOW).history[LLAMA, 0].ready_once

    for n in (1, 2):
        store.apply(PODS, "DELETED", store.get(PODS, pod(0).key))
        store.apply(PODS, "ADDED", starting(0, uid=f"leader-{n}", created_at=NOW + n))
    history = store.publish(NOW + 3).history[LLAMA, 0]

    assert history.incarnations == (pod(0).created_at, NOW + 1, NOW + 2)
    assert not history.ready_once


def test_a_leader_of_a_new_revision_begins_a_new_history():
    store = filled()
    store.apply(PODS, "MODIFIED", starting(0, uid="new", revision="bbb222"))
    assert store.publish(NOW).history[LLAMA, 0].incarnations == (NOW - 10,)


def test_groups_scaled_away_and_sets_deleted_are_forgotten():
    store = filled()
    store.apply(LEADERWORKERSETS, "MODIFIED", lws(replicas=1))
    assert (LLAMA, 1) not in store.publish(NOW).history
    store.apply(LEADERWORKERSETS, "DELETED", lws(replicas=1))
    assert not [slot for slot in store.publish(NOW).history if slot[0] == LLAMA]


def event(n: int) -> Event:
    return Event("prod", f"e{n}", f"uid-{n}", "Normal", "R", "note", "Pod", "p", last_at=float(n))


def test_events_outlive_the_cluster_but_are_bounded():
    store = Store()
    store.replace(EVENTS, [event(0)])
    store.apply(EVENTS, "DELETED", event(0))
    store.replace(EVENTS, [event(1)])
    assert set(store.publish(NOW).events) == {"uid-0", "uid-1"}

    for n in range(2, 2 * EVENT_LIMIT):
        store.apply(EVENTS, "ADDED", event(n))
    kept = store.publish(NOW).events
    assert len(kept) <= EVENT_LIMIT * 1.1
    assert f"uid-{2 * EVENT_LIMIT - 1}" in kept
    assert "uid-0" not in kept


def test_what_the_engine_says_is_published():
    store = Store()
    store.set_cluster(ClusterState(context="c"))
    store.set_controller(ControllerView(mode="leader"))
    store.mark(LLAMA, Pending(NOW, "scale to 3 groups"))
    store.synced(PODS, KindSync("live", NOW, NOW))
    for n in range(ACTIVITY_LIMIT + 5):
        store.log(Activity(NOW, "you", str(n), "x", "done"))
    snapshot = store.publish(NOW)
    assert snapshot.cluster.context == "c"
    assert snapshot.controller.mode == "leader"
    assert snapshot.pending[LLAMA].text == "scale to 3 groups"
    assert snapshot.sync["pods"].state == "live"
    assert len(snapshot.activity) == ACTIVITY_LIMIT
    assert snapshot.activity[-1].what == str(ACTIVITY_LIMIT + 4)

    store.mark(LLAMA, None)
    store.forget(PODS)
    after = store.publish(NOW)
    assert not after.pending
    assert "pods" not in after.sync


def test_equal_views_publish_nothing():
    store = Store(ClusterState(context="c"))
    store.publish(NOW)
    store.set_cluster(ClusterState(context="c"))
    store.set_controller(ControllerView())
    store.mark(LLAMA, None)
    assert not store.dirty


def test_unknown_kinds_are_ignored():
    store = Store()
    store.apply(LEASES, "ADDED", object())
    store.replace(LEASES, [object()])
    assert not store.dirty


def test_native_owners_are_noticed():
    store = filled()
    assert not store.natively_owned
    store.apply(PODS, "MODIFIED", pod(0, owner_kind="StatefulSet"))
    assert store.natively_owned


def test_the_first_start_of_each_group_is_timed_and_a_restart_makes_it_unknown():
    store = Store()
    slow = pod(0, 1, ready_changed_at=NOW - 3500)
    restarted = pod(1, 1, containers=(container(restarts=1),))
    store.replace(PODS, (pod(0), slow, pod(1), restarted))
    assert store.publish(NOW).starts[LLAMA] == (GroupStart("repo/vllm:1", 200.0),)
    store.apply(PODS, "MODIFIED", pod(0, 1, ready_changed_at=NOW))
    assert len(store.publish(NOW).starts[LLAMA]) == 1


def test_a_pod_is_on_one_node_only_and_on_none_without_set_and_accelerators():
    store = Store()
    store.apply(PODS, "ADDED", pod(node="a"))
    assert [*store.publish(NOW).node_pods] == ["a"]
    store.apply(PODS, "MODIFIED", pod(node="b"))
    assert [*store.publish(NOW).node_pods] == ["b"]
    store.apply(PODS, "MODIFIED", pod(node="b", set_name="", accelerators=()))
    snapshot = store.publish(NOW)
    assert not snapshot.node_pods
    assert not snapshot.by_set
