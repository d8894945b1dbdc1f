"""What pods of a template will ask for by claims of devices, where that can be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.devices import DeviceRequest
from controller.api.meta import Key
from lwstui.state.deviceclasses import DeviceFacts

_IMPLICIT: Final = "deviceclass.resource.kubernetes.io/"


class Uncountable(ValueError):
    """Why what a pod asks for by claims cannot be counted, in words."""


def claimed(spec: Mapping[str, Any], namespace: str, known: DeviceFacts) -> dict[str, int]:
    """Return the devices that the claims of a pod will ask for, by resource.

    A class and a number can be counted. Selectors, alternatives, constraints, shares and claims
    that several pods share cannot.

    Args:
        spec: Raw spec of the pod.
        namespace: Where its claims are made.
        known: What classes and templates say.

    Raises:
        Uncountable: If it cannot be told.
    """
    found = Counter[str]()
    for request in _requests(spec, namespace, known):
        if not request.looks:
            found[_counted(request.device_class, known)] += request.count
    return dict(found)


def uses_claims(spec: Mapping[str, Any]) -> bool:
    """Tell whether a pod asks for devices by claims."""
    return bool(spec.get("resourceClaims"))


def renamed(asked: Mapping[str, int], known: DeviceFacts) -> dict[str, int]:
    """Return a request with resources that stand for a class under the name that is counted.

    Raises:
        Uncountable: If a class cannot be counted.
    """
    found = Counter[str]()
    for name, amount in asked.items():
        wanted = name.removeprefix(_IMPLICIT)
        found[name if wanted == name else _counted(wanted, known)] += amount
    return dict(found)


def _requests(
    spec: Mapping[str, Any], namespace: str, known: DeviceFacts
) -> Iterator[DeviceRequest]:
    claims = spec.get("resourceClaims")
    for one in claims if isinstance(claims, list) else ():
        name = one.get("resourceClaimTemplateName") if isinstance(one, Mapping) else None
        if not name:
            raise Uncountable("the template uses a claim that pods share")
        template = known.templates.get(Key(namespace, str(name)))
        if template is None:
            raise Uncountable(f"claim template {name} is not known")
        for request in template.requests:
            if request.beyond:
                raise Uncountable(f"claim template {name} asks for {request.beyond}")
            yield request


def _counted(wanted: str, known: DeviceFacts) -> str:
    what = known.classes.get(wanted)
    if what is None:
        raise Uncountable(f"device class {wanted} is not known")
    if not what:
        raise Uncountable(f"device class {wanted} selects by more than driver and type")
    return what
