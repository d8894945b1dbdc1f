"""Which ends of containers are deaths, and what is taken down of them."""

import pytest

from lwstui.state.deathlog import DeathLog
from lwstui.state.deaths import Death, deaths, signal_of
from tests.view.build import NOW, container, pod

CRASHED = container(
    state="terminated",
    reason="OOMKilled",
    ready=False,
    exit_code=137,
    started_at=NOW - 90,
    finished_at=NOW,
    message="out of memory",
)
RESTARTED = container(
    restarts=1,
    last_exit_code=1,
    last_reason="Error",
    last_started_at=NOW - 31,
    last_finished_at=NOW - 1,
)


def ends(before, after, generation=3):
    return [(death.container, again) for death, again in deaths(before, after, generation)]


def test_what_is_taken_down():
    ((death, again),) = deaths(pod(5, 2), pod(5, 2, containers=(CRASHED,), node="gpu-7"), 3)
    assert not again
    assert (death.exit_code, death.signal, death.reason) == (137, "SIGKILL", "OOMKilled")
    assert (death.at, death.ran_s, death.node, death.message) == (
        NOW,
        90.0,
        "gpu-7",
        "out of memory",
    )
    assert (death.set_name, death.group, death.worker, death.generation) == ("llama", 5, 2, 3)
    assert (death.pod, death.container, death.run) == ("llama-5-2", "main", 0)
    assert death.how == "exit 137, SIGKILL, OOMKilled"


def test_a_restart_in_place_is_the_end_of_the_run_before():
    ((death, again),) = deaths(pod(), pod(containers=(RESTARTED,)))
    assert again
    assert (death.run, death.exit_code, death.ran_s, death.reason) == (0, 1, 30.0, "Error")


def test_the_same_end_is_told_once():
    crashed = pod(containers=(CRASHED,))
    assert ends(crashed, crashed) == []
    waiting = container(
        state="waiting", reason="CrashLoopBackOff", restarts=1, last_exit_code=137, ready=False
    )
    assert ends(crashed, pod(containers=(waiting,))) == []


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"exit_code": 0, "reason": "Completed"}, False),
        ({"init": True}, True),
        ({}, True),
    ],
)
def test_what_completed_has_not_died(changes, counts):
    one = container(**{"state": "terminated", "exit_code": 1, "finished_at": NOW, **changes})
    assert bool(ends(pod(), pod(containers=(one,)))) is counts


@pytest.mark.parametrize(
    ("asked", "exit_code", "counts"),
    [
        (NOW - 30, 137, False),
        (NOW - 30, 1, False),
        (NOW, 143, False),
        (NOW, 1, True),
        (NOW + 1, 137, True),
    ],
)
def test_a_container_that_was_told_to_stop_has_not_died(asked, exit_code, counts):
    one = container(state="terminated", exit_code=exit_code, finished_at=NOW)
    deleted = pod(containers=(one,), deleted_at=asked + 30, stop_asked_at=asked)
    assert bool(ends(pod(), deleted)) is counts


def test_a_pod_seen_for_the_first_time_shows_what_it_has():
    assert ends(None, pod(containers=(CRASHED,))) == [("main", False)]
    assert ends(pod(uid="earlier", containers=(CRASHED,)), pod(containers=(CRASHED,))) == [
        ("main", False)
    ]
    assert ends(None, pod(containers=(RESTARTED,))) == [("main", True)]
    assert ends(None, pod()) == []


def test_signals():
    assert [signal_of(code) for code in (0, 1, 137, 139, 143, 255)] == [
        "",
        "",
        "SIGKILL",
        "SIGSEGV",
        "SIGTERM",
        "",
    ]


def death(number, **changes):
    base = {
        "at": NOW + number,
        "namespace": "prod",
        "set_name": "llama",
        "group": 0,
        "worker": 1,
        "subgroup": 0,
        "pod": "llama-0-1",
        "uid": f"uid-{number}",
        "container": "main",
    }
    return Death(**{**base, **changes})


@pytest.mark.parametrize(
    ("group", "pod_name", "role", "wanted"),
    [
        (None, "", "all", True),
        (0, "", "worker", True),
        (1, "", "all", False),
        (0, "", "leader", False),
        (0, "", "sub-0", True),
        (None, "llama-0-1", "leader", True),
        (None, "llama-0", "all", False),
    ],
)
def test_whose_it_is(group, pod_name, role, wanted):
    assert death(1).wanted(group, pod_name, role) is wanted


def test_the_log_of_deaths_is_bounded_ordered_and_learns_more():
    changed = set()
    log = DeathLog(changed)
    log.add([death(number) for number in range(600)])
    assert [one.uid for one in log.all] == [f"uid-{n}" for n in range(100, 600)]
    assert changed == {"deaths"}
    log.add([death(599, kept=7)])
    assert log.all[-1].kept == 7
    assert len(log.all) == 500
    assert log.has(death(599))
    assert not log.has(death(5))
