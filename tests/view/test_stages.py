"""The stages of a starting pod: from conditions and states alone, and with events."""

from __future__ import annotations

import pytest

from controller.api.core import Event
from lwstui.view.health import pod_health
from lwstui.view.stages import NO_PULLS, Stage, pod_stages, pulls
from tests.view.build import NOW, container, pod

IMAGE = "repo/vllm:1"
WAITING = {"ready": False, "state": "waiting", "started_at": None}


def _event(reason, note, uid="uid-llama-0"):
    return Event("prod", "e", "e", "Normal", reason, note, "Pod", "llama-0", uid)


def _pulled(seconds="40s"):
    return _event(
        "Pulled",
        f'Successfully pulled image "{IMAGE}" in 2s ({seconds} including waiting). Image size: 1.',
    )


def _stages(member, *events):
    known = pulls(events).get(member.uid, NO_PULLS)
    return pod_stages(member, pod_health(member, NOW), known, NOW)


def _pod(*containers, **changes):
    base = {
        "created_at": NOW - 100,
        "scheduled_at": NOW - 98,
        "initialized_at": NOW - 98,
        "ready": False,
        "ready_changed_at": NOW - 98,
        "phase": "Pending",
        "containers": containers,
    }
    return pod(**{**base, **changes})


def _started(at, **changes):
    return container(ready=False, started_at=at, **changes)


def test_a_ready_pod_without_events_has_one_time_for_image_and_start():
    member = _pod(
        container(started_at=NOW - 50), ready=True, ready_changed_at=NOW - 20, phase="Running"
    )
    assert _stages(member) == (
        Stage("done", 2),
        Stage("done", 48),
        Stage("none"),
        Stage("done", None),
        Stage("done", 30),
    )


def test_events_tell_the_pull_from_the_start():
    member = _pod(
        container(started_at=NOW - 50), ready=True, ready_changed_at=NOW - 20, phase="Running"
    )
    found = _stages(member, _event("Pulling", f'Pulling image "{IMAGE}"'), _pulled())
    assert found[1:4] == (Stage("done", 40), Stage("none"), Stage("done", 8))
    assert sum(stage.seconds or 0 for stage in found) == 80


def test_an_image_on_the_node_takes_no_time():
    note = f'Container image "{IMAGE}" already present on machine'
    member = _pod(_started(NOW - 95), phase="Running")
    found = _stages(member, _event("Pulled", note))
    assert found[1:4] == (Stage("done", 0), Stage("none"), Stage("done", 3))


@pytest.mark.parametrize(
    ("member", "events", "at", "stage"),
    [
        pytest.param(
            _pod(container(**WAITING), scheduled=False, scheduled_at=None, node=""),
            (),
            0,
            Stage("now", 100),
            id="no-node-yet",
        ),
        pytest.param(
            _pod(
                scheduled=False,
                scheduled_at=None,
                node="",
                unscheduled_reason="Unschedulable",
            ),
            (),
            0,
            Stage("fault", 100),
            id="unschedulable",
        ),
        pytest.param(
            _pod(container(**WAITING, reason="ContainerCreating")),
            (),
            1,
            Stage("now", 98),
            id="waiting-without-events-is-the-image",
        ),
        pytest.param(
            _pod(container(**WAITING, reason="ContainerCreating")),
            (_event("Pulling", f'Pulling image "{IMAGE}"'),),
            1,
            Stage("now", 98),
            id="pulling",
        ),
        pytest.param(
            _pod(container(**WAITING, reason="ContainerCreating")),
            (_event("Pulling", f'Pulling image "{IMAGE}"'), _pulled("90s")),
            3,
            Stage("now", 8),
            id="pulled-and-being-made",
        ),
        pytest.param(
            _pod(container(**WAITING, reason="ImagePullBackOff")),
            (),
            1,
            Stage("fault", 98),
            id="image-cannot-be-pulled",
        ),
        pytest.param(
            _pod(container(**WAITING, reason="CreateContainerConfigError")),
            (),
            3,
            Stage("fault", 98),
            id="container-cannot-be-made",
        ),
        pytest.param(
            _pod(
                _started(NOW - 60, init=True, name="cache"),
                container(**WAITING, reason="PodInitializing"),
                initialized_at=None,
            ),
            (),
            2,
            Stage("now", 60),
            id="init-runs",
        ),
        pytest.param(
            _pod(_started(NOW - 60), phase="Running"), (), 4, Stage("now", 60), id="probe"
        ),
        pytest.param(
            _pod(
                container(
                    **WAITING, reason="CrashLoopBackOff", restarts=3, last_finished_at=NOW - 9
                ),
                phase="Running",
                ready_changed_at=NOW - 30,
            ),
            (),
            4,
            Stage("fault", 30),
            id="crash-loop-stands-before-ready",
        ),
    ],
)
def test_the_stage_a_pod_stands_in(member, events, at, stage):
    found = _stages(member, *events)
    assert found[at] == stage
    assert all(later.state in ("next", "none") for later in found[at + 1 :])


def test_init_containers_have_their_own_time():
    cache = container(init=True, name="cache", state="terminated", started_at=NOW - 90, exit_code=0)
    member = _pod(cache, _started(NOW - 40), initialized_at=NOW - 50, phase="Running")
    assert _stages(member)[:4] == (
        Stage("done", 2),
        Stage("done", 18),
        Stage("done", 40),
        Stage("done", None),
    )


def test_a_restarted_container_does_not_tell_when_it_started_first():
    member = _pod(container(restarts=1, started_at=NOW - 5), ready=True, ready_changed_at=NOW - 1)
    assert [stage.seconds for stage in _stages(member)] == [2, None, None, None, None]
