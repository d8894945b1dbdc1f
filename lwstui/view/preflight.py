"""What is wrong with manifests before they are applied, as findings that name field and value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from controller.admission.fields import FieldError
from controller.admission.validate import unsupported, validate
from controller.api.lws import LeaderWorkerSet
from controller.api.names import LEADERWORKERSETS, LWS_GROUP
from lwstui.capacity.answer import CAP
from lwstui.kube.clean import clean_line
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.fit import blocked, room_for
from lwstui.view.spec import replicas_of

Level = Literal["error", "warning", "note"]
Manifest = Mapping[str, Any]

_KNOWN: Final = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about an object.

    Attributes:
        level: ``error`` (it will not work), ``warning`` (it may not do what is meant), ``note``.
        about: Kind and name, as ``leaderworkerset default/demo``.
        message: What, as a clause.
        field: Path of the field, empty if it is about the whole object.
        value: What was found there.
        bare: Whether the value is beside the point.
    """

    level: Level
    about: str
    message: str
    field: str = ""
    value: object = None
    bare: bool = False

    def __str__(self) -> str:
        if not self.field:
            return clean_line(f"{self.about}: {self.message}")
        if self.bare:
            return clean_line(f"{self.about}: {self.field}: {self.message}")
        said = FieldError(self.field, self.value, self.message)
        return clean_line(f"{self.about}: {said}")


def document(finding: Finding) -> dict[str, Any]:
    """Return a finding as data for programs."""
    return {
        "level": finding.level,
        "object": finding.about,
        "field": finding.field or None,
        "value": finding.value,
        "message": finding.message,
    }


def title(manifest: Manifest, namespace: str) -> str:
    """Return what an object is called in findings; ``namespace`` is that of objects without one."""
    meta = manifest["metadata"]
    return clean_line(
        f"{manifest['kind'].lower()} {meta.get('namespace') or namespace}/{meta['name']}"
    )


def is_set(manifest: Manifest) -> bool:
    """Tell whether a manifest is one of a LeaderWorkerSet, of whatever version."""
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    return group == LWS_GROUP and manifest["kind"] == LEADERWORKERSETS.kind


def judge(manifests: Sequence[Manifest], namespace: str) -> tuple[Finding, ...]:
    """Return what can be known without a cluster.

    Args:
        manifests: Objects with ``apiVersion``, ``kind`` and ``metadata.name``.
        namespace: Of objects that name none.
    """
    titles = Counter(title(one, namespace) for one in manifests)
    twice = (
        Finding("error", name, f"is there {times} times; the last one would win")
        for name, times in titles.items()
        if times > 1
    )
    found = (f for one in manifests if is_set(one) for f in _judge_set(one, title(one, namespace)))
    return (*twice, *found)


def _judge_set(manifest: Manifest, name: str) -> Iterator[Finding]:
    version = manifest["apiVersion"]
    if version != LEADERWORKERSETS.api_version:
        message = f"must be {LEADERWORKERSETS.api_version}"
        yield Finding("error", name, message, "apiVersion", version)
        return
    for field in sorted(manifest.keys() - _KNOWN):
        yield Finding("error", name, "is no field of a LeaderWorkerSet", field, manifest[field])
    lws = as_set(manifest)
    if isinstance(lws, str):
        yield Finding("error", name, lws)
        return
    for error in _field_errors(lws):
        yield Finding("error", name, error.message, error.field, error.value)
    yield from _dubious(lws, name)


def _field_errors(lws: LeaderWorkerSet) -> tuple[FieldError, ...]:
    """Return what is wrong with the fields, the unknown ones first.

    Validation ends at unknown fields, because what they mean to change cannot be known; whoever
    mends a manifest wants to see the rest, too.
    """
    unknown = tuple(unsupported(lws.spec))
    known = _without(lws.spec, "spec", {error.field for error in unknown})
    return (*unknown, *validate(known, lws.annotations, lws.metadata.name, None))


def _without(value: Any, path: str, fields: Collection[str]) -> Any:
    """Return objects without some fields; lists and scalars as they are."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: _without(part, f"{path}.{name}", fields)
        for name, part in value.items()
        if f"{path}.{name}" not in fields
    }


def _dubious(lws: LeaderWorkerSet, name: str) -> Iterator[Finding]:
    template = lws.spec.get("leaderWorkerTemplate")
    if isinstance(template, Mapping) and template.get("restartPolicy") == "Default":
        field = "spec.leaderWorkerTemplate.restartPolicy"
        yield Finding("warning", name, "is deprecated and means None", field, "Default")


def as_set(manifest: Manifest) -> LeaderWorkerSet | str:
    """Return the set a manifest describes, or what about its metadata has a wrong type."""
    body = {name: manifest[name] for name in ("metadata", "spec") if name in manifest}
    try:
        return msgspec.convert(body, LeaderWorkerSet)
    except msgspec.ValidationError as error:
        return clean_line(str(error)).replace("`$.", "`")


def room(lws: LeaderWorkerSet, name: str, snapshot: Snapshot) -> Finding | None:
    """Return whether the groups a set still lacks would fit; None if it lacks none.

    Args:
        lws: The set as it would be, with its namespace.
        name: What it is called in findings.
        snapshot: Nodes, and all pods.
    """
    placed = {pod.group for pod in snapshot.by_set.get(lws.key, ()) if pod.node}
    lacking = max(0, replicas_of(lws) - len(placed))
    if not lacking:
        return None
    fit = room_for(snapshot, lws, lacking, own_first=False)
    if fit.groups is None:
        return Finding("note", name, f"fit {fit.why}")
    if fit.groups < min(lacking, CAP):
        few = f"{fit.groups} of {count(lacking, 'group')} fit into what is free now"
        return Finding("error", name, f"{few}; {blocked(fit)} ({fit.why})")
    return Finding("note", name, f"{count(lacking, 'group')} would fit ({fit.why})")


def verdict(findings: Iterable[Finding], objects: int) -> str:
    """Return the outcome in one line."""
    levels = Counter(finding.level for finding in findings)
    return (
        f"{count(objects, 'object')} checked: {count(levels['error'], 'error')}, "
        f"{count(levels['warning'], 'warning')}"
    )
