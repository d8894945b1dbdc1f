"""Applies that were kept, and what puts back what one of them changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.api.meta import parse_time
from lwstui.state.manifests import Body, Manifest, in_order

_SECRET: Final = "Secret"
_ROUNDED_S: Final = 1e-6
"""Times are written down to the microsecond."""


@dataclass(frozen=True, slots=True)
class KeptObject:
    """One object of a release.

    Attributes:
        before: What was there, None if nothing was.
        applied: What was sent.
    """

    kind: str
    namespace: str
    name: str
    before: Body | None
    applied: Body

    @property
    def same(self) -> tuple[str, str, str]:
        """What tells it from other objects."""
        return self.kind, self.namespace, self.name

    @property
    def title(self) -> str:
        """Kind and name, for people."""
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """One apply.

    Attributes:
        at: When, as it is written.
        source: File or folder the objects came from.
        digest: Hash of its text, empty if they came from none.
        user: Who applied it.
    """

    at: str
    source: str
    digest: str
    user: str
    objects: tuple[KeptObject, ...]

    @property
    def id(self) -> str:
        """What finds it again."""
        return f"{self.at}/{self.digest}"

    @property
    def seconds(self) -> float:
        """When it was kept, epoch seconds."""
        return parse_time(self.at) or 0.0


@dataclass(frozen=True, slots=True)
class GoingBack:
    """What puts a release back.

    Attributes:
        release: What is taken back.
        manifests: What is to be applied, in order.
        notes: What cannot be put back, and what goes back with it.
    """

    release: KeptRelease
    manifests: tuple[Manifest, ...]
    notes: tuple[str, ...]


def releases_of(document: Any) -> tuple[KeptRelease, ...]:
    """Return the releases of a document, the oldest first; what is no release is left out."""
    found = document if isinstance(document, list) else []
    return tuple(_release(one) for one in found if isinstance(one, Mapping))


def _release(one: Mapping[str, Any]) -> KeptRelease:
    found = one.get("objects")
    objects = [_object(each) for each in (found if isinstance(found, list) else ())]
    text = {name: str(one.get(name) or "") for name in ("at", "source", "hash", "who")}
    kept = tuple(each for each in objects if each is not None)
    return KeptRelease(text["at"], text["source"], text["hash"], text["who"], kept)


def _object(one: Any) -> KeptObject | None:
    if not isinstance(one, Mapping) or not isinstance(one.get("applied"), Mapping):
        return None
    before = one.get("before")
    return KeptObject(
        str(one.get("kind") or ""),
        str(one.get("namespace") or ""),
        str(one.get("name") or ""),
        before if isinstance(before, Mapping) else None,
        one["applied"],
    )


def that_sent(
    releases: Sequence[KeptRelease], kind: str, namespace: str, name: str, at: float
) -> KeptRelease | None:
    """Return the release that an object was sent with, None if it is not kept.

    Args:
        releases: The oldest first.
        kind: Of the object.
        namespace: Of the object, empty if it has none.
        name: Of the object.
        at: When it was sent, epoch seconds; a release is kept when all of it has been.
    """
    same = (kind, namespace, name)
    since = at - _ROUNDED_S
    return next(
        (r for r in releases if r.seconds >= since and any(o.same == same for o in r.objects)),
        None,
    )


def last_of(releases: Sequence[KeptRelease], *sources: str) -> KeptRelease | None:
    """Return the newest release of a file or folder, by any of its names; None if none is kept."""
    return next((one for one in reversed(releases) if one.source in sources), None)


def going_back(releases: Sequence[KeptRelease], release: KeptRelease) -> GoingBack:
    """Return what puts a release back.

    What the same source applied before is applied again. Of an object that it had not applied
    before, what was sent goes back to what was there, field by field, and no other field is
    touched.

    Args:
        releases: The oldest first.
        release: One of them.
    """
    index = releases.index(release)
    earlier, later = releases[:index], releases[index + 1 :]
    found: list[Manifest] = []
    notes: list[str] = []
    for one in release.objects:
        body = _before(one, release, earlier)
        if isinstance(body, str):
            notes.append(f"{one.title} {body}")
            continue
        found.append(Manifest(release.source, _named(body, one)))
    again = {
        o.title for r in later for o in r.objects if o.same in {m.same for m in release.objects}
    }
    notes += [
        f"{title} was applied again since: it goes back before that" for title in sorted(again)
    ]
    return GoingBack(release, in_order(found), tuple(notes))


def _before(one: KeptObject, release: KeptRelease, earlier: Sequence[KeptRelease]) -> Body | str:
    """Return what to apply to have an object as it was, or why it cannot be."""
    if one.kind == _SECRET:
        return "stays as it is: the values of Secrets are not kept"
    for other in reversed(earlier):
        same = [o for o in other.objects if o.same == one.same]
        if other.source == release.source and same:
            return same[0].applied
    if one.before is None:
        return "was created by it and stays: delete it if it is not wanted"
    body: Body = restricted(one.applied, one.before)
    return body


def restricted(shape: Any, value: Any) -> Any:
    """Return a value without what a shape does not name: what was there of what was sent.

    Items of lists that have names are found by name; other lists are taken as they are.
    """
    if isinstance(shape, Mapping) and isinstance(value, Mapping):
        return {
            name: restricted(part, value[name]) for name, part in shape.items() if name in value
        }
    if isinstance(shape, list) and isinstance(value, list) and _named_items(shape):
        return list(_items(shape, value))
    return value


def _named_items(items: Iterable[Any]) -> bool:
    found = tuple(items)
    return bool(found) and all(isinstance(one, Mapping) and one.get("name") for one in found)


def _items(shape: Sequence[Any], value: Sequence[Any]) -> Iterator[Any]:
    there = {one.get("name"): one for one in value if isinstance(one, Mapping)}
    for one in shape:
        if one["name"] in there:
            yield restricted(one, there[one["name"]])


def _named(body: Body, one: KeptObject) -> Body:
    """Return a body that says for itself where it belongs."""
    where = {"namespace": one.namespace} if one.namespace else {}
    metadata = {**(body.get("metadata") or {}), "name": one.name, **where}
    head = {name: one.applied[name] for name in ("apiVersion", "kind") if name in one.applied}
    return {**body, **head, "metadata": metadata}
