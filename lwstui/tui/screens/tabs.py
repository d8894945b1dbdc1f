"""The line of tabs that digits choose."""

from __future__ import annotations

from collections.abc import Mapping

from lwstui.view.types import Line, Span


def tabs_line(tabs: Mapping[int, str], open_tab: str, note: str = "") -> Line:
    """Return the line of tabs with the open one in brackets.

    Args:
        tabs: Names by digit.
        open_tab: Name of the open one.
        note: What stands behind them.
    """
    spans: list[Span] = []
    for number, tab in tabs.items():
        left, right = "[]" if tab == open_tab else "  "
        title = "YAML" if tab == "yaml" else tab.capitalize()
        spans += [
            Span(f"{left}{number} ", "dim"),
            Span(f"{title}{right} ", "bold" if tab == open_tab else "dim"),
        ]
    return (*spans, Span(note, "info"))
