"""Startup policy: when a leader's workers are created for the first time.

Source: pkg/controllers/pod_controller.go.
"""

from __future__ import annotations

from controller.api.lws import StartupPolicy
from controller.plan.actions import Wait
from controller.plan.groups import Group


def gate(group: Group, policy: StartupPolicy) -> Wait | None:
    """Return why a group's workers must not be created yet, or None.

    Once any worker of this leader has been created the gate stays open: a leader that turns
    NotReady later does not hold up the replacement of a lost worker.
    """
    leader = group.leader
    if policy != "LeaderReady" or leader is None or leader.ready or group.started:
        return None
    count = group.size - 1
    return Wait(
        "startup",
        f"group {group.index}: {count} worker{'s' if count != 1 else ''} will be created when "
        f"leader {leader.name} is ready (startupPolicy LeaderReady); it is "
        f"{leader.phase or 'not running yet'}, not ready",
        group.index,
    )
