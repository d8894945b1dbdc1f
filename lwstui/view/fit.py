"""Whether groups fit, in the words of the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.lws import LeaderWorkerSet
from lwstui.capacity.answer import CAP, Answer, answer
from lwstui.state.foreign import Load
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.memo import Memo
from lwstui.view.types import Line, Ref, Span

_BLOCKERS: Final = 4
_HOMES: Final = 4
_NODES: Final = 4
FRESH_S: Final = 5.0
"""How long an answer on a screen holds while pods change."""


def room_for(snapshot: Snapshot, lws: LeaderWorkerSet, groups: int = CAP) -> Answer:
    """Return how many more groups of a set fit into what is free, by all that is known."""
    return answer(lws, snapshot.nodes, snapshot.node_pods, groups, known_loads(snapshot))


def fit_of(snapshot: Snapshot, ref: Ref | None, now: float, memo: Memo) -> tuple[Line, ...]:
    """Return whether more groups of a set, or of the set of a group, fit; empty for other things.

    Args:
        snapshot: What is known.
        ref: What is asked about.
        now: Epoch seconds.
        memo: Keeps the answer for a while: pods come and go more often than it changes.
    """
    lws = snapshot.sets.get(ref.key) if ref is not None and ref.kind in ("set", "group") else None
    if lws is None:
        return ()

    def build() -> tuple[tuple[Line, ...], float]:
        return _told(snapshot, lws), now + FRESH_S

    return memo.get(("fit", lws.key), (lws, snapshot.nodes), now, build)


def _told(snapshot: Snapshot, lws: LeaderWorkerSet) -> tuple[Line, ...]:
    lines = fit_lines(room_for(snapshot, lws))
    waiting = sum(not pod.node and not pod.scheduled for pod in snapshot.pods.values())
    if not waiting:
        return lines
    first = f"{count(waiting, 'pod')} that wait for a node come first and are not subtracted"
    return (*lines, (Span(first, "dim"),))


def known_loads(snapshot: Snapshot) -> Mapping[str, Load] | None:
    """Return what pods outside sets hold, None if not all pods can be seen."""
    pods = snapshot.sync.get("pods")
    return None if pods is not None and pods.message else snapshot.loads


def room_span(fit: Answer, wanted: int) -> Span:
    """Return whether a number of groups fits, and if not what stops the next."""
    if fit.groups is None:
        return Span(fit.why, "dim")
    if fit.groups < min(wanted, CAP):
        return Span(f"{fit.groups} of {wanted} fit; {blocked(fit)}", "warn")
    sure = f"; {STRANDED}" if fit.stranded else ""
    return Span(f"all {wanted} fit{sure} ({fit.why})", "warn" if fit.stranded else "ok")


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
    least = "at least " if fit.capped else ""
    return f"{least}{fit.groups} more {'group fits' if fit.groups == 1 else 'groups fit'}"


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
    if not fit.capped:
        yield (Span("the next is ", "dim"), Span(blocked(fit)))
    if fit.near:
        yield (Span("nearly: ", "dim"), Span(" · ".join(fit.near)))
    if fit.unlocks:
        yield (Span("one more with: ", "dim"), Span(" · ".join(fit.unlocks)))
    if any(fit.idle.values()):
        left = ", ".join(f"{n} {name}" for name, n in fit.idle.items() if n)
        yield (Span("free, but of no use to this set: ", "dim"), Span(left))
    if fit.stranded:
        yield (Span(f"! fits, but {STRANDED}", "warn"),)
    yield (Span("; ".join((fit.why, *fit.assumptions)), "dim"),)


def document(fit: Answer, wanted: int) -> dict[str, Any]:
    """Return an answer for scripts."""
    groups = fit.groups or 0
    return {
        "kind": "fit",
        "groups": groups,
        "orMore": fit.capped,
        "wanted": wanted,
        "fits": groups >= wanted,
        "schedulerMayStrand": fit.stranded,
        "places": [
            {"domain": home.domain, "subdomains": home.subdomains, "nodes": home.nodes}
            for home in fit.homes
        ],
        "blockers": [{"reason": one.reason, "nodes": one.nodes} for one in fit.blockers],
        "nearMisses": fit.near,
        "unlocks": fit.unlocks,
        "freeOfNoUse": fit.idle,
        "counted": fit.why,
        "assumptions": fit.assumptions,
    }
