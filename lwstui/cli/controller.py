"""``lwstui controller``: the controller alone, headless."""

from __future__ import annotations

import argparse
import asyncio

from lwstui.cli.common import add_target, explain, fail, target_of

NAME = "controller"
SUMMARY = "run the LeaderWorkerSet controller without a screen"
EXAMPLE = """\
Log lines go to standard error; SIGTERM stops it cleanly and releases its lease.

example:
  lwstui controller --kubeconfig ~/.kube/prod --namespace llm-prod"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    add_target(parser)
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="least severe level logged (default info)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Reconcile until SIGINT or SIGTERM."""
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError
    from lwstui.runtime.headless import HeadlessOptions, serve

    options = HeadlessOptions(
        target=target_of(arguments),
        namespace=arguments.namespace or "",
        log_level=arguments.log_level,
    )
    try:
        return asyncio.run(serve(options))
    except (ConnectError, ControllerError) as error:
        return fail(explain(error, options.target))
