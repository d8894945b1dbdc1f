"""``lwstui fit``: would more groups of a set fit, where, and if not what stops them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED, USAGE, add_target, fail
from lwstui.cli.sets import key_of, number_from, operate, say

if TYPE_CHECKING:
    from controller.api.lws import LeaderWorkerSet
    from lwstui.capacity.answer import Answer
    from lwstui.runtime.operator import SetOperator

NAME = "fit"
SUMMARY = "say whether more groups of a set fit, where, and if not what stops them"
EXAMPLE = """\
examples:
  lwstui fit llama-70b                 how many more groups fit, and what stops the next
  lwstui fit llama-70b --groups 4      whether 4 more do
  lwstui fit -f llama.yaml --groups 2 -o json

example: lwstui fit demo --groups 2

All that the pods ask for is counted over all nodes, less what every pod bound to them asks for and
what pods that wait take first. What is taken for granted is part of the answer.

exit codes:
  0  so many fit
  1  failed: no answer, not to be computed, or what was named is not there
  2  wrong usage
  3  they do not fit"""
TOO_MANY: Final = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("name", metavar="NAME", nargs="?", default="", help="name of the set")
    parser.add_argument(
        "-f", "--filename", metavar="FILE", default="", help="a manifest with one set, or -"
    )
    parser.add_argument(
        "--groups", type=number_from(1), default=1, metavar="K", help="groups (default 1)"
    )
    parser.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="form of the answer"
    )
    add_target(parser, several=False)


def run(arguments: argparse.Namespace) -> int:
    """Say whether groups fit; 0 if they do."""
    from lwstui.capacity.answer import CAP

    paint.forgiving()
    if bool(arguments.name) == bool(arguments.filename):
        fail("name either a set in the cluster, or a manifest with -f")
        return USAGE
    if arguments.groups > CAP:
        fail(f"counting ends at {CAP} groups; ask for at most as many")
        return USAGE
    from_file = _from_file(arguments.filename) if arguments.filename else None
    if isinstance(from_file, str):
        return fail(from_file)

    async def work(operator: SetOperator) -> int:
        from lwstui.runtime.rooms import watch_room
        from lwstui.view.fit import room_for

        lws = _named(operator.namespace, from_file or await _read(operator, arguments.name))
        if isinstance(lws, str):
            fail(lws)
            return FAILED
        reader = await watch_room(operator)
        return _conclude(room_for(reader.snapshot(), lws), arguments)

    return operate(arguments, work)


def _from_file(path: str) -> dict[str, Any] | str:
    """Return the one set of a manifest, or why there is none."""
    from lwstui.kube.manifests import ManifestError, load_manifests
    from lwstui.view.preflight import is_set

    try:
        sets = [one for one in load_manifests([path]) if is_set(one)]
    except ManifestError as error:
        return str(error)
    return sets[0] if len(sets) == 1 else f"{path} has {len(sets)} sets; one is asked about"


async def _read(operator: SetOperator, name: str) -> dict[str, Any]:
    return await operator.manifest(key_of(operator, name))


def _named(namespace: str, manifest: dict[str, Any]) -> LeaderWorkerSet | str:
    """Return a set with its namespace, or why the manifest is none."""
    import msgspec

    from lwstui.view.preflight import as_set

    lws = as_set(manifest)
    if isinstance(lws, str):
        return lws
    meta = msgspec.structs.replace(lws.metadata, namespace=lws.metadata.namespace or namespace)
    return msgspec.structs.replace(lws, metadata=meta)


def _conclude(found: Answer, arguments: argparse.Namespace) -> int:
    from lwstui.view.fit import document, fit_lines

    wanted = arguments.groups
    if found.groups is None:
        fail(f"whether it fits is {found.why}")
        return FAILED
    if arguments.output == "json":
        say(paint.dump(document(found, wanted), "json"))
    else:
        for line in fit_lines(found):
            say(paint.text(line, colour=paint.colours(arguments)))
    return 0 if found.groups >= wanted else TOO_MANY
