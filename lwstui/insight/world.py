"""What rules look at: the snapshot, indexed once per round. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Final

from controller.api.core import Event, Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Container, Pod
from lwstui.state.deaths import Death
from lwstui.state.insights import Evidence, GroupId, Subject
from lwstui.state.model import Snapshot
from lwstui.state.reduce import place_of
from lwstui.state.tails import NO_TAILS, Tail

UNPULLED: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName"})
"""Why a container waits whose image cannot be pulled."""
_GROUP: Final = attrgetter("group")


@dataclass(frozen=True)
class World:
    """One round's input.

    Attributes:
        snapshot: What is known.
        now: Epoch seconds.
        tails: Last log lines by pod, as far as they were read.
    """

    snapshot: Snapshot
    now: float
    tails: Mapping[Key, Tail] = field(default_factory=lambda: NO_TAILS)

    @cached_property
    def groups(self) -> Mapping[GroupId, tuple[Pod, ...]]:
        """Pods of each group, leader first."""
        return {
            group: pods for groups in self.groups_of_set.values() for group, pods in groups.items()
        }

    @cached_property
    def groups_of_set(self) -> Mapping[Key, Mapping[GroupId, tuple[Pod, ...]]]:
        """The same by set; the pods of a set stand together by group."""
        return {
            key: {(key, at): tuple(pods) for at, pods in groupby(found, _GROUP) if at >= 0}
            for key, found in self.snapshot.by_set.items()
        }

    @cached_property
    def on_node(self) -> Mapping[str, tuple[Pod, ...]]:
        """Pods of sets on each node."""
        found: dict[str, list[Pod]] = {}
        for pod in self.snapshot.pods.values():
            if pod.node and pod.set_name:
                found.setdefault(pod.node, []).append(pod)
        return {node: tuple(pods) for node, pods in found.items()}

    @cached_property
    def events_of(self) -> Mapping[tuple[str, str, str], tuple[Event, ...]]:
        """Events by (kind, namespace, name) of what they are about, newest first."""
        found: dict[tuple[str, str, str], list[Event]] = {}
        for event in self.snapshot.events.values():
            slot = (event.regarding_kind, event.namespace, event.regarding_name)
            found.setdefault(slot, []).append(event)
        return {
            slot: tuple(sorted(events, key=lambda event: -event.last_at))
            for slot, events in found.items()
        }

    @cached_property
    def deaths_of(self) -> Mapping[GroupId, tuple[Death, ...]]:
        """How containers of each group ended, oldest first."""
        found: dict[GroupId, list[Death]] = {}
        for death in self.snapshot.deaths:
            found.setdefault((death.set_key, death.group), []).append(death)
        return {group: tuple(deaths) for group, deaths in found.items()}

    @cached_property
    def unpulled_of(self) -> Mapping[tuple[Key, str], tuple[Pod, ...]]:
        """Pods that wait for an image that cannot be pulled, by set and image, in order."""
        found: dict[tuple[Key, str], list[Pod]] = {}
        for pod in self.snapshot.pods.values():
            container = waiting(pod, UNPULLED) if pod.set_name and not pod.ready else None
            if container is not None:
                found.setdefault((pod.set_key, container.image), []).append(pod)
        return {slot: tuple(sorted(pods, key=place_of)) for slot, pods in found.items()}

    def pod_events(self, pod: Pod, *reasons: str) -> Iterator[Event]:
        """Yield the events of a pod with one of some reasons, newest first."""
        for event in self.events_of.get(("Pod", pod.namespace, pod.name), ()):
            mine = not event.regarding_uid or event.regarding_uid == pod.uid
            if mine and event.reason in reasons:
                yield event

    def node_of(self, pod: Pod) -> Node | None:
        """Return the node a pod is bound to, None if it is not or the node is unknown."""
        return self.snapshot.nodes.get(pod.node)

    def set_of(self, pod: Pod) -> LeaderWorkerSet | None:
        """Return the set a pod belongs to."""
        return self.snapshot.sets.get(pod.set_key)


def waiting(pod: Pod, reasons: Collection[str]) -> Container | None:
    """Return the first container of a pod that waits for one of some reasons."""
    return next((c for c in pod.containers if c.state == "waiting" and c.reason in reasons), None)


def pod_subject(pod: Pod) -> Subject:
    """Return a pod as the subject of a finding."""
    return Subject("pod", pod.namespace, pod.name, pod.group)


def group_subject(group: GroupId) -> Subject:
    """Return a group as the subject of a finding."""
    key, index = group
    return Subject("group", key.namespace, key.name, index)


def groups_of(*pods: Pod) -> frozenset[GroupId]:
    """Return the groups that pods belong to."""
    return frozenset((pod.set_key, pod.group) for pod in pods if pod.set_name and pod.group >= 0)


def seen_event(event: Event) -> Evidence:
    """Return an event as evidence."""
    times = f" ×{event.count}" if event.count > 1 else ""
    return Evidence(f"{event.reason}{times}: {event.note}", event.last_at)
