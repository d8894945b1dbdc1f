"""``lwstui crd``: print our CustomResourceDefinition."""

from __future__ import annotations

import argparse

NAME = "crd"
SUMMARY = "print the CustomResourceDefinition of LeaderWorkerSet"
EXAMPLE = "example:\n  lwstui crd | kubectl apply --server-side -f -"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no options."""


def run(arguments: argparse.Namespace) -> int:
    """Print the definition."""
    del arguments
    from lwstui.data import crd_text

    print(crd_text(), end="")
    return 0
