"""Kubernetes resource quantities: parsing, canonical text.

Source: k8s.io/apimachinery pkg/api/resource, the serialized form of a Quantity.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

_FORM: Final = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$")
_BINARY: Final[dict[str, int]] = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL: Final = {
    "n": -9,
    "u": -6,
    "m": -3,
    "": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}


def _power(exponent: int) -> Fraction:
    return Fraction(10**exponent) if exponent >= 0 else Fraction(1, 10**-exponent)


def parse(value: object) -> Fraction:
    """Return a quantity as an exact number of its unit (cores, bytes, devices).

    Raises:
        ValueError: If the text is not a quantity.
    """
    match = _FORM.match(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a resource quantity")
    number, suffix = Fraction(match[1]), match[2] or ""
    if suffix in _BINARY:
        return number * int(1024 ** _BINARY[suffix])
    if suffix in _DECIMAL:
        return number * _power(_DECIMAL[suffix])
    return number * _power(int(suffix[1:]))


def milli(value: object) -> int:
    """Return a quantity in thousandths of its unit, rounded up (cpu as millicores).

    Raises:
        ValueError: If the text is not a quantity.
    """
    return _rounded_up(str(value), 1000)


def whole(value: object) -> int:
    """Return a quantity in its unit, rounded up (bytes, devices).

    Raises:
        ValueError: If the text is not a quantity.
    """
    return _rounded_up(str(value), 1)


@lru_cache(1024)  # the pods of a cluster ask for few different amounts
def _rounded_up(text: str, parts: int) -> int:
    scaled = parse(text) * parts
    return -((-scaled.numerator) // scaled.denominator)


def canonical(value: object) -> str:
    """Return the text the API server would store for a quantity.

    The format (binary or decimal suffix) is kept; the largest suffix that leaves an integer
    is chosen, so ``0.5`` becomes ``500m`` and ``1024Mi`` becomes ``1Gi``. Malformed text is
    returned unchanged.
    """
    text = str(value).strip()
    match = _FORM.match(text)
    if match is None:
        return text
    number, suffix = parse(text), match[2] or ""
    if number == 0:
        return "0"
    if suffix in _BINARY and number.denominator == 1:
        for name, power in reversed(_BINARY.items()):
            if number.numerator % 1024**power == 0:
                return f"{number.numerator // 1024**power}{name}"
        return str(number.numerator)
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        exponent = 18
        while exponent > -9 and (number / _power(exponent)).denominator != 1:
            exponent -= 3
        mantissa = number / _power(exponent)
        return f"{mantissa.numerator}e{exponent}" if exponent else str(mantissa.numerator)
    for name, exponent in sorted(_DECIMAL.items(), key=lambda item: -item[1]):
        scaled = number / _power(exponent)
        if scaled.denominator == 1:
            return f"{scaled.numerator}{name}"
    return text
