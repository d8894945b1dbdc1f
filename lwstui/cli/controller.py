"""``lwstui controller``: the controller alone, headless."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import TYPE_CHECKING

from lwstui.cli.common import (
    USAGE,
    add_history_limit,
    add_lease_namespace,
    add_target,
    explain,
    fail,
    target_of,
)
from lwstui.cli.pausing import add_commands
from lwstui.cli.sandbox import positive
from lwstui.cli.taping import add_recording, order_of

if TYPE_CHECKING:
    from controller.leases import LeaseTimes
    from lwstui.runtime.probes import Address

NAME = "controller"
SUMMARY = "run the LeaderWorkerSet controller without a screen, or pause it for single sets"
EXAMPLE = """\
Log lines go to standard error; SIGTERM stops it cleanly and releases its lease.
To run it in the cluster: lwstui manifest controller | kubectl apply -f -

examples:
  lwstui controller pause demo         plan for it, write nothing, until it is resumed
  lwstui controller resume demo

example:
  lwstui controller --kubeconfig ~/.kube/prod --namespace llm-prod"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command, and the commands below it."""
    add_target(parser, several=False)
    parser.set_defaults(verb=_serve)
    add_commands(parser)
    parser.add_argument(
        "--workers",
        type=positive(int),
        default=4,
        metavar="N",
        help="sets worked on at a time (default 4)",
    )
    add_history_limit(parser)
    parser.add_argument(
        "--http-bind-address",
        type=address,
        metavar="[HOST]:PORT",
        help="serve /healthz, /readyz and /metrics there, such as :8080 (default: off)",
    )
    parser.add_argument(
        "--per-set-metrics",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="series for each set among the metrics (default: yes)",
    )
    add_election(parser)
    add_recording(parser)
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="least severe level logged (default info)",
    )
    parser.add_argument(
        "--log-format",
        choices=("logfmt", "json"),
        default="logfmt",
        help="form of the log lines (default logfmt)",
    )


def add_election(parser: argparse.ArgumentParser) -> None:
    """Add the flags of leader election, named as other controllers name them."""
    group = parser.add_argument_group(
        "leader election",
        "One controller per cluster acts, whatever namespaces it serves: all of them must look at "
        "the same Lease. A dead one is replaced lease duration + retry period after its last "
        "renewal at the latest.",
    )
    add_lease_namespace(parser)
    group.add_argument(
        "--lease-duration",
        type=positive(int),
        metavar="SECONDS",
        help="how long others leave a Lease alone that is not renewed (default 12)",
    )
    group.add_argument(
        "--renew-deadline",
        type=positive(float),
        metavar="SECONDS",
        help="age of its last renewal at which a holder stops writing (default 8)",
    )
    group.add_argument(
        "--retry-period",
        type=positive(float),
        metavar="SECONDS",
        help="pause between two looks of those that wait (default 1.5)",
    )
    group.add_argument(
        "--native-namespace",
        metavar="NS",
        default="lws-system",
        help="where the native controller holds its Lease; while it does nothing is touched "
        "(default lws-system)",
    )


def address(text: str) -> Address:
    """Return where to listen, for argparse: ``:8080``, ``127.0.0.1:8080``, ``[::1]:8080``."""
    from lwstui.runtime.probes import Address

    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not an address such as :8080")
    return Address(host.strip("[]"), int(port))


def _lease_times(arguments: argparse.Namespace) -> LeaseTimes:
    """Return the lease's durations: those of the flags, the controller's own for the others.

    Raises:
        ValueError: If they do not fit together.
    """
    from controller.leases import LeaseTimes

    flags = {
        "duration_s": arguments.lease_duration,
        "deadline_s": arguments.renew_deadline,
        "retry_s": arguments.retry_period,
    }
    return LeaseTimes(**{name: given for name, given in flags.items() if given is not None})


def _history_limit(arguments: argparse.Namespace) -> int:
    """Return how many revisions are kept: what the flag says, else what the settings say."""
    from lwstui.cli.console import context_of
    from lwstui.config.settings import load

    limit: int | None = arguments.revision_history_limit
    if limit is not None:
        return limit
    settings, _ = load(os.environ, context=context_of(target_of(arguments)))
    return settings.revision_limit


def run(arguments: argparse.Namespace) -> int:
    """Run the command below ``controller``, or the controller if there is none."""
    code: int = arguments.verb(arguments)
    return code


def _serve(arguments: argparse.Namespace) -> int:
    """Reconcile until SIGINT or SIGTERM."""
    from controller.errors import ControllerError
    from controller.leases import NAMESPACE
    from lwstui.kube.connect import ConnectError
    from lwstui.runtime.headless import HeadlessOptions, serve
    from lwstui.runtime.probes import ProbeError
    from lwstui.runtime.recording.output import RecordingError

    try:
        times = _lease_times(arguments)
    except ValueError as error:
        fail(str(error))
        return USAGE
    namespace = arguments.namespace or ""
    if "," in namespace:
        fail(f"the controller serves one namespace or all of them, not several: {namespace}")
        return USAGE
    options = HeadlessOptions(
        target=target_of(arguments),
        namespace=namespace,
        workers=arguments.workers,
        history_limit=_history_limit(arguments),
        lease_times=times,
        lease_namespace=arguments.lease_namespace or NAMESPACE,
        native_namespace=arguments.native_namespace,
        address=arguments.http_bind_address,
        per_set_metrics=arguments.per_set_metrics,
        log_level=arguments.log_level,
        log_format=arguments.log_format,
        recording=order_of(arguments),
    )
    try:
        return asyncio.run(serve(options))
    except (ProbeError, RecordingError) as error:
        return fail(str(error))
    except (ConnectError, ControllerError) as error:
        return fail(explain(error, options.target))
