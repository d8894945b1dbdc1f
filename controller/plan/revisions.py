"""Revisions: what a template is recorded as, which one is the target, which may go.

A ControllerRevision holds a patch that replaces ``leaderWorkerTemplate`` and
``networkConfig``; its key is a hash of that patch and labels every pod built from it.

Source: pkg/utils/revision/revision_utils.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from controller.admission import canonical
from controller.admission.defaults import InvalidSpec, group_template
from controller.api import names
from controller.api.core import Revision
from controller.api.lws import GroupTemplate, LeaderWorkerSet
from controller.api.meta import owner_reference
from controller.plan.actions import CreateRevision, DeleteRevision
from controller.plan.observed import Observed

_FNV_OFFSET: Final = 0x811C9DC5
_FNV_PRIME: Final = 0x01000193
# Without vowels and easily confused characters, so that no hash spells a word.
_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"


def revision_data(template: GroupTemplate) -> dict[str, Any]:
    """Return the ``data`` that records a template."""
    return {
        "spec": {
            "leaderWorkerTemplate": {
                "$patch": "replace",
                **canonical.template(template.leader_worker_template),
            },
            "networkConfig": {"$patch": "replace", "subdomainPolicy": template.subdomain_policy},
        }
    }


def revision_key(data: Mapping[str, Any]) -> str:
    """Return the key of recorded data: FNV-1 (32 bit), its decimal digits spelled safely."""
    total = _FNV_OFFSET
    for byte in canonical.encode(data):
        total = (total * _FNV_PRIME & 0xFFFFFFFF) ^ byte
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(total))


def recorded_template(revision: Revision) -> GroupTemplate | None:
    """Return the template a revision records, or None if it records none we can read."""
    spec = revision.data.get("spec")
    raw = spec.get("leaderWorkerTemplate") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(raw, dict):
        return None
    network = spec.get("networkConfig")
    try:
        return group_template(raw, network if isinstance(network, dict) else None)
    except InvalidSpec:
        return None


def owned(observed: Observed) -> tuple[Revision, ...]:
    """Return the set's own live revisions that record a template, oldest first.

    Revisions that a StatefulSet left behind carry the same labels; they record no
    ``leaderWorkerTemplate``.
    """
    uid = observed.lws.metadata.uid
    mine = (
        revision
        for revision in observed.revisions
        if revision.owner_uid == uid
        and revision.deleted_at is None
        and records_template(revision.data)
    )
    return tuple(sorted(mine, key=lambda revision: (revision.number, revision.name)))


def records_template(data: Mapping[str, Any]) -> bool:
    """Tell whether the data of a revision has the place where ours record a template."""
    spec = data.get("spec")
    return isinstance(spec, dict) and isinstance(spec.get("leaderWorkerTemplate"), dict)


def history(observed: Observed) -> tuple[Revision, ...]:
    """Return the revisions an operator can go back to, the newest first."""
    return owned(observed)[::-1]


Occasion = Literal["", "first", "missing", "updated"]


class Templates(Mapping[str, GroupTemplate]):
    """Templates by revision key, read when asked for: a history is long, few are needed."""

    def __init__(self, revisions: Iterable[Revision]) -> None:
        self._revisions = {revision.key: revision for revision in revisions}
        self._read: dict[str, GroupTemplate | None] = {}

    def __getitem__(self, key: str) -> GroupTemplate:
        if key not in self._read:
            self._read[key] = recorded_template(self._revisions[key])
        template = self._read[key]
        if template is None:
            raise KeyError(key)
        return template

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._revisions if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def add(self, key: str, template: GroupTemplate) -> None:
        """Remember what a revision that is about to be created records."""
        self._read[key] = template


@dataclass(frozen=True, slots=True)
class Ledger:
    """The revisions of a set and the one its groups should reach.

    Attributes:
        target: Key of that revision.
        templates: What groups are built from, by key; only readable revisions.
        changed: Whether the target differs from the one recorded before this pass.
        create: The revision to create first, if the target is not recorded yet.
        occasion: Why it is created: the ``first`` of a set, ``missing`` although the rollout
            record names it, or for an ``updated`` template.
    """

    target: str
    templates: Mapping[str, GroupTemplate]
    changed: bool = False
    create: CreateRevision | None = None
    occasion: Occasion = ""


def _current(revisions: tuple[Revision, ...], target: str) -> Revision | None:
    """Return the newest revision with the target's key, or the newest of all without a target."""
    wanted = [r for r in revisions if r.key == target] if target else list(revisions)
    return wanted[-1] if wanted else None


class Book:
    """A set's own revisions, oldest first, and what they record."""

    def __init__(self, observed: Observed, recorded: str) -> None:
        """Read the book.

        Args:
            observed: The set and its revisions.
            recorded: Key of the target as recorded, empty if nothing is.
        """
        self.lws = observed.lws
        self.recorded = recorded
        self._pods = observed.pods
        self.revisions = owned(observed)
        self.templates = Templates(self.revisions)
        self.newest = self.revisions[-1] if self.revisions else None
        # Damaged revisions hold their names too.
        uid = observed.lws.metadata.uid
        numbers = (r.number for r in observed.revisions if r.owner_uid == uid)
        self._next_number = max(numbers, default=0) + 1
        self.current = _current(self.revisions, recorded)

    @property
    def previous(self) -> GroupTemplate | None:
        """Template of the recorded target, or of the newest revision if none is recorded."""
        return self.templates.get(self.current.key) if self.current is not None else None

    def settle(self, template: GroupTemplate) -> Ledger:
        """Return the target after the live template has found its place among the revisions."""
        data = revision_data(template)
        if self.current is None and not self._lost(data):
            key = self.recorded or revision_key(data)
            return self._enter(key, template, data, "missing" if self.recorded else "first")
        if self.current is not None and self._records(self.current, data):
            return Ledger(self.current.key, self.templates)
        newest = self.newest
        # Made just before a crash, or by a pass whose record we do not see yet.
        if newest is not None and newest is not self.current and self._records(newest, data):
            return Ledger(newest.key, self.templates, changed=True)
        return self._enter(revision_key(data), template, data, "updated")

    def _lost(self, data: dict[str, Any]) -> bool:
        """Tell whether pods were built from the recorded target, and nobody knows what it was.

        Recording the live template under its key would call pods alike that are not.
        """
        known = self.recorded in ("", revision_key(data))
        return not known and any(pod.revision == self.recorded for pod in self._pods)

    def _records(self, revision: Revision, data: dict[str, Any]) -> bool:
        template = self.templates.get(revision.key)
        return template is not None and revision_data(template) == data

    def _enter(
        self, key: str, template: GroupTemplate, data: dict[str, Any], occasion: Occasion
    ) -> Ledger:
        create = _create(self.lws, key, self._next_number, data)
        self.templates.add(key, template)
        return Ledger(key, self.templates, occasion == "updated", create, occasion)


def _create(lws: LeaderWorkerSet, key: str, number: int, data: dict[str, Any]) -> CreateRevision:
    meta = lws.metadata
    name = names.revision_name(meta.name, key, number)
    kind = names.LEADERWORKERSETS
    body = {
        "apiVersion": names.REVISIONS.api_version,
        "kind": names.REVISIONS.kind,
        "metadata": {
            "name": name,
            "namespace": meta.namespace,
            "labels": {names.SET_NAME: meta.name, names.REVISION: key},
            "ownerReferences": [owner_reference(kind.api_version, kind.kind, meta.name, meta.uid)],
        },
        "data": data,
        "revision": number,
    }
    return CreateRevision(name, key, number, body)


def trim(observed: Observed, in_use: Iterable[str], limit: int) -> tuple[DeleteRevision, ...]:
    """Return deletions of what history no longer keeps, the oldest first.

    Args:
        observed: The set and its revisions.
        in_use: Keys that pods, the target or the stable revision still need.
        limit: How many revisions that nothing uses are kept.
    """
    needed = set(in_use)
    spare: list[Revision] = []
    for revision in history(observed):
        if revision.key in needed:
            needed.discard(revision.key)
        else:
            spare.append(revision)
    return tuple(DeleteRevision(r.name, r.uid) for r in reversed(spare[max(limit, 0) :]))


def undo_patch(lws: LeaderWorkerSet, revision: Revision) -> dict[str, Any]:
    """Return the JSON merge patch that puts a revision's template back.

    The patch carries the resourceVersion it was computed against: on a set that changed in
    the meantime it fails with Conflict instead of mixing two templates.

    Raises:
        ValueError: If the revision records no template.
    """
    template = recorded_template(revision)
    if template is None:
        raise ValueError(f"revision {revision.name} records no template")
    wanted = {
        "leaderWorkerTemplate": canonical.template(template.leader_worker_template),
        "networkConfig": {"subdomainPolicy": template.subdomain_policy},
    }
    current = {key: lws.spec[key] for key in wanted if lws.spec.get(key) is not None}
    patch: dict[str, Any] = {"spec": _merge_patch(current, wanted)}
    if lws.metadata.resource_version:
        patch["metadata"] = {"resourceVersion": lws.metadata.resource_version}
    return patch


def _merge_patch(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the RFC 7386 patch from one object to another."""
    patch: dict[str, Any] = {key: None for key in current if key not in wanted}
    for key, value in wanted.items():
        before = current.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            inner = _merge_patch(before, value)
            if inner:
                patch[key] = inner
        elif before != value or key not in current:
            patch[key] = value
    return patch
