"""What the console may do in a cluster, as the cluster says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Answer = Literal["yes", "no", "unknown"]
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs that are allowed on resources of API groups; ``*`` stands for all of them."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...] = ()

    def allows(self, verb: str, resource: str, group: str) -> bool:
        """Tell whether a verb is allowed on every object of a kind."""
        return (
            not self.names
            and _has(self.verbs, verb)
            and _has(self.groups, group)
            and (_has(self.resources, resource) or _any_of(self.resources, resource))
        )


@dataclass(frozen=True, slots=True)
class Rights:
    """The rules in the namespaces that were asked about.

    Attributes:
        rules: By namespace.
        partial: Namespaces of which the cluster could not tell all rules.
    """

    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=lambda: MappingProxyType({}))
    partial: frozenset[str] = frozenset()

    def allowed(self, verb: str, resource: str, namespace: str = "", group: str = "") -> Answer:
        """Return whether something may be done, as far as it is known.

        Args:
            verb: Such as ``patch``.
            resource: Plural name, with the subresource if there is one: ``pods/exec``.
            namespace: Where; empty for kinds without one, which any namespace's rules tell.
            group: API group, empty for the core group.
        """
        asked = [namespace] if namespace else sorted(self.rules)
        found = [name for name in asked if name in self.rules]
        if not found:
            return "unknown"
        if any(r.allows(verb, resource, group) for name in found for r in self.rules[name]):
            return "yes"
        return "unknown" if self.partial.intersection(found) else "no"


NO_RIGHTS: Final = Rights()
"""Nothing is known."""


def _has(values: tuple[str, ...], wanted: str) -> bool:
    return _ANY in values or wanted in values


def _any_of(resources: tuple[str, ...], resource: str) -> bool:
    """Tell whether ``*/scale`` or the like covers a subresource."""
    _, slash, sub = resource.partition("/")
    return bool(slash) and f"*/{sub}" in resources
