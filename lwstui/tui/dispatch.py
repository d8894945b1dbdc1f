"""Running a line of the command bar."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from controller.api.meta import Key
from lwstui.tui import commands, manifests, places, targets, verbs
from lwstui.tui.commands import Command, CommandError
from lwstui.tui.host import Host
from lwstui.tui.lookpicker import pick_theme
from lwstui.tui.routes import EVENTS, FLEET, NODES, PODS, Route, rollout_route, set_route
from lwstui.view.types import Ref


def run_line(host: Host, text: str) -> None:
    """Run a command, or say in one sentence why it cannot be run."""
    try:
        command = commands.parse(text)
        _RUN[command.verb](host, command)
    except CommandError as error:
        host.say(str(error), "warn")


def _target(host: Host, command: Command) -> Ref:
    return commands.resolve(host.snapshot, command.arg(0))


def _set(host: Host, command: Command) -> Ref:
    ref = _target(host, command)
    if ref.kind != "set":
        raise CommandError(f"“{command.arg(0)}” is a {ref.kind}, not a set")
    return ref


def _writable(host: Host) -> None:
    why = targets.refusal(host.snapshot, host.now(), read_only=host.read_only)
    if why:
        raise CommandError(why)


def _sets(host: Host, command: Command) -> None:
    del command
    host.goto(FLEET)


def _open_set(host: Host, command: Command) -> None:
    host.goto(set_route(_set(host, command).key), top=True)


def _pods(host: Host, command: Command) -> None:
    host.goto(Route("pods", _target(host, command)) if command.args else PODS, top=True)


def _nodes(host: Host, command: Command) -> None:
    del command
    host.goto(NODES, top=True)


def _events(host: Host, command: Command) -> None:
    host.goto(Route("events", _target(host, command)) if command.args else EVENTS, top=True)


def _logs(host: Host, command: Command) -> None:
    ref = _target(host, command)
    role = command.arg(1) or ("leader" if ref.kind == "set" else "all")
    verbs.open_logs(host, ref, role=role)


def _describe(host: Host, command: Command) -> None:
    verbs.open_text(host, _target(host, command), "describe")


def _yaml(host: Host, command: Command) -> None:
    verbs.open_text(host, _target(host, command), "yaml")


def _rollout(host: Host, command: Command) -> None:
    host.goto(rollout_route(_set(host, command).key), top=True)


def _scale(host: Host, command: Command) -> None:
    key, number = _set(host, command).key, command.arg(1)
    _writable(host)
    host.run_task(verbs.scale(host, key, int(number) if number else None))


def _undo(host: Host, command: Command) -> None:
    key, number = _set(host, command).key, command.arg(1)
    _writable(host)
    host.run_task(verbs.undo(host, key, int(number) if number else None))


def _changes(
    verb: Callable[[Host, Key], Coroutine[Any, Any, None]],
) -> Callable[[Host, Command], None]:
    """Return a command that changes a set and wants nothing but its name."""

    def run(host: Host, command: Command) -> None:
        key = _set(host, command).key
        _writable(host)
        host.run_task(verb(host, key))

    return run


def _recreate(host: Host, command: Command) -> None:
    ref = _target(host, command)
    key = targets.set_key(host.snapshot, ref)
    if ref.group < 0 or key is None:
        raise CommandError(f"name the group: recreate {command.arg(0)}/0")
    _writable(host)
    host.run_task(verbs.recreate(host, key, ref.group))


def _image(host: Host, command: Command) -> None:
    key = _set(host, command).key
    _writable(host)
    host.run_task(verbs.set_image(host, key, command.arg(1), command.arg(2)))


def _apply(host: Host, command: Command) -> None:
    manifests.apply(host, command.arg(0))


def _theme(host: Host, command: Command) -> None:
    name = command.arg(0)
    if not name:
        host.run_task(pick_theme(host))
        return
    if name not in host.available_themes:
        near = commands.nearest(name, host.available_themes)
        raise CommandError(f"no theme “{name}”" + (f"; did you mean “{near}”?" if near else ""))
    host.set_theme(name)


def _controller(host: Host, command: Command) -> None:
    if host.snapshot.controller.mode in ("off", "native", "elsewhere", "unknown"):
        raise CommandError("no controller runs inside this console")
    _writable(host)
    paused = command.arg(0) == "pause"
    host.backend.pause_controller(paused)
    host.say(f"asked the controller to {command.arg(0)}", "busy")


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


_RUN: Final[dict[str, Callable[[Host, Command], None]]] = {
    "sets": _sets,
    "set": _open_set,
    "pods": _pods,
    "nodes": _nodes,
    "events": _events,
    "logs": _logs,
    "describe": _describe,
    "yaml": _yaml,
    "rollout": _rollout,
    "scale": _scale,
    "restart": _changes(verbs.restart),
    "undo": _undo,
    "pause": _changes(verbs.pause_rollout),
    "resume": _changes(verbs.resume_rollout),
    "next": _changes(verbs.one_more_group),
    "recreate": _recreate,
    "image": _image,
    "ctx": _context,
    "ns": _namespaces,
    "apply": _apply,
    "theme": _theme,
    "ctl": _controller,
    "reconnect": _reconnect,
    "help": _help,
    "quit": _quit,
}
