from dataclasses import replace
from typing import Any

import pytest

from lwstui.sandbox.containers import FOREVER, Container, PodRun, Role, Script
from lwstui.sandbox.endings import stop
from lwstui.sandbox.lifecycle import advance, next_wake
from lwstui.sandbox.podstatus import phase
from lwstui.sandbox.scripts import pod_run
from tests.sandbox.cluster.builders import container, pod

WISH = "sandbox.lwstui.dev/"
QUICK = Script(pull_s=0, image_bytes=1, stop_s=2)


def _made(name: str, role: Role = Role.MAIN, **script: Any) -> Container:
    return Container(name, "i:1", role, replace(QUICK, **script), f"spec.containers{{{name}}}")


def _running(*containers: Container, policy: str = "Always") -> PodRun:
    return advance(PodRun("p", policy, 0.0, containers), 10).pod


def _ended(pod: PodRun, until_s: float) -> dict[str, tuple[float | None, int]]:
    now_s = next_wake(pod, 10)
    while now_s <= until_s:
        pod = advance(pod, now_s).pod
        now_s = next_wake(pod, now_s)
    return {
        item.name: (item.run.finished_s, item.run.exit_code) for item in pod.containers if item.run
    }


def test_sidecars_end_after_the_main_containers_the_last_one_first() -> None:
    sidecars = (_made("proxy", Role.SIDECAR), _made("logs", Role.SIDECAR))
    running = _running(*sidecars, _made("main", stop_s=5))
    step = stop(running, 10, 30)
    assert [note.message for note in step.notes] == ["Stopping container main"]
    assert _ended(step.pod, 60) == {"main": (15, 0), "logs": (17, 0), "proxy": (19, 0)}


def test_a_grace_that_the_main_containers_use_up_leaves_sidecars_none() -> None:
    running = _running(_made("proxy", Role.SIDECAR), _made("main", stop_s=90))
    ended = _ended(stop(running, 10, 30).pod, 60)
    assert ended == {"main": (40, 137), "proxy": (40, 137)}


def test_sidecars_end_with_a_pod_that_is_done() -> None:
    main = _made("main", run_s=20)
    fresh = PodRun("p", "Never", 0.0, (_made("proxy", Role.SIDECAR), main))
    now_s, done = 0.0, fresh
    while now_s < FOREVER:
        done = advance(done, now_s).pod
        now_s = next_wake(done, now_s)
    assert phase(done) == "Succeeded"
    assert [item.is_running for item in done.containers] == [False, False]
    assert done.containers[0].restarts == 0


@pytest.mark.parametrize(
    ("prestop_s", "hang_s", "grace_s", "expected"),
    [
        pytest.param(10, FOREVER, 30, (22, 0), id="hook-then-stop"),
        pytest.param(40, FOREVER, 30, (40, 137), id="hook-too-long"),
        pytest.param(0, 5, 30, (40, 137), id="hung"),
        pytest.param(0, FOREVER, 0, (10, 137), id="no-grace"),
    ],
)
def test_a_grace_period(
    prestop_s: float, hang_s: float, grace_s: float, expected: tuple[float, int]
) -> None:
    running = _running(_made("main", prestop_s=prestop_s, hang_s=hang_s))
    assert _ended(stop(running, 10, grace_s).pod, 100) == {"main": expected}


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ({"exec": {"command": ["sleep", "15"]}}, 15),
        ({"exec": {"command": ["sh", "-c", "nginx -s quit; sleep 1m"]}}, 60),
        ({"exec": {"command": ["nginx", "-s", "quit"]}}, 0.1),
        ({"sleep": {"seconds": 7}}, 7),
        ({}, 0),
    ],
)
def test_a_hook_takes_as_long_as_it_says(hook: dict[str, Any], expected: float) -> None:
    made = container(lifecycle={"preStop": hook, "postStart": hook} if hook else {})
    run = pod_run(pod(containers=[made], terminationGracePeriodSeconds=45), "10.1.2.3")
    script = run.containers[0].script
    assert (script.prestop_s, script.poststart_s) == (expected, expected)
    assert not script.poststart_fails
    assert run.patience_s == 45


@pytest.mark.parametrize(
    ("wanted", "limit", "killed"),
    [("4Gi", "2Gi", True), ("2Gi", "2Gi", False), ("4Gi", None, False), ("lots", "2Gi", False)],
)
def test_what_outgrows_its_limit_is_killed(wanted: str, limit: str | None, killed: bool) -> None:
    limits = {"resources": {"limits": {"memory": limit}}} if limit else {}
    made = pod(annotations={f"{WISH}memory": wanted}, containers=[container(**limits)])
    run = advance(pod_run(made, "10.1.2.3"), 5).pod.containers[0]
    last = run.previous or run.run
    assert last is not None
    assert (last.reason == "OOMKilled") is killed
    assert (last.exit_code == 137) is killed
