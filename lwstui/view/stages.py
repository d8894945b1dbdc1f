"""How far a pod got on its way to ready, and how long each stage took.

The times come from the pod's conditions and container states. Those do not tell a pull from the
making of a container; events do, where they are watched. A stage whose time nothing tells has
none: nothing is estimated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from controller.api.core import Event
from controller.api.pods import Pod
from lwstui.view.ages import parse_age
from lwstui.view.health import Health

STAGES: Final = ("scheduled", "image", "init", "started", "ready")

_IMAGE_FAULTS: Final = frozenset(
    {
        "ErrImagePull",
        "ErrImageNeverPull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RegistryUnavailable",
    }
)
_IMAGE: Final = re.compile(r'image "([^"]+)"')
_TOOK: Final = re.compile(r"\(([^ ()]+) including waiting\)")

State = Literal["done", "now", "fault", "next", "none"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of one pod.

    Attributes:
        state: ``done``, ``now`` (in progress), ``fault`` (stands still here), ``next`` (not
            reached) or ``none`` (the pod has no such stage).
        seconds: How long it took or has taken so far, None if nothing tells.
    """

    state: State
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Pulls:
    """What events tell of one pod's images.

    Attributes:
        took: Seconds by image; 0 for one that was on the node.
        begun: Images whose pull has begun.
    """

    took: Mapping[str, float] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()


NO_PULLS: Final = Pulls()


def pulls(events: Iterable[Event]) -> dict[str, Pulls]:
    """Return what events tell of image pulls, by UID of the pod."""
    took: dict[str, dict[str, float]] = {}
    begun: dict[str, set[str]] = {}
    for event in events:
        match = _IMAGE.search(event.note) if event.reason in ("Pulling", "Pulled") else None
        if match is None:
            continue
        if event.reason == "Pulling":
            begun.setdefault(event.regarding_uid, set()).add(match[1])
        else:
            took.setdefault(event.regarding_uid, {})[match[1]] = _pull_seconds(event.note)
    return {
        uid: Pulls(took.get(uid, {}), frozenset(begun.get(uid, ())))
        for uid in took.keys() | begun.keys()
    }


def _pull_seconds(note: str) -> float:
    match = _TOOK.search(note)
    return (parse_age(match[1]) if match is not None else None) or 0.0


def pod_stages(pod: Pod, health: Health, known: Pulls, now: float) -> tuple[Stage, ...]:
    """Return a pod's stages in the order of ``STAGES``.

    Args:
        pod: The pod.
        health: Its judgment: a fault makes the stage it stands in one.
        known: What events tell of its images.
        now: Epoch seconds.
    """
    if not pod.scheduled:
        waits: State = "fault" if health.glyph in "XP!" else "now"
        return (Stage(waits, now - pod.created_at), *[Stage("next")] * 4)
    placed = pod.scheduled_at
    scheduled = Stage("done", None if placed is None else placed - pod.created_at)
    return (scheduled, *_Path(pod, health, known, now).stages())


class _Path:
    """The way of a scheduled pod, in moments; a moment that has not come is None."""

    def __init__(self, pod: Pod, health: Health, known: Pulls, now: float) -> None:
        self._pod, self._known, self._now = pod, known, now
        self._bad = health.glyph in "X!"
        self._inits = [c for c in pod.containers if c.init]
        self._mains = [c for c in pod.containers if not c.init]
        # Containers that ran before tell only when they were started last.
        self._first_run = not any(c.restarts for c in pod.containers)
        self._start = pod.scheduled_at or pod.created_at
        began = [c.started_at for c in self._inits if c.started_at is not None]
        self._init_at = min(began, default=None)
        self._inits_done_at = pod.initialized_at if self._inits else self._start
        runs = [c.started_at for c in self._mains]
        up = bool(runs) and all(c.state in ("running", "terminated") for c in self._mains)
        self._up = up or any(c.restarts for c in self._mains)
        self._main_at = max((at for at in runs if at is not None), default=None) if up else None

    def stages(self) -> tuple[Stage, ...]:
        """Return the stages after scheduling."""
        image, started = self._fetching()
        return (image, self._init(), started, self._ready())

    def _fetching(self) -> tuple[Stage, Stage]:
        """Return the stages of getting images and of making containers."""
        if not self._first_run:
            return Stage("done"), Stage("done")
        waited, waiting = self._waited()
        # If nothing tells the pull from the rest, both are one.
        fetched = min(waited, self._pull_s) if self._told else None
        if waiting and (fetched is None or self._pulling):
            return self._standing(waited)
        if waiting and fetched is not None:
            state: State = "fault" if self._faulty() else "now"
            return Stage("done", fetched), Stage(state, waited - fetched)
        after: State = "next" if self._inits_done_at is None else "done"
        if fetched is None:
            return Stage("done", waited), Stage(after)
        return Stage("done", fetched), Stage(after, waited - fetched)

    def _standing(self, waited: float) -> tuple[Stage, Stage]:
        """Return the stages of a pod whose containers are not there yet."""
        if self._faulty() and not any(c.reason in _IMAGE_FAULTS for c in self._pod.containers):
            return Stage("done"), Stage("fault", waited)
        return Stage("fault" if self._faulty() else "now", waited), Stage("next")

    def _faulty(self) -> bool:
        return self._bad and any(c.state == "waiting" for c in self._pod.containers)

    def _waited(self) -> tuple[float, bool]:
        """Return how long containers were waited for, and whether one is waited for."""
        total = 0.0
        if self._inits:
            if self._init_at is None:
                return self._now - self._start, True
            total = self._init_at - self._start
        if self._inits_done_at is None:
            return total, False
        end = self._main_at
        if end is None:
            return total + self._now - self._inits_done_at, True
        return total + max(0.0, end - self._inits_done_at), False

    @property
    def _pull_s(self) -> float:
        images = {c.image for c in self._pod.containers}
        return sum(self._known.took.get(image, 0.0) for image in images)

    @property
    def _told(self) -> bool:
        """Whether events tell of every image that has been needed so far."""
        images = {c.image for c in self._pod.containers if c.state in ("running", "terminated")}
        known = self._known.took.keys() | self._known.begun
        return bool(known) and images <= self._known.took.keys()

    @property
    def _pulling(self) -> bool:
        return bool(self._known.begun - self._known.took.keys())

    def _init(self) -> Stage:
        if not self._inits:
            return Stage("none")
        if self._init_at is None:
            return Stage("next")
        end = self._inits_done_at
        if end is not None:
            # A restarted init container tells when its last run began.
            return Stage("done", end - self._init_at if self._first_run else None)
        failing = self._bad and any(c.state == "waiting" or c.restarts for c in self._inits)
        return Stage("fault" if failing else "now", self._now - self._init_at)

    def _ready(self) -> Stage:
        pod = self._pod
        if pod.ready:
            known = self._first_run and self._main_at is not None and pod.ready_changed_at
            return Stage("done", pod.ready_changed_at - self._main_at if known else None)  # type: ignore[operator]
        if not self._up:
            return Stage("next")
        if self._bad:
            since = pod.ready_changed_at
            return Stage("fault", None if since is None else self._now - since)
        return Stage("now", None if self._main_at is None else self._now - self._main_at)
