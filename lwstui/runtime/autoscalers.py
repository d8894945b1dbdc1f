"""HorizontalPodAutoscalers that set the number of groups of a set by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api.names import LEADERWORKERSETS, Resource

AUTOSCALERS: Final = Resource(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"
)


def scalers_of(autoscalers: Iterable[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    """Return the names of the HorizontalPodAutoscalers that scale a set of this name."""
    return tuple(str(one["metadata"]["name"]) for one in of_set(autoscalers, name))


def conflict(autoscalers: Iterable[Mapping[str, Any]], name: str) -> str:
    """Return that autoscalers change the number of groups of a set back, empty if none would."""
    found = of_set(autoscalers, name)
    said = [f"{one['metadata']['name']} ({_range(one['spec'])})" for one in found]
    if not said:
        return ""
    word = "autoscaler" if len(said) == 1 else "autoscalers"
    return f"{word} {', '.join(said)} will change the number again"


def _range(spec: Mapping[str, Any]) -> str:
    return f"{spec.get('minReplicas', 1)} to {spec.get('maxReplicas', '?')} groups"


def of_set(autoscalers: Iterable[Mapping[str, Any]], name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the HorizontalPodAutoscalers that scale a set of this name."""
    for one in autoscalers:
        target = one.get("spec", {}).get("scaleTargetRef", {})
        if (
            target.get("kind") == LEADERWORKERSETS.kind
            and target.get("name") == name
            and str(target.get("apiVersion", "")).startswith(f"{LEADERWORKERSETS.group}/")
        ):
            yield one
