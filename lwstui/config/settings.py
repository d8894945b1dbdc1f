"""Settings: flag > environment > file > default.

The file is ``config.yaml`` in the configuration folder. A broken file never stops the start:
``load`` returns the defaults and one sentence per problem.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from lwstui.config.paths import config_folder


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set.

    Attributes:
        theme: Theme name.
        ascii: Draw with ASCII only.
        no_color: Bold, dim, reverse and underline only.
        read_only: Refuse every write.
        mouse: Take mouse events; else they are the terminal's.
        keymap: Keys by action id, comma separated, replacing the default ones.
    """

    theme: str = "midnight"
    ascii: bool = False
    no_color: bool = False
    read_only: bool = False
    mouse: bool = True
    keymap: Mapping[str, str] = field(default_factory=dict)


def _checked(name: str, value: Any, path: Path) -> tuple[Any, str]:
    """Return (value, problem); the value is None when there is a problem."""
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value, ""
        return None, f"{path}: {name} must be true or false, not {value!r}"
    if isinstance(default, str):
        if isinstance(value, str):
            return value, ""
        return None, f"{path}: {name} must be text, not {value!r}"
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return {str(k): v for k, v in value.items()}, ""
    return None, f"{path}: {name} must map action ids to keys"


def from_file(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings in a file and one sentence per problem; a missing file is fine."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), ()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        first_line = str(error).splitlines()[0]
        return Settings(), (f"cannot read {path}: {first_line}; the defaults are used",)
    if document is None:
        return Settings(), ()
    if not isinstance(document, dict):
        return Settings(), (f"{path}: settings are a mapping of names to values",)
    known = [f.name for f in fields(Settings)]
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in document.items():
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            problems.append(f"{path}: unknown setting {name}{hint}")
            continue
        checked, problem = _checked(name, value, path)
        if problem:
            problems.append(problem)
        else:
            values[name] = checked
    return replace(Settings(), **values), tuple(problems)


def load(
    environ: Mapping[str, str],
    *,
    theme: str | None = None,
    ascii_only: bool = False,
    no_color: bool = False,
    read_only: bool = False,
    no_mouse: bool = False,
) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings in force and one sentence per problem found.

    Args:
        environ: The environment (``LWSTUI_THEME``, ``NO_COLOR``, folders).
        theme: Value of ``--theme``; None if not given.
        ascii_only: ``--ascii`` was given.
        no_color: ``--no-color`` was given.
        read_only: ``--read-only`` was given.
        no_mouse: ``--no-mouse`` was given.
    """
    settings, problems = from_file(config_folder(environ) / "config.yaml")
    return (
        replace(
            settings,
            theme=theme or environ.get("LWSTUI_THEME") or settings.theme,
            ascii=ascii_only or settings.ascii,
            no_color=no_color or bool(environ.get("NO_COLOR")) or settings.no_color,
            read_only=read_only or settings.read_only,
            mouse=settings.mouse and not no_mouse,
        ),
        problems,
    )
