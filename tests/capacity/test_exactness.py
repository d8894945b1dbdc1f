"""Answers against every possible way to place pods, on small random clusters."""

from functools import cache
from types import SimpleNamespace

import msgspec
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from controller.api import names
from controller.api.lws import SubGroupPolicy
from controller.api.meta import Key
from controller.plan.pods import subgroup_index
from lwstui.capacity.answer import answer
from lwstui.capacity.cluster import Cluster
from tests.view.build import GPU, lws, node, pod

SEED = 20_260_829
EXAMPLES = 300
LIMIT = 3
HUGE = "hugepages-1Gi"
FAR = Key("far", "qwen")


def reproducible(test, examples=EXAMPLES):
    """Run the same instances each time, and say which when one fails."""
    print(f"seed {SEED}")
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.filter_too_much],
    )
    return seed(SEED)(chosen(test))


@st.composite
def clusters(draw):
    """Return nodes with (gpu, cpu, huge pages, places) and where they are, as tuples.

    After those come the rack, the block, whether it is shut, and whether a group and a subgroup
    are there already.
    """
    count = draw(st.integers(1, 5))
    racks = [draw(st.sampled_from(("r1", "r2", "r3", ""))) for _ in range(count)]
    rare = st.sampled_from((False, False, False, False, True))
    return [
        (
            (
                draw(st.integers(0, 5)),
                draw(st.integers(0, 6)),
                draw(st.sampled_from((0, 2, 4, 9))),
                draw(st.sampled_from((1, 3, 9, 9))),
            ),
            rack,
            f"{rack}{draw(st.sampled_from('ab'))}" if rack and not draw(rare) else "",
            draw(st.sampled_from(("", "", "", "", "", "", "cordon", "affinity"))),
            draw(rare),
            draw(rare),
        )
        for rack in racks
    ]


def records(cluster):
    nodes, pods = {}, {}
    for i, (has, rack, block, shut, group, subgroup) in enumerate(cluster):
        gpu, cpu, huge, places = has
        name, labels = f"n{i}", {k: v for k, v in (("rack", rack), ("block", block)) if v}
        nodes[name] = node(
            name,
            gpu,
            cpu_milli=1000 * cpu + 1,
            labels=labels | {"tier": "spot" if shut == "affinity" else "owned"},
            unschedulable=shut == "cordon",
            max_pods=places + group + subgroup,
            others=((HUGE, huge),) if huge else (),
        )
        there = [pod(90 + i, 1, node=name, accelerators=(), group_key="x")] if group else []
        there += [pod(80 + i, 1, node=name, accelerators=(), subgroup=0)] if subgroup else []
        pods[name] = tuple(there)
    return nodes, pods


def template(gpu, cpu, huge):
    asked = {k: str(v) for k, v in ((GPU, gpu), ("cpu", cpu), (HUGE, huge)) if v}
    required = {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["spot"]}]}
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [required]}
        }
    }
    containers = [{"name": "main", "resources": {"limits": asked}}]
    return {"spec": {"containers": containers, "affinity": affinity}}


def asking(shape, *, exclusive=False, policy=None):
    leader, worker, size = shape
    body = {
        "size": size,
        "leaderTemplate": template(*leader),
        "workerTemplate": template(*worker),
    }
    notes = {names.EXCLUSIVE_TOPOLOGY: "rack"} if exclusive else {}
    if policy is not None:
        body["subGroupPolicy"] = {"subGroupSize": policy[0], "subGroupPolicyType": policy[1]}
        notes[names.SUBGROUP_EXCLUSIVE_TOPOLOGY] = "block"
    made = lws(leaderWorkerTemplate=body)
    meta = msgspec.structs.replace(made.metadata, annotations=notes)
    return msgspec.structs.replace(made, metadata=meta)


def brute(cluster, shape, *, exclusive=False, policy=None):  # noqa: C901 - one search
    """Place pod by pod in every possible way; return the most groups, at most ``LIMIT``."""
    leader, worker, size = shape
    rules = SubGroupPolicy(*policy) if policy else None
    made = SimpleNamespace(size=size, sub_group_policy=rules)
    subgroups = [subgroup_index(made, index) for index in range(size)]
    taken = frozenset(c[1] for c in cluster if c[4] and c[1])
    subtaken = frozenset(c[2] for c in cluster if c[5] and c[2])

    def placing(groups):
        @cache
        def place(at, free, racks, blocks, rack, block):  # noqa: PLR0917 - the key of the cache
            if at == groups * size:
                return True
            index = at % size
            asked = (*(worker if index else leader), 1)
            sub = subgroups[index]
            if not index:
                rack = ""
            fresh = not index or sub != subgroups[index - 1]
            if fresh:
                block = ""
            for i, has in enumerate(free):
                _, here, inner, shut, _, _ = cluster[i]
                if shut or any(a < b for a, b in zip(has, asked, strict=True)):
                    continue
                if exclusive and (here != rack if index else not here or here in racks):
                    continue
                confined = policy is not None and sub >= 0
                if confined and (inner != block if block else not inner or inner in blocks):
                    continue
                rest = tuple(a - b for a, b in zip(has, asked, strict=True))
                left = (*free[:i], rest, *free[i + 1 :])
                if place(
                    at + 1,
                    left,
                    racks | {here} if exclusive else racks,
                    blocks | {inner} if confined else blocks,
                    here if exclusive else "",
                    inner if confined else "",
                ):
                    return True
            return False

        return place(0, tuple(c[0] for c in cluster), taken, subtaken, "", "")

    return next((groups for groups in range(LIMIT, 0, -1) if placing(groups)), 0)


def amounts(most_gpu, most_cpu):
    huge = st.sampled_from((0, 0, 0, 1, 2))
    return st.tuples(st.integers(0, most_gpu), st.integers(0, most_cpu), huge)


shaped = st.tuples(amounts(3, 3), amounts(3, 2), st.integers(1, 4))


@st.composite
def subgrouped(draw):
    size = draw(st.integers(2, 5))
    policy = (draw(st.integers(1, size)), draw(st.sampled_from(("LeaderWorker", "LeaderExcluded"))))
    whole = (size - 1) % policy[0] == 0
    assume(whole or (policy[1] == "LeaderWorker" and size % policy[0] == 0))
    return (draw(amounts(2, 2)), draw(amounts(2, 2)), size), policy


def agree(cluster, shape, **how):
    nodes, pods = records(cluster)
    assume(any(shape[0]) or (shape[2] > 1 and any(shape[1])))
    found = answer(asking(shape, **how), Cluster(nodes, pods), LIMIT)
    assert found.groups == brute(cluster, shape, **how)
    assert len(found.homes) == found.groups
    return found


@reproducible
@given(clusters(), shaped)
def test_groups_that_lie_anywhere(cluster, shape):
    found = agree(cluster, shape)
    assert sum(leaders for leaders, _ in found.used.values()) == found.groups
    assert sum(workers for _, workers in found.used.values()) == found.groups * (shape[2] - 1)
    for name, (leaders, workers) in found.used.items():
        has = cluster[int(name[1:])][0]
        for i in range(3):
            assert leaders * shape[0][i] + workers * shape[1][i] <= has[i]
        assert leaders + workers <= has[3]
    assert all(len(home.nodes) <= shape[2] for home in found.homes)


@reproducible
@given(clusters(), shaped)
def test_groups_that_take_a_domain_each(cluster, shape):
    found = agree(cluster, shape, exclusive=True)
    assert len({home.domain for home in found.homes}) == found.groups


@reproducible
@given(clusters(), subgrouped())
def test_subgroups_that_take_a_domain_each(cluster, drawn):
    agree(cluster, drawn[0], policy=drawn[1])


@reproducible
@given(clusters(), subgrouped())
def test_groups_and_their_subgroups_that_take_a_domain_each(cluster, drawn):
    agree(cluster, drawn[0], exclusive=True, policy=drawn[1])


@reproducible
@given(clusters(), amounts(3, 3), st.integers(0, 4))
def test_pods_that_wait_take_as_many_places_as_they_find(cluster, shape, count):
    """Pods of one shape: whoever places them how, as many find a place in all."""
    assume(any(shape))
    nodes, pods = records(cluster)
    gpu, cpu, huge = shape
    waiting = [
        pod(i, key=FAR, size=1, node="", phase="Pending", accelerators=((GPU, gpu),) if gpu else ())
        for i in range(count)
    ]
    others = ((HUGE, huge),) if huge else ()
    ahead = [msgspec.structs.replace(p, cpu_milli=1000 * cpu, others=others) for p in waiting]
    made = asking((shape, shape, 1))
    theirs = msgspec.structs.replace(made, metadata=lws(key=FAR).metadata)
    known = Cluster(nodes, pods, waiting={p.key: p for p in ahead}, sets={FAR: theirs})
    alone, found = answer(made, Cluster(nodes, pods)), answer(made, known)
    come = sum(crowd.placed for crowd in found.first)
    assert found.without == alone.groups
    assert (found.groups, come) == (max(0, alone.groups - count), min(count, alone.groups))
