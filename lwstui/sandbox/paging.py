"""Pages of a list: continue tokens that pin one snapshot of the objects."""

import base64
import binascii
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from lwstui.sandbox import status
from lwstui.sandbox.objects import Change, Entry, Json

_SNAPSHOTS = 64
_INCONSISTENT = -1
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Token:
    """Where a list goes on: after ``start`` in the snapshot of ``version``."""

    version: int
    start: str

    def encode(self) -> str:
        """Return the token as clients send it back."""
        body = {"v": "meta.k8s.io/v1", "rv": self.version, "start": self.start + "\0"}
        return base64.urlsafe_b64encode(msgspec.json.encode(body)).decode().rstrip("=")


def parse_token(text: str) -> Token:
    """Return the token of a ``continue`` parameter.

    Raises:
        StatusError: 400, it is not a token.
    """
    raw = b""
    try:
        padded = text + "=" * (-len(text) % 4)
        raw = base64.urlsafe_b64decode(padded)
        body: Any = msgspec.json.decode(raw)
        return Token(int(body["rv"]), str(body["start"]).rstrip("\0"))
    except (binascii.Error, msgspec.DecodeError, UnicodeError, KeyError, TypeError, ValueError):
        raise status.bad_request(
            f"invalid continue token: continue key is not valid: {_why_no_token(raw)}"
        ) from None


def _why_no_token(raw: bytes) -> str:
    if not raw:
        return "illegal base64 data at input byte 0"
    first = chr(raw[0])
    if first in '{["-0123456789tfn':
        return "it does not say where to go on"
    shown = first if first.isprintable() and first != "'" else f"\\u{ord(first):04x}"
    return f"invalid character '{shown}' looking for beginning of value"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its entries, and what the list's metadata says about it."""

    entries: list[Entry]
    version: int
    token: str = ""
    remaining: int | None = None

    def metadata(self) -> Json:
        """Return ``ListMeta``."""
        metadata: Json = {"resourceVersion": str(self.version)}
        if self.token:
            metadata["continue"] = self.token
        if self.remaining:
            metadata["remainingItemCount"] = self.remaining
        return metadata


class Snapshots:
    """The lists that are being paged through, oldest forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], list[Entry]] = OrderedDict()

    def keep(self, scope: str, version: int, entries: list[Entry]) -> None:
        """Remember a list for its further pages."""
        self._kept[scope, version] = entries
        self._kept.move_to_end((scope, version))
        if len(self._kept) > _SNAPSHOTS:
            self._kept.popitem(last=False)

    def find(self, scope: str, token: Token, current: int) -> tuple[int, list[Entry] | None]:
        """Return the version and entries a token goes on with; None means: the live ones.

        Raises:
            StatusError: 410 with a token for the rest, the snapshot is no longer kept.
        """
        if token.version == _INCONSISTENT:
            return current, None
        entries = self._kept.get((scope, token.version))
        if entries is None:
            error = status.expired(_TOO_OLD)
            error.metadata = {"continue": Token(_INCONSISTENT, token.start).encode()}
            raise error
        return token.version, entries


def rewound(entries: Iterable[Entry], changes: Iterable[Change]) -> list[Entry]:
    """Return a list as it was before the last changes to it, by namespace and name.

    Args:
        entries: The list as it is.
        changes: What has happened to it since, oldest first.
    """
    before: dict[tuple[str, str], Entry] = {_key_of(each.object): each for each in entries}
    for change in reversed(list(changes)):
        if change.old is None:
            del before[_key_of(change.object)]
        else:
            version = int(change.old["metadata"]["resourceVersion"])
            before[_key_of(change.object)] = Entry(change.old, version)
    return [entry for _, entry in sorted(before.items(), key=lambda item: item[0])]


def _key_of(obj: Json) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def position_of(entry: Entry, namespace: str | None) -> str:
    """Return an object's place in a list, as continue tokens spell it."""
    metadata = entry.object["metadata"]
    if namespace is None and metadata.get("namespace"):
        return f"{metadata['namespace']}/{metadata['name']}"
    name: str = metadata["name"]
    return name
