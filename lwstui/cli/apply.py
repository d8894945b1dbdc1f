"""``lwstui apply``: server-side apply, with the CustomResourceDefinition first if it is missing."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

from lwstui.cli.common import FAILED, add_target, explain, fail, target_of

if TYPE_CHECKING:
    from lwstui.kube.connect import Target

NAME = "apply"
SUMMARY = "apply manifests, creating the LeaderWorkerSet CRD first if the cluster lacks it"
EXAMPLE = "example:\n  lwstui apply -f examples/02-leaderworkerset-sample.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        action="append",
        required=True,
        help="YAML file, folder, or - for standard input; may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="ask the server, change nothing")
    parser.add_argument(
        "--force-conflicts", action="store_true", help="take over fields other managers own"
    )
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Apply the manifests; 0 when every object was accepted."""
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError
    from lwstui.kube.manifests import ManifestError, load_manifests

    try:
        documents = load_manifests(arguments.filename)
    except ManifestError as error:
        return fail(str(error))
    if not documents:
        return fail(f"no objects in {', '.join(arguments.filename)}")
    try:
        failures = asyncio.run(_apply(target_of(arguments), documents, arguments))
    except (ConnectError, ControllerError) as error:
        return fail(explain(error, target_of(arguments)))
    return FAILED if failures else 0


async def _apply(
    target: Target, documents: list[dict[str, Any]], arguments: argparse.Namespace
) -> int:
    from lwstui.data import crd
    from lwstui.kube.apply import apply_objects
    from lwstui.kube.connect import connect

    connection = await connect(target)
    try:
        return await apply_objects(
            connection,
            documents,
            namespace=connection.info.namespace,
            crd=crd(),
            report=print,
            dry_run=arguments.dry_run,
            force=arguments.force_conflicts,
        )
    finally:
        await connection.close()
