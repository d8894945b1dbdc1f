"""What device classes stand for, as far as that can be told without evaluating CEL. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from controller.api.devices import ClaimTemplate, DeviceClass
from controller.api.meta import Key
from controller.api.resources import is_accelerator

_DRIVER: Final = re.compile(r"""device\.driver\s*==\s*(['"])([^'"]+)\1""")
_KIND: Final = re.compile(r"""device\.attributes\[(['"])[^'"]+\1\]\.type\s*==\s*(['"])(\w+)\2""")
_WHOLE: Final = ("", "gpu")


class Meaning(NamedTuple):
    """Which devices a class selects.

    Attributes:
        driver: Of this driver.
        kind: Of this kind; empty if of any.
        plain: Whether nothing else is asked of them.
    """

    driver: str = ""
    kind: str = ""
    plain: bool = False


def meaning(selectors: Iterable[str]) -> Meaning:
    """Return what the selectors of a class say, if they only compare driver and kind."""
    driver = kind = ""
    plain = True
    for part in (part.strip(" ()\n\t") for text in selectors for part in text.split("&&")):
        if found := _DRIVER.fullmatch(part):
            driver = found[2]
        elif found := _KIND.fullmatch(part):
            kind = found[3]
        else:
            plain = False
    return Meaning(driver, kind, plain and bool(driver))


def device_name(driver: str, kind: str) -> str:
    """Return what devices of a driver are counted as: ``gpu.nvidia.com``, ``gpu.nvidia.com/mig``.

    Drivers of accelerators count them under a name that says so; others keep theirs.
    """
    return driver if kind in _WHOLE else f"{driver}/{kind}"


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of classes of devices and of what claims are made from.

    Attributes:
        classes: Resource that each class is counted as; empty if that cannot be told.
        templates: What claims are made from.
    """

    classes: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[Key, ClaimTemplate] = field(default_factory=dict)


NO_DEVICES: Final = DeviceFacts()


class Names:
    """Resource names of devices and of classes, with the names that stand for classes.

    Args:
        classes: All classes.
        kinds: The kinds of devices that each driver offers.
    """

    def __init__(self, classes: Iterable[DeviceClass], kinds: Mapping[str, frozenset[str]]) -> None:
        self._stands: dict[str, str] = {}
        self.classes: dict[str, str] = {}
        found = [(one, meaning(one.selectors)) for one in classes]
        named = {one.name: self._counted(said, kinds) for one, said in found}
        for one, said in found:
            if one.stands_for and said.plain and named[one.name]:
                self._stands[named[one.name]] = one.stands_for
        self.classes = {name: self._stands.get(what, what) for name, what in named.items()}

    def _counted(self, said: Meaning, kinds: Mapping[str, frozenset[str]]) -> str:
        """Return what a class is counted as, if all it selects are counted alike."""
        if not said.plain:
            return ""
        if said.kind:
            return device_name(said.driver, said.kind)
        names = {device_name(said.driver, kind) for kind in kinds.get(said.driver, ())}
        return names.pop() if len(names) == 1 else "" if names else said.driver

    def same_as(self, other: Names) -> bool:
        """Tell whether everything has the same names."""
        return (self._stands, self.classes) == (other._stands, other.classes)

    def device(self, driver: str, kind: str) -> str:
        """Return the resource that a device is counted as."""
        name = device_name(driver, kind)
        return self._stands.get(name, name)


def counts_devices(name: str) -> bool:
    """Tell whether a resource that claims give counts accelerators.

    Drivers are named like hosts: ``gpu.nvidia.com`` counts GPUs, ``compute-domain.nvidia.com``
    does not.
    """
    driver = name.partition("/")[0]
    return is_accelerator(name) or is_accelerator(f"{driver}/{driver.partition('.')[0]}")
