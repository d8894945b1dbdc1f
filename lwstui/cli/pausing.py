"""``lwstui controller pause`` and ``resume``: the controller leaves single sets alone, or not."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from lwstui.cli.common import add_target
from lwstui.cli.sets import add_dry_run, add_names, change, each, key_of, operate, say

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator

_PAUSE = """\
Has the controller plan for a set and write nothing for it: lost groups are not replaced, changes
of the spec wait, the status is not brought up to date. The mark is an annotation on the set,
lwstui.dev/controller-paused, which says when and by whom: it outlives every process, and any lwstui
controller that leads heeds it. Under lwstui rollout pause, in contrast, the controller keeps every
group alive and holds the update back only.
"""
_RESUME = "Lets the controller act on a set again; it looks at it at once.\n"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands below ``controller``; without one of them the controller runs."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, summary, text, on in (
        ("pause", "leave sets alone: plan, write nothing", _PAUSE, True),
        ("resume", "act on paused sets again", _RESUME, False),
    ):
        sub = commands.add_parser(
            name,
            help=summary,
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_names(sub, several=True)
        add_dry_run(sub)
        add_target(sub, several=False)
        sub.set_defaults(verb=partial(_run, on=on))


def _run(arguments: argparse.Namespace, *, on: bool) -> int:
    async def work(operator: SetOperator) -> int:
        return await each(arguments, lambda name: _one(operator, name, arguments, on=on))

    return operate(arguments, work, writes=True)


async def _one(operator: SetOperator, name: str, arguments: argparse.Namespace, *, on: bool) -> int:
    from controller.plan.paused import mark
    from lwstui.runtime.intents import PauseController
    from lwstui.state.patches import Unpatchable
    from lwstui.view.impact_pause import unheard

    lws = await operator.read(key_of(operator, name))
    if on and (why := unheard(lws, (await operator.observe(lws)).observed().pods)):
        raise Unpatchable(why)
    signed = mark(operator.where.user, operator.clock.now()) if on else ""
    intent = PauseController(lws.key, lws.metadata.uid, signed)
    done = (
        "paused: the controller writes nothing for it" if on else "served by the controller again"
    )
    code = await change(operator, lws, intent, done, arguments)
    if on and not code and arguments.output == "text":
        say(f"  to let it act again: {arguments.program} controller resume {lws.metadata.name}")
    return code
