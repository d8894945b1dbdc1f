"""What there is and how usable it is, as ``lwstui capacity`` says it."""

import msgspec

from controller.api.meta import Key
from controller.api.names import DEVICE_KINDS, PODS
from lwstui.capacity.queue import Crowd
from lwstui.kube.sync import KindSync
from lwstui.state.store import Store
from lwstui.view.capacity import (
    PodSize,
    document,
    entries,
    pod_sizes,
    size_lines,
    unseen_devices,
    waiting_lines,
)
from tests.view.build import GPU, NOW, lws, node, pod, snapshot, template


def asking(name, leader, worker):
    body = {"size": 2, "leaderTemplate": template(leader), "workerTemplate": template(worker)}
    return lws(key=Key("prod", name), leaderWorkerTemplate=body)


def known():
    sets = (asking("llama", 0, 8), asking("qwen", 4, 4), asking("phi", 4, 8))
    held = pod(0, node="b", accelerators=((GPU, 2),))
    return snapshot(sets=sets, pods=(held,), nodes=(node("a"), node("b")))


def text(lines):
    return ["".join(span.text for span in line) for line in lines]


def test_fragmentation_is_told_for_the_pods_of_each_set():
    seen = known()
    found = pod_sizes(seen, entries(seen, "nodes"))
    llama, phi, qwen = (Key("prod", name) for name in ("llama", "phi", "qwen"))
    assert found == (
        PodSize(GPU, 8, (llama, phi), 1 - 8 / 14),
        PodSize(GPU, 4, (phi, qwen), 1 - 12 / 14),
    )
    assert text(size_lines(found)) == [
        f"pods of 8 {GPU}: 43% cannot be used  prod/llama, prod/phi",
        f"pods of 4 {GPU}: 14% cannot be used  prod/phi, prod/qwen",
    ]
    told = document((), "nodes", 8, found)["podSizes"][0]
    assert (told["size"], told["sets"]) == (8, ["prod/llama", "prod/phi"])


def test_where_nothing_is_free_no_share_is_told():
    lines = text(size_lines((PodSize(GPU, 8, (Key("prod", "llama"),), None),)))
    assert lines == [f"pods of 8 {GPU}: nothing is free  prod/llama"]


def test_who_waits_is_named_with_how_many_find_room():
    crowd = Crowd("prod/qwen", 3, ((GPU, 24),), 1, 0)
    said = text(waiting_lines((crowd,)))
    assert said == [f"3 pods of prod/qwen wait for 24 {GPU}, 1 of 3 find room"]
    assert document((), "nodes", 8, (), (crowd,))["waitingPods"][0]["findNode"] == 1


def test_devices_of_claims_that_are_not_known_are_named_only_where_pods_have_claims():
    store = Store()
    store.replace(PODS, [pod()])
    assert unseen_devices(store.publish(NOW)) == ""
    store.replace(PODS, [msgspec.structs.replace(pod(), claims=("c",))])
    seen = store.publish(NOW)
    assert unseen_devices(seen).startswith("no data of devices that claims give: ")
    assert unseen_devices(seen).endswith("have not been read")
    for kind in DEVICE_KINDS:
        assert unseen_devices(store.publish(NOW))
        store.synced(kind, KindSync("live"))
    assert unseen_devices(store.publish(NOW)) == ""
