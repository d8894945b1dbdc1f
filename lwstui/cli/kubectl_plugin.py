"""``kubectl lws``: the same commands as a kubectl plugin, found on PATH as ``kubectl-lws``."""

from __future__ import annotations

import sys

from lwstui.cli.completing import WORD
from lwstui.cli.main import main as run_as

PROGRAM = "kubectl lws"


def main() -> int:
    """Run the command line and return the exit code."""
    return run_as(program=PROGRAM)


def complete() -> int:
    """Answer what kubectl asks when it completes ``kubectl lws``; return the exit code."""
    return run_as([WORD, *sys.argv[1:]], program=PROGRAM)


if __name__ == "__main__":
    sys.exit(main())
