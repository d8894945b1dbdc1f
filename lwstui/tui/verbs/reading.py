"""Opening what is only looked at: logs, descriptions, YAML."""

from __future__ import annotations

from dataclasses import replace

from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.routes import Route
from lwstui.view.types import Ref


def open_logs(
    host: Host, *refs: Ref, role: str = "all", previous: bool = False, since_s: int | None = None
) -> None:
    """Open the merged logs of sets, groups and pods."""
    request = targets.log_request(host.snapshot, *refs, role=role, previous=previous)
    if request is None:
        host.say("no pod here that belongs to a set", "warn")
        return
    if since_s is not None:
        request = replace(request, since_s=since_s, tail=None)
    host.goto(Route("logs", refs[0], logs=request))


def open_text(host: Host, ref: Ref | None, kind: str) -> None:
    """Open an object's description or YAML."""
    if ref is None or targets.api_object(host.snapshot, ref) is None:
        host.say(f"nothing here to show as {kind}", "warn")
        return
    host.goto(Route("text", ref, kind))
