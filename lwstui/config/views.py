"""Columns and orders of tables from ``views.yaml`` in the configuration folder.

The file maps tables to what they show, as k9s does::

    views:
      sets:
        columns: [S, NAME, READY, "TEAM:.metadata.labels.team", "COST:.spec.replicas|NW"]
        sort: AGE:desc
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from lwstui.config.parsing import unreadable
from lwstui.config.stamps import ABSENT, KEPT, Stamp, stamp

KEYS: Final = ("columns", "sort", "sortColumn")
"""What can be said about a table; the last two mean the same."""


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """What the file says about one table.

    Attributes:
        columns: Titles of columns, or ``NAME:path|flags``, in order; empty for the usual ones.
        sort: Title of the column that rows are sorted by, empty for the usual order.
        descending: Whether that order is reversed.
    """

    columns: tuple[str, ...] = ()
    sort: str = ""
    descending: bool = False


def read_views(path: Path, known: Collection[str]) -> tuple[dict[str, ViewSpec], tuple[str, ...]]:
    """Return what a file says about each table, and one sentence per problem.

    Args:
        path: The file; a missing one says nothing.
        known: Names of tables.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, ()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return {}, (f"cannot read {path}: {unreadable(error)}",)
    if document is None:
        return {}, ()
    views = document.get("views") if isinstance(document, dict) else None
    if not isinstance(views, dict):
        return {}, (f"{path}: views must map tables to their columns",)
    problems = [*_unknown(path, document, ("views",))]
    found: dict[str, ViewSpec] = {}
    for name, entry in views.items():
        if name not in known:
            problems += _unknown(path, {name: entry}, known)
            continue
        found[name], said = _view(f"{path}: views.{name}", entry)
        problems += said
    return found, tuple(problems)


def nearest(name: str, known: Collection[str]) -> str:
    """Return a hint at what a wrong name may mean: the nearest one, else all of them."""
    near = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1)
    spelled = next((k for k in known if near and k.lower() == near[0]), "")
    return f"did you mean {spelled}?" if spelled else f"known are {', '.join(sorted(known))}"


def _unknown(where: object, document: Mapping[Any, Any], known: Collection[str]) -> Iterator[str]:
    for name in document:
        if name not in known:
            yield f"{where}: unknown key {name}; {nearest(str(name), known)}"


def _view(where: str, entry: object) -> tuple[ViewSpec, list[str]]:
    if not isinstance(entry, dict):
        return ViewSpec(), [f"{where} must be a mapping with columns and sort"]
    problems = [*_unknown(where, entry, KEYS)]
    columns = entry.get("columns") or []
    if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
        problems.append(f"{where}.columns must be a list of titles")
        columns = []
    sort = entry.get("sort", entry.get("sortColumn", ""))
    if not isinstance(sort, str):
        problems.append(f"{where}.sort must be a title such as AGE:desc")
        sort = ""
    title, _, order = sort.partition(":")
    if order not in ("", "asc", "desc"):
        problems.append(f"{where}.sort ends in :asc or :desc, not :{order}")
    return ViewSpec(tuple(columns), title, order == "desc"), problems


class ViewsFile:
    """The file, read again when it changes; an invalid one keeps the last good values.

    Args:
        path: Where it is; None for nowhere.
        known: Names of tables.

    Attributes:
        specs: What it says about each table.
    """

    def __init__(self, path: Path | None, known: Collection[str]) -> None:
        self.path = path
        self._known = known
        self._seen: Stamp = ABSENT
        self._good = False
        self.specs: Mapping[str, ViewSpec] = {}
        self._problems: tuple[str, ...] = ()
        self._of_tables: dict[str, tuple[str, ...]] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it at present, a sentence each."""
        found = (said for problems in self._of_tables.values() for said in problems)
        return tuple(dict.fromkeys((*self._problems, *found)))

    def refused(self, table: str, problems: tuple[str, ...]) -> None:
        """Note what a table that was shown could not make of it."""
        self._of_tables[table] = problems

    def look(self) -> bool:
        """Read the file if it changed; return whether it did."""
        seen = stamp(self.path) if self.path is not None else ABSENT
        if seen == self._seen or self.path is None:
            return False
        self._seen = seen
        specs, problems = read_views(self.path, self._known)
        if problems and self._good:
            self._problems = tuple(f"{said}; {KEPT}" for said in problems)
            return True
        self.specs, self._problems = specs, problems
        self._of_tables.clear()
        self._good = not problems
        return True
