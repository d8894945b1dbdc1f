"""How the lists and maps of a kind merge: by key, as a set, or as one value.

Built-in kinds are described by field name, custom kinds by their schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from lwstui.sandbox.objects import Json


@dataclass(frozen=True, slots=True)
class ListRule:
    """How one list merges.

    ``keys`` identify an item in server-side apply, the first of them in a strategic merge patch;
    ``is_set`` marks a list of scalars without duplicates. Neither: the list is one value.
    """

    keys: tuple[str, ...] = ()
    is_set: bool = False
    defaults: tuple[tuple[str, Any], ...] = ()

    def identity(self, item: Json) -> tuple[tuple[str, Any], ...]:
        """Return what identifies an item: its keys' names and values, by name."""
        defaults = dict(self.defaults)
        values = [(key, item.get(key, defaults.get(key))) for key in sorted(self.keys)]
        return tuple(each for each in values if each[1] is not None)


ATOMIC = ListRule()
_SET = ListRule(is_set=True)
_BY_NAME = ListRule(("name",))
_BY_TYPE = ListRule(("type",))
_TCP = (("protocol", "TCP"),)


class FieldType(Protocol):
    """The type of a field: what its children are, and how it merges if it is a list or a map."""

    def child(self, name: str) -> "FieldType":
        """Return the type of a map's field."""

    def item(self) -> "FieldType":
        """Return the type of a list's items."""

    def list_rule(self, items: list[Any]) -> ListRule:
        """Return how the list merges; ``items`` tell apart lists of one name."""

    def is_atomic_map(self) -> bool:
        """Tell whether a map is one value."""

    def is_always_there(self) -> bool:
        """Tell whether every object has the field, so that no one owns the field itself."""


_LISTS: Mapping[str, ListRule] = {
    "containers": _BY_NAME,
    "initContainers": _BY_NAME,
    "ephemeralContainers": _BY_NAME,
    "volumes": _BY_NAME,
    "env": _BY_NAME,
    "imagePullSecrets": _BY_NAME,
    "resourceClaims": _BY_NAME,
    "claims": _BY_NAME,
    "secrets": _BY_NAME,
    "schedulingGates": _BY_NAME,
    "volumeMounts": ListRule(("mountPath",)),
    "volumeDevices": ListRule(("devicePath",)),
    "hostAliases": ListRule(("ip",)),
    "topologySpreadConstraints": ListRule(("topologyKey", "whenUnsatisfiable")),
    "conditions": _BY_TYPE,
    "addresses": _BY_TYPE,
    "podIPs": ListRule(("ip",)),
    "hostIPs": ListRule(("ip",)),
    "ownerReferences": ListRule(("uid",)),
    "finalizers": _SET,
}
_STRATEGIC_ONLY: Mapping[str, ListRule] = {"taints": ListRule(("key",))}
_CONTAINER_PORTS = ListRule(("containerPort", "protocol"), defaults=_TCP)
_SERVICE_PORTS = ListRule(("port", "protocol"), defaults=_TCP)
_ATOMIC_MAPS = frozenset(
    {
        "selector",
        "nodeSelector",
        "securityContextSelector",
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "involvedObject",
        "labelSelector",
        "scaleTargetRef",
        "roleRef",
        "claimRef",
        "localObjectReference",
    }
)


_ALWAYS_THERE = frozenset({"metadata", "spec", "status", "containers"})


@dataclass(frozen=True, slots=True)
class BuiltinType:
    """A field of a built-in kind, known by its name."""

    name: str = ""
    strategic: bool = False

    def child(self, name: str) -> FieldType:
        """Return the type of a map's field."""
        return _builtin_type(name, self.strategic)

    def item(self) -> FieldType:
        """Return the type of a list's items."""
        return _builtin_type("", self.strategic)

    def list_rule(self, items: list[Any]) -> ListRule:
        """Return how the list merges."""
        if self.name == "ports":
            maps = [item for item in items if isinstance(item, dict)]
            in_container = any("containerPort" in item for item in maps)
            in_service = any("port" in item for item in maps)
            if in_container:
                return _CONTAINER_PORTS
            return _SERVICE_PORTS if in_service else ATOMIC
        if self.strategic and self.name in _STRATEGIC_ONLY:
            return _STRATEGIC_ONLY[self.name]
        return _LISTS.get(self.name, ATOMIC)

    def is_atomic_map(self) -> bool:
        """Tell whether a map is one value."""
        return self.name in _ATOMIC_MAPS

    def is_always_there(self) -> bool:
        """Tell whether every object has the field, so that no one owns the field itself."""
        return self.name in _ALWAYS_THERE


@lru_cache(maxsize=4096)
def _builtin_type(name: str, strategic: bool) -> BuiltinType:
    return BuiltinType(name, strategic)


@dataclass(frozen=True, slots=True)
class SchemaType:
    """A field of a custom kind, known by its part of the schema.

    What the schema does not describe merges as maps field by field and lists as one value.
    """

    schema: Json
    is_root: bool = False

    def child(self, name: str) -> FieldType:
        """Return the type of a map's field."""
        if self.is_root and name == "metadata":
            return BuiltinType("metadata")
        properties = self.schema.get("properties") or {}
        extra = self.schema.get("additionalProperties")
        return SchemaType(properties.get(name, extra if isinstance(extra, dict) else {}))

    def item(self) -> FieldType:
        """Return the type of a list's items."""
        return SchemaType(self.schema.get("items") or {})

    def list_rule(self, items: list[Any]) -> ListRule:
        """Return how the list merges."""
        del items
        kind = self.schema.get("x-kubernetes-list-type")
        if kind == "map":
            described = (self.schema.get("items") or {}).get("properties") or {}
            keys = tuple(self.schema.get("x-kubernetes-list-map-keys") or ())
            defaults = tuple(
                (key, described[key]["default"])
                for key in keys
                if "default" in described.get(key, {})
            )
            return ListRule(keys, defaults=defaults)
        return _SET if kind == "set" else ATOMIC

    def is_atomic_map(self) -> bool:
        """Tell whether a map is one value."""
        return self.schema.get("x-kubernetes-map-type") == "atomic"

    def is_always_there(self) -> bool:
        """Tell whether every object has the field: only its metadata, which is no custom type."""
        return False
