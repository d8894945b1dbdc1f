"""Request bodies as objects of a kind: what is no field of it is dropped, told or refused."""

from collections.abc import Callable

import msgspec

from lwstui.sandbox import builtintypes, status
from lwstui.sandbox.gojson import go_text
from lwstui.sandbox.objects import Json, StatusError
from lwstui.sandbox.patches import STRATEGIC_PATCH
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.requests import WriteOptions
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause


def decoded(
    resource: Resource,
    body: Json,
    options: WriteOptions,
    *,
    patch: Callable[[], str] | None = None,
    known: Json | None = None,
) -> tuple[Json, list[str]]:
    """Return a body as it would be stored, and warnings about fields that do not exist.

    Args:
        resource: Its kind.
        body: The object, decoded from a request or made by a patch; its parts are taken over.
        options: How strictly it is read.
        patch: Returns what a refusal shows of the patch that made it; None for what none made.
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
        _unknown_fields(resource, stored, None, patch)
        return stored, []
    unknown = [f'unknown field "{path}"' for path in _unknown_fields(resource, new, known, patch)]
    # What is twice in YAML is found on the way to JSON, and told before everything else.
    in_yaml = [each for each in options.duplicates if each.startswith("line ")]
    unknown += [each for each in options.duplicates if each not in in_yaml]
    if not (unknown or in_yaml) or options.validation == "Ignore":
        return new, []
    if options.validation == "Warn":
        return new, [*in_yaml, *unknown]
    if in_yaml:
        unknown.insert(0, "\n  ".join(["yaml: unmarshal errors:", *in_yaml]))
    problem = f"strict decoding error: {', '.join(unknown)}"
    raise _undecodable(resource, problem) if patch is None else _bad_patch(patch(), problem)


def shown_patch(patch: Json, patched: Json, content_type: str) -> str:
    """Return what the refusal of a patch shows: a strategic one itself, else what it makes."""
    if content_type == STRATEGIC_PATCH:
        return go_text(patch)
    return msgspec.json.encode(patched, order="sorted").decode()


def _bad_patch(shows: str, problem: str) -> StatusError:
    return status.invalid("", "", "", [Cause("patch", f"Invalid value: {shown(shows)}: {problem}")])


def _unknown_fields(
    resource: Resource, new: Json, known: Json | None, patch: Callable[[], str] | None
) -> list[str]:
    """Remove the fields that the kind does not have, in place, and return their paths."""
    try:
        if resource.custom is not None:
            builtintypes.decode_metadata(new)
            return resource.custom.decode(new)
        return builtintypes.decode(resource.kind.kind, new, known)
    except builtintypes.Mismatch as error:
        if patch is None:
            raise _undecodable(resource, str(error)) from error
        shows = patch()
        # A strategic patch is shown as Go prints it, and is never JSON on its way to the object.
        problem = str(error) if shows.startswith("{") else error.converted
        raise _bad_patch(shows, problem) from error


def _undecodable(resource: Resource, problem: str) -> StatusError:
    name, version = resource.kind.kind, resource.kind.version
    return status.bad_request(
        f'{name} in version "{version}" cannot be handled as a {name}: {problem}'
    )
