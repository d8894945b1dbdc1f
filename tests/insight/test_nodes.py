"""Each rule about nodes and devices: the least that fires it, and what only looks like it."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.insight import devices, nodes
from lwstui.state.telemetry import Mark, Telemetry, grouped, next_devices
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.join import Owner
from lwstui.telemetry.quantities import Quantity
from tests.insight.support import NOW, event, world
from tests.view.build import lws, node, pod

POD = Key("prod", "llama-0")
HELD = Owner((POD,), "device")


def reading(index=0, at=NOW, model="H100", **values):
    found = {Quantity[name.upper()]: value for name, value in values.items()}
    return Reading(DeviceId("node-0", f"GPU-{index}"), at, str(index), model, values=found)


def measured(*rounds, owner=HELD):
    """Return telemetry after rounds of readings."""
    views = {}
    for found in rounds:
        owners = {one.device: owner for one in found}
        views = next_devices(views, found, owners, 0.0)
    by_node, by_pod = grouped(views.values())
    return Telemetry(NOW, 15.0, views, by_node, by_pod)


def fired(rules, one):
    found = {}
    for finding in rules.findings(one):
        found.setdefault(finding.rule, []).append(finding.diagnosis)
    return found


def on(**changes):
    """Return a world whose group 0 is on a node like this."""
    return world(pod(), pod(0, 1, node="node-0"), nodes=(node("node-0", **changes),))


OFFERS = {"capacity": (("nvidia.com/gpu", 8),)}
REBOOT = event("Rebooted", "node-0", regarding_kind="Node", namespace="")
DRIVER = "nvidia.com/cuda.driver-version.full"

NODE_CASES = {
    "N1": (
        on(ready=False, ready_reason="NodeStatusUnknown"),
        on(),
        "it does not answer any more; unless it recovers, 1 group with a pod there will be "
        "recreated as a whole",
    ),
    "N1 unwell": (
        on(ready=False, ready_reason="KubeletNotReady"),
        on(ready_reason="KubeletReady"),
        "it is not ready: KubeletNotReady; unless it recovers, 1 group with a pod there will be "
        "recreated as a whole",
    ),
    "N2": (
        on(troubles=(("DiskPressure", "KubeletHasDiskPressure"),)),
        on(troubles=(("NetworkUnavailable", "x"),)),
        "it runs out of disk: pods may be evicted",
    ),
    "N3": (
        on(unschedulable=True),
        world(nodes=(node("node-0", unschedulable=True),)),
        "it is cordoned and still holds pods of 1 group: recreated, they go elsewhere or wait",
    ),
    "N4": (
        on(troubles=(("KernelDeadlock", "DockerHung"),)),
        on(troubles=(("MemoryPressure", "x"),)),
        "it reports trouble with its host: KernelDeadlock",
    ),
    "N5": (
        world(pod(), events=(REBOOT,)),
        world(pod(), events=(msgspec.structs.replace(REBOOT, last_at=NOW - 3601),)),
        "it was started again within the last hour",
    ),
    "N6": (
        world(
            pod(),
            pod(0, 1, node="node-1"),
            nodes=(
                node("node-0", labels={DRIVER: "550"}),
                node("node-1", labels={DRIVER: "560"}),
            ),
        ),
        world(
            pod(),
            pod(0, 1, node="node-1"),
            nodes=(node("node-0", labels={DRIVER: "550"}), node("node-1", labels={DRIVER: "550"})),
        ),
        "its nodes run 2 versions of the driver",
    ),
    "D13": (
        on(allocatable=(("nvidia.com/gpu", 7),), **OFFERS),
        on(allocatable=(("nvidia.com/gpu", 8),), **OFFERS),
        "it holds 1 of its 8 nvidia.com/gpu back as unhealthy; they stay out until the "
        "plugin restarts",
    ),
    "D14": (
        on(allocatable=(("nvidia.com/gpu", 0),), **OFFERS),
        on(allocatable=(("nvidia.com/gpu", 1),), **OFFERS),
        "it offers none of its 8 nvidia.com/gpu: its device plugin is down, or its "
        "driver does not load",
    ),
    "D15": (
        on(labels={"nvidia.com/gpu.product": "NVIDIA-H100-MIG-INVALID"}),
        on(labels={"nvidia.com/gpu.product": "NVIDIA-H100-MIG-1g.10gb"}),
        "it is partitioned in a way that offers nothing",
    ),
    "D15 mixed": (
        world(pod(), telemetry=measured([reading(0), reading(1, model="A100")])),
        world(pod(), telemetry=measured([reading(0), reading(1)])),
        "it has devices of several models",
    ),
}


@pytest.mark.parametrize("name", NODE_CASES)
def test_a_rule_about_nodes_fires_and_its_near_miss_does_not(name):
    firing, near, diagnosis = NODE_CASES[name]
    rule = name.split()[0]
    assert fired(nodes, firing).get(rule) == [diagnosis]
    assert rule not in fired(nodes, near)


def xid(before, after):
    return world(pod(), telemetry=measured([reading(xid=before)], [reading(xid=after, at=NOW - 1)]))


def counter(name, before, after):
    return world(pod(), telemetry=measured([reading(**{name: before})], [reading(**{name: after})]))


def siblings(*busy):
    return world(
        pod(), telemetry=measured([reading(n, util=share) for n, share in enumerate(busy)])
    )


def clocks(celsius, *megahertz):
    found = [reading(n, clock=c, util=0.99, temperature=celsius) for n, c in enumerate(megahertz)]
    return world(pod(), telemetry=measured(found))


DEVICE_CASES = {
    "D1": (xid(0, 79), xid(79, 79), "GPU 0 of node-0 fell off the bus"),
    "D1 until it was reset": (
        xid(0, 79),
        world(
            pod(),
            telemetry=measured(
                [reading(xid=0)], [reading(xid=79, at=NOW - 60)], [reading(xid=0, at=NOW - 1)]
            ),
        ),
        "GPU 0 of node-0 fell off the bus",
    ),
    "D1 silent": (
        world(pod(), telemetry=measured([reading(0, at=NOW - 61), reading(1)], [reading(1)])),
        world(pod(), telemetry=measured([reading(0, at=NOW - 59), reading(1)], [reading(1)])),
        "GPU 0 of node-0 is not reported any more although others on the node are",
    ),
    "D2": (
        xid(0, 48),
        xid(48, 48),
        "GPU 0 of node-0: its memory has an error that cannot be corrected",
    ),
    "D2 counted": (
        counter("ecc_double", 1, 2),
        counter("ecc_double", 2, 2),
        "GPU 0 of node-0: its memory has errors that cannot be corrected",
    ),
    "D3": (xid(0, 63), xid(0, 64), "GPU 0 of node-0: a row of its memory was replaced"),
    "D4": (xid(0, 64), xid(0, 63), "GPU 0 of node-0: a row of its memory could not be replaced"),
    "D5": (
        xid(31, 94),
        xid(94, 94),
        "GPU 0 of node-0: a memory error was contained: only the program on it died",
    ),
    "D6": (xid(0, 31), xid(0, 33), "GPU 0 of node-0: the program on it did something illegal"),
    "D7": (xid(0, 74), xid(0, 73), "GPU 0 of node-0: its link to the other devices has a fault"),
    "D7 counted": (
        counter("link_errors", 0, 9),
        counter("link_errors", 9, 0),
        "GPU 0 of node-0: its link to the other devices makes errors",
    ),
    "D8": (xid(0, 119), xid(0, 118), "GPU 0 of node-0: its firmware hangs"),
    "D9": (
        clocks(88.0, 900.0, 1980.0),
        clocks(88.0, 1900.0, 1980.0),
        "GPU 0 of node-0 is 88 °C hot and slows itself down",
    ),
    "D9 warm": (
        clocks(85.0, 900.0, 1980.0),
        clocks(84.0, 900.0, 1980.0),
        "GPU 0 of node-0 is 85 °C hot and slows itself down",
    ),
    "D10": (
        world(pod(), telemetry=measured([reading(power=690.0, power_limit=700.0)])),
        world(pod(), telemetry=measured([reading(power=680.0, power_limit=700.0)])),
        "GPU 0 of node-0 draws all the power it may",
    ),
    "D11": (
        counter("pcie_replays", 0, 500),
        counter("pcie_replays", 0, 199),
        "GPU 0 of node-0: its PCIe link repeats what it sends",
    ),
    "E12": (
        siblings(0.3, 0.95, 0.95, 0.96),
        siblings(0.3, 0.5, 0.95, 0.96),
        "GPU 0 of node-0 works 30% of the time, its siblings in the group 95%: the group waits "
        "for it",
    ),
}


@pytest.mark.parametrize("name", DEVICE_CASES)
def test_a_rule_about_devices_fires_and_its_near_miss_does_not(name):
    firing, near, diagnosis = DEVICE_CASES[name]
    rule = name.split()[0]
    assert fired(devices, firing).get(rule) == [diagnosis]
    assert rule not in fired(devices, near)


def test_an_error_belongs_to_the_pod_that_held_the_device_before():
    first = measured([reading(xid=0)])
    view = next(iter(first.devices.values()))
    heir = Owner((Key("prod", "llama-1"),), "device")
    after = next_devices(first.devices, [reading(xid=79)], {view.reading.device: heir}, 0.0)
    (changed,) = after.values()
    assert changed.xid == Mark(79.0, NOW, (POD,))
    by_node, by_pod = grouped(after.values())
    seen = world(pod(), pod(1), telemetry=Telemetry(NOW, 15.0, after, by_node, by_pod))
    (finding,) = devices.findings(seen)
    assert finding.groups == {(Key("prod", "llama"), 0)}


def test_a_code_from_before_the_console_watched_is_no_finding():
    assert fired(devices, world(pod(), telemetry=measured([reading(xid=79)]))) == {}


def test_a_gap_keeps_what_was_marked():
    told = measured([reading(xid=0)], [reading(xid=48)], [], [])
    (view,) = told.devices.values()
    assert view.xid == Mark(48.0, NOW, (POD,))


def test_old_readings_are_no_stragglers():
    found = [reading(n, util=share, at=NOW - 60) for n, share in enumerate((0.1, 0.9, 0.9))]
    assert "E12" not in fired(devices, world(pod(), telemetry=measured(found)))


def test_stages_of_a_pipeline_are_not_held_against_each_other():
    views = [reading(n, util=share) for n, share in enumerate((0.9, 0.9, 0.9, 0.3))]
    held = {
        one.device: Owner((Key("prod", f"llama-0{end}"),), "device")
        for one, end in zip(views, ("", "-1", "-2", "-3"), strict=True)
    }
    found = next_devices({}, views, held, 0.0)
    by_node, by_pod = grouped(found.values())
    told = Telemetry(NOW, 15.0, found, by_node, by_pod)
    members = [pod(0, worker, size=4, node="node-0") for worker in range(4)]

    def with_flags(flags):
        container = {"name": "main", "image": "vllm", "args": [f"vllm serve m {flags}"]}
        template = {"spec": {"containers": [container]}}
        spec = {"size": 4, "workerTemplate": template}
        return world(*members, sets=(lws(1, 4, leaderWorkerTemplate=spec),), telemetry=told)

    assert "E12" in fired(devices, with_flags("--tensor-parallel-size 4"))
    assert "E12" not in fired(devices, with_flags("--pipeline-parallel-size 4"))
    assert "E12" not in fired(devices, with_flags("--pipeline-parallel-size $(STAGES)"))


def test_nothing_is_wrong_with_a_healthy_cluster():
    told = measured([reading(n, util=0.9, xid=0, temperature=60.0) for n in range(8)])
    assert fired(devices, world(pod(), telemetry=told)) == {}
    assert fired(nodes, on()) == {}
