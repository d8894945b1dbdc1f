"""Where the console can be: routes, the trail of routes, and what a route remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from controller.api.meta import Key
from lwstui.runtime.backend import LogRequest
from lwstui.tui.marks import Marks
from lwstui.view.types import Query, Ref

ScreenName = Literal[
    "fleet",
    "lws",
    "group",
    "pod",
    "placement",
    "pods",
    "events",
    "nodes",
    "logs",
    "text",
    "help",
    "config",
    "aliases",
    "can",
    "apply",
    "check",
    "create",
    "takeover",
    "rollout",
    "revisions",
    "diff",
    "why",
    "insights",
    "idle",
    "telemetry",
    "activity",
    "controller",
    "xray",
]

Stack: TypeAlias = "tuple[Route, ...]"
"""The open routes, outermost first; never empty."""

_HISTORY: Final = 100
_OF_OBJECTS: Final[frozenset[ScreenName]] = frozenset({"lws", "group", "pod", "rollout", "why"})
"""Screens that are about one object."""


@dataclass(frozen=True, slots=True)
class Route:
    """One place: a screen and what it is about.

    Attributes:
        screen: Which screen shows it.
        ref: The object, or the scope of a list; None for everything.
        detail: ``yaml`` or ``describe`` for texts, the asking screen's scope for help, the path
            for an apply, the set that nodes are asked for room for.
        logs: What a log screen merges.
    """

    screen: ScreenName
    ref: Ref | None = None
    detail: str = ""
    logs: LogRequest | None = None

    @property
    def crumb(self) -> str:
        """Text of this route in the breadcrumbs."""
        match self.screen:
            case "fleet":
                return "sets"
            case "lws":
                return self.ref.name if self.ref else "set"
            case "group":
                return f"group {self.ref.group}" if self.ref else "group"
            case "pod":
                return self.ref.name if self.ref else "pod"
            case "logs":
                return _logs_crumb(self.logs)
            case "text":
                return self.detail
            case name:
                return f"{name} of {_short(self.ref)}" if self.ref else name

    def crumb_below(self, above: Stack) -> str:
        """Return the text of this route below others, with its object's name unless they say it."""
        ref, text = self.ref, self.crumb
        if ref is None or self.screen not in ("group", "text"):
            return text
        told = (route.ref for route in above if route.screen in _OF_OBJECTS)
        if any(one is not None and one.key == ref.key for one in told):
            return text
        return _short(ref) if self.screen == "group" else f"{text} of {_short(ref)}"


FLEET: Final = Route("fleet")
PODS: Final = Route("pods")
NODES: Final = Route("nodes")
EVENTS: Final = Route("events")
CONFIG: Final = Route("config")


def rollout_route(key: Key) -> Route:
    """Return the route of a set's rollout."""
    return Route("rollout", Ref("set", key.namespace, key.name))


def revisions_route(key: Key) -> Route:
    """Return the route of a set's history."""
    return Route("revisions", Ref("set", key.namespace, key.name))


def set_route(key: Key) -> Route:
    """Return the route of a set's screen."""
    return Route("lws", Ref("set", key.namespace, key.name))


def group_route(key: Key, group: int) -> Route:
    """Return the route of a group's screen."""
    return Route("group", Ref("group", key.namespace, key.name, group))


def pod_route(namespace: str, name: str) -> Route:
    """Return the route of a pod's screen."""
    return Route("pod", Ref("pod", namespace, name))


def placement_route(key: Key, group: int = -1) -> Route:
    """Return the route of where a set's groups run; of one group if its index is given."""
    kind: Literal["set", "group"] = "set" if group < 0 else "group"
    return Route("placement", Ref(kind, key.namespace, key.name, group))


def _short(ref: Ref) -> str:
    if ref.kind == "group":
        return f"{ref.name} group {ref.group}"
    return ref.name


def _logs_crumb(request: LogRequest | None) -> str:
    if request is None:
        return "logs"
    if request.pod:
        return f"logs {request.pod}"
    return "logs" if request.group is None else f"logs of group {request.group}"


class Trail:
    """The stack of open routes and the stacks that were open before.

    Every change of the stack is one step of history, leaving a screen included, so going
    back returns to a screen that was just left.
    """

    def __init__(self, root: Route) -> None:
        self._stacks: list[Stack] = [(root,)]
        self._at = 0

    @property
    def stack(self) -> Stack:
        """The open routes, outermost first."""
        return self._stacks[self._at]

    @property
    def here(self) -> Route:
        """The innermost open route."""
        return self.stack[-1]

    @property
    def crumbs(self) -> tuple[str, ...]:
        """Texts of the open routes."""
        stack = self.stack
        return tuple(route.crumb_below(stack[:at]) for at, route in enumerate(stack))

    @property
    def seen(self) -> tuple[tuple[Route, Ref], ...]:
        """Objects that were looked at before, the last one first, each with its route."""
        found = {s[-1]: s[-1].ref for s in reversed(self._stacks) if s[-1].screen in _OF_OBJECTS}
        return tuple((r, ref) for r, ref in found.items() if ref is not None and r != self.here)

    def open(self, route: Route, *, top: bool = False) -> Stack:
        """Go to a route: deeper, or back to where it is already open.

        Args:
            route: Where to go.
            top: Open it directly above the first screen.
        """
        stack = self.stack[:1] if top else self.stack
        if route in stack:
            return self._record(stack[: stack.index(route) + 1])
        return self._record((*stack, route))

    def leave(self) -> Stack | None:
        """Close the innermost route; None if it is the first screen."""
        if len(self.stack) == 1:
            return None
        return self._record(self.stack[:-1])

    def back(self) -> Stack | None:
        """Go one step back in history; None at its start."""
        return self._step(-1)

    def forward(self) -> Stack | None:
        """Go one step forward in history; None at its end."""
        return self._step(1)

    def _step(self, by: int) -> Stack | None:
        if not 0 <= self._at + by < len(self._stacks):
            return None
        self._at += by
        return self.stack

    def _record(self, stack: Stack) -> Stack:
        if stack != self.stack:
            self._stacks = [*self._stacks[: self._at + 1], stack][-_HISTORY:]
            self._at = len(self._stacks) - 1
        return stack


@dataclass(slots=True)
class RouteState:
    """What a route remembers between visits; its screen writes it.

    Attributes:
        query: Filter and order of the route's table.
        cursor: Key of the row under the cursor, empty if none.
        marks: What is marked.
        opened: Whether the order that is kept for its table has been taken over.
        tab: Open tab of a screen with tabs.
        metric: What a map of devices shows, empty if none was chosen.
        tabs: What each tab remembers.
    """

    query: Query = field(default_factory=Query)
    cursor: str = ""
    marks: Marks = field(default_factory=Marks)
    opened: bool = False
    tab: str = ""
    metric: str = ""
    tabs: dict[str, RouteState] = field(default_factory=dict)

    def of_tab(self, tab: str) -> RouteState:
        """Return what a tab remembers, and note that it is the open one."""
        self.tab = tab
        return self.tabs.setdefault(tab, RouteState())
