"""The needs-attention strip: one line per cause, the most important first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from controller.api.pods import Pod
from lwstui.state.model import ControllerView
from lwstui.view.ages import age, count
from lwstui.view.digest import HOLDS_IDLE_AFTER_S, GroupDigest, SetDigest, group_ref, idle_since
from lwstui.view.health import FAULTS, ORDER, TONES
from lwstui.view.memo import Memo
from lwstui.view.phrases import runs
from lwstui.view.trouble import NOBODY, attended, nobody, orphaned
from lwstui.view.types import Attention, Ref

ANNOUNCE_AFTER_S: Final = 2.0
_NODE: Final = re.compile(r"node (\S+) (?:NotReady|does not report)")
_VARYING: Final = re.compile(r"[×\d]+")
_WHO: Final = re.compile(r"(?:leader|w\d+|(?:all )?\d+ pods:) ")
"""The pods of one group, before the reason they share with those of other groups."""


@dataclass(frozen=True, slots=True)
class _Cause:
    """Groups of one set that are in the same state for the same reason."""

    one: SetDigest
    glyph: str
    reason: str
    groups: tuple[GroupDigest, ...]
    since: float | None


def strip(
    found: Sequence[SetDigest], controller: ControllerView, now: float, memo: Memo
) -> tuple[Attention, ...]:
    """Return all lines of the strip, most important first.

    A cause must hold for two seconds before it is announced, so that a flicker is not.

    Args:
        found: Digests of all sets.
        controller: What is known of the controller: that nobody serves sets is a cause, too.
        now: Epoch seconds.
        memo: Remembers since when a cause holds.
    """
    return announced(found, controller, now, memo)[0]


def announced(
    found: Sequence[SetDigest], controller: ControllerView, now: float, memo: Memo
) -> tuple[tuple[Attention, ...], bool]:
    """Return the lines of the strip, and whether there are causes that are too new for it."""
    causes = [cause for one in found for cause in _remembered(one, now, memo)]
    lasting = [cause for cause in causes if _lasts(cause, now, memo)]
    lasting.sort(key=_score)
    lines = [_line(alike, now) for alike in _by_node(lasting)]
    alone = (one for one in found if attended(controller, one.key) is False)
    lone = [one for one in alone if orphaned(controller, one.lws, _some_pods(one))]
    unserved = _unserved(lone, controller, now, memo)
    # All sets may be hit, so it comes before what is unknown of single groups.
    at = next((n for n, line in enumerate(lines) if line.glyph == "?"), len(lines))
    fresh = len(lasting) < len(causes) or bool(lone and not unserved)
    return (*lines[:at], *unserved, *lines[at:]), fresh


def _unserved(
    lone: Sequence[SetDigest], controller: ControllerView, now: float, memo: Memo
) -> tuple[Attention, ...]:
    """Return one line for all sets that nobody serves, none if somebody serves each."""
    start = memo.since("unserved", now, holds=bool(lone))
    if start is None or now < start + ANNOUNCE_AFTER_S:
        return ()
    key = lone[0].key
    ref = Ref("set", key.namespace, key.name, uid=lone[0].lws.metadata.uid)
    where = str(key) if len(lone) == 1 else count(len(lone), "set")
    why = nobody(controller, len(lone))
    return (Attention("?", TONES["?"], where, "unserved", why, age(now - start), ref),)


def _some_pods(one: SetDigest) -> Sequence[Pod]:
    """Return the pods of the first group that has some: one tells who made them."""
    return next((group.pods for group in one.groups if group.pods), ())


def _by_node(causes: Sequence[_Cause]) -> list[list[_Cause]]:
    """Return causes one by one, but those that are one broken node together."""
    found: list[list[_Cause]] = []
    of_node: dict[str, list[_Cause]] = {}
    for cause in causes:
        match = _NODE.search(cause.reason) if cause.groups else None
        if match is not None and match[1] in of_node:
            of_node[match[1]].append(cause)
            continue
        alike = [cause]
        found.append(alike)
        if match is not None:
            of_node[match[1]] = alike
    return found


def _remembered(one: SetDigest, now: float, memo: Memo) -> tuple[_Cause, ...]:
    idle = idle_since(one.groups, sum(group.bound for group in one.groups))
    since = idle if idle is not None and now >= idle + HOLDS_IDLE_AFTER_S else None

    def build() -> tuple[tuple[_Cause, ...], float]:
        return _causes(one, since), inf

    return memo.get(("causes", one.key), (one,), now, build, facts=since)


def _causes(one: SetDigest, idle: float | None) -> tuple[_Cause, ...]:
    """Return the causes of a set: faulty groups by state and alike reason, then the set's own."""
    alike: dict[tuple[str, str], list[GroupDigest]] = {}
    for group in one.groups:
        glyph = group.health.glyph
        if glyph in FAULTS:
            node = _NODE.search(group.health.reason)
            cause = node[0] if node is not None else _VARYING.sub("#", _nobodys(group))
            alike.setdefault((glyph, cause), []).append(group)
    causes = [
        _Cause(one, glyph, _shared(groups), tuple(groups), _since(groups))
        for (glyph, _), groups in alike.items()
    ]
    own = one.health
    if own.glyph in FAULTS and own.reason not in ("", NOBODY) and own.reason[:6] != "group ":
        causes.append(_Cause(one, own.glyph, own.reason, (), own.since))
    if idle is not None and not own.reason.startswith("holds "):
        bound = sum(group.bound for group in one.groups)
        causes.append(_Cause(one, "!", f"holds {bound} GPU, serves 0", (), idle))
    return tuple(causes)


def _nobodys(group: GroupDigest) -> str:
    """Return why a group is as it is, without saying which of its pods are to blame."""
    reason = group.health.reason
    who = _WHO.match(reason)
    return reason[who.end() :] if who is not None else reason


def _shared(groups: Sequence[GroupDigest]) -> str:
    """Return the reason of groups; it names pods only if the same ones are to blame in each."""
    blamed = {group.health.reason.removesuffix(_nobodys(group)) for group in groups}
    return groups[0].health.reason if len(blamed) == 1 else _nobodys(groups[0])


def _since(groups: Sequence[GroupDigest]) -> float | None:
    return min((g.health.since for g in groups if g.health.since is not None), default=None)


def _score(cause: _Cause) -> tuple[float, ...]:
    """Order: severity, share of the set, groups affected, how long."""
    affected = len(cause.groups) or cause.one.replicas
    share = affected / max(1, cause.one.replicas)
    return (ORDER.index(cause.glyph), -share, -affected, cause.since or 0.0)


def _lasts(cause: _Cause, now: float, memo: Memo) -> bool:
    if cause.since is not None and now >= cause.since + ANNOUNCE_AFTER_S:
        return True
    slot = ("announce", cause.one.key, cause.glyph, _VARYING.sub("#", cause.reason))
    start = memo.since(slot, now, holds=True)
    return start is not None and now >= start + ANNOUNCE_AFTER_S


def _line(alike: Sequence[_Cause], now: float) -> Attention:
    return _own_line(alike[0], now) if len(alike) == 1 else _node_line(alike, now)


def _node_line(causes: Sequence[_Cause], now: float) -> Attention:
    """Return the line of a node that several sets suffer from."""
    first = causes[0]
    match = _NODE.search(first.reason)
    node, said = (match[1], match[0]) if match is not None else ("", first.reason)
    hit = ", ".join(f"{c.one.key.name} {runs([g.index for g in c.groups])}" for c in causes)
    since = min((c.since for c in causes if c.since is not None), default=None)
    return Attention(
        first.glyph,
        TONES[first.glyph],
        f"node {node}",
        count(sum(len(c.groups) for c in causes), "group"),
        f"{said}: {hit}",
        age(now - since) if since is not None else "",
        Ref("node", "", node),
    )


def _own_line(cause: _Cause, now: float) -> Attention:
    key, groups = cause.one.key, cause.groups
    ref = Ref("set", key.namespace, key.name, uid=cause.one.lws.metadata.uid)
    what = "set"
    if groups:
        what = f"{'group' if len(groups) == 1 else 'groups'} {runs([g.index for g in groups])}"
        ref = group_ref(cause.one, groups[0])
    since = age(now - cause.since) if cause.since is not None else ""
    tone = TONES[cause.glyph]
    return Attention(cause.glyph, tone, str(key), what, cause.reason, since, ref)
