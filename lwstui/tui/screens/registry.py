"""Which screen shows which route."""

from __future__ import annotations

from functools import cache
from pkgutil import resolve_name
from typing import Final

from lwstui.tui.routes import Route, RouteState, ScreenName
from lwstui.tui.screens.base import ConsoleScreen

SCREENS: Final[dict[ScreenName, str]] = {
    "fleet": "fleet:FleetScreen",
    "lws": "lws:LwsScreen",
    "group": "group:GroupScreen",
    "pod": "pod:PodScreen",
    "placement": "placement:PlacementScreen",
    "pods": "pods:PodsScreen",
    "events": "events:EventsScreen",
    "nodes": "nodes:NodesScreen",
    "logs": "logs:LogsScreen",
    "text": "text:TextScreen",
    "help": "help:HelpScreen",
    "config": "config:ConfigScreen",
    "can": "can:CanScreen",
    "aliases": "aliases:AliasesScreen",
    "apply": "apply:ApplyScreen",
    "rollout": "rollout:RolloutScreen",
    "check": "check:CheckScreen",
    "create": "create:CreateScreen",
    "takeover": "takeover:TakeoverScreen",
    "revisions": "revisions:RevisionsScreen",
    "activity": "activity:ActivityScreen",
    "controller": "controller:ControllerScreen",
    "xray": "xray:XrayScreen",
    "diff": "diff:DiffScreen",
    "why": "why:WhyScreen",
    "insights": "why:InsightsScreen",
    "idle": "telemetry:IdleScreen",
    "telemetry": "telemetry:TelemetryScreen",
}
"""Module and class of each; imported when the first of it opens, not before the first frame."""


@cache
def screen_type(name: ScreenName) -> type[ConsoleScreen]:
    """Return the class of a screen."""
    found: type[ConsoleScreen] = resolve_name(f"{__package__}.{SCREENS[name]}")
    return found


def make_screen(route: Route, state: RouteState) -> ConsoleScreen:
    """Return a new screen for a route."""
    return screen_type(route.screen)(route, state)
