"""``lwstui get``: the console's tables, once or line by line, for people and for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED, USAGE, CommandParser, add_target, fail
from lwstui.cli.nearest import hint, names_of
from lwstui.cli.sets import UsageError, operate, place_of, say

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator
    from lwstui.runtime.reader import Reader
    from lwstui.view.listing import Listing, Place
    from lwstui.view.sheet import Sheet
    from lwstui.view.types import Row

NAME = "get"
SUMMARY = "list sets, groups, pods, nodes, events or revisions"
EXAMPLE = """\
Without names everything in the namespace is listed; nodes are the whole cluster's. A name is that
of a set, as NAME, NAME/GROUP or NAME/GROUP/WORKER; pods and nodes also go by their own. A selector
means the labels of the objects listed, for groups and revisions those of their sets.

examples:
  lwstui get                                  the sets, worst first
  lwstui get groups demo -o wide
  lwstui get pods demo/2 --watch              a line per pod that changes
  lwstui get pods -o wide --sort-by=-cpu      with what they use, where the cluster measures it
  lwstui get sets -A -o json | jq '.items[] | select(.state == "failed") | .name'
  lwstui get groups -o json --measure         with what devices and engines do
  lwstui get groups demo -o name | head -1 | xargs lwstui restart

example: lwstui get sets -A --sort-by=-gpu

exit codes:
  0  done
  1  failed: no answer, not allowed, or something that was named is not there
  2  wrong usage"""
KINDS: Final = ("sets", "groups", "pods", "nodes", "events", "revisions")
_USING: Final = ("sets", "groups", "pods", "nodes")
_WIDER: Final = ("pods", "nodes")
"""Kinds whose tables have columns for what is used."""
_LOOK_S: Final = 1.0
_ALIASES: Final = {
    "set": "sets",
    "lws": "sets",
    "leaderworkerset": "sets",
    "leaderworkersets": "sets",
    "group": "groups",
    "pod": "pods",
    "po": "pods",
    "node": "nodes",
    "no": "nodes",
    "event": "events",
    "ev": "events",
    "revision": "revisions",
    "rev": "revisions",
}


def add_arguments(parser: CommandParser) -> None:
    """Add the flags of the command."""
    parser.mixed = True
    parser.add_argument(
        "kind",
        metavar="KIND",
        nargs="?",
        type=kind,
        default="sets",
        choices=KINDS,
        help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]} (default sets)",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="NAME[/GROUP[/WORKER]]")
    parser.add_argument(
        "-o",
        "--output",
        choices=("table", "wide", "json", "yaml", "name"),
        default="table",
        help="format (default table)",
    )
    parser.add_argument("-l", "--selector", metavar="LABELS", default="", help="label selector")
    parser.add_argument(
        "-w", "--watch", action="store_true", help="go on with a line per row that changes"
    )
    parser.add_argument(
        "--sort-by",
        metavar="[-]COLUMN",
        default="",
        help="order by a column, downwards with a dash in front (write --sort-by=-age)",
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="with -o json or yaml: ask every exporter of devices and every engine once, too",
    )
    parser.add_argument("--no-headers", action="store_true", help="leave the titles out")
    add_target(parser, several=False)
    parser.add_argument(
        "-A",
        "--all-namespaces",
        action="store_true",
        default=argparse.SUPPRESS,
        help="all namespaces",
    )


def kind(word: str) -> str:
    """Return the kind a word means, as typed if it means none."""
    return _ALIASES.get(word.lower(), word.lower())


def run(arguments: argparse.Namespace) -> int:
    """List what is asked for."""
    paint.forgiving()

    async def work(operator: SetOperator) -> int:
        from lwstui.runtime.reader import dispensable, needs

        places = [place_of(name) for name in arguments.names]
        namespace = "" if arguments.all_namespaces else operator.namespace
        specs = needs(arguments.kind, namespace, arguments.selector, engines=arguments.measure)
        reader = await operator.watch(specs, optional=dispensable(arguments.kind))
        await _measure(arguments, operator, reader, namespace)
        look = _Look(arguments, places, reader, operator.clock.now)
        first = look.now()
        form = _form(first, arguments)
        _print_all(first, form, arguments)
        known = names_of(reader.snapshot(), arguments.kind, namespace) if first.missing else ()
        for place in first.missing:
            near = hint(place.name, known) or "; choose another namespace with -n or -A"
            fail(f"no {arguments.kind} {place} here{near}")
        if arguments.watch:
            await _print_changes(look, first, form)
        return FAILED if first.missing else 0

    if arguments.measure and (arguments.watch or arguments.output not in ("json", "yaml")):
        fail("--measure adds fields to data that is printed once: choose -o json or yaml")
        return USAGE
    if arguments.watch and arguments.output == "yaml":
        fail("--watch prints lines: choose -o json, name, wide or table")
        return USAGE
    return operate(arguments, work)


async def _measure(
    arguments: argparse.Namespace, operator: SetOperator, reader: Reader, namespace: str
) -> None:
    """Read once what is used; without it columns are empty, and fields are not there."""
    from lwstui.telemetry.usage import NODE_METRICS, POD_METRICS

    kind, data = arguments.kind, arguments.output in ("json", "yaml") and not arguments.watch
    if kind not in _USING or not (data or (arguments.output == "wide" and kind in _WIDER)):
        return
    if data and arguments.measure:
        for source in await operator.measure_all(reader, "" if kind == "nodes" else namespace):
            if source.why:
                print(f"lwstui: {source.name}: {source.why}", file=sys.stderr)
        return
    nodes = kind == "nodes"
    resource = NODE_METRICS if nodes else POD_METRICS
    why = await operator.measure(reader, resource, "" if nodes else namespace)
    if why and not data:
        print(f"lwstui: CPU and memory are not known: {why}", file=sys.stderr)


class _Look:
    """Lists the same again and again, as it is at the moment."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        places: Sequence[Place],
        reader: Reader,
        clock: Callable[[], float],
    ) -> None:
        from lwstui.view.memo import Memo
        from lwstui.view.types import Query

        column = arguments.sort_by.removeprefix("-")
        self.reader = reader
        self._kind = arguments.kind
        self._places = places
        self._clock = clock
        self._memo = Memo()
        self._query = Query(sort=column, descending=column != arguments.sort_by)

    def now(self) -> Listing:
        """Return the list.

        Raises:
            UsageError: If it has no column of the name to sort by.
        """
        from lwstui.view.listing import listing

        snapshot, clock = self.reader.snapshot(), self._clock()
        found = listing(self._kind, snapshot, self._query, clock, self._memo, places=self._places)
        columns = [column.id for column in found.table.columns]
        if self._query.sort not in ("", *columns):
            known = ", ".join(columns)
            raise UsageError(f"no column {self._query.sort} to sort {self._kind} by: {known}")
        return found


def _print_all(found: Listing, form: _Form, arguments: argparse.Namespace) -> None:
    """Print a whole list."""
    rows = found.table.rows
    if arguments.output in ("json", "yaml") and not arguments.watch:
        from lwstui.view.records import document

        say(paint.dump(document(arguments.kind, map(found.record, rows)), arguments.output))
        return
    if not rows and not found.missing:
        note = f"no {arguments.kind} match {arguments.selector}"
        print(note if arguments.selector else found.table.note, file=sys.stderr)
    titled = arguments.output in ("table", "wide") and not arguments.no_headers
    if titled and (rows or arguments.watch):
        say(form.header)
    for row in rows:
        say(form.line(found, row, "added"))


async def _print_changes(look: _Look, last: Listing, form: _Form) -> None:
    """Print a line for every row that is new, changed or gone, until interrupted."""
    known, trouble = {row.key: row for row in last.table.rows}, ""
    while True:
        # Some states change although nothing is said: what does not come is late at some point.
        await look.reader.changed(_LOOK_S)
        found = look.now()
        fresh = {row.key: row for row in found.table.rows}
        for key, row in fresh.items():
            if key not in known or form.news(row) != form.news(known[key]):
                say(form.line(found, row, "changed" if key in known else "added"))
        for key in known.keys() - fresh.keys():
            say(form.line(last, known[key], "gone"))
        last, known = found, fresh
        if look.reader.trouble != trouble:
            trouble = look.reader.trouble
            print(f"lwstui: {trouble or 'up to date again'}", file=sys.stderr)


class _Form:
    """How a row is printed."""

    def __init__(self, sheet: Sheet, output: str, *, colour: bool) -> None:
        self._sheet = sheet
        self._output = output
        self._colour = colour
        self.header = paint.text(sheet.header, colour=colour)
        self.news = sheet.news

    def line(self, found: Listing, row: Row, change: str) -> str:
        """Return a row; ``change`` says ``added``, ``changed`` or ``gone``."""
        if self._output in ("json", "yaml"):
            return json.dumps({"change": change, "item": found.record(row)})
        gone = "   (gone)" if change == "gone" else ""
        if self._output == "name":
            return f"{found.name(row)}{gone}"
        return f"{paint.text(self._sheet.line(row), colour=self._colour)}{gone}"


def _form(found: Listing, arguments: argparse.Namespace) -> _Form:
    from lwstui.view.sheet import sheet

    wide = arguments.output == "wide"
    printed = sheet(found.table, wide=wide, namespaces=arguments.all_namespaces)
    return _Form(printed, arguments.output, colour=paint.colours(arguments))
