"""Request bodies as objects of a kind: what is no field of it is dropped, told or refused."""

from typing import Any

from lwstui.sandbox import builtintypes, status
from lwstui.sandbox.objects import Json, StatusError
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.requests import WriteOptions
from lwstui.sandbox.status import Cause


def decoded(
    resource: Resource,
    body: Json,
    options: WriteOptions,
    *,
    patch: Any = None,
    known: Json | None = None,
) -> tuple[Json, list[str]]:
    """Return a body as it would be stored, and warnings about fields that do not exist.

    Args:
        resource: Its kind.
        body: The object, decoded from a request or made by a patch; its parts are taken over.
        options: How strictly it is read.
        patch: The patch that made it, for the words of a refusal.
        known: A stored object; what the body shares with it is in order.

    Raises:
        StatusError: 400 or 422, it is not of the kind.
    """
    kind = resource.kind
    for name, wanted in (("apiVersion", kind.api_version), ("kind", kind.kind)):
        if body.get(name, wanted) != wanted:
            problem = f"the {name} in the data ({body[name]}) does not match the expected {name} "
            raise _undecodable(resource, f"{problem}({wanted})")
    new = {"kind": kind.kind, "apiVersion": kind.api_version, **body}
    if resource.from_view is not None:
        stored = resource.from_view(new)
        _unknown_fields(resource, stored, None)
        return stored, []
    unknown = [f'unknown field "{path}"' for path in _unknown_fields(resource, new, known)]
    unknown += options.duplicates
    if not unknown or options.validation == "Ignore":
        return new, []
    if options.validation == "Warn":
        return new, unknown
    problem = f"strict decoding error: {', '.join(unknown)}"
    if patch is not None:
        cause = Cause("patch", f'Invalid value: "{patch}": {problem}')
        raise status.invalid("", "", "", [cause])
    raise _undecodable(resource, problem)


def _unknown_fields(resource: Resource, new: Json, known: Json | None) -> list[str]:
    """Remove the fields that the kind does not have, in place, and return their paths."""
    try:
        if resource.custom is not None:
            builtintypes.decode_metadata(new)
            return resource.custom.decode(new)
        return builtintypes.decode(resource.kind.kind, new, known)
    except builtintypes.Mismatch as error:
        raise _undecodable(resource, str(error)) from error


def _undecodable(resource: Resource, problem: str) -> StatusError:
    name, version = resource.kind.kind, resource.kind.version
    return status.bad_request(
        f'{name} in version "{version}" cannot be handled as a {name}: {problem}'
    )
