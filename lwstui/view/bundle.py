"""A diagnosis as one text, to be handed on: reasons, ends with their last lines, all other tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from controller.api.meta import Key
from lwstui.state.around import Around
from lwstui.state.model import Snapshot
from lwstui.view.ages import stamp
from lwstui.view.autoscaling import autoscaling
from lwstui.view.connectivity import connectivity
from lwstui.view.crashes import all_ends, last_lines, loops
from lwstui.view.fit import asked_about, fit_of, fit_page
from lwstui.view.memo import Memo
from lwstui.view.servedby import served_by
from lwstui.view.types import Line, Ref
from lwstui.view.why import concerning, named, why

MOST_ENDS: Final = 20
"""Ends whose last lines are in the text."""


def bundle(
    snapshot: Snapshot,
    ref: Ref,
    around: Around | None,
    now: float,
    *,
    memo: Memo,
    fit: Callable[[Snapshot, Key], tuple[Line, ...]] = fit_of,
) -> str:
    """Return a diagnosis as text.

    Args:
        snapshot: What is known.
        ref: What it is about.
        around: What was read around the set, None if it was not.
        now: Epoch seconds.
        memo: Remembers derived values between calls.
        fit: Answers whether more groups fit.
    """
    key = asked_about(snapshot, ref)
    whole = Ref("set", *key) if key is not None else ref
    view = why(snapshot, ref, now)
    advice = [f"{row.cells[0].text}   on {row.cells[1].text}" for row in view.actions.rows]
    parts: list[tuple[str, Iterable[str]]] = [
        ("VERDICT", _texts(view.verdict)),
        ("CHAIN", _texts(view.chain)),
        ("EVIDENCE", _texts(view.evidence)),
        ("RULED OUT", _texts((view.ruled_out,))),
        ("WHAT MAY HELP", advice),
        ("RECREATED", _texts(loops(snapshot, ref, now))),
        ("ENDS OF CONTAINERS", _ends(snapshot, ref, now)),
        ("FIT", _texts(fit_page(snapshot, ref, fit))),
        ("CONNECTIVITY", _texts(connectivity(snapshot, ref, around, concerning(snapshot, ref)))),
        ("AUTOSCALING", _texts(autoscaling(snapshot, whole, around, now))),
        ("CONTROLLER", _texts(served_by(snapshot, ref, now, memo))),
    ]
    head = f"why {named(ref)}   context {snapshot.cluster.context}   {stamp(now)}"
    return "\n".join([head, *(line for name, body in parts for line in _part(name, body)), ""])


def _part(name: str, body: Iterable[str]) -> Iterator[str]:
    lines = [*body] or ["nothing"]
    yield from ("", name, *(f"  {line}".rstrip() for line in lines))


def _texts(lines: Iterable[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def _ends(snapshot: Snapshot, ref: Ref, now: float) -> Iterator[str]:
    rows = all_ends(snapshot, ref, now).rows
    for row in rows[:MOST_ENDS]:
        group, generation, first, ended = (cell.text for cell in row.cells[:4])
        mark = "   first of its generation" if first else ""
        yield f"group {group} generation {generation} at {ended}{mark}"
        yield from (f"  {text}" for text in _texts(last_lines(snapshot, ref, row.key)))
    if len(rows) > MOST_ENDS:
        yield f"and {len(rows) - MOST_ENDS} more"
