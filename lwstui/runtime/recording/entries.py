"""What a recording is made of: one JSON object a line, in the order in which things came.

``data`` stays as it is written until it is needed. Times are seconds from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import msgspec

from controller.api import core, devices, lws, names, pods
from controller.api.meta import Key
from controller.api.names import Resource
from controller.plan.told import PlanNote
from lwstui.kube.sync import KindSync
from lwstui.state.deaths import Death
from lwstui.state.model import Activity, ControllerView, GroupStart, Pending, Underway
from lwstui.state.telemetry import Source
from lwstui.telemetry.devices import Reading
from lwstui.telemetry.engines import EngineReading, Rates
from lwstui.telemetry.usage import Usage

FORMAT: Final = 1
"""Version of the format; one that means something else to a reader gets the next number."""
KIND: Final = "lwstui recording"

RECORDED: Final[Mapping[str, tuple[Resource, type[Any]]]] = {
    "sets": (names.LEADERWORKERSETS, lws.LeaderWorkerSet),
    "pods": (names.PODS, pods.Pod),
    "services": (names.SERVICES, core.Service),
    "revisions": (names.REVISIONS, core.Revision),
    "nodes": (names.NODES, core.Node),
    "events": (names.EVENTS, core.Event),
    "deviceslices": (names.DEVICE_SLICES, devices.DeviceSlice),
    "deviceclasses": (names.DEVICE_CLASSES, devices.DeviceClass),
    "deviceclaims": (names.DEVICE_CLAIMS, devices.DeviceClaim),
    "claimtemplates": (names.CLAIM_TEMPLATES, devices.ClaimTemplate),
}
"""What is recorded of a cluster, by its name in the file."""
NAME_OF: Final = {resource: name for name, (resource, _) in RECORDED.items()}


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a file.

    Attributes:
        kind: What the file is.
        format: Version of the format.
        lwstui: Version of the program that wrote it.
        started: When, in epoch seconds: moment 0 of the recording.
        context: Where the console was attached.
        cluster: Name of the cluster.
        sandbox: Whether it was the sandbox, which simulates.
        namespaces: Namespaces in view; empty means all.
    """

    kind: str
    format: int
    lwstui: str
    started: float
    context: str = ""
    cluster: str = ""
    sandbox: bool = False
    namespaces: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True, tag_field="kind", omit_defaults=True, kw_only=True):
    """One thing that came; ``t`` says when."""

    t: float = 0.0


class Listed(Entry, frozen=True, kw_only=True, tag="list"):
    """A complete list of a kind, in one namespace or in all."""

    what: str
    namespace: str = ""
    data: msgspec.Raw


class Changed(Entry, frozen=True, kw_only=True, tag="event"):
    """One watch event."""

    what: str
    type: str
    data: msgspec.Raw


class Synced(Entry, frozen=True, kw_only=True, tag="sync"):
    """How fresh a kind is, by its plural name; None when it is watched no longer."""

    what: str
    sync: KindSync | None = None


class Attached(Entry, frozen=True, kw_only=True, tag="cluster"):
    """What is known of the cluster and of the connection."""

    context: str = ""
    cluster: str = ""
    sandbox: bool = False
    problem: str = ""
    connected: bool = False
    login_failed: bool = False
    proved_at: float = 0.0
    skew_s: float = 0.0
    known_namespaces: tuple[str, ...] = ()


class Controlled(Entry, frozen=True, kw_only=True, tag="controller"):
    """What is known of the controller, and why which sets wait, in the words of its plan."""

    view: ControllerView
    waits: tuple[tuple[Key, tuple[tuple[str, str, int], ...]], ...] = ()


class Planned(Entry, frozen=True, kw_only=True, tag="plan"):
    """What the controller in the process decided about a set, where it was something new."""

    plan: PlanNote


class Did(Entry, frozen=True, kw_only=True, tag="activity"):
    """One line of the activity log: what the operator or the controller did."""

    line: Activity


class Died(Entry, frozen=True, kw_only=True, tag="death"):
    """How a container ended, with its last lines as far as they are known by then."""

    death: Death


class Marked(Entry, frozen=True, kw_only=True, tag="marks"):
    """Intents that are not confirmed yet, and those under way: all of them."""

    pending: tuple[tuple[Key, Pending], ...] = ()
    underway: tuple[tuple[Key, Underway], ...] = ()


class Engine(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an engine said, and what happened since it was asked before."""

    pod: Key
    reading: EngineReading
    rates: Rates | None = None


class Measured(Entry, frozen=True, kw_only=True, tag="telemetry"):
    """One round of measuring devices and engines: what it brought that is new."""

    at: float
    period_s: float
    readings: tuple[Reading, ...] = ()
    engines: tuple[Engine, ...] = ()
    pods: tuple[tuple[Key, Usage], ...] = ()
    nodes: tuple[tuple[str, Usage], ...] = ()
    sources: tuple[Source, ...] = ()


class Remembered(Entry, frozen=True, kw_only=True, tag="memory"):
    """What was known when the recording began beyond the objects: starts of groups, revisions."""

    starts: tuple[tuple[Key, tuple[GroupStart, ...]], ...] = ()
    revisions: tuple[core.Revision, ...] = ()


class Said(Entry, frozen=True, kw_only=True, tag="log"):
    """Lines of a container's log that were read, with the epoch second of each."""

    namespace: str
    pod: str
    container: str
    previous: bool = False
    lines: tuple[tuple[float, str], ...] = ()
    gap: str = ""


class Ended(Entry, frozen=True, kw_only=True, tag="end"):
    """The end of the recording, and why it ended."""

    why: str = ""


AnyEntry = (
    Listed
    | Changed
    | Synced
    | Attached
    | Controlled
    | Planned
    | Did
    | Died
    | Marked
    | Measured
    | Remembered
    | Said
    | Ended
)


def _plain(value: Any) -> Any:
    """Return what JSON has no word for in other words."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value).__name__)


_NO_WAITS: Final[Mapping[Any, Any]] = MappingProxyType({})
_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)
_DECODER: Final = msgspec.json.Decoder(AnyEntry)
_HEADERS: Final = msgspec.json.Decoder(Header)
_RECORDS: Final = {name: msgspec.json.Decoder(type_) for name, (_, type_) in RECORDED.items()}
_LISTS: Final = {
    name: msgspec.json.Decoder(list[type_])  # type: ignore[valid-type]
    for name, (_, type_) in RECORDED.items()
}


def bare(view: ControllerView) -> ControllerView:
    """Return what is known of the controller without waits and plans, which are told apart."""
    return replace(view, waits=_NO_WAITS, plans=())


def encoded(entry: msgspec.Struct) -> bytes:
    """Return an entry as one line."""
    return _ENCODER.encode(entry) + b"\n"


def raw(value: Any) -> msgspec.Raw:
    """Return a record, or a list of records, as ``data``."""
    return msgspec.Raw(_ENCODER.encode(value))


def decoded(line: bytes) -> AnyEntry:
    """Return the entry of a line.

    Raises:
        msgspec.MsgspecError: If it is none.
    """
    entry: AnyEntry = _DECODER.decode(line)
    return entry


def header(line: bytes) -> Header:
    """Return the header of a file.

    Raises:
        msgspec.MsgspecError: If it is none.
    """
    return _HEADERS.decode(line)


def record_of(entry: Changed) -> Any:
    """Return the record of a watch event."""
    return _RECORDS[entry.what].decode(entry.data)


def records_of(entry: Listed) -> list[Any]:
    """Return the records of a list."""
    return _LISTS[entry.what].decode(entry.data)
