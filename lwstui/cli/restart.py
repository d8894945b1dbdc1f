"""``lwstui restart``: make all groups of a set again, rolling, or one group at once."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lwstui.cli.common import add_target, fail
from lwstui.cli.sets import (
    EXIT_CODES,
    UsageError,
    add_dry_run,
    add_names,
    add_patience,
    change,
    conclude,
    each,
    key_of,
    operate,
    patience_of,
    place_of,
    progress,
    wait,
    warn_unattended,
)

if TYPE_CHECKING:
    from controller.api.lws import LeaderWorkerSet
    from controller.api.pods import Pod
    from lwstui.runtime.intents import RollingRestart
    from lwstui.runtime.observer import SetObserver
    from lwstui.runtime.operator import SetOperator

NAME = "restart"
SUMMARY = "make all groups of a set again, rolling, or one group at once"
EXAMPLE = f"""\
A set is restarted by a stamp in its templates, which rolls at the pace of its rollout strategy.
A group is restarted by deleting its leader pod, its workers with it; all its pods stop together.

examples:
  lwstui restart demo --wait           all groups, rolling
  lwstui restart demo/2                group 2

example: lwstui restart demo/2 --wait --timeout 10m

{EXIT_CODES}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_names(parser, several=True, metavar="NAME[/GROUP]")
    parser.add_argument("--wait", action="store_true", help="wait until all groups are ready")
    add_patience(parser)
    add_dry_run(parser)
    add_target(parser, several=False)


def run(arguments: argparse.Namespace) -> int:
    """Restart what is named."""

    async def work(operator: SetOperator) -> int:
        return await each(arguments, lambda name: _restart(operator, name, arguments))

    return operate(arguments, work, writes=True)


def split(name: str) -> tuple[str, int | None]:
    """Return set and group index of ``[lws/]NAME[/GROUP]``; no group means all of them.

    Raises:
        UsageError: If it names neither.
    """
    place = place_of(name)
    if place.worker is not None:
        raise UsageError(f"{name} is one pod, a group is restarted as a whole: NAME/GROUP")
    return place.name, place.group


def rolling_restart(operator: SetOperator, lws: LeaderWorkerSet) -> RollingRestart:
    """Return the intent that restarts all groups, stamped with the present time."""
    from controller.api.meta import format_time
    from lwstui.runtime.intents import RollingRestart

    return RollingRestart(lws.key, lws.metadata.uid, format_time(operator.clock.now()))


async def _restart(operator: SetOperator, name: str, arguments: argparse.Namespace) -> int:
    set_name, group = split(name)
    lws = await operator.read(key_of(operator, set_name))
    if group is not None:
        return await _restart_group(operator, lws, group, arguments)
    code = await change(operator, lws, rolling_restart(operator, lws), "restarted", arguments)
    if code or arguments.dry_run == "server":
        return code
    if arguments.wait:
        return await wait(operator, lws, arguments)
    await warn_unattended(operator, lws)
    return 0


async def _restart_group(
    operator: SetOperator, lws: LeaderWorkerSet, group: int, arguments: argparse.Namespace
) -> int:
    from lwstui.runtime.intents import RecreateGroup
    from lwstui.runtime.rollouts import follow

    observer = await operator.observe(lws)
    leader = _leader(observer, group)
    if observer.attended is False:
        return fail(
            f"{lws.metadata.name}/{group} is left alone: no controller acts on the set, so nothing "
            "would make the group again; start one first (lwstui manifest controller prints it)"
        )
    intent = RecreateGroup(lws.key, group, leader.name, leader.uid)
    code = await change(operator, lws, intent, f"group {group} restarted", arguments)
    if code or not arguments.wait or arguments.dry_run == "server":
        return code

    def remade() -> bool:
        pods = observer.observed().pods
        return any(_leads(pod, group) and pod.uid != leader.uid for pod in pods)

    patience = patience_of(arguments)
    with progress(arguments) as tell:
        followed = await follow(observer, operator.clock, patience, tell, until=remade)
    return conclude(followed, arguments)


def _leads(pod: Pod, group: int) -> bool:
    return pod.worker == 0 and pod.group == group


def _leader(observer: SetObserver, group: int) -> Pod:
    """Return the leader pod of a group.

    Raises:
        Unpatchable: If there is none, or it is on its way out.
    """
    from lwstui.state.patches import Unpatchable

    pods = observer.observed().pods
    found = next((pod for pod in pods if _leads(pod, group)), None)
    if found is None:
        indexes = sorted({pod.group for pod in pods if pod.worker == 0})
        said = f"there are {', '.join(map(str, indexes))}" if indexes else "there is no group"
        raise Unpatchable(f"group {group} has no leader pod; {said}")
    if found.terminating:
        raise Unpatchable(f"group {group} is being made again already")
    return found
