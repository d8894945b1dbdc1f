"""What an answer says besides the number: where, what stops the next, what would help."""

import msgspec
import pytest

from controller.api import names
from lwstui.capacity import answer as asking_of
from lwstui.capacity.answer import CAP, Blocker
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.fragmentation import pools
from lwstui.capacity.vectors import shapes
from lwstui.state.foreign import Load
from tests.view.build import GPU, lws, node, pod, template

GIB = 1 << 30


def answer(made, nodes, pods, groups=CAP, **more):
    return asking_of.answer(made, Cluster(nodes, pods, **more), groups)


def asking(gpus=8, cpu="", memory="", size=2, **notes):
    made = template(gpus)
    limits = made["spec"]["containers"][0]["resources"]["limits"]
    limits |= {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}
    found = lws(leaderWorkerTemplate={"size": size, "workerTemplate": made})
    meta = msgspec.structs.replace(found.metadata, annotations=notes)
    return msgspec.structs.replace(found, metadata=meta)


def host(name, gpus=8, **changes):
    base = {"cpu_milli": 96_000, "memory_bytes": 1024 * GIB, "max_pods": 110}
    return node(name, gpus, **{**base, **changes})


def hosts(*made):
    return {one.name: one for one in made}


def stranger(on, gpus=8):
    return pod(
        set_name="", name=f"train-{on}", group=-1, worker=-1, node=on, accelerators=((GPU, gpus),)
    )


def test_each_node_is_told_by_what_keeps_the_next_group_off():
    nodes = hosts(
        host("a"),
        host("b"),
        host("busy"),
        host("cordoned", unschedulable=True),
        host("down", ready=False),
        host("tainted", taints=(("dedicated", "x", "NoSchedule"),)),
        host("small", cpu_milli=4000),
    )
    found = answer(asking(cpu="8"), nodes, {"busy": (stranger("busy"),)})
    assert found.groups == 1
    assert found.homes[0].nodes == ("a", "b")
    assert set(found.blockers) == {
        Blocker(f"short of {GPU}", 3),
        Blocker("short of cpu", 1),
        Blocker("cordoned", 1),
        Blocker("not ready", 1),
        Blocker("with taint dedicated", 1),
    }


@pytest.mark.parametrize(
    ("short", "asked"),
    [("cpu", {"cpu": "64"}), ("memory", {"memory": "800Gi"})],
)
def test_what_else_than_devices_is_short(short, asked):
    found = answer(asking(4, size=2, **asked), hosts(host("a")), {})
    assert found.groups == 0
    assert found.blockers == (Blocker("with room for part of a group", 1),)
    held = {"a": Load(3, 40_000, 300 * GIB)}
    found = answer(asking(4, size=1, **asked), hosts(host("a")), {}, loads=held)
    assert found.groups == 0
    assert found.blockers == (Blocker(f"short of {short}", 1),)


def test_pods_outside_sets_take_the_places_of_pods():
    full = {"a": Load(109)}
    assert answer(asking(2, size=2), hosts(host("a")), {}, loads=full).groups == 0
    assert answer(asking(2, size=1), hosts(host("a")), {}, loads=full).groups == 1


def test_what_is_being_terminated_still_holds_and_what_is_finished_does_not():
    nodes = hosts(host("a"))
    leaving = stranger("a")
    held = msgspec.structs.replace(leaving, deleted_at=1.0)
    over = msgspec.structs.replace(leaving, phase="Succeeded")
    assert answer(asking(8, size=1), nodes, {"a": (held,)}).groups == 0
    assert answer(asking(8, size=1), nodes, {"a": (over,)}).groups == 1


def test_acts_that_would_make_one_more_fit():
    nodes = hosts(
        host("a"),
        host("b", unschedulable=True),
        host("c", ready=False),
        host("d", taints=(("dedicated", "x", "NoSchedule"),)),
        host("e"),
        host("useless", 4, unschedulable=True),
    )
    found = answer(asking(), nodes, {"e": (stranger("e"),)})
    assert found.groups == 0
    assert set(found.unlocks) == {
        "uncordon b",
        "repair c",
        "tolerate taint dedicated of d",
        f"free 8 {GPU} on e: pod prod/train-e",
    }


def test_a_domain_that_nearly_fits_says_what_it_lacks():
    racks = {"r1": (8, 8), "r2": (8, 4), "r3": (4, 4), "r4": (8,)}
    nodes = hosts(
        *(
            host(f"{rack}-{i}", gpus, labels={"rack": rack}, unschedulable=False)
            for rack, sizes in racks.items()
            for i, gpus in enumerate(sizes)
        ),
        host("r4-1", labels={"rack": "r4"}, unschedulable=True),
    )
    found = answer(asking(**{names.EXCLUSIVE_TOPOLOGY: "rack"}), nodes, {})
    assert [home.domain for home in found.homes] == ["r1"]
    assert found.near == (
        "r2 short by 1 worker",
        "r4 short by 1 worker",
        f"r3: needs 8 {GPU} on one node, most free is 4",
    )
    assert found.unlocks == ("uncordon r4-1",)
    assert Blocker("in a rack these groups take", 2) in found.blockers


def test_what_the_next_group_lacks_wherever_it_may_lie():
    part = answer(asking(size=3), hosts(host("a"), host("b"), host("c", 4)), {})
    assert part.near == ("2 of 3 pods of the next group have room",)
    holes = answer(asking(size=1), hosts(host("a", 4), host("b", 6)), {})
    assert holes.near == (f"the next leader needs 8 {GPU} on one node, most free is 6",)
    assert answer(asking(size=1), hosts(host("a")), {}, groups=1).near == ()
    assert answer(asking(size=1), hosts(host("a")), {"a": (stranger("a"),)}).near == ()


def test_what_subgroups_of_the_next_group_lack():
    note = {names.SUBGROUP_EXCLUSIVE_TOPOLOGY: "block"}
    made = asking(8, size=4, **note)
    made.spec["leaderWorkerTemplate"]["subGroupPolicy"] = {"subGroupSize": 2}
    nodes = [host(f"n{i}", labels={"block": f"b{i // 2}"}) for i in range(3)]
    found = answer(made, hosts(*nodes), {})
    assert (found.groups, found.near) == (
        0,
        ("1 of the 2 block domains that a group needs have room",),
    )


def test_an_exclusive_group_keeps_other_groups_of_its_namespace_out():
    nodes = hosts(host("a", labels={"rack": "r1"}), host("b", labels={"rack": "r1"}))
    there = pod(7, node="a", accelerators=(), topology="rack")
    found = answer(asking(size=1), nodes, {"a": (there,)})
    assert found.groups == 0
    assert found.blockers == (Blocker("in the rack of an exclusive group", 2),)
    elsewhere = msgspec.structs.replace(there, namespace="far")
    assert answer(asking(size=1), nodes, {"a": (elsewhere,)}).groups == 2


def test_room_that_a_scheduler_may_strand():
    """The leader prefers the emptier node, which is the only one that workers fit on."""
    leader = template(0)
    leader["spec"]["containers"][0]["resources"]["limits"] = {"cpu": "50"}
    worker = template(8)
    worker["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "60"
    made = lws(leaderWorkerTemplate={"size": 2, "leaderTemplate": leader, "workerTemplate": worker})
    nodes = hosts(host("big"), host("router", 0, cpu_milli=60_000, memory_bytes=256 * GIB))
    busy = {"router": Load(1, 5000, 100 * GIB)}
    found = answer(made, nodes, {}, loads=busy)
    assert (found.groups, found.stranded) == (1, True)
    assert not answer(made, nodes | hosts(host("more")), {}, groups=1, loads=busy).stranded


def test_what_is_not_counted_is_named():
    made = asking(1, cpu="1")
    found = answer(made, hosts(host("a", cpu_milli=0)), {})
    said = "; ".join(found.assumptions)
    assert "cpu of 1 of 1 nodes is not known" in said
    assert "cpu of pods outside sets without devices are not subtracted" in said
    known = answer(asking(1, cpu="1"), hosts(host("a")), {}, loads={})
    assert known.assumptions == ("no autoscaling, no preemption; volumes are not looked at",)


def test_devices_of_no_use_are_what_the_best_packing_leaves():
    found = answer(asking(8, size=1), hosts(host("a"), host("b", 12), host("c", 4)), {})
    assert (found.groups, found.idle) == (2, {GPU: 8})
    assert answer(asking(8, size=1), hosts(host("a")), {}, groups=1).idle == {}


def containers(*gpus):
    return [{"resources": {"limits": {GPU: str(n)}}} for n in gpus]


def sidecar(gpus):
    return {**containers(gpus)[0], "restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("main", "init", "expected"),
    [
        ((4, 4), [], 8),
        ((1,), containers(8), 8),
        ((1,), [sidecar(2)], 3),
        ((1,), [sidecar(2), *containers(4)], 6),
        ((1,), [*containers(4), sidecar(2)], 4),
    ],
)
def test_effective_requests(main, init, expected):
    spec = {"containers": containers(*main), "initContainers": init}
    found = shapes({"leaderWorkerTemplate": {"size": 2, "workerTemplate": {"spec": spec}}})
    assert found is not None
    assert found.worker == {GPU: expected, "pods": 1}


def test_overhead_is_part_of_a_request():
    one = {"resources": {"limits": {GPU: "8"}, "requests": {"cpu": "4000m"}}}
    spec = {"containers": [one], "overhead": {"cpu": "250m"}}
    found = shapes({"leaderWorkerTemplate": {"workerTemplate": {"spec": spec}}})
    assert found is not None
    assert found.leader == {GPU: 8, "cpu": 4250, "pods": 1}


def test_fragmentation_is_the_share_that_pods_of_a_size_cannot_use():
    nodes = [host("a"), host("b"), host("c"), host("shut", unschedulable=True)]
    held = {"a": (stranger("a", 2),), "b": (stranger("b", 5),)}
    (pool,) = pools(nodes, held)
    assert pool.holes == ((3, 1), (6, 1), (8, 1))
    assert (pool.free, pool.allocated, pool.shut, pool.largest) == (17, 7, 8, 8)
    assert pool.usable(4) == 12
    assert pool.fragmentation(4) == pytest.approx(1 - 12 / 17)
    assert pools([], {}) == ()
