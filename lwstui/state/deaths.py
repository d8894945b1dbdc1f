"""How containers ended: the evidence that outlives their pods. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from controller.api.meta import Key
from controller.api.pods import Container, Pod

DEATH_LIMIT: Final = 500
"""Ends that a snapshot holds."""
LAST_LINES: Final = 12
"""Lines of evidence in the record itself; the rest is on disk."""

_STOPPED: Final = (130, 137, 143)
"""Exit codes of a process that was told to stop, or killed because it would not."""

_SIGNALS: Final = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    15: "SIGTERM",
}


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """One end of a container.

    Attributes:
        at: When it ended, epoch seconds.
        ran_s: How long it had run, None if that is not known.
        namespace: Namespace of the pod.
        set_name: Set of the pod.
        group: Group index, -1 if the pod's group has no number.
        worker: Worker index, 0 for the leader.
        subgroup: Subgroup index, -1 if none.
        pod: Name of the pod, which its next incarnation will have too.
        uid: UID of the pod.
        container: Name of the container.
        init: Whether it is an init container.
        run: Which run of the container it was: restarts before it.
        generation: Which incarnation of the group it was, from 1; 0 if unknown.
        node: Node of the pod.
        exit_code: Exit code.
        signal: Name of the signal that ended it, empty if none did.
        reason: The kubelet's word, such as ``OOMKilled``.
        message: The kubelet's words.
        lines: The last lines of its log.
        kept: Lines that are kept on disk; 0 if its log could not be read in time.
        problem: Why nothing is kept, empty if something is.
    """

    at: float
    ran_s: float | None = None
    namespace: str
    set_name: str
    group: int
    worker: int
    subgroup: int = -1
    pod: str
    uid: str
    container: str
    init: bool = False
    run: int = 0
    generation: int = 0
    node: str = ""
    exit_code: int = 0
    signal: str = ""
    reason: str = ""
    message: str = ""
    lines: tuple[str, ...] = ()
    kept: int = 0
    problem: str = ""

    @property
    def id(self) -> tuple[str, str, int]:
        """What it is known by."""
        return self.uid, self.container, self.run

    @property
    def pod_key(self) -> Key:
        """Namespace and name of the pod."""
        return Key(self.namespace, self.pod)

    @property
    def set_key(self) -> Key:
        """Namespace and name of the set."""
        return Key(self.namespace, self.set_name)

    @property
    def how(self) -> str:
        """Exit code, signal and reason in words."""
        words = [f"exit {self.exit_code}", self.signal, self.reason]
        return ", ".join(word for word in words if word and word != "Error")

    def wanted(self, group: int | None, pod: str, role: str) -> bool:
        """Tell whether it belongs to a group, pod and role."""
        if pod:
            return self.pod == pod
        own = "leader" if self.worker == 0 else "worker"
        return (group is None or group == self.group) and role in (
            "all",
            own,
            f"sub-{self.subgroup}",
        )

    def as_pod(self) -> Pod:
        """Return as much of the pod as is known."""
        return Pod(
            self.namespace,
            self.pod,
            self.uid,
            "",
            self.at,
            set_name=self.set_name,
            group=self.group,
            worker=self.worker,
            subgroup=self.subgroup,
        )


def signal_of(exit_code: int) -> str:
    """Return the signal that an exit code above 128 stands for, empty if it stands for none."""
    return _SIGNALS.get(exit_code - 128, "") if exit_code > 128 else ""


def deaths(before: Pod | None, pod: Pod, generation: int = 0) -> Iterator[tuple[Death, bool]]:
    """Yield the ends of containers that a pod shows and did not show before.

    A container that completed its work, and one that was stopped because its pod is deleted,
    has not died. A pod seen for the first time shows its present failures only.

    Args:
        before: The pod as it was known, None if it was not.
        pod: The pod as it is.
        generation: Which incarnation of its group it belongs to.

    Yields:
        The end, and whether the container runs again, so that its log is the previous one.
    """
    known = {c.name: c for c in before.containers} if before and before.uid == pod.uid else {}
    for container in pod.containers:
        old = known.get(container.name)
        if _died_now(container) and not (old is not None and _died_now(old)):
            if not _stopped(pod, container):
                yield _death(pod, container, generation, again=False), False
        elif _restarted(old, container) and not (old is not None and _died_now(old)):
            yield _death(pod, container, generation, again=True), True


def _died_now(container: Container) -> bool:
    return container.state == "terminated" and bool(container.exit_code)


def _restarted(old: Container | None, container: Container) -> bool:
    if container.last_exit_code is None or (container.init and not container.last_exit_code):
        return False
    return old is None or container.restarts > old.restarts


def _stopped(pod: Pod, container: Container) -> bool:
    """Tell whether a container ended because its pod was deleted."""
    asked, ended = pod.stop_asked_at, container.finished_at
    if asked is None:
        return False
    # Times are whole seconds: a failure and the deletion that follows may share one.
    if ended == asked:
        return container.exit_code in _STOPPED
    return ended is None or ended > asked


def _death(pod: Pod, container: Container, generation: int, *, again: bool) -> Death:
    code = (container.last_exit_code if again else container.exit_code) or 0
    began = container.last_started_at if again else container.started_at
    ended = container.last_finished_at if again else container.finished_at
    return Death(
        at=ended or 0.0,
        ran_s=ended - began if ended and began else None,
        namespace=pod.namespace,
        set_name=pod.set_name,
        group=pod.group,
        worker=pod.worker,
        subgroup=pod.subgroup,
        pod=pod.name,
        uid=pod.uid,
        container=container.name,
        init=container.init,
        run=max(0, container.restarts - 1) if again else container.restarts,
        generation=generation,
        node=pod.node,
        exit_code=code,
        signal=signal_of(code),
        reason=container.last_reason if again else container.reason,
        message="" if again else container.message,
    )
