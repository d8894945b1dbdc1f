"""Bases of our line-rendered widgets: tones become styles through classes of the style sheet.

Themes own colours: a tone is the class ``tone--<tone>``, styled by the tokens
``$tone-<tone>`` and ``$tone-<tone>-style``. A one-cell glyph uses ``mark--bad`` instead of
``tone--bad``, so a failure stands out in a table or map without shouting across whole lines.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.dom import DOMNode
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from lwstui.tui.widgets.cells import cut, visible, width
from lwstui.view.types import Line, Span, Tone

TONES: tuple[Tone, ...] = ("ok", "busy", "info", "warn", "bad", "dim", "bold", "title")
"""Tones that have a class; the empty tone is the widget's own style."""

PAINT_CLASSES: frozenset[str] = frozenset(
    {
        *(f"tone--{tone}" for tone in TONES),
        "mark--bad",
        "paint--cursor",
        "paint--cursor-blurred",
        "paint--header",
        "paint--rule",
        "paint--match",
        "paint--key",
        "paint--marked",
    }
)


PAINT_CSS = (
    "".join(
        f".tone--{tone} {{ color: $tone-{tone}; text-style: $tone-{tone}-style; }}\n"
        for tone in TONES
    )
    + """
    .mark--bad { color: $tone-bad; text-style: $mark-bad-style; }
    .paint--cursor {
        background: $cursor-background;
        color: $cursor-foreground;
        text-style: $cursor-style;
    }
    .paint--cursor-blurred {
        background: $cursor-blurred-background;
        color: $cursor-blurred-foreground;
        text-style: $cursor-blurred-style;
    }
    .paint--header { color: $header; text-style: $header-style; }
    .paint--rule { color: $rule; text-style: $rule-style; }
    .paint--match {
        background: $match-background;
        color: $match-foreground;
        text-style: $match-style;
    }
    .paint--key { color: $key; text-style: $key-style; }
    .paint--marked { color: $tone-title; text-style: $tone-title-style; }
    """
)
"""They hold everywhere, whatever widget paints with them."""


class Brushes:
    """Styles of one widget by names, made once per style change.

    Textual drops its own cache at every repaint; a table asks for a style per cell. It also
    works out every component class of every widget whenever anything about that changes. Ours
    are many, most widgets paint with two or three of them, and all look the same everywhere: so
    they are no component classes, and are worked out when first painted with.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._made: dict[tuple[str, ...], Style] = {}
        self._layers: dict[str, Style] = {}
        self._rules: object = None

    def renew(self) -> bool:
        """Forget what may have changed; return whether what was painted needs to be again."""
        self._made.clear()
        rules = self._widget.app.stylesheet.rules
        if rules is self._rules:
            return False
        self._rules = rules  # parsed anew, as it is for another theme
        painted = bool(self._layers)
        self._layers.clear()
        return painted

    def __call__(self, *names: str) -> Style:
        """Return the widget's own style with classes laid over it in order.

        Empty names are skipped.
        """
        style = self._made.get(names)
        if style is None:
            style = self._widget.rich_style
            for name in filter(None, names):
                style += self._layer(name)
            self._made[names] = style
        return style

    def _layer(self, name: str) -> Style:
        """Return what a class lays over the widget's own style."""
        if name not in PAINT_CLASSES:
            return self._widget.get_component_rich_style(name, partial=True)
        style = self._layers.get(name)
        if style is None:
            node = DOMNode(classes=name)
            self._widget.app.stylesheet.apply(node)
            style = self._layers[name] = node.styles.partial_rich_style
        return style

    def tone(self, tone: Tone, *base: str, text: str = "") -> Style:
        """Return the style of a tone over base classes.

        On a reversed base (the cursor in monochrome) tones are left out: reversed colours
        would become a patchwork of backgrounds.
        """
        if not tone or (base and self(*base).reverse):
            return self(*base)
        if tone == "bad" and len(text) == 1:
            return self(*base, "mark--bad")
        return self(*base, f"tone--{tone}")

    def segments(self, spans: Iterable[Span], *base: str) -> list[Segment]:
        """Return one segment per span."""
        return [
            Segment(span.text, self.tone(span.tone, *base, text=span.text))
            for span in spans
            if span.text
        ]

    def line(self, spans: Iterable[Span], cells: int, *base: str) -> Strip:
        """Return spans as a strip of exactly ``cells`` cells, cut with an ellipsis."""
        segments = self.segments(fit_spans(spans, cells), *base)
        return Strip(segments).adjust_cell_length(cells, self(*base))


def fit_spans(spans: Iterable[Span], cells: int) -> Line:
    """Cut spans to at most ``cells`` cells together; a cut line ends in an ellipsis."""
    kept: list[Span] = []
    left = cells
    for foreign, tone in spans:
        text = visible(foreign)
        taken = width(text)
        if taken > left:
            kept.append(Span(cut(text, left), tone))
            break
        kept.append(Span(text, tone))
        left -= taken
    return tuple(kept)


def spans_width(spans: Iterable[Span]) -> int:
    """Return how many cells spans take together."""
    return sum(width(span.text) for span in spans)


class PaintedScroll(ScrollView, can_focus=True):
    """A scrolling widget that renders its own lines with tones."""

    SCOPED_CSS = False
    DEFAULT_CSS = (
        PAINT_CSS
        + """
    PaintedScroll {
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size: 0 1;
    }
    """
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.brushes = Brushes(self)

    @property
    def cells(self) -> int:
        """Cells of a line; the scroll bar has its own, so they do not change when it comes."""
        return self.scrollable_content_region.width

    def forget_strips(self) -> None:
        """Drop cached strips; called when any style may have changed."""

    def notify_style_update(self) -> None:
        """Drop styles and strips made with the previous style sheet."""
        super().notify_style_update()
        self.forget_strips()
        if self.brushes.renew():
            self.refresh()


class PaintedLines(Widget):
    """A fixed-height widget that renders its own lines with tones."""

    SCOPED_CSS = False
    DEFAULT_CSS = PAINT_CSS

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.brushes = Brushes(self)

    def notify_style_update(self) -> None:
        """Drop styles made with the previous style sheet."""
        super().notify_style_update()
        if self.brushes.renew():
            self.refresh()
