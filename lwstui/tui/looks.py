"""How tables look: what the operator chose, per context, and what ``views.yaml`` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from lwstui.config.statefiles import StateFiles
from lwstui.config.views import ViewsFile, ViewSpec, nearest
from lwstui.tui.widgets.columns import Layout
from lwstui.view.custom import CustomColumn, arrangement, column_named
from lwstui.view.types import Column, Query

VIEWS: Final = ("sets", "groups", "group", "pods", "nodes", "events")
"""Tables that ``views.yaml`` may speak of."""
FILE: Final = "console"
"""Name of the state file."""


@dataclass(slots=True)
class Look:
    """What was chosen for the tables of one kind.

    Attributes:
        wide: Whether all columns are shown.
        layout: Which columns are shown and in which order, None for the usual ones.
        sort: Column that rows are sorted by, None if none was chosen.
        descending: Whether that order is reversed.
    """

    wide: bool = False
    layout: Layout | None = None
    sort: str | None = None
    descending: bool = False

    def document(self) -> dict[str, Any]:
        """Return it for a state file."""
        found: dict[str, Any] = {"wide": self.wide} if self.wide else {}
        if self.sort is not None:
            found |= {"sort": self.sort, "descending": self.descending}
        if self.layout is not None:
            found["columns"] = {
                "order": list(self.layout.order),
                "hidden": sorted(self.layout.hidden),
                "shown": sorted(self.layout.shown),
            }
        return found


def look_of(document: object) -> Look:
    """Return what a state file says; what it cannot say is as if it said nothing."""
    if not isinstance(document, dict):
        return Look()
    sort = document.get("sort")
    return Look(
        document.get("wide") is True,
        _layout_of(document.get("columns")),
        sort if isinstance(sort, str) else None,
        document.get("descending") is True,
    )


def _layout_of(document: object) -> Layout | None:
    if not isinstance(document, dict):
        return None
    return Layout(
        order=_names(document.get("order")),
        hidden=frozenset(_names(document.get("hidden"))),
        shown=frozenset(_names(document.get("shown"))),
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Usual:
    """What ``views.yaml`` makes of a table.

    Attributes:
        layout: Which columns it shows.
        custom: Columns that the file defines.
        sort: Id of the column that it is sorted by, empty for its own order.
        descending: Whether that order is reversed.
        problems: One sentence for each thing that cannot be understood.
    """

    layout: Layout = field(default_factory=Layout)
    custom: tuple[CustomColumn, ...] = ()
    sort: str = ""
    descending: bool = False
    problems: tuple[str, ...] = ()


def usual_of(spec: ViewSpec, columns: tuple[Column, ...], where: str) -> Usual:
    """Return what the file makes of a table.

    Args:
        spec: What it says.
        columns: The columns the table has by itself.
        where: File and key, for problems.
    """
    order, custom, unknown = arrangement(spec.columns, columns)
    everything = (*columns, *(one.column for one in custom))
    titles = [column.title or column.id for column in everything]
    problems = [
        f"{where}.columns: {said}" if " " in said else _unknown(f"{where}.columns", said, titles)
        for said in unknown
    ]
    sort = column_named(spec.sort, everything) if spec.sort else ""
    if spec.sort and not sort:
        problems.append(_unknown(f"{where}.sort", spec.sort, titles))
    if not order:
        return Usual(sort=sort, descending=spec.descending, problems=tuple(problems))
    hidden = {c.id for c in columns} - {*order} | {one.column.id for one in custom if one.hidden}
    layout = Layout(order=order, hidden=frozenset(hidden), shown=frozenset(_narrow(order, columns)))
    return Usual(layout, custom, sort, spec.descending, tuple(problems))


def _narrow(order: tuple[str, ...], columns: tuple[Column, ...]) -> set[str]:
    """Return the columns that are named: the operator wants them on narrow screens, too."""
    return {column.id for column in columns} & {*order}


def _unknown(where: str, name: str, titles: list[str]) -> str:
    return f"{where}: no column {name}; {nearest(name, titles)}"


ZOOMS: Final = 200
"""Sets whose zoom level is kept."""


@dataclass(slots=True)
class Looks:
    """The looks of all tables in one context, kept between runs.

    Attributes:
        files: Where they are kept.
        views: What the operator wrote down about tables, for all contexts.
        zooms: Zoom level of the group map that was chosen, by namespace and name of the set.
        place: The last place, as ``Route`` spells it for a state file.
    """

    files: StateFiles = field(default_factory=lambda: StateFiles(None))
    views: ViewsFile = field(default_factory=lambda: ViewsFile(None, VIEWS))
    zooms: dict[str, int] = field(default_factory=dict)
    place: Mapping[str, Any] | None = None
    _views: dict[str, Look] = field(default_factory=dict)
    _kept: Mapping[str, Any] = field(default_factory=dict)
    _usual: dict[tuple[str, tuple[Column, ...]], Usual] = field(default_factory=dict)
    _read: Mapping[str, ViewSpec] | None = None

    def of(self, view: str) -> Look:
        """Return what was chosen for the tables of one kind, such as ``pods``."""
        return self._views.setdefault(view, Look())

    def usual(self, view: str, columns: tuple[Column, ...]) -> Usual:
        """Return what ``views.yaml`` makes of a table.

        Args:
            view: Kind of the table.
            columns: The columns it has by itself.
        """
        if self._read is not self.views.specs:
            self._read = self.views.specs
            self._usual.clear()
        key = (view, columns)
        if key not in self._usual:
            spec = self.views.specs.get(view, ViewSpec())
            found = usual_of(spec, columns, f"{self.views.path}: views.{view}")
            self._usual[key] = found
            self.views.refused(view, found.problems)
        return self._usual[key]

    def layout(self, view: str, usual: Layout) -> Layout:
        """Return which columns a table shows.

        Args:
            view: Kind of the table.
            usual: What it shows if nothing was chosen.
        """
        look = self.of(view)
        return replace(look.layout or usual, wide=look.wide)

    def query(self, view: str, query: Query, usual: Usual) -> Query:
        """Return the order in which a table opens: the one that was chosen, else the usual one.

        Args:
            view: Kind of the table.
            query: Its query so far.
            usual: What ``views.yaml`` makes of it.
        """
        look = self.of(view)
        if look.sort is not None:
            return replace(query, sort=look.sort, descending=look.descending)
        if usual.sort:
            return replace(query, sort=usual.sort, descending=usual.descending)
        return query

    def attach(self, context: str) -> str:
        """Read what is kept of a context; return the problem, empty if there is none."""
        self.files = self.files.of(context)
        document, problem = self.files.read(FILE)
        known = document if isinstance(document, dict) else {}
        views = known.get("views")
        self._views = (
            {str(name): look_of(entry) for name, entry in views.items()}
            if isinstance(views, dict)
            else {}
        )
        zooms, place = known.get("zooms"), known.get("place")
        chosen = zooms.items() if isinstance(zooms, dict) else ()
        self.zooms = {str(name): zoom for name, zoom in chosen if isinstance(zoom, int)}
        self.place = place if isinstance(place, dict) else None
        self._kept = self.document()
        return problem

    def document(self) -> dict[str, Any]:
        """Return everything for the state file."""
        views = {name: look.document() for name, look in sorted(self._views.items())}
        return {
            "views": {name: found for name, found in views.items() if found},
            "zooms": dict(sorted(self.zooms.items())[-ZOOMS:]),
            "place": dict(self.place) if self.place is not None else None,
        }

    def changed(self) -> Callable[[], str] | None:
        """Return what keeps what changed, None if nothing did.

        It may run on another thread; it returns the problem, empty if there is none.
        """
        document = self.document()
        if document == self._kept or not self.files.context:
            return None
        self._kept = document
        return partial(self.files.write, FILE, document)


def moved(layout: Layout, columns: tuple[Column, ...], column_id: str, by: int) -> Layout:
    """Return a layout with a column some places further to the right or left."""
    ids = arranged(layout, columns)
    at = ids.index(column_id)
    to = max(0, min(len(ids) - 1, at + by))
    ids.insert(to, ids.pop(at))
    return replace(layout, order=tuple(ids))


def toggled(layout: Layout, column: Column, screen: int) -> Layout:
    """Return a layout that shows a column it hides, or hides one it shows.

    Args:
        layout: As it is.
        column: The column.
        screen: Cells of the screen.
    """
    here = {column.id}
    if is_shown(layout, column, screen):
        return replace(layout, hidden=layout.hidden | here, shown=layout.shown - here)
    return replace(layout, hidden=layout.hidden - here, shown=layout.shown | here)


def is_shown(layout: Layout, column: Column, screen: int) -> bool:
    """Tell whether a screen of so many cells shows a column."""
    return bool(layout.chosen((column,), screen))


def arranged(layout: Layout, columns: tuple[Column, ...]) -> list[str]:
    """Return the ids of all columns in the order of a layout, hidden ones included."""
    places = {column_id: place for place, column_id in enumerate(layout.order)}
    return sorted((c.id for c in columns), key=lambda c: places.get(c, len(places)))
