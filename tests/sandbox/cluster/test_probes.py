from dataclasses import replace
from typing import Any

import pytest

from lwstui.sandbox.containers import FOREVER, Container, PodRun, Probe, Role, Script
from lwstui.sandbox.enginehttp import Query, answer
from lwstui.sandbox.engines.detect import Kind, detect
from lwstui.sandbox.engines.faces import PATHS
from lwstui.sandbox.lifecycle import advance, next_wake
from lwstui.sandbox.probes import Host, read_probe
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.shell.support import Town

REFUSED = "dial tcp 10.1.2.3:80: connect: connection refused"
STUCK = "context deadline exceeded"
QUICK = Script(pull_s=0, image_bytes=1)
ALIVE = Probe(0, 10, 1, 3, target="refused", hung=STUCK)


def _probe(asked: dict[str, Any], **fields: Any) -> Probe:
    made = container(ports=[{"name": "http", "containerPort": 80}], **fields)
    made["livenessProbe"] = asked
    found = read_probe(made, "livenessProbe", Host("10.1.2.3", detect(pod(), made)))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("asked", "target", "refusal", "hung"),
    [
        pytest.param({"tcpSocket": {"port": 80}}, REFUSED, "", "", id="port"),
        pytest.param({"tcpSocket": {"port": "http"}}, REFUSED, "", "", id="named-port"),
        pytest.param(
            {"httpGet": {"path": "/", "port": 80}}, f'Get "http://10.1.2.3:80/": {REFUSED}', "",
            f'Get "http://10.1.2.3:80/": {STUCK} (Client.Timeout exceeded while awaiting headers)',
            id="path",
        ),
        pytest.param({"exec": {"command": ["true"]}}, "", "", "", id="true"),
        pytest.param(
            {"exec": {"command": ["/bin/false"]}},
            *["command terminated with exit code 1"] * 3, id="false",
        ),
        pytest.param(
            {"exec": {"command": ["sh", "-c", "exit 3"]}},
            *["command terminated with exit code 3"] * 3, id="exit",
        ),
        pytest.param(
            {"exec": {"command": ["cat", "/tmp/healthy"]}},
            "command terminated with exit code 1", "", f"command timed out: {STUCK}", id="command",
        ),
    ],
)  # fmt: skip
def test_what_a_probe_reports(asked: dict[str, Any], target: str, refusal: str, hung: str) -> None:
    found = _probe(asked)
    assert (found.target, found.refusal, found.hung) == (target, refusal, hung)


def test_an_unknown_path_and_a_wrong_port_never_succeed() -> None:
    path = _probe({"httpGet": {"path": "/healthz", "port": 80}})
    assert path.refusal == "HTTP probe failed with statuscode: 404"
    port = _probe({"tcpSocket": {"port": 81}})
    assert port.refusal == port.target
    named = container(image="vllm", command=["vllm", "serve", "x/8B", "--port", "8000"])
    named["livenessProbe"] = {"tcpSocket": {"port": 8001}}
    found = read_probe(named, "livenessProbe", Host("10.1.2.3", detect(pod(), named)))
    assert found is not None
    assert found.refusal == found.target
    unknown = _probe({"httpGet": {"path": "/healthz", "port": 81}}, image="example/app")
    assert unknown.refusal == ""


@pytest.mark.parametrize("kind", list(PATHS))
def test_probes_and_engines_know_the_same_paths(kind: Kind) -> None:
    town = Town()
    image = {Kind.DCGM: "dcgm-exporter", Kind.LLAMACPP: "llama-server"}.get(kind, kind.value)
    town.pod("p", "10.1.2.3", image=image)
    process = town.processes["p"]
    every = {path for paths in PATHS.values() for path in paths} | {"/other"}
    replies = {path: answer(process, 8080, Query("GET", path)) for path in every}
    answered = {path for path, reply in replies.items() if reply and reply.code == 200}
    assert answered == PATHS[kind]


def _running(script: Script, *, patience_s: float = 5) -> PodRun:
    made = Container("c", "c:1", Role.MAIN, script, "spec.containers{c}")
    fresh = PodRun("p", "Always", 0.0, (made,), patience_s=patience_s)
    return advance(fresh, 1).pod


def _play(pod: PodRun, until_s: float) -> tuple[PodRun, list[tuple[float, str, str]], int]:
    """Play a pod; return it, what was noted, and how often it woke up."""
    noted, wakes, now_s, cached = [], 0, next_wake(pod, 1), frozenset({"c:1"})
    while now_s <= until_s:
        step = advance(pod, now_s, cached=cached)
        noted += [(round(now_s, 1), note.reason, note.message) for note in step.notes]
        pod, wakes, now_s = step.pod, wakes + 1, next_wake(step.pod, now_s)
    return pod, noted, wakes


def test_a_healthy_process_is_not_looked_at_again() -> None:
    running = _running(replace(QUICK, liveness=ALIVE, readiness=replace(ALIVE, period_s=5)))
    played, noted, wakes = _play(running, 10_000)
    assert (noted, next_wake(played, 10_000)) == ([], FOREVER)
    assert wakes <= 2


def test_a_process_that_hangs_loses_its_readiness_then_its_life() -> None:
    script = replace(QUICK, hang_s=50, liveness=ALIVE, readiness=replace(ALIVE, period_s=2))
    running = _running(script)
    started_s = running.containers[0].run.started_s if running.containers[0].run else 0
    stuck, noted, _ = _play(running, started_s + 55)
    run = stuck.containers[0].run
    assert run is not None
    assert (run.ready, run.finished_s) == (False, None)
    assert noted[0][0] == started_s + 50
    ended, noted, _ = _play(running, started_s + 76.1)
    assert [reason for _, reason, _ in noted].count("Killing") == 1
    killing = next(message for _, reason, message in noted if reason == "Killing")
    assert killing == "Container c failed liveness probe, will be restarted"
    last = ended.containers[0].run
    assert last is not None
    assert (last.finished_s, last.exit_code, last.reason) == (started_s + 75, 137, "Error")
    again, _, _ = _play(running, started_s + 80)
    assert again.containers[0].restarts == 1


def test_a_probe_may_grant_less_time_to_end_than_the_pod() -> None:
    impatient = replace(ALIVE, failures=1, grace_s=1)
    running = _running(replace(QUICK, hang_s=50, liveness=impatient), patience_s=30)
    ended, _, _ = _play(running, 52)
    assert ended.containers[0].run is not None
    assert ended.containers[0].run.finished_s == pytest.approx(51.3, abs=0.1)


def test_liveness_waits_for_the_startup_probe() -> None:
    startup = replace(ALIVE, failures=30)
    script = replace(QUICK, load_s=100, startup=startup, liveness=replace(ALIVE, failures=1))
    played, noted, _ = _play(_running(script), 300)
    assert played.containers[0].restarts == 0
    assert {message for _, _, message in noted} == {"Startup probe failed: refused"}
    hasty = replace(QUICK, load_s=100, liveness=ALIVE)
    killed, _, _ = _play(_running(hasty), 90)
    assert killed.containers[0].restarts > 0


def test_readiness_needs_its_successes_in_a_row() -> None:
    script = replace(QUICK, readiness=replace(ALIVE, successes=3, period_s=4))
    running = _running(script)
    early, _, _ = _play(running, 8)
    late, _, _ = _play(running, 8.4)
    assert early.containers[0].run is not None
    assert late.containers[0].run is not None
    assert (early.containers[0].run.ready, late.containers[0].run.ready) == (False, True)
