import re

import pytest

from lwstui.view.filters import FilterError, parse
from lwstui.view.types import Cell, Column, Row

NOW = 1_000_000.0
COLUMNS = (
    Column("state", "S", 1),
    Column("name", "NAME", 10),
    Column("ready", "READY", 5),
    Column("restarts", "RST", 3),
    Column("node", "NODE", 8),
    Column("age", "AGE", 5, age=True),
)


def row(
    *, state="X", word="failed", name="llama70b", ready="7/8", restarts="3", node="gpu-12", age=600
):
    cells = (state, name, ready, restarts, node, "10m")
    return Row(
        name,
        tuple(Cell(text) for text in cells),
        haystack=" ".join((*cells, word, "CrashLoopBackOff")).lower(),
        sort=(0, name, 0, 0, node, -(NOW - age)),
        state=word,
        labels={"team": "search"},
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "llama",
        "LLAMA gpu",
        "crashloop",
        "!qwen",
        "~^llama",
        "llama|qwen",
        "gpu-1[12]",
        "state:X|P",
        "state:failed",
        "node:gpu-1[12]",
        "node:GPU",
        "name:70b",
        "ready<100%",
        "ready<8",
        "ready=7",
        "restarts>2",
        "restarts=3",
        "age>5m",
        "age<1h",
        "age=10m",
        "-l team=search",
        "-l team",
        "-f lm70",
        "ready<100% age>5m -l team=search !eu",
        "rst:3",
    ],
)
def test_matches(text):
    columns = (*COLUMNS[:3], Column("rst", "RST", 3), *COLUMNS[4:]) if text == "rst:3" else COLUMNS
    assert parse(text, columns).matches(row(), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "qwen",
        "!llama",
        "~^70b",
        "state:P",
        "state:x",
        "state:ready",
        "!state:X",
        "node:gpu-2",
        "ready>90%",
        "ready=100%",
        "restarts>3",
        "age>10m",
        "age<90s",
        "-l team=ops",
        "-l owner",
        "!-f lm70",
        "-f 70ml",
        "llama qwen",
    ],
)
def test_does_not_match(text):
    assert not parse(text, COLUMNS).matches(row(), NOW)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("!", "needs something after it"),
        ("-l", "-l team=search"),
        ("-l =x", "-l team=search"),
        ("-f", "-f lm70"),
        ("~", "needs a regular expression"),
        ("~[", "not a regular expression"),
        ("colour:red", "no column 'colour'"),
        ("ready<many", "'many' is not a number"),
        ("age>tomorrow", "'tomorrow' is not an age"),
    ],
)
def test_errors_are_sentences(text, says):
    with pytest.raises(FilterError, match=re.escape(says)):
        parse(text, COLUMNS)


def test_a_word_that_does_not_compile_is_taken_as_it_stands():
    hostile = Row("x", (Cell("[foo"),), haystack="[foo")
    assert parse("[foo", COLUMNS[:1]).matches(hostile, NOW)


def test_cells_without_a_number_never_compare():
    assert not parse("ready<100%", COLUMNS).matches(row(ready="—"), NOW)
    assert not parse("restarts>0", COLUMNS).matches(row(restarts="?"), NOW)
