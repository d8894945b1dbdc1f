"""Commands that change something; each opens its dialog."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from controller.api.meta import Key
from lwstui.tui import targets, verbs
from lwstui.tui.commands.meaning import one_set, target, writable
from lwstui.tui.commands.spec import Command, CommandError, CommandSpec
from lwstui.tui.host import Host
from lwstui.view.types import Ref


def _scale(host: Host, command: Command) -> None:
    key, number = one_set(host, command).key, command.arg(1)
    writable(host)
    host.run_task(verbs.scale(host, key, int(number) if number else None))


def _undo(host: Host, command: Command) -> None:
    key, number = one_set(host, command).key, command.arg(1)
    writable(host)
    host.run_task(verbs.undo(host, key, int(number) if number else None))


def _changes(
    verb: Callable[[Host, Key], Coroutine[Any, Any, None]],
) -> Callable[[Host, Command], None]:
    """Return a command that changes a set and wants nothing but its name."""

    def run(host: Host, command: Command) -> None:
        key = one_set(host, command).key
        writable(host)
        host.run_task(verb(host, key))

    return run


async def _edit(host: Host, key: Key) -> None:
    await verbs.edit(host, Ref("set", *key))


def _freezes(*, on: bool) -> Callable[[Host, Command], None]:
    """Return the command that freezes a set or a group, or thaws it."""

    def run(host: Host, command: Command) -> None:
        ref = target(host, command)
        key = targets.set_key(host.snapshot, ref)
        if key is None:
            raise CommandError(f"{command.arg(0)} belongs to no set")
        writable(host)
        group = ref.group if ref.group >= 0 else None
        host.run_task(verbs.freeze(host, key, group, on=on))

    return run


def _recreate(host: Host, command: Command) -> None:
    ref = target(host, command)
    key = targets.set_key(host.snapshot, ref)
    if ref.group < 0 or key is None:
        raise CommandError(f"name the group: recreate {command.arg(0)}/0")
    writable(host)
    host.run_task(verbs.recreate(host, key, ref.group))


def _image(host: Host, command: Command) -> None:
    key = one_set(host, command).key
    writable(host)
    host.run_task(verbs.set_image(host, key, command.arg(1), command.arg(2)))


COMMANDS: Final = (
    CommandSpec("scale", "set the number of groups", _scale, (), ("set", "number"), 1),
    CommandSpec("restart", "rolling restart of a set", _changes(verbs.restart), (), ("set",), 1),
    CommandSpec("edit", "edit a set in your editor", _changes(_edit), (), ("set",), 1),
    CommandSpec("fields", "edit common fields", _changes(verbs.edit_fields), (), ("set",), 1),
    CommandSpec("freeze", "leave a group or a set as it is", _freezes(on=True), (), ("target",), 1),
    CommandSpec("thaw", "lift a freeze", _freezes(on=False), (), ("target",), 1),
    CommandSpec("delete", "delete a set", _changes(verbs.delete_set), (), ("set",), 1),
    CommandSpec("undo", "go back to an earlier revision", _undo, (), ("set", "number"), 1),
    CommandSpec("hold", "hold a rollout where it is", _changes(verbs.hold), (), ("set",), 1),
    CommandSpec(
        "pause", "let no group be replaced", _changes(verbs.pause_rollout), (), ("set",), 1
    ),
    CommandSpec(
        "resume", "let a held rollout go on", _changes(verbs.resume_rollout), (), ("set",), 1
    ),
    CommandSpec(
        "next",
        "let one more group be updated",
        _changes(verbs.one_more_group),
        ("release",),
        ("set",),
        1,
    ),
    CommandSpec("recreate", "recreate one group", _recreate, (), ("group",), 1),
    CommandSpec("image", "set a container image", _image, (), ("set", "role", "image"), 1),
)
