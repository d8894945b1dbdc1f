"""``lwstui info``: where everything is that the program reads and writes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from lwstui.cli.common import add_target, target_of
from lwstui.cli.console import context_of
from lwstui.config.logfile import log_path
from lwstui.config.paths import config_folder, state_folder
from lwstui.config.settings import Config
from lwstui.config.statefiles import StateFiles

NAME = "info"
SUMMARY = "print every path in use"
EXAMPLE = """\
example:
  lwstui info --context prod-eu"""

_OWN = ("keymap.yaml", "aliases.yaml", "hotkeys.yaml", "plugins.yaml", "views.yaml", "themes")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the paths."""
    from lwstui.kube.connect import kubeconfigs

    target = target_of(arguments)
    context = context_of(target)
    folder, state = config_folder(os.environ), state_folder(os.environ)
    print(f"{'context':<16} {context or '(none)'}")
    for path in kubeconfigs(target):
        _line("kubeconfig", path)
    _line("settings", folder / "config.yaml")
    if context:
        _line("of the context", Config(os.environ).context_path(context))
    for name in _OWN:
        _line(name.partition(".")[0], folder / name)
    _line("state", state)
    of_context = StateFiles(state, context).folder
    if context and of_context is not None:
        _line("of the context", of_context)
    _line("log", log_path(Config(os.environ).of(context).settings.log_file, os.environ))
    return 0


def _line(what: str, path: Path) -> None:
    there = "" if path.exists() else "  (not there)"
    print(f"{what:<16} {path}{there}")
