"""Whether groups fit, in the words of the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from lwstui.capacity.answer import CAP, Answer, answer
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.moving import Move
from lwstui.capacity.queue import Crowd
from lwstui.capacity.requests import GroupRequest, group_request
from lwstui.state.foreign import Load
from lwstui.state.model import Snapshot
from lwstui.state.records import DEVICES
from lwstui.view.ages import count
from lwstui.view.spec import size_of
from lwstui.view.types import Line, Ref, Span

_BLOCKERS: Final = 4
_HOMES: Final = 4
_NODES: Final = 4
_CROWDS: Final = 3


def room_for(
    snapshot: Snapshot, lws: LeaderWorkerSet, groups: int = CAP, *, own_first: bool = True
) -> Answer:
    """Return how many more groups of a set fit into what is free, by all that is known.

    Args:
        snapshot: What is known.
        lws: The set.
        groups: Stop counting here.
        own_first: Whether pods of the set that wait for a node come before those asked about;
            no, if they are those asked about.
    """
    cluster = known_cluster(snapshot)
    if not own_first:
        ahead = {key: pod for key, pod in cluster.waiting.items() if pod.set_key != lws.key}
        cluster = replace(cluster, waiting=ahead)
    return answer(lws, cluster, groups)


def known_cluster(snapshot: Snapshot) -> Cluster:
    """Return what a question about room is put to."""
    return Cluster(
        snapshot.nodes,
        snapshot.node_pods,
        known_loads(snapshot),
        snapshot.waiting,
        snapshot.sets,
        snapshot.devices,
        blind(snapshot),
    )


def blind(snapshot: Snapshot) -> str:
    """Say why devices that claims give are not known, empty if they are."""
    syncs = [(kind, snapshot.sync.get(kind)) for kind in sorted(DEVICES)]
    for kind, sync in syncs:
        if sync is None or sync.state in ("connecting", "listing"):
            return f"{kind} have not been read"
        if sync.state == "missing":
            return f"this cluster does not serve {kind}"
        if sync.state == "forbidden":
            return f"not allowed to list and watch {kind}"
    return ""


def asked_about(snapshot: Snapshot, ref: Ref | None) -> Key | None:
    """Return the set whose groups a set, a group or a pod is about; None for other things."""
    if ref is None or ref.kind not in ("set", "group", "pod"):
        return None
    pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else None
    return pod.set_key if pod is not None else ref.key


def counted_from(snapshot: Snapshot, key: Key) -> tuple[object, ...] | None:
    """Return what the answer about a set is made of, None if the set is gone.

    Records are the same objects while nothing changes; words are to be compared.
    """
    lws = snapshot.sets.get(key)
    if lws is None:
        return None
    pods = snapshot.node_pods, known_loads(snapshot), snapshot.waiting
    return lws, snapshot.nodes, *pods, snapshot.devices, blind(snapshot)


def fit_of(snapshot: Snapshot, key: Key) -> tuple[Line, ...]:
    """Return whether more groups of a set fit; it takes a while on a large cluster."""
    lws = snapshot.sets.get(key)
    return fit_lines(room_for(snapshot, lws)) if lws is not None else ()


def fit_page(
    snapshot: Snapshot, ref: Ref, fit: Callable[[Snapshot, Key], tuple[Line, ...]] = fit_of
) -> tuple[Line, ...]:
    """Return what one group of a set asks for and whether more of them fit, as a page.

    Args:
        snapshot: What is known.
        ref: A set, a group or a pod of it; for other things the page says that nothing is asked.
        fit: Answers whether more fit.
    """
    key = asked_about(snapshot, ref)
    lws = snapshot.sets.get(key) if key is not None else None
    if lws is None:
        return ((Span("only sets ask for room in groups: this is something else", "dim"),),)
    name, namespace = lws.key.name, lws.key.namespace
    request = group_request(lws.spec, lws.metadata.namespace, snapshot.devices)
    asked: Line = (Span("one group asks for ", "dim"), Span(_asked(request, size_of(lws))))
    tip = f"lwstui fit {name} -n {namespace} --groups N asks for a number of groups"
    return (asked, (), *fit(snapshot, lws.key), (), (Span(tip, "dim"),))


def _asked(request: GroupRequest | None, size: int) -> str:
    if request is None:
        return f"{count(size, 'pod')}, as far as its template can be read"
    whole = f"{count(size, 'pod')}"
    return f"{whole} and {count(request.devices, 'accelerator')}" if request.devices else whole


def known_loads(snapshot: Snapshot) -> Mapping[str, Load] | None:
    """Return what pods outside sets hold, None if not all pods can be seen."""
    pods = snapshot.sync.get("pods")
    return None if pods is not None and pods.message else snapshot.loads


def room_span(fit: Answer, wanted: int) -> Span:
    """Return whether a number of groups fits, and if not what stops the next."""
    if fit.groups is None:
        return Span(fit.why, "dim")
    first = f"; {coming(fit)}" if taking_room(fit) else ""
    if fit.groups < min(wanted, CAP):
        return Span(f"{fit.groups} of {wanted} fit; {blocked(fit)}{first}", "warn")
    sure = f"; {STRANDED}" if fit.stranded else ""
    sure += f"; not considered: {', '.join(fit.ignored)}" if fit.ignored else ""
    return Span(f"all {wanted} fit{sure}{first} ({fit.why})", "warn" if sure else "ok")


SUGGESTED: Final = "  (a suggestion: the scheduler decides where they go)"
STRANDED: Final = "a scheduler that places pod by pod may strand one"


def blocked(fit: Answer) -> str:
    """Say what stops the next group: ``blocked by: 3 nodes short of cpu, 1 cordoned``."""
    found = [f"{one.nodes} {one.reason}" for one in fit.blockers[:_BLOCKERS]]
    if not found:
        return "no node is left"
    first = fit.blockers[0]
    found[0] = f"{count(first.nodes, 'node')} {first.reason}"
    more = len(fit.blockers) - _BLOCKERS
    return f"blocked by: {', '.join(found)}" + (f" and {more} more" if more > 0 else "")


def amount(fit: Answer) -> str:
    """Return how many groups fit: ``2 more groups fit``, ``at least 64 more groups fit``."""
    if not fit.groups:
        return "no more group fits"
    least = "at most " if fit.ignored else "at least " if fit.capped else ""
    return f"{least}{fit.groups} more {'group fits' if fit.groups == 1 else 'groups fit'}"


def taking_room(fit: Answer) -> bool:
    """Tell whether pods that wait for a node take room first."""
    return any(crowd.placed for crowd in fit.first)


def coming(fit: Answer) -> str:
    """Say who comes first: ``3 pods of llm-prod/qwen wait for 24 nvidia.com/gpu first``."""
    placed = [crowd for crowd in fit.first if crowd.placed]
    return f"{waiting(placed)} first" if placed else ""


def waiting(crowds: Sequence[Crowd]) -> str:
    """Say who waits for what: ``3 pods of llm-prod/qwen wait for 24 nvidia.com/gpu``."""
    pods = sum(crowd.pods for crowd in crowds)
    who = named([crowd.who or "no set" for crowd in crowds])
    devices = Counter[str]()
    for crowd in crowds:
        devices.update(dict(crowd.devices))
    asked = ", ".join(f"{n} {name}" for name, n in sorted(devices.items())) or "a node"
    return f"{count(pods, 'pod')} of {who} {_verb(pods, 'wait')} for {asked}"


def named(names: Sequence[str]) -> str:
    """Return a few names, and how many more there are."""
    more = f" and {len(names) - _CROWDS} more" if len(names) > _CROWDS else ""
    return ", ".join(names[:_CROWDS]) + more


def _verb(pods: int, verb: str) -> str:
    return f"{verb}s" if pods == 1 else verb


def _first(fit: Answer) -> Iterator[Span]:
    """Yield who waits for a node, and what that means for the answer."""
    if taking_room(fit):
        there = "" if fit.without is None else f"; without them {fit.without} would fit"
        yield Span(f"{coming(fit)}{there}", "warn" if fit.without != fit.groups else "dim")
    if gated := [crowd for crowd in fit.first if crowd.gated]:
        yield Span(f"{waiting(gated)} behind scheduling gates: not subtracted", "dim")
    if stuck := [c for c in fit.first if not c.placed and c.gated < c.pods]:
        finds = _verb(sum(crowd.pods for crowd in stuck), "find")
        yield Span(f"{waiting(stuck)} and {finds} no node: not subtracted", "dim")


def places(fit: Answer) -> str:
    """Say where the groups would go; empty if there are none."""
    found = []
    for home in fit.homes[:_HOMES]:
        nodes = ", ".join(home.nodes[:_NODES]) + (" …" if len(home.nodes) > _NODES else "")
        where = home.domain or " + ".join(home.subdomains)
        found.append(f"{where} ({nodes})" if where and nodes else where or nodes)
    return " · ".join(filter(None, found)) + (" …" if len(fit.homes) > _HOMES else "")


def fit_lines(fit: Answer) -> tuple[Line, ...]:
    """Return an answer as lines: how many, where, what stops the next, what would help."""
    if fit.groups is None:
        return ((Span(fit.why, "dim"),),)
    return tuple(_lines(fit))


def _lines(fit: Answer) -> Iterator[Line]:
    where = places(fit)
    head = f"{amount(fit)}: {where}" if where else amount(fit)
    yield (Span(head, "ok" if fit.groups else "warn"),)
    if fit.ignored:
        yield (Span(f"! not considered: {', '.join(fit.ignored)}", "warn"),)
    for span in _first(fit):
        yield (span,)
    if not fit.capped:
        yield (Span("the next is ", "dim"), Span(blocked(fit)))
    if fit.near:
        yield (Span("nearly: ", "dim"), Span(" · ".join(fit.near)))
    if fit.unlocks:
        yield (Span("one more with: ", "dim"), Span(" · ".join(fit.unlocks)))
    if fit.moves:
        told = " · ".join(moved(move) for move in fit.moves)
        yield (Span("one more by moving ", "dim"), Span(told), Span(SUGGESTED, "dim"))
    if any(fit.idle.values()):
        left = ", ".join(f"{n} {name}" for name, n in fit.idle.items() if n)
        yield (Span("free, but of no use to this set: ", "dim"), Span(left))
    if fit.stranded:
        yield (Span(f"! fits, but {STRANDED}", "warn"),)
    yield (Span("; ".join((fit.why, *fit.assumptions)), "dim"),)


def moved(move: Move) -> str:
    """Say what moves where: ``pod prod/train (4 devices) from n1 to n2``."""
    sources = {source for _, source, _ in move.pods}
    targets = {target for _, _, target in move.pods}
    off, to = named(sorted(sources - targets)), named(sorted(targets - sources) or sorted(targets))
    return f"{move.what} ({count(move.devices, 'device')}) from {off} to {to}"


def document(fit: Answer, wanted: int) -> dict[str, Any]:
    """Return an answer for scripts."""
    groups = fit.groups or 0
    return {
        "kind": "fit",
        "groups": groups,
        "orMore": fit.capped,
        "wanted": wanted,
        "fits": groups >= wanted,
        "groupsWithoutWaitingPods": groups if fit.without is None else fit.without,
        "waitingPods": [crowd_document(crowd) for crowd in fit.first],
        "notConsidered": fit.ignored,
        "schedulerMayStrand": fit.stranded,
        "places": [
            {"domain": home.domain, "subdomains": home.subdomains, "nodes": home.nodes}
            for home in fit.homes
        ],
        "blockers": [{"reason": one.reason, "nodes": one.nodes} for one in fit.blockers],
        "nearMisses": fit.near,
        "unlocks": fit.unlocks,
        "moves": [
            {
                "what": move.what,
                "devices": move.devices,
                "pods": [
                    {"pod": str(key), "from": source, "to": target}
                    for key, source, target in move.pods
                ],
            }
            for move in fit.moves
        ],
        "freeOfNoUse": fit.idle,
        "counted": fit.why,
        "assumptions": fit.assumptions,
    }


def crowd_document(crowd: Crowd) -> dict[str, Any]:
    """Return who waits for scripts."""
    return {
        "set": crowd.who,
        "pods": crowd.pods,
        "devices": dict(crowd.devices),
        "findNode": crowd.placed,
        "gated": crowd.gated,
    }
