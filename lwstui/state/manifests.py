"""Objects that somebody wants in the cluster, and what a server said when it was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, LWS_GROUP, Resource
from lwstui.kube.clean import clean_line

Body = Mapping[str, Any]

_ORDER: Final = (
    ("Namespace",),
    ("CustomResourceDefinition",),
    ("ResourceQuota", "LimitRange", "PriorityClass", "StorageClass", "RuntimeClass"),
    ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    ("ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim"),
    ("Service", "Ingress", "NetworkPolicy", "PodDisruptionBudget"),
)
_LATE: Final = ("HorizontalPodAutoscaler", "PodMonitor", "ServiceMonitor")
_PLACEHOLDER: Final = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_ITEM: Final = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as a file has it.

    Attributes:
        source: Name of the file.
        body: The object; it has apiVersion, kind and metadata.name.
    """

    source: str
    body: Body

    @property
    def kind(self) -> str:
        """Its kind, cleaned."""
        return clean_line(str(self.body["kind"]))

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The namespace it names, empty if none."""
        return str(self.body["metadata"].get("namespace") or "")

    @property
    def is_set(self) -> bool:
        """Whether it is a LeaderWorkerSet, of whatever version."""
        group = str(self.body["apiVersion"]).rpartition("/")[0]
        return group == LWS_GROUP and self.kind == LEADERWORKERSETS.kind


class FieldConflict(NamedTuple):
    """A field that somebody else owns and holds another value of."""

    manager: str
    field: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a server says to one manifest when it is asked and nothing is changed.

    Attributes:
        manifest: What was asked about.
        key: Where it goes; the namespace is empty for kinds that have none.
        resource: Which collection it goes to, None if the server has none for it.
        live: The object there is, None if there is none or it is not known.
        after: The object there would be, None if it is not known.
        refusal: Why the server refuses it, empty if it does not.
        unasked: Why the server could not be asked, empty if it was.
        forbidden: Whether that is because this user may not: applying it would be refused, too.
        conflicts: Fields of others that applying it would take over.
    """

    manifest: Manifest
    key: Key
    resource: Resource | None = None
    live: Body | None = None
    after: Body | None = None
    refusal: str = ""
    unasked: str = ""
    forbidden: bool = False
    conflicts: tuple[FieldConflict, ...] = ()


def in_order(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Return manifests as they should be sent: what others need comes first, sets after it."""
    ranks = {kind: rank for rank, kinds in enumerate(_ORDER) for kind in kinds}
    last = len(_ORDER)
    ranks |= dict.fromkeys(_LATE, last + 1)
    return tuple(sorted(manifests, key=lambda one: ranks.get(one.kind, last)))


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names in ``${NAME}`` of a text, each once, in their order."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Return a text with ``${NAME}`` replaced where a value is given, else as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1]) or found[0], text)


def without_fields(body: Body, fields: Sequence[str]) -> dict[str, Any]:
    """Return an object without some fields, named as server-side apply names them.

    Such names are ``.spec.replicas`` or ``.spec.containers[name="vllm"].image``. A name that
    leads nowhere changes nothing.
    """
    result: Any = dict(body)
    for field in fields:
        result = _without(result, field)
    found: dict[str, Any] = result
    return found


def _without(value: Any, path: str) -> Any:
    """Return a value without what a path below it names."""
    if isinstance(value, Mapping):
        for name in value:
            rest = path.removeprefix(f".{name}")
            if rest != path and rest[:1] in ("", ".", "["):
                kept = dict(value)
                if rest:
                    kept[name] = _without(value[name], rest)
                else:
                    del kept[name]
                return kept
    if isinstance(value, list) and (found := _ITEM.match(path)):
        rest = path[found.end() :]
        return list(_without_item(value, found[1], rest))
    return value


def _without_item(items: list[Any], wanted: str, rest: str) -> Iterator[Any]:
    for number, item in enumerate(items):
        if not _is_item(item, number, wanted):
            yield item
        elif rest:
            yield _without(item, rest)


def _is_item(item: Any, number: int, wanted: str) -> bool:
    """Tell whether an item of a list is the one that ``name="a",port=1``, ``=x`` or ``0`` names."""
    if wanted.isdigit():
        return number == int(wanted)
    pairs = [pair.partition("=") for pair in wanted.split(",")]
    if pairs[0][0] == "":
        return _text(item) == pairs[0][2].strip('"')
    return isinstance(item, Mapping) and all(
        _text(item.get(name)) == value.strip('"') for name, _, value in pairs
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
