"""The operator's own commands: ``aliases.yaml``, ``hotkeys.yaml`` and ``plugins.yaml``.

Their shapes are those of k9s, so files can be brought along.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Any, Final

import yaml

from lwstui.config.parsing import unreadable

SCOPES: Final = ("all", "set", "group", "pod", "node")
VARIABLES: Final = (
    "CONTEXT",
    "CLUSTER",
    "USER",
    "KUBECONFIG",
    "NAMESPACE",
    "NAME",
    "SET",
    "GROUP",
    "WORKER",
    "POD",
    "NODE",
)
"""What arguments of a plugin may name with a ``$``."""

_KEY: Final = re.compile(
    r"(?:(shift|ctrl|alt)[-+])?(f\d{1,2}|[a-z0-9]|[!-/:-@\[-`{-~])", re.IGNORECASE
)
_FORMS: Final[Mapping[str, Mapping[str, type]]] = {
    "hotKeys": {"shortCut": str, "description": str, "command": str},
    "plugins": {
        "shortCut": str,
        "description": str,
        "command": str,
        "args": list,
        "scopes": list,
        "background": bool,
        "confirm": bool,
        "dangerous": bool,
    },
}


@dataclass(frozen=True, slots=True)
class Hotkey:
    """A key that runs a line of the command bar."""

    key: str
    command: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A key that runs another program on what is selected.

    Attributes:
        name: Its name in the file.
        key: As Textual names it.
        argv: Program and arguments; ``$NAME`` and the like stand for the selection.
        scopes: What must be selected, or ``all`` for anything.
        background: Let it run beside the console instead of in front of it.
        confirm: Ask first.
        dangerous: It changes something, so it is not to be had where nothing may be changed.
    """

    name: str
    key: str
    argv: tuple[str, ...]
    description: str = ""
    scopes: tuple[str, ...] = ("all",)
    background: bool = False
    confirm: bool = False
    dangerous: bool = False


@dataclass(frozen=True, slots=True)
class Extensions:
    """The operator's own commands, and one sentence per problem in their files."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    hotkeys: tuple[Hotkey, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    problems: tuple[str, ...] = ()

    def with_problems(self, problems: Iterable[str]) -> Extensions:
        """Return them with what is wrong with their files."""
        return replace(self, problems=tuple(problems))


class _Bad(Exception):
    """An entry cannot be used; the text says why."""


def load_extensions(folder: Path, taken: Collection[str] = ()) -> Extensions:
    """Return what the files in a folder define; entries that cannot be used are left out.

    Args:
        folder: The configuration folder.
        taken: Keys that have a meaning already.
    """
    used = set(taken)
    found = {file: read_entries(folder / file, used) for file in FILES}
    return gathered({file: made for file, (made, _) in found.items()}).with_problems(
        said for _, problems in found.values() for said in problems
    )


def read_entries(path: Path, used: set[str]) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Return the entries of one file that can be used, and one sentence per problem.

    Args:
        path: The file; its name says what it holds.
        used: Keys that have a meaning already; those of the entries are added.
    """
    section, make = FILES[path.name]
    problems: list[str] = []
    made = []
    for name, body in _document(path, section, problems).items():
        try:
            one = make(str(name), body)
            _claim(getattr(one, "key", ""), used)
            made.append(one)
        except _Bad as error:
            problems.append(f"{path}: {name}: {error}")
    return tuple(made), tuple(problems)


def gathered(found: Mapping[str, Sequence[Any]]) -> Extensions:
    """Return the entries of the files, by the names of the files, as one."""
    aliases, hotkeys, plugins = (tuple(found[file]) for file in FILES)
    return Extensions(dict(aliases), hotkeys, plugins)


def filled(plugin: Plugin, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the argument vector of a plugin for a selection; what has no value is empty."""
    known = {name: values.get(name, "") for name in VARIABLES}
    return tuple(Template(part).safe_substitute(known) for part in plugin.argv)


def key_of(text: str) -> str:
    """Return a key as Textual names it: ``Shift-L`` is ``L``, ``Ctrl-Y`` is ``ctrl+y``.

    Raises:
        ValueError: If it is no key.
    """
    found = _KEY.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text} is no key: write x, Shift-X, Ctrl-X or F5")
    modifier, key = (found[1] or "").lower(), found[2]
    if modifier == "shift":
        return key.upper() if len(key) == 1 else f"shift+{key.lower()}"
    if modifier:
        return f"{modifier}+{key.lower()}"
    return key.lower() if len(key) > 1 else key


def _document(path: Path, section: str, problems: list[str]) -> dict[Any, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(f"cannot read {path}: {unreadable(error)}")
        return {}
    if document is None:
        return {}
    inner = document.get(section, document) if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        problems.append(f"{path}: {section} is a mapping of names to entries")
        return {}
    return inner


def _claim(key: str, used: set[str]) -> None:
    """Take a key, unless it is taken."""
    if key and key in used:
        raise _Bad(f"its key {key} has a meaning already")
    used.add(key)


def _alias(name: str, body: Any) -> tuple[str, str]:
    if not isinstance(body, str) or not body.strip():
        raise _Bad("an alias stands for a line of the command bar")
    if name.split() != [name]:
        raise _Bad("an alias is one word")
    return name, body.strip()


def _hotkey(_: str, body: Any) -> Hotkey:
    fields = _fields(body, "hotKeys", ("shortCut", "command"))
    return Hotkey(_key(fields), fields["command"], fields.get("description", ""))


def _plugin(name: str, body: Any) -> Plugin:
    fields = _fields(body, "plugins", ("shortCut", "command"))
    argv = (fields["command"], *(str(part) for part in fields.get("args", ())))
    scopes = tuple(_scope(str(one)) for one in fields.get("scopes", ("all",)))
    for variable in (v for part in argv for v in _variables(part) if v not in VARIABLES):
        near = difflib.get_close_matches(variable, VARIABLES, n=1)
        hint = f"did you mean ${near[0]}?" if near else f"known are {', '.join(VARIABLES)}"
        raise _Bad(f"unknown variable ${variable}; {hint}")
    return Plugin(
        name,
        _key(fields),
        argv,
        fields.get("description", ""),
        scopes,
        background=fields.get("background", False),
        confirm=fields.get("confirm", False),
        dangerous=fields.get("dangerous", False),
    )


def _fields(body: Any, section: str, needed: tuple[str, ...]) -> dict[str, Any]:
    form = _FORMS[section]
    if not isinstance(body, dict):
        raise _Bad(f"it is a mapping of {', '.join(form)}")
    for entry, value in body.items():
        if entry not in form:
            near = difflib.get_close_matches(str(entry), form, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(form)}"
            raise _Bad(f"unknown field {entry}{hint}")
        if not isinstance(value, form[entry]):
            raise _Bad(f"{entry} must be {_WORDS[form[entry]]}, not {value!r}")
    missing = [one for one in needed if not body.get(one)]
    if missing:
        raise _Bad(f"it lacks {', '.join(missing)}")
    return body


_WORDS: Final[Mapping[type, str]] = {str: "text", bool: "true or false", list: "a list"}


def _key(fields: Mapping[str, Any]) -> str:
    try:
        return key_of(fields["shortCut"])
    except ValueError as error:
        raise _Bad(str(error)) from None


def _scope(text: str) -> str:
    singular = {"lws": "set", "leaderworkersets": "set"}.get(text, text.rstrip("s"))
    if text == "all" or singular in SCOPES:
        return singular
    raise _Bad(f"unknown scope {text}; known are {', '.join(SCOPES)}")


def _variables(text: str) -> list[str]:
    return Template(text).get_identifiers()


FILES: Final[Mapping[str, tuple[str, Callable[[str, Any], Any]]]] = {
    "aliases.yaml": ("aliases", _alias),
    "hotkeys.yaml": ("hotKeys", _hotkey),
    "plugins.yaml": ("plugins", _plugin),
}
"""The files, each with its section and what makes an entry of it; keys go to the first."""
