"""What ``lwstui why -o json`` says beside its findings: the other tabs of the console's screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lwstui.state.around import Around
    from lwstui.state.deaths import Death
    from lwstui.state.model import Snapshot
    from lwstui.view.types import Line, Ref


def with_deaths(snapshot: Snapshot, kept: Iterable[Death], now: float) -> Snapshot:
    """Return a snapshot that knows how containers ended: what was kept, and what pods show.

    Args:
        snapshot: What the cluster tells.
        kept: Ends that were kept on disk, with their last lines.
        now: Epoch seconds.
    """
    from dataclasses import replace

    from lwstui.insight.ends import RECENT_S
    from lwstui.state.deaths import deaths

    shown = [end for pod in snapshot.pods.values() for end, _ in deaths(None, pod)]
    found = {end.id: end for end in shown if now - end.at <= RECENT_S}
    # What was kept has lines, which pods do not tell.
    mine = [end for end in kept if end.set_key in snapshot.sets and now - end.at <= RECENT_S]
    found |= {end.id: end for end in mine}
    return replace(snapshot, deaths=tuple(sorted(found.values(), key=lambda end: end.at)))


def sections(snapshot: Snapshot, ref: Ref, around: Around | None, now: float) -> dict[str, Any]:
    """Return what the console's tabs about a set, a group or a pod of one say.

    Args:
        snapshot: What is known, judged.
        ref: What is asked about.
        around: What was read around its set.
        now: Epoch seconds.
    """
    from lwstui.view.autoscaling import autoscaling
    from lwstui.view.connectivity import connectivity
    from lwstui.view.crashes import firsts, of_ref
    from lwstui.view.fit import fit_page
    from lwstui.view.memo import Memo
    from lwstui.view.servedby import served_by
    from lwstui.view.types import Ref
    from lwstui.view.why import concerning

    ends = of_ref(snapshot, ref)
    first = {end.id for end in firsts(ends).values()}
    pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else None
    whole = Ref("set", *(pod.set_key if pod is not None else ref.key))
    return {
        "crashes": [_end(end, first=end.id in first) for end in ends],
        "fit": _texts(fit_page(snapshot, ref)),
        "connectivity": _texts(connectivity(snapshot, ref, around, concerning(snapshot, ref))),
        "autoscaling": _texts(autoscaling(snapshot, whole, around, now)),
        "controller": _texts(served_by(snapshot, ref, now, Memo())),
    }


def _end(end: Death, *, first: bool) -> dict[str, Any]:
    return {
        "group": end.group,
        "generation": end.generation or None,
        "firstOfGeneration": first,
        "pod": end.pod,
        "container": end.container,
        "at": end.at,
        "ranSeconds": end.ran_s,
        "exitCode": end.exit_code,
        "signal": end.signal,
        "reason": end.reason,
        "node": end.node,
        "lines": list(end.lines),
    }


def _texts(lines: Iterable[Line]) -> list[str]:
    texts = ["".join(span.text for span in line).strip() for line in lines]
    return [text for text in texts if text]
