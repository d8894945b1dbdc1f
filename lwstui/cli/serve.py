"""``lwstui serve``: the console in a browser, on this machine."""

from __future__ import annotations

import argparse
import secrets
import shlex
import sys

from lwstui.cli.common import USAGE, fail

NAME = "serve"
SUMMARY = "show the console in a browser on this machine"
EXAMPLE = """\
examples:
  lwstui serve                          the console on the current context
  lwstui serve -- --context prod -A --read-only
  lwstui serve -- demo                  the demo, each tab with a sandbox of its own
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "--port", type=_port, default=0, help="port on 127.0.0.1; a free one if left out"
    )
    parser.add_argument(
        "words",
        metavar="-- FLAG",
        nargs="*",
        help="flags of the console, or demo, after two dashes",
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port")
    return port


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    words = arguments.words
    if words and not words[0].startswith("-") and words[0] != "demo":
        fail(f"lwstui serve shows the console or the demo, not {words[0]}")
        return USAGE
    try:
        from lwstui.cli.webserver import serve
    except ImportError as error:
        fail(f"this needs the web extra ({error.name} is missing): pip install 'lwstui[web]'")
        return USAGE
    command = shlex.join([sys.executable, "-m", "lwstui", *words])
    return serve(command, port=arguments.port, token=secrets.token_urlsafe(24))
