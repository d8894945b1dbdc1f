"""The command palette: every object, every action of this screen, commands and themes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content
from textual.fuzzy import FuzzySearch

from lwstui.tui.actions import ActionSpec, actions
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.commands.spec import ArgKind
from lwstui.tui.commands.values import values
from lwstui.tui.host import Host
from lwstui.tui.keys import display_all
from lwstui.tui.routes import EVENTS, FLEET, NODES, PODS, Route, pod_route, set_route
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.titles import about
from lwstui.tui.whynot import offered
from lwstui.view.types import Ref

MOST_HITS: Final = 100
"""Offers for one search; a cluster has more than anyone reads."""
MOST_RECENT: Final = 5
_NOTES_FROM: Final = 36
_SCREENS: Final = {"lws": "set"}
"""What screens are called where their name in code is another."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something the palette can do.

    Attributes:
        text: What is shown and searched.
        note: Kind and key.
        run: What choosing it does.
    """

    text: str
    note: str
    run: Callable[[], None]


def _shown(offer: Offer, positions: Sequence[int] = ()) -> Content:
    """Return an offer with matching characters underlined; names are never parsed."""
    text = Content(offer.text)
    for at in positions:
        text = text.stylize("underline", at, at + 1)
    blank = " " * max(3, _NOTES_FROM - text.cell_length)
    return Content.assemble(text, (f"{blank}{offer.note}", "$tone-dim"))


def recent(host: Host) -> Iterator[Offer]:
    """Yield the objects that were looked at before, the last one first."""
    for route, ref in host.recent[:MOST_RECENT]:
        text = "/".join(filter(None, (ref.namespace, about(ref))))
        kind = _SCREENS.get(route.screen, route.screen)
        yield Offer(text, f"{kind}, seen before", partial(host.goto, route, top=True))


def of_screen(host: Host, screen: object) -> Iterator[Offer]:
    """Yield the actions of the screen that the palette was opened on."""
    if not isinstance(screen, ConsoleScreen):
        return
    for spec, why in offered(screen.situation(), *screen.SCOPES):
        if spec.per_key or spec.id in ("app.palette", "app.step-out"):
            continue
        if not screen.check_action(spec.action, ()):
            continue
        note = why or _key_of(spec)
        yield Offer(spec.title, note, partial(_act, host, screen, spec.action, why))


def _key_of(spec: ActionSpec) -> str:
    return f"{display_all(spec.keys)}{', asks' if spec.danger else ''}"


def _act(host: Host, screen: ConsoleScreen, action: str, why: str) -> None:
    if why:
        host.say(why, "warn")
    else:
        screen.call_next(screen.run_action, action)


def places(host: Host) -> Iterator[Offer]:
    """Yield places: lists first, then sets, nodes and pods."""
    for text, route in (("sets", FLEET), ("pods", PODS), ("nodes", NODES), ("events", EVENTS)):
        yield Offer(text, "screen", partial(host.goto, route, top=route is not FLEET))
    snapshot = host.snapshot
    for key in sorted(snapshot.sets):
        yield Offer(str(key), "set", partial(host.goto, set_route(key), top=True))
    for name in sorted(snapshot.nodes):
        route = Route("pods", Ref("node", "", name))
        yield Offer(name, "node", partial(host.goto, route, top=True))
    for key in snapshot.pods:
        yield Offer(str(key), "pod", partial(host.goto, pod_route(key.namespace, key.name)))


OFFERED: Final[frozenset[ArgKind]] = frozenset({"set", "theme", "context", "namespaces", "switch"})
"""What commands are offered with; those about a target would repeat the sets."""


_ON_SETS: Final = {spec.action: spec for spec in actions("set")}


def verbs(host: Host) -> Iterator[Offer]:
    """Yield commands that need no more than a set or a theme, each with its key if it has one."""
    of_kind = values(host)
    for spec in COMMANDS:
        names = [name for kind in spec.args[:1] if kind in OFFERED for name in of_kind(kind)]
        if not spec.needed:
            yield Offer(spec.verb, spec.help, partial(host.run_command, spec.verb))
        if spec.needed > 1:
            continue
        same = _ON_SETS.get(spec.verb) if spec.args[:1] == ("set",) else None
        note = f"{spec.help}   {_key_of(same)}" if same is not None else spec.help
        for name in names:
            line = f"{spec.verb} {name}"
            yield Offer(line, note, partial(host.run_command, line))


class Offers(Provider):
    """Searches all offers; text is shown as it is and never parsed.

    One provider for all of them, because what several ones find comes in the order in which
    they are done.
    """

    def offers(self) -> Iterator[Offer]:
        """Yield what was seen before, what can be done here, places, and commands."""
        host = cast("Host", self.app)
        yield from recent(host)
        yield from of_screen(host, self.screen)
        yield from places(host)
        yield from verbs(host)

    async def search(self, query: str) -> Hits:
        """Yield the offers that match."""
        fuzzy = FuzzySearch()
        found = [(*fuzzy.match(query, offer.text), offer) for offer in self.offers()]
        best = sorted((hit for hit in found if hit[0] > 0), key=lambda hit: -hit[0])[:MOST_HITS]
        for score, positions, offer in best:
            yield Hit(score, _shown(offer, positions), offer.run, text=offer.text)

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """Yield what is offered before anything is typed."""
        for _, offer in zip(range(MOST_HITS), self.offers(), strict=False):
            yield DiscoveryHit(_shown(offer), offer.run, text=offer.text)


class Palette(CommandPalette):
    """Textual's palette with our offers and without an emoji, whose width is a guess."""

    def __init__(self) -> None:
        super().__init__((Offers,), placeholder="object, action, command or theme")

    def on_mount(self) -> None:
        """Replace the icon."""
        self.query_one(SearchIcon).icon = ">"
