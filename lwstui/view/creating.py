"""A new set while it is being filled in: what speaks against it, whether it fits, its YAML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from controller.api.meta import Key
from lwstui.kube.clean import clean, clean_line
from lwstui.state.making import the_set
from lwstui.state.manifests import Manifest
from lwstui.state.model import Snapshot
from lwstui.view.advice import advise, placement
from lwstui.view.ages import count
from lwstui.view.diffs import yaml_text
from lwstui.view.plans import as_set
from lwstui.view.preflight import Finding, judge, room, title
from lwstui.view.spec import replicas_of, size_of
from lwstui.view.types import Line, Span, Tone

MOST: Final = 6
_TONES: Final[dict[str, Tone]] = {"error": "bad", "warning": "warn", "note": "dim"}
_RANKS: Final = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is shown of a set that is not made yet.

    Attributes:
        size: What it comes to, in one line.
        verdict: What speaks against it, the worst first.
        text: The manifests.
    """

    size: Line
    verdict: tuple[Line, ...]
    text: str


def sketch(manifests: Sequence[Manifest], snapshot: Snapshot, namespace: str) -> Sketch:
    """Return what is shown of manifests that were filled in.

    Args:
        manifests: The objects.
        snapshot: Sets that exist, nodes, pods.
        namespace: Of objects that name none.
    """
    bodies = [one.body for one in manifests]
    one = the_set(manifests)
    sets_first = sorted(manifests, key=lambda one: not one.is_set)
    text = "---\n".join(clean(yaml_text(dict(one.body))) for one in sets_first)
    if one is None:
        return Sketch(((Span("there is no set in this example", "bad")),), (), text)
    key = Key(one.namespace or namespace, one.name)
    found = [*judge(bodies, namespace), *advise(bodies, namespace)]
    size: Line = (Span("not a set", "bad"),)
    lws = as_set(one.body, key)
    if not isinstance(lws, str):
        groups, pods = replicas_of(lws), size_of(lws)
        size = (Span(f"{count(groups, 'group')} of {count(pods, 'pod')}: {groups * pods} pods"),)
        if not any(finding.level == "error" for finding in found):
            found += placement(bodies, snapshot, namespace)
            fits = room(lws, title(one.body, namespace), snapshot)
            found += [fits] if fits is not None else []
    if key in snapshot.sets:
        about = title(one.body, namespace)
        found.append(Finding("warning", about, "exists already and would be changed"))
    found.sort(key=lambda finding: _RANKS.index(finding.level))
    return Sketch(size, tuple(_line(finding) for finding in found[:MOST]), text)


def _line(finding: Finding) -> Line:
    field = finding.field.removeprefix("spec.leaderWorkerTemplate.")
    where = f"   {clean_line(field)}" if field else ""
    return (
        Span(f"{finding.level:<8}", _TONES[finding.level]),
        Span(clean_line(finding.message)),
        Span(where, "dim"),
    )
