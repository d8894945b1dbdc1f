"""Which screen shows which route."""

from __future__ import annotations

from typing import Final

from lwstui.tui.routes import Route, RouteState, ScreenName
from lwstui.tui.screens.activity import ActivityScreen
from lwstui.tui.screens.aliases import AliasesScreen
from lwstui.tui.screens.apply import ApplyScreen
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.can import CanScreen
from lwstui.tui.screens.check import CheckScreen
from lwstui.tui.screens.config import ConfigScreen
from lwstui.tui.screens.controller import ControllerScreen
from lwstui.tui.screens.create import CreateScreen
from lwstui.tui.screens.diff import DiffScreen
from lwstui.tui.screens.events import EventsScreen
from lwstui.tui.screens.fleet import FleetScreen
from lwstui.tui.screens.group import GroupScreen
from lwstui.tui.screens.help import HelpScreen
from lwstui.tui.screens.logs import LogsScreen
from lwstui.tui.screens.lws import LwsScreen
from lwstui.tui.screens.nodes import NodesScreen
from lwstui.tui.screens.placement import PlacementScreen
from lwstui.tui.screens.pod import PodScreen
from lwstui.tui.screens.pods import PodsScreen
from lwstui.tui.screens.revisions import RevisionsScreen
from lwstui.tui.screens.rollout import RolloutScreen
from lwstui.tui.screens.takeover import TakeoverScreen
from lwstui.tui.screens.telemetry import IdleScreen, TelemetryScreen
from lwstui.tui.screens.text import TextScreen
from lwstui.tui.screens.why import InsightsScreen, WhyScreen
from lwstui.tui.screens.xray import XrayScreen

SCREENS: Final[dict[ScreenName, type[ConsoleScreen]]] = {
    "fleet": FleetScreen,
    "lws": LwsScreen,
    "group": GroupScreen,
    "pod": PodScreen,
    "placement": PlacementScreen,
    "pods": PodsScreen,
    "events": EventsScreen,
    "nodes": NodesScreen,
    "logs": LogsScreen,
    "text": TextScreen,
    "help": HelpScreen,
    "config": ConfigScreen,
    "can": CanScreen,
    "aliases": AliasesScreen,
    "apply": ApplyScreen,
    "rollout": RolloutScreen,
    "check": CheckScreen,
    "create": CreateScreen,
    "takeover": TakeoverScreen,
    "revisions": RevisionsScreen,
    "activity": ActivityScreen,
    "controller": ControllerScreen,
    "xray": XrayScreen,
    "diff": DiffScreen,
    "why": WhyScreen,
    "insights": InsightsScreen,
    "idle": IdleScreen,
    "telemetry": TelemetryScreen,
}


def make_screen(route: Route, state: RouteState) -> ConsoleScreen:
    """Return a new screen for a route."""
    return SCREENS[route.screen](route, state)
