import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api import names
from lwstui.view.filters import FilterError, parse, problem
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
        "ready<=7",
        "ready>=87%",
        "state=failed",
        "-l team!=ops",
        "-l !owner,team==search",
        "-l owner!=me",
        "node:",
        "!node:",
        "age>",
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
        "ready>=8",
        "state=ready",
        "-l !team",
        "-l team!=search",
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
        ("redy<3", "no column 'redy' here; did you mean ready?"),
        ("redy<", "no column 'redy' here; did you mean ready?"),
        ("-l a,=b", "-l team=search"),
        ("~a{4294967296}", "not a regular expression"),
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


def test_an_age_that_is_not_known_never_compares():
    unknown = replace(row(), cells=(*row().cells[:5], Cell("—")))
    assert not parse("age>1s", COLUMNS).matches(unknown, NOW)
    assert not parse("age<99d", COLUMNS).matches(unknown, NOW)


@pytest.mark.parametrize("key", [names.SET_NAME, names.SET_NAME_X])
def test_labels_of_pods_are_found_by_their_full_names(key):
    pod = replace(row(), labels={"name": "llama70b", "role": "leader"})
    assert parse(f"-l {key}=llama70b,{names.POD_ROLE}=leader", COLUMNS).matches(pod, NOW)
    assert not parse(f"-l {key}=qwen", COLUMNS).matches(pod, NOW)


# What holds for every filter.

WORDS = st.sampled_from(
    [
        "llama",
        "~^ll",
        "gpu-1[12]",
        "state:X",
        "node:gpu",
        "ready<100%",
        "age>5m",
        "restarts=3",
        "!eu",
        "!state:P",
        "qwen",
    ]
)
LABELS = st.sampled_from(["-l team=search", "-l team", "!-l team=ops", "-f lm7", "!-f zz"])
TERMS = st.one_of(WORDS, LABELS)
ROWS = st.builds(
    row,
    state=st.sampled_from("X·P"),
    name=st.text(max_size=20),
    ready=st.sampled_from(["7/8", "8/8", "—", "", "66%", "1,024/2,000"]),
    restarts=st.sampled_from(["0", "3", "?", ""]),
    node=st.text(max_size=20),
    age=st.floats(0, 1e6),
)


def matches(text, found):
    return parse(text, COLUMNS).matches(found, NOW)


@given(st.text(max_size=60), ROWS)
def test_any_text_is_a_filter_or_a_sentence(text, found):
    said = problem(text, COLUMNS)
    if said:
        assert "\n" not in said
        with pytest.raises(FilterError, match=re.escape(said)):
            parse(text, COLUMNS)
    else:
        matches(text, found)


@given(st.lists(TERMS, max_size=4), ROWS)
def test_all_terms_must_match_in_any_order(terms, found):
    each = all(matches(term, found) for term in terms)
    assert matches(" ".join(terms), found) == each
    assert matches("  ".join(reversed(terms)), found) == each


@given(TERMS, ROWS)
def test_negation_is_the_opposite(term, found):
    bare = term.removeprefix("!")
    assert matches(bare, found) != matches(f"!{bare}", found)


@given(ROWS, st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True))
def test_a_word_matches_what_contains_it_ignoring_case(found, word):
    holding = replace(found, haystack=f"{found.haystack} x{word}y")
    assert matches(word.upper(), holding)
