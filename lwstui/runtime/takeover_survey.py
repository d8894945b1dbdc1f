"""Reading what a takeover is judged by: sets with all that carries their names, and native's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from controller.api.meta import Key
from controller.api.names import (
    CLAIMS,
    LEADERWORKERSETS,
    LEASES,
    PODS,
    REVISIONS,
    SERVICES,
    SET_NAME,
    Resource,
)
from controller.errors import Forbidden, NotFound
from controller.guard import NATIVE_LEASE, STATEFUL_SETS, Sighting, see
from controller.leases import decode_lease
from controller.ports import Clock
from controller.takeover.evidence import Json, SetEvidence, meta, of_set, owner
from controller.takeover.native import (
    DEPLOYMENTS,
    DISAGGREGATED_SETS,
    MUTATING,
    VALIDATING,
    Native,
    is_manager,
    is_webhook,
)
from lwstui.kube.clean import clean_line
from lwstui.kube.rest import Rest, path_of

_PAGE: Final = 500
_MODEL_SERVINGS: Final = Resource(
    "workload.serving.volcano.sh", "v1alpha1", "modelservings", "ModelServing"
)


class Survey:
    """Reads a cluster; nothing is written.

    Args:
        rest: The client.
        clock: The time, to tell a Lease that is renewed from a stale one.
    """

    def __init__(self, rest: Rest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock
        self._leases: dict[str, Sighting] = {}

    async def sets(self, namespace: str = "", name: str = "") -> tuple[SetEvidence, ...]:
        """Return sets with everything that carries their names, by namespace and name.

        Args:
            namespace: Empty for all namespaces.
            name: Empty for all sets.
        """
        called = f"metadata.name={name}" if name else ""
        wanted = await self._list(LEADERWORKERSETS, namespace, field_selector=called)
        if not wanted:
            return ()
        labelled = f"{SET_NAME}={name}" if name else SET_NAME
        pods, services, revisions, claims, statefulsets = [
            await self._list(resource, namespace, label_selector=labelled)
            for resource in (PODS, SERVICES, REVISIONS, CLAIMS, STATEFUL_SETS)
        ]
        servings = await self._model_servings(namespace)
        result = []
        for lws in wanted:
            key = meta(lws).key
            result.append(
                SetEvidence(
                    lws,
                    of_set(pods, key),
                    of_set(services, key),
                    of_set(revisions, key),
                    of_set(claims, key),
                    of_set(statefulsets, key),
                    tuple(meta(s).name for s in servings if owner(s).uid == meta(lws).uid),
                )
            )
        return tuple(sorted(result, key=lambda evidence: evidence.key))

    async def set(self, key: Key) -> SetEvidence | None:
        """Return one set, None if it is gone."""
        found = await self.sets(key.namespace, key.name)
        return found[0] if found else None

    async def native(self) -> Native:
        """Return what there is of the native installation."""
        unread: list[Resource] = []
        deployments, mutating, validating, leases, disaggregated = [
            await self._readable(resource, unread, field_selector=selector)
            for resource, selector in (
                (DEPLOYMENTS, ""),
                (MUTATING, ""),
                (VALIDATING, ""),
                (LEASES, f"metadata.name={NATIVE_LEASE}"),
                (DISAGGREGATED_SETS, ""),
            )
        ]
        return Native(
            tuple(filter(is_manager, deployments)),
            tuple(filter(is_webhook, mutating)),
            tuple(filter(is_webhook, validating)),
            self._holder(leases),
            tuple(str(meta(found).key) for found in disaggregated),
            tuple(unread),
        )

    def _holder(self, leases: Sequence[Json]) -> str:
        """Return who holds and renews a native Lease; better known the more often one looks."""
        monotonic, holder = self._clock.monotonic(), ""
        for raw in leases:
            where = meta(raw).namespace
            lease = decode_lease(msgspec.json.encode(raw))
            sighting = see(
                self._leases.get(where), lease, now=self._clock.now(), monotonic=monotonic
            )
            self._leases[where] = sighting
            holder = holder or clean_line(sighting.holder(monotonic))
        return holder

    async def _readable(
        self, resource: Resource, unread: list[Resource], *, field_selector: str = ""
    ) -> tuple[Json, ...]:
        """Return a list; nothing if the cluster has no such kind, or if it may not be read."""
        try:
            return await self._list(resource, field_selector=field_selector)
        except NotFound:
            return ()
        except Forbidden:
            unread.append(resource)
            return ()

    async def _model_servings(self, namespace: str) -> tuple[Json, ...]:
        try:
            return await self._list(_MODEL_SERVINGS, namespace)
        except (NotFound, Forbidden):
            return ()  # the owners of the pods tell, too

    async def _list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> tuple[Json, ...]:
        """Return all objects of a kind, read in pages."""
        query: dict[str, str | int] = {"limit": _PAGE}
        if label_selector:
            query["labelSelector"] = label_selector
        if field_selector:
            query["fieldSelector"] = field_selector
        items: list[dict[str, Any]] = []
        while True:
            raw = await self._rest.request(
                "GET", path_of(resource, namespace), query=query, what=str(resource)
            )
            page = msgspec.json.decode(raw, type=dict[str, Any])
            kind = {"apiVersion": resource.api_version, "kind": resource.kind}
            items += [{**kind, **item} for item in page.get("items") or ()]
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return tuple(items)
            query["continue"] = token
