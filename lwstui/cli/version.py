"""``lwstui version``: what is installed, and which APIs it speaks."""

from __future__ import annotations

import argparse
import json
import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from controller.api.names import LEADERWORKERSETS
from lwstui import __version__

NAME = "version"
SUMMARY = "print versions, for a report; asks no cluster"
EXAMPLE = """\
examples:
  lwstui version
  lwstui version -o json"""

_PACKAGES = ("textual", "rich", "kubernetes-asyncio", "PyYAML")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how")


def run(arguments: argparse.Namespace) -> int:
    """Print the versions."""
    found = {
        "lwstui": __version__,
        "leaderworkerset": LEADERWORKERSETS.api_version,
        "python": platform.python_version(),
        **{name.lower(): _installed(name) for name in _PACKAGES},
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    if arguments.output == "json":
        print(json.dumps(found, indent=2))
        return 0
    for name, text in found.items():
        print(f"{name:<20} {text}")
    return 0


def _installed(name: str) -> str:
    try:
        return installed(name)
    except PackageNotFoundError:
        return "(not installed)"
