"""Devices that claims give, counted on nodes and pods like any other."""

import msgspec
import pytest

from controller.api.devices import (
    Allotted,
    ClaimTemplate,
    Device,
    DeviceClaim,
    DeviceClass,
    DeviceRequest,
    DeviceSlice,
)
from controller.api.meta import Key
from controller.api.names import (
    CLAIM_TEMPLATES,
    DEVICE_CLAIMS,
    DEVICE_CLASSES,
    DEVICE_SLICES,
    NODES,
    PODS,
)
from lwstui.capacity.free import Devices, node_devices
from lwstui.state.deviceclasses import Meaning, counts_devices, meaning
from lwstui.state.store import Store
from tests.view.build import NOW, node, pod

DRIVER = "gpu.nvidia.com"
IS_GPU = f"device.driver == '{DRIVER}' && device.attributes['{DRIVER}'].type == 'gpu'"

GPUS = (DeviceClass("gpu", "c", (IS_GPU,)),)


def gpu(index, **changes):
    base = Device(f"gpu-{index}", kind="gpu", uuid=f"GPU-{index}")
    return msgspec.structs.replace(base, **changes)


def offering(host, *devices, **changes):
    base = DeviceSlice(f"{host}-s", f"u-{host}", DRIVER, host, 1, 1, host, devices)
    return msgspec.structs.replace(base, **changes)


def bare(name):
    return msgspec.structs.replace(node(name), allocatable=(), capacity=())


def given(name, *devices, host="n1", **changes):
    base = DeviceClaim(
        "prod",
        name,
        f"u-{name}",
        (DeviceRequest("r", "gpu", len(devices)),),
        tuple(Allotted(DRIVER, host, device) for device in devices),
        allocated=True,
    )
    return msgspec.structs.replace(base, **changes)


def using(*claims, index=0, host="n1", **changes):
    return pod(index, node=host, accelerators=(), claims=claims, **changes)


def filled(*, slices=(), claims=(), classes=GPUS, pods=(), nodes=1):
    store = Store()
    store.replace(NODES, [bare(f"n{i + 1}") for i in range(nodes)])
    store.replace(PODS, pods)
    store.replace(DEVICE_SLICES, slices)
    store.replace(DEVICE_CLASSES, classes)
    store.replace(DEVICE_CLAIMS, claims)
    return store


def devices(store, host="n1"):
    seen = store.publish(NOW)
    return node_devices(seen.nodes[host], seen.node_pods.get(host, ()))


FOUR = offering("n1", *map(gpu, range(4)))


def test_what_drivers_offer_and_claims_hold():
    store = filled(slices=[FOUR], claims=[given("c", "gpu-0", "gpu-2")], pods=[using("c")])
    assert devices(store) == (Devices(DRIVER, 4, 4, 2),)
    (held,) = store.publish(NOW).node_pods["n1"]
    assert held.accelerators == ((DRIVER, 2),)
    assert held.devices == ("GPU-0", "GPU-2")


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (3, 0, 4, 1, 2)])
def test_the_order_of_lists_does_not_matter(order):
    lists = [
        (NODES, [bare("n1")]),
        (PODS, [using("c")]),
        (DEVICE_SLICES, [FOUR]),
        (DEVICE_CLASSES, [DeviceClass("gpu", "c", (IS_GPU,))]),
        (DEVICE_CLAIMS, [given("c", "gpu-0")]),
    ]
    store = Store()
    for at in order:
        store.replace(*lists[at])
        store.publish(NOW)
    assert devices(store) == (Devices(DRIVER, 4, 4, 1),)


def test_what_changes_is_counted_anew():
    store = filled(slices=[FOUR], claims=[given("c", "gpu-0")], pods=[using("c")])
    store.apply(DEVICE_SLICES, "MODIFIED", offering("n1", gpu(0), gpu(1, shut=True)))
    assert devices(store) == (Devices(DRIVER, 1, 2, 1),)
    store.apply(DEVICE_CLAIMS, "DELETED", given("c", "gpu-0"))
    assert devices(store) == (Devices(DRIVER, 1, 2, 0),)
    store.apply(DEVICE_SLICES, "DELETED", FOUR)
    assert devices(store) == ()


def test_a_node_s_own_devices_stay():
    store = filled(slices=[FOUR])
    store.apply(NODES, "MODIFIED", node("n1", 2))
    assert devices(store) == (Devices(DRIVER, 4, 4, 0), Devices("nvidia.com/gpu", 2, 2, 0))


def test_a_claim_that_is_not_met_yet_asks():
    waits = given("c", allocated=False, requests=(DeviceRequest("r", "gpu", 3),))
    store = filled(slices=[FOUR], claims=[waits], pods=[using("c", host="", phase="Pending")])
    (waiting,) = store.publish(NOW).waiting.values()
    assert waiting.accelerators == ((DRIVER, 3),)


def test_a_pod_outside_sets_with_a_claim_holds_devices():
    lone = using("c", set_name="", name="lone")
    store = filled(slices=[FOUR], claims=[given("c", "gpu-0")], pods=[lone])
    assert devices(store) == (Devices(DRIVER, 4, 4, 1),)
    assert store.publish(NOW).loads == {}
    store.apply(PODS, "DELETED", lone)
    assert devices(store) == (Devices(DRIVER, 4, 4, 0),)


def test_a_claim_that_pods_share_counts_once():
    pods = [using("c", index=0), using("c", index=1)]
    shared = given("c", "gpu-0", users=(pods[1].uid, pods[0].uid))
    assert devices(filled(slices=[FOUR], claims=[shared], pods=pods)) == (Devices(DRIVER, 4, 4, 1),)


def test_who_only_looks_holds_nothing_and_shares_of_a_device_hold_it_once():
    looks = given("look", allotted=(Allotted(DRIVER, "n1", "gpu-1", looks=True),))
    shares = [given(n, allotted=(Allotted(DRIVER, "n1", "gpu-0", share=n),)) for n in ("a", "b")]
    pods = [using("look"), using("a", index=1), using("b", index=2)]
    found = devices(filled(slices=[FOUR], claims=[looks, *shares], pods=pods))
    assert found == (Devices(DRIVER, 4, 4, 1),)


def test_only_whole_pools_of_the_newest_generation_count():
    old = offering("n1", gpu(0), gpu(1), name="old")
    half = offering("n1", gpu(0), name="half", generation=2, slices=2)
    rest = offering("n1", gpu(1), gpu(2), name="rest", generation=2, slices=2)
    store = filled(slices=[old])
    assert devices(store) == (Devices(DRIVER, 2, 2, 0),)
    store.apply(DEVICE_SLICES, "ADDED", half)
    assert devices(store) == ()
    store.apply(DEVICE_SLICES, "ADDED", rest)
    assert devices(store) == (Devices(DRIVER, 3, 3, 0),)


def test_parts_of_a_device_are_alternatives_of_the_whole():
    made_of = {"counters": ("set-0",)}
    parts = [Device(f"mig-{i}", kind="mig", **made_of) for i in range(7)]
    slices = [offering("n1", gpu(0, **made_of), gpu(1, counters=("set-1",)), *parts)]
    store = filled(slices=slices, pods=[using("c")])
    assert devices(store) == (Devices(DRIVER, 2, 2, 0),)
    store.apply(DEVICE_CLAIMS, "ADDED", given("c", "mig-3"))
    assert devices(store) == (Devices(DRIVER, 1, 1, 0), Devices(f"{DRIVER}/mig", 1, 1, 1))
    store.apply(DEVICE_CLAIMS, "MODIFIED", given("c", "gpu-0"))
    assert devices(store) == (Devices(DRIVER, 2, 2, 1),)


def test_a_class_may_stand_for_an_extended_resource():
    stands = DeviceClass("gpu", "c", (IS_GPU,), "nvidia.com/gpu")
    store = filled(slices=[FOUR], claims=[given("c", "gpu-0")], classes=[stands], pods=[using("c")])
    assert devices(store) == (Devices("nvidia.com/gpu", 4, 4, 1),)
    assert store.publish(NOW).devices.classes == {"gpu": "nvidia.com/gpu"}


def test_drivers_of_other_things_do_not_count_accelerators():
    nic = Allotted("dra.example.com", "n1", "nic-0")
    slices = [offering("n1", Device("nic-0"), Device("nic-1"), driver="dra.example.com")]
    store = filled(slices=slices, claims=[given("c", allotted=(nic,))], pods=[using("c")])
    assert devices(store) == ()
    seen = store.publish(NOW)
    assert seen.nodes["n1"].others == (("dra.example.com", 2),)
    assert seen.node_pods["n1"][0].others == (("dra.example.com", 1),)


def test_what_was_read_is_handed_out_as_it_was_read():
    store = filled(slices=[FOUR], claims=[given("c", "gpu-0")], pods=[using("c")])
    assert [one.accelerators for one in store.held(PODS)] == [()]
    assert [one.allocatable for one in store.held(NODES)] == [()]
    assert list(store.held(DEVICE_SLICES)) == [FOUR]


def test_templates_are_kept_by_name():
    store = filled()
    made = ClaimTemplate("prod", "t", "u", (DeviceRequest("r", "gpu", 2),))
    store.replace(CLAIM_TEMPLATES, [made])
    assert store.publish(NOW).devices.templates == {Key("prod", "t"): made}
    store.replace(CLAIM_TEMPLATES, [], namespace="far")
    assert store.publish(NOW).devices.templates == {Key("prod", "t"): made}
    store.replace(CLAIM_TEMPLATES, [])
    assert store.publish(NOW).devices.templates == {}


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        ((IS_GPU,), Meaning(DRIVER, "gpu", plain=True)),
        ((f'device.driver == "{DRIVER}"',), Meaning(DRIVER, "", plain=True)),
        (tuple(IS_GPU.split(" && ")), Meaning(DRIVER, "gpu", plain=True)),
        ((f"{IS_GPU} && device.capacity['x'].memory > 1",), Meaning(DRIVER, "gpu", plain=False)),
        ((f"{IS_GPU} || true",), Meaning(DRIVER, "", plain=False)),
        ((), Meaning()),
    ],
)
def test_what_a_class_selects(selectors, expected):
    assert meaning(selectors) == expected


def test_a_class_of_a_driver_with_several_kinds_cannot_be_counted():
    whole = DeviceClass("any", "c", (f"device.driver == '{DRIVER}'",))
    store = filled(slices=[FOUR], classes=[whole])
    assert store.publish(NOW).devices.classes == {"any": DRIVER}
    store.apply(DEVICE_SLICES, "ADDED", offering("n2", Device("mig-0", kind="mig")))
    assert store.publish(NOW).devices.classes == {"any": ""}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (DRIVER, True),
        (f"{DRIVER}/mig", True),
        ("neuron.aws.com", True),
        ("nvidia.com/gpu", True),
        ("compute-domain.nvidia.com", False),
        ("dra.net", False),
        ("cpu", False),
    ],
)
def test_which_drivers_count_devices(name, counts):
    assert counts_devices(name) is counts
