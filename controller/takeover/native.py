"""The native installation: its Deployment, its Lease, its webhooks; what of it is in the way.

Its controller and its webhooks both have to be gone. With the controller stopped, webhooks that
fail closed would refuse every write to a set and every pod that carries a set's label.

Source: kubernetes-sigs/lws config/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from controller.api.meta import ObjectMeta
from controller.api.names import Resource
from controller.guard import NATIVE_LEASE
from controller.takeover.evidence import Json, meta
from controller.takeover.steps import Request

DEPLOYMENTS: Final = Resource("apps", "v1", "deployments", "Deployment")
_ADMISSION: Final = "admissionregistration.k8s.io"
MUTATING: Final = Resource(
    _ADMISSION, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False
)
VALIDATING: Final = Resource(
    _ADMISSION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False
)
DISAGGREGATED_SETS: Final = Resource(
    "disaggregatedset.x-k8s.io", "v1", "disaggregatedsets", "DisaggregatedSet"
)
_MANAGER: Final = "lws-controller-manager"
_SERVICE: Final = "lws-webhook-service"
_CONFIGURATIONS: Final = (
    "lws-mutating-webhook-configuration",
    "lws-validating-webhook-configuration",
)
_PRODUCT: Final = ("app.kubernetes.io/name", "lws")


class _Service(msgspec.Struct, frozen=True):
    name: str = ""


class _ClientConfig(msgspec.Struct, frozen=True):
    service: _Service | None = None


class _Webhook(msgspec.Struct, frozen=True, rename="camel"):
    failure_policy: str = "Fail"
    client_config: _ClientConfig = _ClientConfig()


class _Configuration(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    webhooks: list[_Webhook] | None = None


class _Spec(msgspec.Struct, frozen=True):
    replicas: int = 1


class _Status(msgspec.Struct, frozen=True):
    replicas: int = 0


class _Deployment(msgspec.Struct, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _Spec = _Spec()
    status: _Status = _Status()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What of the native installation is in the way, and how to remove it.

    Attributes:
        what: What is the case, a sentence without its stop.
        command: The command that ends it; empty if it only takes waiting.
    """

    what: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Native:
    """The native installation as the server answered.

    Attributes:
        deployments: Deployments of its controller.
        mutating: Its MutatingWebhookConfigurations.
        validating: Its ValidatingWebhookConfigurations.
        holder: Who holds its Lease and renews it, empty if nobody.
        disaggregated: Names of DisaggregatedSets, which the same controller serves.
        unread: Kinds that may not be read by this user.
    """

    deployments: tuple[Json, ...] = ()
    mutating: tuple[Json, ...] = ()
    validating: tuple[Json, ...] = ()
    holder: str = ""
    disaggregated: tuple[str, ...] = ()
    unread: tuple[Resource, ...] = ()

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """What has to go before a set can be moved."""
        return tuple(_obstacles(self))

    @property
    def running(self) -> bool:
        """Whether its controller has pods, or is about to."""
        return any(map(_running, self.deployments))

    @property
    def stopped(self) -> bool:
        """Whether nothing of it is in the way."""
        return not self.obstacles


def is_manager(deployment: Json) -> bool:
    """Tell whether a Deployment is the native controller's, whatever it was renamed to."""
    metadata = meta(deployment)
    product = (metadata.labels or {}).get(_PRODUCT[0]) == _PRODUCT[1]
    return metadata.name == _MANAGER or (product and metadata.name.endswith("controller-manager"))


def is_webhook(configuration: Json) -> bool:
    """Tell whether a webhook configuration is the native controller's.

    Others, such as Kueue's, have webhooks of the same names and rules; only the Service behind
    them tells them apart.
    """
    found = msgspec.convert(configuration, _Configuration)
    labels = found.metadata.labels or {}
    services = {hook.client_config.service for hook in found.webhooks or ()}
    return (
        found.metadata.name in _CONFIGURATIONS
        or labels.get(_PRODUCT[0]) == _PRODUCT[1]
        or any(service is not None and service.name == _SERVICE for service in services)
    )


def _running(deployment: Json) -> bool:
    found = msgspec.convert(deployment, _Deployment)
    return found.spec.replicas > 0 or found.status.replicas > 0


def _fails_closed(configuration: Json) -> bool:
    found = msgspec.convert(configuration, _Configuration)
    return any(hook.failure_policy == "Fail" for hook in found.webhooks or ())


def _obstacles(native: Native) -> Iterator[Obstacle]:
    for resource in native.unread:
        if resource != DISAGGREGATED_SETS:
            yield Obstacle(
                f"{resource} may not be listed, so it cannot be told whether the native "
                "controller is gone; ask an administrator for this permission"
            )
    for deployment in native.deployments:
        if _running(deployment):
            own = meta(deployment)
            yield Obstacle(
                f"the native controller runs: Deployment {own.name} in {own.namespace}",
                f"kubectl -n {own.namespace} scale deployment {own.name} --replicas=0",
            )
    if native.holder:
        yield Obstacle(
            f"the native controller's Lease {NATIVE_LEASE} is held by {native.holder}, "
            "or was a moment ago"
        )
    for resource, found in ((MUTATING, native.mutating), (VALIDATING, native.validating)):
        for configuration in found:
            name = meta(configuration).name
            if _fails_closed(configuration):
                yield Obstacle(
                    f"{resource.kind} {name} of the native controller fails closed",
                    f"kubectl delete {resource.kind.lower()} {name}",
                )


def stop_controller(native: Native) -> tuple[Request, ...]:
    """Return the requests that end the native controller."""
    return tuple(
        Request(
            "patch",
            DEPLOYMENTS,
            meta(deployment).namespace,
            meta(deployment).name,
            meta(deployment).uid,
            {"spec": {"replicas": 0}},
            "scale",
        )
        for deployment in native.deployments
        if msgspec.convert(deployment, _Deployment).spec.replicas > 0
    )


def drop_webhooks(native: Native) -> tuple[Request, ...]:
    """Return the requests that remove the native webhooks, those that fail open included."""
    return tuple(
        Request("delete", resource, "", meta(found).name, meta(found).uid, {})
        for resource, group in ((MUTATING, native.mutating), (VALIDATING, native.validating))
        for found in group
    )
