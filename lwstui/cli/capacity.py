"""``lwstui capacity``: accelerators by product, domain or node, free and how usable that is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lwstui.cli import paint
from lwstui.cli.common import FAILED, add_target, fail
from lwstui.cli.sets import number_from, operate, say

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator

NAME = "capacity"
SUMMARY = "say which accelerators are free, held and unhealthy, and how fragmented they are"
EXAMPLE = """\
examples:
  lwstui capacity                      by product
  lwstui capacity domains              by the topology key nodes have
  lwstui capacity nodes --pod-size 8   which share of what is free pods of 8 cannot use
  lwstui capacity -o json

example: lwstui capacity

FREE is on nodes that take pods; SHUT is free on nodes that are cordoned or not ready. LARGEST is
the most that is free on one node. FRAGMENTED is the share of what is free that pods of
--pod-size devices cannot use; the size is LARGEST of all if left out. Below it is told for the
pods of each set, and who waits for a node: FREE is before they come.

exit codes:
  0  done
  1  failed: no answer, or nodes or all pods may not be read
  2  wrong usage"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "by",
        metavar="BY",
        nargs="?",
        choices=("pools", "domains", "nodes"),
        default="pools",
        help="pools (products), domains or nodes (default pools)",
    )
    parser.add_argument("--key", default="", help="topology key of domains")
    parser.add_argument(
        "--pod-size", type=number_from(1), default=0, metavar="N", help="devices of a pod"
    )
    parser.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="form of the answer"
    )
    add_target(parser, several=False)


def run(arguments: argparse.Namespace) -> int:
    """Say what there is."""
    paint.forgiving()

    async def work(operator: SetOperator) -> int:
        from lwstui.capacity.queue import queue
        from lwstui.runtime.rooms import watch_room
        from lwstui.view.capacity import (
            document,
            domain_key,
            entries,
            holes,
            pod_sizes,
            size_lines,
            size_of,
            table,
            unseen_devices,
            waiting_lines,
        )
        from lwstui.view.fit import known_cluster

        reader = await watch_room(operator)
        snapshot = reader.snapshot()
        key = arguments.key or domain_key(snapshot)
        found = entries(snapshot, arguments.by, key)
        size = size_of(found, arguments.pod_size)
        sizes, crowds = pod_sizes(snapshot, found), queue(known_cluster(snapshot)).crowds
        if arguments.output == "json":
            say(paint.dump(document(found, arguments.by, size, sizes, crowds), "json"))
            return 0
        unseen = unseen_devices(snapshot)
        if not found:
            fail(f"no node has accelerators{f'; {unseen}' if unseen else ''}")
            return FAILED
        colour = paint.colours(arguments)
        lines = (*table(found, arguments.by, size), (), *holes(found), *size_lines(sizes))
        for line in (*lines, *waiting_lines(crowds)):
            say(paint.text(line, colour=colour))
        say(f"FRAGMENTED is for pods of {size}")
        if unseen:
            say(unseen)
        return 0

    return operate(arguments, work)
