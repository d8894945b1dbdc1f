"""Rules about what logs said last: a collective that timed out, workers lost, a network not found.

Lines come from containers that ended and from logs that are being read. They are compared with
short fragments in time that grows with the length of a line, whatever it holds, and quoted as
evidence with what looks like a secret left out.

Source: messages of PyTorch's ProcessGroupNCCL, NCCL, Ray and vLLM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from controller.api.pods import Pod
from lwstui.insight.ends import came_back
from lwstui.insight.world import World, group_subject
from lwstui.state.insights import Advice, Evidence, Finding, GroupId, Severity

RECENT_S: Final = 900.0
"""Lines older than this say nothing about the present."""
FRESH_S: Final = 120.0
"""The same where all pods are ready: what was said on the way there is over."""
JOINING_S: Final = 180.0
INIT_S: Final = 120.0
QUOTED: Final = 240

_SIGNS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    # rule or mark: any of these, where all fragments of one have to be in the line
    "E1": (("collective operation timeout",), ("processgroupnccl", "timed out")),
    "E2": (
        ("rayactorerror",),
        ("actordiederror",),
        ("worker process has died",),
        ("rayworkerproc", "died"),
        ("marked dead",),
        ("missed too many heartbeats",),
    ),
    "E3": (("enginedeaderror",), ("rpc call to", "timed out")),
    "E3 again": (("no available shared memory broadcast block",),),
    "E6": (
        ("nccl warn",),
        ("no socket interface",),
        ("unhandled system error",),
        ("ibv_", "fail"),
        ("ibv_", "error"),
    ),
    # SGLang says so by itself, vLLM with debugging on, NCCL with its own.
    "init": (
        ("nccl", "init start"),
        ("init torch distributed begin",),
        ("distributed_init_method=", "backend="),
    ),
    "ready": (
        ("nccl", "init complete"),
        ("init torch distributed ends",),
        ("load weight begin",),
        ("starting to load model",),
        ("loading safetensors",),
    ),
}
_OPERATION: Final = re.compile(r"OpType=([A-Za-z_]{1,40})")
_LIMIT_MS: Final = re.compile(r"Timeout\(ms\)=(\d{1,9})")
_ACTIVE: Final = re.compile(r"\b(\d{1,6})/(\d{1,6}) (?:is|are) active")
_HAVE: Final = re.compile(r"[Ww]aiting for (\d{1,6}) nodes?, have (\d{1,6})")
_SECRET: Final = re.compile(r"(hf_|sk-|[Bb]earer )[A-Za-z0-9._\-]{6,}")
_STALLED: Final = frozenset({"E5", "E6", "E7", "G5", "G7", "P8", "P19", "P20"})


class Heard(NamedTuple):
    """A line, and the pod that said it."""

    pod: str
    worker: int
    at: float
    text: str

    @property
    def evidence(self) -> Evidence:
        """The line as evidence."""
        return Evidence(f"{self.pod}: {quoted(self.text)}", self.at)


def quoted(text: str) -> str:
    """Return a line as it may be shown: shortened, without what looks like a secret."""
    kept = _SECRET.sub(r"\1…", text)
    return kept if len(kept) <= QUOTED else f"{kept[: QUOTED - 1]}…"


@lru_cache(maxsize=16_384)
def signs(text: str) -> frozenset[str]:
    """Return which rules a line speaks for."""
    lower = text.lower()
    return frozenset(
        rule
        for rule, ways in _SIGNS.items()
        if any(all(fragment in lower for fragment in way) for way in ways)
    )


def findings(world: World) -> Iterator[Finding]:
    """Yield what the last lines of groups' logs tell."""
    of_pods = {
        (pod.set_key, pod.group)
        for key in world.tails
        if (pod := world.snapshot.pods.get(key)) is not None and pod.group >= 0
    }
    for group in sorted(of_pods | world.deaths_of.keys()):
        pods = world.groups.get(group, ())
        if not pods:
            continue
        heard = _heard(world, group, pods)
        for rule in RULES:
            yield from rule(world, group, pods, heard)


def _serves(pods: Sequence[Pod]) -> bool:
    return len(pods) >= max(1, pods[0].size) and all(pod.running_and_ready for pod in pods)


def _heard(world: World, group: GroupId, pods: Sequence[Pod]) -> list[Heard]:
    """Return what a group's pods said lately, oldest first."""
    serves = _serves(pods)
    since = world.now - (FRESH_S if serves else RECENT_S)
    found: list[Heard] = []
    for death in world.deaths_of.get(group, ()):
        pod = world.snapshot.pods.get(death.pod_key)
        again = pod is not None and came_back(world, pod, death)
        if again or (not serves and death.at >= since):
            found += [Heard(death.pod, death.worker, death.at, line) for line in death.lines]
    for pod in pods:
        tail = world.tails.get(pod.key)
        if tail is not None and tail.uid == pod.uid:
            lines = [said for said in tail.lines if said.at >= since]
            found += [Heard(pod.name, pod.worker, at, text) for at, text in lines]
    return sorted(found, key=lambda one: one.at)


def _with(heard: Iterable[Heard], sign: str) -> list[Heard]:
    return [one for one in heard if sign in signs(one.text)]


def _finding(
    rule: str,
    severity: Severity,
    group: GroupId,
    diagnosis: str,
    evidence: Iterable[Evidence],
    *advice: Advice,
    explains: frozenset[str] = frozenset(),
    hold_s: float = 0.0,
) -> Finding:
    return Finding(
        rule,
        severity,
        group_subject(group),
        diagnosis,
        tuple(evidence),
        advice,
        frozenset({group}),
        explains,
        hold_s,
    )


def collective(
    world: World, group: GroupId, pods: Sequence[Pod], heard: Sequence[Heard]
) -> Iterator[Finding]:
    """E1: a collective operation timed out; who says so is not the one that failed."""
    del world
    said = _with(heard, "E1")
    if not said:
        return
    text = said[0].text
    operation, limit = _OPERATION.search(text), _LIMIT_MS.search(text)
    what = f" {operation[1]}" if operation else ""
    after = f" after {int(limit[1]) // 1000} s" if limit else ""
    reporters = {one.pod for one in said}
    silent = sorted(pod.name for pod in pods if pod.name not in reporters)
    look = f"look first at who does not say so: {', '.join(silent[:3])}" if silent else ""
    yield _finding(
        "E1",
        Severity.CRITICAL,
        group,
        f"a collective operation{what} timed out{after}: a rank died or a link stalls, and those "
        "that report it are not the cause",
        [one.evidence for one in said[:2]],
        Advice(look or "compare the logs of all ranks at that moment", "group.logs"),
        Advice("recreate the group", "group.recreate"),
        explains=frozenset({"E3"}) | _STALLED,
    )


def lost_worker(
    world: World, group: GroupId, pods: Sequence[Pod], heard: Sequence[Heard]
) -> Iterator[Finding]:
    """E2: Ray says that it lost a worker."""
    del world
    said = _with(heard, "E2")
    if not said:
        return
    named = sorted({pod.name for one in said for pod in pods if _names(one.text, pod.ip)})
    who = f"worker {', '.join(named)}" if named else "one of its workers"
    yield _finding(
        "E2",
        Severity.CRITICAL,
        group,
        f"Ray lost {who}",
        [one.evidence for one in said[:2]],
        Advice("see how that pod ended, and its last lines", "group.logs"),
        explains=frozenset({"E1", "E3"}) | _STALLED,
    )


def _names(text: str, ip: str) -> bool:
    """Tell whether a text names an address, and not one that only begins with it."""
    at = text.find(ip) if ip else -1
    return at >= 0 and not text[at + len(ip) : at + len(ip) + 1].isdigit()


def dead_engine(
    world: World, group: GroupId, pods: Sequence[Pod], heard: Sequence[Heard]
) -> Iterator[Finding]:
    """E3: the engine says itself that it hangs or is dead."""
    del world, pods
    said = _with(heard, "E3")
    again = _with(heard, "E3 again")
    said += again if len(again) > 1 else []
    if said:
        yield _finding(
            "E3",
            Severity.CRITICAL,
            group,
            "its engine hangs or is dead, by its own words; its probe may pass all the same",
            [one.evidence for one in said[:2]],
            Advice("keep its logs, then recreate the group", "group.recreate"),
            explains=frozenset({"E11", "E12", "P19"}),
        )


def joining(
    world: World, group: GroupId, pods: Sequence[Pod], heard: Sequence[Heard]
) -> Iterator[Finding]:
    """E5: the leader waits for workers that do not come."""
    if _serves(pods):
        return
    counts = [(one, found) for one in heard if one.worker == 0 and (found := _joined(one.text))]
    if not counts:
        return
    last, (there, wanted) = counts[-1]
    ended = any(
        death.worker == 0 and death.at == last.at for death in world.deaths_of.get(group, ())
    )
    if there >= wanted or (not ended and world.now - last.at > FRESH_S):
        return
    yield _finding(
        "E5",
        Severity.WARNING,
        group,
        f"its leader waits for workers: {there} of {wanted} have joined",
        (last.evidence,),
        Advice("see whether names resolve and Services are there: tab 4 of the diagnosis"),
        Advice("see the workers' logs", "group.logs"),
        explains=frozenset({"E7", "G7", "P19"}),
        hold_s=0.0 if ended else JOINING_S,
    )


def _joined(text: str) -> tuple[int, int] | None:
    """Return how many of how many nodes have joined by a line, None if it does not tell."""
    active = _ACTIVE.search(text)
    if active is not None:
        return int(active[1]), int(active[2])
    have = _HAVE.search(text)
    return (int(have[2]), int(have[1])) if have is not None else None


def network(
    world: World, group: GroupId, pods: Sequence[Pod], heard: Sequence[Heard]
) -> Iterator[Finding]:
    """E6: the collective library does not find its way."""
    if _serves(pods):
        return
    said = _with(heard, "E6")
    diagnosis = "the ranks do not reach each other: the collective library complains of the network"
    if not said:
        begun = {one.pod: one for one in reversed(_with(heard, "init"))}
        for one in _with(heard, "ready"):
            if one.pod in begun and one.at >= begun[one.pod].at:
                del begun[one.pod]
        said = [one for one in begun.values() if world.now - one.at > INIT_S]
        diagnosis = "the ranks have been looking for each other for more than two minutes"
    if said:
        yield _finding(
            "E6",
            Severity.WARNING,
            group,
            diagnosis,
            [one.evidence for one in said[:2]],
            Advice("name the interface and adapters (NCCL_SOCKET_IFNAME, NCCL_IB_HCA)", "set.edit"),
            Advice("check RDMA resources, hostNetwork and NetworkPolicies"),
            explains=frozenset({"E5", "E7", "G7", "P19"}),
        )


RULES: Final = (collective, lost_worker, dead_engine, joining, network)
