"""The cells of kinds about traffic between pods and into the cluster, as kubectl prints them."""

from collections.abc import Sequence
from typing import Any

from lwstui.sandbox.cellparts import NONE, age_of, name_of, pairs
from lwstui.sandbox.objects import Json

_MOST = 3
_UNSET = "<unset>"


def _few(texts: Sequence[str], otherwise: str) -> str:
    """Return the first of some texts and how many there are besides."""
    more = f" + {len(texts) - _MOST} more..." if len(texts) > _MOST else ""
    return ",".join(texts[:_MOST]) + more if texts else otherwise


def balanced(status: Json | None) -> str:
    """Return the addresses that a load balancer has been given, empty without any."""
    given = ((status or {}).get("loadBalancer") or {}).get("ingress") or ()
    return ",".join(each.get("ip") or each.get("hostname", "") for each in given)


def endpoints(obj: Json, now: float) -> list[Any]:
    """Return the cells of Endpoints: what is ready, by port."""
    subsets = obj.get("subsets") or ()
    ready = [
        f"{address['ip']}:{port['port']}" if port else address["ip"]
        for subset in subsets
        for port in subset.get("ports") or [None]
        for address in subset.get("addresses") or ()
    ]
    return [name_of(obj), _few(ready, "" if subsets else NONE), age_of(obj, now)]


def endpoint_slice(obj: Json, now: float) -> list[Any]:
    """Return the cells of an endpoint slice."""
    ports = [str(each.get("port", "*")) for each in obj.get("ports") or ()]
    addresses = [
        address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()
    ]
    return [
        name_of(obj),
        obj.get("addressType", ""),
        _few(ports, _UNSET),
        _few(addresses, _UNSET),
        age_of(obj, now),
    ]


def ingress(obj: Json, now: float) -> list[Any]:
    """Return the cells of an ingress."""
    spec = obj.get("spec") or {}
    hosts = [each["host"] for each in spec.get("rules") or () if each.get("host")]
    return [
        name_of(obj),
        spec.get("ingressClassName") or NONE,
        _few(hosts, "*"),
        balanced(obj.get("status")),
        "80, 443" if spec.get("tls") else "80",
        age_of(obj, now),
    ]


def ingress_class(obj: Json, now: float) -> list[Any]:
    """Return the cells of an ingress class."""
    spec = obj.get("spec") or {}
    held = spec.get("parameters") or {}
    kind = ".".join(part for part in (held.get("kind"), held.get("apiGroup")) if part)
    parameters = f"{kind}/{held.get('name', '')}" if held else NONE
    return [name_of(obj), spec.get("controller", ""), parameters, age_of(obj, now)]


def network_policy(obj: Json, now: float) -> list[Any]:
    """Return the cells of a network policy."""
    selector = (obj.get("spec") or {}).get("podSelector") or {}
    return [name_of(obj), label_selector(selector), age_of(obj, now)]


def label_selector(selector: Json) -> str:
    """Return a ``LabelSelector`` in the form in which one types it."""
    texts = [] if not selector.get("matchLabels") else [pairs(selector["matchLabels"])]
    for each in selector.get("matchExpressions") or ():
        key, values = each.get("key", ""), ",".join(sorted(each.get("values") or ()))
        match each.get("operator"):
            case "Exists":
                texts.append(key)
            case "DoesNotExist":
                texts.append(f"!{key}")
            case operator:
                texts.append(f"{key} {str(operator).lower()} ({values})")
    return ",".join(texts) or NONE
