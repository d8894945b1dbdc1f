"""What stands around a set and is not watched: autoscalers of it, endpoints of its services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Around:
    """What was read around one set.

    Attributes:
        at: When, epoch seconds.
        autoscalers: HorizontalPodAutoscalers that scale it.
        autoscalers_problem: Why they could not be read, empty if they could.
        slices: EndpointSlices of its namespace.
        slices_problem: Why they could not be read, empty if they could.
    """

    at: float
    autoscalers: tuple[Mapping[str, Any], ...] = ()
    autoscalers_problem: str = ""
    slices: tuple[Mapping[str, Any], ...] = ()
    slices_problem: str = ""
