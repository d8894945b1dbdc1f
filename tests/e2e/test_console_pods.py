"""Operations on groups, pods and nodes from the keyboard: what arrives, and what comes back."""

from __future__ import annotations

import aiohttp

from lwstui.data import folder as data
from lwstui.kube.manifests import load_manifests
from tests.e2e.cli import demo
from tests.e2e.desk import PODS, desk


async def test_recreate_a_group(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        before = at.uids
        await at.press("enter", "g", "r")
        await at.confirm("RECREATE GROUP")
        (body,) = await at.arrived("DELETE", f"{PODS}/demo-0")
        assert body["propagationPolicy"] == "Foreground"
        assert body["preconditions"]["uid"] == before["demo-0"]
        await at.see(lambda: at.uids.keys() == before.keys() and all_new(at, before, "demo-0"))
        await at.serving(2)
        assert at.uids["demo-1"] == before["demo-1"]
        await at.see("groups 2/2 ready")


def all_new(at, before, prefix) -> bool:
    """Tell whether the pods of a group are others than before."""
    names = [name for name in before if name == prefix or name.startswith(f"{prefix}-")]
    return all(at.uids[name] != before[name] for name in names)


async def test_delete_and_kill_a_pod(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        for key, says, grace in (("ctrl+d", "DELETE POD", None), ("ctrl+k", "KILL POD", 0)):
            before = at.uids
            at.app.run_command("pods demo-1-1")
            await at.see("acting on: demo-1-1")
            await at.press(key)
            await at.confirm(says)
            (body,) = await at.arrived("DELETE", f"{PODS}/demo-1-1", before["demo-1-1"])
            assert body.get("gracePeriodSeconds") == grace
            await at.see(
                lambda before=before: (
                    at.uids.keys() == before.keys() and all_new(at, before, "demo-1")
                )
            )
            await at.serving(2)
            assert at.uids["demo-0"] == before["demo-0"]


async def test_delete_a_group_by_its_leader(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        before = at.uids
        await at.press("enter", "g", "ctrl+d")
        await at.confirm("RECREATE GROUP")
        assert len(await at.arrived("DELETE", f"{PODS}/demo-0")) == 1
        await at.see(lambda: at.uids.keys() == before.keys() and all_new(at, before, "demo-0"))
        await at.serving(2)


async def test_cordon_drain_and_uncordon_a_node(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        node = next(pod.node for pod in at.pods if pod.name == "demo-1")
        path = f"/api/v1/nodes/{node}"
        before = at.uids
        at.app.run_command("nodes")
        await at.see(lambda: at.app.front.route.screen == "nodes")
        await at.press("slash", *node, "enter")
        await at.see(f"acting on: node {node}")
        await at.press("c")
        await at.confirm("CORDON")
        (body,) = await at.arrived("PATCH", path)
        assert body["spec"] == {"unschedulable": True}
        await at.see("cordoned")
        await at.press("r")
        await at.confirm("DRAIN")
        await at.see(lambda: at.uids.keys() == before.keys() and all_new(at, before, "demo-1"))
        await at.serving(2)
        assert node not in {pod.node for pod in at.pods}
        evicted = [one for one in at.heard if one.path.endswith("/eviction") and not one.dry]
        assert evicted
        await at.press("u")
        await at.confirm("UNCORDON")
        await at.see(lambda: not at.app.snapshot.nodes[node].unschedulable)
        (*_, body) = await at.arrived("PATCH", path, times=2)
        assert body["spec"] == {"unschedulable": None}


async def test_forward_a_port_to_a_leader(tmp_path):
    objects = load_manifests([str(data("examples") / "13-vllm-gpu.yaml")])
    sample = next(one for one in objects if one["kind"] == "LeaderWorkerSet")
    sample["metadata"]["name"] = "demo"
    sample["spec"]["replicas"] = 1
    async with desk(tmp_path, sample) as at:
        await at.serving(1)
        await at.press("enter", "g", "F")
        await at.see("FORWARD TO demo-0")
        at.app.screen.query_one("#form-value-1").value = ""
        await at.confirm("FORWARD TO demo-0")
        await at.see("leads to leader of")
        url = at.app.clipboard
        async with aiohttp.ClientSession() as http, http.get(f"{url}/health") as answer:
            assert answer.status == 200
        await at.press("f")
        await at.see(url)
