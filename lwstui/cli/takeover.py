"""``lwstui takeover``: sets of a native controller become ours, without restarting a pod."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lwstui.cli import paint
from lwstui.cli.common import FAILED, USAGE, add_target, explain, fail, target_of

if TYPE_CHECKING:
    from controller.takeover.native import Native
    from lwstui.kube.connect import Connection
    from lwstui.runtime.takeover import Mover
    from lwstui.runtime.takeover_terms import Moved
    from lwstui.view.takeover import Candidate

NAME = "takeover"
SUMMARY = "move sets from a native LeaderWorkerSet controller to this one, no pod restarted"
EXAMPLE = """\
Without names and --all it only shows who controls each set. Run again, it goes on where an
earlier run ended.

example:
  lwstui takeover                                  who controls what, what is in the way
  lwstui takeover --all --stop-native --dry-run    every request, none sent
  lwstui takeover --all --stop-native              the whole move; asks once
  lwstui takeover llama-70b -n llm-prod            one set, native already stopped"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="sets to move")
    parser.add_argument(
        "--all", action="store_true", dest="every", help="every set, of all namespaces unless -n"
    )
    parser.add_argument("--dry-run", action="store_true", help="print every request, send none")
    parser.add_argument(
        "--stop-native",
        action="store_true",
        help="scale the native controller to 0 and delete its webhooks, saved to a file first",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "-o",
        "--output",
        choices=("table", "json", "yaml"),
        default="table",
        help="format (default table)",
    )
    add_target(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show, or move; 0 when everything asked for was done."""
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError
    from lwstui.runtime.takeover_terms import TakeoverError

    if arguments.names and arguments.every:
        fail("takeover: name the sets or say --all, not both")
        return USAGE
    target = target_of(arguments)
    try:
        return asyncio.run(_takeover(arguments))
    except TakeoverError as error:
        return fail(str(error))
    except (ConnectError, ControllerError) as error:
        return fail(explain(error, target))


async def _takeover(arguments: argparse.Namespace) -> int:
    from lwstui.kube.connect import connect
    from lwstui.runtime.clock import SystemClock
    from lwstui.runtime.takeover import Mover

    say = _teller(arguments)
    connection = await connect(target_of(arguments))
    try:
        mover = Mover(connection.rest, SystemClock(), report=say)
        return await _Command(arguments, connection, mover, say).run()
    finally:
        await connection.close()


def _teller(arguments: argparse.Namespace) -> Callable[[str], None]:
    """Return what prints progress: beside the document when JSON is asked for."""
    stream = sys.stderr if arguments.output != "table" else sys.stdout

    def say(text: str) -> None:
        print(text, file=stream, flush=True)

    return say


class _Command:
    """One run of the command."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        connection: Connection,
        mover: Mover,
        say: Callable[[str], None],
    ) -> None:
        self.arguments = arguments
        self.connection = connection
        self.mover = mover
        self.say = say
        self.outcome: dict[str, Any] = {}

    async def run(self) -> int:
        """Look, judge, and move what may be moved."""
        arguments = self.arguments
        everywhere = await self._look()
        chosen = self._choose(everywhere)
        native = await self.mover.survey.native()
        moving = bool(arguments.names or arguments.every)
        if moving:
            native = await self.mover.quiet(native)
        code = FAILED
        self._show(chosen, native)
        if not moving:
            code = 0
        elif self._may_begin(chosen, everywhere, native):
            code = 0 if arguments.dry_run else await self._move(chosen, native)
        if arguments.output != "table":
            from lwstui.view.takeover import document

            print(paint.dump({**document(chosen, native), **self.outcome}, arguments.output))
        return code

    async def _look(self) -> tuple[Candidate, ...]:
        """Return every set one may see: others of the native controller matter, too."""
        from controller.errors import Forbidden
        from controller.takeover.preflight import inspect
        from lwstui.view.takeover import Candidate

        survey = self.mover.survey
        try:
            found = await survey.sets()
        except Forbidden:
            found = await survey.sets(self.connection.info.namespace)
        now = self.mover.clock.now()
        return tuple(Candidate(evidence, inspect(evidence, now)) for evidence in found)

    def _choose(self, everywhere: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """Return the sets the command is about.

        Raises:
            TakeoverError: If one that was named does not exist.
        """
        from lwstui.runtime.takeover_terms import TakeoverError

        arguments = self.arguments
        wanted = set(arguments.names)
        spaces = set((arguments.namespace or "").split(",")) - {""}
        if wanted:
            spaces = {self.connection.info.namespace}
        chosen = tuple(
            candidate
            for candidate in everywhere
            if (not spaces or candidate.evidence.key.namespace in spaces)
            and (not wanted or candidate.evidence.key.name in wanted)
        )
        missing = sorted(wanted - {candidate.evidence.key.name for candidate in chosen})
        if missing:
            raise TakeoverError(
                f"no LeaderWorkerSet {', '.join(missing)} in namespace {min(spaces)}; "
                "choose another with -n, or see all with: lwstui takeover"
            )
        return chosen

    def _show(self, chosen: Sequence[Candidate], native: Native) -> None:
        from lwstui.view.takeover import lines, native_lines

        if self.arguments.output != "table":
            return
        if not chosen:
            self.say("no LeaderWorkerSet here")
        for line in (*(lines(chosen) if chosen else ()), *native_lines(native)):
            self.say(line)

    def _may_begin(
        self, chosen: Sequence[Candidate], everywhere: Sequence[Candidate], native: Native
    ) -> bool:
        """Tell whether everything that has to hold does, and say what does not."""
        arguments = self.arguments
        refused = [str(c.evidence.key) for c in chosen if c.check.refusals]
        going = [c for c in chosen if c.check.stages]
        if refused and (arguments.names or not going):
            return self._no(f"nothing is done: {', '.join(refused)} may not be moved, see above")
        if arguments.dry_run:
            self._dry_run(going, native)
        if going and not native.stopped and not arguments.stop_native:
            return self._no(
                "nothing is done: the native controller is in the way; run the commands above, or "
                "let --stop-native do it"
            )
        left = [str(c.evidence.key) for c in everywhere if c.native and c not in going]
        if not left or not going:
            return True
        text = (
            f"{', '.join(left)} would be left without a controller: the native one serves all "
            "sets or none"
        )
        if native.stopped or arguments.dry_run or arguments.yes:
            self.say(f"warning: {text}")
            return True
        return self._no(f"nothing is done: {text}; take them along (--all), or confirm with --yes")

    def _no(self, text: str) -> bool:
        fail(text)
        return False

    def _dry_run(self, going: Sequence[Candidate], native: Native) -> None:
        from controller.takeover.native import drop_webhooks, stop_controller

        if self.arguments.output != "table":
            return
        if self.arguments.stop_native:
            for request in (*stop_controller(native), *drop_webhooks(native)):
                self.say(f"would {request}")
        for candidate in going:
            for stage in candidate.check.stages:
                self.say(f"{candidate.evidence.key}: {stage.title}")
                for request in stage.requests:
                    self.say(f"  would {request}")

    async def _move(self, chosen: Sequence[Candidate], native: Native) -> int:
        """Move what may be moved; return the exit code."""
        from controller.errors import ControllerError
        from lwstui.runtime.takeover_terms import TakeoverError

        going = [candidate for candidate in chosen if candidate.check.stages]
        if not going:
            self.say("nothing to move")
            return 0
        await self._check_rights(going)
        if not self._confirmed(going, native):
            return FAILED
        await self._save(going, native)
        if not native.stopped:
            native = await self.mover.stop_native(native)
        if not native.stopped:
            left = "; ".join(obstacle.what for obstacle in native.obstacles)
            raise TakeoverError(f"the native controller is still in the way: {left}")
        self.outcome |= {"moved": [], "failed": []}
        for candidate in going:
            key = candidate.evidence.key
            try:
                moved = await self.mover.move(key)
            except (TakeoverError, ControllerError) as error:
                fail(f"{error}; {key} is not finished, run the command again to go on")
                self.outcome["failed"].append({"set": str(key), "error": str(error)})
            else:
                self._tell(moved)
        self.say("they are served as soon as a controller runs: lwstui controller")
        return FAILED if self.outcome["failed"] else 0

    def _tell(self, moved: Moved) -> None:
        changed = ", ".join(moved.disturbed)
        how = (
            f"replaced or restarted meanwhile: {changed}"
            if changed
            else "none replaced or restarted"
        )
        self.say(f"{moved.key}: moved, {moved.pods} pods, {how}")
        self.outcome["moved"].append({"set": str(moved.key), "disturbed": list(moved.disturbed)})

    async def _check_rights(self, going: Sequence[Candidate]) -> None:
        """Make sure that a move is not stuck halfway for lack of a permission.

        Raises:
            TakeoverError: If one is missing.
        """
        from lwstui.runtime.takeover_terms import TakeoverError

        spaces = sorted({candidate.evidence.key.namespace for candidate in going})
        missing = [text for space in spaces for text in await self.mover.missing_rights(space)]
        if missing:
            raise TakeoverError(
                f"nothing is done: context {self.connection.info.context} lacks permission to "
                f"{', '.join(missing)}; ask an administrator for it"
            )

    def _confirmed(self, going: Sequence[Candidate], native: Native) -> bool:
        """Ask, unless told not to; a pipe cannot answer."""
        if self.arguments.yes:
            return True
        info = self.connection.info
        pods = sum(len(candidate.evidence.pods) for candidate in going)
        stop = "" if native.stopped else " and stop the native controller"
        question = f"move {len(going)} set(s), {pods} pods, on {info.context} ({info.server}){stop}"
        if not sys.stdin.isatty():
            return self._no(f"nothing is done: to {question}, confirm with --yes")
        print(f"{question}? [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes") or self._no("nothing is done")

    async def _save(self, going: Sequence[Candidate], native: Native) -> None:
        """Write what will be removed to a file only the user may read."""
        from lwstui.config.paths import state_folder
        from lwstui.runtime.takeover import backup, backup_name
        from lwstui.runtime.takeover_terms import TakeoverError

        folder = state_folder(os.environ) / "takeover"
        path = folder / backup_name(self.connection.info.context, self.mover.clock.now())
        content = backup(native, tuple(candidate.evidence for candidate in going))
        try:
            await asyncio.to_thread(_write_private, path, content)
        except OSError as error:
            raise TakeoverError(
                f"nothing is done: the backup {path} cannot be written: {error.strerror}; "
                "choose another folder with LWSTUI_STATE_DIR"
            ) from error
        self.outcome["backup"] = str(path)
        self.say(f"saved what is removed to {path}")


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
