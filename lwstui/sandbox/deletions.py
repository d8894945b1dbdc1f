"""The options of a delete, which a request gives in its body, in its parameters, or in both."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lwstui.sandbox import status
from lwstui.sandbox.objects import Json, StatusError
from lwstui.sandbox.requests import whole
from lwstui.sandbox.writes import DeleteOptions

_PROPAGATIONS = frozenset({"", "Background", "Foreground", "Orphan"})


class _Preconditions(msgspec.Struct, rename="camel"):
    uid: str | None = None
    resource_version: str | None = None


class _Options(msgspec.Struct, rename="camel"):
    grace_period_seconds: int | None = None
    propagation_policy: str | None = None
    orphan_dependents: bool | None = None
    dry_run: list[str] | None = None
    preconditions: _Preconditions | None = None


def _check_types(given: Json) -> None:
    try:
        msgspec.convert(given, _Options)
    except msgspec.ValidationError as error:
        raise status.bad_request(f"DeleteOptions cannot be handled: {error}") from None


def delete_options(body: Any, query: Mapping[str, str], *, dry_run: bool) -> DeleteOptions:
    """Return the options of a delete.

    Args:
        body: The decoded ``DeleteOptions``; anything else counts as none.
        query: The request's parameters, which the body goes before.
        dry_run: The parameters ask for a dry run.

    Raises:
        StatusError: 400 an option of another type, 422 one has a value that does not exist, or
            two contradict each other.
    """
    given: Json = body if isinstance(body, dict) else {}
    _check_types(given)
    preconditions = given.get("preconditions") or {}
    grace_s = given.get("gracePeriodSeconds")
    return DeleteOptions(
        whole(query, "gracePeriodSeconds") if grace_s is None else grace_s,
        _propagation(given, query),
        preconditions.get("uid") or "",
        preconditions.get("resourceVersion") or "",
        dry_run=bool(given.get("dryRun")) or dry_run,
    )


def _propagation(given: Json, query: Mapping[str, str]) -> str:
    policy = given.get("propagationPolicy") or query.get("propagationPolicy") or ""
    orphans = given.get("orphanDependents")
    if policy and orphans is not None:
        message = (
            f'Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both '
            "set"
        )
        raise _invalid(status.Cause("propagationPolicy", message))
    if orphans is not None:
        return "Orphan" if orphans else "Background"
    if policy not in _PROPAGATIONS:
        message = (
            f'Unsupported value: "{policy}": supported values: "Background", "Foreground", "Orphan"'
        )
        raise _invalid(status.Cause("propagationPolicy", message, "FieldValueNotSupported"))
    return str(policy)


def _invalid(cause: status.Cause) -> StatusError:
    return status.invalid("DeleteOptions", "meta.k8s.io", "", [cause])
