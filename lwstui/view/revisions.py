"""Revisions for people: what each records, what changed against the one before it, who runs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

import msgspec

from controller.api.core import Revision
from controller.api.meta import format_time
from controller.api.pods import Pod
from lwstui.kube.decoders import safe
from lwstui.state.history import History
from lwstui.state.patches import images
from lwstui.view.ages import NONE, age
from lwstui.view.diffs import Change, changes
from lwstui.view.phrases import runs

HEADER: Final = ("REVISION", "KEY", "STATE", "AGE", "WHO", "GROUPS", "IMAGES", "CHANGE")
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision in the history of a set.

    Attributes:
        images: (role, container, image) of the template.
        changes: Against the revision before it; None for the oldest one kept.
        groups: Indexes of the groups that run it.
        target: Whether groups should reach it.
        current: Whether it is the one last rolled out completely.
    """

    revision: Revision
    images: tuple[tuple[str, str, str], ...]
    changes: tuple[Change, ...] | None
    groups: tuple[int, ...]
    target: bool
    current: bool


def entries(history: History, pods: Iterable[Pod], stable: str) -> tuple[Entry, ...]:
    """Return the history of a set, the newest revision first.

    Of several revisions with the same key the newest stands for what runs.

    Args:
        history: The revisions.
        pods: The set's pods.
        stable: Key of the revision last rolled out completely, empty if unknown.
    """
    running: dict[str, list[int]] = {}
    for pod in pods:
        if pod.worker == 0:
            running.setdefault(pod.revision, []).append(pod.group)
    found: list[Entry] = []
    for revision, previous in zip_longest(history.revisions, history.revisions[1:]):
        newest = all(entry.revision.key != revision.key for entry in found)
        found.append(
            Entry(
                revision,
                images(template_of(revision)),
                None if previous is None else changes_between(previous, revision),
                tuple(sorted(running.get(revision.key, ()))) if newest else (),
                revision is history.current,
                newest and revision.key == stable,
            )
        )
    return tuple(found)


def template_of(revision: Revision) -> dict[str, Any]:
    """Return what a revision records of the spec, cleaned, without the directives of the patch."""
    spec = revision.data.get("spec")
    parts = spec.items() if isinstance(spec, Mapping) else ()
    raw = msgspec.json.encode({name: _plain(part) for name, part in parts})
    cleaned: dict[str, Any] = msgspec.json.decode(safe(raw))
    return cleaned


def _plain(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    return {name: value for name, value in part.items() if name != "$patch"}


def changes_between(before: Revision, after: Revision) -> tuple[Change, ...]:
    """Return the fields in which two recorded templates differ, in the order of their names."""
    return changes(template_of(before), template_of(after))


def table(found: Sequence[Entry], now: float, who: Sequence[str]) -> tuple[str, ...]:
    """Return the history as aligned lines, a header first.

    Args:
        found: The history.
        now: Epoch seconds.
        who: Who made each revision of it.
    """
    rows = [HEADER, *(cells(entry, now, by) for entry, by in zip(found, who, strict=True))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return tuple(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def cells(entry: Entry, now: float, who: str) -> tuple[str, ...]:
    """Return an entry as text, one per column of ``HEADER``.

    Args:
        entry: The entry.
        now: Epoch seconds.
        who: Who made the revision.
    """
    revision, groups = entry.revision, entry.groups
    marks = [word for word, so in (("target", entry.target), ("current", entry.current)) if so]
    return (
        str(revision.number),
        revision.key,
        ",".join(marks) or NONE,
        age(now - revision.created_at),
        who,
        f"{len(groups)} ({runs(groups)})" if groups else "0",
        ", ".join(dict.fromkeys(image for _, _, image in entry.images)) or NONE,
        change_text(entry.changes),
    )


def change_text(changes: tuple[Change, ...] | None) -> str:
    """Return what changed against the revision before, in a line."""
    if changes is None:
        return "(the oldest kept)"
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return "; ".join(map(str, changes[:_SHOWN])) + more or "(none)"


def document(entry: Entry, who: str) -> dict[str, Any]:
    """Return a revision as data for programs.

    Args:
        entry: The revision in its history.
        who: Who made it.
    """
    revision = entry.revision
    return {
        "revision": revision.number,
        "key": revision.key,
        "name": revision.name,
        "createdAt": format_time(revision.created_at),
        "who": who,
        "target": entry.target,
        "current": entry.current,
        "groups": list(entry.groups),
        "images": [
            {"role": role, "container": container, "image": image}
            for role, container, image in entry.images
        ],
        "changes": [change._asdict() for change in entry.changes or ()],
    }
