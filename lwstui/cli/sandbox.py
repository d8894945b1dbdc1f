"""``lwstui sandbox``: a small Kubernetes cluster on loopback, until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from lwstui.cli.common import fail

NAME = "sandbox"
SUMMARY = "serve a small Kubernetes API with simulated GPU nodes on 127.0.0.1"
EXAMPLE = """\
The first line printed is KUBECONFIG=<path>, as soon as the API answers.

example:
  lwstui sandbox --nodes 16 --speed 10 --kubeconfig-out /tmp/sandbox.yaml &
  KUBECONFIG=/tmp/sandbox.yaml kubectl get nodes"""


def positive(kind: type[int] | type[float]) -> Callable[[str], float | int]:
    """Return a reader of numbers above 0, for argparse."""

    def read(text: str) -> float | int:
        value: float | int = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    read.__name__ = kind.__name__
    return read


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535)")
    return port


def _fill(text: str) -> tuple[int, int]:
    """Read ``GROUPSxSIZE``."""
    groups, _, size = text.partition("x")
    if not (groups.isdecimal() and size.isdecimal() and int(groups) and int(size)):
        raise argparse.ArgumentTypeError(f"{text} is not GROUPSxSIZE, such as 100x8")
    return int(groups), int(size)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "--nodes", type=positive(int), default=16, metavar="N", help="H100 hosts (default 16)"
    )
    parser.add_argument(
        "--gpus-per-node",
        type=positive(int),
        default=8,
        metavar="G",
        help="GPUs of each H100 host (default 8)",
    )
    parser.add_argument(
        "--port", type=_port, default=0, metavar="P", help="port on 127.0.0.1 (default: a free one)"
    )
    parser.add_argument(
        "--speed",
        type=positive(float),
        default=1.0,
        metavar="X",
        help="divide simulated start-up times by X (default 1)",
    )
    parser.add_argument(
        "--fill",
        type=_fill,
        metavar="GROUPSxSIZE",
        help="begin with a set of so many groups that all run, such as 100x8",
    )
    parser.add_argument(
        "--kubeconfig-out", metavar="FILE", help="write the kubeconfig here and leave it"
    )
    parser.add_argument(
        "--scenario", metavar="NAME|FILE", help="play these faults; see lwstui scenario list"
    )
    parser.add_argument(
        "--native",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="begin with the sets in FILE as the native controller makes them; see lwstui takeover",
    )
    parser.add_argument("--until-eof", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from lwstui.sandbox.fill import Fill
    from lwstui.sandbox.main import SandboxOptions
    from lwstui.sandbox.main import run as serve
    from lwstui.sandbox.native.seeding import NativeError
    from lwstui.sandbox.native.seeding import load as load_native
    from lwstui.sandbox.scenarios.files import load
    from lwstui.sandbox.scenarios.parts import ScenarioError

    try:
        scenario = None if arguments.scenario is None else load(arguments.scenario)
        native = load_native(arguments.native)
    except (ScenarioError, NativeError) as error:
        return fail(str(error))
    out = arguments.kubeconfig_out
    if out is not None and not Path(out).resolve().parent.is_dir():
        return fail(f"cannot write the kubeconfig: the folder of {out} does not exist")
    if arguments.until_eof:
        threading.Thread(target=_stop_at_eof, daemon=True, name="until-eof").start()
    return serve(
        SandboxOptions(
            nodes=arguments.nodes,
            gpus_per_node=arguments.gpus_per_node,
            port=arguments.port,
            speed=arguments.speed,
            kubeconfig_out=Path(out) if out is not None else None,
            fill=Fill(*arguments.fill) if arguments.fill is not None else None,
            scenario=scenario,
            native=native,
        )
    )


def _stop_at_eof() -> None:
    """Stop this process when the one that holds our standard input is gone."""
    # Not the buffered reader: its lock, held by a daemon thread, would abort the interpreter's end.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
