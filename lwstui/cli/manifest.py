"""``lwstui manifest``: print what runs a part of this program in a cluster."""

from __future__ import annotations

import argparse
import re
from typing import Any

from lwstui import __version__
from lwstui.cli.common import add_lease_namespace
from lwstui.cli.sandbox import positive

NAME = "manifest"
SUMMARY = "print the manifests that run the controller in the cluster"
EXAMPLE = """\
Build the image with the Dockerfile and push it where the cluster can pull it. What the controller
may do, and why, is in docs/guide/in-cluster.md.

example:
  lwstui manifest controller --crd --image registry.example/lwstui:1 |
      kubectl apply --server-side -f -"""

HTTP_PORT = 8080
_CONTROLLER = "lwstui-controller"
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_IMAGE = re.compile(r"[\w.:/@-]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("what", choices=("controller",), help="what to run")
    parser.add_argument(
        "--image",
        type=_matching(_IMAGE, "an image reference"),
        default=f"localhost/lwstui:{__version__}",
        metavar="IMAGE",
        help="container image (default: one on the nodes themselves, %(default)s)",
    )
    parser.add_argument(
        "--install-namespace",
        type=_matching(_DNS_LABEL, "a namespace"),
        default="lwstui-system",
        metavar="NS",
        help="namespace the controller runs in (default %(default)s)",
    )
    parser.add_argument(
        "--watch-namespace",
        type=_matching(_DNS_LABEL, "a namespace"),
        metavar="NS",
        help="the one namespace it serves, with rights in no other (default: all)",
    )
    add_lease_namespace(parser)
    parser.add_argument(
        "--replicas",
        type=positive(int),
        default=2,
        metavar="N",
        help="controllers, of which one acts (default %(default)s)",
    )
    parser.add_argument(
        "--crd", action="store_true", help="print the LeaderWorkerSet definition first"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the manifests."""
    import yaml

    from controller.leases import NAMESPACE
    from lwstui.data import controller_manifests, crd_text

    args = ["controller", f"--http-bind-address=:{HTTP_PORT}"]
    if arguments.watch_namespace:
        args.append(f"--namespace={arguments.watch_namespace}")
    if arguments.lease_namespace:
        args.append(f"--lease-namespace={arguments.lease_namespace}")
    values = {
        "namespace": arguments.install_namespace,
        "lease_namespace": arguments.lease_namespace or NAMESPACE,
        "image": arguments.image,
        "replicas": arguments.replicas,
        "version": __version__,
        "args": args,
    }
    documents = [filled(document, values) for document in controller_manifests()]
    if arguments.watch_namespace:
        documents = [confined(document, arguments.watch_namespace) for document in documents]
    if arguments.crd:
        print(crd_text(), end="---\n")
    print(yaml.safe_dump_all(documents, sort_keys=False, width=100), end="")
    return 0


def filled(node: Any, values: dict[str, Any]) -> Any:
    """Return a document with its ``$name`` strings replaced by values.

    Raises:
        KeyError: If a name has no value.
    """
    match node:
        case dict():
            return {key: filled(value, values) for key, value in node.items()}
        case list():
            return [filled(value, values) for value in node]
        case str() if node.startswith("$"):
            return values[node[1:]]
        case _:
            return node


def confined(document: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return a document with the rights on sets and their children confined to a namespace."""
    kind, metadata = document["kind"], document["metadata"]
    if kind not in ("ClusterRole", "ClusterRoleBinding") or metadata["name"] != _CONTROLLER:
        return document
    changed = {
        **document,
        "kind": kind.removeprefix("Cluster"),
        "metadata": {**metadata, "namespace": namespace},
    }
    if kind == "ClusterRoleBinding":
        changed["roleRef"] = {**document["roleRef"], "kind": "Role"}
    return changed


def _matching(pattern: re.Pattern[str], what: str) -> Any:
    """Return a reader of text that a pattern matches as a whole, for argparse."""

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return text

    return read
