"""The words of a dialog, laid out for its width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lwstui.tui.widgets.wrapping import wrap_spans
from lwstui.view.types import Impact, Line, Span

_MARGIN: Final = 2
_DRY_RUN: Final = "Server dry run"
_SAME_AS: Final = "Same as"
VERDICT_LINES: Final = 2
"""Lines of a verdict that are always in view; the whole of a longer one is among the facts."""


_FIRST_LINES: Final = 6
"""Lines of sentences that come before the figures where there is little room."""


@dataclass(frozen=True, slots=True)
class Words:
    """The text of a dialog below its target.

    Attributes:
        details: What would happen, in words and figures, and the same as a command.
        verdict: Whether it can be done: what the server says to it, or why it is refused.
    """

    details: tuple[Line, ...]
    verdict: tuple[Line, ...]


def words_of(impact: Impact, dry_run: Span | None, cells: int, *, dense: bool = False) -> Words:
    """Return the text of a dialog.

    Args:
        impact: What would happen.
        dry_run: What the server says to it; None if it is not asked.
        cells: Cells of a line.
        dense: Whether there is no room for empty lines.
    """
    verdict: list[Line] = []
    facts = list(impact.facts)
    label_cells = _label_cells(impact, dry_run, cells // 3)
    if impact.refused:
        verdict = wrap_spans((Span(impact.refused, "bad"),), cells)
    elif dry_run is not None:
        verdict = list(_fact(_DRY_RUN, dry_run, label_cells, cells))
        if len(verdict) > VERDICT_LINES:
            facts.append((_DRY_RUN, dry_run))
            verdict = [
                *verdict[: VERDICT_LINES - 1],
                (*verdict[VERDICT_LINES - 1], Span("…", "dim")),
            ]
    if impact.kubectl:
        facts.append((_SAME_AS, Span(impact.kubectl, "dim")))
    gap: tuple[Line, ...] = () if dense else ((),)
    told = [line for one in facts for line in _fact(*one, label_cells, cells)]
    first, rest = _parted(impact.what, cells) if dense and told else (impact.what, ())
    said, more = ([(Span(sentence),) for sentence in part] for part in (first, rest))
    text = (*gap, *said, *(gap if told else ()), *told, *more)
    return Words(text, (*gap, *verdict) if verdict else ())


def _parted(sentences: Sequence[str], cells: int) -> tuple[Sequence[str], Sequence[str]]:
    """Return the sentences that come before figures where there is little room, and the others."""
    lines = 0
    for number, sentence in enumerate(sentences):
        lines += len(wrap_spans((Span(sentence),), cells))
        if number and lines > _FIRST_LINES:
            return sentences[:number], sentences[number:]
    return sentences, ()


def _label_cells(impact: Impact, dry_run: Span | None, most: int) -> int:
    """Return the width of the labels; one that is longer has a line of its own."""
    labels = [label for label, _ in impact.facts]
    labels += [_DRY_RUN] if dry_run is not None and not impact.refused else []
    labels += [_SAME_AS] if impact.kubectl else []
    return max((len(one) for one in labels if len(one) <= most), default=0) + _MARGIN


def _fact(label: str, value: Span, label_cells: int, cells: int) -> Iterator[Line]:
    apart = len(label) + _MARGIN > label_cells
    if apart:
        yield (Span(label, "dim"),)
    for number, line in enumerate(wrap_spans((value,), max(10, cells - label_cells))):
        shown = "" if number or apart else label
        yield (Span(shown.ljust(label_cells), "dim"), *line)


def literal(text: str) -> str:
    """Return a text that means itself where markup is parsed."""
    return text.replace("[", r"\[")
