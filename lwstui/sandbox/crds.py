"""Custom kinds: what a CustomResourceDefinition says about the objects it defines."""

from dataclasses import dataclass, field
from typing import Any

from lwstui.sandbox import schema as schemas
from lwstui.sandbox import status
from lwstui.sandbox.cel import CelSyntaxError
from lwstui.sandbox.crdtypes import check_types
from lwstui.sandbox.kinds import KindInfo
from lwstui.sandbox.objects import Json
from lwstui.sandbox.rules import Rules, compile_rules
from lwstui.sandbox.status import Cause
from lwstui.sandbox.tables import Table, custom_table

CRD_KEY = "customresourcedefinitions.apiextensions.k8s.io"
CRD_GROUP = "apiextensions.k8s.io"
CRD_KIND = "CustomResourceDefinition"
_SCOPES = ("Cluster", "Namespaced")
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_BLOCKING = frozenset(
    {
        "FieldValueTypeInvalid",
        "FieldValueRequired",
        "FieldValueNotSupported",
        "FieldValueTooLong",
        "FieldValueTooMany",
    }
)
_SKIPPED = Cause(
    "<nil>",
    'Invalid value: "null": some validation rules were not checked because the object was invalid; '
    "correct the existing errors to complete validation",
)


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where the scale subresource finds its numbers and its selector."""

    replicas: str
    status_replicas: str
    selector: str


@dataclass(frozen=True, slots=True)
class CustomKind:
    """A served custom kind."""

    info: KindInfo
    schema: Json
    table: Table
    rules: Rules | None
    scale: ScalePaths | None
    selectable: frozenset[str] = field(default_factory=frozenset)

    def decode(self, obj: Json) -> list[str]:
        """Prune and default an object in place; return the paths of the unknown fields."""
        unknown = schemas.prune(self.schema, obj)
        schemas.apply_defaults(self.schema, obj)
        return unknown

    def causes(self, obj: Json, old: Json | None) -> list[Cause]:
        """Return what is wrong with an object."""
        causes = list(schemas.validate(self.schema, obj))
        if self.rules is None:
            return causes
        if any(cause.reason in _BLOCKING for cause in causes):
            return [*causes, _SKIPPED]
        checked = self.rules.check(obj) if old is None else self.rules.check(obj, old)
        return causes + list(checked)


def custom_kind(crd: Json) -> CustomKind:
    """Return the kind that a CustomResourceDefinition defines, in its storage version.

    Raises:
        StatusError: 422, the definition uses what is not supported or is wrong.
    """
    spec = crd["spec"]
    names = spec["names"]
    version = _storage_version(crd)
    subresources = version.get("subresources") or {}
    described: Json = (version.get("schema") or {}).get("openAPIV3Schema") or {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    info = KindInfo(
        spec["group"],
        version["name"],
        names["plural"],
        names.get("singular") or names["kind"].lower(),
        names["kind"],
        tuple(names.get("shortNames") or ()),
        namespaced=spec["scope"] == "Namespaced",
        has_status="status" in subresources,
        has_scale="scale" in subresources,
        categories=tuple(names.get("categories") or ()),
        generation=True,
        custom=True,
        list_kind=names.get("listKind") or f"{names['kind']}List",
    )
    try:
        rules = compile_rules(described)
        table = custom_table(version.get("additionalPrinterColumns") or ())
    except (CelSyntaxError, ValueError) as error:
        raise _invalid(crd, Cause("spec.versions", f"Invalid value: {error}")) from error
    selectable = frozenset(
        each["jsonPath"].removeprefix(".") for each in version.get("selectableFields") or ()
    )
    return CustomKind(info, described, table, rules, _scale(subresources), selectable)


def _scale(subresources: Json) -> ScalePaths | None:
    scale = subresources.get("scale")
    if scale is None:
        return None
    return ScalePaths(
        scale["specReplicasPath"],
        scale["statusReplicasPath"],
        scale.get("labelSelectorPath", ""),
    )


def _storage_version(crd: Json) -> Json:
    versions: list[Json] = crd["spec"].get("versions") or []
    found = next((each for each in versions if each.get("storage")), None)
    if found is None:
        message = "Invalid value: must have exactly one version marked as storage version"
        raise _invalid(crd, Cause("spec.versions", message))
    return found


def _invalid(crd: Json, *causes: Cause) -> status.StatusError:
    return status.invalid(CRD_KIND, CRD_GROUP, crd["metadata"].get("name", ""), causes)


def admit_crd(crd: Json) -> None:
    """Default and check a CustomResourceDefinition in place.

    Raises:
        StatusError: 400 a field of another type, 422 one is missing or the name does not fit.
    """
    check_types(crd)
    spec = crd["spec"] = crd.get("spec") or {}
    names = spec.get("names") or {}
    required: list[tuple[str, Any]] = [
        ("spec.group", spec.get("group")),
        ("spec.scope", spec.get("scope")),
        ("spec.versions", spec.get("versions")),
        ("spec.names.plural", names.get("plural")),
        ("spec.names.kind", names.get("kind")),
    ]
    missing = [
        Cause(path, "Required value", "FieldValueRequired") for path, value in required if not value
    ]
    if missing:
        raise _invalid(crd, *missing)
    if spec["scope"] not in _SCOPES:
        supported = ", ".join(f'"{each}"' for each in _SCOPES)
        message = f'Unsupported value: "{spec["scope"]}": supported values: {supported}'
        raise _invalid(crd, Cause("spec.scope", message, "FieldValueNotSupported"))
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})
    wanted = f"{names['plural']}.{spec['group']}"
    name = crd["metadata"].get("name", "")
    if name != wanted:
        message = f'Invalid value: "{name}": must be spec.names.plural+"."+spec.group'
        raise _invalid(crd, Cause("metadata.name", message))
    _check_versions(spec)
    custom_kind(crd)


def _check_versions(spec: Json) -> None:
    """Refuse what needs more than the one version that is stored.

    Raises:
        StatusError: 501.
    """
    served = [each["name"] for each in spec["versions"] if each.get("served")]
    if len(served) > 1:
        raise status.not_implemented(
            f"one version of a custom kind is served, not {' and '.join(served)}; leave one"
        )
    if spec["conversion"].get("strategy") == "Webhook":
        raise status.not_implemented("objects are not converted by webhooks")


def accepted_status(crd: Json, now: str) -> Json:
    """Return the status of a definition whose kind is served.

    Args:
        crd: The definition.
        now: RFC 3339 time of acceptance.
    """
    conditions = [
        _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
        _condition("Established", "InitialNamesAccepted",
                   "the initial names have been accepted", now),
    ]  # fmt: skip
    version = _storage_version(crd)["name"]
    return {
        "conditions": conditions,
        "acceptedNames": crd["spec"]["names"],
        "storedVersions": [version],
    }


def _condition(kind: str, reason: str, message: str, now: str) -> Json:
    return {
        "type": kind,
        "status": "True",
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
