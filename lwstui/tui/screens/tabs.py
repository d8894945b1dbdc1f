"""The line of tabs that digits choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lwstui.tui.host import Host
from lwstui.tui.routes import Route, revisions_route, rollout_route, set_route
from lwstui.view.types import Line, Ref, Span

SET_TABS: Final = dict(
    enumerate(("map", "groups", "pods", "rollout", "revisions", "events", "yaml"), 1)
)
"""Tabs of a set, by digit; some of them are screens of their own."""


def open_set_tab(host: Host, ref: Ref, number: int) -> None:
    """Go to a tab of a set from another screen about it."""
    match SET_TABS.get(number):
        case None:
            host.say(f"there is no tab {number}", "dim")
        case "rollout":
            host.goto(rollout_route(ref.key))
        case "revisions":
            host.goto(revisions_route(ref.key))
        case "yaml":
            host.goto(Route("text", ref, "yaml"))
        case tab:
            host.goto(set_route(ref.key), tab=tab)


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
