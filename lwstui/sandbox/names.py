"""The rules for names, labels and other metadata, with the API server's words for breaking them."""

import re
from collections.abc import Iterator, Sequence

from lwstui.sandbox.objects import Json
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_LABEL_KEY = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")

LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_DNS_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_KEY_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_OPTIONAL_PREFIX = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
_RULES = {
    "services": (_DNS_1035, 63, _DNS_1035_RULE),
    "namespaces": (_LABEL, 63, LABEL_RULE),
}
_FREE_NAMES = ".rbac.authorization.k8s.io"


def is_label(text: str) -> bool:
    """Tell whether a text is an RFC 1123 label."""
    return len(text) <= 63 and _LABEL.fullmatch(text) is not None


def metadata_causes(key: str, metadata: Json) -> Iterator[Cause]:
    """Yield what is wrong with an object's name, labels, annotations and owners."""
    name = metadata.get("name", "")
    if not name:
        message = "Required value: name or generateName is required"
        yield Cause("metadata.name", message, "FieldValueRequired")
    elif not key.endswith(_FREE_NAMES):
        pattern, length, rule = _RULES.get(key, (_SUBDOMAIN, 253, _SUBDOMAIN_RULE))
        if len(name) > length:
            rule = f"must be no more than {length} characters"
        if len(name) > length or not pattern.fullmatch(name):
            yield Cause("metadata.name", f"Invalid value: {shown(name)}: {rule}")
    for label, value in (metadata.get("labels") or {}).items():
        yield from _key_causes("metadata.labels", label)
        yield from _label_causes(value)
    for annotation in metadata.get("annotations") or ():
        # Annotations' keys may be in upper case, which labels' prefixes may not.
        yield from _key_causes("metadata.annotations", annotation.lower())
    yield from _owner_causes(metadata.get("ownerReferences") or ())


def _owner_causes(owners: Sequence[Json]) -> Iterator[Cause]:
    for owner in owners:
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                what = "version " if field == "apiVersion" else ""
                message = f"Invalid value: {shown('')}: {what}must not be empty"
                yield Cause(f"metadata.ownerReferences.{field}", message)
    controllers = [owner.get("name", "") for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        message = (
            "Invalid value: Only one reference can have Controller set to true. Found "
            f'"true" in references for {controllers[0]} and {controllers[1]}'
        )
        yield Cause("metadata.ownerReferences", message)


def new_finalizer_causes(new: Json, old: Json) -> Iterator[Cause]:
    """Yield what is wrong with the finalizers of an object that is being deleted.

    Args:
        new: The metadata about to be stored.
        old: The stored metadata.
    """
    if "deletionTimestamp" not in old:
        return
    kept = old.get("finalizers") or ()
    added = [each for each in new.get("finalizers") or () if each not in kept]
    if added:
        listed = ", ".join(shown(each) for each in added)
        message = (
            "Forbidden: no new finalizers can be added if the object is being deleted, found new "
            f"finalizers []string{{{listed}}}"
        )
        yield Cause("metadata.finalizers", message, "FieldValueForbidden")


def qualified_name_faults(name: str) -> list[str]:
    """Return what is wrong with the key of a label or an annotation."""
    prefix, slash, short = name.rpartition("/")
    if "/" in prefix:
        rule = _KEY_RULE.replace("name part", "a qualified name", 1)
        return [f"{rule} {_OPTIONAL_PREFIX}"]
    faults = []
    if slash and not prefix:
        faults.append("prefix part must be non-empty")
    elif slash and len(prefix) > 253:
        faults.append("prefix part must be no more than 253 bytes")
    elif slash and not _SUBDOMAIN.fullmatch(prefix):
        faults.append(f"prefix part {_SUBDOMAIN_RULE}")
    if not short:
        faults.append("name part must be non-empty")
    elif len(short.encode()) > 63:
        faults.append("name part must be no more than 63 bytes")
    if not _LABEL_KEY.fullmatch(short):
        faults.append(_KEY_RULE)
    return faults


def label_value_faults(value: object) -> list[str]:
    """Return what is wrong with the value of a label."""
    if isinstance(value, str) and len(value.encode()) > 63:
        return ["must be no more than 63 bytes"]
    if not isinstance(value, str) or not _LABEL_VALUE.fullmatch(value):
        return [_VALUE_RULE]
    return []


def _key_causes(where: str, key: str) -> Iterator[Cause]:
    for fault in qualified_name_faults(key):
        yield Cause(where, f"Invalid value: {shown(key)}: {fault}")


def _label_causes(value: object) -> Iterator[Cause]:
    for fault in label_value_faults(value):
        yield Cause("metadata.labels", f"Invalid value: {shown(value)}: {fault}")
