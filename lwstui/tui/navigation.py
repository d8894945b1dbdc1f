"""Going around in the console: from screen to screen, and from cluster to cluster."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from textual.reactive import var
from textual.screen import ModalScreen
from textual.theme import Theme

from lwstui.runtime.backend import Backend
from lwstui.runtime.destination import Destination
from lwstui.runtime.tuning import Tuning, tuning_of
from lwstui.state.manner import STANDARD
from lwstui.state.model import Snapshot
from lwstui.tui import places
from lwstui.tui.adjusting import AdjustableApp
from lwstui.tui.counting import Counting
from lwstui.tui.preferences import Preferences
from lwstui.tui.ringing import Bell
from lwstui.tui.routes import FLEET, Route, RouteState, Stack, Trail
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.registry import make_screen
from lwstui.view.memo import Memo
from lwstui.view.types import Ref, Tone

ReturnT = TypeVar("ReturnT")


class NavigatingApp(AdjustableApp[ReturnT]):
    """An application that shows routes on clusters.

    Args:
        backend: The engine.
        favourites: Namespaces that digits choose, in order; others follow.
        read_only: Nothing may be changed.
        theme: Theme to start with.
        no_color: No colours at all.
        ascii_only: Printable ASCII only.
        themes: Themes to choose from; the shipped ones if left out.

    Attributes:
        memo: What has been derived from snapshots of the present cluster.
        counting: What fits into the present cluster.
        read_only: Whether nothing may be changed here.
        manner: How things are judged and told.
        behind_s: How long the last snapshot took to the screen.
    """

    snapshot: var[Snapshot] = var(Snapshot())
    preferences: Preferences

    def __init__(
        self,
        backend: Backend,
        *,
        favourites: tuple[str, ...],
        read_only: bool,
        theme: str,
        no_color: bool,
        ascii_only: bool,
        themes: Sequence[Theme] | None,
    ) -> None:
        super().__init__(theme=theme, no_color=no_color, ascii_only=ascii_only, themes=themes)
        self.backend = backend
        self.memo, self.counting = Memo(), self._count_anew()
        self.manner = STANDARD
        self.read_only = read_only
        self._own_favourites = favourites
        self._favourites: tuple[str, ...] = ()
        self._attachment = 0
        self._trail = Trail(FLEET)
        self._states: dict[Route, RouteState] = {}
        self.behind_s = 0.0
        self._bell = Bell()

    @property
    def front(self) -> ConsoleScreen:
        """The screen in front, dialogs left aside."""
        screens = [s for s in self.screen_stack if isinstance(s, ConsoleScreen)]
        return screens[-1]

    @property
    def crumbs(self) -> tuple[str, ...]:
        """Texts of the open routes."""
        return self._trail.crumbs

    @property
    def recent(self) -> tuple[tuple[Route, Ref], ...]:
        """Objects that were looked at before, the last one first, each with its route."""
        return self._trail.seen

    def redraw(self) -> None:
        """Draw the screen in front anew, if there is one."""
        if self.screen_stack:
            self.front.refresh_view()

    def say(self, text: str, tone: Tone = "") -> None:
        """Show one sentence on the flash line of the screen in front."""
        self.front.say(text, tone)

    # Screens.

    def filter_front(self, text: str) -> None:
        """Filter what the screen in front shows."""
        self.front.begin_filter(text)

    def goto(self, route: Route, *, top: bool = False, tab: str = "") -> None:
        """Open a route, on a tab of its screen; without one on the tab that was open before."""
        if tab:
            self._states.setdefault(route, RouteState()).tab = tab
        self._show(self._trail.open(route, top=top))

    def leave(self) -> None:
        """Close the screen in front; on the first one say how to quit."""
        stack = self._trail.leave()
        if stack is None:
            self.say("this is the first screen: :q or ctrl-c quits", "dim")
        else:
            self._show(stack)

    def travel(self, by: int) -> None:
        """Go through history, -1 back or 1 forward."""
        stack = self._trail.back() if by < 0 else self._trail.forward()
        if stack is None:
            self.say("history ends here", "dim")
        else:
            self._show(stack)

    def _show(self, stack: Stack) -> None:
        """Make the open screens those of a stack; equal ones at the bottom stay as they are."""
        screens = [s for s in self.screen_stack if isinstance(s, ConsoleScreen)]
        same = 0
        for screen, route in zip(screens, stack, strict=False):
            if screen.route != route:
                break
            same += 1
        with self.batch_update():
            for _ in screens[same:]:
                self.pop_screen()
            for route in stack[same:]:
                self.push_screen(self._make(route))

    def _make(self, route: Route) -> ConsoleScreen:
        return make_screen(route, self._states.setdefault(route, RouteState()))

    # Clusters.

    @property
    def favourites(self) -> tuple[str, ...]:
        """Namespaces that digits choose, the first one by 1."""
        found = places.favourites(self.snapshot, self._own_favourites, self._favourites)
        self._favourites = found
        return found

    def destination(self, context: str, namespaces: tuple[str, ...] | None) -> Destination:
        """Return where going to a context leads, with its settings."""
        settings = self.preferences.of(context).settings
        wanted = namespaces if namespaces is not None else settings.namespaces or None
        return Destination(context, wanted, settings.read_only, tuning_of(settings))

    def attach(self, destination: Destination) -> None:
        """Leave the cluster for another: its screens and all they remember go with it."""
        self._attachment = self.backend.attach(destination)
        self.read_only, self.manner = destination.read_only, destination.tuning.manner
        self.memo, self.counting = Memo(), self._count_anew()
        self._trail, self._favourites = Trail(FLEET), ()
        self._states.clear()
        self._bell = Bell()
        with self.batch_update():
            while isinstance(self.screen, ModalScreen):
                self.screen.dismiss(None)
            while len(self.screen_stack) > 1:
                self.pop_screen()
            self.front.begin_anew(self._states.setdefault(FLEET, RouteState()))
            self.snapshot = places.skeleton(self.snapshot, destination, self._attachment)
        self.say(f"going to {destination.context}", "busy")

    def _count_anew(self) -> Counting:
        return Counting(self.run_task, self.now, self.redraw)

    def preparing(self, snapshot: Snapshot) -> Iterator[None]:
        """Return the steps by which the screen in front gets ready for a snapshot."""
        ours = snapshot.cluster.attachment == self._attachment and bool(self.screen_stack)
        return self.front.prepare(snapshot, self.now()) if ours else iter(())

    def heard(self, snapshot: Snapshot) -> None:
        """Take a snapshot, unless it is of a cluster that was left."""
        if snapshot.cluster.attachment == self._attachment:
            played = snapshot.cluster.playing is not None
            self.behind_s = 0.0 if played else max(0.0, self.now() - snapshot.taken_at)
            if played and snapshot.taken_at < self.snapshot.taken_at:
                self.memo = Memo()  # what it remembers is of times to come
            self.snapshot = snapshot

    def in_manner(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot that is judged and told as the operator wants it."""
        return snapshot if snapshot.manner == self.manner else replace(snapshot, manner=self.manner)

    def tune(self, tuning: Tuning) -> None:
        """Judge and tell things in another way from now on, and have the engine do so, too."""
        self.manner = tuning.manner
        self.snapshot = self.in_manner(self.snapshot)
        self.backend.tune(tuning)

    def ring(self) -> None:
        """Ring if something has failed and the operator wants to hear of it."""
        wanted = self.preferences.loaded.settings.bell == "failed"
        if wanted and self._bell.rings(self.snapshot, self.now(), self.memo):
            self.bell()

    @abstractmethod
    def run_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine; its failure is logged and becomes one sentence."""

    @abstractmethod
    def now(self) -> float:
        """Epoch seconds."""

    def prefer(self, favourites: tuple[str, ...]) -> None:
        """Take the namespaces that digits choose; others follow."""
        self._own_favourites = favourites

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Show these namespaces; none means all."""
        self.backend.look_at(namespaces)
        self.say(f"namespaces: {', '.join(namespaces) or 'all'}", "dim")
