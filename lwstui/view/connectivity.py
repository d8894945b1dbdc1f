"""Whether the pods of a group can find each other, as far as the cluster tells. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from controller.admission.defaults import InvalidSpec, resolve
from controller.api.lws import LeaderWorkerSet, SetSpec
from controller.api.meta import Key
from controller.api.names import LEADER_ADDRESS_ENV, SERVICES
from controller.api.pods import Pod
from controller.plan import services
from lwstui.insight.judging import worst_first
from lwstui.state.around import Around
from lwstui.state.insights import Insight
from lwstui.state.model import Snapshot
from lwstui.view.advice import ranks
from lwstui.view.ages import count
from lwstui.view.phrases import runs
from lwstui.view.types import Line, Ref, Span, Tone

SIGNS: Final = frozenset({"E1", "E2", "E5", "E6", "D7", "P16"})
"""Rules whose findings speak of the way between pods."""
SERVICE_NAME: Final = "kubernetes.io/service-name"
LISTED: Final = 6
"""Groups, services or signs that are told one by one."""
_UNIQUE: Final = "UniquePerReplica"

Group = tuple[int, tuple[Pod, ...]]


def connectivity(
    snapshot: Snapshot, ref: Ref, seen: Around | None, found: Iterable[Insight]
) -> tuple[Line, ...]:
    """Return what is known of names, ranks, addresses and endpoints of a set or a group.

    Args:
        snapshot: What is known.
        ref: The set, a group or a pod of it.
        seen: What was read around it, None while that is under way.
        found: What the rules found about it.
    """
    pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else None
    key = pod.set_key if pod is not None else ref.key
    lws = snapshot.sets.get(key) if ref.kind != "node" else None
    if lws is None:
        return ((Span("only sets and groups have a rendezvous: this is something else", "dim"),),)
    try:
        spec = resolve(lws)
    except InvalidSpec as error:
        return ((Span("no controller can act on it: ", "bad"), Span(str(error))),)
    only = pod.group if pod is not None else ref.group if ref.kind == "group" else None
    groups = _groups(snapshot, lws, only)
    return (
        *_names(snapshot, lws, spec, groups),
        *_ranks(spec, groups),
        *_addresses(groups),
        *_parallel(lws),
        *_endpoints(groups, seen),
        *_signs(found),
        _say("·", "dim", "not seen", "NetworkPolicies, what DNS answers inside a pod, open ports"),
    )


def _groups(snapshot: Snapshot, lws: LeaderWorkerSet, only: int | None) -> list[Group]:
    found: dict[int, list[Pod]] = {}
    for pod in snapshot.by_set.get(lws.key, ()):
        if pod.group >= 0 and only in (None, pod.group):
            found.setdefault(pod.group, []).append(pod)
    return [(index, tuple(pods)) for index, pods in found.items()]


def _say(glyph: str, tone: Tone, label: str, text: str) -> Line:
    return (Span(f"{glyph} ", tone), Span(f"{label:<11}", "dim"), Span(text, _text_tone(tone)))


def _text_tone(tone: Tone) -> Tone:
    return tone if tone in ("bad", "warn", "dim") else ""


def _names(
    snapshot: Snapshot, lws: LeaderWorkerSet, spec: SetSpec, groups: Sequence[Group]
) -> Iterator[Line]:
    """Yield whether a Service gives the pods their names, and what the leader is called."""
    key, unique = lws.key, spec.template.subdomain_policy == _UNIQUE
    sync = snapshot.sync.get(SERVICES.plural)
    if sync is not None and sync.state == "forbidden":
        yield _say("?", "warn", "names", "not known whether they resolve: Services are not seen")
        return
    wants = {index: (f"{key.name}-{index}" if unique else key.name) for index, _ in groups} or {
        0: key.name
    }
    lost = [
        index
        for index, name in wants.items()
        if not _named(snapshot, Key(key.namespace, name), key.name, index if unique else None)
    ]
    policy = "one Service per group" if unique else "one Service for all groups"
    if lost:
        missing = ", ".join(sorted({wants[index] for index in lost})[:3])
        text = f"no headless Service {missing}: names of pods do not resolve in groups {runs(lost)}"
        yield _say("X", "bad", "names", text)
    else:
        yield _say("·", "ok", "names", f"{policy}; it publishes pods before they are ready")
    if len(groups) == 1:
        index, _ = groups[0]
        address = f"{key.name}-{index}.{wants[index]}.{key.namespace}"
        yield _say("·", "ok", "leader", f"{address}, which pods have as {LEADER_ADDRESS_ENV}")
    strays = sorted(
        {p.name for i, pods in groups for p in pods if p.subdomain and p.subdomain != wants[i]}
    )
    if strays:
        few = ", ".join(strays[:3]) + (" …" if len(strays) > 3 else "")
        yield _say(
            "!", "warn", "subdomain", f"{few}: made for another Service name than the spec's"
        )


def _named(snapshot: Snapshot, service: Key, set_name: str, group: int | None) -> bool:
    found = snapshot.services.get(service)
    return found is not None and found.does_for(services.labels(set_name, group))


def _ranks(spec: SetSpec, groups: Sequence[Group]) -> Iterator[Line]:
    """Yield whether each group has the ranks 0 to size - 1, each once."""
    wrong: list[str] = []
    for index, pods in groups:
        size = pods[0].size or spec.template.size
        there = Counter(pod.worker for pod in pods)
        missing = [rank for rank in range(size) if rank not in there]
        twice = [rank for rank, times in there.items() if times > 1]
        odd = sorted(rank for rank in there if not 0 <= rank < size)
        said = [
            f"{word} {runs(which)}"
            for word, which in (("without", missing), ("twice", twice), ("beyond size", odd))
            if which
        ]
        if said:
            wrong.append(f"group {index}: {', '.join(said)}")
    if not groups:
        yield _say("·", "dim", "ranks", "no pods yet")
    elif not wrong:
        yield _say("·", "ok", "ranks", f"0 to {spec.template.size - 1}, each once, in every group")
    yield from _listed("!", "warn", "ranks", wrong)


def _listed(glyph: str, tone: Tone, label: str, said: Sequence[str]) -> Iterator[Line]:
    for text in said[:LISTED]:
        yield _say(glyph, tone, label, text)
    if len(said) > LISTED:
        yield _say(glyph, tone, "", f"and {len(said) - LISTED} more")


def _addresses(groups: Sequence[Group]) -> Iterator[Line]:
    """Yield who has no address yet, and whose address several pods have."""
    pods = [pod for _, members in groups for pod in members]
    if not pods:
        return
    without = [pod.name for pod in pods if not pod.ip]
    same = {ip: n for ip, n in Counter(pod.ip for pod in pods if pod.ip).items() if n > 1}
    if without:
        few = ", ".join(without[:3]) + (f" and {len(without) - 3} more" if len(without) > 3 else "")
        yield _say(
            "!", "warn", "addresses", f"{few} {'has' if len(without) == 1 else 'have'} none yet"
        )
    if same:
        shared = ", ".join(f"{ip} ({n} pods)" for ip, n in sorted(same.items())[:3])
        yield _say(
            "!", "warn", "addresses", f"shared, as with hostNetwork: ports may clash: {shared}"
        )
    if not without and not same:
        yield _say("·", "ok", "addresses", f"each of {count(len(pods), 'pod')} has its own")


def _parallel(lws: LeaderWorkerSet) -> Iterator[Line]:
    for one in ranks(lws, lws.metadata.name):
        yield _say("!", "warn", "parallel", one.message)


def _endpoints(groups: Sequence[Group], seen: Around | None) -> Iterator[Line]:
    """Yield which Services lead to the pods, and how many of these they count as ready."""
    if seen is None:
        yield _say("·", "dim", "endpoints", "asking the cluster…")
        return
    if seen.slices_problem:
        yield _say("?", "warn", "endpoints", f"cannot be seen: {seen.slices_problem}")
        return
    names = {pod.name for _, pods in groups for pod in pods}
    found: dict[str, Counter[bool]] = {}
    for one in seen.slices:
        service = str((one.get("metadata", {}).get("labels") or {}).get(SERVICE_NAME, "?"))
        for ready in _ready_ends(one, names):
            found.setdefault(service, Counter())[ready] += 1
    if not found:
        yield _say("·", "dim", "endpoints", "no EndpointSlice of the namespace leads to its pods")
    said = [
        f"{service}: {count(ends[True], 'pod')} ready"
        + (f", {ends[False]} not ready" if ends[False] else "")
        for service, ends in sorted(found.items())
    ]
    yield from _listed("·", "ok", "endpoints", said)


def _ready_ends(one: Mapping[str, Any], names: Collection[str]) -> Iterator[bool]:
    for end in one.get("endpoints") or ():
        if (end.get("targetRef") or {}).get("name") in names:
            yield (end.get("conditions") or {}).get("ready") is not False


def _signs(found: Iterable[Insight]) -> Iterator[Line]:
    """Yield what the rules found in logs and measurements about the way between pods."""
    signs = [one.finding for one in worst_first(found) if one.finding.rule in SIGNS]
    if not signs:
        yield _say("·", "dim", "log signs", "no rule found words of a broken rendezvous")
        return
    yield from _listed("!", "warn", "log signs", [f"{f.subject}: {f.diagnosis}" for f in signs])
