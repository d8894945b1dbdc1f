"""Every event a set tells of, word for word.

Notes that name a StatefulSet upstream speak of pods; warnings beyond upstream's tell why a group
or the set has to wait.

Source: pkg/controllers, every call of the event recorder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from controller.api import names
from tests.controller.plan.upstream import NAME, available, go, ready, rename, sample, target
from tests.controller.support import FakeCluster

Scenario = Callable[[], FakeCluster]


def first_pass() -> FakeCluster:
    return sample()


def missing_revision() -> FakeCluster:
    cluster = available()
    cluster.revisions.clear()
    return cluster


def new_template(unavailable: int = 1, surge: int = 0) -> FakeCluster:
    rollout = {"maxUnavailable": unavailable, "maxSurge": surge}
    cluster = available(4, rollout=rollout)
    rename(cluster, "b")
    return cluster


def next_groups(unavailable: int, surge: int = 0, *, done: list[int]) -> FakeCluster:
    cluster = new_template(unavailable, surge)
    cluster.quiet()
    ready(cluster, *done)
    return cluster


def second_pass() -> FakeCluster:
    cluster = sample()
    cluster.step()
    return cluster


def scaled_down() -> FakeCluster:
    cluster = available(4)
    cluster.scale(2)
    return cluster


def restarted(pod: str) -> FakeCluster:
    cluster = available()
    cluster.restart_container(pod)
    return cluster


def partition_raised() -> FakeCluster:
    cluster = next_groups(1, done=[3])
    cluster.quiet()
    strategy = {"rollingUpdateConfiguration": {"partition": 4}}
    cluster.edit(lambda spec: spec.update(rolloutStrategy=strategy))
    return cluster


def new_generation() -> FakeCluster:
    cluster = available()
    cluster.edit(lambda spec: spec.update(startupPolicy="LeaderReady"))
    return cluster


def new_generation_at_the_end_of_an_update() -> FakeCluster:
    """All groups are updated, one is not ready yet: UpdateInProgress is True and stays so."""
    cluster = available(1)
    rename(cluster, "b")
    cluster.quiet()
    go(cluster, 0)
    cluster.quiet()
    cluster.now += 5
    cluster.edit(lambda spec: spec.update(startupPolicy="LeaderReady"))
    return cluster


def foreign(taken: str) -> FakeCluster:
    cluster = sample(1)
    cluster.taken = {taken: "Job j"}
    cluster.step()
    return cluster


def no_label() -> FakeCluster:
    cluster = sample(1, annotations={names.EXCLUSIVE_TOPOLOGY: "rack"})
    cluster.node_labels = {"node-0": {}}
    cluster.step()
    cluster.schedule(f"{NAME}-0")
    return cluster


def invalid() -> FakeCluster:
    return sample(startupPolicy="Never")


class Told(NamedTuple):
    """An event and how it comes about: the scenario stops before the pass that tells."""

    scenario: Scenario
    reason: str
    action: str
    note: str
    related: str = ""


EVENTS = {
    "first revision": Told(
        first_pass,
        "CreatingRevision",
        "Create",
        "Creating revision with key <key> for a newly created LeaderWorkerSet",
        "ControllerRevision",
    ),
    "missing revision": Told(
        missing_revision,
        "CreatingRevision",
        "Create",
        "Creating missing revision with key <key> for existing LeaderWorkerSet",
        "ControllerRevision",
    ),
    "new target": Told(
        new_template,
        "CreatingRevision",
        "Create",
        "Creating revision with key <key> for updated LWS",
        "ControllerRevision",
    ),
    "leaders": Told(first_pass, "GroupsProgressing", "Create", f"Created leader pods {NAME}"),
    "workers": Told(
        second_pass,
        "GroupsProgressing",
        "Create",
        f"Created worker pods for leader pod {NAME}-1",
        "Pod",
    ),
    "first group opened": Told(new_template, "GroupsUpdating", "Update", "Updating replica 3"),
    "one group opened": Told(
        lambda: next_groups(1, done=[3]),
        "GroupsUpdating",
        "Update",
        "Updating replica 2",
        "ControllerRevision",
    ),
    "groups opened": Told(
        lambda: next_groups(2, done=[3, 2]),
        "GroupsUpdating",
        "Update",
        "Updating replicas 0 to 1 (inclusive)",
        "ControllerRevision",
    ),
    "one surge group given back": Told(
        lambda: next_groups(10, 1, done=[4, 3, 2, 1]),
        "GroupsProgressing",
        "Delete",
        f"deleting surge replica {NAME}-4",
    ),
    "surge groups given back": Told(
        lambda: next_groups(2, 2, done=[3, 2]),
        "GroupsProgressing",
        "Delete",
        f"deleting surge replicas from {NAME}-4 to {NAME}-5",
    ),
    "plain scale-down": Told(
        scaled_down,
        "GroupsProgressing",
        "Delete",
        f"deleting surge replicas from {NAME}-2 to {NAME}-3",
    ),
    "a worker failed": Told(
        lambda: restarted(f"{NAME}-1-1"),
        "RecreateGroup",
        "Delete",
        f"Worker pod {NAME}-1-1 failed, deleted leader pod {NAME}-1 to recreate group 1",
        "Pod",
    ),
    "a leader failed": Told(
        lambda: restarted(f"{NAME}-1"),
        "RecreateGroup",
        "Delete",
        f"Worker pod {NAME}-1 failed, deleted leader pod {NAME}-1 to recreate group 1",
        "Pod",
    ),
    "progressing": Told(
        first_pass,
        "GroupsProgressing",
        "Update",
        "Replicas are progressing, with 0 groups ready of total 2 groups",
    ),
    "updating": Told(
        new_template,
        "GroupsUpdating",
        "Update",
        "Rolling Upgrade is in progress, with 4 groups ready of total 4 groups",
    ),
    "a new generation": Told(
        new_generation,
        "AllGroupsReady",
        "Update",
        "All replicas are ready, with 2 groups ready of total 2 groups",
    ),
    "a new generation at the end of an update": Told(
        new_generation_at_the_end_of_an_update,
        "GroupsProgressing",
        "Update",
        "Replicas are progressing, with 0 groups ready of total 1 groups",
    ),
    "a foreign pod": Told(
        lambda: foreign(f"pods/{NAME}-0"),
        "FailedCreate",
        "Create",
        f"group 0 waits: pod {NAME}-0 is held by Job j; it is not ours and is left alone",
    ),
    "a foreign service": Told(
        lambda: foreign(f"services/{NAME}"),
        "FailedCreate",
        "Create",
        f"the set waits: service {NAME} is held by Job j; it is not ours and is left alone",
    ),
    "a node without the label": Told(
        no_label,
        "FailedCreate",
        "Create",
        f"group 0: the workers wait because node node-0 of leader {NAME}-0 has no label rack",
    ),
    "an invalid spec": Told(
        invalid,
        "InvalidSpec",
        "Validate",
        "spec.startupPolicy: 'Never': must be one of LeaderCreated, LeaderReady",
    ),
}


@pytest.mark.parametrize("title", EVENTS)
def test_event(title: str) -> None:
    told = EVENTS[title]
    cluster = told.scenario()
    planned = cluster.step()
    note = told.note.replace("<key>", target(cluster) if "<key>" in told.note else "")
    (event,) = [event for event in planned.events if event.note == note]
    warning = told.reason in ("FailedCreate", "InvalidSpec")
    assert event.type == ("Warning" if warning else "Normal")
    assert (event.reason, event.action) == (told.reason, told.action)
    assert (event.related or {}).get("kind", "") == told.related


def test_a_partition_that_rises_is_not_told_as_an_update() -> None:
    planned = partition_raised().step()
    assert not [event for event in planned.events if "Updating" in event.note]


def test_what_is_told_once_is_not_told_again() -> None:
    cluster = new_template()
    cluster.quiet()
    found = [event.note for event in cluster.events]
    assert len(found) == len(set(found))
    assert cluster.plan().events == ()
