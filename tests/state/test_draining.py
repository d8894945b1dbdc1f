"""Which pods leave a drained node, and in which order."""

from lwstui.state.draining import tenants, turn

PREFIX = "leaderworkerset.sigs.k8s.io/"


def raw(name, *, owner="ReplicaSet", group=None, worker=0, phase="Running", **meta):
    labels = {}
    if group is not None:
        labels = {
            PREFIX + "name": "llama",
            PREFIX + "group-index": str(group),
            PREFIX + "worker-index": str(worker),
        }
    owners = [{"kind": owner, "controller": True}] if owner else []
    metadata = {"namespace": "p", "name": name, "uid": f"u-{name}", "labels": labels}
    return {"metadata": {**metadata, "ownerReferences": owners, **meta}, "status": {"phase": phase}}


def names(pods):
    return [pod.name for pod in pods]


def test_daemons_and_mirrors_stay_and_orphans_are_named():
    found = tenants(
        [
            raw("a"),
            raw("ds", owner="DaemonSet"),
            raw("mirror", owner="Node", annotations={"kubernetes.io/config.mirror": "x"}),
            raw("alone", owner=""),
            raw("done", owner="", phase="Succeeded"),
        ]
    )
    assert names(found.leaving) == ["a", "done"]
    assert found.staying == 2
    assert found.unmanaged == ("p/alone",)


def test_leaders_go_first_and_take_their_workers():
    found = tenants([raw("l-0-1", group=0, worker=1), raw("l-0", group=0), raw("x")])
    assert names(found.leaving) == ["l-0", "x", "l-0-1"]
    assert sorted(names(turn(found.leaving, {}, frozenset()))) == ["l-0", "x"]


def test_one_worker_is_enough_where_the_group_is_recreated():
    found = tenants([raw(f"l-0-{w}", group=0, worker=w) for w in (1, 2, 3)])
    whole = frozenset({("p", "llama", "0")})
    first = turn(found.leaving, {}, whole)
    assert names(first) == ["l-0-1"]
    assert turn(found.leaving, {"u-l-0-1": 1.0}, whole) == []
    assert names(turn(found.leaving, {}, frozenset())) == ["l-0-1", "l-0-2", "l-0-3"]


def test_a_group_on_its_way_is_left_alone():
    leaving = [raw("l-0-1", group=0, worker=1, deletionTimestamp="x"), raw("l-0-2", group=0)]
    found = tenants(leaving)
    assert turn(found.leaving, {}, frozenset({("p", "llama", "0")})) == []
