"""The real kubectl against the server."""

import asyncio
import base64
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from lwstui.sandbox.certificates import loopback_certificate
from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.objects import Store
from lwstui.sandbox.server import build_app
from tests.sandbox.api.support import (
    LWS_KEY,
    TOKEN,
    FakeLogs,
    FakeMetrics,
    NoProcesses,
    lws,
    new_store,
    pod,
)
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.kubectl,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


@dataclass
class Cluster:
    """A server over TLS, and kubectl configured for it."""

    store: Store
    folder: Path

    def file(self, name: str, *objects: dict) -> str:
        path = self.folder / name
        path.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
        return str(path)

    async def start(self, *args: str) -> asyncio.subprocess.Process:
        """Return kubectl, running."""
        return await asyncio.create_subprocess_exec(
            "kubectl",
            *args,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "KUBECONFIG": str(self.folder / "kubeconfig"),
            },
        )

    async def run(self, *args: str, code: int = 0) -> str:
        """Return what kubectl printed, after checking its exit code."""
        async with asyncio.timeout(20):
            process = await self.start(*args)
            out, err = await process.communicate()
        assert process.returncode == code, (out + err).decode()
        return out.decode() + err.decode()

    def set(self, name: str = "demo") -> dict:
        found = self.store.get(LWS_KEY, "default", name)
        assert found is not None
        return found


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    store = new_store(SimClock())
    pair = loopback_certificate(store.clock.now())
    app = build_app(
        store, token=TOKEN, logs=FakeLogs(), metrics=FakeMetrics(), processes=NoProcesses()
    )
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=pair.server_context()).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    ca = base64.b64encode(pair.certificate.encode()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority-data": ca}}],
        "users": [{"name": "u", "user": {"token": TOKEN}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config), encoding="utf-8")
    yield Cluster(store, tmp_path)
    await runner.cleanup()


async def test_apply_get_and_delete(cluster: Cluster) -> None:
    manifest = cluster.file("lws.yaml", lws(replicas=2))
    assert "demo created" in await cluster.run("apply", "-f", manifest)
    assert "demo unchanged" in await cluster.run("apply", "-f", manifest)
    header, row = (await cluster.run("get", "lws")).splitlines()
    assert header.split() == ["NAME", "READY", "DESIRED", "UP-TO-DATE", "AGE"]
    assert row.split()[:2] == ["demo", "2"]
    changed = cluster.file("lws.yaml", lws(replicas=3))
    assert "demo configured" in await cluster.run("apply", "-f", changed)
    assert cluster.set()["spec"]["replicas"] == 3
    deleted = await cluster.run("delete", "lws", "demo")
    assert "deleted" in deleted
    assert cluster.store.items(LWS_KEY) == []


async def test_server_side_apply_and_its_conflicts(cluster: Cluster) -> None:
    manifest = cluster.file("lws.yaml", lws(replicas=2))
    await cluster.run("apply", "-f", manifest)
    out = await cluster.run("apply", "--server-side", "-f", manifest)
    assert "serverside-applied" in out
    await cluster.run("patch", "lws", "demo", "--type=merge", "-p", '{"spec":{"replicas":5}}')
    out = await cluster.run("apply", "--server-side", "-f", manifest, code=1)
    assert 'conflict with "kubectl-patch" using leaderworkerset.x-k8s.io/v1: .spec.replicas' in out
    await cluster.run("apply", "--server-side", "--force-conflicts", "-f", manifest)
    assert cluster.set()["spec"]["replicas"] == 2


async def test_diff_changes_nothing(cluster: Cluster) -> None:
    await cluster.run("apply", "-f", cluster.file("lws.yaml", lws(replicas=2)))
    version = cluster.store.version
    other = cluster.file("other.yaml", lws(replicas=4), lws("new"))
    out = await cluster.run("diff", "-f", other, code=1)
    assert "-  replicas: 2" in out
    assert "+  replicas: 4" in out
    assert "+  name: new" in out
    assert cluster.store.version == version


async def test_scale_patch_label_annotate_replace(cluster: Cluster) -> None:
    manifest = cluster.file("lws.yaml", lws(replicas=1))
    await cluster.run("create", "-f", manifest)
    await cluster.run("scale", "lws", "demo", "--replicas=3")
    assert cluster.set()["spec"]["replicas"] == 3
    patch = '[{"op":"replace","path":"/spec/replicas","value":4}]'
    await cluster.run("patch", "lws", "demo", "--type=json", "-p", patch)
    assert cluster.set()["spec"]["replicas"] == 4
    out = await cluster.run(
        "patch", "lws", "demo", "--type=strategic", "-p", '{"spec":{"replicas":2}}', code=1
    )
    assert "application/strategic-merge-patch+json is not supported" in out
    await cluster.run("label", "lws", "demo", "team=a")
    await cluster.run("annotate", "lws", "demo", "note=hello")
    assert cluster.set()["metadata"]["labels"] == {"team": "a"}
    await cluster.run("replace", "-f", manifest)
    assert "labels" not in cluster.set()["metadata"]


async def test_wait_and_explain(cluster: Cluster) -> None:
    await cluster.run("create", "-f", cluster.file("lws.yaml", lws()))
    waiting = await cluster.start("wait", "--for=condition=Available", "lws/demo", "--timeout=40s")
    condition = (
        '{"status":{"conditions":[{"type":"Available","status":"True","reason":"r",'
        '"message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
    )
    await cluster.run(
        "patch", "lws", "demo", "--subresource=status", "--type=merge", "-p", condition
    )
    out, err = await waiting.communicate()
    assert waiting.returncode == 0, err.decode()
    assert b"condition met" in out
    explained = await cluster.run("explain", "lws.spec.replicas")
    assert "FIELD: replicas <integer>" in explained


async def test_watch_prints_each_change(cluster: Cluster) -> None:
    await cluster.run("create", "-f", cluster.file("lws.yaml", lws(replicas=1)))
    watching = await cluster.start("get", "lws", "-w", "--output-watch-events")
    assert watching.stdout is not None
    async with asyncio.timeout(20):
        await watching.stdout.readline()
        assert (await watching.stdout.readline()).split()[:2] == [b"ADDED", b"demo"]
        await cluster.run("scale", "lws", "demo", "--replicas=7")
        assert (await watching.stdout.readline()).split()[:3] == [b"MODIFIED", b"demo", b"7"]
        await cluster.run("delete", "lws", "demo")
        assert (await watching.stdout.readline()).split()[:2] == [b"DELETED", b"demo"]
    watching.terminate()
    await watching.communicate()


async def test_delete_in_the_foreground_waits(cluster: Cluster) -> None:
    await cluster.run("create", "-f", cluster.file("lws.yaml", lws()))
    deleting = await cluster.start("delete", "lws", "demo", "--cascade=foreground")

    def marked() -> bool:
        found = cluster.store.get(LWS_KEY, "default", "demo")
        return found is not None and "deletionTimestamp" in found["metadata"]

    await eventually(marked)

    def release(obj: dict) -> None:
        obj["metadata"]["finalizers"] = []

    cluster.store.update(LWS_KEY, "default", "demo", release)
    async with asyncio.timeout(20):
        await deleting.communicate()
    assert deleting.returncode == 0


async def test_pods(cluster: Cluster) -> None:
    manifest = cluster.file("pod.yaml", pod("p", app="x"))
    await cluster.run("apply", "-f", manifest)
    assert "unchanged" in await cluster.run("apply", "-f", manifest)
    changed = pod("p", app="web")
    changed["spec"]["containers"][0]["image"] = "vllm:v2"
    assert "configured" in await cluster.run("apply", "-f", cluster.file("pod.yaml", changed))
    wide = (await cluster.run("get", "pods", "-A", "-o", "wide")).splitlines()
    assert wide[1].split()[:5] == ["default", "p", "0/1", "Pending", "0"]
    described = await cluster.run("describe", "pod", "p")
    assert "BestEffort" in described
    assert await cluster.run("logs", "p") == "one\ntwo\n"
    assert "1024Mi" in await cluster.run("top", "pods")
    assert "p" in await cluster.run("get", "pods", "--chunk-size=1", "-l", "app=web")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("auth", "can-i", "delete", "pods"), "yes"),
        (("auth", "can-i", "--list"), "*.*"),
        (("api-resources",), "leaderworkersets lws leaderworkerset.x-k8s.io/v1 true"),
        (("api-versions",), "leaderworkerset.x-k8s.io/v1"),
        (("version",), "Server Version: v1.36.2"),
        (("get", "nodes", "-o", "wide"), "CONTAINER-RUNTIME"),
        (("top", "nodes"), "n0     1500m"),
        (("create", "ns", "extra"), "namespace/extra created"),
        (("create", "configmap", "c", "--from-literal=a=b"), "configmap/c created"),
        (("create", "secret", "generic", "s", "--from-literal=a=b"), "secret/s created"),
        (("create", "sa", "robot"), "serviceaccount/robot created"),
        (("get", "crd"), "leaderworkersets.leaderworkerset.x-k8s.io"),
        (("get", "events"), "No resources found in default namespace."),
        (("cordon", "n0"), "node/n0 cordoned"),
    ],
)
async def test_commands(cluster: Cluster, arguments: tuple[str, ...], expected: str) -> None:
    # Columns are as wide as their longest entry, which is not what is asked here.
    said = " ".join((await cluster.run(*arguments)).split())
    assert " ".join(expected.split()) in said


async def test_errors(cluster: Cluster) -> None:
    out = await cluster.run("get", "lws", "nothere", code=1)
    assert out == (
        "Error from server (NotFound): leaderworkersets.leaderworkerset.x-k8s.io "
        '"nothere" not found\n'
    )
    broken = lws("broken", replicas=-1)
    out = await cluster.run("apply", "-f", cluster.file("broken.yaml", broken), code=1)
    assert 'The LeaderWorkerSet "broken" is invalid: spec.replicas: Invalid value: -1' in out
    unknown = lws("unknown", replica=1)
    out = await cluster.run("apply", "-f", cluster.file("unknown.yaml", unknown), code=1)
    assert 'strict decoding error: unknown field "spec.replica"' in out


async def test_an_ingress_is_stored_as_kubectl_means_it(cluster: Cluster) -> None:
    rules = ("--rule=a.example/x*=web:80,tls=cert", "--rule=b.example/=web:http", "--class=nginx")
    command = ("create", "ingress", "web", *rules, "--default-backend=web:8080")
    meant = yaml.safe_load(await cluster.run(*command, "--dry-run=client", "-o", "yaml"))
    await cluster.run(*command)
    (stored,) = cluster.store.items("ingresses.networking.k8s.io")
    assert stored["spec"] == meant["spec"]


async def test_debugging_pods_are_created(cluster: Cluster) -> None:
    said = await cluster.run("debug", "node/n0", "--image=busybox", "--profile=sysadmin")
    assert "with container debugger on node n0" in said
    (made,) = cluster.store.items("pods")
    spec = made["spec"]
    assert (spec["nodeName"], spec["hostNetwork"], spec["hostPID"]) == ("n0", True, True)
    assert spec["volumes"] == [{"name": "host-root", "hostPath": {"path": "/", "type": ""}}]
    (main,) = spec["containers"]
    assert main["volumeMounts"] == [{"name": "host-root", "mountPath": "/host"}]
    assert main["securityContext"]["privileged"] is True
    assert spec["tolerations"][0] == {"operator": "Exists"}


async def test_a_pod_is_copied_whole_to_debug_it(cluster: Cluster) -> None:
    body = pod("web")
    body["spec"] |= {
        "tolerations": [{"key": "a", "operator": "Exists", "tolerationSeconds": 5}],
        "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}],
        "securityContext": {"runAsUser": 7, "supplementalGroups": [1, 2]},
        "initContainers": [{"name": "init", "image": "i", "restartPolicy": "Always"}],
    }
    probe = {"periodSeconds": 3, "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"}}
    body["spec"]["containers"][0] |= {
        "env": [
            {"name": "A", "value": "1"},
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        ],
        "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True}],
        "livenessProbe": probe,
        "resources": {"limits": {"cpu": "2"}, "requests": {"cpu": "500m"}},
    }
    await cluster.run("create", "-f", cluster.file("pod.yaml", body))
    await cluster.run("debug", "web", "--copy-to=copy", "--set-image=main=other", "--keep-liveness")
    found = {each["metadata"]["name"]: each["spec"] for each in cluster.store.items("pods")}
    wanted = found["web"]
    wanted["containers"][0]["image"] = "other"
    assert found["copy"] == wanted
