"""Fields that stay: data of immutable ConfigMaps and Secrets, selectors of workloads."""

from collections.abc import Iterator

from lwstui.sandbox.objects import Json
from lwstui.sandbox.schema import shown
from lwstui.sandbox.selectors import matches_labels
from lwstui.sandbox.status import Cause

_FROZEN = ("data", "binaryData")


def immutable_data_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what an update changes of a ConfigMap or a Secret that was declared immutable."""
    if old is None or not old.get("immutable"):
        return
    changed = [name for name in _FROZEN if (new.get(name) or {}) != (old.get(name) or {})]
    if not new.get("immutable"):
        changed.insert(0, "immutable")
    for name in changed:
        message = "Forbidden: field is immutable when `immutable` is set"
        yield Cause(name, message, "FieldValueForbidden")


def role_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield that a binding is to name another role, which it never does."""
    if old is not None and new.get("roleRef") != old.get("roleRef"):
        message = f"Invalid value: {shown(new.get('roleRef'))}: cannot change roleRef"
        yield Cause("roleRef", message)


def selector_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what is wrong with the selector of a workload: it fits its template and stays."""
    spec = new.get("spec") or {}
    selector, template = spec.get("selector"), spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not selector:
        yield Cause("spec.selector", "Required value", "FieldValueRequired")
    elif not matches_labels(selector, labels):
        message = f"Invalid value: {shown(labels)}: `selector` does not match template `labels`"
        yield Cause("spec.template.metadata.labels", message)
    if old is not None and selector != (old.get("spec") or {}).get("selector"):
        message = f"Invalid value: {shown(selector)}: field is immutable"
        yield Cause("spec.selector", message)
