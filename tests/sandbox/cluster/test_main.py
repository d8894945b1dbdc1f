import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from lwstui.sandbox.main import run
from tests.support.waiting import eventually

PROGRAM = """
import sys
from lwstui.sandbox.main import SandboxOptions, run
sys.exit(run(SandboxOptions(nodes=1, speed=50)))
"""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox(SandboxOptions(nodes=2, speed=50)) as made:
        yield made


def _session(sandbox: Sandbox) -> aiohttp.ClientSession:
    context = ssl.create_default_context(cadata=sandbox.authority)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return aiohttp.ClientSession(
        sandbox.url,
        headers={"Authorization": f"Bearer {sandbox.token}"},
        connector=aiohttp.TCPConnector(ssl=context),
    )


async def test_it_answers_over_tls_with_its_nodes(sandbox: Sandbox) -> None:
    async with _session(sandbox) as session, session.get("/api/v1/nodes") as answer:
        assert answer.status == 200
        nodes = (await answer.json())["items"]
    assert sum(each["metadata"]["name"].startswith("h100-") for each in nodes) == 2


async def test_nobody_gets_in_without_the_token(sandbox: Sandbox) -> None:
    async with (
        _session(sandbox) as session,
        session.get("/api/v1/nodes", headers={"Authorization": "Bearer guessed"}) as answer,
    ):
        assert answer.status == 401


async def test_the_kubeconfig_is_private_and_complete(sandbox: Sandbox) -> None:
    assert stat.S_IMODE(sandbox.kubeconfig.stat().st_mode) == 0o600
    config = yaml.safe_load(sandbox.kubeconfig.read_text(encoding="utf-8"))
    names = {config["current-context"], config["clusters"][0]["name"], config["users"][0]["name"]}
    assert names == {"lwstui-sandbox"}
    assert config["clusters"][0]["cluster"]["server"] == sandbox.url


async def test_a_temporary_kubeconfig_goes_away() -> None:
    async with running_sandbox(SandboxOptions(nodes=1)) as made:
        path = made.kubeconfig
        assert path.exists()
    assert not path.parent.exists()


async def test_a_log_is_followed_over_http_until_the_pod_ends(sandbox: Sandbox) -> None:
    pod = {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "main", "image": "nginx:1.27"}]},
    }
    path = "/api/v1/namespaces/default/pods"
    async with _session(sandbox) as session:
        async with session.post(path, json=pod) as answer:
            assert answer.status == 201
        await eventually(
            lambda: (
                (sandbox.store.get("pods", "default", "p") or {})["status"].get("phase")
                == "Running"
            )
        )
        async with session.get(f"{path}/p/log", params={"follow": "true"}) as log:
            following = asyncio.create_task(log.text())
            async with session.delete(f"{path}/p") as answer:
                assert answer.status == 200
            told = await asyncio.wait_for(following, 30)
    assert told.splitlines()[-1].endswith("exit")


def test_a_taken_port_is_one_clear_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(SandboxOptions(nodes=1, port=port)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (f"The sandbox cannot start: port {port} on 127.0.0.1 is already in use.\n")


@pytest.fixture
def process(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    made = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=environ
    )
    with made:
        yield made
        made.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_nothing(
    process: "subprocess.Popen[str]", number: signal.Signals, tmp_path: Path
) -> None:
    assert process.stdout is not None
    key, _, path = process.stdout.readline().strip().partition("=")
    assert key == "KUBECONFIG"
    assert Path(path).is_relative_to(tmp_path)
    assert yaml.safe_load(Path(path).read_text(encoding="utf-8"))["kind"] == "Config"
    process.send_signal(number)
    assert process.wait(30) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.kubectl
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kubectl_runs_a_pod_to_its_end(process: "subprocess.Popen[str]", tmp_path: Path) -> None:
    assert process.stdout is not None
    path = process.stdout.readline().strip().partition("=")[2]

    def kubectl(*words: str) -> str:
        done = subprocess.run(
            ["kubectl", f"--kubeconfig={path}", f"--cache-dir={tmp_path}/cache", *words],
            check=True, capture_output=True, text=True, timeout=20,
        )  # fmt: skip
        return done.stdout

    kubectl("run", "web", "--image=nginx:1.27")
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=40s")
    pods: dict[str, Any] = json.loads(kubectl("get", "pods", "-o", "json"))
    assert [each["status"]["phase"] for each in pods["items"]] == ["Running"]
    assert "nginx/1.27" in kubectl("logs", "web")
    assert "Successfully assigned default/web" in kubectl("describe", "pod", "web")
    assert "h100-01" in kubectl("top", "nodes")
    assert kubectl("delete", "pod", "web") == 'pod "web" deleted\n'
