"""Rules about groups and sets: half placed, recreated in a loop, or held up in a rollout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from controller.admission.defaults import InvalidSpec, resolve
from controller.api.lws import LeaderWorkerSet, SetSpec
from controller.api.meta import Key
from controller.api.pods import Pod
from controller.plan.paused import paused
from lwstui.insight import scheduling
from lwstui.insight.world import World, group_subject, seen_event
from lwstui.state.insights import Advice, Evidence, Finding, GroupId, Severity, Subject

BY_DESIGN_S: Final = 60.0
STRANDED_S: Final = 120.0
DEADLOCK_S: Final = 180.0
LOOP_S: Final = 900.0
NAMED: Final = 3
"""Groups that are named of those that wait for room."""
_LEADER_READY: Final = "LeaderReady"
_ALIVE: Final = ("Pending", "Running")
_TOLD: Final = (0, 143)
"""Exit codes of a container that was told to end, such as when its pod is deleted."""


def findings(world: World) -> Iterator[Finding]:
    """Yield what is wrong with groups and sets."""
    for key, lws in world.snapshot.sets.items():
        try:
            spec = resolve(lws)
        except InvalidSpec as error:
            yield _invalid(key, error, world.snapshot.taken_at)
            continue
        groups = world.groups_of_set.get(key, {})
        for group, pods in groups.items():
            yield from by_design(world, group, pods, spec)
            yield from exclusive(world, group, pods)
            yield from out_of_step(world, group, pods, spec)
            yield from mixed(world, group, pods)
            yield from loops(world, group, pods)
        yield from deadlock(world, key, groups, spec)
        yield from too_many(world, key, groups, spec)
        yield from waits(world, key, lws)
        yield from unserved(world, key, lws)
    yield from refused_creations(world)


def _finding(
    rule: str,
    severity: Severity,
    subject: Subject,
    diagnosis: str,
    evidence: Iterable[Evidence],
    *advice: Advice,
    groups: Iterable[GroupId] = (),
    hold_s: float = 0.0,
    explains: Iterable[str] = (),
) -> Finding:
    return Finding(
        rule,
        severity,
        subject,
        diagnosis,
        tuple(evidence),
        advice,
        frozenset(groups),
        frozenset(explains),
        hold_s,
    )


def _invalid(key: Key, error: InvalidSpec, at: float) -> Finding:
    return _finding(
        "C1",
        Severity.CRITICAL,
        Subject("set", key.namespace, key.name),
        f"no controller can act on it: {error}",
        (Evidence(str(error), at),),
        Advice("correct the field", "set.edit"),
    )


def by_design(
    world: World, group: GroupId, pods: Sequence[Pod], spec: SetSpec
) -> Iterator[Finding]:
    """G1: there are no workers yet because the leader has to be ready first."""
    leader = pods[0]
    alone = len(pods) == 1 and leader.worker == 0 and spec.template.size > 1
    if not alone or leader.ready or spec.startup_policy != _LEADER_READY or leader.terminating:
        return
    yield _finding(
        "G1",
        Severity.INFO,
        group_subject(group),
        f"its {spec.template.size - 1} workers are made when the leader is ready, as the set asks",
        (Evidence(f"startupPolicy LeaderReady; {leader.name} is not ready", leader.created_at),),
        Advice("see what the leader waits for", "group.open"),
        groups=(group,),
        hold_s=BY_DESIGN_S,
    )


def exclusive(world: World, group: GroupId, pods: Sequence[Pod]) -> Iterator[Finding]:
    """G2 and G3: every domain is taken, or the leader is in one that cannot hold its workers."""
    leader = pods[0]
    if leader.worker != 0 or not leader.topology:
        return
    kinds = _blockers(leader)
    if not leader.scheduled and "exclusive" in kinds:
        yield _finding(
            "G2",
            Severity.WARNING,
            group_subject(group),
            f"every {leader.topology} holds another group already: as many groups fit as there "
            "are domains",
            (Evidence(leader.unscheduled_message, world.snapshot.taken_at),),
            Advice("add a domain, or give up the exclusive placement", "set.placement"),
            groups=(group,),
            explains=("P1", "G7"),
        )
        return
    stranded = [
        p for p in pods[1:] if not p.scheduled and _blockers(p) & {"selector", "accelerators"}
    ]
    if leader.scheduled and stranded:
        node = world.node_of(leader)
        domain = node.labels.get(leader.topology, "") if node is not None else ""
        yield _finding(
            "G3",
            Severity.CRITICAL,
            group_subject(group),
            f"its leader is in {leader.topology} {domain or 'unknown'}, which has no room for "
            f"{len(stranded)} of its workers",
            tuple(
                Evidence(f"{p.name}: {p.unscheduled_message}", world.snapshot.taken_at)
                for p in stranded[:2]
            ),
            Advice(
                "make room in that domain, or cordon its nodes and recreate the group",
                "group.recreate",
            ),
            groups=(group,),
            hold_s=STRANDED_S,
            explains=("P1", "G7"),
        )


def _blockers(pod: Pod) -> set[str]:
    return {blocker.kind for blocker in scheduling.parse(pod.unscheduled_message).blockers}


def deadlock(
    world: World, key: Key, groups: Mapping[GroupId, tuple[Pod, ...]], spec: SetSpec
) -> Iterator[Finding]:
    """G4: several groups hold a part of what they need, and none has all of it."""
    partly = [
        group
        for group, pods in groups.items()
        if any(p.node and p.phase in _ALIVE for p in pods)
        and any(not p.scheduled and p.unscheduled_reason for p in pods)
    ]
    complete = any(
        len(pods) >= spec.template.size and all(p.scheduled for p in pods)
        for pods in groups.values()
    )
    if len(partly) < 2 or complete:
        return
    held = sum(
        amount
        for group in partly
        for pod in groups[group]
        if pod.node
        for _, amount in pod.accelerators
    )
    yield _finding(
        "G4",
        Severity.CRITICAL,
        Subject("set", key.namespace, key.name),
        f"{len(partly)} groups hold {held} accelerators and none of them is whole: each waits for "
        "what the others hold",
        (Evidence(", ".join(f"group {index}" for _, index in partly), world.snapshot.taken_at),),
        Advice("scale down so that one can complete", "set.scale"),
        Advice("place groups as a whole: gang scheduling"),
        groups=partly,
        hold_s=DEADLOCK_S,
        explains=("P1", "G7", "G9"),
    )


def too_many(
    world: World, key: Key, groups: Mapping[GroupId, tuple[Pod, ...]], spec: SetSpec
) -> Iterator[Finding]:
    """G9: more groups are asked for than there is room for, by the scheduler's words."""
    short: dict[GroupId, scheduling.Refusal] = {}
    for group, pods in groups.items():
        for pod in pods:
            if pod.scheduled or pod.terminating or not pod.unscheduled_message:
                continue
            refusal = scheduling.parse(pod.unscheduled_message)
            if any(map(_room, refusal.blockers)):
                short.setdefault(group, refusal)
    if not short:
        return
    placed = sum(
        len(pods) >= spec.template.size and all(pod.scheduled for pod in pods)
        for pods in groups.values()
    )
    first = next(iter(short.values()))
    most = next(blocker for blocker in first.blockers if _room(blocker))
    many = f" on {most.nodes} of {first.nodes} nodes" if first.nodes else ""
    cordoned = any(b.kind == "cordoned" for one in short.values() for b in one.blockers)
    named = ", ".join(f"group {index}" for _, index in sorted(short)[:NAMED])
    rest = f" and {len(short) - NAMED} more" if len(short) > NAMED else ""
    yield _finding(
        "G9",
        Severity.WARNING,
        Subject("set", key.namespace, key.name),
        f"there is room for {placed} of the {spec.replicas} groups that are asked for: "
        f"{most.words}{many}",
        (Evidence(f"without room: {named}{rest}", world.snapshot.taken_at),),
        *((Advice("uncordon a node that is fit again", "node.uncordon"),) if cordoned else ()),
        Advice("see what fits and what would make room", "set.placement"),
        Advice("ask for as many groups as fit", "set.scale"),
        groups=short,
        hold_s=STRANDED_S,
        # Leaders that wait for workers without room give up, and their groups begin again.
        explains=("P1", "P19", "P20", "G1", "G5", "G7", "E5", "E7"),
    )


def _room(blocker: scheduling.Blocker) -> bool:
    """Tell whether there is too little of something, rather than a place that is not allowed."""
    return bool(blocker.resource) or blocker.kind == "slots"


def loops(world: World, group: GroupId, pods: Sequence[Pod]) -> Iterator[Finding]:
    """G5: the whole group is made anew again and again."""
    history = world.snapshot.history.get(group)
    recent = [at for at in (history.incarnations if history else ()) if world.now - at <= LOOP_S]
    # The first of them is how the group began, not a recreation.
    recreated = len(recent) - (1 if history and len(recent) == len(history.incarnations) else 0)
    limit = world.snapshot.manner.recreate_loop
    deaths = world.deaths_of.get(group, ())
    first = {death.generation: death for death in reversed(deaths)}
    ready = all(pod.ready for pod in pods)
    # A group that is ready between two crashes still loops; one recreated by hand does not.
    crashed = [d for d in first.values() if world.now - d.at <= LOOP_S and d.exit_code not in _TOLD]
    if recreated < limit or (ready and len(crashed) < limit):
        return
    culprits = {(d.pod, d.how) for d in first.values()}
    if len(culprits) == 1:
        pod, how = next(iter(culprits))
        what = f"each time after {pod} ended: {how}"
    else:
        what = "see which pod ended first in each generation" if first else "its ends were not seen"
    yield _finding(
        "G5",
        Severity.CRITICAL,
        group_subject(group),
        f"it was recreated {recreated} times in the last 15 minutes, {what}"
        + ("; at the moment it is ready" if ready else ""),
        tuple(Evidence(f"generation {g}: {d.pod} {d.how}", d.at) for g, d in sorted(first.items()))
        or (Evidence("new leaders", recent[-1]),),
        Advice("stop recreating it and keep the failed pods to look at", command="freeze"),
        Advice("see the last lines of the pod that ended first", "group.logs"),
        groups=(group,),
        explains=("P1", "P20", "E5", "E7", "G7"),
    )


def out_of_step(
    world: World, group: GroupId, pods: Sequence[Pod], spec: SetSpec
) -> Iterator[Finding]:
    """G6: one pod was started again and the others were not, because nothing recreates groups."""
    if spec.template.restart_policy != "None":
        return
    restarted = [pod for pod in pods if pod.restarts]
    if not restarted or len(restarted) == len(pods):
        return
    names = ", ".join(pod.name for pod in restarted[:3])
    yield _finding(
        "G6",
        Severity.WARNING,
        group_subject(group),
        f"{names} started again and the others did not: the engine most likely hangs",
        (Evidence("restartPolicy None", world.snapshot.taken_at),),
        Advice("recreate the group", "group.recreate"),
        groups=(group,),
        explains=("E3", "E4"),
    )


def mixed(world: World, group: GroupId, pods: Sequence[Pod]) -> Iterator[Finding]:
    """G8: its pods are of several revisions."""
    revisions = {pod.revision for pod in pods if not pod.terminating and pod.revision}
    if len(revisions) > 1:
        short = ", ".join(sorted(revision[:6] for revision in revisions))
        yield _finding(
            "G8",
            Severity.INFO,
            group_subject(group),
            f"its pods are of {len(revisions)} revisions: {short}",
            (Evidence("template-revision-hash differs", world.snapshot.taken_at),),
            Advice("recreate the group if it stays so", "group.recreate"),
            groups=(group,),
            hold_s=BY_DESIGN_S,
        )


def waits(world: World, key: Key, lws: LeaderWorkerSet) -> Iterator[Finding]:
    """G7 and C2: what the controller's plan says it waits for, when that lasts."""
    for code, reason, index in world.snapshot.controller.waits.get(key, ()):
        groups = ((key, index),) if index >= 0 else ()
        seen = Evidence(reason, world.snapshot.taken_at)
        if code in ("collision", "unsupported"):
            yield _finding(
                "C2",
                Severity.WARNING,
                Subject("set", key.namespace, key.name, index),
                f"the controller stands back: {reason}",
                (seen,),
                Advice("see who controls it", command="ctl"),
                groups=groups,
            )
        elif code == "readiness" and _updating(lws):
            yield _finding(
                "G7",
                Severity.WARNING,
                Subject("set", key.namespace, key.name),
                f"its rollout does not go on: {reason}",
                (seen,),
                Advice("see the rollout", "set.rollout"),
                Advice("undo it if the new revision is at fault", "set.undo"),
                groups=groups,
                hold_s=LOOP_S,
            )
            return


def _updating(lws: LeaderWorkerSet) -> bool:
    return any(c.type == "UpdateInProgress" and c.status == "True" for c in lws.status.conditions)


def unserved(world: World, key: Key, lws: LeaderWorkerSet) -> Iterator[Finding]:
    """C3: nobody acts on the set."""
    controller, pause = world.snapshot.controller, paused(lws.annotations)
    advice = Advice("see the controller", command="ctl")
    if controller.mode in ("off", "failed", "paused"):
        why = {
            "off": "no controller runs",
            "failed": f"the controller cannot act: {controller.last_error}",
            "paused": "the controller is paused",
        }[controller.mode]
    elif pause is not None and controller.mode != "native":
        why = f"the controller is paused for it{pause.by}"
        advice = Advice("let the controller act on it again", command="ctl resume")
    else:
        return
    yield _finding(
        "C3",
        Severity.WARNING,
        Subject("set", key.namespace, key.name),
        f"nothing replaces what it loses: {why}",
        (Evidence(why, world.snapshot.taken_at),),
        advice,
        hold_s=BY_DESIGN_S,
    )


def refused_creations(world: World) -> Iterator[Finding]:
    """C4: the API server refuses to create what a set needs."""
    for (kind, namespace, name), events in world.events_of.items():
        if kind != "LeaderWorkerSet":
            continue
        event = next((e for e in events if e.reason in ("FailedCreate", "CreateRefused")), None)
        if event is not None and world.now - event.last_at <= LOOP_S:
            quota = "exceeded quota" in event.note
            yield _finding(
                "C4",
                Severity.CRITICAL,
                Subject("set", namespace, name),
                "its pods are not created: "
                + ("the namespace's quota is used up" if quota else "the API server refuses them"),
                (seen_event(event),),
                Advice("raise the quota or scale down", "set.scale")
                if quota
                else Advice("see the words of the server", "set.describe"),
            )
