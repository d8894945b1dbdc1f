"""``lwstui describe``: what the console says about one object, as plain text."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED, add_target, fail
from lwstui.cli.nearest import hint, names_of
from lwstui.cli.sets import UsageError, operate, place_of, say

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator
    from lwstui.state.model import Snapshot
    from lwstui.view.listing import Place
    from lwstui.view.types import Ref

NAME = "describe"
SUMMARY = "say in words what is known of sets, groups, pods or nodes, with their events"
EXAMPLE = """\
What only lwstui knows comes first: the state and its reason, groups, rollout, accelerators. Below
it a set, a pod or a node is told as kubectl describe tells it. The console's d shows the same.

examples:
  lwstui describe set demo
  lwstui describe group demo/2         why group 2 is not ready
  lwstui describe pod demo/2/1         the same as: lwstui describe pod demo-2-1
  lwstui describe node h100-01

example: lwstui describe group demo/2

exit codes:
  0  done
  1  failed: no answer, not allowed, or something that was named is not there
  2  wrong usage"""
KINDS: Final = ("set", "group", "pod", "node")
_ALIASES: Final = {
    "lws": "set",
    "leaderworkerset": "set",
    "leaderworkersets": "set",
    "po": "pod",
    "no": "node",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "kind", metavar="KIND", type=kind, choices=KINDS, help="set, group, pod or node"
    )
    parser.add_argument(
        "names", metavar="NAME", nargs="+", help="NAME of a set or node, SET/GROUP, or a pod"
    )
    add_target(parser, several=False)


def kind(word: str) -> str:
    """Return the kind a word means, as typed if it means none."""
    one = word.lower().removesuffix("s") if word.lower().removesuffix("s") in KINDS else word
    return _ALIASES.get(one.lower(), one)


def run(arguments: argparse.Namespace) -> int:
    """Describe what is named."""
    paint.forgiving()

    async def work(operator: SetOperator) -> int:
        from lwstui.runtime.reader import dispensable, needs
        from lwstui.view.describe import describe

        places = [_checked(arguments.kind, name) for name in arguments.names]
        specs = needs(arguments.kind, operator.namespace)
        reader = await operator.watch(specs, optional=dispensable(arguments.kind))
        snapshot, now = reader.snapshot(), operator.clock.now()
        colour = paint.colours(arguments)
        found = [(p, find(snapshot, arguments.kind, operator.namespace, p)) for p in places]
        present = [
            describe(snapshot, ref, now, await _body(operator, ref))
            for _, ref in found
            if ref is not None
        ]
        for number, lines in enumerate(present):
            for line in ((), *lines) if number else lines:
                say(paint.text(line, colour=colour))
        where = "" if arguments.kind == "node" else f" in namespace {operator.namespace}"
        missing = [place for place, ref in found if ref is None]
        for place in missing:
            known = names_of(snapshot, arguments.kind, operator.namespace)
            fail(f"no {arguments.kind} {place}{where}{hint(place.name, known)}")
        return FAILED if missing else 0

    return operate(arguments, work)


async def _body(operator: SetOperator, ref: Ref) -> Mapping[str, Any] | None:
    """Return the whole object behind a reference; a group is none of its own."""
    from controller.api.names import LEADERWORKERSETS, NODES, PODS

    resource = {"set": LEADERWORKERSETS, "pod": PODS, "node": NODES}.get(ref.kind)
    if resource is None:
        return None
    return await operator.whole(resource, ref.namespace, ref.name)


def _checked(kind_: str, name: str) -> Place:
    """Return the place a name means.

    Raises:
        UsageError: If no object of this kind can be there.
    """
    place = place_of(name)
    fits = {
        "set": place.group is None,
        "group": place.group is not None and place.worker is None,
        "pod": (place.group is None) == (place.worker is None),
        "node": place.group is None,
    }
    if not fits[kind_]:
        wanted = {"group": "SET/GROUP", "pod": "POD or SET/GROUP/WORKER"}.get(kind_, "NAME")
        raise UsageError(f"{name} is not the name of a {kind_}: {wanted}")
    return place


def find(snapshot: Snapshot, kind_: str, namespace: str, place: Place) -> Ref | None:
    """Return what a place of a kind refers to, None if there is nothing."""
    from controller.api.meta import Key
    from lwstui.view.listing import pod_name
    from lwstui.view.types import Ref

    name = place.name if place.group is None else pod_name(place)
    key = Key(namespace, place.name)
    if kind_ == "node":
        return Ref("node", "", place.name) if place.name in snapshot.nodes else None
    if kind_ == "pod":
        return Ref("pod", namespace, name) if Key(namespace, name) in snapshot.pods else None
    if kind_ == "set":
        return Ref("set", *key) if key in snapshot.sets else None
    from lwstui.view.digest import digest
    from lwstui.view.memo import Memo

    lws = snapshot.sets.get(key)
    groups = digest(snapshot, lws, Memo(), snapshot.taken_at).groups if lws is not None else ()
    known = any(group.index == place.group for group in groups)
    return Ref("group", *key, place.group or 0) if known else None
