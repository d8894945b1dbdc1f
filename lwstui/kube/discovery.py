"""What an API server serves and what we may do there."""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api.names import LEADERWORKERSETS, Resource
from controller.errors import Invalid, NotFound
from lwstui.kube.rest import Rest


class _ApiResource(msgspec.Struct, frozen=True):
    name: str = ""
    kind: str = ""
    namespaced: bool = True


class _ApiResourceList(msgspec.Struct, frozen=True):
    resources: list[_ApiResource] | None = None


async def resource_for(rest: Rest, api_version: str, kind: str) -> Resource:
    """Return the resource that holds objects of a kind.

    Raises:
        Invalid: If the server does not serve it.
    """
    group, _, version = api_version.rpartition("/")
    base = Resource(group, version, "", kind).base_path
    missing = f"this cluster serves no {kind} in {api_version}"
    try:
        raw = await rest.request("GET", base, what="discovery")
    except NotFound as error:
        raise Invalid(404, "NotFound", missing) from error
    for found in msgspec.json.decode(raw, type=_ApiResourceList).resources or ():
        if found.kind == kind and "/" not in found.name:
            return Resource(group, version, found.name, kind, found.namespaced)
    raise Invalid(404, "NotFound", missing)


async def serves_sets(rest: Rest) -> bool:
    """Tell whether the API server serves LeaderWorkerSets."""
    try:
        await resource_for(rest, LEADERWORKERSETS.api_version, LEADERWORKERSETS.kind)
    except Invalid:
        return False
    return True


async def allowed(rest: Rest, verb: str, resource: Resource, namespace: str = "") -> bool:
    """Tell whether the current user may use a verb on a resource."""
    review: dict[str, Any] = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {
            "resourceAttributes": {
                "verb": verb,
                "group": resource.group,
                "resource": resource.plural,
                "namespace": namespace,
            }
        },
    }
    raw = await rest.request(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        body=msgspec.json.encode(review),
        what="selfsubjectaccessreviews",
    )
    answer: dict[str, Any] = msgspec.json.decode(raw)
    return bool(answer.get("status", {}).get("allowed"))
