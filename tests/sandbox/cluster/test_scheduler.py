from tests.sandbox.cluster.builders import container, in_group, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually


async def test_a_bound_pod_carries_its_nodes_topology(world: World) -> None:
    world.create(pod("p"))
    bound = await eventually(lambda: (world.pod("p") or {})["spec"].get("nodeName"))
    labels = (world.pod("p") or {})["metadata"]["labels"]
    home = world.store.get("nodes", "", bound)
    assert home is not None
    for key in ("topology.kubernetes.io/zone", "topology.kubernetes.io/region"):
        assert labels[key] == home["metadata"]["labels"][key]
    assert world.condition("p", "PodScheduled")["status"] == "True"
    assert ("Scheduled", f"Successfully assigned default/p to {bound}") in world.events("p")
    assert (world.pod("p") or {})["metadata"].get("generation") == 1


async def test_what_fits_nowhere_says_why_and_fits_later(world: World) -> None:
    for index in range(4):
        world.create(pod(f"held-{index}", containers=[container(gpu=8)]))
    world.create(pod("late", containers=[container(gpu=8)]))
    said = await eventually(lambda: world.condition("late", "PodScheduled").get("message"))
    assert said == (
        "0/12 nodes are available: 10 Insufficient nvidia.com/gpu, 2 node(s) had untolerated "
        "taint(s). no new claims to deallocate, preemption: 0/12 nodes are available: "
        "4 No preemption victims found for incoming pod, 8 Preemption is not helpful for "
        "scheduling."
    )
    assert world.condition("late", "PodScheduled")["reason"] == "Unschedulable"
    assert ("FailedScheduling", said) in world.events("late")
    world.store.delete("pods", "default", "held-2")
    await world.ready("late")


async def test_an_uncordoned_node_takes_what_waited(world: World) -> None:
    for each in world.store.items("nodes"):
        name = each["metadata"]["name"]
        world.store.update("nodes", "", name, lambda it: it["spec"].update(unschedulable=True))
    world.create(pod("p"))
    await eventually(
        lambda: (
            "12 node(s) were unschedulable"
            in world.condition("p", "PodScheduled").get("message", "")
        )
    )
    world.store.update("nodes", "", "h100-02", lambda it: it["spec"].pop("unschedulable"))
    await world.ready("p")
    assert (world.pod("p") or {})["spec"]["nodeName"] == "h100-02"


async def test_a_gated_pod_waits_for_its_gate(world: World) -> None:
    world.create(pod("p", schedulingGates=[{"name": "example.com/gate"}]))
    await eventually(lambda: world.condition("p", "PodScheduled").get("reason"))
    assert world.condition("p", "PodScheduled")["reason"] == "SchedulingGated"
    assert world.events("p") == []
    world.store.update("pods", "default", "p", lambda it: it["spec"].pop("schedulingGates"))
    await world.ready("p")


async def test_exclusive_groups_never_share_a_rack(world: World) -> None:
    names = [f"{group}-{index}" for group in ("one", "two", "three") for index in range(3)]
    for name in names:
        world.create(in_group(name, name.partition("-")[0]))
    await world.ready(*names)
    racks: dict[str, set[str]] = {}
    for name in names:
        home = world.store.get("nodes", "", (world.pod(name) or {})["spec"]["nodeName"])
        assert home is not None
        racks.setdefault(name.partition("-")[0], set()).add(home["metadata"]["labels"]["rack"])
    assert [len(each) for each in racks.values()] == [1, 1, 1]
    assert len(set.union(*racks.values())) == 3


async def test_a_missing_claim_holds_a_pod_until_it_is_there(world: World) -> None:
    volume = {"name": "models", "persistentVolumeClaim": {"claimName": "models"}}
    world.create(pod("p", volumes=[volume]))
    await eventually(
        lambda: (
            'persistentvolumeclaim "models" not found'
            in world.condition("p", "PodScheduled").get("message", "")
        )
    )
    claim = {
        "metadata": {"name": "models", "namespace": "default"},
        "spec": {"resources": {"requests": {"storage": "500Gi"}}},
    }
    world.create(claim, "persistentvolumeclaims")
    await world.ready("p")
    bound = world.store.get("persistentvolumeclaims", "default", "models")
    assert bound is not None
    assert bound["status"]["phase"] == "Bound"
    assert bound["status"]["capacity"] == {"storage": "500Gi"}


async def test_another_schedulers_pod_is_left_alone(world: World) -> None:
    world.create(pod("other", schedulerName="volcano"))
    world.create(pod("ours"))
    await world.ready("ours")
    assert "nodeName" not in (world.pod("other") or {})["spec"]


async def test_rules_that_cannot_be_read_hold_up_nobody_else(world: World) -> None:
    broken = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": ["nonsense"]}}
    world.create(pod("broken", affinity=broken))
    world.create(pod("fine"))
    await world.ready("fine")
    assert world.condition("broken", "PodScheduled")["reason"] == "SchedulerError"
