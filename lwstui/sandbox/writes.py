"""Create, update, patch and delete: what happens to an object before it is stored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lwstui.sandbox import admission, builtintypes, ephemeral, resizing, status
from lwstui.sandbox.apply import Applied, Manager, apply_configuration, track_update
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.decoding import decoded, shown_patch
from lwstui.sandbox.names import metadata_causes, new_finalizer_causes
from lwstui.sandbox.objects import Json, StatusError, Store, deep_copy
from lwstui.sandbox.patches import APPLY_YAML, JSON_PATCH, apply_patch
from lwstui.sandbox.priorities import CLASSES, assign_priority
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.requests import WriteOptions, object_body
from lwstui.sandbox.status import Cause

_CREATED_BY_UPDATE = frozenset({"leases.coordination.k8s.io", "events", "endpoints"})
# What is checked of metadata; what is stored has passed.
_CHECKED = ("name", "generateName", "labels", "annotations", "ownerReferences")
_KEEPS_STATUS_ON_CREATE = frozenset({"nodes"})
_RETURNED_WHEN_DELETED = frozenset(
    {"pods", "services", "persistentvolumeclaims", "serviceaccounts", "resourcequotas"}
)


@dataclass(frozen=True, slots=True)
class Address:
    """The object a write is about, and the subresource it goes through."""

    resource: Resource
    namespace: str
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How an object is deleted; an empty propagation leaves its finalizers alone."""

    grace_s: int | None = None
    propagation: str = ""
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


@dataclass(slots=True)
class Written:
    """The outcome of a write: the object as stored, and what the client should be warned of."""

    object: Json
    created: bool = False
    warnings: list[str] = field(default_factory=list)


class Writer:
    """Takes requests' objects through decoding, defaults, checks and field tracking to the store.

    Args:
        store: Where objects live.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, address: Address, body: Any, options: WriteOptions) -> Written:
        """Create an object.

        Raises:
            StatusError: The request is refused.
        """
        resource = address.resource
        new, warnings = decoded(resource, object_body(body), options)
        _check_place(address, new)
        if new["metadata"].get("resourceVersion"):
            message = "resourceVersion should not be set on objects to be created"
            raise StatusError(500, "", message)
        manager = _manager(address, options)

        def track(obj: Json) -> None:
            obj["metadata"].pop("managedFields", None)
            self._track(resource, obj, None, manager)

        return Written(self._create(address, new, options, track), True, warnings)

    def _create(
        self, address: Address, new: Json, options: WriteOptions, track: Callable[[Json], None]
    ) -> Json:
        resource, store = address.resource, self._store
        metadata = new["metadata"]
        if resource.kind.namespaced:
            metadata["namespace"] = address.namespace
            namespace = store.get("namespaces", "", address.namespace)
            name = metadata.get("name") or metadata.get("generateName", "")
            admission.check_namespace(namespace, address.namespace, resource.key, name)
        else:
            metadata.pop("namespace", None)
        if resource.kind.has_status and resource.key not in _KEEPS_STATUS_ON_CREATE:
            new.pop("status", None)
        if resource.key == "pods":
            assign_priority(new, store.items(CLASSES))
        if resource.custom is None:
            admission.admit(resource.key, new, None)
        _validate(resource, new, None)
        track(new)
        return store.create(resource.key, new, dry_run=options.dry_run)

    def update(self, address: Address, body: Any, options: WriteOptions) -> Written:
        """Replace an object, or one of its subresources.

        Raises:
            StatusError: The request is refused.
        """
        resource = address.resource
        new, warnings = decoded(resource, object_body(body), options)
        _check_place(address, new)
        if self._store.get(resource.key, address.namespace, address.name) is None:
            if resource.key in _CREATED_BY_UPDATE and not address.subresource:
                return self.create(address, body, options)
            raise status.not_found(resource.key, address.name)
        if resource.custom is not None and not new["metadata"].get("resourceVersion"):
            message = "Invalid value: 0: must be specified for an update"
            raise _invalid(resource, new, [Cause("metadata.resourceVersion", message)])
        stored = self._change(address, lambda _: new, options)
        return Written(stored, warnings=warnings)

    def patch(
        self, address: Address, patch: Any, content_type: str, options: WriteOptions
    ) -> Written:
        """Change an object by a patch; a server-side apply creates what is not there.

        Raises:
            StatusError: The request is refused.
        """
        if content_type.startswith(APPLY_YAML):
            return self._apply(address, object_body(patch), options)
        resource = address.resource
        warnings: list[str] = []
        # Decoding takes out what is no field, of the patch too: a refusal shows it as it came.
        came = msgspec.json.encode(patch)

        def applied(draft: Json, change: Any) -> Json:
            viewed = resource.to_view(draft) if resource.to_view else draft
            return apply_patch(viewed, change, content_type, custom=resource.custom is not None)

        def patched(old: Json) -> Json:
            def shows() -> str:
                change = msgspec.json.decode(came)
                return shown_patch(change, applied(deep_copy(old), change), content_type)

            shares = _leaves_alone(address, content_type)
            new = applied(old if shares else deep_copy(old), patch)
            known = old if shares else None
            asked, found = decoded(resource, object_body(new), options, patch=shows, known=known)
            warnings.extend(found)
            _check_place(address, asked)
            return asked

        return Written(self._change(address, patched, options), warnings=warnings)

    def _apply(self, address: Address, config: Json, options: WriteOptions) -> Written:
        resource = address.resource
        if config["metadata"].get("managedFields"):
            raise status.bad_request("metadata.managedFields must be nil")
        for name in ("apiVersion", "kind"):
            if not config.get(name):
                raise status.bad_request(f"'{name}' is missing in the applied configuration")
        config["metadata"].setdefault("name", address.name)
        if resource.from_view is None:
            builtintypes.check_declared(resource.kind, config, address.namespace)
        manager = _manager(address, options, operation="Apply")
        outcome: list[Applied] = []
        warnings: list[str] = []

        def applied(old: Json | None) -> Json:
            result = apply_configuration(
                old,
                config,
                manager,
                resource.field_type,
                has_status=resource.kind.has_status,
                force=options.force,
            )
            outcome.append(result)
            new, found = decoded(resource, deep_copy(result.object), options)
            warnings.extend(found)
            return new

        now = rfc3339(self._store.clock.now())
        known = self._store.get(resource.key, address.namespace, address.name)
        if known is not None:
            _check_versions(address, config, known)
        else:
            if address.subresource:
                raise status.not_found(resource.key, address.name)
            new = applied(None)
            _check_place(address, new)
            stored = self._create(
                address, new, options, lambda obj: outcome[0].finish(obj, None, now)
            )
            return Written(stored, True, warnings)

        def track(new: Json, old: Json) -> None:
            outcome[0].finish(new, old, now)

        return Written(self._change(address, applied, options, track), warnings=warnings)

    def _change(
        self,
        address: Address,
        make: Callable[[Json], Json],
        options: WriteOptions,
        track: Callable[[Json, Json], None] | None = None,
    ) -> Json:
        """Store what ``make`` returns, within what the address may change.

        ``make`` gets the stored object and leaves it alone. Defaults are filled in in place to what
        it returns, but for subresources.
        """
        resource = address.resource
        manager = _manager(address, options)

        def changed(old: Json) -> Json:
            asked = make(old)
            _check_versions(address, asked, old)
            new = _permitted(address, asked, old)
            if resource.custom is None and not address.subresource:
                admission.admit(resource.key, new, old)
            _validate(resource, new, old, address.subresource)
            if address.subresource == resizing.SUBRESOURCE:
                resizing.check_simulated(self._store, new, old)
            if track is not None:
                track(new, old)
            else:
                self._track(resource, new, old, manager)
            return new

        place = (resource.key, address.namespace, address.name)
        return self._store.replace(*place, changed, dry_run=options.dry_run)

    def _track(self, resource: Resource, new: Json, old: Json | None, manager: Manager) -> None:
        track_update(
            new,
            old,
            manager,
            rfc3339(self._store.clock.now()),
            resource.field_type,
            has_status=resource.kind.has_status,
        )

    def delete(self, address: Address, options: DeleteOptions) -> Json:
        """Delete an object; return it, or the ``Status`` that says so.

        Raises:
            StatusError: The request is refused.
        """
        resource = address.resource
        admission.check_deletable(resource.key, address.name)
        obj, removed = self._store.delete(
            resource.key,
            address.namespace,
            address.name,
            uid=options.uid,
            resource_version=options.resource_version,
            propagation=options.propagation,
            grace_s=options.grace_s,
            dry_run=options.dry_run,
        )
        if not removed or resource.key in _RETURNED_WHEN_DELETED:
            return obj
        details = {
            "name": address.name,
            "kind": resource.kind.plural,
            "uid": obj["metadata"]["uid"],
        }
        if resource.kind.group:
            details["group"] = resource.kind.group
        return status.success(details)


def _leaves_alone(address: Address, content_type: str) -> bool:
    """Tell whether a patch leaves the object alone that it is applied to, so that none is copied.

    The merging patches do; defaults, which are filled in in place, no status has.
    """
    builtin = address.resource.custom is None and address.resource.to_view is None
    return builtin and address.subresource == "status" and content_type != JSON_PATCH


def _check_place(address: Address, new: Json) -> None:
    metadata = new["metadata"]
    wanted = address.namespace if address.resource.kind.namespaced else ""
    if metadata.get("namespace", wanted) not in (wanted, ""):
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if address.name and metadata.setdefault("name", address.name) != address.name:
        raise status.bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL "
            f"({address.name})"
        )


def _check_versions(address: Address, asked: Json, old: Json) -> None:
    metadata, key = asked["metadata"], address.resource.key
    version = metadata.get("resourceVersion") or old["metadata"]["resourceVersion"]
    if version != old["metadata"]["resourceVersion"]:
        raise status.conflict(key, address.name)
    uid = metadata.get("uid") or old["metadata"]["uid"]
    if uid != old["metadata"]["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: "
        raise status.conflict(key, address.name, why + old["metadata"]["uid"])


def _permitted(address: Address, asked: Json, old: Json) -> Json:
    """Return the update reduced to what its subresource may change."""
    new = admission.with_fixed_fields(asked, old)
    match address.subresource:
        case ephemeral.SUBRESOURCE:
            return ephemeral.with_added(new, old)
        case resizing.SUBRESOURCE:
            return resizing.with_resized(new, old)
        case "status":
            metadata = {**old["metadata"]}
            if "managedFields" in new["metadata"]:
                metadata["managedFields"] = new["metadata"]["managedFields"]
            kept = {**old, "metadata": metadata}
            kept.pop("status", None)
            return {**kept, "status": asked["status"]} if "status" in asked else kept
        case "finalize":
            return {**old, "metadata": {**old["metadata"]}, "spec": asked.get("spec", {})}
    if address.resource.kind.has_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    if address.resource.key == "namespaces":
        new["spec"] = old["spec"]
    return new


def _validate(resource: Resource, new: Json, old: Json | None, subresource: str = "") -> None:
    metadata = dict(new["metadata"])
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = f"{metadata['generateName']}xxxxx"
    named = old is not None and all(metadata.get(x) == old["metadata"].get(x) for x in _CHECKED)
    causes = [] if named else list(metadata_causes(resource.key, metadata))
    if old is not None:
        causes += new_finalizer_causes(metadata, old["metadata"])
    elif resource.creation_causes is not None:
        causes += resource.creation_causes(new)
    if resource.custom is not None:
        causes += resource.custom.causes({**new, "metadata": metadata}, old)
    elif subresource == ephemeral.SUBRESOURCE and old is not None:
        causes += ephemeral.added_causes(new, old)
    elif subresource == resizing.SUBRESOURCE and old is not None:
        causes += resizing.resize_causes(new, old)
    else:
        causes += admission.causes(resource.key, new, old)
    if causes:
        raise _invalid(resource, new, causes)


def _invalid(resource: Resource, obj: Json, causes: list[Cause]) -> StatusError:
    kind = resource.kind
    return status.invalid(kind.kind, kind.group, obj["metadata"].get("name", ""), causes)


def _manager(address: Address, options: WriteOptions, *, operation: str = "Update") -> Manager:
    if operation == "Apply" and not options.manager:
        cause = Cause(
            "fieldManager", "Required value: is required for apply patch", "FieldValueRequired"
        )
        raise status.invalid("PatchOptions", "meta.k8s.io", "", [cause])
    api_version = address.resource.kind.api_version
    return Manager(options.manager, operation, api_version, address.subresource)
