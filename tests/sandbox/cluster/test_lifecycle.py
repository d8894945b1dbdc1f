from dataclasses import replace
from itertools import pairwise

import pytest

from lwstui.sandbox.containers import FOREVER, Container, Phase, PodRun, Probe, Role, Script
from lwstui.sandbox.endings import kill, stop
from lwstui.sandbox.lifecycle import advance, next_wake
from lwstui.sandbox.podstatus import phase
from lwstui.sandbox.pulls import backoff_s

PLAIN = Script(pull_s=2, image_bytes=1)
PROBE = Probe(delay_s=15, period_s=10, successes=1, failures=3, target="connection refused")


def _container(name: str = "c", *, role: Role = Role.MAIN, script: Script = PLAIN) -> Container:
    return Container(name, f"{name}:1", role, script, f"spec.containers{{{name}}}")


def _pod(*containers: Container, policy: str = "Always") -> PodRun:
    return PodRun("p_default(uid)", policy, network_s=0.4, containers=containers)


def _played(pod: PodRun, until_s: float) -> tuple[PodRun, list[tuple[float, str]]]:
    """Play a pod from wake-up to wake-up; return it and what was noted, with times."""
    noted: list[tuple[float, str]] = []
    now_s, cached = 0.0, frozenset[str]()
    while now_s <= until_s:
        step = advance(pod, now_s, cached=cached)
        noted += [(round(now_s, 1), note.reason) for note in step.notes]
        pod, cached = step.pod, frozenset(step.pulled)
        now_s = next_wake(pod, now_s)
    return pod, noted


def test_a_container_is_pulled_created_and_started() -> None:
    pod, noted = _played(_pod(_container()), 10)
    assert noted == [(0.4, "Pulling"), (2.4, "Pulled"), (2.7, "Created"), (2.7, "Started")]
    assert pod.containers[0].is_running
    assert pod.containers[0].run is not None
    assert pod.containers[0].run.ready
    assert phase(pod) == "Running"


def test_catching_up_in_one_go_gives_the_same_state() -> None:
    crashing = _container(script=replace(PLAIN, run_s=3, exit_code=1))
    stepwise, _ = _played(_pod(crashing), 60)
    assert advance(_pod(crashing), 60).pod == stepwise


def test_an_image_on_the_node_is_not_pulled() -> None:
    step = advance(_pod(_container()), 1, cached=frozenset({"c:1"}))
    assert [note.reason for note in step.notes] == ["Pulled", "Created", "Started"]
    assert "already present on machine" in step.notes[0].message


def test_an_image_that_is_always_pulled_says_so_quickly() -> None:
    script = replace(PLAIN, always_pulls=True)
    step = advance(_pod(_container(script=script)), 1.2, cached=frozenset({"c:1"}))
    assert [note.reason for note in step.notes] == ["Pulling", "Pulled", "Created", "Started"]


def test_images_that_cannot_be_pulled_back_off() -> None:
    broken = _container(script=replace(PLAIN, pull_error="not found"))
    pod, noted = _played(_pod(broken), 20)
    attempt = ["Pulling", "Failed", "Failed", "BackOff", "Failed"]
    assert [reason for _, reason in noted] == [*attempt, *attempt]
    assert pod.containers[0].phase is Phase.PULL_BACKOFF
    assert phase(pod) == "Pending"


@pytest.mark.parametrize(
    ("failures", "expected"), [(1, 10), (2, 20), (3, 40), (5, 160), (6, 300), (50, 300)]
)
def test_backoff_doubles_to_five_minutes(failures: int, expected: float) -> None:
    assert backoff_s(failures) == expected


def test_a_crashing_container_restarts_at_once_then_backs_off() -> None:
    crashing = _container(script=replace(PLAIN, run_s=2, exit_code=1))
    pod, noted = _played(_pod(crashing), 55)
    starts = [at for at, reason in noted if reason == "Started"]
    gaps = [round(after - before, 1) for before, after in pairwise(starts)]
    assert gaps == [3.3, 12.3, 22.3]
    assert pod.containers[0].restarts == 3
    assert phase(pod) == "Running"


def test_a_long_run_forgives_earlier_crashes() -> None:
    script = replace(PLAIN, run_s=700, exit_code=1)
    pod, noted = _played(_pod(_container(script=script)), 1500)
    assert pod.containers[0].restarts == 2
    assert "BackOff" not in [reason for _, reason in noted]


@pytest.mark.parametrize(
    ("policy", "code", "expected"),
    [
        ("Never", 0, "Succeeded"),
        ("Never", 1, "Failed"),
        ("OnFailure", 0, "Succeeded"),
        ("OnFailure", 1, "Running"),
        ("Always", 0, "Running"),
    ],
)
def test_restart_policy_decides_the_end(policy: str, code: int, expected: str) -> None:
    ending = _container(script=replace(PLAIN, run_s=1, exit_code=code))
    pod, _ = _played(_pod(ending, policy=policy), 30)
    assert phase(pod) == expected


def test_init_containers_run_in_order_and_sidecars_stay() -> None:
    pod, _ = _played(
        _pod(
            _container("first", role=Role.INIT, script=replace(PLAIN, run_s=1)),
            _container("proxy", role=Role.SIDECAR),
            _container("second", role=Role.INIT, script=replace(PLAIN, run_s=1)),
            _container("main"),
        ),
        60,
    )
    started = [item.run.started_s for item in pod.containers if item.run]
    assert started == sorted(started)
    assert [item.is_running for item in pod.containers] == [False, True, False, True]
    assert phase(pod) == "Running"


def test_a_failing_init_container_holds_the_pod_back() -> None:
    failing = _container("init", role=Role.INIT, script=replace(PLAIN, run_s=1, exit_code=1))
    pod, _ = _played(_pod(failing, _container("main")), 30)
    assert pod.containers[1].phase is Phase.WAITING
    assert phase(pod) == "Pending"
    pod, _ = _played(_pod(failing, _container("main"), policy="Never"), 30)
    assert phase(pod) == "Failed"


def test_readiness_waits_for_the_first_probe_after_loading() -> None:
    script = replace(PLAIN, boot_s=2, load_s=20, readiness=PROBE)
    pod, noted = _played(_pod(_container(script=script)), 27)
    assert [reason for _, reason in noted].count("Unhealthy") == 1
    pod, _ = _played(_pod(_container(script=script)), 27.6)
    assert pod.containers[0].run is not None
    assert not pod.containers[0].run.ready
    pod, _ = _played(_pod(_container(script=script)), 27.8)
    assert pod.containers[0].run is not None
    assert pod.containers[0].run.ready


def test_a_startup_probe_comes_before_readiness_and_can_kill() -> None:
    startup = Probe(delay_s=0, period_s=5, successes=1, failures=3, target="refused")
    script = replace(PLAIN, load_s=8, startup=startup, readiness=replace(PROBE, delay_s=0))
    pod, _ = _played(_pod(_container(script=script)), 14)
    assert pod.containers[0].run is not None
    assert (pod.containers[0].run.started, pod.containers[0].run.ready) == (True, True)
    slow, noted = _played(_pod(_container(script=replace(script, load_s=60, stop_code=143))), 14)
    assert "Killing" in [reason for _, reason in noted]
    assert slow.containers[0].run is not None
    assert slow.containers[0].run.exit_code == 143


def test_a_leader_loads_only_when_its_group_runs() -> None:
    script = replace(
        PLAIN, boot_s=1, load_s=5, waits_for_group=True, group_timeout_s=300,
        readiness=replace(PROBE, delay_s=0, period_s=1),
    )  # fmt: skip
    alone = advance(_pod(_container(script=script)), 100, met=False).pod
    assert alone.containers[0].is_running
    joined = advance(alone, 101, met=True).pod
    assert joined.containers[0].run is not None
    assert joined.containers[0].run.joined_s == 101
    ready = advance(joined, 108).pod
    assert ready.containers[0].run is not None
    assert ready.containers[0].run.ready
    gave_up = advance(alone, 305, met=False).pod
    assert gave_up.containers[0].run is not None
    assert gave_up.containers[0].run.exit_code == 1


def test_never_ready_is_never_ready() -> None:
    script = replace(PLAIN, never_ready=True, readiness=replace(PROBE, delay_s=0, period_s=1))
    pod, noted = _played(_pod(_container(script=script)), 100)
    assert pod.containers[0].run is not None
    assert not pod.containers[0].run.ready
    assert len([reason for _, reason in noted if reason == "Unhealthy"]) > 90


class TestStop:
    """A pod that is told to end."""

    running = advance(_pod(_container()), 10).pod

    @pytest.mark.parametrize(
        ("stop_s", "grace_s", "ends_s", "code"),
        [(1, 30, 11, 143), (60, 30, 40, 137), (1, 0, 10, 137)],
    )
    def test_within_its_grace(
        self, stop_s: float, grace_s: float, ends_s: float, code: int
    ) -> None:
        script = replace(PLAIN, stop_s=stop_s, stop_code=143)
        pod = self.running.with_container(replace(self.running.containers[0], script=script))
        step = stop(pod, 10, grace_s)
        assert [note.reason for note in step.notes] == ["Killing"]
        assert next_wake(step.pod, 10) == ends_s
        ended = advance(step.pod, ends_s).pod
        assert ended.stopped
        assert ended.containers[0].run is not None
        assert ended.containers[0].run.exit_code == code

    def test_a_shorter_grace_later_counts(self) -> None:
        script = replace(PLAIN, stop_s=60)
        pod = self.running.with_container(replace(self.running.containers[0], script=script))
        slow = stop(pod, 10, 30).pod
        again = stop(slow, 12, 0)
        assert again.notes == []
        assert advance(again.pod, 12).pod.stopped

    def test_a_pod_that_never_ran_is_stopped_at_once(self) -> None:
        pulling = advance(_pod(_container()), 1).pod
        assert stop(pulling, 1, 30).pod.stopped

    def test_nothing_restarts(self) -> None:
        stopped = advance(stop(self.running, 10, 30).pod, 100).pod
        assert stopped.containers[0].restarts == 0
        assert next_wake(stopped, 100) == FOREVER


def test_a_container_killed_from_outside_restarts() -> None:
    running = advance(_pod(_container()), 10).pod
    killed = kill(running, "c", 10)
    after = advance(killed.pod, 12, cached=frozenset({"c:1"})).pod
    assert after.containers[0].restarts == 1
    assert after.containers[0].previous is not None
    assert after.containers[0].previous.exit_code == 137


def test_a_failed_pull_does_not_make_a_first_crash_look_like_many() -> None:
    failing = replace(PLAIN, pull_error="no such host")
    pod, _ = _played(_pod(_container(script=failing)), 40)
    assert pod.containers[0].failures > 1
    cured = replace(pod.containers[0], script=replace(PLAIN, run_s=5, exit_code=1))
    pod = replace(pod, containers=(cured,))
    started_s = next_wake(pod, 40)
    while pod.containers[0].restarts == 0:
        pod = advance(pod, started_s).pod
        started_s = next_wake(pod, started_s)
    previous = pod.containers[0].previous
    assert previous is not None
    assert pod.containers[0].run is not None
    assert pod.containers[0].run.started_s - (previous.finished_s or 0) < 5  # at once, no back-off


def test_an_image_that_may_not_be_pulled_is_an_error_twice_told() -> None:
    step = advance(_pod(_container(script=replace(PLAIN, never_pulls=True))), 5)
    assert [(note.reason, note.warning) for note in step.notes] == [
        ("ErrImageNeverPull", True),
        ("Failed", True),
    ]
    assert step.notes[1].message == "Error: ErrImageNeverPull"


def test_a_start_hook_holds_up_the_containers_after_it() -> None:
    hooked = _container("a", script=replace(PLAIN, poststart_s=10))
    pod, _ = _played(_pod(hooked, _container("b")), 8)
    assert [item.phase for item in pod.containers] == [Phase.STARTING, Phase.WAITING]
    pod, noted = _played(_pod(hooked, _container("b")), 30)
    assert [at_s for at_s, reason in noted if reason == "Started"] == [12.7, 15.0]
    first = pod.containers[0].run
    assert first is not None
    assert first.started_s == pytest.approx(2.7)


def test_a_start_hook_that_fails_ends_its_container() -> None:
    failing = replace(PLAIN, poststart_s=1, poststart_fails=True)
    pod, noted = _played(_pod(_container(script=failing)), 8)
    reasons = [reason for _, reason in noted]
    assert reasons[2:6] == ["Created", "Started", "FailedPostStartHook", "Killing"]
    pod, noted = _played(_pod(_container(script=failing)), 60)
    assert pod.containers[0].restarts > 1
    assert "BackOff" in [reason for _, reason in noted]
