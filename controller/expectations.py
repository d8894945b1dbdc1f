"""What this process wrote and has not yet seen come back in its watches.

A plan made before our own writes are visible would repeat or contradict them, so a set is not
planned again until they are seen, or until a timeout says that the watch must be listed anew.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from controller.api.meta import Key
from controller.api.names import Resource

TIMEOUT_S: Final = 30.0


class _Token(NamedTuple):
    """One awaited sighting; ``ident`` is a UID (deleted) or a name (created, version)."""

    verb: str
    plural: str
    namespace: str
    ident: str


class _Entry(NamedTuple):
    key: Key
    resource: Resource
    since: float
    version: int


def version_number(resource_version: str) -> int:
    """Return a resourceVersion as a number to compare, 0 if it is none."""
    # Kubernetes 1.35 made them comparable; every server so far has used decimal numbers.
    return int(resource_version) if resource_version.isdecimal() else 0


class Expectations:
    """Open expectations of all sets. Times are monotonic seconds, passed in by the caller."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._open: dict[_Token, _Entry] = {}
        self._by_set: dict[Key, set[_Token]] = {}

    def created(self, key: Key, resource: Resource, name: str, now: float) -> None:
        """Expect to see an object of this name, which set ``key`` is about to create."""
        self._add(_Token("create", resource.plural, key.namespace, name), key, resource, now)

    def deleted(self, key: Key, resource: Resource, uid: str, now: float) -> None:
        """Expect to see this incarnation gone or terminating."""
        self._add(_Token("delete", resource.plural, key.namespace, uid), key, resource, now)

    def written(self, key: Key, resource: Resource, name: str, version: int, now: float) -> None:
        """Expect to see an object at ``version`` or later, which set ``key`` has written."""
        token = _Token("version", resource.plural, key.namespace, name)
        self._add(token, key, resource, now, version)

    def cancel_created(self, key: Key, resource: Resource, name: str) -> None:
        """Forget a creation that did not happen."""
        self._drop(_Token("create", resource.plural, key.namespace, name))

    def cancel_deleted(self, key: Key, resource: Resource, uid: str) -> None:
        """Forget a deletion that did not happen."""
        self._drop(_Token("delete", resource.plural, key.namespace, uid))

    def saw(
        self, resource: Resource, key: Key, uid: str, *, ending: bool, version: str = ""
    ) -> Key | None:
        """Take note of an object in a watch.

        Args:
            resource: Its kind.
            key: Its namespace and name.
            uid: Its incarnation.
            ending: Whether it is gone or terminating.
            version: Its resourceVersion.

        Returns:
            The set whose last expectation this met, or None.
        """
        if not self._open:
            return None
        namespace, name = key
        met = self._drop(_Token("create", resource.plural, namespace, name))
        if ending:
            met = self._drop(_Token("delete", resource.plural, namespace, uid)) or met
        token = _Token("version", resource.plural, namespace, name)
        entry = self._open.get(token)
        if entry is not None and (ending or version_number(version) >= entry.version):
            met = self._drop(token) or met
        return met if met is not None and met not in self._by_set else None

    def pending_s(self, key: Key, now: float) -> float | None:
        """Return the seconds until the oldest expectation of a set times out, or None if none.

        Zero or less means that it has timed out.
        """
        tokens = self._by_set.get(key)
        if not tokens:
            return None
        return min(self._open[token].since for token in tokens) + self._timeout_s - now

    def clear(self, key: Key) -> frozenset[Resource]:
        """Forget all expectations of a set; return the kinds they were about."""
        tokens = self._by_set.pop(key, set())
        return frozenset(self._open.pop(token).resource for token in tokens)

    def _add(
        self, token: _Token, key: Key, resource: Resource, now: float, version: int = 0
    ) -> None:
        self._open[token] = _Entry(key, resource, now, version)
        self._by_set.setdefault(key, set()).add(token)

    def _drop(self, token: _Token) -> Key | None:
        entry = self._open.pop(token, None)
        if entry is None:
            return None
        tokens = self._by_set[entry.key]
        tokens.discard(token)
        if not tokens:
            del self._by_set[entry.key]
        return entry.key
