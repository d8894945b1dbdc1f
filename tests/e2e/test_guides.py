"""The commands of the guides this program grew from, as written, against the sandbox.

``tests/data/guides/commands.yaml`` holds every command line of those guides. Each is either run
here or named in ``NOT_RUN`` with the reason.
"""

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lwstui.data import folder
from tests.e2e.conftest import World
from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.kubectl,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]

EXAMPLES = folder("examples")
DATA = Path(__file__).parents[1] / "data" / "guides" / "commands.yaml"
GUIDES: dict[str, list[str]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))

INTERNET = "installs from the internet; the sandbox has the definition, and our controller runs"
HELM = "renders a chart from a checkout of AIKit; examples 06 to 09 are its manifests"
NOT_RUN = {
    command: INTERNET if "https://" in command else HELM
    for commands in GUIDES.values()
    for command in commands
    if command.startswith(("kubectl apply", "helm install"))
}

FORWARD = "kubectl port-forward svc/aikit 8080:8080"
PING = "kubectl exec -it <leader-pod> -- ping <worker-pod-ip>"
(CHAT,) = [each for each in GUIDES["aikit"] if each.startswith("curl")]
Shell = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Set:
    """A set of an example, under the name the guide's commands use."""

    example: str
    name: str
    groups: int
    renamed: str = ""

    def manifest(self) -> str:
        """Return the example's text."""
        text = (EXAMPLES / self.example).read_text(encoding="utf-8")
        return text.replace(self.renamed, self.name) if self.renamed else text


SETS = {
    "kthena": Set("01-llama-multinode-kthena.yaml", "qwen-72b-inference", 1, "llama-multinode"),
    "aikit": Set("06-aikit-cpu.yaml", "aikit", 1),
    "concepts": Set("02-leaderworkerset-sample.yaml", "leaderworkerset-sample", 3),
}
SAMPLE_PODS = [
    rf"leaderworkerset-sample-{group}{worker} +1/1 +Running +0 "
    for group in range(3)
    for worker in ("", "-1", "-2", "-3")
]
# What each command prints, line by line in this order; lines between them may be any.
PRINTED = {
    "kubectl get lws qwen-72b-inference": [
        "NAME +READY +DESIRED +UP-TO-DATE +AGE",
        "qwen-72b-inference +1 +1 +1 ",
    ],
    "kubectl get pods -l leaderworkerset.x-k8s.io/name=qwen-72b-inference": [
        "NAME +READY +STATUS +RESTARTS +AGE",
        "qwen-72b-inference-0 +1/1 +Running ",
        "qwen-72b-inference-0-1 +1/1 +Running ",
    ],
    "kubectl get leaderworkerset": ["NAME +READY +DESIRED +UP-TO-DATE +AGE", "aikit +1 +1 +1 "],
    "kubectl get pods -l app.kubernetes.io/name=aikit": [
        "aikit-0 +1/1 +Running ",
        "aikit-0-1 +1/1 +Running ",
        "aikit-0-2 +1/1 +Running ",
    ],
    "kubectl logs -l app.kubernetes.io/name=aikit,leaderworkerset.sigs.k8s.io/pod-role=leader": [
        r"\S"
    ],
    "kubectl logs -l app.kubernetes.io/name=aikit,leaderworkerset.sigs.k8s.io/pod-role=worker": [
        r"\S"
    ],
    "kubectl describe leaderworkerset aikit": [
        "Name: +aikit",
        "Kind: +LeaderWorkerSet",
        "Events:",
        "All replicas are ready, with 1 groups ready of total 1 groups",
    ],
    "kubectl describe pod <pod-name>": [
        "Name: +aikit-0",
        "Status: +Running",
        "Controlled By: +LeaderWorkerSet/aikit",
        "Events:",
    ],
    "kubectl top pod -l app.kubernetes.io/name=aikit": [
        r"NAME +CPU\(cores\) +MEMORY\(bytes\)",
        r"aikit-0 +\d+m +\d+Mi",
        r"aikit-0-1 +\d+m +\d+Mi",
        r"aikit-0-2 +\d+m +\d+Mi",
    ],
    "kubectl get pods --selector=leaderworkerset.sigs.k8s.io/name=leaderworkerset-sample": [
        "NAME +READY +STATUS +RESTARTS +AGE",
        *SAMPLE_PODS,
    ],
}


def test_every_command_is_run_or_has_a_reason_not_to_be() -> None:
    known = {command for commands in GUIDES.values() for command in commands}
    run = {*PRINTED, FORWARD, CHAT, PING}
    assert run | NOT_RUN.keys() == known
    assert not run & NOT_RUN.keys()


@pytest.fixture
def environ(world: World, tmp_path: Path) -> dict[str, str]:
    """The environment in which kubectl speaks to the sandbox."""
    kubeconfig = str(world.sandbox.kubeconfig)
    return {**os.environ, "KUBECONFIG": kubeconfig, "HOME": str(tmp_path)}


@pytest.fixture
def shell(environ: dict[str, str]) -> Shell:
    """Run a command line and return what it printed; a failure fails the test."""

    async def run(line: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *shlex.split(line.replace("\\\n", " ")),
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, f"{line}: {err.decode()}"
        return out.decode()

    return run


async def deploy(guide: str, world: World, shell: Shell, folder: Path) -> Set:
    """Apply the guide's example and wait until it is ready."""
    chosen, path = SETS[guide], folder / "example.yaml"
    path.write_text(chosen.manifest(), encoding="utf-8")
    said = await shell(f"kubectl apply -f {path}")
    assert f"leaderworkerset.leaderworkerset.x-k8s.io/{chosen.name} created\n" in said
    await world.ready(chosen.name, chosen.groups)
    return chosen


@pytest.mark.parametrize("guide", SETS)
async def test_what_the_commands_print(
    guide: str, world: World, shell: Shell, tmp_path: Path
) -> None:
    await deploy(guide, world, shell, tmp_path)
    for command in GUIDES[guide]:
        if command in PRINTED:
            out = await shell(command.replace("<pod-name>", "aikit-0"))
            in_order = r"[\s\S]*?^.*".join(PRINTED[command])
            assert re.search(in_order, out, re.MULTILINE), f"{command} printed:\n{out}"


async def test_the_service_answers_through_a_forwarded_port(
    world: World, shell: Shell, environ: dict[str, str], tmp_path: Path
) -> None:
    """As the guide has it, but on a free local port: 8080 may be somebody's."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    await deploy("aikit", world, shell, tmp_path)
    forward = await asyncio.create_subprocess_exec(
        *shlex.split(FORWARD.replace("8080:8080", ":8080")),
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert forward.stdout is not None
        line = (await asyncio.wait_for(forward.stdout.readline(), 20)).decode()
        found = re.fullmatch(r"Forwarding from 127\.0\.0\.1:(\d+) -> \d+\n", line)
        assert found, line
        said = await shell(CHAT.replace("localhost:8080", f"127.0.0.1:{found[1]}"))
    finally:
        forward.terminate()
        await forward.wait()
    assert '"object":"chat.completion"' in said.replace(" ", "")
    assert "simulated" in said


async def test_workers_answer_the_leader(
    world: World, shell: Shell, environ: dict[str, str], tmp_path: Path
) -> None:
    """``ping`` counts until it is interrupted, in the terminal that ``-it`` asks for."""
    await deploy("aikit", world, shell, tmp_path)
    (worker,) = [pod for pod in world.pods("aikit") if pod["metadata"]["name"] == "aikit-0-1"]
    address = worker["status"]["podIP"]
    line = PING.replace("<leader-pod>", "aikit-0").replace("<worker-pod-ip>", address)
    with Terminal(shlex.split(line), environ) as terminal:
        await asyncio.to_thread(terminal.wait_for, rf"\({re.escape(address)}\): icmp_seq=\d+")
        terminal.send("\x03")
        await asyncio.to_thread(terminal.wait_for, "0% packet loss")


async def test_an_autoscaler_finds_the_leaders(world: World, shell: Shell, tmp_path: Path) -> None:
    """The scale endpoint that the LeaderWorkerSet talk describes."""
    name = (await deploy("concepts", world, shell, tmp_path)).name
    path = f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets/{name}"
    out = await shell(f"kubectl get --raw {path}/scale")
    assert '"replicas":3' in out
    assert "leaderworkerset.sigs.k8s.io/worker-index=0" in out
    await shell(f"kubectl autoscale lws {name} --min=1 --max=3 --cpu-percent=50")
    assert f"LeaderWorkerSet/{name}" in await shell("kubectl get hpa")
    path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
    assert '"targetCPUUtilizationPercentage":50' in await shell(f"kubectl get --raw {path}")
    await shell(f"kubectl delete hpa {name}")
    await shell(f"kubectl scale lws {name} --replicas=1")
    await world.ready(name, 1)
    await shell(f"kubectl wait --for=condition=Available lws/{name}")
    await shell(f"kubectl delete lws {name} --cascade=foreground")
    assert world.pods(name) == []
