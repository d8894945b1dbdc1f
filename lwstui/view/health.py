"""Health: one glyph, one word and one sentence for a pod, a group, a set, a node.

The order of severity is that of ``ORDER``; where a thing has parts, its worst part decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from controller.api.core import Node
from controller.api.pods import Container, Pod
from lwstui.insight.scheduling import in_short
from lwstui.state.manner import STANDARD
from lwstui.state.model import GroupHistory
from lwstui.view.ages import age
from lwstui.view.stagewords import stage_words
from lwstui.view.types import Tone

ORDER: Final = "XP!-?o_u:· "
FINE: Final = ORDER.index("o")
"""Severities below this are faults or on their way out."""
FAULTS: Final = frozenset("XP!?")
"""States that need attention; what is merely on its way out does not."""

TONES: Final[dict[str, Tone]] = {
    "X": "bad",
    "P": "warn",
    "!": "warn",
    "-": "busy",
    "?": "warn",
    "o": "busy",
    "_": "dim",
    "u": "info",
    ":": "ok",
    "·": "ok",
    " ": "dim",
}
WORDS: Final = {
    "X": "failed",
    "P": "pending",
    "!": "degraded",
    "-": "leaving",
    "?": "unknown",
    "o": "starting",
    "_": "empty",
    "u": "held",
    ":": "old",
    "·": "ready",
    " ": "none",
}
FAILURES: Final = frozenset(
    {
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "CreateContainerError",
        "CreateContainerConfigError",
        "CreatePodSandboxError",
        "RunContainerError",
        "PreStartHookError",
        "PostStartHookError",
        "StartError",
    }
)
NO_HISTORY: Final = GroupHistory()
RECENT_RESTART_S: Final = 600.0
OVERDUE_DELETION_S: Final = 120.0
LOOP_WINDOW_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Health:
    """A judgment.

    Attributes:
        glyph: State glyph.
        word: State in one word, finer than the glyph where that helps: ``pulling``,
            ``loading``.
        tone: Tone of the glyph.
        reason: Why, as a sentence without final stop; empty if there is nothing to say.
        since: When the state began, epoch seconds, or None if unknown.
        until: Epoch second from which the judgment may change although nothing else does.
    """

    glyph: str
    word: str
    tone: Tone
    reason: str = ""
    since: float | None = None
    until: float = inf

    @property
    def severity(self) -> int:
        """Rank in ``ORDER``, 0 is worst."""
        return ORDER.index(self.glyph)


def judge(
    glyph: str,
    reason: str = "",
    since: float | None = None,
    *,
    word: str = "",
    until: float = inf,
) -> Health:
    """Return a judgment with the tone, and unless given the word, of its glyph."""
    return Health(glyph, word or WORDS[glyph], TONES[glyph], reason, since, until)


def worst(healths: Iterable[Health]) -> Health | None:
    """Return the worst of several judgments, the first of equals, or None if there is none."""
    return min(healths, key=lambda health: health.severity, default=None)


def earliest(healths: Iterable[Health]) -> float:
    """Return when the first of several judgments may change on its own."""
    return min((health.until for health in healths), default=inf)


def pod_health(
    pod: Pod, now: float, *, bad_node: str = "", slow_s: float = STANDARD.stuck_default_s
) -> Health:
    """Return a pod's health.

    Args:
        pod: The pod.
        now: Epoch seconds.
        bad_node: Why its node is not ready (``NodeStatusUnknown`` or another reason), empty
            if the node is fine or unknown.
        slow_s: Seconds from which on a start is slow.
    """
    if pod.deleted_at is not None:
        return _leaving(pod, pod.deleted_at, now)
    failed = _failed(pod) or _pending(pod)
    if failed is not None:
        return failed
    if bad_node:
        return _on_bad_node(pod, bad_node)
    restarted = _restarted(pod, now)
    if restarted is not None:
        return restarted
    if pod.ready and pod.phase == "Running":
        return judge("·", since=pod.ready_changed_at)
    if pod.phase in ("Unknown", "Succeeded"):
        return judge("?", f"phase {pod.phase}", pod.ready_changed_at)
    return _was_ready(pod) or _starting(pod, now, slow_s)


def _leaving(pod: Pod, deadline: float, now: float) -> Health:
    overdue = deadline + OVERDUE_DELETION_S
    if now >= overdue:
        return judge("!", "still terminating after its grace period", deadline, word="stuck")
    return judge("-", "terminating", deadline, until=overdue)


def _failed(pod: Pod) -> Health | None:
    if pod.phase == "Failed":
        reason = ": ".join(filter(None, (pod.reason or "phase Failed", pod.message)))
        return judge("X", reason, pod.ready_changed_at)
    for container in pod.containers:
        if container.state == "waiting" and container.reason in FAILURES:
            since = container.last_finished_at or pod.ready_changed_at
            return judge("X", _failure(container), since)
    return None


def _failure(container: Container) -> str:
    name = f"{container.name} " if container.init else ""
    last = _exit(container.last_reason, container.last_exit_code)
    if last:
        times = f" ×{container.restarts}" if container.restarts > 1 else ""
        return f"{name}{last}{times}, {container.reason}"
    return f"{name}{container.reason}" + (f": {container.message}" if container.message else "")


def _exit(reason: str, code: int | None) -> str:
    if reason and reason not in ("Error", "Completed"):
        return reason
    return "" if code is None else f"exit {code}"


def _pending(pod: Pod) -> Health | None:
    if pod.scheduled or pod.phase not in ("Pending", ""):
        return None
    if pod.gates:
        return judge("P", f"waiting for gate {', '.join(pod.gates)}", pod.created_at, word="gated")
    if pod.unscheduled_reason:
        return judge(
            "P", in_short(pod.unscheduled_message) or pod.unscheduled_reason, pod.created_at
        )
    return None


def _on_bad_node(pod: Pod, bad_node: str) -> Health:
    if bad_node == "NodeStatusUnknown":
        return judge("?", f"node {pod.node} does not report", pod.ready_changed_at)
    return judge("!", f"node {pod.node} NotReady", pod.ready_changed_at)


def _restarted(pod: Pod, now: float) -> Health | None:
    for container in pod.containers:
        if container.init:
            continue
        if container.state == "terminated" and container.exit_code:
            said = _exit(container.reason, container.exit_code)
            return judge("!", f"{container.name} {said}", pod.ready_changed_at, word="exited")
        ended = container.last_finished_at
        if container.restarts and ended is not None and now < ended + RECENT_RESTART_S:
            last = _exit(container.last_reason, container.last_exit_code) or "restarted"
            reason = f"{container.name} restarted ×{container.restarts} after {last}"
            until = ended + RECENT_RESTART_S
            return judge("!", reason, ended, word="restarted", until=until)
    return None


def _was_ready(pod: Pod) -> Health | None:
    """Return degraded if the pod turned unready after its containers had started."""
    running = [c for c in pod.containers if not c.init and c.state == "running"]
    changed = pod.ready_changed_at
    if pod.phase != "Running" or not running or changed is None:
        return None
    if any(c.started_at is None or changed <= c.started_at for c in running):
        return None
    return judge("!", "was ready and is not: readiness probe fails", changed)


def _starting(pod: Pod, now: float, slow_s: float) -> Health:
    word, reason = stage_words(pod)
    slow = pod.created_at + slow_s
    if now >= slow:
        return judge(
            "!", f"still starting after {age(slow_s)}: {reason}", pod.created_at, word=word
        )
    return judge("o", reason, pod.created_at, word=word, until=slow)


@dataclass(frozen=True, slots=True)
class GroupContext:
    """What a group's judgment needs beyond its pods.

    Attributes:
        size: Pods the group should have.
        desired: Key of the revision groups should reach, empty if unknown.
        held: Whether the user's partition keeps this group on its revision.
        leader_first: Whether workers are created only when the leader is ready.
        history: What is remembered of the group.
        loop: Recreations within the window that make a loop.
    """

    size: int
    desired: str = ""
    held: bool = False
    leader_first: bool = False
    history: GroupHistory = NO_HISTORY
    loop: int = STANDARD.recreate_loop


def group_health(
    pods: Sequence[Pod], healths: Sequence[Health], context: GroupContext, now: float
) -> Health:
    """Return a group's health.

    Args:
        pods: Its pods, by worker index.
        healths: Their judgments, in the same order.
        context: What else is known.
        now: Epoch seconds.
    """
    if not pods:
        return judge("_", "not created yet")
    leader = pods[0] if pods[0].worker == 0 else None
    loop = _loop(context, healths, now)
    if loop is not None:
        return loop
    if leader is None:
        return judge("?", "no leader seen", pods[0].created_at)
    if leader.terminating:
        return replace(healths[0], until=earliest(healths))
    return _of_parts(pods, healths, context)


def _loop(context: GroupContext, healths: Sequence[Health], now: float) -> Health | None:
    recent = [at for at in context.history.incarnations[1:] if now - at < LOOP_WINDOW_S]
    if len(recent) < context.loop or all(h.glyph == "·" for h in healths):
        return None
    said = worst(healths)
    reason = f"recreate loop ×{len(recent)}" + (f", {said.reason}" if said and said.reason else "")
    until = min(recent[-context.loop] + LOOP_WINDOW_S, earliest(healths))
    return judge("X", reason, recent[0], until=until)


def _of_parts(pods: Sequence[Pod], healths: Sequence[Health], context: GroupContext) -> Health:
    until = earliest(healths)
    index = min(range(len(pods)), key=lambda i: healths[i].severity)
    bad, ready = healths[index], sum(p.running_and_ready for p in pods)
    missing = context.size - len(pods)
    if bad.glyph in "XP!-?":
        reason = f"{_roles(pods, healths, bad)} {bad.reason}".strip()
        return replace(bad, word=WORDS[bad.glyph], reason=reason, until=until)
    if ready < context.size:
        since = pods[0].created_at
        if context.history.ready_once:
            return judge("!", _unready(ready, missing, context), since, until=until)
        if missing > 0 and bad.glyph == "·":
            bad = judge("o", _unready(ready, missing, context), since)
        reason = f"starting {ready}/{context.size}: {bad.reason}"
        return judge("o", reason, since, word=bad.word, until=until)
    return _whole(pods, context, until)


def _unready(ready: int, missing: int, context: GroupContext) -> str:
    if missing > 0:
        waits = "wait for the leader" if context.leader_first else "not created yet"
        return f"{missing} of {context.size} pods {waits}"
    return f"{ready} of {context.size} pods ready"


def _whole(pods: Sequence[Pod], context: GroupContext, until: float) -> Health:
    since = max((p.ready_changed_at or 0.0 for p in pods), default=0.0) or None
    revision = pods[0].revision
    if any(p.revision != revision for p in pods):
        return judge("!", "leader and workers are on different revisions", since, until=until)
    if not context.desired or revision == context.desired:
        return judge("·", since=since, until=until)
    if context.held:
        return judge("u", "held on the old revision by the partition", since, until=until)
    return judge(":", "ready on the old revision", since, until=until)


def _roles(pods: Sequence[Pod], healths: Sequence[Health], bad: Health) -> str:
    """Name the pods that are in the group's worst state."""
    same = [p for p, h in zip(pods, healths, strict=True) if h.glyph == bad.glyph]
    if len(same) == len(pods) > 1:
        return f"all {len(pods)} pods:"
    if len(same) == 1:
        return "leader" if same[0].worker == 0 else f"w{same[0].worker}"
    return f"{len(same)} pods:"


def set_health(
    groups: Sequence[tuple[int, Health]], replicas: int, trouble: Health | None = None
) -> Health:
    """Return a set's health: that of its worst group.

    Args:
        groups: Group indexes and their judgments.
        replicas: Groups the set should have.
        trouble: A judgment about the set itself, such as that nobody reconciles it.
    """
    until = earliest([health for _, health in groups])
    if trouble is not None and (
        not groups or all(trouble.severity <= health.severity for _, health in groups)
    ):
        return trouble
    if not groups:
        return judge(" ", "scaled to 0") if replicas == 0 else judge("o", "no groups yet")
    index, bad = min(groups, key=lambda item: item[1].severity)
    if bad.glyph == "·":
        since = max((h.since or 0.0 for _, h in groups), default=0.0) or None
        return judge("·", since=since, until=until)
    if bad.glyph == "_":
        bad = judge("o", bad.reason)
    alike = sum(1 for _, health in groups if health.glyph == bad.glyph)
    more = f" (and {alike - 1} more)" if alike > 1 else ""
    return replace(
        bad,
        word=WORDS[bad.glyph] if bad.glyph != "o" else bad.word,
        reason=f"group {index}{more}: {bad.reason}" if bad.reason else "",
        until=until,
    )


def node_health(node: Node) -> Health:
    """Return a node's health."""
    if not node.ready:
        reason = node.ready_reason or "NotReady"
        glyph = "?" if reason == "NodeStatusUnknown" else "!"
        return judge(glyph, reason, node.ready_changed_at, word="notready")
    if node.unschedulable:
        return judge("u", "cordoned: no new pods", word="cordoned")
    return judge("·", since=node.ready_changed_at)
