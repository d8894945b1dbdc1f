"""Resource amounts: quantities as integers of a thousandth of their unit, and sums over a pod.

A quantity is kept as ``int`` thousandths (``1`` CPU is 1000, ``1Gi`` of memory is 1024**3 * 1000),
so that CPU and bytes share one exact arithmetic.
"""

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

Amounts = dict[str, int]

_SUFFIXES: dict[str, Decimal] = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(1024),
    "Mi": Decimal(1024**2),
    "Gi": Decimal(1024**3),
    "Ti": Decimal(1024**4),
    "Pi": Decimal(1024**5),
    "Ei": Decimal(1024**6),
}
_POD_LEVEL = ("cpu", "memory", "hugepages-")
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)"
)
_DECIMAL_SUFFIXES = dict(zip(range(-9, 19, 3), ("n", "u", "m", "", *"kMGTPE"), strict=True))
_BINARY_SUFFIXES = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
QUANTITY_RULE = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)


@lru_cache(maxsize=4096)
def milli(quantity: str | float) -> int:
    """Return a quantity such as ``500m``, ``8`` or ``1124Gi`` in thousandths, rounded up.

    Raises:
        ValueError: The text is not a quantity.
    """
    text = str(quantity).strip()
    number = text.rstrip("numkKMGTPEi")
    try:
        return math.ceil(Decimal(number) * _SUFFIXES[text[len(number) :]] * 1000)
    except (InvalidOperation, KeyError):
        raise ValueError(f"{text!r} is not a quantity") from None


def canonical(quantity: str | float) -> str:
    """Return a quantity as the API server stores it: ``1000m`` is ``1``, ``1024Mi`` is ``1Gi``.

    Raises:
        ValueError: The text is not a quantity; the message is the API server's.

    Source: kubernetes staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go,
    CanonicalizeBytes.
    """
    match = _QUANTITY.fullmatch(str(quantity).strip())
    if match is None:
        raise ValueError(QUANTITY_RULE)
    number, exponent, suffix = Decimal(match[1]), match[2], match[3] or ""
    if suffix.endswith("i"):
        whole = _away_from_zero(number * _SUFFIXES[suffix])
        if abs(whole) >= 1024:
            return _binary(whole)
        number, suffix = Decimal(whole), ""
    scaled = number.scaleb(int(exponent)) if exponent else number * _SUFFIXES[suffix]
    mantissa, power = _thousands(_away_from_zero(scaled * 10**9))
    if exponent:
        return f"{mantissa}e{power}" if power else str(mantissa)
    return f"{mantissa}{_DECIMAL_SUFFIXES[power]}"


def _away_from_zero(value: Decimal) -> int:
    return math.ceil(value) if value > 0 else math.floor(value)


def _binary(whole: int) -> str:
    index = 0
    while whole % 1024 == 0 and index < len(_BINARY_SUFFIXES) - 1:
        whole, index = whole // 1024, index + 1
    return f"{whole}{_BINARY_SUFFIXES[index]}"


def _thousands(nano: int) -> tuple[int, int]:
    """Return a number of thousand-millionths as mantissa and power of ten, a multiple of three."""
    if not nano:
        return 0, 0
    power = -9
    while nano % 1000 == 0 and power < max(_DECIMAL_SUFFIXES):
        nano, power = nano // 1000, power + 3
    return nano, power


def add(*parts: Mapping[str, int]) -> Amounts:
    """Return the sum of several amounts, resource by resource."""
    total: Amounts = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, 0) + value
    return total


def _peak(first: Mapping[str, int], second: Mapping[str, int]) -> Amounts:
    return {
        name: max(first.get(name, 0), second.get(name, 0)) for name in sorted({*first, *second})
    }


def container_request(container: Mapping[str, Any]) -> Amounts:
    """Return what one container asks for; a limit without a request counts as the request."""
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: milli(value) for name, value in asked.items()}


def is_sidecar(container: Mapping[str, Any]) -> bool:
    """Tell whether an init container keeps running beside the main ones."""
    return container.get("restartPolicy") == "Always"


def _init_peak(containers: Iterable[Mapping[str, Any]]) -> tuple[Amounts, Amounts]:
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in containers:
        need = add(sidecars, container_request(container))
        if is_sidecar(container):
            sidecars = need
        peak = _peak(peak, need)
    return sidecars, peak


def pod_request(spec: Mapping[str, Any]) -> Amounts:
    """Return the effective request of a pod spec, in thousandths per resource.

    Sidecars run beside the main containers; plain init containers run one by one before them, so
    the larger of the two counts. Pod-level requests replace the sum for CPU, memory and huge pages;
    overhead comes on top.

    Source: kubernetes staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests.
    """
    sidecars, peak = _init_peak(spec.get("initContainers") or ())
    main = add(sidecars, *(container_request(item) for item in spec.get("containers") or ()))
    total = _peak(main, peak)
    for name, value in ((spec.get("resources") or {}).get("requests") or {}).items():
        if name.startswith(_POD_LEVEL):
            total[name] = milli(value)
    overhead = {name: milli(value) for name, value in (spec.get("overhead") or {}).items()}
    return add(total, overhead)


def quality_of_service(spec: Mapping[str, Any]) -> str:
    """Return ``Guaranteed``, ``Burstable`` or ``BestEffort``, from CPU and memory."""
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    asked = False
    guaranteed = True
    for container in containers:
        limits = (container.get("resources") or {}).get("limits") or {}
        requests = container_request(container)
        for name in ("cpu", "memory"):
            asked = asked or name in requests
            same = name in limits and milli(limits[name]) == requests.get(name)
            guaranteed = guaranteed and same
    if not asked:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"
