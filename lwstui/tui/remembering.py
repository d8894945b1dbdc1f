"""What the console remembers between runs: the last place and how tables looked, per context."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from lwstui.state.model import Snapshot
from lwstui.tui.looks import Looks
from lwstui.tui.navigation import NavigatingApp
from lwstui.tui.routes import FLEET, Route, ScreenName
from lwstui.view.types import Ref

ReturnT = TypeVar("ReturnT")

KEPT: Final[Mapping[ScreenName, str]] = {
    "fleet": "",
    "lws": "set",
    "group": "group",
    "rollout": "set",
    "revisions": "set",
    "pods": "",
    "events": "",
    "nodes": "",
    "activity": "",
    "controller": "",
}
"""Screens to come back to, and what they must be about, if anything.

The others cost requests, or mean nothing without what was before them."""


class RememberingApp(NavigatingApp[ReturnT]):
    """An application that opens where it was left.

    Attributes:
        looks: How tables look in the present context.
        returns: Whether it opens where it was left, and notes where it is left.
    """

    looks: Looks
    returns = True
    _to_return: Route | None = None
    _saving: asyncio.Task[str] | None = None

    def recall(self, snapshot: Snapshot, *, go_back: bool) -> None:
        """Learn what is kept of a context when it is known, and go where it was left.

        Args:
            snapshot: What is known.
            go_back: Whether to open the last place.
        """
        context = snapshot.cluster.context
        if context and context != self.looks.files.context:
            problem = self.looks.attach(context)
            if problem:
                self.say(problem, "warn")
            self._to_return = route_of(self.looks.place) if go_back and self.returns else None
            self.forget_orders()
            self._select(self.preferences.of(context).settings.selector)
        if self._to_return is not None and snapshot.sets:
            route, self._to_return = self._to_return, None
            if len(self.crumbs) == 1 and _is_there(route, snapshot):
                self.goto(route)

    def _select(self, labels: str) -> None:
        """Begin with the sets that have some labels; the filter is one like any other."""
        fleet = self._states.get(FLEET)
        if labels and fleet is not None and not fleet.query.filter:
            fleet.query = replace(fleet.query, filter=f"-l {labels}")

    def forget_orders(self) -> None:
        """Let open screens take the order that is kept for their tables."""
        for state in self._states.values():
            for one in (state, *state.tabs.values()):
                one.opened = False

    def remember(self) -> None:
        """Note the place, and keep what changed. Writing is left to a thread."""
        if self._to_return is None and self.returns:
            self.looks.place = document_of(self.front.route)
        write = self.looks.changed()
        if write is not None and (self._saving is None or self._saving.done()):
            self._saving = asyncio.create_task(asyncio.to_thread(write))
            self._saving.add_done_callback(self._saved)

    def _saved(self, task: asyncio.Task[str]) -> None:
        if not task.cancelled() and task.result():
            self.say(task.result(), "warn")

    def keep(self) -> None:
        """Keep what changed before the program ends."""
        write = self.looks.changed()
        if write is not None:
            write()


def document_of(route: Route) -> Mapping[str, Any] | None:
    """Return a place for a state file, None if it is not worth coming back to."""
    if route.screen not in KEPT:
        return None
    found: dict[str, Any] = {"screen": route.screen}
    if route.ref is not None:
        ref = route.ref
        found["of"] = {
            "kind": ref.kind,
            "namespace": ref.namespace,
            "name": ref.name,
            "group": ref.group,
        }
    if route.detail:
        found["detail"] = route.detail
    return found


def route_of(document: Mapping[str, Any] | None) -> Route | None:
    """Return the place a state file speaks of, None if it speaks of none that is known."""
    if not isinstance(document, Mapping):
        return None
    named, detail = document.get("screen"), document.get("detail", "")
    screen = next((known for known in KEPT if known == named), None)
    if screen is None or not isinstance(detail, str):
        return None
    ref = _ref_of(document.get("of"))
    needed = KEPT[screen]
    if ref is None and (needed or document.get("of") is not None):
        return None
    if ref is not None and needed and ref.kind != needed:
        return None
    return Route(screen, ref, detail)


def _ref_of(document: object) -> Ref | None:
    if not isinstance(document, Mapping):
        return None
    kind, group = document.get("kind"), document.get("group", -1)
    namespace, name = document.get("namespace"), document.get("name")
    if kind not in ("set", "group", "pod", "node") or not isinstance(group, int):
        return None
    if not isinstance(namespace, str) or not isinstance(name, str):
        return None
    return Ref(kind, namespace, name, group)


def _is_there(route: Route, snapshot: Snapshot) -> bool:
    ref = route.ref
    if ref is None:
        return True
    match ref.kind:
        case "set" | "group":
            return ref.key in snapshot.sets
        case "pod":
            return ref.key in snapshot.pods
        case _:
            return ref.name in snapshot.nodes
