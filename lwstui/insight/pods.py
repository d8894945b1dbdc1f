"""Rules about pods: why they do not start, do not stay, or do not go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from controller.api.pods import Container, Pod
from lwstui.insight import scheduling
from lwstui.insight.world import UNPULLED, World, groups_of, pod_subject, seen_event, waiting
from lwstui.state.insights import Advice, Evidence, Finding, Severity

SLOW_PULL_S: Final = 600.0
MOUNT_S: Final = 120.0
OVERDUE_S: Final = 60.0
BACK_OFF_S: Final = 300.0
"""The longest that a kubelet waits before it starts a container that crashed again."""
LOOPING: Final = 2
"""Restarts from which a container that runs for a moment counts as crashing all the same."""

_REGISTRY_AWAY: Final = (
    "429",
    "toomanyrequests",
    "timeout",
    "no space left",
    "i/o",
    "refused",
    "no such host",
)
_NO_SUCH_IMAGE: Final = (
    "not found",
    "manifest unknown",
    "does not exist",
    "name unknown",
    "invalid reference format",
    "couldn't parse image",
)
_REFUSED: Final = frozenset({"UnexpectedAdmissionError", "TopologyAffinityError", "NodeAffinity"})


def findings(world: World) -> Iterator[Finding]:
    """Yield what is wrong with pods."""
    for pod in world.snapshot.pods.values():
        if not pod.set_name or _well(pod):
            continue
        for rule in RULES:
            yield from rule(world, pod)


def _well(pod: Pod) -> bool:
    """Tell whether nothing can be wrong with a pod that these rules look at, as is usual."""
    return pod.running_and_ready and not pod.terminating


def finding(
    rule: str,
    severity: Severity,
    pod: Pod,
    diagnosis: str,
    evidence: Iterable[Evidence],
    *advice: Advice,
    hold_s: float = 0.0,
    explains: Sequence[str] = (),
) -> Finding:
    """Return a finding about a pod; what it keeps from starting follows from it."""
    return Finding(
        rule,
        severity,
        pod_subject(pod),
        diagnosis,
        tuple(evidence),
        advice,
        groups_of(pod),
        frozenset({"G1", "G5", "G7", "E5", "E7", *explains}),
        hold_s,
    )


def unschedulable(world: World, pod: Pod) -> Iterator[Finding]:
    """P1: the scheduler finds no place, or was told not to look for one."""
    if pod.scheduled or pod.terminating or not pod.unscheduled_reason:
        return
    said = Evidence(pod.unscheduled_message or pod.unscheduled_reason, world.snapshot.taken_at)
    if pod.gates:
        what = f"held by {', '.join(pod.gates)}: whoever set the gate has to lift it"
        yield finding("P1", Severity.WARNING, pod, what, (said,))
        return
    refusal = scheduling.parse(pod.unscheduled_message)
    if not refusal.blockers:
        yield finding("P1", Severity.WARNING, pod, "no place was found", (said,))
        return
    first = refusal.blockers[0]
    many = f" on {first.nodes} of {refusal.nodes} nodes" if refusal.nodes else ""
    more = len(refusal.blockers) - 1
    rest = f", and {more} other reason{'s' if more > 1 else ''}" if more else ""
    cordoned = any(blocker.kind == "cordoned" for blocker in refusal.blockers)
    advice = [Advice("see which nodes are in question and what blocks them", "set.nodes")]
    if cordoned:
        advice.append(Advice("uncordon a node that is fit again", "node.uncordon"))
    yield finding("P1", Severity.WARNING, pod, f"{first.words}{many}{rest}", (said,), *advice)


def image(world: World, pod: Pod) -> Iterator[Finding]:
    """P2 to P4: the image cannot be pulled."""
    container = waiting(pod, UNPULLED)
    if container is None:
        return
    words = container.message.lower()
    rule, diagnosis, help_ = "P3", "its image cannot be pulled", "see its events for the cause"
    if any(word in words for word in ("unauthorized", "401", "denied", "authentication")):
        rule, diagnosis = "P2", "the registry refuses the credentials"
        help_ = "add or renew the pull secret"
    elif any(word in words for word in _REGISTRY_AWAY):
        rule, diagnosis = "P4", "the registry or the way to it does not keep up"
        help_ = "wait, or pull from a mirror; check the disk of the node"
    elif any(word in words for word in _NO_SUCH_IMAGE):
        diagnosis, help_ = "the image does not exist under this name", "correct the image"
    tried = next(world.pod_events(pod, "Failed"), None)
    said = f"{container.image}: {container.message or container.reason}"
    seen = Evidence(said, tried.last_at if tried is not None else None)
    alike = world.unpulled_of[pod.set_key, container.image]
    # One image is one fault: the first pod that waits for it stands for all of them.
    first = alike[0] is pod
    if first and len(alike) > 1:
        diagnosis = f"{diagnosis}: {len(alike)} pods wait for it"
    advice = [Advice(help_, "set.image" if help_ == "correct the image" else "")]
    if rule == "P3":
        advice.append(Advice("undo the rollout if the revision is new", "set.undo"))
    found = finding(rule, Severity.WARNING, pod, diagnosis, (seen,), *advice)
    if first:
        more = found.explains | {"P2", "P3", "P4"}
        found = replace(found, groups=groups_of(*alike), explains=more)
    yield found


def slow_pull(world: World, pod: Pod) -> Iterator[Finding]:
    """P5: an image has been on its way for long."""
    if pod.ready or pod.terminating or any(c.state == "running" for c in pod.containers):
        return
    pulled = next(world.pod_events(pod, "Pulled"), None)
    pulling = next(world.pod_events(pod, "Pulling"), None)
    if pulling is None or (pulled is not None and pulled.last_at >= pulling.last_at):
        return
    if world.now - pulling.last_at >= SLOW_PULL_S:
        yield finding(
            "P5",
            Severity.WARNING,
            pod,
            "its image has been on the way for more than ten minutes",
            (seen_event(pulling),),
            Advice("pull it to the nodes beforehand, or from a registry nearby"),
        )


def refused(world: World, pod: Pod) -> Iterator[Finding]:
    """P6: the node refused a pod that had been placed on it."""
    if pod.phase == "Failed" and (pod.reason in _REFUSED or pod.reason.startswith("OutOf")):
        yield finding(
            "P6",
            Severity.CRITICAL,
            pod,
            f"node {pod.node} refused it after it had been placed there: {pod.reason}",
            (Evidence(pod.message or pod.reason, world.snapshot.taken_at),),
            Advice("check the devices of the node", "pod.node"),
            Advice("recreate the group", "group.recreate"),
        )


def disrupted(world: World, pod: Pod) -> Iterator[Finding]:
    """P9: it was taken away by somebody or something, it did not fail."""
    if pod.phase == "Failed" and pod.reason in ("Evicted", "Preempting", "NodeShutdown"):
        yield finding(
            "P9",
            Severity.WARNING,
            pod,
            f"it was taken away, it did not fail: {pod.reason}",
            (Evidence(pod.message or pod.reason, world.snapshot.taken_at),),
            Advice("see the node's events", "pod.node"),
        )


def mounts(world: World, pod: Pod) -> Iterator[Finding]:
    """P15: a volume or a claim is not there."""
    if pod.ready or pod.terminating:
        return
    reasons = ("FailedMount", "FailedAttachVolume", "FailedPrepareDynamicResources")
    event = next(world.pod_events(pod, *reasons), None)
    if event is None or world.now - event.last_at > MOUNT_S or event.first_at == event.last_at:
        return
    elsewhere = "Multi-Attach" in event.note
    diagnosis = "a volume is still attached elsewhere" if elsewhere else "a volume is not ready"
    yield finding("P15", Severity.WARNING, pod, diagnosis, (seen_event(event),), hold_s=MOUNT_S)


def sandbox(world: World, pod: Pod) -> Iterator[Finding]:
    """P16: the node cannot set up its network."""
    if pod.ready or pod.terminating:
        return
    event = next(world.pod_events(pod, "FailedCreatePodSandBox", "NetworkNotReady"), None)
    if event is not None and world.now - event.last_at <= SLOW_PULL_S:
        yield finding(
            "P16",
            Severity.WARNING,
            pod,
            f"node {pod.node} cannot set up the pod's network",
            (seen_event(event),),
            Advice("check the network plugin on the node", "pod.node"),
        )


def configuration(world: World, pod: Pod) -> Iterator[Finding]:
    """P17: a Secret, a ConfigMap or a key of one is missing."""
    container = waiting(pod, frozenset({"CreateContainerConfigError"}))
    if container is not None:
        seen = Evidence(f"{container.name}: {container.message or container.reason}")
        what = "a Secret or ConfigMap that it refers to, or a key in it, is missing"
        yield finding("P17", Severity.WARNING, pod, what, (seen,))


def _crashes(container: Container, now: float) -> bool:
    """Tell whether a container crashes in a loop: also while it runs between two ends."""
    if container.state == "waiting" and container.reason == "CrashLoopBackOff":
        return True
    ended = container.last_finished_at
    lately = ended is not None and now - ended < BACK_OFF_S
    failed = bool(container.last_exit_code) and not container.ready
    return lately and failed and container.restarts >= LOOPING and container.state == "running"


def crashing(world: World, pod: Pod) -> Iterator[Finding]:
    """P19: a container ends as often as it is started."""
    container = next((c for c in pod.containers if _crashes(c, world.now)), None)
    if container is None or pod.terminating:
        return
    code = container.last_exit_code
    how = " ".join(
        word
        for word in (
            f"exit {code}" if code is not None else "",
            container.last_reason if container.last_reason != "Error" else "",
        )
        if word
    )
    times = f"{container.restarts} restart{'s' if container.restarts != 1 else ''}"
    now = container.message or container.reason or "it runs at the moment"
    yield finding(
        "P19",
        Severity.CRITICAL,
        pod,
        f"{container.name} ends as often as it is started{f': {how}' if how else ''}",
        (Evidence(f"{times}; {now}", container.last_finished_at),),
        Advice("see its last lines", "pod.previous-logs"),
        Advice("undo the rollout if the revision is new", "set.undo"),
    )


def stuck(world: World, pod: Pod) -> Iterator[Finding]:
    """P18: it does not go although its time is up."""
    if pod.deleted_at is None or world.now - pod.deleted_at < OVERDUE_S:
        return
    node = world.node_of(pod)
    force = Advice("remove it by force, if its node is known to be off", "pod.kill")
    group = world.groups.get((pod.set_key, pod.group), ())
    others = [one.name for one in group if one.terminating and one.name != pod.name]
    if pod.node and (node is None or not node.ready):
        why, advice = f"node {pod.node} does not answer, so nobody says that it ended", force
    elif pod.worker == 0 and others:
        there = "are" if len(others) > 1 else "is"
        why = f"a leader goes after its workers, and {', '.join(others[:3])} {there} still there"
        advice = Advice("see what keeps the others of its group", "group.open")
    else:
        why, advice = "its node answers, so a finalizer or one of its processes holds it", force
    yield finding(
        "P18",
        Severity.WARNING,
        pod,
        f"it should have been gone for a minute: {why}",
        (Evidence("grace period ended", pod.deleted_at),),
        advice,
    )


RULES: Final[tuple[Callable[[World, Pod], Iterator[Finding]], ...]] = (
    unschedulable,
    image,
    slow_pull,
    refused,
    disrupted,
    mounts,
    sandbox,
    configuration,
    crashing,
    stuck,
)
