"""``lwstui cp``: copy files to and from the containers of sets."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from lwstui.cli import paint
from lwstui.cli.common import add_target, fail
from lwstui.cli.sets import UsageError, operate, place_of, read_only, say

if TYPE_CHECKING:
    from pathlib import Path

    from controller.api.meta import Key
    from lwstui.runtime.copying import Remote
    from lwstui.runtime.operator import SetOperator

NAME = "cp"
SUMMARY = "copy files to and from the containers of sets"
EXAMPLE = """\
One of the two is in a container: NAME/GROUP[/RANK]:PATH, of a group without a rank its leader, or
POD:PATH. The other is on this machine; one that holds a colon is written ./like:this. A folder is
copied with all it holds, and what lands in a folder keeps its name. A copy has its name only when
it is whole: an interrupted one leaves nothing. Links are left out of what is copied here. The
container needs tar, and for copies to it mkdir, mv, rm and test.

examples:
  lwstui cp demo/2/1:/tmp/nccl.log .               from rank 1 of group 2
  lwstui cp demo/2:/var/log/engine ./logs -c main  a folder of the leader of group 2
  lwstui cp ./tuned.json demo/2:/tmp               to the leader of group 2

example: lwstui cp demo/0:/tmp/trace.json .

exit codes:
    0  done
    1  failed: nothing was copied
    2  wrong usage
  130  interrupted"""
_DEFAULT = "kubectl.kubernetes.io/default-container"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("source", metavar="FROM", help="what to copy")
    parser.add_argument("to", metavar="TO", help="where to")
    parser.add_argument(
        "-c", "--container", metavar="NAME", default="", help="container (default: the first)"
    )
    add_target(parser, several=False)


def split(text: str) -> tuple[str, str] | None:
    """Return pod and path of a place in a container, None for one on this machine."""
    name, colon, path = text.partition(":")
    if not colon or not name or text.startswith((".", "/", "~")):
        return None
    if not path:
        raise UsageError(f"{text} names no path: {name}:/PATH")
    return name, path


def run(arguments: argparse.Namespace) -> int:
    """Copy."""

    async def work(operator: SetOperator) -> int:
        source, to = split(arguments.source), split(arguments.to)
        if (source is None) == (to is None):
            both = "both" if source else "neither"
            raise UsageError(f"{both} of the two is in a container: one must be NAME/GROUP:PATH")
        name, path = source or to or ("", "")
        if to is not None and read_only(arguments):
            return fail("read-only by flag or settings: nothing was sent")
        remote = await remote_of(operator, name, path, arguments.container)
        local = _local(arguments.to if to is None else arguments.source)
        return await _copy(operator, remote, local, inward=to is not None)

    return operate(arguments, work)


def _local(text: str) -> Path:
    from pathlib import Path

    return Path(text).expanduser()


def _silent(_: str) -> None:
    """Say nothing: a file does not want to know how far a copy is."""


async def _copy(operator: SetOperator, remote: Remote, path: Path, *, inward: bool) -> int:
    from lwstui.runtime.copying import fetch, put
    from lwstui.runtime.packing import CopyError

    try:
        with paint.progress(sys.stderr) as tell:
            told = tell if sys.stderr.isatty() else _silent
            if inward:
                done = await put(operator.cluster, path, remote, told)
            else:
                done = await fetch(operator.cluster, remote, path, told)
    except CopyError as error:
        return fail(str(error))
    say(done)
    return 0


async def remote_of(operator: SetOperator, name: str, path: str, container: str) -> Remote:
    """Return the place in a container that words mean.

    Raises:
        UsageError: If the pod has no such container.
        NotFound: If there is no such pod.
    """
    import msgspec

    from controller.api.meta import Key
    from controller.api.names import PODS
    from controller.errors import NotFound
    from lwstui.runtime.copying import Remote
    from lwstui.view.listing import pod_name

    place = place_of(name.removeprefix("pod/"))
    named = place.name if place.group is None else pod_name(place)
    key: Key = Key(operator.namespace, named)
    try:
        body = msgspec.json.decode(await operator.cluster.get(PODS, *key))
    except NotFound as error:
        hint = f"; {name}/0 is the leader of its first group" if place.group is None else ""
        message = f"no pod {key.name} in namespace {key.namespace}{hint}"
        raise NotFound(404, "NotFound", message) from error
    known = [one["name"] for one in body["spec"]["containers"]]
    usual = (body["metadata"].get("annotations") or {}).get(_DEFAULT, known[0])
    chosen = container or (usual if usual in known else known[0])
    if chosen not in known:
        raise UsageError(f"pod {key.name} has no container {chosen}; it has {', '.join(known)}")
    return Remote(key, chosen, path if not path.startswith("-") else f"./{path}")
