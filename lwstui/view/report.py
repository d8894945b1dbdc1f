"""A rollout's progress as the lines that commands print."""

from __future__ import annotations

import re
from typing import Final

from controller.api.names import LEADERWORKERSETS
from lwstui.view.ages import count
from lwstui.view.phrases import group_runs
from lwstui.view.progress import Progress

KIND: Final = f"{LEADERWORKERSETS.kind.lower()}.{LEADERWORKERSETS.group}"
"""How kubectl names the kind in front of an object's name."""

# Text that changes every second is no news.
_TICKING: Final = re.compile(r" \(asked to stop \d+ s ago\)")
_TROUBLE: Final = re.compile(r"\((\w+)\)")
_PASSING: Final = frozenset({"ContainerCreating", "PodInitializing"})
_WORDS: Final = {
    "complete": "complete",
    "progressing": "in progress",
    "paused": "paused",
    "unattended": "waiting for a controller",
    "refused": "refused",
}


def object_name(name: str) -> str:
    """Return a set as kubectl prints it: ``leaderworkerset.leaderworkerset.x-k8s.io/demo``."""
    return f"{KIND}/{name}"


def report(seen: Progress) -> tuple[str, ...]:
    """Return a progress as a block of labelled lines."""
    facts = [("Rollout", f"{_WORDS[seen.state]}{_counts(seen)}")]
    if seen.new:
        held = f", {group_runs(seen.held)} held back" if seen.held else ""
        back = "" if seen.paused is None else f", paused: resuming goes back to {seen.paused}"
        facts += [
            ("Revision", _revisions(seen)),
            (
                "Groups",
                f"{seen.replicas} wanted, {seen.existing} exist, {seen.ready} ready",
            ),
            ("Partition", f"{seen.partition} in the spec, {seen.reached} reached{held}{back}"),
            ("Budget", seen.budget),
        ]
    facts += [("Reason", text) for text in (seen.reason, seen.also) if text]
    return (object_name(seen.key.name), *(f"  {label + ':':<11}{text}" for label, text in facts))


def line(seen: Progress) -> str:
    """Return a progress as one line, without what changes every second."""
    name = f"lws/{seen.key.name}"
    if seen.state == "complete":
        surge = seen.existing - seen.replicas
        kept = f", {count(surge, 'surge group')} kept until the partition is 0" if surge > 0 else ""
        held = f"; the partition holds {group_runs(seen.held)} back" if seen.held else ""
        return f"{name} rolled out{_counts(seen)}, revision {seen.new}{held}{kept}"
    return _TICKING.sub("", f"{name} {_WORDS[seen.state]}{_counts(seen)}: {seen.reason}")


def news(seen: Progress) -> tuple[object, ...]:
    """Return what of a progress is worth a new line.

    Which of many pods is in which stage of the same trouble is not: the words for the trouble
    are, whoever has it.
    """
    words = frozenset(_TROUBLE.findall(seen.reason)) - _PASSING
    return seen.state, seen.group, words


def _counts(seen: Progress) -> str:
    if not seen.new:
        return ""
    part = f" from group {seen.partition} on" if 0 < seen.partition < seen.replicas else ""
    ready = f"{seen.ready} of {seen.replicas} ready"
    if seen.partition >= seen.replicas > 0:
        return f": no group may be updated, {ready}"
    done = f": {seen.done} of {count(seen.expected, 'group')}{part} updated and ready"
    same = (seen.done, seen.expected) == (seen.ready, seen.replicas)
    return done if same else f"{done}, {ready}"


def _revisions(seen: Progress) -> str:
    return f"{', '.join(seen.old)} -> {seen.new}" if seen.old else seen.new
