"""Sets nobody recorded: what their pods look like and where they run, by the API's contract."""

from typing import Any

from tests.e2e.conftest import World
from tests.support.kubeapi import STRATEGIC, Json, KubeApi, kube_api
from tests.support.trace import is_ready
from tests.support.waiting import eventually

LWS = "leaderworkerset.sigs.k8s.io/"


def container(name: str = "main", image: str = "nginx:1", **more: Any) -> Json:
    return {"name": name, "image": image, **more}


def template(*containers: Json, metadata: Json | None = None, **spec: Any) -> Json:
    made: Json = {"spec": {"containers": list(containers) or [container()], **spec}}
    return made if metadata is None else {"metadata": metadata, **made}


def manifest(
    name: str, *, replicas: int = 1, size: int = 2, annotations: Json | None = None, **spec: Any
) -> Json:
    """Return a set; ``group`` merges into ``leaderWorkerTemplate``, the rest into the spec."""
    group = {"size": size, "workerTemplate": template(), **spec.pop("group", {})}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name, "annotations": annotations or {}},
        "spec": {"replicas": replicas, "leaderWorkerTemplate": group, **spec},
    }


async def pods_of(api: KubeApi, name: str) -> dict[str, Json]:
    pods = await api.list("pods", f"{LWS}name={name}")
    return {str(pod["metadata"]["name"]): pod for pod in pods}


def env(pod: Json, kind: str = "containers", index: int = 0) -> dict[str, str]:
    return {each["name"]: each["value"] for each in pod["spec"][kind][index].get("env", ())}


def label(pod: Json, key: str) -> str | None:
    found: str | None = pod["metadata"]["labels"].get(f"{LWS}{key}")
    return found


async def test_leaders_come_first_and_subgroups_share_hosts_within_the_rack_of_their_group(
    world: World,
) -> None:
    gpus = {"limits": {"nvidia.com/gpu": "4"}}
    linux = {"kubernetes.io/os": "linux"}
    made = manifest(
        "deep",
        replicas=2,
        size=4,
        startupPolicy="LeaderReady",
        annotations={
            f"{LWS}exclusive-topology": "rack",
            f"{LWS}subgroup-exclusive-topology": "kubernetes.io/hostname",
        },
        group={
            "subGroupPolicy": {"subGroupSize": 2},
            "workerTemplate": template(container(resources=gpus), nodeSelector=linux),
        },
    )
    early: list[str] = []

    def note(change: Any) -> None:
        """Remember workers that are made before their leader is ready."""
        if (change.key, change.type) == ("pods", "ADDED"):
            leader = change.object["metadata"]["annotations"].get(f"{LWS}leader-name")
            found = world.sandbox.store.get("pods", "default", leader) if leader else None
            if leader and (found is None or not is_ready(found)):
                early.append(change.object["metadata"]["name"])

    stop = world.sandbox.store.subscribe(note)
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", made)
        await world.ready("deep", 2)
        stop()
        assert early == []
        pods = await pods_of(api, "deep")
        nodes = await KubeApi(api.http, api.url, "").list("nodes")
    racks = {n["metadata"]["name"]: n["metadata"]["labels"]["rack"] for n in nodes}
    hosts = {name: pod["spec"]["nodeName"] for name, pod in pods.items()}
    for group in (0, 1):
        names = [f"deep-{group}", *(f"deep-{group}-{w}" for w in (1, 2, 3))]
        assert len({racks[hosts[name]] for name in names}) == 1
        assert hosts[names[0]] == hosts[names[1]] != hosts[names[2]] == hosts[names[3]]
        assert [label(pods[name], "subgroup-index") for name in names] == ["0", "0", "1", "1"]
        worker = pods[names[1]]["spec"]["nodeSelector"]
        assert worker == {**linux, "rack": racks[hosts[names[0]]]}
        assert pods[names[0]]["spec"]["nodeSelector"] == linux
    assert racks[hosts["deep-0"]] != racks[hosts["deep-1"]]


async def test_an_excluded_leader_is_in_no_subgroup_and_every_pod_has_its_claim(
    world: World,
) -> None:
    claim = {
        "metadata": {"name": "cache", "labels": {"dropped": "yes"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
    }
    mounted = container(volumeMounts=[{"name": "cache", "mountPath": "/c"}])
    made = manifest(
        "apart",
        size=5,
        group={
            "subGroupPolicy": {"subGroupSize": 2, "subGroupPolicyType": "LeaderExcluded"},
            "volumeClaimTemplates": [claim],
            "workerTemplate": template(mounted, volumes=[{"name": "cache", "emptyDir": {}}]),
        },
    )
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", made)
        await world.ready("apart", 1)
        pods = await pods_of(api, "apart")
        claims = {c["metadata"]["name"]: c for c in await api.list("persistentvolumeclaims")}
    names = ["apart-0", *(f"apart-0-{worker}" for worker in range(1, 5))]
    assert [label(pods[n], "subgroup-index") for n in names] == [None, "0", "0", "1", "1"]
    assert label(pods["apart-0"], "subgroup-key") is None
    assert pods["apart-0"]["metadata"]["annotations"][f"{LWS}subgroup-policy-type"] == (
        "LeaderExcluded"
    )
    assert sorted(claims) == sorted(f"cache-{name}" for name in names)
    for name in names:
        assert pods[name]["spec"]["volumes"] == [
            {"name": "cache", "persistentVolumeClaim": {"claimName": f"cache-{name}"}}
        ]
    key = label(pods["apart-0"], "group-key")
    assert claims["cache-apart-0"]["metadata"]["labels"] == {
        f"{LWS}name": "apart",
        f"{LWS}worker-index": "0",
    }
    assert claims["cache-apart-0-3"]["metadata"]["labels"] == {
        f"{LWS}name": "apart",
        f"{LWS}group-index": "0",
        f"{LWS}group-key": key,
    }


async def test_tpu_hosts_of_a_subgroup_follow_the_subdomain_of_the_group(world: World) -> None:
    chips = container(resources={"limits": {"google.com/tpu": "4"}})
    made = manifest(
        "tpu",
        size=4,
        networkConfig={"subdomainPolicy": "UniquePerReplica"},
        group={"subGroupPolicy": {"subGroupSize": 2}, "workerTemplate": template(chips)},
    )
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", made)
        await world.ready("tpu", 1)
        pods = await pods_of(api, "tpu")
    told = {
        name: (env(pod)["TPU_WORKER_HOSTNAMES"], env(pod)["TPU_WORKER_ID"])
        for name, pod in pods.items()
    }
    assert told == {
        "tpu-0": ("tpu-0.tpu-0,tpu-0-1.tpu-0", "0"),
        "tpu-0-1": ("tpu-0.tpu-0,tpu-0-1.tpu-0", "1"),
        "tpu-0-2": ("tpu-0-2.tpu-0,tpu-0-3.tpu-0", "0"),
        "tpu-0-3": ("tpu-0-2.tpu-0,tpu-0-3.tpu-0", "1"),
    }
    assert {env(pod)["TPU_NAME"] for pod in pods.values()} == {"tpu-0"}
    assert env(pods["tpu-0-2"])["LWS_LEADER_ADDRESS"] == "tpu-0.tpu-0.default"


async def test_reserved_keys_of_a_template_are_overridden_and_others_kept(world: World) -> None:
    metadata = {
        "labels": {
            f"{LWS}name": "mine", f"{LWS}worker-index": "7", f"{LWS}group-index": "7",
            f"{LWS}template-revision-hash": "mine", "apps.kubernetes.io/pod-index": "7",
            "statefulset.kubernetes.io/pod-name": "mine", "app": "kept",
        },
        "annotations": {f"{LWS}size": "99", f"{LWS}leader-name": "mine", "note": "kept"},
    }  # fmt: skip
    made = manifest(
        "bold", group={"workerTemplate": template(metadata=metadata, hostname="x", subdomain="y")}
    )
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", made)
        await world.ready("bold", 1)
        pods = await pods_of(api, "bold")
    leader, worker = pods["bold-0"], pods["bold-0-1"]
    assert [label(leader, k) for k in ("name", "worker-index", "group-index")] == ["bold", "0", "0"]
    assert [label(worker, k) for k in ("name", "worker-index", "group-index")] == ["bold", "1", "0"]
    for pod, ordinal in ((leader, "0"), (worker, "1")):
        meta, name = pod["metadata"], pod["metadata"]["name"]
        assert meta["labels"]["app"] == meta["annotations"]["note"] == "kept"
        assert meta["labels"]["apps.kubernetes.io/pod-index"] == ordinal
        assert meta["labels"]["statefulset.kubernetes.io/pod-name"] == name
        assert meta["annotations"][f"{LWS}size"] == "2"
        assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == (name, "bold")
    assert f"{LWS}leader-name" not in leader["metadata"]["annotations"]
    assert worker["metadata"]["annotations"][f"{LWS}leader-name"] == "bold-0"


async def test_init_containers_and_sidecars_know_the_group_too(world: World) -> None:
    own = [
        {"name": "LWS_GROUP_SIZE", "value": "mine"},
        {"name": "A", "value": "$(LWS_WORKER_INDEX)"},
    ]
    made = manifest(
        "every",
        group={
            "workerTemplate": template(
                container("a", env=own),
                container("b"),
                initContainers=[
                    container("first", env=own),
                    container("beside", restartPolicy="Always"),
                ],
            )
        },
    )
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", made)
        await world.ready("every", 1)
        worker = (await pods_of(api, "every"))["every-0-1"]
    ours = [
        ("LWS_LEADER_ADDRESS", "every-0.every.default"),
        ("LWS_GROUP_SIZE", "2"),
        ("LWS_WORKER_INDEX", "1"),
    ]
    for kind, index in (("containers", 0), ("initContainers", 0)):
        found = list(env(worker, kind, index).items())
        assert found == [*ours, ("A", "$(LWS_WORKER_INDEX)")]
    for kind, index in (("containers", 1), ("initContainers", 1)):
        assert list(env(worker, kind, index).items()) == ours


async def test_neighbours_whose_names_collide_do_not_touch_each_other(world: World) -> None:
    unique = {"subdomainPolicy": "UniquePerReplica"}
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", manifest("a", size=2, networkConfig=unique))
        await world.ready("a", 1)
        before = await pods_of(api, "a")
        await api.create("leaderworkersets", manifest("a-0", replicas=2, networkConfig=unique))

        async def reported() -> bool:
            events = await api.list("events")
            return any(
                e["regarding"]["name"] == "a-0" and e["type"] == "Warning" and "a-0-1" in e["note"]
                for e in events
            )

        await eventually(reported)
        await eventually(lambda: len(world.pods("a-0")) == 2, what="group 0 of a-0 is made")
        assert sorted(await pods_of(api, "a-0")) == ["a-0-0", "a-0-0-1"]
        after = await pods_of(api, "a")
        uids = [{n: p["metadata"]["uid"] for n, p in each.items()} for each in (before, after)]
        assert uids[0] == uids[1]
        await api.delete("leaderworkersets", "a")
        await world.ready("a-0", 2)
        assert label((await pods_of(api, "a-0"))["a-0-1"], "name") == "a-0"


async def test_restarts_while_a_group_starts_are_remembered_until_it_has_started(
    world: World,
) -> None:
    slow = {"annotations": {"sandbox.lwstui.dev/pull": "100000s"}}
    made = manifest(
        "late",
        group={
            "restartPolicy": "RecreateGroupAfterStart",
            "leaderTemplate": template(),
            "workerTemplate": template(metadata=slow),
        },
    )
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", made)

        async def leader_runs() -> bool:
            pods = await pods_of(api, "late")
            return len(pods) == 2 and pods["late-0"]["status"]["phase"] == "Running"

        await eventually(leader_runs)
        pods = await pods_of(api, "late")
        uid = pods["late-0"]["metadata"]["uid"]
        statuses = pods["late-0"]["status"]["containerStatuses"]
        statuses[0]["restartCount"] = 1
        status = {"status": {"containerStatuses": statuses}}
        await api.patch("pods", "late-0", status, subresource="status")
        # Something else of the set is done after the restart was seen: it was let pass.
        await api.patch("leaderworkersets", "late", {"spec": {"replicas": 2}}, subresource="scale")
        await eventually(lambda: len(world.pods("late")) == 4)
        now = (await pods_of(api, "late"))["late-0"]["metadata"]
        assert (now["uid"], "deletionTimestamp" in now) == (uid, False)
        running = {"status": {"phase": "Running"}}
        await api.patch("pods", "late-0-1", running, subresource="status")

        async def is_new() -> bool:
            found = (await pods_of(api, "late")).get("late-0")
            return found is not None and found["metadata"]["uid"] != uid

        await eventually(is_new, what="the started group is made anew")


async def test_claims_of_a_group_that_is_scaled_away_go_with_it_if_they_should(
    world: World,
) -> None:
    claim = {
        "metadata": {"name": "cache"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
    }
    policy = {"whenDeleted": "Delete", "whenScaled": "Delete"}
    made = manifest(
        "cached",
        replicas=2,
        group={
            "volumeClaimTemplates": [claim],
            "persistentVolumeClaimRetentionPolicy": policy,
        },
    )
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", made)
        await world.ready("cached", 2)
        before = {c["metadata"]["name"]: c for c in await api.list("persistentvolumeclaims")}
        assert sorted(before) == [f"cache-cached-{pod}" for pod in ("0", "0-1", "1", "1-1")]
        await api.delete("pods", "cached-0-1")

        async def is_again() -> bool:
            pods = await pods_of(api, "cached")
            return "cached-0-1" in pods and all(map(is_ready, pods.values())) and len(pods) == 4

        await eventually(is_again)
        await world.ready("cached", 2)
        after = {c["metadata"]["name"]: c for c in await api.list("persistentvolumeclaims")}
        uids = [{n: c["metadata"]["uid"] for n, c in each.items()} for each in (before, after)]
        assert uids[0] == uids[1]
        await api.patch(
            "leaderworkersets", "cached", {"spec": {"replicas": 1}}, subresource="scale"
        )
        await world.ready("cached", 1)

        async def left() -> list[str]:
            return [c["metadata"]["name"] for c in await api.list("persistentvolumeclaims")]

        async def only_the_first_group() -> bool:
            return await left() == ["cache-cached-0", "cache-cached-0-1"]

        await eventually(only_the_first_group)
        await api.delete("leaderworkersets", "cached")

        async def none_left() -> bool:
            return not await left()

        await eventually(none_left)


async def test_a_worker_that_is_not_ready_takes_its_group_along_and_nothing_is_made_anew(
    world: World,
) -> None:
    def ready(value: str) -> Json:
        return {"status": {"conditions": [{"type": "Ready", "status": value}]}}

    def counted() -> tuple[int, list[str]]:
        status = world.set("unsure").get("status", {})
        true = [c["type"] for c in status["conditions"] if c["status"] == "True"]
        return status.get("readyReplicas", 0), true

    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", manifest("unsure", replicas=2))
        await world.ready("unsure", 2)
        before = {pod["metadata"]["uid"] for pod in world.pods("unsure")}
        await api.patch("pods", "unsure-1-1", ready("False"), subresource="status", kind=STRATEGIC)
        await eventually(lambda: counted() == (1, ["Progressing"]))
        await api.patch("pods", "unsure-1-1", ready("True"), subresource="status", kind=STRATEGIC)
        await eventually(lambda: counted() == (2, ["Available"]))
    assert {pod["metadata"]["uid"] for pod in world.pods("unsure")} == before
