"""Rows, lines and a tiny application for the widget tests."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from lwstui.tui.theming import ThemedApp
from lwstui.view.types import Attention, Cell, Column, Ref, Row, Span, StatusView

COLUMNS = (
    Column("state", "S", 1),
    Column("name", "NAME", 14, flex=True),
    Column("namespace", "NS", 10, min_screen=80),
    Column("ready", "READY", 7, align="right"),
    Column("image", "IMAGE", 20, min_screen=140),
    Column("age", "AGE", 5, align="right"),
)

HOSTILE = (
    "image [/foo] failed [bold]",
    "\x1b[31mred\x1b[0m",
    "漢字テスト" * 9,
    "👩‍👩‍👧 👍🏽 🇩🇪",
    "n" * 253,
    "",
)


def row(name: str, ready: str = "4/4", *, state: str = "·", tone="ok", age: str = "3h") -> Row:
    """One row as a fleet table has them."""
    cells = (
        Cell(state, tone),
        Cell(name),
        Cell("llm-prod", "dim"),
        Cell(ready),
        Cell("registry.example/vllm:0.8.5", "dim"),
        Cell(age, "dim"),
    )
    return Row(key=name, cells=cells, ref=Ref("set", "llm-prod", name))


def rows(count: int) -> tuple[Row, ...]:
    """That many rows: set-0000, set-0001, ..."""
    return tuple(row(f"set-{number:04}") for number in range(count))


def attention(number: int = 1) -> tuple[Attention, ...]:
    """Causes as the fleet screen shows them."""
    return tuple(
        Attention(
            "X",
            "bad",
            "llm-prod/llama405b",
            f"group {n}",
            "leader OOMKilled ×6, CrashLoopBackOff 5m",
            "4m12s",
            Ref("group", "llm-prod", "llama405b", n),
        )
        for n in range(number)
    )


STATUS = StatusView(
    context="prod-eu",
    scope="ns:all",
    mode="RW",
    connection=Span("● LIVE 0.2s", "ok"),
    controller=Span("CTL ◆ leader", "info"),
    totals=(Span("sets 14"), Span("groups 206/211", "warn"), Span("GPU 812/832")),
    clock="10:42",
)


class Harness(ThemedApp[None]):
    """Shows widgets and keeps the messages they post."""

    def __init__(self, *widgets: Widget, **options) -> None:
        super().__init__(**options)
        self._widgets = widgets
        self.posted: list[Message] = []

    def compose(self) -> ComposeResult:
        yield from self._widgets

    def of(self, kind: type[Message]) -> list[Message]:
        """Messages of one type that were posted, each once though it bubbles."""
        found = {id(message): message for message in self.posted if isinstance(message, kind)}
        return list(found.values())


def run(app: Harness, size: tuple[int, int] = (100, 30)):
    """Run the application headless, recording every message that reaches it."""
    return app.run_test(size=size, message_hook=app.posted.append)


def text_of(widget: Widget) -> list[str]:
    """What the widget's visible lines say."""
    return [widget.render_line(y).text for y in range(widget.size.height)]


def cells_of(widget: Widget) -> set[int]:
    """Cell lengths of the widget's visible lines."""
    return {widget.render_line(y).cell_length for y in range(widget.size.height)}


def names(table_rows: Iterable[Row]) -> list[str]:
    return [entry.key for entry in table_rows]
