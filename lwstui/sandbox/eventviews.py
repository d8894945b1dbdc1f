"""Events are stored as core ``v1`` events; ``events.k8s.io/v1`` is another view of them."""

from lwstui.sandbox.objects import Json

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


def from_view(event: Json) -> Json:
    """Return an ``events.k8s.io/v1`` event as a core event."""
    stored = {_FROM_VIEW.get(name, name): value for name, value in event.items()}
    stored["apiVersion"] = "v1"
    stored.setdefault("involvedObject", {})
    stored.setdefault("source", {})
    stored.setdefault("firstTimestamp", None)
    stored.setdefault("lastTimestamp", None)
    return stored
