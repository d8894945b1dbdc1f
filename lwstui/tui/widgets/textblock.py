"""A few lines of toned text that wrap and grow with their content."""

from __future__ import annotations

from textual.geometry import Size
from textual.strip import Strip

from lwstui.tui.widgets.painting import PaintedLines, spans_width
from lwstui.tui.widgets.wrapping import wrap_spans
from lwstui.view.types import Line


class TextBlock(PaintedLines):
    """Shows lines, wrapped at its width; as high as they need."""

    DEFAULT_CSS = "TextBlock { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._wrapped: tuple[int, list[Line]] = (0, [])

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show lines; equal ones change nothing."""
        if lines != self._lines:
            self._lines = lines
            self._wrapped = (0, [])
            self.refresh(layout=True)

    @property
    def text(self) -> str:
        """The lines as plain text."""
        return "\n".join("".join(span.text for span in line) for line in self._lines)

    def _at_width(self, cells: int) -> list[Line]:
        if self._wrapped[0] != cells:
            wrapped = [part for line in self._lines for part in wrap_spans(line, cells)]
            self._wrapped = (cells, wrapped)
        return self._wrapped[1]

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the cells of the longest line."""
        del container, viewport
        return max((spans_width(line) for line in self._lines), default=0)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the text takes at a width."""
        del container, viewport
        return len(self._at_width(width))

    def render_line(self, y: int) -> Strip:
        """Render one line."""
        cells = self.size.width
        lines = self._at_width(cells)
        if y >= len(lines):
            return Strip.blank(cells, self.brushes())
        return self.brushes.line(lines[y], cells)
