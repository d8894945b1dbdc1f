"""The operator's own keys and programs at work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Mapping
from typing import Final, Protocol

from lwstui.config.extensions import Extensions, Plugin, filled
from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.actions import ACTIONS
from lwstui.tui.host import Host
from lwstui.tui.keymaps import Keymap
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.view.types import Impact, Ref, Span

LISTS: Final = frozenset({"everywhere", "list", "table", "map", "set", "group", "pod", "node"})
"""Scopes whose keys are not to be had; elsewhere a key of the screen goes before one's own."""


def taken_keys(keymap: Keymap) -> frozenset[str]:
    """Return the keys that have a meaning where objects are listed."""
    return frozenset(key for spec in ACTIONS if spec.scope in LISTS for key in keymap.of(spec))


class ProgramHost(Host, Protocol):
    """An application that can hand its terminal to a program."""

    def run_program(self, argv: tuple[str, ...]) -> int:
        """Hand the terminal to a program until it ends; return its exit code."""
        ...


def press(host: ProgramHost, extensions: Extensions, key: str, ref: Ref | None) -> bool:
    """Run what the operator put on a key; return whether there is anything.

    Args:
        host: The application.
        extensions: The operator's own commands.
        key: As Textual names it.
        ref: What is selected.
    """
    for hotkey in extensions.hotkeys:
        if hotkey.key == key:
            host.run_command(hotkey.command)
            return True
    mine = [plugin for plugin in extensions.plugins if plugin.key == key]
    fitting = [plugin for plugin in mine if fits(plugin, ref)]
    if fitting:
        host.run_task(_run(host, fitting[0], ref))
    elif mine:
        host.say(f"{mine[0].name}: select a {' or '.join(mine[0].scopes)}", "dim")
    return bool(mine)


def fits(plugin: Plugin, ref: Ref | None) -> bool:
    """Tell whether a plugin has to do with what is selected."""
    return "all" in plugin.scopes or (ref is not None and ref.kind in plugin.scopes)


def variables(snapshot: Snapshot, ref: Ref | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what plugins may know of the cluster and the selection."""
    cluster = snapshot.cluster
    values = {
        "CONTEXT": cluster.context,
        "CLUSTER": cluster.cluster,
        "USER": cluster.user,
        "KUBECONFIG": environ.get("KUBECONFIG", ""),
    }
    if ref is None:
        return values
    key = targets.set_key(snapshot, ref)
    leader = targets.leader(snapshot, key, ref.group) if key and ref.group >= 0 else None
    pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else leader
    values |= {
        "NAMESPACE": ref.namespace,
        "NAME": ref.name,
        "SET": key.name if key is not None else "",
        "GROUP": str(ref.group) if ref.group >= 0 else "",
        "WORKER": str(ref.worker) if ref.worker >= 0 else "",
        "POD": pod.name if pod is not None else "",
        "NODE": ref.name if ref.kind == "node" else pod.node if pod is not None else "",
    }
    return values


async def _run(host: ProgramHost, plugin: Plugin, ref: Ref | None) -> None:
    if plugin.dangerous and (host.read_only or host.snapshot.cluster.read_only):
        host.say(f"{plugin.name}: read-only, nothing was started", "warn")
        return
    argv = filled(plugin, variables(host.snapshot, ref, os.environ))
    if (plugin.confirm or plugin.dangerous) and not await host.ask(_question(plugin, argv)):
        return
    try:
        code = await _in_background(argv) if plugin.background else host.run_program(argv)
    except OSError as error:
        host.say(f"{argv[0]} cannot be started: {error.strerror}", "bad")
        return
    host.say(f"{plugin.name} ended with {code}", "ok" if code == 0 else "bad")


def _question(plugin: Plugin, argv: tuple[str, ...]) -> ConfirmDialog:
    what = plugin.description or "Runs another program."
    facts = (("Program", Span(argv[0])), ("Arguments", Span("  ".join(argv[1:]))))
    return ConfirmDialog(Impact("RUN", plugin.name, (what,), facts), confirm="Run")


async def _in_background(argv: Collection[str]) -> int:
    none = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*argv, stdin=none, stdout=none, stderr=none)
    return await process.wait()
