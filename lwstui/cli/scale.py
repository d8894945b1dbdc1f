"""``lwstui scale``: set the number of groups."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from lwstui.cli.common import add_target
from lwstui.cli.sets import (
    EXIT_CODES,
    add_dry_run,
    add_names,
    add_patience,
    change,
    each,
    key_of,
    number_from,
    operate,
    wait,
    warn_unattended,
)

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator

NAME = "scale"
SUMMARY = "set the number of groups of sets"
EXAMPLE = f"""\
Scaling down removes the groups with the highest indexes.

example: lwstui scale demo --replicas 4 --wait

{EXIT_CODES}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_names(parser, several=True)
    parser.add_argument(
        "--replicas", type=number_from(0), required=True, metavar="N", help="groups to have"
    )
    parser.add_argument(
        "--current-replicas",
        type=number_from(0),
        metavar="N",
        help="do nothing unless the set asks for this many groups now",
    )
    parser.add_argument("--wait", action="store_true", help="wait until the groups are ready")
    add_patience(parser)
    add_dry_run(parser)
    add_target(parser, several=False)


def run(arguments: argparse.Namespace) -> int:
    """Scale the sets that are named."""

    async def work(operator: SetOperator) -> int:
        return await each(arguments, lambda name: _scale(operator, name, arguments))

    return operate(arguments, work, writes=True)


async def _scale(operator: SetOperator, name: str, arguments: argparse.Namespace) -> int:
    from lwstui.runtime.intents import Scale

    lws = await operator.read(key_of(operator, name))
    meta = lws.metadata
    intent = Scale(lws.key, meta.uid, arguments.replicas, arguments.current_replicas)
    code = await change(operator, lws, intent, "scaled", arguments)
    if code:
        return code
    for scaler in await operator.autoscalers(lws.key):
        warning = f"HorizontalPodAutoscaler {scaler} scales {meta.name} and may change it again"
        print(f"lwstui: warning: {warning}", file=sys.stderr)
    if arguments.dry_run == "server":
        return 0
    if arguments.wait:
        return await wait(operator, lws, arguments)
    await warn_unattended(operator, lws)
    return 0
