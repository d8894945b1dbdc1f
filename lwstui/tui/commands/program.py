"""Commands about the console itself: where it is attached, how it looks, leaving it."""

from __future__ import annotations

from typing import Final

from lwstui.config.settings import ConfigError
from lwstui.tui import places, verbs
from lwstui.tui.commands.objects import nearest
from lwstui.tui.commands.spec import Command, CommandError, CommandSpec
from lwstui.tui.host import Host
from lwstui.tui.leaving import at_stake
from lwstui.tui.lookpicker import pick_theme
from lwstui.tui.routes import CONFIG, Route


def _theme(host: Host, command: Command) -> None:
    name = command.arg(0)
    if not name:
        host.run_task(pick_theme(host))
        return
    if name not in host.available_themes:
        near = nearest(name, host.available_themes)
        raise CommandError(f"no theme “{name}”" + (f"; did you mean “{near}”?" if near else ""))
    host.set_theme(name)


def _context(host: Host, command: Command) -> None:
    if command.args:
        places.switch_context(host, places.named_context(host.snapshot, command.arg(0)))
    else:
        host.run_task(places.pick_context(host))


def _namespaces(host: Host, command: Command) -> None:
    if command.args:
        host.look_at(places.named_namespaces(host.snapshot, command.arg(0)))
    else:
        host.run_task(places.pick_namespace(host))


def _reconnect(host: Host, command: Command) -> None:
    del command
    host.backend.reconnect()
    host.say("listing everything again", "busy")


def _help(host: Host, command: Command) -> None:
    del command
    host.show_help()


def _quit(host: Host, command: Command) -> None:
    del command
    host.quit_guarded()


def _option(host: Host, command: Command) -> None:
    try:
        host.preferences.option(command.arg(0), command.arg(1))
    except ConfigError as error:
        raise CommandError(str(error)) from None
    host.say(f"{command.arg(0)} is {command.arg(1)} until the program ends", "dim")


def _config(host: Host, command: Command) -> None:
    del command
    host.goto(CONFIG, top=True)


def _aliases(host: Host, command: Command) -> None:
    del command
    host.goto(Route("aliases"), top=True)


def _suspend(host: Host, command: Command) -> None:
    del command
    host.run_task(_suspend_guarded(host))


async def _suspend_guarded(host: Host) -> None:
    """Stop the program; ask first if something depends on it."""
    impact = at_stake(host.snapshot, forwards=host.backend.forwards(), suspends=True)
    if impact is None or await verbs.leave_guard(host, impact, quits=False, label="Suspend"):
        host.suspend_program()


COMMANDS: Final = (
    CommandSpec("ctx", "another cluster", _context, ("context", "contexts"), ("context",)),
    CommandSpec(
        "ns",
        "namespaces in view, all or several",
        _namespaces,
        ("namespace", "namespaces"),
        ("namespaces",),
    ),
    CommandSpec("theme", "change colours; without a name, try them live", _theme, (), ("theme",)),
    CommandSpec("config", "every setting and where it comes from", _config, ("settings",)),
    CommandSpec("opt", "a setting, until the program ends", _option, (), ("option", "rest"), 2),
    CommandSpec("alias", "commands, aliases, own keys and plugins", _aliases, ("aliases",)),
    CommandSpec("suspend", "stop the program, as ctrl-z does in a shell", _suspend),
    CommandSpec("reconnect", "list everything again now", _reconnect),
    CommandSpec("help", "keys and commands", _help, ("keys",)),
    CommandSpec("quit", "leave the program", _quit, ("q", "q!", "qa", "exit")),
)
