"""Events are stored as core ``v1`` events; ``events.k8s.io/v1`` is another view of them."""

from collections.abc import Iterator

from lwstui.sandbox.objects import Json
from lwstui.sandbox.status import Cause

EVENTS_GROUP = "events.k8s.io"
_TO_VIEW = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_FROM_VIEW = {theirs: ours for ours, theirs in _TO_VIEW.items()}


def to_view(event: Json) -> Json:
    """Return a core event as ``events.k8s.io/v1``."""
    viewed = {_TO_VIEW.get(name, name): value for name, value in event.items()}
    return viewed | {"apiVersion": "events.k8s.io/v1"}


def creation_causes(event: Json) -> Iterator[Cause]:
    """Yield what ``events.k8s.io/v1`` demands of a new event and the core version does not.

    Args:
        event: The event as it would be stored.

    Source: kubernetes pkg/apis/core/validation/events.go, ValidateEventCreate.
    """
    for name in ("eventTime", "reportingComponent", "reportingInstance", "action", "reason"):
        if not event.get(name):
            yield Cause(_TO_VIEW.get(name, name), "Required value", "FieldValueRequired")


def from_view(event: Json) -> Json:
    """Return an ``events.k8s.io/v1`` event as a core event."""
    stored = {_FROM_VIEW.get(name, name): value for name, value in event.items()}
    stored["apiVersion"] = "v1"
    stored.setdefault("involvedObject", {})
    stored.setdefault("source", {})
    stored.setdefault("firstTimestamp", None)
    stored.setdefault("lastTimestamp", None)
    return stored
