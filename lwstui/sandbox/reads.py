"""Get, list and watch."""

import asyncio
import random
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

import msgspec

from lwstui.sandbox import listoptions, queries, status
from lwstui.sandbox.objects import Change, Entry, StatusError, Store
from lwstui.sandbox.output import Line, Output, event_line
from lwstui.sandbox.paging import Page, Snapshots, Token, parse_token, position_of, rewound
from lwstui.sandbox.queries import Predicate
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.requests import flag, version, whole
from lwstui.sandbox.watchcache import LineOf, WatchCache, Watcher

BOOKMARK_S = 60.0
_TIMEOUT_S = 1800.0
_LINES_PER_PIECE = 500


@dataclass(frozen=True, slots=True)
class Query:
    """What a list or watch selects, with its parameters; no namespace means all of them."""

    resource: Resource
    namespace: str | None
    matches: Predicate | None
    parameters: Mapping[str, str]

    @property
    def scope(self) -> str:
        """Return the list that a snapshot belongs to: what is listed, and selected by what."""
        selectors = [self.parameters.get(f"{each}Selector", "") for each in ("label", "field")]
        return "/".join((self.resource.key, self.namespace or "", *selectors))


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
            StatusError: 400 or 422 a bad parameter, 410 an old token or version, 504 a version of
                the future.
        """
        parameters = asked.parameters
        listoptions.check_list(parameters)
        limit = max(whole(parameters, "limit") or 0, 0)
        asked_version = version(parameters)
        token_text = parameters.get("continue", "")
        if token_text:
            if asked_version:
                raise status.bad_request(
                    "specifying resource version is not allowed when using continue"
                )
            return self._further_page(asked, parse_token(token_text), limit)
        self._check_not_too_new(asked_version)
        if asked_version and listoptions.wants_exact(parameters, limit):
            return self._cut(asked, self._select_at(asked, asked_version), asked_version, limit)
        if asked_version == 0:
            limit = 0
        return self._cut(asked, self.select(asked), self._store.version, limit)

    def _select_at(self, asked: Query, at: int) -> list[Entry]:
        """Return what a query selected at a version of the past.

        Raises:
            StatusError: 410, the changes since then are no longer all kept.
        """
        try:
            changes = self._cache.ring(asked.resource.key).since(at)
        except StatusError:
            why = "The resourceVersion for the provided list is too old."
            raise status.expired(why) from None
        entries = self._store.sorted_entries(asked.resource.key, asked.namespace)
        changes = [each for each in changes if _is_within(each, asked.namespace)]
        return [
            each
            for each in rewound(entries, changes)
            if asked.matches is None or asked.matches(each.object)
        ]

    def _check_not_too_new(self, asked: int | None) -> None:
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

    def _further_page(self, asked: Query, token: Token, limit: int) -> Page:
        at, entries = self._snapshots.find(asked.scope, token, self._store.version)
        if entries is None:
            entries = self.select(asked)
        start = tuple(token.start.split("/"))
        first = bisect_right(entries, start, key=lambda each: _place(each, asked.namespace))
        return self._cut(asked, entries, at, limit, first)

    def _cut(self, asked: Query, entries: list[Entry], at: int, limit: int, first: int = 0) -> Page:
        """Return the page that begins with the entry ``first``; the list is kept for the next."""
        left = len(entries) - first
        if not limit or left <= limit:
            return Page(entries[first:], at)
        self._snapshots.keep(asked.scope, at, entries)
        page = entries[first : first + limit]
        token = Token(at, position_of(page[-1], asked.namespace)).encode()
        return Page(page, at, token, left - limit if asked.matches is None else None)

    def watch(self, asked: Query, output: Output) -> AsyncIterator[bytes]:
        """Return the lines of a watch until its timeout, or until the server ends it.

        The first piece comes at once, also when there is nothing to tell yet.

        Raises:
            StatusError: 400 or 422, a bad parameter; later refusals are an ERROR line.
        """
        parameters = asked.parameters
        listoptions.check_watch(parameters)
        timeout_s = whole(parameters, "timeoutSeconds") or _TIMEOUT_S * random.uniform(1, 2)
        return self._watch(asked, output, version(parameters), timeout_s)

    async def _watch(
        self, asked: Query, output: Output, since: int | None, timeout_s: float
    ) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        ring = self._cache.ring(asked.resource.key)
        line_of = _line_of(asked, output)
        try:
            initial = self._initial(asked, output, since, line_of)
        except StatusError as error:
            yield b"".join(event_line("ERROR", msgspec.json.encode(error.body())))
            return
        # No changes come between the initial lines being fixed and the watcher being told of them;
        # the first piece is encoded before any later change, so that a table begins with it.
        first = next(initial, b"")
        watcher = Watcher(line_of, after=since or 0)
        ring.watchers.add(watcher)
        try:
            yield first
            for piece in initial:
                yield piece
            async for piece in self._follow(watcher, asked, output, deadline):
                yield piece
        finally:
            ring.watchers.discard(watcher)

    async def _follow(
        self, watcher: Watcher, asked: Query, output: Output, deadline: float
    ) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        bookmarks = flag(asked.parameters, "allowWatchBookmarks")
        mark = loop.time() + BOOKMARK_S
        while True:
            piece = await watcher.take(min(mark, deadline) - loop.time())
            due = loop.time() >= min(mark, deadline)
            if due and bookmarks and not watcher.closed:
                # A bookmark promises that all up to its version has been told.
                line = output.bookmark(self._store.version, initial_events_end=False)
                piece = b"".join((piece, watcher.drain(), *line))
            yield piece
            if watcher.closed or loop.time() >= deadline:
                return
            if due:
                mark = loop.time() + BOOKMARK_S

    def _initial(
        self, asked: Query, output: Output, since: int | None, line_of: LineOf
    ) -> Iterator[bytes]:
        """Return what a watch starts with: the present objects, or the changes since a version.

        What that is, is fixed at once; it is encoded piece by piece when its turn comes.

        Raises:
            StatusError: 410 the changes are no longer all kept, 504 a version of the future.
        """
        parameters = asked.parameters
        send_all = flag(parameters, "sendInitialEvents")
        if send_all:
            self._check_not_too_new(since)
        if send_all or (not since and "sendInitialEvents" not in parameters):
            lines = (output.event("ADDED", each) for each in self.select(asked))
            end: Line = ()
            if send_all and flag(parameters, "allowWatchBookmarks"):
                end = output.bookmark(self._store.version, initial_events_end=True)
            return _pieces(lines, end)
        changes = self._cache.ring(asked.resource.key).since(since or self._store.version)
        return _pieces((line for line in map(line_of, changes) if line is not None), ())


def _pieces(lines: Iterator[Line], end: Line) -> Iterator[bytes]:
    """Join lines to pieces of some hundred; the end follows the last line in its piece."""
    while batch := list(islice(lines, _LINES_PER_PIECE)):
        if len(batch) < _LINES_PER_PIECE:
            batch.append(end)
            end = ()
        yield b"".join(chain.from_iterable(batch))
    if end:
        yield b"".join(end)


def _is_within(change: Change, namespace: str | None) -> bool:
    return namespace is None or change.object["metadata"].get("namespace", "") == namespace


def _place(entry: Entry, namespace: str | None) -> tuple[str, ...]:
    return tuple(position_of(entry, namespace).split("/"))


def _line_of(asked: Query, output: Output) -> LineOf:
    namespace, matches = asked.namespace, asked.matches

    def line_of(change: Change) -> Line | None:
        if not _is_within(change, namespace):
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
