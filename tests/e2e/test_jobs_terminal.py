"""The ten jobs that operators do most, each from the first screen of the real program, by key.

One sandbox and one controller serve all tests; each job has a namespace, a set with its problem in
it, and a console of its own in a pseudo-terminal. What is typed is counted, and the count is part
of the test: ``docs/guide/jobs.md`` promises it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lwstui.kube.connect import Target, connect
from tests.support.terminal import Terminal
from tests.support.waiting import until

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals"),
]

SPACES = tuple(f"job-{number}" for number in range(1, 11))
IMAGE = "nginxinc/nginx-unprivileged:1.27"
SETS = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/{}/leaderworkersets"
ENTER, ESC, UP, DOWN = "\r", "\x1b", "\x1b[A", "\x1b[B"


def lws(
    name: str,
    *,
    replicas: int = 2,
    size: int = 2,
    image: str = IMAGE,
    limits: dict[str, str] | None = None,
    crashes: bool = False,
) -> dict[str, Any]:
    """Return a set of nginx groups, or of what crashes a few seconds after it began."""
    container = {"name": "main", "image": image, "resources": {"limits": limits or {}}}
    marks = {"sandbox.lwstui.dev/crash-after.main": "5s"} if crashes else {}
    template = {"metadata": {"annotations": marks}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "leaderWorkerTemplate": {"size": size, "workerTemplate": template},
        },
    }


@dataclass(frozen=True)
class Cluster:
    """A sandbox in which a controller works."""

    kubeconfig: str
    environ: dict[str, str]
    controller: subprocess.Popen[bytes]

    @contextmanager
    def hung_controller(self) -> Iterator[None]:
        """Let the controller do nothing for a while: no pod is made, no status is written."""
        self.controller.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.controller.send_signal(signal.SIGCONT)

    def run(self, *words: str, given: str = "") -> str:
        """Run a command of the program and return what it printed."""
        ran = subprocess.run(
            [sys.executable, "-m", "lwstui", *words],
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def apply(self, space: str, *objects: dict[str, Any]) -> None:
        """Apply objects as an operator does."""
        given = "\n---\n".join(map(json.dumps, objects))
        self.run("apply", "-n", space, "-f", "-", "--yes", given=given)

    def request(self, verb: str, path: str) -> dict[str, Any]:
        """Ask the API server, past everything that is tested here."""

        async def asked() -> bytes:
            connection = await connect(Target(self.kubeconfig))
            try:
                return await connection.rest.request(verb, path)
            finally:
                await connection.close()

        return dict(json.loads(asyncio.run(asked())))

    def pods(self, space: str) -> dict[str, str]:
        """Return the UID of each pod by name."""
        found = self.request("GET", f"/api/v1/namespaces/{space}/pods")["items"]
        return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in found}

    def delete_pod(self, space: str, name: str) -> None:
        """Delete a pod at once."""
        self.request("DELETE", f"/api/v1/namespaces/{space}/pods/{name}?gracePeriodSeconds=0")

    def replace_leader(self, space: str, name: str) -> None:
        """Delete the leader of a group and wait for the next one."""
        old = until(lambda: self.pods(space).get(name), what=f"{name} is there")
        self.delete_pod(space, name)
        until(lambda: self.pods(space).get(name, old) != old, what=f"{name} is made anew")

    def ready(self, space: str, name: str, groups: int) -> None:
        """Wait until the status of a set says that so many groups are ready."""

        def said() -> bool:
            found = self.request("GET", f"{SETS.format(space)}/{name}")
            return bool(found.get("status", {}).get("readyReplicas", 0) == groups)

        until(said, 40, what=f"{space}/{name} has {groups} ready groups")


class Console:
    """The program on one namespace, and how many keys it took."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.keys = 0

    def press(self, key: str, wanted: str | Callable[[str], bool], within_s: float = 30) -> str:
        """Press one key once and wait for what it brings."""
        self.keys += 1
        self.terminal.send(key)
        return self.terminal.wait_for(wanted, within_s)

    def see(self, wanted: str | Callable[[str], bool], within_s: float = 30) -> str:
        """Wait for what is there without a key."""
        return self.terminal.wait_for(wanted, within_s)

    def choose(self, wanted: str, most: int = 4) -> None:
        """Go down, at most so many rows, until the cursor is on what is wanted; then up again.

        Rows that come meanwhile may put it above the cursor.
        """
        if re.search(wanted, self.terminal.text):
            return
        for key in (DOWN,) * most + (UP,) * most:
            screen = self.press(key, _moved_from(_pointed_at(self.terminal.text)))
            if re.search(wanted, screen):
                return
        raise AssertionError(
            f"{wanted!r} is not among the next rows; screen:\n{self.terminal.text}"
        )

    def answer(self, key: str, wanted: str | Callable[[str], bool]) -> None:
        """Press a key of a dialog; it is not counted."""
        self.terminal.answer(key, wanted)


def _pointed_at(screen: str) -> list[str]:
    """Return what the cursors of the screen stand on."""
    return [line for line in screen.splitlines() if "▶" in line]


def _moved_from(rows: list[str]) -> Callable[[str], bool]:
    return lambda screen: _pointed_at(screen) != rows


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A sandbox with a namespace for each job, and a controller."""
    home = tmp_path_factory.mktemp("home")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    program = [sys.executable, "-m", "lwstui"]
    sandbox = subprocess.Popen(
        [*program, "sandbox", "--until-eof", "--speed", "50", "--nodes", "4"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert sandbox.stdin is not None
    assert sandbox.stdout is not None
    kubeconfig = sandbox.stdout.readline().decode().partition("=")[2].strip()
    environ["KUBECONFIG"] = kubeconfig
    controller = subprocess.Popen(
        [*program, "controller"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        made = Cluster(kubeconfig, environ, controller)
        made.apply("default", *map(_namespace, SPACES))
        yield made
    finally:
        controller.terminate()
        controller.wait(20)
        sandbox.stdin.close()
        sandbox.stdout.close()
        sandbox.wait(20)


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@pytest.fixture
def console(cluster: Cluster, tmp_path: Path) -> Callable[[str], Any]:
    """Open the console on the namespace of a job, as if for the first time."""

    @contextmanager
    def opened(space: str) -> Iterator[Console]:
        environ = {**cluster.environ, "HOME": str(tmp_path)}
        command = [sys.executable, "-m", "lwstui", "-n", space]
        with Terminal(command, environ) as terminal:
            terminal.wait_for(rf"ns:{space} .*LIVE", 60)
            yield Console(terminal)

    return opened


def test_1_why_is_the_group_not_ready(cluster: Cluster, console: Any) -> None:
    cluster.apply("job-1", lws("fine"), lws("typo", replicas=1, image="vllm/vllm-openai:typo"))
    with console("job-1") as at:
        at.see(r"▶ X +typo ")
        screen = at.press(
            "w", r"typo-0(, job-1/typo-0-1)?: the image does not exist under this name"
        )
        at.see(r"EVIDENCE(.|\n)*vllm/vllm-openai:typo: not found")
        at.see(r"correct the image +job-1/typo +i Image")
        assert "fine" not in screen
        assert at.keys == 1


def test_2_which_pod_crashed_first(cluster: Cluster, console: Any) -> None:
    cluster.apply("job-2", lws("crashing", replicas=1, crashes=True))
    with console("job-2") as at:
        at.see(r"▶ X +crashing ")
        at.press("w", r"CRASHES +first|CRASHES ─")
        at.see(r"0 +\d+ +\d\d:\d\d:\d\d +(leader|worker 1) +\d+s +exit 1 +\S+ +\S")
        assert at.keys == 1


def test_3_a_restart_loop_how_fast_and_freeze_it(cluster: Cluster, console: Any) -> None:
    cluster.apply("job-3", lws("looping", replicas=1, crashes=True))
    with console("job-3") as at:
        at.see(r"▶ X +looping ")
        for _ in range(4):  # a crash does the same, but the controller takes its time then
            cluster.replace_leader("job-3", "looping-0")
        at.see(r"job-3/looping +group 0 +recreate loop ×\d")
        assert at.keys == 0
        at.press("w", r"group 0: it was recreated \d+ times(.|\n)*:freeze")
        # Suggestions come and go with every crash that is noticed: that enter on this one freezes
        # is shown where nothing crashes meanwhile, in tui.acceptance.test_jobs.
        assert at.keys == 1


def test_4_what_is_broken_everywhere(cluster: Cluster, console: Any) -> None:
    typo = lws("b-broken", replicas=1, image="vllm/vllm-openai:typo")
    cluster.apply("job-4", lws("a-fine"), typo, lws("c-fine"))
    with console("job-4") as at:
        at.see(r"NEEDS ATTENTION 1 ")
        at.see(r"X job-4/b-broken +group 0 .*ImagePullBackOff")
        screen = at.see(r"a-fine +job-4 +2/2 +2/2(.|\n)*c-fine +job-4 +2/2 +2/2")
        rows = [name for line in screen.splitlines() for name in line.split()[:3] if "-" in name]
        assert rows.index("b-broken") < rows.index("a-fine") < rows.index("c-fine")
        assert "▶ X  b-broken" in screen
        assert at.keys == 0


def test_5_what_blocks_the_rollout(cluster: Cluster, console: Any) -> None:
    cluster.apply("job-5", lws("rolling", replicas=3))
    cluster.ready("job-5", "rolling", 3)
    cluster.apply("job-5", lws("rolling", replicas=3, image="nginxinc/nginx-unprivileged:typo"))
    with console("job-5") as at:
        at.see(r"▶ X +rolling .* blocked ")
        at.press("z", r"BLOCKED \S+ by 2")
        at.see(r"X group 2 is not ready(.|\n)*ImagePullBackOff")
        at.see(r"image 1.27 → typo")
        assert at.keys == 1


def test_6_how_many_accelerators_are_free_and_would_one_more_group_fit(
    cluster: Cluster, console: Any
) -> None:
    cluster.apply("job-6", lws("serving", replicas=1, limits={"google.com/tpu": "4"}))
    cluster.ready("job-6", "serving", 1)
    with console("job-6") as at:
        at.see(r"▶ · +serving ")
        at.press("m", r"TPU 8/16 allocated, 8 free")
        at.see(r"tpu-v5e-\d +\S{4} +4/4 .* serving-0")
        assert at.keys == 1
        at.terminal.send(ESC)
        at.see(r"▶ · +serving ")
        at.press("s", r"SCALE SET")
        at.answer(UP, r"→ \[ 2 \](.|\n)*Room +all 1 fit")
        at.answer(UP, r"Room +1 of 2 fit")
        assert at.keys == 2


def test_7_which_groups_hold_accelerators_and_cannot_serve(cluster: Cluster, console: Any) -> None:
    cluster.apply("job-7", lws("gang", replicas=1, size=6, limits={"nvidia.com/gpu": "8"}))
    with console("job-7") as at:
        at.see(r"P job-7/gang +group 0 +2 pods: too few nvidia.com/gpu")
        at.see(r"▶ P +gang +job-7 +0/1 +1/1 +6 +32/48 ")
        assert at.keys == 0
        at.press("m", r"GPU 32/\d+ allocated")
        at.see(r"h100-01 +\S{8} +8/8 (.|\n)*job-7/gang: group 0 whole \(6 pods")
        assert at.keys == 1


def test_8_logs_of_leaders_and_of_all_roles_across_a_recreation(
    cluster: Cluster, console: Any
) -> None:
    cluster.apply("job-8", lws("talking"))
    cluster.ready("job-8", "talking", 2)
    with console("job-8") as at:
        at.see(r"▶ · +talking ")
        at.press("l", r"2/2 sources(.|\n)*■ 0/leader .*■ 1/leader ")
        assert "0/w1" not in at.terminal.text
        assert at.keys == 1
        at.terminal.send(ESC)
        at.see(r"▶ · +talking ")
        at.press("L", r"4/4 sources(.|\n)*■ 0/w1 ")
        assert at.keys == 2
        cluster.delete_pod("job-8", "talking-0")
        at.see(r"talking group 0 was created again: generation 2 starts")


def test_9_is_the_reported_status_true(cluster: Cluster, console: Any) -> None:
    cluster.apply("job-9", lws("stale", replicas=3))
    cluster.ready("job-9", "stale", 3)
    with console("job-9") as at, cluster.hung_controller():
        cluster.delete_pod("job-9", "stale-1")
        at.see(r"stale +job-9 +2/3≠")
        assert at.keys == 0
        at.press(ENTER, r"groups 2/3 ready \(status says 3\)")
        assert at.keys == 1


def test_10_recreate_exactly_one_group(cluster: Cluster, console: Any) -> None:
    cluster.apply("job-10", lws("serving", replicas=3))
    cluster.ready("job-10", "serving", 3)
    before = cluster.pods("job-10")
    with console("job-10") as at:
        at.see(r"▶ · +serving .* 3/3 ")
        at.press(ENTER, r"GROUP MAP")
        at.press("r", r"RECREATE GROUP(.|\n)*Server dry run +accepted")
        at.see(r"Deletes the leader pod serving-0 and, with it, 1 worker\.")
        at.see(r"Serving now +3 of 3 groups\b(.|\n)*after +2 of 3 groups")
        assert at.keys == 2
        at.answer("y", lambda screen: "RECREATE GROUP" not in screen)
        until(lambda: _whole(cluster.pods("job-10"), before), what="the group is made anew")
        at.see(r"groups 3/3 ready")
    after = cluster.pods("job-10")
    assert {name for name in before if before[name] != after[name]} == {"serving-0", "serving-0-1"}


def _whole(pods: dict[str, str], before: dict[str, str]) -> bool:
    """Return whether there are as many pods as before, and the last to come is another."""
    return pods.keys() == before.keys() and pods["serving-0-1"] != before["serving-0-1"]
