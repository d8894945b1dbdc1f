"""Commands about manifests: what they would change, what is wrong with them."""

from __future__ import annotations

from typing import Final

from lwstui.tui import manifests
from lwstui.tui.commands.spec import Command, CommandSpec
from lwstui.tui.host import Host


def _apply(host: Host, command: Command) -> None:
    manifests.open_path(host, "apply", command.arg(0))


def _check(host: Host, command: Command) -> None:
    manifests.open_path(host, "check", command.arg(0))


COMMANDS: Final = (
    CommandSpec(
        "apply", "plan and apply manifests of a file or folder", _apply, ("dir",), ("path",)
    ),
    CommandSpec("check", "what is wrong with manifests; nothing is written", _check, (), ("path",)),
)
