"""Vocabulary of the view-models: tones, spans, rows, columns and what each screen shows.

Widgets translate tones to styles; nothing here knows a colour. All text is clean (it was
cleaned when it entered the process) and is never parsed as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

from controller.api.meta import Key

NO_LABELS: Mapping[str, str] = MappingProxyType({})


def _no_labels() -> Mapping[str, str]:
    return NO_LABELS


Tone = Literal["", "ok", "busy", "info", "warn", "bad", "dim", "bold", "title"]
"""How a piece of text is meant: ok, in progress, notable, worrying, failed, unimportant."""


class Span(NamedTuple):
    """A piece of one line in one tone."""

    text: str
    tone: Tone = ""


Line = tuple[Span, ...]
"""One line of text."""


class Cell(NamedTuple):
    """One table cell: text, tone, or spans when one tone is not enough."""

    text: str
    tone: Tone = ""
    spans: Line = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One table column.

    Attributes:
        id: Stable name, used by filters and sorting.
        title: Header text.
        width: Cells; the flexible column takes what is left over but at least this.
        align: Words left, numbers right.
        flex: Whether this column grows.
        min_screen: Screens narrower than this many cells drop the column.
        age: Whether cells are ages; their sort keys are minus the epoch second they count
            from, so that they order like the age and do not change while time passes.
        want: Cells at which nothing in it is cut; columns that only wide screens have give way
            to it.
    """

    id: str
    title: str
    width: int
    align: Literal["left", "right"] = "left"
    flex: bool = False
    min_screen: int = 0
    age: bool = False
    want: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One table row; identity is the cache key, so an unchanged source keeps its Row.

    Attributes:
        key: Identity of the object (its UID where it has one): the cursor follows it.
        cells: One per column of the table.
        tone: Tone of the whole row.
        haystack: Lower-case text that plain filter words search.
        sort: Sort keys, one per column of the table.
        ref: What the row is about.
        state: Word of the row's state, such as ``failed``, for filters.
        severity: Rank of the state, 0 is worst; the default order and "faults only" use it.
        labels: Labels of the object as far as they are known, for ``-l``.
        whole: By column what filters search where a cell shows only a part of it.
    """

    key: str
    cells: tuple[Cell, ...]
    tone: Tone = ""
    haystack: str = ""
    sort: tuple[object, ...] = ()
    ref: Ref | None = None
    state: str = ""
    severity: int = 99
    labels: Mapping[str, str] = field(default_factory=_no_labels)
    whole: Mapping[str, str] = field(default_factory=_no_labels)


@dataclass(frozen=True, slots=True)
class Ref:
    """What a row, cell or screen is about.

    Attributes:
        kind: set, group, pod, node, event or revision.
        namespace: Empty for nodes.
        name: Name of the set for sets, groups and revisions; else of the object.
        group: Group index, -1 if not about a group.
        worker: Worker index, -1 if not about a pod of a group.
        uid: UID of the object; for a group, of its leader.
    """

    kind: Literal["set", "group", "pod", "node", "event", "revision"]
    namespace: str
    name: str
    group: int = -1
    worker: int = -1
    uid: str = ""

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return Key(self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Query:
    """What the operator asked a table to show.

    Attributes:
        filter: Filter text (grammar: words, !not, ~regex, column:text, compare, -l, -f).
        sort: Column id, or empty for worst first.
        descending: Reverse order.
        faults_only: Hide what is fine.
    """

    filter: str = ""
    sort: str = ""
    descending: bool = False
    faults_only: bool = False


@dataclass(frozen=True, slots=True)
class TableView:
    """A table's content.

    Attributes:
        columns: Column specifications.
        rows: Filtered and sorted.
        total: Rows before the filter.
        note: A sentence shown when there are no rows, or about the filter.
        everything: Rows before the filter, in no particular order.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    total: int = 0
    note: str = ""
    everything: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class MapCell:
    """One cell of a group map: a pod (or a whole group, zoomed out)."""

    glyph: str
    tone: Tone
    ref: Ref


@dataclass(frozen=True, slots=True)
class MapGroup:
    """One group of a group map.

    Attributes:
        index: Group index.
        mark: ``~`` old revision, ``*`` updating, ``^`` surge, or blank.
        glyph: Worst state in the group.
        tone: Its tone.
        ready: Ready pods.
        cells: One per pod, leader first.
        ref: The group.
        size: Pods it should have.
        note: What is the matter with it, in words, and where it runs.
    """

    index: int
    mark: str
    glyph: str
    tone: Tone
    ready: int
    cells: tuple[MapCell, ...]
    ref: Ref
    size: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class StatusView:
    """The first line of every screen, as separate facts; the widget decides what fits.

    Attributes:
        accent: Colour the operator gave the context, empty for none.
        protected: Whether dangerous changes want a name typed in this context.
        tape: What there is to say of a recording, the most important first.
    """

    context: str
    scope: str
    mode: Literal["RW", "RO"]
    connection: Span
    controller: Span
    totals: tuple[Span, ...] = ()
    clock: str = ""
    sandbox: bool = False
    user: str = ""
    accent: str = ""
    protected: bool = False
    tape: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Attention:
    """One line of the needs-attention strip."""

    glyph: str
    tone: Tone
    where: str
    what: str
    reason: str
    since: str
    ref: Ref


_NO_TITLE = Span("")


@dataclass(frozen=True, slots=True)
class FleetView:
    """The fleet screen.

    Attributes:
        attention: Causes, the most important first.
        more_attention: How many more there are.
        calm: What is said where there are none.
        quiet: Its title: that nothing needs attention, or why that cannot be said.
    """

    title: Line
    table: TableView
    attention: tuple[Attention, ...] = ()
    more_attention: int = 0
    calm: Line = ()
    quiet: Span = _NO_TITLE
    events: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class SetView:
    """The set screen: header lines, map, group rows, exceptions, waits, detail of the cursor.

    Attributes:
        found: False when the set is gone; ``header`` then says so.
        header: Two or three lines.
        groups: The map.
        table: One row per group, one cell per pod with its state.
        exceptions: What is not fine, worst first.
        waits: Why nothing (more) happens, from the controller's plan.
        legend: Meaning of the glyphs present.
        strip: Partition strip, empty when no rollout runs.
    """

    found: bool
    header: tuple[Line, ...]
    groups: tuple[MapGroup, ...] = ()
    table: TableView = field(default_factory=lambda: TableView(()))
    exceptions: TableView = field(default_factory=lambda: TableView(()))
    waits: tuple[Line, ...] = ()
    legend: Line = ()
    strip: Line = ()


class Toll(NamedTuple):
    """What stops running because of a change, in numbers that can be added up."""

    groups: int = 0
    pods: int = 0
    accelerators: int = 0


_NO_TOLL = Toll()


@dataclass(frozen=True, slots=True)
class Impact:
    """What a dialog says before a mutation.

    Attributes:
        title: Dialog title, such as ``SCALE SET``.
        target: Object, namespace and context, one line.
        what: What will happen, in words.
        facts: (label, value) pairs: groups, pods, accelerators, serving before and after,
            rollout floor, revision, data age.
        kubectl: The same as one kubectl command.
        confirm_text: What must be typed; empty when a button suffices.
        refused: Why it cannot be done at all; empty when it can.
        toll: What stops running, for sums over several changes.
        level: How dangerous it is: 1 asks for a key, 2 shows what happens, 3 stops something
            that serves, 4 cannot be taken back or is about very much.
        word: What must be typed where something must; empty for the target's name.
        outdated: How old the data is that all this is worked out from, as ``the data is 45s
            old``, if it wants a yes of its own; empty if it does not.
    """

    title: str
    target: str
    what: tuple[str, ...]
    facts: tuple[tuple[str, Span], ...] = ()
    kubectl: str = ""
    confirm_text: str = ""
    refused: str = ""
    toll: Toll = _NO_TOLL
    level: int = 2
    word: str = ""
    outdated: str = ""
