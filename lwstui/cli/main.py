"""Entry point: parses arguments without importing Textual or the Kubernetes client."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from lwstui import __version__
from lwstui.cli import (
    apply,
    capacity,
    check,
    completion,
    console,
    controller,
    cp,
    crd,
    demo,
    describe,
    doctor,
    fit,
    get,
    info,
    logs,
    manifest,
    record,
    replay,
    restart,
    rollout,
    sandbox,
    scale,
    scenario,
    serve,
    takeover,
    version,
    why,
)
from lwstui.cli.common import CommandParser, fail
from lwstui.cli.completing import WORD, answer

_EPILOG = """\
examples:
  lwstui                              console on the current kubeconfig context
  lwstui -A --read-only               all namespaces, no writes
  lwstui --embedded-controller        the same with the controller running in it
  lwstui demo                         sandbox, controller and console, nothing needed
  lwstui rollout status demo -w       follow a rollout, with the reason when it waits
"""

PROGRAM = "lwstui"
_COMMANDS = (
    sandbox,
    scenario,
    controller,
    demo,
    serve,
    get,
    describe,
    logs,
    cp,
    crd,
    check,
    apply,
    rollout,
    scale,
    restart,
    manifest,
    takeover,
    info,
    version,
    doctor,
    why,
    capacity,
    fit,
    record,
    replay,
    completion,
)


def build_parser(program: str = PROGRAM) -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Args:
        program: How the user calls it; the examples are written for that.
    """
    parser = CommandParser(
        prog=program,
        description="Console, embedded controller and sandbox for Kubernetes LeaderWorkerSets.",
        epilog=_called(_EPILOG, program),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lwstui {__version__}")
    console.add_arguments(parser)
    parser.set_defaults(run=console.run, program=program)
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=CommandParser
    )
    for module in _COMMANDS:
        sub = commands.add_parser(
            module.NAME,
            help=module.SUMMARY,
            description=module.SUMMARY[0].upper() + module.SUMMARY[1:] + ".",
            epilog=_called(module.EXAMPLE, program),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def _called(examples: str, program: str) -> str:
    """Return examples as they are typed when the program is called otherwise."""
    return re.sub(rf"^  {PROGRAM}\b", f"  {program}", examples, flags=re.MULTILINE).replace(
        f"example: {PROGRAM}", f"example: {program}"
    )


def main(argv: Sequence[str] | None = None, *, program: str = PROGRAM) -> int:
    """Run the command line and return the exit code; no traceback reaches the user."""
    words = sys.argv[1:] if argv is None else [*argv]
    parser = build_parser(program)
    if words[:1] == [WORD]:
        return answer(parser, words[1:])
    arguments = parser.parse_args(words)
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except Exception as error:  # noqa: BLE001 - the last resort of the program; the log has the trace
        from lwstui.cli.crash import record

        return fail(f"unexpected failure: {type(error).__name__}: {error} ({record(error)})")
    return code


if __name__ == "__main__":
    sys.exit(main())
