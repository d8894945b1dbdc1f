"""``lwstui check``: would these manifests be accepted, served, and fit? Nothing is written."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED, USAGE, add_target, explain, fail, target_of
from lwstui.cli.sets import key_of, operate, say

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator
    from lwstui.view.preflight import Finding
    from lwstui.view.types import Tone

NAME = "check"
SUMMARY = "check manifests, or sets in the cluster, without writing anything"
EXAMPLE = """\
Sets are checked as the controller does it: types, unknown fields, names, divisibility, immutable
and deprecated values. If a cluster answers, it is asked to accept every object (server-side dry
run), and whether the accelerators that are free now suffice, for each set by itself.

examples:
  lwstui check llama.yaml
  lwstui check -k overlays/prod        as kubectl kustomize builds it
  helm template . | lwstui check --offline -f - -o json
  lwstui check demo                    a set that is in the cluster

example: lwstui check -f examples/02-leaderworkerset-sample.yaml

exit codes:
  0  nothing is wrong; warnings do not count
  1  at least one error, or a manifest or the cluster cannot be read
  2  wrong usage"""
_MANIFESTS: Final = (".yaml", ".yml", ".json")
_TONES: Final[dict[str, Tone]] = {"error": "bad", "warning": "warn", "note": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="name of a set in the cluster; a name that ends in .yaml, .yml or .json is a FILE",
    )
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        action="append",
        default=[],
        help="YAML file, folder, or - for standard input; may be repeated",
    )
    parser.add_argument(
        "-k",
        "--kustomize",
        metavar="DIR",
        action="append",
        default=[],
        help="kustomization, built by kubectl; may be repeated",
    )
    parser.add_argument("--offline", action="store_true", help="ask no cluster")
    parser.add_argument(
        "-o",
        "--output",
        choices=("table", "json", "yaml", "name"),
        default="table",
        help="format (default table); name: objects with errors",
    )
    add_target(parser, several=False)


def run(arguments: argparse.Namespace) -> int:
    """Check what is named; 0 if nothing is wrong with it."""
    from lwstui.kube.manifests import ManifestError, kustomization, load_manifests

    paint.forgiving()
    files = [name for name in arguments.names if Path(name).suffix in _MANIFESTS]
    arguments.names = [name for name in arguments.names if name not in files]
    arguments.filename = [*arguments.filename, *files]
    if bool(arguments.names) == bool(arguments.filename or arguments.kustomize):
        fail("name either manifests with -f or -k, or sets in the cluster")
        return USAGE
    if arguments.names:
        if arguments.offline:
            fail("sets in the cluster cannot be checked with --offline; name a manifest with -f")
            return USAGE
        return operate(arguments, lambda operator: _check_sets(operator, arguments))
    try:
        names = [*arguments.filename, *map(kustomization, arguments.kustomize)]
        manifests = load_manifests(names)
    except ManifestError as error:
        return fail(str(error))
    if not manifests:
        return fail(f"no objects in {', '.join(names)}")
    return _check_manifests(manifests, arguments)


async def _check_sets(operator: SetOperator, arguments: argparse.Namespace) -> int:
    manifests = [await operator.manifest(key_of(operator, name)) for name in arguments.names]
    from lwstui.runtime.preflight import rooms
    from lwstui.view.advice import advise
    from lwstui.view.preflight import judge

    found = (*judge(manifests, operator.namespace), *advise(manifests, operator.namespace))
    return _conclude((*found, *await rooms(operator, manifests)), len(manifests), arguments)


def _check_manifests(manifests: Sequence[dict[str, Any]], arguments: argparse.Namespace) -> int:
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError, describe
    from lwstui.view.advice import advise
    from lwstui.view.preflight import judge

    target, why = target_of(arguments), ""
    try:
        namespace = describe(target).namespace
    except ConnectError as error:
        namespace, why = target.namespace or "default", str(error)
    found = (*judge(manifests, namespace), *advise(manifests, namespace))
    if not arguments.offline and not why:
        try:
            found = (*found, *asyncio.run(_ask(manifests, found, arguments)))
        except (ConnectError, ControllerError) as error:
            why = explain(error, target)
    if why and not arguments.offline:
        print(f"lwstui: no cluster was asked: {why}", file=sys.stderr)
    return _conclude(found, len(manifests), arguments)


async def _ask(
    manifests: Sequence[dict[str, Any]],
    found: Sequence[Finding],
    arguments: argparse.Namespace,
) -> tuple[Finding, ...]:
    """Return what the cluster says about manifests.

    Raises:
        ConnectError: If there is none to ask.
        ControllerError: If it does not answer.
    """
    from lwstui.kube.connect import connect
    from lwstui.runtime.operator import SetOperator
    from lwstui.runtime.preflight import refusals, rooms
    from lwstui.view.preflight import title

    operator = SetOperator(await connect(target_of(arguments)))
    wrong = {finding.about for finding in found if finding.level == "error"}
    try:
        asked = await refusals(operator, manifests)
        sound = [one for one in manifests if title(one, operator.namespace) not in wrong]
        return (*asked, *await rooms(operator, sound))
    finally:
        await operator.close()


def _conclude(found: Sequence[Finding], objects: int, arguments: argparse.Namespace) -> int:
    """Print what was found and return the exit code."""
    from lwstui.view.preflight import document, verdict
    from lwstui.view.types import Span

    if arguments.output in ("json", "yaml"):
        items = [document(one) for one in found]
        say(paint.dump({"kind": "findings", "items": items}, arguments.output))
    elif arguments.output == "name":
        for name in dict.fromkeys(one.about for one in found if one.level == "error"):
            say(name.replace(" ", "/", 1))
    else:
        colour = paint.colours(arguments)
        for one in found:
            line = (Span(f"{one.level:<8}", _TONES[one.level]), Span(str(one)))
            say(paint.text(line, colour=colour))
        say(verdict(found, objects))
    return FAILED if any(one.level == "error" for one in found) else 0
