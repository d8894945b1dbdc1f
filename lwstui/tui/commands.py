"""The command bar's language: parsing, finding the object meant, completion. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.view.types import Ref

ArgKind = Literal[
    "set",
    "group",
    "target",
    "number",
    "role",
    "image",
    "theme",
    "switch",
    "context",
    "namespaces",
    "path",
]
ROLES: Final = ("leader", "worker", "all")
SWITCH: Final = ("pause", "resume")


class CommandError(Exception):
    """A command cannot be run; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One verb of the command bar.

    Attributes:
        verb: Its name.
        aliases: Other names.
        args: What its words mean, in order.
        needed: How many of them must be given.
        help: What it does.
    """

    verb: str
    help: str
    aliases: tuple[str, ...] = ()
    args: tuple[ArgKind, ...] = ()
    needed: int = 0

    @property
    def usage(self) -> str:
        """The verb with its arguments, optional ones in brackets."""
        words = [
            kind.upper() if i < self.needed else f"[{kind.upper()}]"
            for i, kind in enumerate(self.args)
        ]
        return " ".join((self.verb, *words))


COMMANDS: Final = (
    CommandSpec("sets", "all sets", ("lws", "fleet", "leaderworkersets")),
    CommandSpec("set", "groups of one set", ("groups", "gr", "open"), ("set",), 1),
    CommandSpec("pods", "pods of all sets, of a set or of a group", ("po", "pod"), ("target",)),
    CommandSpec("nodes", "nodes and their accelerators", ("no", "node", "gpu")),
    CommandSpec("events", "events, of everything or of a target", ("ev", "event"), ("target",)),
    CommandSpec("logs", "merged logs of a target", ("log",), ("target", "role"), 1),
    CommandSpec("describe", "describe a target", ("desc",), ("target",), 1),
    CommandSpec("yaml", "a target as YAML", (), ("target",), 1),
    CommandSpec("rollout", "the rollout of a set", ("ro",), ("set",), 1),
    CommandSpec("scale", "set the number of groups", (), ("set", "number"), 1),
    CommandSpec("restart", "rolling restart of a set", (), ("set",), 1),
    CommandSpec("undo", "go back to an earlier revision", (), ("set", "number"), 1),
    CommandSpec("pause", "let no further group be replaced", ("hold",), ("set",), 1),
    CommandSpec("resume", "let a paused rollout go on", (), ("set",), 1),
    CommandSpec("next", "let one more group be updated", ("release",), ("set",), 1),
    CommandSpec("recreate", "recreate one group", (), ("group",), 1),
    CommandSpec("image", "set a container image", (), ("set", "role", "image"), 1),
    CommandSpec("ctx", "another cluster", ("context", "contexts"), ("context",)),
    CommandSpec(
        "ns", "namespaces in view, all or several", ("namespace", "namespaces"), ("namespaces",)
    ),
    CommandSpec("apply", "plan and apply manifests of a file or folder", ("dir",), ("path",)),
    CommandSpec("theme", "change colours; without a name, try them live", (), ("theme",)),
    CommandSpec("ctl", "pause or resume this controller", ("controller",), ("switch",), 1),
    CommandSpec("reconnect", "list everything again now"),
    CommandSpec("help", "keys and commands", ("keys",)),
    CommandSpec("quit", "leave the program", ("q", "q!", "qa", "exit")),
)
_BY_NAME: Final = {name: spec for spec in COMMANDS for name in (spec.verb, *spec.aliases)}


@dataclass(frozen=True, slots=True)
class Command:
    """A command as typed: its verb and its words."""

    verb: str
    args: tuple[str, ...] = ()

    def arg(self, index: int) -> str:
        """Return a word, empty if it was not given."""
        return self.args[index] if index < len(self.args) else ""


def find(word: str) -> CommandSpec:
    """Return the command a word names: exactly, by alias, or by a unique prefix.

    Raises:
        CommandError: If nothing or more than one thing matches.
    """
    if word in _BY_NAME:
        return _BY_NAME[word]
    specs = {_BY_NAME[name].verb for name in _BY_NAME if word and name.startswith(word)}
    if len(specs) == 1:
        return _BY_NAME[specs.pop()]
    if specs:
        raise CommandError(f"“{word}” could be {', '.join(sorted(specs))}")
    near = nearest(word, _BY_NAME)
    hint = f"; did you mean “{near}”?" if near else "; ? lists them"
    raise CommandError(f"no command “{word}”{hint}")


def parse(text: str) -> Command:
    """Return the command in a line.

    Raises:
        CommandError: If the verb is unknown or words are missing, superfluous or malformed.
    """
    words = text.split()
    if not words:
        raise CommandError("type a command, or esc to leave")
    spec, args = find(words[0].lower()), tuple(words[1:])
    if len(args) < spec.needed:
        raise CommandError(f"usage: {spec.usage}")
    if len(args) > len(spec.args):
        raise CommandError(f"too many words; usage: {spec.usage}")
    for kind, arg in zip(spec.args, args, strict=False):
        _check(kind, arg)
    return Command(spec.verb, args)


def _check(kind: ArgKind, arg: str) -> None:
    if kind == "number" and not (arg.isascii() and arg.isdigit()):
        raise CommandError(f"“{arg}” is not a number")
    if kind == "role" and arg not in ROLES:
        raise CommandError(f"“{arg}” is not a role: {', '.join(ROLES)}")
    if kind == "switch" and arg not in SWITCH:
        raise CommandError(f"“{arg}” is neither pause nor resume")


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the most similar name, empty if none is similar."""
    found = get_close_matches(word, list(names), n=1, cutoff=0.5)
    return found[0] if found else ""


def resolve(snapshot: Snapshot, text: str) -> Ref:
    """Return what ``[NS/]SET[/GROUP[/WORKER]]`` or a pod's name means.

    Raises:
        CommandError: If nothing of that name exists, or several do.
    """
    parts = text.split("/")
    indices: list[int] = []
    while len(parts) > 1 and parts[-1].isascii() and parts[-1].isdigit() and len(indices) < 2:
        if Key("/".join(parts[:-1]), parts[-1]) in snapshot.sets:
            break
        indices.insert(0, int(parts.pop()))
    keys = _named(snapshot.sets, parts)
    if not keys and not indices:
        pods = _named(snapshot.pods, parts)
        if len(pods) == 1:
            pod = snapshot.pods[pods[0]]
            return Ref("pod", pod.namespace, pod.name, pod.group, pod.worker, pod.uid)
    if len(keys) > 1:
        raise CommandError(f"“{text}” is in several namespaces: {', '.join(map(str, keys))}")
    if not keys:
        near = nearest(parts[-1], (key.name for key in snapshot.sets))
        raise CommandError(f"no set “{text}”" + (f"; did you mean “{near}”?" if near else ""))
    return _inside(snapshot, keys[0], indices)


def _inside(snapshot: Snapshot, key: Key, indices: list[int]) -> Ref:
    if not indices:
        return Ref("set", key.namespace, key.name)
    members = [p for p in snapshot.by_set.get(key, ()) if p.group == indices[0]]
    if not members:
        raise CommandError(f"{key} has no group {indices[0]}")
    if len(indices) == 1:
        leader = next((p.uid for p in members if p.worker == 0), "")
        return Ref("group", key.namespace, key.name, indices[0], uid=leader)
    pod = next((p for p in members if p.worker == indices[1]), None)
    if pod is None:
        raise CommandError(f"{key} group {indices[0]} has no worker {indices[1]}")
    return Ref("pod", key.namespace, pod.name, pod.group, pod.worker, pod.uid)


def _named(keys: Iterable[Key], parts: list[str]) -> list[Key]:
    if len(parts) == 2:
        return [key for key in keys if key == (parts[0], parts[1])]
    return [key for key in keys if key.name == parts[-1]] if len(parts) == 1 else []


def complete(text: str, snapshot: Snapshot, themes: Iterable[str] = ()) -> tuple[str, ...]:
    """Return whole lines that continue what was typed: verbs, then objects, best first."""
    words = text.split(" ")
    if len(words) == 1:
        return tuple(spec.verb for spec in COMMANDS if spec.verb.startswith(words[0].lower()))
    try:
        spec = find(words[0].lower())
    except CommandError:
        return ()
    index = len(words) - 2
    if index >= len(spec.args):
        return ()
    before, last = " ".join(words[:-1]), words[-1]
    values = _values(spec.args[index], snapshot, themes)
    found = [v for v in values if v.startswith(last)]
    found += [v for v in values if v.rpartition("/")[2].startswith(last) and v not in found]
    return tuple(f"{before} {value}" for value in found if value != last)


def _values(kind: ArgKind, snapshot: Snapshot, themes: Iterable[str]) -> list[str]:
    if kind == "role":
        return list(ROLES)
    if kind == "switch":
        return list(SWITCH)
    if kind == "theme":
        return sorted(themes)
    if kind == "context":
        return [facts.name for facts in snapshot.cluster.contexts]
    if kind == "namespaces":
        known = {*snapshot.cluster.known_namespaces, *snapshot.sets_by_namespace}
        return ["all", *sorted(known)]
    if kind in ("set", "group", "target"):
        return object_names(snapshot.sets)
    return []


def object_names(keys: Iterable[Key]) -> list[str]:
    """Return the shortest unambiguous name of each object, sorted."""
    found = tuple(keys)
    counts = Counter(key.name for key in found)
    return sorted(key.name if counts[key.name] == 1 else str(key) for key in found)
