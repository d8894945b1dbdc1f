"""``lwstui demo``: sandbox (own process), embedded controller and console."""

from __future__ import annotations

import argparse
import subprocess  # noqa: TID251 - the one place that starts the sandbox as a child
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from lwstui.cli.common import fail
from lwstui.cli.console import add_look, config_of, context_of, refreshed, run_console
from lwstui.cli.sandbox import positive
from lwstui.cli.taping import add_recording, order_of
from lwstui.data import folder

NAME = "demo"
SUMMARY = "sandbox, embedded controller and console with example sets; nothing is left behind"
EXAMPLE = """\
example:
  lwstui demo -f examples/01-llama-multinode-kthena.yaml --speed 5"""

DEFAULTS = (
    "02-leaderworkerset-sample.yaml",
    "01-llama-multinode-kthena.yaml",
    "06-aikit-cpu.yaml",
    "13-vllm-gpu.yaml",
    "12-tpu-v5e-16.yaml",
)
_READY_WITHIN_S = 30


class DemoError(Exception):
    """The sandbox did not start; the text says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        action="append",
        help="apply these manifests instead of the default examples; may be repeated",
    )
    parser.add_argument(
        "--nodes", type=positive(int), default=16, metavar="N", help="H100 hosts (default 16)"
    )
    parser.add_argument(
        "--speed",
        type=positive(float),
        default=1.0,
        metavar="X",
        help="divide simulated times by X",
    )
    add_look(parser)
    add_recording(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo until the operator leaves; the sandbox ends with it."""
    from lwstui.kube.connect import Target
    from lwstui.kube.manifests import ManifestError, load_manifests

    files = arguments.filename or [str(folder("examples") / name) for name in DEFAULTS]
    try:
        documents = load_manifests(files)
    except ManifestError as error:
        return fail(str(error))
    config = config_of(arguments, embedded=True)
    try:
        with _sandbox(arguments) as kubeconfig:
            target = Target(kubeconfig=kubeconfig)
            return run_console(
                target,
                settings=config.of(context_of(target)).settings,
                config=config,
                first_command=arguments.command or "",
                problems=refreshed(arguments),
                embedded_controller=True,
                apply_first=tuple(documents),
                recording=order_of(arguments),
                fresh=True,
            )
    except DemoError as error:
        return fail(str(error))


@contextmanager
def _sandbox(arguments: argparse.Namespace) -> Iterator[str]:
    """Start the sandbox and yield its kubeconfig; it ends with the block, even if we are killed.

    The child watches its standard input, which we hold: when this process dies in whatever
    way, the pipe closes and the sandbox stops by itself and removes its kubeconfig.
    """
    command = [
        *(sys.executable, "-m", "lwstui", "sandbox", "--until-eof"),
        *("--nodes", str(arguments.nodes), "--speed", str(arguments.speed)),
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield _first_line(process)
    finally:
        _stop(process)


def _first_line(process: subprocess.Popen[bytes]) -> str:
    """Return the kubeconfig path the sandbox announces.

    Raises:
        DemoError: If the sandbox ended instead.
    """
    out = process.stdout
    line = out.readline().decode() if out is not None else ""
    if line.startswith("KUBECONFIG="):
        # What it says later must not fill the pipe: it would stop and wait for a reader.
        threading.Thread(target=_discard, args=(process.stderr,), daemon=True).start()
        return line.strip().partition("=")[2]
    process.wait(_READY_WITHIN_S)
    said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    raise DemoError(f"the sandbox did not start: {said or 'it ended without a word'}")


def _discard(stream: IO[bytes] | None) -> None:
    """Read a stream to its end and close it; runs on a thread of its own."""
    if stream is not None:
        with stream:
            for _ in stream:
                pass


def _stop(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
