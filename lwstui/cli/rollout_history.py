"""``lwstui rollout history``: the revisions of a set as a table, as data, or one template."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from lwstui.cli import paint
from lwstui.cli.sets import each, key_of, number_from, operate, say

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator
    from lwstui.state.history import History
    from lwstui.view.revisions import Entry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "--revision", type=number_from(1), metavar="N", help="print the template of this revision"
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=("table", "json", "yaml"),
        help="format (default table; of one revision yaml)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the history, or one revision of it."""

    async def work(operator: SetOperator) -> int:
        return await each(arguments, lambda name: _history(operator, name, arguments))

    return operate(arguments, work)


async def _history(operator: SetOperator, name: str, arguments: argparse.Namespace) -> int:
    from controller.plan.rollout import read_record
    from lwstui.config.paths import state_folder
    from lwstui.runtime.journal import Journal
    from lwstui.state.history import history_of
    from lwstui.view.authors import author
    from lwstui.view.revisions import entries

    lws = await operator.read(key_of(operator, name))
    observed = (await operator.observe(lws)).observed()
    history = history_of(lws, observed.revisions)
    if arguments.revision is not None:
        _print_template(history, arguments)
        return 0
    record = read_record(lws.annotations)
    found = entries(history, observed.pods, record.stable if record is not None else "")
    # What a console of this person did itself it has kept, with the cluster it did it in.
    did = await Journal(state_folder(os.environ)).earlier(operator.where.context)
    who = [author(entry.revision, lws, did) for entry in found]
    _print(found, who, lws.metadata.name, operator.clock.now(), arguments.output)
    return 0


def _print_template(history: History, arguments: argparse.Namespace) -> None:
    from lwstui.view.revisions import template_of

    template = template_of(history.numbered(arguments.revision))
    say(paint.dump(template, arguments.output or "yaml"))


def _print(
    found: tuple[Entry, ...], who: list[str], name: str, now: float, output: str | None
) -> None:
    from lwstui.view.report import object_name
    from lwstui.view.revisions import document, table

    if output in ("json", "yaml"):
        say(paint.dump([document(entry, by) for entry, by in zip(found, who, strict=True)], output))
        return
    say(object_name(name))
    for line in table(found, now, who) if found else ("no revision is recorded yet",):
        say(line)
