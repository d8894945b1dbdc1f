"""What widgets show, as text: for files, and for ``--once``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.geometry import Region
from textual.widget import Widget


def text_of(widgets: Iterable[Widget]) -> str:
    """Return the lines that widgets show, each as a whole, one below the other."""
    lines = (line for widget in widgets for leaf in _leaves(widget) for line in _lines(leaf))
    return "\n".join(lines).strip("\n")


def _leaves(widget: Widget) -> Iterator[Widget]:
    if not widget.display:
        return
    inside = list(widget.children)
    if inside:
        for child in inside:
            yield from _leaves(child)
    else:
        yield widget


def _lines(leaf: Widget) -> Iterator[str]:
    size = leaf.outer_size
    if size.width and size.height:
        for strip in leaf.render_lines(Region(0, 0, size.width, size.height)):
            yield strip.text.rstrip()
