"""What the probes and the metrics of a headless controller tell. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from controller.activity import ControllerState
from controller.api.names import Resource
from controller.metrics import Family, counters, gauges
from lwstui.kube.sync import KindSync

# A watch is opened anew after 8 minutes at the latest and a fault is tried again within 30 s, so
# one that nothing was heard of for longer hangs.
DEAD_AFTER_S: Final = 600.0
_VERBS: Final = {
    "GET": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a probe looks at; an empty ``problem`` means that it is well."""

    name: str
    problem: str = ""


def health_checks(syncs: Mapping[Resource, KindSync], now: float) -> tuple[Check, ...]:
    """Return whether the process should be left running.

    An API server that cannot be reached is no reason against it: a new process could do no more.

    Args:
        syncs: State of each watch.
        now: Epoch seconds.
    """
    hung = [
        f"{resource} for {now - _last_sign(sync):.0f} s"
        for resource, sync in syncs.items()
        if now - _last_sign(sync) > DEAD_AFTER_S
    ]
    return (Check("watches", f"no sign of {', '.join(hung)}" if hung else ""),)


def ready_checks(state: ControllerState, unsynced: Iterable[Resource]) -> tuple[Check, ...]:
    """Return whether the process can act, or take over at once: a standby is ready, too.

    Args:
        state: The controller's.
        unsynced: Kinds whose first list is not complete.
    """
    missing = ", ".join(str(resource) for resource in unsynced)
    lease = ""
    if state.mode == "failed":
        lease = state.last_error
    elif state.mode == "starting" and not state.leading:
        lease = "not read yet"
    return (
        Check("caches", f"not listed yet: {missing}" if missing else ""),
        Check("lease", lease),
    )


def watch_families(syncs: Mapping[Resource, KindSync], now: float) -> tuple[Family, ...]:
    """Return the freshness of each watched kind."""
    return (
        gauges(
            "lwstui_watch_live",
            "1 while a kind is listed and watched.",
            ("resource",),
            {(str(resource),): sync.state == "live" for resource, sync in syncs.items()},
        ),
        gauges(
            "lwstui_watch_staleness_seconds",
            "Seconds since a kind was last known to be fresh, by an event, a bookmark or a list.",
            ("resource",),
            {
                (str(resource),): max(now - (sync.last_event_at or sync.since), 0.0)
                for resource, sync in syncs.items()
            },
        ),
    )


def request_family(answers: Mapping[tuple[str, str, str], int], host: str) -> Family:
    """Return the requests to the API server by what they asked for and what was answered.

    Args:
        answers: By (HTTP method, resource as the client labels it, status code).
        host: The API server.
    """
    counted: Counter[tuple[str, ...]] = Counter()
    for (method, what, code), count in answers.items():
        resource, _, verb = what.partition(" ")
        if resource.startswith("/"):
            resource = "other"
        verb = verb or _VERBS.get(method, method.lower())
        counted[code, host, method, resource, verb] += count
    return counters(
        "rest_client_requests_total",
        "Requests to the API server.",
        ("code", "host", "method", "resource", "verb"),
        counted,
    )


def _last_sign(sync: KindSync) -> float:
    """Return when a watch last got on or will try to, in epoch seconds."""
    return max(sync.since, sync.last_event_at or 0.0, sync.retry_at or 0.0)
