"""The command bar's language: parsing and completion. Pure.

A line is ``VERB [WORD…] [/filter] [@context] [-n NS[,NS] | -A]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from lwstui.tui.commands.objects import nearest
from lwstui.tui.commands.spec import (
    LOG_PART,
    ROLES,
    SWITCH,
    TABS,
    ArgKind,
    Command,
    CommandError,
    CommandSpec,
)

Values = Callable[[ArgKind], Iterable[str]]
"""Returns what words of a kind may be, for completion."""

_DEEPEST_ALIAS = 8


class Language:
    """What can be typed.

    Args:
        commands: The commands.
        aliases: The operator's own names: a first word and the text it stands for.
    """

    def __init__(
        self, commands: Sequence[CommandSpec], aliases: Mapping[str, str] | None = None
    ) -> None:
        self.commands = tuple(commands)
        self.aliases = dict(aliases or {})
        self._by_name = {
            name: spec for spec in self.commands for name in (spec.verb, *spec.aliases)
        }

    def find(self, word: str) -> CommandSpec:
        """Return the command a word names: exactly, by alias, or by a unique prefix.

        Raises:
            CommandError: If nothing or more than one thing matches.
        """
        if word in self._by_name:
            return self._by_name[word]
        specs = {
            self._by_name[name].verb for name in self._by_name if word and name.startswith(word)
        }
        if len(specs) == 1:
            return self._by_name[specs.pop()]
        if specs:
            raise CommandError(f"“{word}” could be {', '.join(sorted(specs))}")
        near = nearest(word, (*self._by_name, *self.aliases))
        hint = f"; did you mean “{near}”?" if near else "; ? lists them"
        raise CommandError(f"no command “{word}”{hint}")

    def parse(self, text: str) -> Command:
        """Return the command in a line.

        Raises:
            CommandError: If the verb is unknown or words are missing, superfluous or malformed.
        """
        words = self.expand(text).split()
        if not words:
            raise CommandError("type a command, or esc to leave")
        spec = self.find(words[0].lower())
        command = _taken_apart(spec, words[1:])
        if len(command.args) < spec.needed:
            raise CommandError(f"usage: {spec.usage}")
        if len(command.args) > len(spec.args):
            raise CommandError(f"too many words; usage: {spec.usage}")
        for kind, arg in zip(spec.args, command.args, strict=False):
            _check(kind, arg)
        return command

    def expand(self, text: str) -> str:
        """Return a line with the operator's own name at its beginning replaced.

        Raises:
            CommandError: If names stand for each other in a circle.
        """
        for _ in range(_DEEPEST_ALIAS):
            word, _, rest = text.strip().partition(" ")
            if word not in self.aliases:
                return text
            text = f"{self.aliases[word]} {rest}".strip()
        raise CommandError(f"the alias in “{text}” stands for itself")

    def complete(self, text: str, values: Values) -> tuple[str, ...]:
        """Return whole lines that continue what was typed: verbs, then objects, best first."""
        words = text.split(" ")
        before, last = " ".join(words[:-1]), words[-1]
        if len(words) == 1:
            own = [name for name in self.aliases if name.startswith(last)]
            return (*(s.verb for s in self.commands if s.verb.startswith(last.lower())), *own)
        try:
            words = [*self.expand(before).split(), last]
            spec = self.find(words[0].lower())
        except CommandError:
            return ()
        if last.startswith("@"):
            return _continued(before, "@", last[1:], values("context"))
        if words[-2] in ("-n", "--namespace"):
            return _continued(before, "", last, values("namespaces"))
        given = _taken_apart(spec, [word for word in words[1:-1] if word])
        if given.filter or len(given.args) >= len(spec.args):
            return ()
        kind = spec.args[len(given.args)]
        if kind == "namespaces" and "," in last:
            first, _, last = last.rpartition(",")
            return _continued(before, f"{first},", last, values(kind))
        return _continued(before, "", last, values(kind))


def _continued(before: str, prefix: str, last: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return lines that end in a value that begins with what was typed, or whose name does."""
    known = list(values)
    found = [v for v in known if v.startswith(last)]
    found += [v for v in known if v.rpartition("/")[2].startswith(last) and v not in found]
    return tuple(f"{before} {prefix}{value}" for value in found if value != last)


def _taken_apart(spec: CommandSpec, words: Sequence[str]) -> Command:
    """Return the command whose verb is known, its words told from filter, context and scope."""
    args: list[str] = []
    terms: list[str] | None = None
    context = ""
    namespaces: tuple[str, ...] | None = None
    rest = iter(words)
    for word in rest:
        kind = spec.args[min(len(args), len(spec.args) - 1)] if spec.args else None
        if kind == "rest" and len(args) >= len(spec.args) - 1:
            args.append(" ".join((word, *rest)))
        elif word.startswith("@") and len(word) > 1:
            context = word[1:]
        elif word in ("-A", "--all-namespaces"):
            namespaces = ()
        elif word in ("-n", "--namespace"):
            namespaces = tuple(filter(None, next(rest, "").split(",")))
            if not namespaces:
                raise CommandError("-n wants a namespace")
        elif terms is not None:
            terms.append(word)
        elif word.startswith("/") and kind not in ("path", "place"):
            terms = [word[1:]]
        else:
            args.append(word)
    return Command(spec.verb, tuple(args), " ".join(terms or ()).strip(), context, namespaces)


def _check(kind: ArgKind, arg: str) -> None:
    if kind == "number" and not (arg.isascii() and arg.isdigit()):
        raise CommandError(f"“{arg}” is not a number")
    if kind == "role" and arg not in ROLES:
        raise CommandError(f"“{arg}” is not a role: {', '.join(ROLES)}")
    if kind == "log-part" and not LOG_PART.fullmatch(arg):
        raise CommandError(f"“{arg}” is not a role (leader, worker, sub-0, all) or time (15m)")
    if kind == "tab" and arg not in TABS:
        raise CommandError(f"“{arg}” is not a tab of why: {', '.join(TABS)}")
    if kind == "switch" and arg not in SWITCH:
        raise CommandError(f"“{arg}” is neither pause nor resume")
