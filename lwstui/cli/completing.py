"""What the shell may complete: a walk through the parser, and names asked of the cluster.

The answer has the form that kubectl expects of its plugins: a word, a tab and its meaning on
each line, and at the end ``:0`` where file names fit, too, or ``:4`` where none do.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from lwstui.kube.connect import Target

WORD: Final = "__complete"
"""The hidden command."""

_ANSWER_S: Final = 0.9
_ASK_S: Final = 0.6
_SOURCES: Final = {
    "context": "contexts",
    "filename": "files",
    "kustomize": "files",
    "kubeconfig": "files",
    "kubeconfig_out": "files",
    "lease_namespace": "namespaces",
    "namespace": "namespaces",
    "source": "files",
    "to": "files",
    "names": "names",
}
# Values that are usual where others fit, too: any number may follow sub-.
_USUAL: Final = {"role": ("leader", "worker", "sub-0")}
# What a name is the name of, by the kind in front of it; of sets where there is none.
_NAMED: Final = {"nodes": "nodes", "node": "nodes", "pod": "pods"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What fits at the end of a command line.

    Attributes:
        typed: What is there already.
        words: Words known from the parser, with their meanings.
        source: What else fits: ``sets``, ``pods``, ``nodes``, ``namespaces``, ``contexts``,
            ``files``, or nothing.
        given: Values of the flags before, by their names in the parser.
    """

    typed: str
    words: tuple[tuple[str, str], ...] = ()
    source: str = ""
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Walk:
    """Where in the parser the words on the command line lead."""

    parser: argparse.ArgumentParser
    pending: argparse.Action | None = None
    positionals: int = 0
    given: dict[str, str] = field(default_factory=dict)

    def step(self, word: str) -> None:
        """Take one word."""
        if self.pending is not None:
            self.given[self.pending.dest] = word
            self.pending = None
        elif word.startswith("-"):
            flag, equals, value = word.partition("=")
            action = _flags(self.parser).get(flag)
            if action is not None and equals:
                self.given[action.dest] = value
            elif action is not None and _takes_value(action):
                self.pending = action
        else:
            self._position(word)

    def _position(self, word: str) -> None:
        action = self.awaited()
        if action is None:
            return
        if isinstance(action.choices, dict):
            self.parser = action.choices.get(word, self.parser)
            self.positionals = 0
            return
        self.given.setdefault(action.dest, word)
        self.positionals += 1

    def awaited(self) -> argparse.Action | None:
        """Return the positional argument that comes next; the last one may be repeated."""
        found = [one for one in _actions(self.parser) if not one.option_strings]
        if self.positionals < len(found):
            return found[self.positionals]
        return found[-1] if found and found[-1].nargs in ("*", "+") else None


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    known = parser._actions  # noqa: SLF001 - argparse has no other way to look at a parser
    return [action for action in known if action.help != argparse.SUPPRESS]


def _flags(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {flag: action for action in _actions(parser) for flag in action.option_strings}


def _takes_value(action: argparse.Action) -> bool:
    return action.nargs is None or (isinstance(action.nargs, str) and action.nargs != "?")


def wanted(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    """Return what fits at the end of a command line.

    Args:
        parser: Of the whole command line.
        words: Those after the program; the last one is being typed and may be empty. Shells
            that take ``=`` for a word of its own may pass it as one.
    """
    *before, typed = [*words] or [""]
    walk = _Walk(parser)
    for word in before:
        if word != "=":
            walk.step(word)
    typed = "" if typed == "=" else typed
    if walk.pending is not None:
        return _values(walk, walk.pending, typed)
    if not typed.startswith("-"):
        action = walk.awaited()
        return Wanted(typed) if action is None else _values(walk, action, typed)
    flag, equals, value = typed.partition("=")
    action = _flags(walk.parser).get(flag)
    if equals and action is not None:
        found = _values(walk, action, value)
        return Wanted(typed, tuple((f"{flag}={word}", said) for word, said in found.words))
    return Wanted(typed, _fitting(typed, _flag_words(walk.parser)))


def _flag_words(parser: argparse.ArgumentParser) -> Iterable[tuple[str, str]]:
    return ((flag, action.help or "") for flag, action in _flags(parser).items())


def _values(walk: _Walk, action: argparse.Action, typed: str) -> Wanted:
    """Return the values of a flag or the words at a position."""
    if isinstance(action.choices, dict):
        said = ((name, sub.description or "") for name, sub in action.choices.items())
        return Wanted(typed, _fitting(typed, said))
    if action.choices is not None:
        return Wanted(typed, _fitting(typed, ((str(word), "") for word in action.choices)))
    if action.dest in _USUAL:
        return Wanted(typed, _fitting(typed, ((word, "") for word in _USUAL[action.dest])))
    source = _SOURCES.get(action.dest, "")
    if source == "names":
        source = _NAMED.get(walk.given.get("kind", ""), "sets")
    return Wanted(typed, (), source, walk.given)


def _fitting(typed: str, words: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the words that begin as typed, with the first line of what they mean."""
    return tuple(
        (word, (said.splitlines() or [""])[0].replace("%%", "%"))
        for word, said in words
        if word.startswith(typed)
    )


def answer(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Print what fits at the end of a command line, in time or not at all; never a fault."""

    def too_late(*_: object) -> NoReturn:
        os._exit(0)

    # Not even a name server that is silent, or a slow login command, may hold the shell up.
    with suppress(ValueError):  # only the main thread has signals
        signal.signal(signal.SIGALRM, too_late)
        signal.setitimer(signal.ITIMER_REAL, _ANSWER_S)
        # Past its last thread Python forgets the handler, and the alarm would kill the program.
        atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)
    asked = wanted(parser, words)
    found = [*asked.words, *((word, "") for word in named(asked))]
    for word, said in found:
        print(f"{word}\t{said}")
    print(":0" if asked.source == "files" else ":4")
    return 0


def named(asked: Wanted) -> list[str]:
    """Return the names that fit; none where they cannot be known in time."""
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError, Target, contexts

    if asked.source in ("", "files"):
        return []
    given = asked.given
    target = Target(given.get("kubeconfig"), given.get("context"), given.get("namespace"))
    try:
        if asked.source == "contexts":
            names: Iterable[str] = contexts(target)
        else:
            names = asyncio.run(_ask(target, asked.source, asked.typed))
    except (ConnectError, ControllerError, OSError, TimeoutError):
        return []
    return sorted(name for name in names if name.startswith(asked.typed))


async def _ask(target: Target, source: str, typed: str) -> list[str]:
    from controller.api.names import LEADERWORKERSETS, NAMESPACES, NODES, PODS
    from lwstui.kube.connect import connect
    from lwstui.kube.lists import list_objects

    kinds = {
        "namespaces": NAMESPACES,
        "nodes": NODES,
        "pods": PODS,
        "sets": LEADERWORKERSETS,
    }
    kind = kinds[source]
    connection = await connect(target)
    try:
        async with asyncio.timeout(_ASK_S):
            where = connection.info.namespace if kind.namespaced else ""
            found = await list_objects(connection.rest, kind, where)
    finally:
        await connection.close()
    names = [str(one["metadata"]["name"]) for one in found]
    name, slash, _ = typed.partition("/")
    if not slash or source != "sets":
        return names
    groups = next((_groups(one) for one in found if one["metadata"]["name"] == name), 0)
    return [f"{name}/{index}" for index in range(groups)]


def _groups(lws: Mapping[str, object]) -> int:
    spec = lws.get("spec")
    replicas = spec.get("replicas", 1) if isinstance(spec, Mapping) else 0
    return replicas if isinstance(replicas, int) else 0
