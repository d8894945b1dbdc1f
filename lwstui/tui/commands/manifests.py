"""Commands about manifests: what they would change, what is wrong with them."""

from __future__ import annotations

from typing import Final

from lwstui.tui import manifests
from lwstui.tui.commands.meaning import one_set
from lwstui.tui.commands.spec import Command, CommandSpec
from lwstui.tui.host import Host
from lwstui.tui.routes import Route


def _apply(host: Host, command: Command) -> None:
    manifests.open_path(host, "apply", command.arg(0))


def _check(host: Host, command: Command) -> None:
    manifests.open_path(host, "check", command.arg(0))


def _create(host: Host, command: Command) -> None:
    manifests.open_path(host, "create", command.arg(0))


def _takeover(host: Host, command: Command) -> None:
    ref = one_set(host, command) if command.args else None
    host.goto(Route("takeover", ref), top=True)


def _handback(host: Host, command: Command) -> None:
    host.goto(Route("takeover", one_set(host, command), "handback"), top=True)


COMMANDS: Final = (
    CommandSpec(
        "apply", "plan and apply manifests of a file or folder", _apply, ("dir",), ("path",)
    ),
    CommandSpec("takeover", "who controls which set; take sets over", _takeover, (), ("set",)),
    CommandSpec("handback", "what giving a set back would need", _handback, (), ("set",), 1),
    CommandSpec("create", "a new set from an example", _create, ("new",), ("path",)),
    CommandSpec("check", "what is wrong with manifests; nothing is written", _check, (), ("path",)),
)
