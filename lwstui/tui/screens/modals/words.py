"""The words of a dialog, laid out for its width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lwstui.tui.widgets.wrapping import wrap_spans
from lwstui.view.types import Impact, Line, Span

_MARGIN: Final = 2


def impact_lines(impact: Impact, dry_run: Span | None, cells: int) -> Iterator[Line]:
    """Yield the text of a dialog below its target.

    Args:
        impact: What would happen.
        dry_run: What the server says to it; None if it is not asked.
        cells: Cells of a line.
    """
    yield ()
    for sentence in impact.what:
        yield (Span(sentence),)
    facts = list(impact.facts)
    if dry_run is not None and not impact.refused:
        facts.append(("Server dry run", dry_run))
    if impact.kubectl:
        facts.append(("Same as", Span(impact.kubectl, "dim")))
    if facts:
        yield ()
    label_cells = max((len(label) for label, _ in facts), default=0) + _MARGIN
    for label, value in facts:
        lines = wrap_spans((value,), max(10, cells - label_cells))
        for number, line in enumerate(lines):
            shown = label if not number else ""
            yield (Span(shown.ljust(label_cells), "dim"), *line)
    if impact.refused:
        yield ()
        yield (Span(impact.refused, "bad"),)


def literal(text: str) -> str:
    """Return a text that means itself where markup is parsed."""
    return text.replace("[", r"\[")
