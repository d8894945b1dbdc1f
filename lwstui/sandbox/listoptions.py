"""Which parameters of a list or watch go together. Pure.

Source: behaviour of kubernetes apimachinery (ListOptions, its defaults and checks), not its code.
"""

from collections.abc import Iterator, Mapping

from lwstui.sandbox import status
from lwstui.sandbox.status import Cause

EXACT, NOT_OLDER_THAN = "Exact", "NotOlderThan"
_MATCH = "resourceVersionMatch"


def check_list(parameters: Mapping[str, str]) -> None:
    """Refuse parameters of a list that contradict each other.

    Raises:
        StatusError: 422.
    """
    _refuse(_list_causes(parameters))


def check_watch(parameters: Mapping[str, str]) -> None:
    """Refuse parameters of a watch that contradict each other.

    Raises:
        StatusError: 422.
    """
    _refuse(_watch_causes(parameters))


def wants_exact(parameters: Mapping[str, str], limit: int) -> bool:
    """Tell whether a list is about one version and no later one.

    Without a match a version means "not older than", and "exactly" as soon as there are pages.
    """
    asked, match = parameters.get("resourceVersion", ""), parameters.get(_MATCH, "")
    return match == EXACT or (not match and bool(limit) and asked not in ("", "0"))


def _refuse(causes: Iterator[Cause]) -> None:
    found = list(causes)
    if found:
        raise status.invalid("ListOptions", "meta.k8s.io", "", found)


def _forbidden(field: str, why: str) -> Cause:
    return Cause(field, f"Forbidden: {why}", "FieldValueForbidden")


def _unsupported(match: str, *supported: str) -> Cause:
    listed = ", ".join(f'"{each}"' for each in supported)
    message = f'Unsupported value: "{match}": supported values: {listed}'
    return Cause(_MATCH, message, "FieldValueNotSupported")


def _list_causes(parameters: Mapping[str, str]) -> Iterator[Cause]:
    match, asked = parameters.get(_MATCH, ""), parameters.get("resourceVersion", "")
    if match:
        if not asked:
            yield _forbidden(_MATCH, f"{_MATCH} is forbidden unless resourceVersion is provided")
        if parameters.get("continue"):
            yield _forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided")
        if match not in (EXACT, NOT_OLDER_THAN):
            yield _unsupported(match, EXACT, NOT_OLDER_THAN, "")
        if match == EXACT and asked == "0":
            yield _forbidden(_MATCH, f'{_MATCH} "exact" is forbidden for resourceVersion "0"')
    if "sendInitialEvents" in parameters:
        yield _forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")


def _watch_causes(parameters: Mapping[str, str]) -> Iterator[Cause]:
    match = parameters.get(_MATCH, "")
    initial = "sendInitialEvents" in parameters
    if initial and match != NOT_OLDER_THAN:
        why = f"sendInitialEvents requires setting {_MATCH} to {NOT_OLDER_THAN}"
        yield _forbidden(_MATCH, why)
    if not match:
        return
    if not initial:
        why = f"{_MATCH} is forbidden for watch unless sendInitialEvents is provided"
        yield _forbidden(_MATCH, why)
    if match != NOT_OLDER_THAN:
        yield _unsupported(match, NOT_OLDER_THAN)
    if parameters.get("continue"):
        yield _forbidden(_MATCH, f"{_MATCH} is forbidden when continue is provided")
