"""What is served: built-in kinds, views of them, and the kinds that definitions add at run time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lwstui.sandbox import eventviews, scalerviews, status
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.crds import CLEANUP, CRD_KEY, CustomKind, accepted_status, custom_kind
from lwstui.sandbox.kinds import BUILTIN, KindInfo, builtin
from lwstui.sandbox.listrules import BuiltinType, FieldType, SchemaType
from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.status import Cause
from lwstui.sandbox.tables import Table, builtin_table

_Convert = Callable[[Json], Json]
_NO_COLLECTION_DELETE = frozenset({"namespaces"})


@dataclass(frozen=True, slots=True)
class Resource:
    """One served resource: the kind as clients see it, and where its objects are stored.

    ``to_view`` and ``from_view`` convert objects of a kind that is stored as another one;
    ``creation_causes`` yields what only this version of a kind demands of new objects.
    """

    kind: KindInfo
    key: str
    table: Table
    custom: CustomKind | None = None
    to_view: _Convert | None = None
    from_view: _Convert | None = None
    creation_causes: Callable[[Json], Iterator[Cause]] | None = None

    @property
    def field_type(self) -> FieldType:
        """Return how the kind's fields merge."""
        if self.custom is not None:
            return SchemaType(self.custom.schema, is_root=True)
        return BuiltinType()

    @property
    def verbs(self) -> tuple[str, ...]:
        """Return the verbs of the resource."""
        every = (
            "create",
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "update",
            "watch",
        )
        hidden = "deletecollection" if self.key in _NO_COLLECTION_DELETE else ""
        return tuple(verb for verb in every if verb != hidden)


def _builtin_resources() -> list[Resource]:
    resources = [Resource(kind, kind.key, builtin_table(kind.key)) for kind in BUILTIN]
    events = replace(builtin("events"), group=eventviews.EVENTS_GROUP)
    view = Resource(
        events,
        "events",
        builtin_table("events"),
        to_view=eventviews.to_view,
        from_view=eventviews.from_view,
        creation_causes=eventviews.creation_causes,
    )
    scalers = Resource(
        replace(builtin("horizontalpodautoscalers.autoscaling"), version="v1"),
        "horizontalpodautoscalers.autoscaling",
        builtin_table("horizontalpodautoscalers.autoscaling"),
        to_view=scalerviews.to_view,
        from_view=scalerviews.from_view,
    )
    return [*resources, view, scalers]


class Registry:
    """The served resources, kept in step with the CustomResourceDefinitions of a store.

    Args:
        store: Where definitions and objects live.
        on_removed: Called with the key of a custom resource that is no longer served.
    """

    def __init__(self, store: Store, on_removed: Callable[[str], None]) -> None:
        self.serial = 0
        self._store = store
        self._on_removed = on_removed
        self._builtin = {_name_of(each.kind): each for each in _builtin_resources()}
        self._custom: dict[tuple[str, str, str], Resource] = {}
        for crd in store.items(CRD_KEY):
            self._serve(crd)
        store.subscribe(self._on_change)

    def resources(self) -> list[Resource]:
        """Return everything that is served."""
        return [*self._builtin.values(), *self._custom.values()]

    def find(self, group: str, version: str, plural: str) -> Resource:
        """Return a served resource.

        Raises:
            StatusError: 404, nothing is served there.
        """
        name = (group, version, plural)
        found = self._builtin.get(name) or self._custom.get(name)
        if found is None:
            raise status.no_such_path()
        return found

    def _on_change(self, change: Change) -> None:
        if change.key == CRD_KEY:
            if change.type == "DELETED":
                self._withdraw(change.object)
            elif "deletionTimestamp" in change.object["metadata"]:
                self._clean_up(change.object)
            elif change.old is None or change.old["spec"] != change.object["spec"]:
                self._serve(change.object)
        elif change.type == "DELETED":
            self._release(change.key)

    def _serve(self, crd: Json) -> None:
        custom = custom_kind(crd)
        self._store.register(custom.info)
        resource = Resource(custom.info, custom.info.key, custom.table, custom)
        self._drop(custom.info.key)
        self._custom[_name_of(custom.info)] = resource
        self.serial += 1
        now = rfc3339(self._store.clock.now())

        def accept(stored: Json) -> None:
            if CLEANUP not in stored["metadata"].setdefault("finalizers", []):
                stored["metadata"]["finalizers"].append(CLEANUP)
            if not stored.get("status", {}).get("conditions"):
                stored["status"] = accepted_status(stored, now)

        self._store.update(CRD_KEY, "", crd["metadata"]["name"], accept, subresource="status")

    def _clean_up(self, crd: Json) -> None:
        """Delete the objects of a definition that is going; the last one releases it."""
        key = crd["metadata"]["name"]
        for obj in self._store.items(key):
            metadata = obj["metadata"]
            if "deletionTimestamp" not in metadata:
                self._store.delete(key, metadata.get("namespace", ""), metadata["name"])
        self._release(key)

    def _release(self, key: str) -> None:
        crd = self._store.get(CRD_KEY, "", key)
        if crd is None or "deletionTimestamp" not in crd["metadata"] or self._store.items(key):
            return

        def release(stored: Json) -> None:
            finalizers = [each for each in stored["metadata"]["finalizers"] if each != CLEANUP]
            stored["metadata"]["finalizers"] = finalizers

        if CLEANUP in crd["metadata"].get("finalizers", ()):
            self._store.update(CRD_KEY, "", key, release)

    def _withdraw(self, crd: Json) -> None:
        key = crd["metadata"]["name"]
        self._drop(key)
        self._store.unregister(key)
        self._on_removed(key)
        self.serial += 1

    def _drop(self, key: str) -> None:
        kept = {name: each for name, each in self._custom.items() if each.key != key}
        self._custom = kept


def _name_of(kind: KindInfo) -> tuple[str, str, str]:
    return kind.group, kind.version, kind.plural
