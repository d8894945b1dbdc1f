"""HTTP answers: encoded bodies, status errors and warnings."""

import hashlib
from collections.abc import Iterable

import msgspec
from aiohttp import web

from lwstui.sandbox.objects import Json, StatusError

JSON = "application/json"


def raw_answer(
    body: bytes, *, code: int = 200, content_type: str = JSON, warnings: Iterable[str] = ()
) -> web.Response:
    """Return an answer with an encoded body.

    Args:
        body: The body.
        code: HTTP status.
        content_type: Media type of the body.
        warnings: What the client should print.
    """
    response = web.Response(status=code, body=body, headers={"Content-Type": content_type})
    for warning in warnings:
        add_warning(response, warning)
    return response


def add_warning(response: web.StreamResponse, warning: str) -> None:
    """Have the client print a warning."""
    quoted = warning.replace("\\", "\\\\").replace('"', '\\"')
    response.headers.add("Warning", f'299 - "{quoted}"')


def object_answer(body: bytes, *, code: int = 200, warnings: Iterable[str] = ()) -> web.Response:
    """Return an answer with an encoded object or list, which ends in a newline."""
    return raw_answer(body + b"\n", code=code, warnings=warnings)


def json_answer(body: Json, *, code: int = 200) -> web.Response:
    """Return an answer with a JSON body."""
    return object_answer(msgspec.json.encode(body), code=code)


def error_answer(error: StatusError) -> web.Response:
    """Return a refusal."""
    response = json_answer(error.body(), code=error.code)
    retry_s = (error.details or {}).get("retryAfterSeconds")
    if retry_s:
        response.headers["Retry-After"] = str(retry_s)
    return response


def cached_answer(request: web.Request, body: bytes, content_type: str = JSON) -> web.Response:
    """Return a document with its ETag; 304 when the client has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest().upper()}"'
    known = request.headers.get("If-None-Match", "")
    headers = {"ETag": tag, "Vary": "Accept", "Cache-Control": "public"}
    if known.strip('"') == tag.strip('"'):
        return web.Response(status=304, headers=headers)
    response = raw_answer(body, content_type=content_type)
    response.headers.update(headers)
    return response
