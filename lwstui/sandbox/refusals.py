"""What a real API server does and this one does not: each is refused with a sentence that says so.

A request that would otherwise be answered as if it had been carried out is worse than a refusal.
"""

import re
from collections.abc import Mapping

from lwstui.sandbox import status
from lwstui.sandbox.requests import Target

_PATHS = (
    (
        re.compile(r"/api/v1/watch/.*|/apis/[^/]+/[^/]+/watch/.*"),
        "watches below /watch/ are not served; list with ?watch=true",
    ),
    (re.compile(r"/api/v1/nodes/[^/]+/proxy(/.*)?"), "simulated nodes have no kubelet to speak to"),
    (
        re.compile(r"/metrics|/metrics/.*|/logs/.*"),
        "the server's own metrics and logs are not kept",
    ),
)
_LOG_STREAMS = ("", "All")


def check_path(path: str) -> None:
    """Refuse a path nobody serves here but a real server.

    Raises:
        StatusError: 501.
    """
    for pattern, why in _PATHS:
        if pattern.fullmatch(path):
            raise status.not_implemented(why)


def check_target(target: Target, query: Mapping[str, str]) -> None:
    """Refuse parameters of a real server that are not there.

    Raises:
        StatusError: 501.
    """
    if target.subresource == "log" and query.get("stream", "") not in _LOG_STREAMS:
        raise status.not_implemented("logs are kept as one stream; leave the parameter stream out")
