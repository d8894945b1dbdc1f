"""What is counted, against a scheduler that counts for itself: the sandbox's."""

from functools import partial

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from controller.api.core import decode_node
from controller.api.names import NODES, PODS, SET_NAME
from controller.api.pods import decode_pod
from lwstui.capacity.answer import CAP, answer
from lwstui.capacity.vectors import Holders
from lwstui.sandbox.cluster_view import (
    ClusterView,
    holds_resources,
    node_facts,
    pod_facts,
)
from lwstui.sandbox.predicates import choose, neighbours, refusal
from lwstui.state.store import Store
from lwstui.view.fit import known_cluster
from tests.capacity.test_exactness import reproducible
from tests.view.build import GPU, NOW, lws

few = partial(reproducible, examples=100)
OTHERS = ("hugepages-1Gi", "rdma/hca", "ephemeral-storage")
TAINTS = ({"key": "dedicated", "value": "x", "effect": "NoSchedule"},)
RACK = {"key": "rack", "operator": "In", "values": ["r1", "r2"]}
BIG = {"key": "size", "operator": "Gt", "values": ["3"]}


def asks(draw, most_gpus):
    """Return a list of resources, most of which are left out most of the time."""
    found = {
        GPU: str(draw(st.integers(0, most_gpus))),
        "cpu": f"{draw(st.integers(0, 3000))}m",
        "memory": f"{draw(st.integers(0, 6))}Gi",
    }
    found |= {name: str(draw(st.sampled_from((0, 1, 2)))) for name in OTHERS}
    kept = draw(st.sets(st.sampled_from(sorted(found)), max_size=4))
    return {name: amount for name, amount in found.items() if name in kept}


def container(draw, most_gpus):
    where = draw(st.sampled_from(("requests", "limits")))
    return {"name": "x", "resources": {where: asks(draw, most_gpus)}}


def spec_of(draw, most_gpus):
    init = [container(draw, most_gpus) for _ in range(draw(st.integers(0, 1)))]
    for one in init:
        if draw(st.booleans()):
            one["restartPolicy"] = "Always"
    made = {
        "containers": [container(draw, most_gpus) for _ in range(draw(st.integers(1, 2)))],
        "initContainers": init,
    }
    if draw(st.integers(0, 3)) == 0:
        made["overhead"] = {"cpu": "100m", "memory": "1Gi"}
    return made


@st.composite
def clusters(draw):
    """Return raw nodes and raw pods that lie on them, in sets and outside."""
    nodes = [
        {
            "metadata": {
                "name": f"n{i}",
                "labels": {"rack": draw(st.sampled_from(("r1", "r2", "r3"))), "size": str(i)},
            },
            "spec": {
                "unschedulable": draw(st.integers(0, 5)) == 0,
                "taints": list(draw(st.sampled_from(((), (), TAINTS)))),
            },
            "status": {
                "allocatable": {
                    GPU: str(draw(st.integers(0, 8))),
                    "cpu": "8",
                    "memory": "16Gi",
                    "pods": str(draw(st.integers(1, 8))),
                    **{name: str(draw(st.integers(0, 4))) for name in OTHERS},
                },
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
        for i in range(draw(st.integers(1, 6)))
    ]
    pods = [
        {
            "metadata": {
                "name": f"p{i}",
                "namespace": "prod",
                "uid": f"p{i}",
                "labels": {SET_NAME: "other"} if draw(st.booleans()) else {},
            },
            "spec": spec_of(draw, 3)
            | {"nodeName": draw(st.sampled_from(nodes))["metadata"]["name"]},
            "status": {"phase": draw(st.sampled_from(("Pending", "Running", "Succeeded")))},
        }
        for i in range(draw(st.integers(0, 8)))
    ]
    return nodes, pods


@st.composite
def templates(draw):
    """Return a spec that asks for something, with rules about nodes."""
    made = spec_of(draw, 4)
    made["containers"][0]["resources"] = {"limits": {GPU: str(draw(st.integers(1, 4)))}}
    if draw(st.booleans()):
        made["tolerations"] = [{"key": "dedicated", "operator": "Exists"}]
    if draw(st.integers(0, 3)) == 0:
        made["nodeSelector"] = {"rack": "r1"}
    terms = draw(st.lists(st.sampled_from(([RACK], [BIG], [RACK, BIG])), max_size=2))
    if terms:
        required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
        made["affinity"] = {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}
        }
    return made


def known(cluster):
    """Return what the console knows, and what the scheduler does."""
    nodes, pods = cluster
    store, view = Store(), ClusterView()
    store.replace(NODES, [decode_node(msgspec.json.encode(one)) for one in nodes])
    store.replace(PODS, [decode_pod(msgspec.json.encode(one)) for one in pods])
    for one in nodes:
        view.nodes[one["metadata"]["name"]] = node_facts(one)
    for one in pods:
        if holds_resources(one):
            view.place(pod_facts(one))
    return store.publish(NOW), view


@few
@given(clusters())
def test_what_is_free_is_what_the_scheduler_has_left(cluster):
    snapshot, view = known(cluster)
    seen = known_cluster(snapshot)
    holders = Holders(seen.nodes, seen.pods, seen.loads, OTHERS)
    for name, facts in view.nodes.items():
        free, used = holders.free(name), view.used(name)
        for resource, offered in facts.allocatable.items():
            left = max(0, offered - used.get(resource, 0))
            assert free[resource] == (left if resource == "cpu" else left // 1000), resource


def scheduled(view, spec):
    """Place pods until none finds a node, and return how many did."""
    for count in range(CAP):
        meta = {"name": f"new-{count}", "namespace": "prod", "uid": f"new-{count}"}
        facts = pod_facts({"metadata": meta, "spec": spec})
        near = neighbours(facts, view)
        fitting = [n for n in view.nodes.values() if refusal(facts, n, view, near) is None]
        if not fitting:
            return count
        chosen = choose(facts, fitting, view).name
        view.place(pod_facts({"metadata": meta, "spec": {**spec, "nodeName": chosen}}))
    return CAP


@few
@given(clusters(), templates())
def test_as_many_groups_of_one_pod_fit_as_the_scheduler_places(cluster, spec):
    snapshot, view = known(cluster)
    made = lws(leaderWorkerTemplate={"size": 1, "workerTemplate": {"spec": spec}})
    assert answer(made, known_cluster(snapshot)).groups == scheduled(view, spec)
