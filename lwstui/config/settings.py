"""Settings in force: flag > environment > file of the context > file > default.

The files are ``config.yaml``, ``keymap.yaml`` and ``contexts/<name>.yaml`` in the configuration
folder. A broken file never stops the start; one that breaks later leaves what it said before in
force. Keys by action id add up over the files; of everything else the strongest value counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from lwstui.config.parsing import Unfit, unreadable
from lwstui.config.paths import config_folder
from lwstui.config.reading import read
from lwstui.config.schema import SCHEMA, Settings, setting
from lwstui.config.stamps import ABSENT, KEPT, Stamp, stamp
from lwstui.config.statefiles import safe_name

__all__ = ["Config", "ConfigError", "Loaded", "Settings", "load"]

DEFAULT: Final = "default"
SESSION: Final = ":opt"
_KEYS: Final = "keymap"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is in force in one context.

    Attributes:
        settings: The values.
        sources: Where each value comes from, by path: a flag, an environment variable, a file,
            ``:opt`` or ``default``.
        problems: One sentence per problem in the files.
    """

    settings: Settings
    sources: Mapping[str, str]
    problems: tuple[str, ...] = ()


class ConfigError(Exception):
    """A setting cannot be changed; the text is a sentence."""


class _File:
    """One settings file: its last good values and what is wrong with it at present.

    Args:
        path: Where it is.
        setting: The one setting that the whole file is about; empty for any.
    """

    def __init__(self, path: Path, setting: str = "") -> None:
        self.path = path
        self._setting = setting
        self.values: dict[str, Any] = {}
        self.problems: tuple[str, ...] = ()
        self._seen: Stamp | None = None
        self._good = False
        self.look()

    def look(self) -> bool:
        """Read the file if it changed; return whether it did."""
        seen = stamp(self.path)
        if seen == self._seen:
            return False
        self._seen = seen
        values, problems = self._read() if seen != ABSENT else ({}, ())
        if not problems or not self._good:
            self.values = values
        self._good = self._good or not problems
        self.problems = problems
        return True

    def _read(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        try:
            document = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}, ()
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            instead = KEPT if self._good else "the defaults are used"
            return {}, (f"cannot read {self.path}: {unreadable(error)}; {instead}",)
        if self._setting and isinstance(document, dict) and [*document] != [self._setting]:
            document = {self._setting: document}
        return read(document, str(self.path))


class Config:
    """The settings of every context.

    Args:
        environ: The environment: folders, and what overrides files.
        flags: Values that the command line sets, by field.
    """

    def __init__(self, environ: Mapping[str, str], flags: Mapping[str, Any] | None = None) -> None:
        self.folder = config_folder(environ)
        self._environ = {name: value for name, value in environ.items() if value}
        self._flags = dict(flags or {})
        self._session: dict[str, Any] = {}
        self._main = _File(self.folder / "config.yaml")
        self._keys = _File(self.folder / "keymap.yaml", _KEYS)
        self._contexts: dict[str, _File] = {}
        self._loaded: dict[str, Loaded] = {}

    def context_path(self, context: str) -> Path:
        """Return the file of one context."""
        return self.folder / "contexts" / f"{safe_name(context)}.yaml"

    def of(self, context: str) -> Loaded:
        """Return what is in force in a context; an empty one has no file of its own."""
        if context not in self._loaded:
            self._loaded[context] = self._load(context)
        return self._loaded[context]

    def _load(self, context: str) -> Loaded:
        files = [(self._main, "config.yaml"), (self._keys, "keymap.yaml")]
        if context:
            path = self.context_path(context)
            file = self._contexts.setdefault(context, _File(path))
            files.append((file, f"contexts/{path.name}"))
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        layers = [(file.values, name) for file, name in files]
        for found, source in (*layers, *self._above()):
            for one in SCHEMA:
                if one.field in found:
                    values[one.field] = _over(values.get(one.field), found[one.field])
                    sources[one.path] = source
        problems = tuple(said for file, _ in files for said in file.problems)
        known = {one.path: sources.get(one.path, DEFAULT) for one in SCHEMA}
        return Loaded(replace(Settings(), **values), MappingProxyType(known), problems)

    def look(self) -> bool:
        """Read again the files that changed; return whether any did."""
        changed = [file.look() for file in (self._main, self._keys, *self._contexts.values())]
        if any(changed):
            self._loaded.clear()
        return any(changed)

    def option(self, path: str, text: str) -> None:
        """Set a value until the program ends.

        Raises:
            ConfigError: If there is no such setting or the value does not fit.
        """
        found = setting(path)
        if found is None:
            _, problems = read({path: text}, "")
            raise ConfigError(problems[0].removeprefix(": "))
        try:
            self._session[found.field] = found.parse(text)
        except Unfit as error:
            raise ConfigError(f"{path} {error}") from None
        self._loaded.clear()

    def _above(self) -> list[tuple[dict[str, Any], str]]:
        """Return what beats the files, the strongest last."""
        layers: list[tuple[dict[str, Any], str]] = []
        for one in SCHEMA:
            text = self._environ.get(one.environ) if one.environ else None
            if text is not None:
                value = True if one.environ == "NO_COLOR" else text
                layers.append(({one.field: value}, one.environ))
        layers += [
            ({one.field: self._flags[one.field]}, one.flag or "flag")
            for one in SCHEMA
            if one.field in self._flags
        ]
        return [*layers, (self._session, SESSION)]


def _over(below: Any, above: Any) -> Any:
    """Return what is in force where a stronger place says something, too."""
    both = isinstance(below, Mapping) and isinstance(above, Mapping)
    return {**below, **above} if both else above


def load(
    environ: Mapping[str, str],
    *,
    context: str = "",
    theme: str | None = None,
    ascii_only: bool = False,
    no_color: bool = False,
    read_only: bool = False,
    no_mouse: bool = False,
) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings in force and one sentence per problem found.

    Args:
        environ: The environment (``LWSTUI_THEME``, ``NO_COLOR``, folders).
        context: The context, whose file is read, too.
        theme: Value of ``--theme``; None if not given.
        ascii_only: ``--ascii`` was given.
        no_color: ``--no-color`` was given.
        read_only: ``--read-only`` was given.
        no_mouse: ``--no-mouse`` was given.
    """
    given = (
        ("theme", theme),
        ("ascii", ascii_only),
        ("no_color", no_color),
        ("read_only", read_only),
    )
    flags: dict[str, Any] = {name: value for name, value in given if value}
    if no_mouse:
        flags["mouse"] = False
    found = Config(environ, flags).of(context)
    return found.settings, found.problems
