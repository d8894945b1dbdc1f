"""Reading, changing and watching sets from commands that run once, over one connection."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import EXCLUSIVE_TOPOLOGY, LEADERWORKERSETS, Resource
from controller.errors import ApiError, ControllerError, NotFound
from controller.ports import Clock, Patch
from lwstui.config.prometheus import NOWHERE
from lwstui.kube.connect import Connection
from lwstui.kube.decoders import decoder
from lwstui.kube.discovery import resource_for, serves_sets
from lwstui.kube.lists import list_objects
from lwstui.runtime.around import around
from lwstui.runtime.autoscalers import AUTOSCALERS, scalers_of
from lwstui.runtime.backend import LogEntry, LogRequest
from lwstui.runtime.clock import SystemClock
from lwstui.runtime.control import LEASE_NAMESPACE
from lwstui.runtime.hours import Hours
from lwstui.runtime.intents import Apply, Intent, Outcome
from lwstui.runtime.kubelink import KubeLink
from lwstui.runtime.logmux import Kept, LogSession
from lwstui.runtime.observer import SetObserver
from lwstui.runtime.ports import OperatorCluster, WatchSpec, Where
from lwstui.runtime.rawobjects import read
from lwstui.runtime.reader import Reader
from lwstui.runtime.sampler import Sampler
from lwstui.runtime.trials import UNDEFINED, try_manifests
from lwstui.runtime.usage import UsageReader
from lwstui.runtime.writes import perform
from lwstui.state.around import Around
from lwstui.state.manifests import Manifest, Trial
from lwstui.state.manner import STANDARD, Manner
from lwstui.state.telemetry import Source, Telemetry

_NAMED: Final = 5


class SetOperator:
    """What commands do to sets: the console's intents, without a console.

    Args:
        connection: The cluster; ``close`` closes it.
        clock: The time.
        lease_namespace: Where controllers have their Lease.
        manner: How things are judged and told.

    Attributes:
        clock: The time.
        namespace: Namespace of names that name none.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock | None = None,
        *,
        lease_namespace: str = LEASE_NAMESPACE,
        manner: Manner = STANDARD,
    ) -> None:
        self.clock = clock or SystemClock()
        self.namespace = connection.info.namespace
        self._rest = connection.rest
        self._link = KubeLink(connection, "lwstui")
        self._lease_namespace = lease_namespace
        self._manner = manner
        self._observers: list[SetObserver | Reader] = []

    async def close(self) -> None:
        """Close the connection and end the watches.

        In this order: closing a session cuts its open answers short, while a watch that is ended
        alone still takes leave of the server when the program wants to be gone.
        """
        await self._link.close()
        for observer in self._observers:
            await observer.stop()

    async def read(self, key: Key) -> LeaderWorkerSet:
        """Return a set.

        Raises:
            NotFound: If it does not exist, with what does, or how to define the kind.
        """
        found: LeaderWorkerSet = decoder(LEADERWORKERSETS)(await self._get(key))
        return found

    async def manifest(self, key: Key) -> dict[str, Any]:
        """Return a set as the server holds it.

        Raises:
            NotFound: As ``read``.
        """
        found: dict[str, Any] = msgspec.json.decode(await self._get(key))
        return found

    async def whole(self, resource: Resource, namespace: str, name: str) -> Mapping[str, Any]:
        """Return any object as the server holds it, cleaned, without managed fields.

        Raises:
            ControllerError: If it cannot be read.
        """
        return await read(self._link.cluster, resource, namespace, name)

    async def _get(self, key: Key) -> bytes:
        try:
            return await self._link.cluster.get(LEADERWORKERSETS, *key)
        except NotFound as error:
            message = await self._missing(key)
            raise NotFound(404, "NotFound", message) from error

    async def change(self, lws: LeaderWorkerSet, intent: Intent, *, dry_run: bool) -> Outcome:
        """Carry an intent about a set out, or ask the server whether it would accept it."""
        return await perform(
            self._link.cluster,
            intent,
            look=lambda _, key: lws if key == lws.key else None,
            dry_run=dry_run,
        )

    async def observe(self, lws: LeaderWorkerSet) -> SetObserver:
        """Watch a set until the connection is closed; it has been listed by now.

        Raises:
            ControllerError: If something that is needed cannot be read.
        """
        observer = SetObserver(lws.key, self.clock, lease_namespace=self._lease_namespace)
        self._observers.append(observer)
        observer.start(self._link, nodes=EXCLUSIVE_TOPOLOGY in lws.annotations)
        await observer.listed()
        return observer

    async def watch(
        self, specs: Collection[WatchSpec], *, optional: Collection[Resource] = ()
    ) -> Reader:
        """Watch some kinds until the connection is closed; they have been listed by now.

        Args:
            specs: What to watch.
            optional: Kinds to do without where they cannot be read.

        Raises:
            ControllerError: If something else cannot be read.
        """
        reader = Reader(
            specs,
            self.clock,
            optional=optional,
            lease_namespace=self._lease_namespace,
            manner=self._manner,
        )
        self._observers.append(reader)
        reader.start(self._link)
        try:
            await reader.listed()
        except NotFound as error:
            # All other kinds are served by every cluster.
            raise NotFound(404, "NotFound", UNDEFINED) from error
        return reader

    async def measure(self, reader: Reader, resource: Resource, namespace: str) -> str:
        """Let a reader know what pods or nodes use, and return why it cannot be told, if so.

        Args:
            reader: What is known.
            resource: Metrics of pods or of nodes.
            namespace: Where; empty for everywhere.
        """
        namespaces = (namespace,) if namespace else ()
        found = await UsageReader(self._link, self.clock, (resource,)).read(namespaces, 0.0)
        telemetry = Telemetry(
            self.clock.now(), pod_usage=found.pods or {}, node_usage=found.nodes or {}
        )
        reader.store.tell(telemetry=telemetry)
        return found.source.why

    async def measure_all(self, reader: Reader, namespace: str) -> tuple[Source, ...]:
        """Let a reader know what pods, nodes, devices and engines do at this moment.

        Each exporter and each engine is asked once.

        Args:
            reader: What is known; pods and nodes have to be.
            namespace: Where pods are meant; empty for everywhere.

        Returns:
            Where figures come from, or why they do not.
        """
        store, link, clock = reader.store, self._link, self.clock
        store.set_cluster(replace(store.cluster, namespaces=(namespace,) if namespace else ()))
        reader.snapshot()
        await Sampler(link, store, clock, lambda: None, Hours(link, store, clock, NOWHERE)).once()
        return store.telemetry.sources

    def logs(
        self,
        request: LogRequest,
        reader: Reader,
        sink: Callable[[list[LogEntry]], None],
        kept: Kept | None = None,
    ) -> LogSession:
        """Return merged logs that are not read yet, of pods that the reader watches."""
        return LogSession(
            request, sink, store=reader.store, link=self._link, now=self.clock.now, kept=kept
        )

    @property
    def cluster(self) -> OperatorCluster:
        """Single reads and writes, and commands in containers."""
        return self._link.cluster

    @property
    def where(self) -> Where:
        """What the cluster is called."""
        return self._link.where

    async def try_out(self, document: Mapping[str, Any]) -> None:
        """Ask the server whether it would accept a manifest; nothing is changed.

        Raises:
            ControllerError: If it would not, or does not answer.
        """
        resource = await resource_for(self._rest, document["apiVersion"], document["kind"])
        meta = document["metadata"]
        where = (meta.get("namespace") or self.namespace) if resource.namespaced else ""
        await self._link.cluster.patch(
            resource, where, meta["name"], document, kind=Patch.APPLY, dry_run=True
        )

    async def try_manifests(self, manifests: Sequence[Manifest]) -> tuple[Trial, ...]:
        """Ask the server what applying manifests would do; nothing is changed.

        Raises:
            ControllerError: If it does not answer.
        """
        return await try_manifests(self._link, manifests, self.namespace)

    async def apply(self, trial: Trial, *, take_over: bool) -> Outcome:
        """Apply what was planned."""
        intent = Apply(trial, take_over)
        return await perform(self._link.cluster, intent, look=lambda *_: None, dry_run=False)

    async def serves_sets(self) -> bool:
        """Tell whether the cluster serves LeaderWorkerSets."""
        return await serves_sets(self._rest)

    async def define_sets(self, report: Callable[[str], None]) -> None:
        """Create the definition of LeaderWorkerSet and wait until it is served.

        Raises:
            ControllerError: If it cannot be created.
        """
        await self._link.define_sets(report)

    async def autoscalers(self, key: Key) -> tuple[str, ...]:
        """Return the names of autoscalers of a set; none where they may not be listed."""
        try:
            found = await list_objects(self._rest, AUTOSCALERS, key.namespace)
        except ApiError:
            return ()
        return scalers_of(found, key.name)

    async def around(self, key: Key) -> Around:
        """Return what stands around a set and is not watched; what cannot be read says why."""

        async def lister(resource: Resource, namespace: str) -> list[dict[str, Any]]:
            return await list_objects(self._rest, resource, namespace)

        return await around(lister, key, self.clock.now())

    async def _missing(self, key: Key) -> str:
        try:
            found = await list_objects(self._rest, LEADERWORKERSETS, key.namespace)
        except NotFound:
            return UNDEFINED
        except ControllerError:
            found = []
        return missing_text(key, [str(one["metadata"]["name"]) for one in found])


def missing_text(key: Key, existing: list[str]) -> str:
    """Return one sentence about a set that does not exist, with the names it may be meant by."""
    said = f'no LeaderWorkerSet "{key.name}" in namespace {key.namespace}'
    near = get_close_matches(key.name, existing, n=_NAMED, cutoff=0.5)
    if near:
        return f"{said}; did you mean {' or '.join(near)}?"
    if not existing:
        return f"{said}; the namespace has none, choose another with -n"
    more = f" and {len(existing) - _NAMED} more" if len(existing) > _NAMED else ""
    return f"{said}; there are {', '.join(sorted(existing)[:_NAMED])}{more}"
