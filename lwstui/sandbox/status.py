"""Errors as the API server words them: the ``Status`` object and its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of an ``Invalid`` status: a field and what is wrong with it."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    def text(self) -> str:
        """Return the cause as one sentence of the status' message."""
        return f"{self.field}: {self.message}"

    def body(self) -> dict[str, str]:
        """Return the cause as JSON."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


class StatusError(Exception):
    """A request refused, as a ``Status`` object with its HTTP code.

    Args:
        code: HTTP status.
        reason: Machine-readable reason, such as ``NotFound``; may be empty.
        message: What the client prints.
        details: ``Status.details``, or None.
    """

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata: dict[str, Any] = {}

    def body(self) -> dict[str, Any]:
        """Return the ``Status`` object."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


def success(details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the ``Status`` object of a request that was carried out and returns nothing else."""
    body: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
    }
    return body if details is None else body | {"details": details}


def _details(key: str, name: str, **more: Any) -> dict[str, Any]:
    plural, _, group = key.partition(".")
    details: dict[str, Any] = {"name": name} if name else {}
    if group:
        details["group"] = group
    return details | {"kind": plural} | more


def not_found(key: str, name: str) -> StatusError:
    """Return the 404 for the object ``name`` of resource ``key``."""
    return StatusError(404, "NotFound", f'{key} "{name}" not found', _details(key, name))


def no_such_path() -> StatusError:
    """Return the 404 for a path that nothing serves."""
    message = "the server could not find the requested resource"
    return StatusError(404, "NotFound", message, {})


def already_exists(key: str, name: str) -> StatusError:
    """Return the 409 for a create of an object that is there."""
    return StatusError(409, "AlreadyExists", f'{key} "{name}" already exists', _details(key, name))


MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def conflict(key: str, name: str, why: str = MODIFIED) -> StatusError:
    """Return the 409 for a write whose precondition does not hold."""
    message = f'Operation cannot be fulfilled on {key} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(key, name))


def bad_request(message: str) -> StatusError:
    """Return a 400."""
    return StatusError(400, "BadRequest", message)


def forbidden(key: str, name: str, why: str, **details: Any) -> StatusError:
    """Return the 403 of an admission check or of an authorizer."""
    message = f'{key} "{name}" is forbidden: {why}' if name else f"{key} is forbidden: {why}"
    return StatusError(403, "Forbidden", message, _details(key, name, **details))


def expired(message: str) -> StatusError:
    """Return the 410 for a version or continue token that is no longer kept."""
    return StatusError(410, "Expired", message)


def method_not_allowed() -> StatusError:
    """Return the 405 for a verb the resource does not have."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_implemented(why: str) -> StatusError:
    """Return the 501 for what a real API server does and this one does not."""
    return StatusError(501, "NotImplemented", f"the sandbox does not do this: {why}")


def not_acceptable(offered: Sequence[str]) -> StatusError:
    """Return the 406 for a request that accepts none of the forms there are."""
    message = "only the following media types are accepted: " + ", ".join(offered)
    return StatusError(406, "NotAcceptable", message)


def too_large(message: str) -> StatusError:
    """Return the 413 for a request that asks for too much at once."""
    return StatusError(413, "RequestEntityTooLarge", message)


def unsupported_media_type(accepted: Sequence[str]) -> StatusError:
    """Return the 415 for a body in a format the resource does not take."""
    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted)
    )
    return StatusError(415, "UnsupportedMediaType", message)


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> StatusError:
    """Return the 422 that lists every invalid field."""
    texts = list(dict.fromkeys(cause.text() for cause in causes))
    joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    qualified = f"{kind}.{group}" if group else kind
    details: dict[str, Any] = {"name": name} if name else {}
    if group:
        details["group"] = group
    details |= {"kind": kind, "causes": [cause.body() for cause in causes]}
    return StatusError(422, "Invalid", f'{qualified} "{name}" is invalid: {joined}', details)
