"""Commands about change over time: the rollout and the history of a set."""

from __future__ import annotations

from typing import Final

from lwstui.tui.commands.meaning import one_set, writable
from lwstui.tui.commands.spec import Command, CommandError, CommandSpec
from lwstui.tui.exporting import export
from lwstui.tui.host import Host
from lwstui.tui.routes import Route, revisions_route, rollout_route
from lwstui.tui.verbs.controlling import pause_controller, pause_for_set
from lwstui.view.controller import HERE


def _rollout(host: Host, command: Command) -> None:
    host.goto(rollout_route(one_set(host, command).key), top=True)


def _revisions(host: Host, command: Command) -> None:
    host.goto(revisions_route(one_set(host, command).key), top=True)


def _diff(host: Host, command: Command) -> None:
    host.goto(Route("diff", one_set(host, command)), top=True)


def _xray(host: Host, command: Command) -> None:
    host.goto(Route("xray", one_set(host, command)), top=True)


def _activity(host: Host, command: Command) -> None:
    if not command.args:
        host.goto(Route("activity"), top=True)
        return
    if command.arg(0) != "export" or not command.arg(1):
        raise CommandError("usage: activity, or activity export FILE")
    host.run_task(export(host, command.arg(1)))


def _controller(host: Host, command: Command) -> None:
    if not command.args:
        host.goto(Route("controller"), top=True)
        return
    on = command.arg(0) == "pause"
    if command.arg(1):
        key = one_set(host, command, 1).key
        writable(host)
        host.run_task(pause_for_set(host, key, on))
        return
    if host.snapshot.controller.mode not in HERE:
        raise CommandError("no controller runs inside this console")
    writable(host)
    host.run_task(pause_controller(host, on))


COMMANDS: Final = (
    CommandSpec(
        "ctl",
        "the controller; pause or resume the one in this console, or whichever leads for one set",
        _controller,
        ("controller",),
        ("switch", "set"),
    ),
    CommandSpec("xray", "a set as a tree, down to containers", _xray, ("tree",), ("set",), 1),
    CommandSpec("activity", "what was done", _activity, ("act",), ("word", "path")),
    CommandSpec("rollout", "the rollout of a set", _rollout, ("ro",), ("set",), 1),
    CommandSpec("revisions", "the history of a set", _revisions, ("rev", "history"), ("set",), 1),
    CommandSpec("diff", "a set's revision against the one before", _diff, (), ("set",), 1),
)
