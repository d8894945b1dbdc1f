"""The snapshot: everything the console knows at one moment, immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from controller.api.core import Event, Node, Revision, Service
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Pod
from controller.plan.told import PlanNote
from lwstui.kube.sync import KindSync
from lwstui.state.deaths import Death
from lwstui.state.deviceclasses import NO_DEVICES, DeviceFacts
from lwstui.state.foreign import Load
from lwstui.state.insights import Insight
from lwstui.state.manner import STANDARD, Manner
from lwstui.state.rights import NO_RIGHTS, Rights
from lwstui.state.telemetry import NO_TELEMETRY, Telemetry

_EMPTY: Mapping[Any, Any] = MappingProxyType({})


def _empty() -> Mapping[Any, Any]:
    return _EMPTY


@dataclass(frozen=True, slots=True)
class ContextFacts:
    """A context of the kubeconfig: where it leads, without asking there."""

    name: str
    cluster: str = ""
    server: str = ""
    user: str = ""
    namespace: str = ""
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Taping:
    """A recording that is being made, or that ended by itself.

    Attributes:
        path: Name of the file.
        since: When it began, epoch seconds.
        size_bytes: How much has been written.
        entries: Entries so far.
        ended: Why it ended by itself, empty while it goes on.
    """

    path: str
    since: float
    size_bytes: int = 0
    entries: int = 0
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Playing:
    """The recording that is shown instead of a cluster.

    Attributes:
        path: Name of the file.
        started: When the recording began, epoch seconds.
        length_s: How long it is.
        at_s: Moment that is shown, in seconds from the beginning.
        speed: Recorded seconds that pass in one.
        paused: Whether time stands still.
        seeking: Whether it is on its way to another moment.
        says: What there is to say of it: where it ends, why it cannot be read on.
    """

    path: str
    started: float
    length_s: float
    at_s: float = 0.0
    speed: float = 1.0
    paused: bool = False
    seeking: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """Where the console is attached.

    Attributes:
        proved_at: When the server last proved that the connection lives, epoch seconds; 0.0 for
            never.
        skew_s: How far the server's clock is surely ahead of ours, in seconds; negative if it is
            behind.
        attachment: Number of the attachment to a cluster; each change of context is a new one.
        contexts: Every context of the kubeconfig, by name.
        rights: What may be done, as far as the cluster has told.
        known_namespaces: Namespaces of the cluster; empty while unknown or not to be listed.
        sandbox: Whether it is the sandbox, which simulates; always shown.
        namespaces: Namespaces in view; empty means all.
        problem: One sentence when the cluster cannot be used at all, else empty.
        login_failed: Whether the problem is that the credentials cannot be used.
        login_says: What a program that logs in says while it runs.
        connected: Whether any request has been answered yet.
        taping: The recording that is being made, None if none is.
        playing: The recording that is shown, None if it is a cluster.
    """

    context: str = ""
    cluster: str = ""
    server: str = ""
    user: str = ""
    sandbox: bool = False
    namespaces: tuple[str, ...] = ()
    read_only: bool = False
    problem: str = ""
    connected: bool = False
    login_failed: bool = False
    login_says: str = ""
    proved_at: float = 0.0
    skew_s: float = 0.0
    attachment: int = 0
    contexts: tuple[ContextFacts, ...] = ()
    known_namespaces: tuple[str, ...] = ()
    rights: Rights = NO_RIGHTS
    taping: Taping | None = None
    playing: Playing | None = None


@dataclass(frozen=True, slots=True)
class ConsoleLoad:
    """What this console costs the API server.

    Attributes:
        requests: Requests sent since it connected.
        per_minute: Requests in the last minute, None before it can be told.
        broken: How often a watch that was up to date broke.
        watches: Watches that were opened.
    """

    requests: int = 0
    per_minute: float | None = None
    broken: int = 0
    watches: int = 0


@dataclass(frozen=True, slots=True)
class ControllerView:
    """What is known of the controller that serves the sets.

    Attributes:
        mode: ``leader`` (this process acts), ``standby``, ``starting``, ``paused``, ``failed``,
            ``elsewhere`` (another process holds the lease), ``native``, ``off``, or ``unknown``
            until the lease has been read.
        holder: Identity of the acting controller, empty if none.
        since: When it took the lease, epoch seconds.
        serves: The one namespace it serves, empty if all or unknown.
        waits: Why sets wait, from the plan: (code, reason, group index or -1) per set.
        identity: Name of the controller in this process, empty if there is none.
        renewed_at: When the holder last renewed the lease, epoch seconds.
        renew_s: Seconds within which it has to be renewed.
        pass_p50_s: Seconds that half of the passes took at most.
        pass_p99_s: Seconds that 99 of 100 passes took at most.
        writes: Write requests that the controller in this process sent for sets.
        load: What this console costs the API server.
        plans: The last plans of the controller in this process that said something new of their
            sets, oldest first.
    """

    mode: str = "off"
    holder: str = ""
    since: float | None = None
    serves: str = ""
    queue: int = 0
    reconciles: int = 0
    errors: int = 0
    last_error: str = ""
    waits: Mapping[Key, tuple[tuple[str, str, int], ...]] = field(default_factory=_empty)
    identity: str = ""
    renewed_at: float | None = None
    renew_s: float = 0.0
    pass_p50_s: float | None = None
    pass_p99_s: float | None = None
    writes: int = 0
    load: ConsoleLoad = ConsoleLoad()
    plans: tuple[PlanNote, ...] = ()


class Reversal(NamedTuple):
    """What takes a change back.

    Attributes:
        verb: ``scale``, ``partition``, ``hold``, ``pause``, ``resume``, ``revision``, ``release``,
            ``image``, ``cordon``, ``uncordon``, ``keep-off`` (pause the controller for a set)
            or ``serve``.
        values: What the verb wants, as text.
        text: The same for people: ``scale back to 48``.
    """

    verb: str
    values: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing that was done or refused: by the operator or by this process's controller.

    Attributes:
        at: Epoch seconds.
        target: The object, as ``namespace/name``.
        outcome: What became of it, in words.
        kind: ``asked`` of the server, ``refused`` before anything was sent, ``followed`` to its
            end, ``controller`` or ``console``.
        before: What was changed, as it was; empty where that is not one value.
        after: The same as it was asked for.
        dry_run: What the server said when it was asked whether it would accept it.
        took_s: Seconds until the server answered.
        command: The same as one kubectl command.
        reversal: What takes it back, None if nothing does.
        context: Where it was done.
    """

    at: float
    who: str
    what: str
    target: str
    outcome: str
    ok: bool = True
    kind: str = "console"
    before: str = ""
    after: str = ""
    dry_run: str = ""
    took_s: float | None = None
    command: str = ""
    reversal: Reversal | None = None
    context: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """An intent that the watch has not confirmed yet."""

    since: float
    text: str


@dataclass(frozen=True, slots=True)
class Underway:
    """What an intent set going, until it has come to its end.

    Attributes:
        since: When it was asked for, epoch seconds.
        text: What was asked for, such as ``scale to 52 groups``.
        now: How far it is, such as ``50 of 52 groups ready``.
        stoppable: Whether this console does the work and can be told to stop.
    """

    since: float
    text: str
    now: str
    stoppable: bool = False


@dataclass(frozen=True, slots=True)
class GroupHistory:
    """What is remembered of one group beyond its present pods.

    Attributes:
        incarnations: Creation times of the leaders seen, oldest first, at most 20.
        ready_once: Whether the present leader's group was ever fully ready.
    """

    incarnations: tuple[float, ...] = ()
    ready_once: bool = False


class GroupStart(NamedTuple):
    """How long one group took from its leader's creation until all its pods were ready.

    Attributes:
        image: Image of the leader's main container.
        seconds: The time.
    """

    image: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the console knows at one moment.

    Attributes:
        version: Grows by one with each published snapshot.
        taken_at: Epoch seconds.
        pods: All pods that belong to sets.
        by_set: Pods of each set, sorted by group and worker index; the tuple's identity
            changes only when a pod of that set does.
        node_pods: Pods bound to each node that request accelerators or belong to sets.
        starts: The last group starts seen of each set, oldest first, at most 50.
        kept: Revisions that this console saw and keeps, though the cluster may not any more.
        sync: Freshness by plural resource name.
        deaths: How containers of the sets ended, oldest first; bounded, and kept between runs.
        insights: What is wrong by the rules, worst first, consequences folded.
        telemetry: What is measured of devices and engines, where anything is.
        sets_by_namespace: Sets in each namespace that is watched, in view or not.
        devices: What classes of devices and templates of claims say; what claims hold is part of
            nodes and pods.
        waiting: Pods without a node that request accelerators or belong to sets, of all
            namespaces that are watched.
        loads: What all other pods hold, by node, as far as pods are watched; under the empty name
            those that wait for one.
        manner: How the operator wants things judged and told.
    """

    version: int = 0
    taken_at: float = 0.0
    sets: Mapping[Key, LeaderWorkerSet] = field(default_factory=_empty)
    pods: Mapping[Key, Pod] = field(default_factory=_empty)
    by_set: Mapping[Key, tuple[Pod, ...]] = field(default_factory=_empty)
    node_pods: Mapping[str, tuple[Pod, ...]] = field(default_factory=_empty)
    services: Mapping[Key, Service] = field(default_factory=_empty)
    revisions: Mapping[Key, Revision] = field(default_factory=_empty)
    nodes: Mapping[str, Node] = field(default_factory=_empty)
    events: Mapping[str, Event] = field(default_factory=_empty)
    history: Mapping[tuple[Key, int], GroupHistory] = field(default_factory=_empty)
    starts: Mapping[Key, tuple[GroupStart, ...]] = field(default_factory=_empty)
    kept: Mapping[Key, Revision] = field(default_factory=_empty)
    sync: Mapping[str, KindSync] = field(default_factory=_empty)
    telemetry: Telemetry = NO_TELEMETRY
    insights: tuple[Insight, ...] = ()
    cluster: ClusterState = ClusterState()
    controller: ControllerView = ControllerView()
    activity: tuple[Activity, ...] = ()
    deaths: tuple[Death, ...] = ()
    pending: Mapping[Key, Pending] = field(default_factory=_empty)
    sets_by_namespace: Mapping[str, int] = field(default_factory=_empty)
    underway: Mapping[Key, Underway] = field(default_factory=_empty)
    loads: Mapping[str, Load] = field(default_factory=_empty)
    waiting: Mapping[Key, Pod] = field(default_factory=_empty)
    manner: Manner = STANDARD
    devices: DeviceFacts = NO_DEVICES
