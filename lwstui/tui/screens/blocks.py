"""Plain lines and headings that screens put between their widgets."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip

from lwstui.tui.widgets.painting import PaintedLines
from lwstui.tui.widgets.rules import heading
from lwstui.view.types import Line, Span


class LineBlock(PaintedLines):
    """Lines as they come: as high as they are many, hidden while there are none."""

    DEFAULT_CSS = """
    LineBlock { height: auto; }
    LineBlock.-empty { display: none; }
    """

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self.add_class("-empty")

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show lines; the same ones change nothing."""
        if lines == self._lines:
            return
        before, self._lines = self._lines, lines
        if len(lines) != len(before):
            self.styles.height = len(lines)
            self.set_class(not lines, "-empty")
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Render a line."""
        cells = self.size.width
        if y >= len(self._lines):
            return Strip.blank(cells, self.brushes())
        return self.brushes.line((Span(" "), *self._lines[y]), cells)


class Heading(PaintedLines):
    """A rule that names what follows."""

    DEFAULT_CSS = "Heading { height: 1; }"

    def __init__(
        self,
        title: str,
        *,
        hint: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._title = title
        self._note = ""
        self._hint = hint

    def show(self, title: str, note: str = "") -> None:
        """Change title and note."""
        if (title, note) != (self._title, self._note):
            self._title, self._note = title, note
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render the rule."""
        del y
        return heading(
            self.brushes, Span(self._title, "bold"), self._note, self._hint, self.size.width
        )
