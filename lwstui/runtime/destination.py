"""Where the console can go: another cluster, other namespaces."""

from __future__ import annotations

from dataclasses import dataclass

from lwstui.runtime.tuning import UNTUNED, Tuning


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to go next.

    Attributes:
        context: Name of a context of the kubeconfig.
        namespaces: Namespaces in view, empty for all; None for the one the context names.
        read_only: Refuse every write there.
        tuning: How the engine works there.
    """

    context: str
    namespaces: tuple[str, ...] | None = None
    read_only: bool = False
    tuning: Tuning = UNTUNED
