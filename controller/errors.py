"""Errors that cross the controller's ports.

ControllerError
├── ApiError                    the API server answered with a failure Status
│   ├── Unauthorized    401     credentials missing or expired
│   ├── Forbidden       403     the verb is not allowed on this resource
│   ├── NotFound        404
│   ├── Conflict        409     resourceVersion or precondition no longer true
│   ├── AlreadyExists   409     reason AlreadyExists
│   ├── Gone            410     resourceVersion or continue token expired
│   ├── Invalid         422     refused by schema or admission
│   └── TooManyRequests 429     carries retry_after_s
├── Unavailable                 no answer: connection refused, reset, timeout, or 5xx
└── LeaseLost                   another holder acts; stop writing at once
"""

from __future__ import annotations

from typing import NamedTuple


class Cause(NamedTuple):
    """One of several reasons why a request was refused, each about a field."""

    field: str
    message: str


class ControllerError(Exception):
    """Base of everything raised on purpose by this package and its ports."""


class ApiError(ControllerError):
    """The API server refused a request.

    Attributes:
        status: HTTP status code.
        reason: Kubernetes machine-readable reason, such as ``NotFound``.
        message: The server's words, cleaned of control characters.
        retry_after_s: Seconds the server asked to wait, or None.
        causes: What the server says of single fields, cleaned; none if it says nothing.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        retry_after_s: float | None = None,
        causes: tuple[Cause, ...] = (),
    ) -> None:
        super().__init__(message or reason or f"HTTP {status}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after_s = retry_after_s
        self.causes = causes


class Unauthorized(ApiError):
    """401: credentials are missing, wrong or expired."""


class Forbidden(ApiError):
    """403: the user may not do this."""


class NotFound(ApiError):
    """404: no such object, or no such resource in this API server."""


class Conflict(ApiError):
    """409: the object changed since it was read."""


class AlreadyExists(Conflict):
    """409 with reason AlreadyExists: the name is taken."""


class Gone(ApiError):
    """410: the resourceVersion or continue token is too old; list again."""


class Invalid(ApiError):
    """422 or 400: the object is not acceptable."""


class TooManyRequests(ApiError):
    """429: wait ``retry_after_s`` before trying again."""


class Unavailable(ControllerError):
    """No usable answer: refused, reset, timed out, or a 5xx."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class LeaseLost(ControllerError):
    """This process no longer holds the controller's lease."""


def from_status(
    status: int,
    reason: str,
    message: str,
    *,
    retry_after_s: float | None = None,
    causes: tuple[Cause, ...] = (),
) -> ControllerError:
    """Return the error for an HTTP status and a Kubernetes Status reason.

    Args:
        status: HTTP status code, 400 or above.
        reason: ``Status.reason``; empty if the body was not a Status.
        message: ``Status.message`` or the body's text.
        retry_after_s: Value of ``Retry-After`` in seconds, if sent.
        causes: ``Status.details.causes``.
    """
    if status == 409 and reason == "AlreadyExists":
        return AlreadyExists(status, reason, message, retry_after_s=retry_after_s, causes=causes)
    kinds: dict[int, type[ApiError]] = {
        400: Invalid,
        401: Unauthorized,
        403: Forbidden,
        404: NotFound,
        409: Conflict,
        410: Gone,
        422: Invalid,
        429: TooManyRequests,
    }
    kind = kinds.get(status)
    if kind is not None:
        return kind(status, reason, message, retry_after_s=retry_after_s, causes=causes)
    if status >= 500:
        return Unavailable(message or f"HTTP {status}", retry_after_s=retry_after_s)
    return ApiError(status, reason, message, retry_after_s=retry_after_s, causes=causes)
