from typing import Any

import pytest

from lwstui.sandbox.cluster_view import ClusterView, NodeFacts, PodFacts
from lwstui.sandbox.predicates import (
    Refusal,
    choose,
    explain,
    explain_before_filters,
    neighbours,
    refusal,
)
from tests.sandbox.cluster.builders import container, facts, in_group, node, pod, view

TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


def _refused(asked: PodFacts, at: NodeFacts, seen: ClusterView) -> tuple[str, ...]:
    refused = refusal(asked, at, seen, neighbours(asked, seen))
    return refused.reasons if refused else ()


def _node_affinity(operator: str, values: list[str]) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": "rack", "operator": operator, "values": values}]}
    terms = {"nodeSelectorTerms": [term]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


@pytest.mark.parametrize(
    ("asked", "at", "expected"),
    [
        pytest.param({}, {}, (), id="fits"),
        pytest.param(
            {"containers": [container(gpu=9)]}, {}, ("Insufficient nvidia.com/gpu",), id="gpus"
        ),
        pytest.param(
            {"containers": [container(resources={"requests": {"cpu": "9", "memory": "65Gi"}})]},
            {},
            ("Insufficient cpu", "Insufficient memory"),
            id="cpu-and-memory",
        ),
        pytest.param({}, {"allocatable": {"pods": "0"}}, ("Too many pods",), id="pod-slots"),
        pytest.param({}, {"unschedulable": True}, ("node(s) were unschedulable",), id="cordoned"),
        pytest.param({}, {"taints": [TAINT]}, ("node(s) had untolerated taint(s)",), id="taint"),
        pytest.param(
            {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]},
            {"taints": [TAINT]},
            (),
            id="tolerated",
        ),
        pytest.param(
            {"tolerations": [{"key": "nvidia.com/gpu", "value": "other"}]},
            {"taints": [TAINT]},
            ("node(s) had untolerated taint(s)",),
            id="tolerates-another-value",
        ),
        pytest.param({}, {"taints": [{**TAINT, "effect": "PreferNoSchedule"}]}, (), id="soft"),
        pytest.param(
            {"nodeSelector": {"rack": "r2"}},
            {"labels": {"rack": "r1"}},
            ("node(s) didn't match Pod's node affinity/selector",),
            id="selector",
        ),
        pytest.param(
            {"affinity": _node_affinity("In", ["r1"])}, {"labels": {"rack": "r1"}}, (), id="in"
        ),
        pytest.param(
            {"affinity": _node_affinity("NotIn", ["r1"])},
            {"labels": {"rack": "r1"}},
            ("node(s) didn't match Pod's node affinity/selector",),
            id="not-in",
        ),
        pytest.param(
            {"affinity": _node_affinity("Gt", ["4"])}, {"labels": {"rack": "5"}}, (), id="greater"
        ),
    ],
)
def test_one_node(asked: dict[str, Any], at: dict[str, Any], expected: tuple[str, ...]) -> None:
    only = node("n1", **at)
    assert _refused(facts(**asked), only, view(only)) == expected


def test_placed_pods_take_their_share() -> None:
    only = node("n1", gpus=8)
    first = pod("a", nodeName="n1", containers=[container(gpu=5)])
    seen = view(only, placed=(first,))
    assert _refused(facts(containers=[container(gpu=3)]), only, seen) == ()
    assert _refused(facts(containers=[container(gpu=4)]), only, seen) == (
        "Insufficient nvidia.com/gpu",
    )
    assert seen.remove("uid-default-a")
    assert _refused(facts(containers=[container(gpu=8)]), only, seen) == ()


def test_host_ports_exclude_each_other() -> None:
    only = node("n1")
    port = [container(ports=[{"containerPort": 80, "hostPort": 80}])]
    seen = view(only, placed=(pod("a", nodeName="n1", containers=port),))
    assert _refused(facts(containers=port), only, seen) == (
        "node(s) didn't have free ports for the requested pod ports",
    )


class TestExclusiveGroups:
    """Required affinity to the own group, required anti-affinity to every other one."""

    racks = tuple(node(f"n{n}", labels={"rack": f"r{n // 2}"}) for n in range(4))

    def test_the_first_pod_of_a_group_starts_a_domain(self) -> None:
        asked = facts("a", **_spec(in_group("a", "one")))
        seen = view(*self.racks)
        assert [_refused(asked, each, seen) for each in self.racks] == [(), (), (), ()]

    def test_its_own_kind_attracts(self) -> None:
        seen = view(*self.racks, placed=(in_group("a", "one", nodeName="n0"),))
        asked = facts("b", **_spec(in_group("b", "one")))
        away = ("node(s) didn't match pod affinity rules",)
        assert [_refused(asked, each, seen) for each in self.racks] == [(), (), away, away]

    def test_another_group_repels(self) -> None:
        seen = view(*self.racks, placed=(in_group("a", "one", nodeName="n0"),))
        asked = facts("b", **_spec(in_group("b", "two")))
        away = ("node(s) didn't match pod anti-affinity rules",)
        assert [_refused(asked, each, seen) for each in self.racks] == [away, away, (), ()]

    def test_placed_pods_repel_too(self) -> None:
        seen = view(*self.racks, placed=(in_group("a", "one", nodeName="n0"),))
        labels = {"leaderworkerset.sigs.k8s.io/group-key": "two"}
        asked = facts("b", labels=labels)
        away = ("node(s) didn't satisfy existing pods anti-affinity rules",)
        assert [_refused(asked, each, seen) for each in self.racks] == [away, away, (), ()]

    def test_another_namespace_is_left_alone(self) -> None:
        seen = view(*self.racks, placed=(in_group("a", "one", nodeName="n0", namespace="x"),))
        asked = facts("b", **_spec(in_group("b", "two")))
        assert [_refused(asked, each, seen) for each in self.racks] == [(), (), (), ()]

    def test_a_node_without_the_key_is_no_domain(self) -> None:
        bare = node("bare")
        asked = facts("a", **_spec(in_group("a", "one")))
        assert _refused(asked, bare, view(bare)) == ("node(s) didn't match pod affinity rules",)


def _spec(built: dict[str, Any]) -> dict[str, Any]:
    return {"labels": built["metadata"]["labels"], **built["spec"]}


def test_the_message_counts_reasons_and_says_what_preemption_could_do() -> None:
    full = Refusal(("Insufficient nvidia.com/gpu",), resolvable=True)
    both = Refusal(("Insufficient cpu", "Insufficient nvidia.com/gpu"), resolvable=False)
    taint = Refusal(("node(s) had untolerated taint(s)",), resolvable=False)
    refusals = {"a": full, "b": full, "c": both, "d": taint}
    assert explain(refusals) == (
        "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), "
        "3 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/4 nodes are "
        "available: 2 No preemption victims found for incoming pod, "
        "2 Preemption is not helpful for scheduling."
    )
    assert explain(refusals, preempts=False).endswith(
        "preemption: not eligible due to preemptionPolicy=Never."
    )


def test_messages_without_a_histogram() -> None:
    assert explain({}) == "no nodes available to schedule pods"
    assert explain_before_filters(3, 'persistentvolumeclaim "c" not found').startswith(
        '0/3 nodes are available: persistentvolumeclaim "c" not found. '
    )


def test_more_than_a_node_has_cannot_be_solved_by_eviction() -> None:
    only = node("n1", gpus=8)
    seen = view(only)
    asked = facts(containers=[container(gpu=16)])
    refused = refusal(asked, only, seen, neighbours(asked, seen))
    assert refused == Refusal(("Insufficient nvidia.com/gpu",), resolvable=False)


def test_the_emptier_node_is_chosen_then_the_lower_name() -> None:
    nodes = (node("n1"), node("n2"), node("n3"))
    busy = pod("a", nodeName="n1", containers=[container(resources={"requests": {"cpu": "4"}})])
    seen = view(*nodes, placed=(busy,))
    assert choose(facts(), nodes, seen).name == "n2"


def test_preferences_outweigh_room() -> None:
    nodes = (node("n1", labels={"rack": "r1"}), node("n2", labels={"rack": "r2"}))
    preference = {"matchExpressions": [{"key": "rack", "operator": "In", "values": ["r2"]}]}
    prefers = [{"weight": 5, "preference": preference}]
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": prefers}}
    assert choose(facts(affinity=affinity), nodes, view(*nodes)).name == "n2"


def test_preferred_anti_affinity_spreads() -> None:
    nodes = (node("n1"), node("n2"))
    labels = {"app": "aikit"}
    term = {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": labels},
    }
    apart = [{"weight": 100, "podAffinityTerm": term}]
    affinity = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": apart}}
    heavy = container(resources={"requests": {"cpu": "6"}})
    seen = view(
        *nodes,
        placed=(
            pod("a", labels=labels, nodeName="n1"),
            pod("b", nodeName="n2", containers=[heavy]),
        ),
    )
    assert choose(facts("c", labels=labels, affinity=affinity), nodes, seen).name == "n2"


def test_a_soft_taint_is_avoided_while_another_node_fits() -> None:
    soft = {**TAINT, "effect": "PreferNoSchedule"}
    busy = pod("a", nodeName="n2", containers=[container(resources={"requests": {"cpu": "4"}})])
    nodes = (node("n1", taints=[soft]), node("n2"))
    assert choose(facts(), nodes, view(*nodes, placed=(busy,))).name == "n2"
    tolerant = facts(tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists"}])
    assert choose(tolerant, nodes, view(*nodes, placed=(busy,))).name == "n1"
    assert choose(facts(), nodes[:1], view(*nodes)).name == "n1"
