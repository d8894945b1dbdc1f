"""The rules for names and labels, with the API server's words for breaking them."""

import re
from collections.abc import Iterator

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
_RULES = {
    "services": (_DNS_1035, 63, _DNS_1035_RULE),
    "namespaces": (_LABEL, 63, LABEL_RULE),
}
_FREE_NAMES = ".rbac.authorization.k8s.io"


def is_label(text: str) -> bool:
    """Tell whether a text is an RFC 1123 label."""
    return len(text) <= 63 and _LABEL.fullmatch(text) is not None


def metadata_causes(key: str, metadata: Json) -> Iterator[Cause]:
    """Yield what is wrong with an object's name and labels."""
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
        yield from _label_causes(label, value)


def _label_causes(label: str, value: object) -> Iterator[Cause]:
    prefix, _, short = label.rpartition("/")
    bad_prefix = "/" in label and not _SUBDOMAIN.fullmatch(prefix)
    if bad_prefix or len(short) > 63 or not _LABEL_KEY.fullmatch(short):
        yield Cause("metadata.labels", f"Invalid value: {shown(label)}: {_KEY_RULE}")
    if not isinstance(value, str) or not _LABEL_VALUE.fullmatch(value):
        yield Cause("metadata.labels", f"Invalid value: {shown(value)}: {_VALUE_RULE}")
    elif len(value) > 63:
        message = f"Invalid value: {shown(value)}: must be no more than 63 bytes"
        yield Cause("metadata.labels", message)
