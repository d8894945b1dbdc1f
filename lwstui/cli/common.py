"""What the commands share: target flags, one-sentence failures, manifests of the examples."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

from lwstui.cli.nearest import hint
from lwstui.view.ages import parse_age

if TYPE_CHECKING:
    from lwstui.kube.connect import Overrides, Target

_INSTEAD = (
    ("--cluster", "cluster of the kubeconfig instead of the context's"),
    ("--user", "user of the kubeconfig instead of the context's"),
    ("--server", "address of the API server"),
    ("--token", "bearer token"),
    ("--certificate-authority", "file of the certificate authority to trust"),
    ("--client-certificate", "file of a client certificate"),
    ("--client-key", "file of its key"),
    ("--as", "act as this user"),
    ("--request-timeout", "longest wait for an answer, such as 10s"),
)
_NO_CHOICE: Final = re.compile(
    r"argument (?P<what>.+?): invalid choice: '(?P<word>.*)' \(choose from (?P<choices>.*)\)"
)
_QUOTED: Final = re.compile(r"'?([\w-]+)'?")
_MOST_CHOICES: Final = 8
FAILED = 1
USAGE = 2


class CommandParser(argparse.ArgumentParser):
    """Parser of one command.

    Attributes:
        mixed: Whether flags may stand between positional arguments of which none is required,
            which argparse would otherwise take to be absent at the first flag.
    """

    mixed = False

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence, and what may be meant, and end with exit code 2."""
        self.exit(USAGE, f"{self.prog}: {plainly(message)}\nsee {self.prog} --help\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, as ``ArgumentParser`` does, and what is mixed in two passes."""
        if not self.mixed:
            return super().parse_known_args(args, namespace)
        self.mixed = False  # each pass comes back here
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self.mixed = True


def plainly(message: str) -> str:
    """Return what ``argparse`` says of a wrong word with the nearest right one first."""
    found = _NO_CHOICE.fullmatch(message)
    if found is None:
        return message
    word, choices = found["word"], _QUOTED.findall(found["choices"])
    near = hint(word, choices)
    if near or len(choices) > _MOST_CHOICES:
        return f"{found['what']} cannot be {word!r}{near}"
    return f"{found['what']} cannot be {word!r}, it is one of {', '.join(choices)}"


def fail(sentence: str) -> int:
    """Say what failed on standard error and return the exit code for it."""
    print(f"lwstui: {sentence}", file=sys.stderr)
    return FAILED


def explain(error: Exception, target: Target) -> str:
    """Return one sentence about a failed request: what, on which cluster, and what to do.

    Args:
        error: What was raised.
        target: The cluster that the flags chose.
    """
    from controller.errors import Forbidden, Unauthorized
    from lwstui.kube.connect import ConnectError, describe

    if isinstance(error, ConnectError):
        return str(error)
    where = describe(target)
    if isinstance(error, Unauthorized):
        return (
            f"{where.server} refused the credentials of user {where.user or '(none)'} "
            f"(context {where.context}): log in again, or choose another --context"
        )
    if isinstance(error, Forbidden):
        return f"context {where.context}: {error}; ask an administrator for this permission"
    return f"context {where.context}: {error}"


def add_target(
    parser: argparse.ArgumentParser, *, command: bool = True, several: bool = True
) -> None:
    """Add the flags that choose a cluster, named as kubectl names them.

    Args:
        parser: Where to add them.
        command: Whether this is a command's parser. The flags may stand before the command
            too, so a command that does not repeat one must not reset it.
        several: Whether several namespaces may be named.
    """
    default = argparse.SUPPRESS if command else None
    where = "namespace, or several by commas" if several else "namespace"
    group = parser.add_argument_group("cluster")
    group.add_argument(
        "--kubeconfig",
        metavar="FILE",
        default=default,
        help="kubeconfig file, else as kubectl",
    )
    group.add_argument("--context", metavar="NAME", default=default, help="kubeconfig context")
    group.add_argument("-n", "--namespace", metavar="NS", default=default, help=where)
    for flag, text in _INSTEAD:
        group.add_argument(flag, metavar="VALUE", default=default, help=text)
    group.add_argument(
        "--as-group", metavar="GROUP", action="append", default=default, help="and as in this group"
    )
    group.add_argument(
        "--insecure-skip-tls-verify",
        action="store_true",
        default=argparse.SUPPRESS if command else False,
        help="do not check the server's certificate",
    )


def add_lease_namespace(parser: argparse.ArgumentParser, *, command: bool = True) -> None:
    """Add the flag for where controllers have their Lease.

    Args:
        parser: Where to add it.
        command: As for ``add_target``; absent, it is where it usually is.
    """
    parser.add_argument(
        "--lease-namespace",
        metavar="NS",
        default=argparse.SUPPRESS if command else None,
        help="namespace of the Lease lwstui-controller, the same for every controller and console "
        "of a cluster (default default)",
    )


def add_history_limit(parser: argparse.ArgumentParser, *, command: bool = True) -> None:
    """Add the flag for how many revisions the controller keeps.

    Args:
        parser: Where to add it.
        command: As for ``add_target``; absent, the controller's own default holds.
    """

    def count(text: str) -> int:
        value = int(text)
        if value < 0:
            raise argparse.ArgumentTypeError(f"{text} is below 0")
        return value

    parser.add_argument(
        "--revision-history-limit",
        type=count,
        default=argparse.SUPPRESS if command else None,
        metavar="N",
        help="revisions the controller keeps for undo beside those in use (default 10)",
    )


def target_of(arguments: argparse.Namespace) -> Target:
    """Return the cluster that the flags choose."""
    from lwstui.kube.connect import Target

    namespace = arguments.namespace.split(",")[0] if arguments.namespace else None
    return Target(arguments.kubeconfig, arguments.context, namespace, _overrides(arguments))


def _overrides(arguments: argparse.Namespace) -> Overrides:
    """Return what the flags say instead of the kubeconfig; some commands have none of them."""
    from lwstui.kube.connect import Overrides

    def said(name: str) -> str:
        return getattr(arguments, name, None) or ""

    timeout = said("request_timeout")
    return Overrides(
        cluster=said("cluster"),
        user=said("user"),
        server=said("server"),
        token=said("token"),
        certificate_authority=said("certificate_authority"),
        client_certificate=said("client_certificate"),
        client_key=said("client_key"),
        as_user=said("as"),
        as_groups=tuple(said("as_group")),
        insecure=bool(said("insecure_skip_tls_verify")),
        request_s=parse_age(timeout) or (float(timeout) if timeout.isdigit() else None),
    )


def namespaces_of(arguments: argparse.Namespace, target: Target) -> tuple[str, ...]:
    """Return the namespaces in view; empty means all.

    ``-A`` means all, ``-n`` those it names. Without either it is the one the context names, as
    kubectl has it; a context that names none shows all, because an operator who looks for what
    is broken should not have to know where.
    """
    from lwstui.kube.connect import ConnectError, describe

    if arguments.all_namespaces:
        return ()
    if arguments.namespace:
        return tuple(name for name in arguments.namespace.split(",") if name)
    try:
        info = describe(target)
    except ConnectError:
        return ()  # the console says what is wrong and goes on trying
    return (info.namespace,) if info.namespace_chosen else ()
