"""The forms an answer can take: the object itself, a table, or its metadata only."""

import re
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from lwstui.sandbox import status, tables
from lwstui.sandbox.kinds import KindInfo
from lwstui.sandbox.objects import Entry, Json
from lwstui.sandbox.tables import Table

# A line of a watch in pieces, so that all watchers share the bytes of the object in it.
Line = tuple[bytes, ...]

_HEADS = {
    kind: b'{"type":"%b","object":' % kind.encode()
    for kind in ("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR")
}
_ACCEPT_AS = re.compile(r"\bas=(\w+)")
_FORMS = frozenset({"Table", "PartialObjectMetadata", "PartialObjectMetadataList"})
_JSON_RANGES = frozenset({"", "*/*", "application/*", "application/json"})


class Output(Protocol):
    """Encodes objects, lists and watch events in one form."""

    def item(self, entry: Entry) -> bytes:
        """Return one object."""

    def items(self, entries: Sequence[Entry], metadata: Json) -> bytes:
        """Return a list with its ``ListMeta``."""

    def event(self, kind: str, entry: Entry) -> Line:
        """Return a line of a watch: ADDED, MODIFIED or DELETED."""

    def bookmark(self, version: int, *, initial_events_end: bool) -> Line:
        """Return a BOOKMARK line."""


def event_line(kind: str, raw: bytes) -> Line:
    """Return a watch line around an encoded object."""
    return _HEADS[kind], raw, b"}\n"


def bookmark_metadata(version: int, *, initial_events_end: bool) -> Json:
    """Return the metadata a bookmark's object carries."""
    metadata: Json = {"resourceVersion": str(version)}
    if initial_events_end:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    return metadata


class JsonOutput:
    """Objects as they are stored, from the bytes that were encoded once.

    Args:
        kind: The kind as served, whose name and version the list carries.
        convert: Turns a stored object into the served version; None when they are the same.
    """

    def __init__(self, kind: KindInfo, convert: Callable[[Json], Json] | None = None) -> None:
        self._kind = kind
        self._convert = convert
        said = {"kind": kind.kind, "apiVersion": kind.api_version}
        self._head = b"" if kind.custom else msgspec.json.encode(said)[:-1] + b","

    def item(self, entry: Entry) -> bytes:
        """Return the object."""
        if self._convert is None:
            return entry.raw
        return msgspec.json.encode(self._convert(entry.object))

    def items(self, entries: Sequence[Entry], metadata: Json) -> bytes:
        """Return the list of objects."""
        head = msgspec.json.encode(
            {
                "kind": self._kind.list_name,
                "apiVersion": self._kind.api_version,
                "metadata": metadata,
            }
        )
        items = b",".join(self._listed(each) for each in entries)
        return b'%b,"items":[%b]}' % (head[:-1], items)

    def _listed(self, entry: Entry) -> bytes:
        """Return an object in a list, which says for built-in kinds what its items are."""
        raw = self.item(entry)
        if not self._head or not raw.startswith(self._head):
            return raw
        return b"{" + raw[len(self._head) :]

    def event(self, kind: str, entry: Entry) -> Line:
        """Return the object in a watch line."""
        return event_line(kind, self.item(entry))

    def bookmark(self, version: int, *, initial_events_end: bool) -> Line:
        """Return a bookmark that is an empty object of the kind."""
        body: Json = {
            "kind": self._kind.kind,
            "apiVersion": self._kind.api_version,
            "metadata": {
                **bookmark_metadata(version, initial_events_end=initial_events_end),
                "creationTimestamp": None,
            },
        }
        if self._kind.kind == "Pod":
            body |= {"spec": {"containers": None}, "status": {}}
        return event_line("BOOKMARK", msgspec.json.encode(body))


class TableOutput:
    """Objects as rows of a table.

    Args:
        table: Columns and cells of the kind.
        now: Returns the epoch seconds that ages count to.
        include_object: The request's ``includeObject``.
    """

    def __init__(self, table: Table, now: Callable[[], float], include_object: str) -> None:
        self._table = table
        self._now = now
        self._include = include_object
        self._columns_sent = False

    def item(self, entry: Entry) -> bytes:
        """Return a table of one row."""
        version = entry.object["metadata"].get("resourceVersion", "")
        return self.items([entry], {"resourceVersion": version})

    def items(self, entries: Sequence[Entry], metadata: Json) -> bytes:
        """Return a table."""
        now = self._now()
        rows = [tables.row(self._table, each.object, now, self._include) for each in entries]
        return msgspec.json.encode(tables.table_body(self._table.columns, rows, metadata))

    def event(self, kind: str, entry: Entry) -> Line:
        """Return a table of one row in a watch line; only the first has column definitions."""
        columns = None if self._columns_sent else self._table.columns
        self._columns_sent = True
        rows = [tables.row(self._table, entry.object, self._now(), self._include)]
        metadata = {"resourceVersion": entry.object["metadata"]["resourceVersion"]}
        return event_line(kind, msgspec.json.encode(tables.table_body(columns, rows, metadata)))

    def bookmark(self, version: int, *, initial_events_end: bool) -> Line:
        """Return a bookmark with one empty row that carries the metadata."""
        metadata = bookmark_metadata(version, initial_events_end=initial_events_end)
        cells = [""] * len(self._table.columns)
        row = {"cells": cells, "object": tables.partial({"metadata": metadata})}
        body = tables.table_body(None, [row], {"resourceVersion": str(version)})
        return event_line("BOOKMARK", msgspec.json.encode(body))


class PartialOutput:
    """Objects as their metadata only."""

    def item(self, entry: Entry) -> bytes:
        """Return the object's metadata."""
        return msgspec.json.encode(tables.partial(entry.object))

    def items(self, entries: Sequence[Entry], metadata: Json) -> bytes:
        """Return the list of the objects' metadata."""
        return msgspec.json.encode(
            {
                "kind": "PartialObjectMetadataList",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata,
                "items": [tables.partial(each.object) for each in entries],
            }
        )

    def event(self, kind: str, entry: Entry) -> Line:
        """Return the object's metadata in a watch line."""
        return event_line(kind, self.item(entry))

    def bookmark(self, version: int, *, initial_events_end: bool) -> Line:
        """Return a bookmark."""
        metadata = bookmark_metadata(version, initial_events_end=initial_events_end)
        return event_line("BOOKMARK", msgspec.json.encode(tables.partial({"metadata": metadata})))


def requested_form(accept: str) -> str:
    """Return the first form of an ``Accept`` header that we have: Table, Partial... or empty.

    Raises:
        StatusError: 406, we have none of them.
    """
    for media_type in accept.split(","):
        kind = media_type.partition(";")[0].strip()
        if kind not in _JSON_RANGES:
            continue
        match = _ACCEPT_AS.search(media_type)
        if match is None or match[1] in _FORMS:
            return match[1] if match else ""
    raise status.not_acceptable(("application/json",))
