"""Get, list and watch."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import msgspec

from lwstui.sandbox import queries, status
from lwstui.sandbox.objects import Change, Entry, StatusError, Store
from lwstui.sandbox.output import Line, Output, event_line
from lwstui.sandbox.paging import Page, Snapshots, Token, parse_token, position_of
from lwstui.sandbox.queries import Predicate
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.requests import flag, version, whole
from lwstui.sandbox.watchcache import LineOf, WatchCache, Watcher

BOOKMARK_S = 60.0
_TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Query:
    """What a list or watch selects, with its parameters; no namespace means all of them."""

    resource: Resource
    namespace: str | None
    matches: Predicate | None
    parameters: Mapping[str, str]

    @property
    def scope(self) -> str:
        """Return the list that a snapshot belongs to."""
        return f"{self.resource.key}/{self.namespace or ''}"


def query(
    resource: Resource, namespace: str | None, name: str, parameters: Mapping[str, str]
) -> Query:
    """Return what a request selects; ``name`` narrows it to one object.

    Raises:
        StatusError: 400, a selector cannot be read.
    """
    labels = queries.label_predicate(parameters.get("labelSelector", ""))
    selectable = resource.custom.selectable if resource.custom else frozenset[str]()
    text = parameters.get("fieldSelector", "")
    fields = queries.field_predicate(resource.key, text, selectable)
    matches = queries.both(labels, fields)
    if name:
        matches = queries.both(lambda obj: obj["metadata"]["name"] == name, matches)
    return Query(resource, namespace, matches, parameters)


class Reader:
    """Answers reads from a store and its watch cache.

    Args:
        store: Where objects live.
        cache: Recent changes and watchers.
    """

    def __init__(self, store: Store, cache: WatchCache) -> None:
        self._store = store
        self._cache = cache
        self._snapshots = Snapshots()

    def select(self, asked: Query) -> list[Entry]:
        """Return the live entries a query selects, by namespace and name."""
        entries = self._store.sorted_entries(asked.resource.key, asked.namespace)
        return [each for each in entries if asked.matches is None or asked.matches(each.object)]

    def page(self, asked: Query) -> Page:
        """Return one page of a list.

        Raises:
            StatusError: 400 a bad parameter, 410 an old token, 504 a version of the future.
        """
        parameters = asked.parameters
        limit = whole(parameters, "limit") or 0
        asked_version = version(parameters)
        self._check_version(asked_version, parameters.get("resourceVersionMatch", ""))
        token_text = parameters.get("continue", "")
        if token_text:
            if asked_version:
                raise status.bad_request(
                    "specifying resource version is not allowed when using continue"
                )
            return self._further_page(asked, parse_token(token_text), limit)
        if asked_version == 0:
            limit = 0
        return self._cut(asked, self.select(asked), self._store.version, limit)

    def _check_version(self, asked: int | None, match: str) -> None:
        if match not in ("", "Exact", "NotOlderThan") or (match and asked is None):
            raise status.bad_request(
                f'resourceVersionMatch: Invalid value: "{match}": is not supported for this version'
            )
        current = self._store.version
        if asked is not None and asked > current:
            raise StatusError(
                504,
                "Timeout",
                f"Too large resource version: {asked}, current: {current}",
                {
                    "causes": [
                        {
                            "reason": "ResourceVersionTooLarge",
                            "message": "Too large resource version",
                        }
                    ],
                    "retryAfterSeconds": 1,
                },
            )
        if match == "Exact" and asked != current:
            raise status.expired("The resourceVersion for the provided list is too old.")

    def _further_page(self, asked: Query, token: Token, limit: int) -> Page:
        at, entries = self._snapshots.find(asked.scope, token, self._store.version)
        if entries is None:
            entries = self.select(asked)
        start = tuple(token.start.split("/"))
        rest = [each for each in entries if _place(each, asked.namespace) > start]
        return self._cut(asked, rest, at, limit)

    def _cut(self, asked: Query, entries: list[Entry], at: int, limit: int) -> Page:
        if not limit or len(entries) <= limit:
            return Page(entries, at)
        self._snapshots.keep(asked.scope, at, entries)
        page = entries[:limit]
        token = Token(at, position_of(page[-1], asked.namespace)).encode()
        remaining = len(entries) - limit if asked.matches is None else None
        return Page(page, at, token, remaining)

    async def watch(self, asked: Query, output: Output) -> AsyncIterator[bytes]:
        """Yield the lines of a watch until its timeout, or until the server ends it.

        The first piece is yielded at once, also when there is nothing to tell yet.
        """
        loop = asyncio.get_running_loop()
        timeout_s = whole(asked.parameters, "timeoutSeconds")
        deadline = loop.time() + (timeout_s or _TIMEOUT_S * random.uniform(1, 2))
        bookmarks = flag(asked.parameters, "allowWatchBookmarks")
        ring = self._cache.ring(asked.resource.key)
        watcher = Watcher(_line_of(asked, output))
        try:
            initial = self._initial(asked, output, watcher)
        except StatusError as error:
            yield b"".join(event_line("ERROR", msgspec.json.encode(error.body())))
            return
        ring.watchers.add(watcher)
        try:
            yield initial
            mark = loop.time() + BOOKMARK_S
            while not watcher.closed:
                yield await watcher.take(min(mark, deadline) - loop.time())
                if loop.time() < min(mark, deadline) or watcher.closed:
                    continue
                if bookmarks:
                    line = output.bookmark(self._store.version, initial_events_end=False)
                    yield b"".join(line)
                if loop.time() >= deadline:
                    return
                mark = loop.time() + BOOKMARK_S
        finally:
            ring.watchers.discard(watcher)

    def _initial(self, asked: Query, output: Output, watcher: Watcher) -> bytes:
        """Return what a watch starts with: the present objects, or the changes since a version."""
        parameters = asked.parameters
        since = version(parameters)
        send_all = flag(parameters, "sendInitialEvents")
        if send_all and parameters.get("resourceVersionMatch") != "NotOlderThan":
            raise status.bad_request(
                "resourceVersionMatch: Forbidden: resourceVersionMatch is required when "
                "sendInitialEvents is set"
            )
        if send_all or (not since and "sendInitialEvents" not in parameters):
            pieces = [piece for each in self.select(asked) for piece in output.event("ADDED", each)]
            if send_all and flag(parameters, "allowWatchBookmarks"):
                pieces += output.bookmark(self._store.version, initial_events_end=True)
            return b"".join(pieces)
        for change in self._cache.ring(asked.resource.key).since(since or self._store.version):
            watcher.offer(change)
        return b""


def _place(entry: Entry, namespace: str | None) -> tuple[str, ...]:
    return tuple(position_of(entry, namespace).split("/"))


def _line_of(asked: Query, output: Output) -> LineOf:
    namespace, matches = asked.namespace, asked.matches

    def line_of(change: Change) -> Line | None:
        if namespace is not None and change.object["metadata"].get("namespace", "") != namespace:
            return None
        if matches is None:
            return output.event(change.type, change.entry)
        now = change.type != "DELETED" and matches(change.object)
        before = change.old is not None and matches(change.old)
        if now:
            return output.event("MODIFIED" if before else "ADDED", change.entry)
        if not before or change.old is None:
            return None
        gone = change.entry if change.type == "DELETED" else _stamped(change)
        return output.event("DELETED", gone)

    return line_of


def _stamped(change: Change) -> Entry:
    """Return the object as it was when a watch last selected it, with the version of now."""
    old = change.old or {}
    metadata = {**old["metadata"], "resourceVersion": str(change.entry.version)}
    return Entry({**old, "metadata": metadata}, change.entry.version)
