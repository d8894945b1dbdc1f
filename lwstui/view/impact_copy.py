"""What a dialog says before files are copied into a container."""

from __future__ import annotations

from typing import Any, Final

from lwstui.state.intents import CopyIn
from lwstui.state.model import Snapshot
from lwstui.view.ages import bytes_, count
from lwstui.view.impact_parts import Builder, kubectl_command
from lwstui.view.types import Impact, Span


def _copy(snapshot: Snapshot, intent: Any, now: float) -> Impact:
    del now
    pod = snapshot.pods.get(intent.target)
    if pod is None:
        return Impact("", "", (), refused=f"pod {intent.target} is gone")
    if intent.uid and pod.uid != intent.uid:
        return Impact("", "", (), refused=f"pod {intent.target} was replaced by a new one")
    to = f"{intent.target.name}:{intent.path}"
    what = (
        f"Copies {intent.source} into container {intent.container} of {intent.target.name}.",
        "A file of that name is replaced once the copy is whole; one cut short leaves nothing.",
        "It is gone when the container is started again, unless it lands in a volume.",
    )
    facts = (
        ("To", Span(intent.path)),
        ("Size", Span(f"{bytes_(intent.size_bytes)} in {count(intent.files, 'file')}")),
        ("Group", Span(f"{pod.group} of {pod.set_name}" if pod.set_name else "in no set")),
    )
    kubectl = kubectl_command(intent.target, "cp", intent.source, to, "-c", intent.container)
    return Impact("", "", what, facts, kubectl, level=2)


BUILDERS: Final[dict[type, tuple[str, Builder]]] = {CopyIn: ("COPY INTO POD", _copy)}
"""Titles and builders by intent."""
