"""The scheduler's words: what keeps a pod from being placed, by class, with how many nodes. Pure.

Source: kubernetes pkg/scheduler/framework/types.go (the shape), the plugins of
pkg/scheduler/framework/plugins (the fragments).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_HEAD: Final = re.compile(r"^\s*(\d+)/(\d+) nodes are available\s*(?::\s*(.*))?$", re.DOTALL)
_END: Final = re.compile(r"\.(?:\s|$)")
_PART: Final = re.compile(r"^(\d+)\s+(.*)$", re.DOTALL)
_SHORT: Final = re.compile(r"Insufficient ([^\s,.]+(?:\.[^\s,.]+)*)")
_CPU: Final = frozenset({"cpu", "memory", "ephemeral-storage"})

_CLASSES: Final = (
    # (fragment, class, words)
    ("Too many pods", "slots", "no room for another pod"),
    ("untolerated taint", "taint", "a taint that the pods do not tolerate"),
    ("were unschedulable", "cordoned", "cordoned"),
    ("didn't match Pod's node affinity/selector", "selector", "not selected by the template"),
    ("didn't match pod affinity rules", "affinity", "no domain that the group may join"),
    ("anti-affinity", "exclusive", "taken by another group or pod that keeps others away"),
    ("topology spread constraints", "spread", "would spread the pods unevenly"),
    ("free ports", "port", "the host port is taken"),
    ("volume node affinity conflict", "volume", "the volume is elsewhere"),
    ("PersistentVolume's node affinity", "volume", "the volume is elsewhere"),
    ("available persistent volumes to bind", "volume", "no volume to bind"),
    ("no available volume zone", "volume", "no volume in that zone"),
    ("exceed max volume count", "volume", "too many volumes attached"),
    ("unbound immediate PersistentVolumeClaims", "claim", "a volume claim is not bound"),
    ("persistentvolumeclaim", "claim", "a volume claim is missing or not bound"),
    ("waiting for ephemeral volume controller", "claim", "a volume claim is not bound"),
    ("cannot allocate all claims", "device claim", "devices of a claim are not to be had"),
    ("resourceclaim", "device claim", "devices of a claim are not to be had"),
    ("device class", "device claim", "the class of devices does not exist"),
    ("gang", "gang", "waiting for the rest of the gang"),
    ("pod group", "gang", "waiting for the rest of the gang"),
    ("waiting for scheduling gates", "gate", "held by a scheduling gate"),
)


class Blocker(NamedTuple):
    """One reason, and on how many nodes it holds.

    Attributes:
        kind: Class, such as ``accelerators``, ``taint`` or ``cordoned``.
        words: The reason in plain words.
        nodes: Nodes that it rules out; 0 if it rules out all before nodes are looked at.
        resource: The resource that is short, if one is.
    """

    kind: str
    words: str
    nodes: int = 0
    resource: str = ""


class Refusal(NamedTuple):
    """What the scheduler said.

    Attributes:
        nodes: Nodes there are; 0 if it did not get to looking at them.
        blockers: Reasons, those that hold on most nodes first.
        preemption: Its words about preempting others, empty if it said none.
    """

    nodes: int
    blockers: tuple[Blocker, ...]
    preemption: str = ""


def parse(message: str) -> Refusal:
    """Return what a message of the scheduler says.

    One node can have several reasons, so the counts may add up to more than there are nodes.
    """
    head = _HEAD.match(message)
    if head is None:
        kind, words, resource = _classified(message)
        return Refusal(0, (Blocker(kind, words, 0, resource),) if message.strip() else ())
    reasons, rest = _first_sentence(head[3] or "")
    blockers: dict[tuple[str, str], Blocker] = {}
    for part in reasons.split(", "):
        found = _PART.match(part.strip())
        if found is None:
            continue
        kind, words, resource = _classified(found[2])
        before = blockers.get((kind, resource))
        nodes = int(found[1]) + (before.nodes if before else 0)
        blockers[kind, resource] = Blocker(kind, words, nodes, resource)
    ordered = sorted(blockers.values(), key=lambda blocker: (-blocker.nodes, blocker.kind))
    return Refusal(int(head[2]), tuple(ordered), _preemption(rest))


@lru_cache(maxsize=1024)
def in_short(message: str) -> str:
    """Return a message so that it begins with what rules out most nodes.

    A line that is cut at its end still names the cause then; the scheduler's own words begin
    with a count of nodes. Words that are not known here stay as they are.
    """
    found = parse(message)
    if not found.nodes or not found.blockers or any(b.kind == "other" for b in found.blockers):
        return message
    most, *others = found.blockers
    rest = "".join(f", {other.words} ({other.nodes})" for other in others)
    return f"{most.words} on {most.nodes} of {found.nodes} nodes{rest}"


def _first_sentence(text: str) -> tuple[str, str]:
    """Cut at the first full stop with a space or nothing behind it: names hold dots, too."""
    end = _END.search(text)
    return (text, "") if end is None else (text[: end.start()], text[end.end() :])


def _preemption(rest: str) -> str:
    _, found, words = rest.partition("preemption: ")
    return words.strip().rstrip(".") if found else ""


def _classified(text: str) -> tuple[str, str, str]:
    short = _SHORT.search(text)
    if short is not None:
        resource = short[1].rstrip(".")
        if resource in _CPU or resource.startswith("hugepages-"):
            return resource, f"too little {resource}", resource
        return "accelerators", f"too few {resource}", resource
    for fragment, kind, words in _CLASSES:
        if fragment.lower() in text.lower():
            return kind, words, ""
    return "other", " ".join(text.split()).rstrip("."), ""
