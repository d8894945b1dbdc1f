"""The tests that are said to show what the console promises are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.tui import acceptance

TESTS = Path(__file__).parents[2]
SAID = re.findall(r"``((?:\w+\.)+\w+)``", acceptance.__doc__ or "")


@pytest.mark.parametrize("name", dict.fromkeys(SAID))
def test_what_is_said_to_show_something_is_a_test(name):
    module, _, function = name.rpartition(".")
    path = TESTS / f"{name.replace('.', '/')}.py"
    if path.exists():
        assert path.name.startswith("test_")
        return
    path = TESTS / f"{module.replace('.', '/')}.py"
    defined = {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert function.startswith("test_")
    assert function in defined


def test_every_promise_is_there():
    assert len(SAID) > 60
