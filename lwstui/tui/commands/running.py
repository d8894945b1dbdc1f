"""Running lines of the command bar, at once or as soon as the cluster they are about is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller.api.names import LEADERWORKERSETS, PODS
from lwstui.state.model import Snapshot
from lwstui.tui import places
from lwstui.tui.commands.language import Language
from lwstui.tui.commands.objects import resolve
from lwstui.tui.commands.spec import ArgKind, Command, CommandError, Refused
from lwstui.tui.host import Host
from lwstui.tui.refusing import note_refusal

_OBJECTS: Final[frozenset[ArgKind]] = frozenset({"set", "group", "target"})
_UNDECIDED: Final = ("connecting", "listing", "reconnecting")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A command that runs when a cluster and namespaces are in view.

    Attributes:
        context: Where to; empty for wherever the console is.
        namespaces: Namespaces in view; None for any.
        afresh: It is not known yet where to, because the contexts are not.
    """

    command: Command
    context: str = ""
    namespaces: tuple[str, ...] | None = None
    afresh: bool = False


class Commander:
    """Runs commands.

    A command for another context or other namespaces goes there first and runs when what it
    names has been listed; so does one that is given at the start.

    Args:
        host: The application.
        language: What can be typed.
    """

    def __init__(self, host: Host, language: Language) -> None:
        self._host = host
        self.language = language
        self._waiting: _Waiting | None = None

    def problem(self, text: str) -> str:
        """Return what is wrong with a line as far as can be told before running it."""
        try:
            command = self.language.parse(text)
            elsewhere = command.context or command.namespaces is not None
            named = self._named(command)
            if named and not elsewhere and listed(self._host.snapshot):
                resolve(self._host.snapshot, named[0])
        except CommandError as error:
            return str(error)
        return ""

    def run(self, text: str) -> None:
        """Run a line, or say in one sentence why it cannot be run."""
        self._waiting = None
        try:
            self._run(self.language.parse(text))
        except CommandError as error:
            self._host.say(str(error), "warn")

    def heard(self, snapshot: Snapshot) -> None:
        """Run the command that waits, if what it waits for is there."""
        waiting, cluster = self._waiting, snapshot.cluster
        if waiting is None or waiting.context not in ("", cluster.context):
            return
        there = waiting.namespaces in (None, cluster.namespaces)
        if waiting.afresh:
            ready = bool(cluster.contexts)
        else:
            ready = there and (listed(snapshot) or not self._named(waiting.command))
        if not ready:
            return
        self._waiting = None
        try:
            if waiting.afresh:
                self._run(waiting.command)
            else:
                self._perform(waiting.command)
        except CommandError as error:
            self._host.say(str(error), "warn")

    def _run(self, command: Command) -> None:
        host = self._host
        cluster = host.snapshot.cluster
        context, namespaces = cluster.context, command.namespaces
        if (command.context or namespaces is not None) and not cluster.contexts:
            self._waiting = _Waiting(command, afresh=True)
            return
        if command.context:
            context = places.named_context(host.snapshot, command.context)
        if context != cluster.context:
            self._waiting = _Waiting(command, context, namespaces)
            places.switch_context(host, context, namespaces)
        elif namespaces is not None and namespaces != cluster.namespaces:
            namespaces = places.named_namespaces(host.snapshot, ",".join(namespaces))
            self._waiting = _Waiting(command, context, namespaces)
            host.look_at(namespaces)
        elif self._named(command) and not listed(host.snapshot):
            self._waiting = _Waiting(command)
            words = " ".join((command.verb, *command.args))
            host.say(f"as soon as the cluster has answered: {words}", "busy")
        else:
            self._perform(command)

    def _perform(self, command: Command) -> None:
        try:
            self.language.find(command.verb).run(self._host, command)
        except Refused as error:
            words = " ".join((command.verb, *command.args))
            note_refusal(self._host, words, None, str(error))
            raise
        if command.filter:
            self._host.filter_front(command.filter)

    def _named(self, command: Command) -> tuple[str, ...]:
        """Return the words that name objects."""
        kinds = self.language.find(command.verb).args
        words = zip(kinds, command.args, strict=False)
        return tuple(word for kind, word in words if kind in _OBJECTS)


def listed(snapshot: Snapshot) -> bool:
    """Tell whether sets and pods have been listed, or are known not to be readable."""
    syncs = (snapshot.sync.get(kind.plural) for kind in (LEADERWORKERSETS, PODS))
    return all(sync is not None and _decided(sync.state, sync.last_event_at) for sync in syncs)


def _decided(state: str, last_event_at: float | None) -> bool:
    return state not in _UNDECIDED or last_event_at is not None
