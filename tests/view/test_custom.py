"""Columns that operators define: what a definition means, where its cells come from."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.view.custom import (
    WIDE_ONLY,
    ColumnError,
    arrangement,
    custom_column,
    document,
    look_up,
    parse_path,
    with_columns,
)
from lwstui.view.memo import Memo
from lwstui.view.pods import COLUMNS, pods
from lwstui.view.types import Query, Ref
from tests.tui.worlds import NOW, busy, rolling


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".metadata.name", ("metadata", "name")),
        ("{.spec.replicas}", ("spec", "replicas")),
        (
            ".metadata.labels['app.kubernetes.io/name']",
            ("metadata", "labels", "app.kubernetes.io/name"),
        ),
        (r".metadata.labels.app\.io/x", ("metadata", "labels", "app.io/x")),
        (".spec.containers[0].image", ("spec", "containers", 0, "image")),
    ],
)
def test_paths_are_written_as_kubectl_and_k9s_write_them(text, path):
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["", "spec", ".", "..a", ".a[x]", ".a b", ".a[", "$.a"])
def test_what_is_no_path_is_a_sentence(text):
    with pytest.raises(ColumnError, match="is not a path"):
        parse_path(text)


@given(st.text(max_size=40))
def test_any_text_is_a_column_or_a_sentence(text):
    found, said = None, ""
    try:
        found = custom_column(text)
    except ColumnError as error:
        said = str(error)
    assert said or (found.path and found.column.title)


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    ),
    st.lists(st.text(max_size=3) | st.integers(0, 3), min_size=1, max_size=4),
)
def test_a_path_leads_somewhere_or_nowhere_but_never_fails(found, path):
    look_up(found, tuple(path))


def test_flags():
    number, moment = custom_column("A:.x|N"), custom_column("B:.x|TWHL")
    assert (number.number, number.column.align) == (True, "right")
    assert moment.column.age
    assert moment.hidden
    assert moment.column.min_screen == WIDE_ONLY
    assert custom_column("A:.x|NL").column.align == "left"
    with pytest.raises(ColumnError, match="unknown flag Q"):
        custom_column("A:.x|Q")


def test_an_arrangement_knows_titles_and_ids_and_says_what_it_does_not_know():
    order, custom, problems = arrangement(["S", "pod", "X:.spec.a", "NOPE", "Y:z"], COLUMNS)
    assert order == ("state", "name", "x")
    assert [one.column.id for one in custom] == ["x"]
    assert problems[0] == "NOPE"
    assert re.search("is not a path", problems[1])


def test_a_column_of_ones_own_may_have_the_title_of_another():
    order, custom, _ = arrangement(["NODE:.spec.nodeName"], COLUMNS)
    assert order == ("own-node",)
    assert custom[0].column.title == "NODE"


def test_what_is_held_is_found_in_the_words_of_the_api():
    world = busy()
    snapshot = world.snapshot()
    held = document(snapshot, Ref("set", "llm-prod", "phi4"))
    assert look_up(held, ("spec", "replicas")) == 40
    pod = document(snapshot, Ref("pod", "llm-prod", "phi4-0"))
    assert look_up(pod, ("status", "phase")) == "Running"
    assert look_up(pod, ("set", "metadata", "name")) == "phi4"
    node = document(snapshot, Ref("node", "", "gpu-001"))
    assert look_up(node, ("metadata", "name")) == "gpu-001"
    assert document(snapshot, Ref("pod", "llm-prod", "gone")) == {}
    assert document(snapshot, None) == {}


def test_rows_are_filtered_and_sorted_by_columns_of_ones_own_and_remembered():
    world, _ = rolling()
    snapshot, memo = world.snapshot(), Memo()
    custom = (
        custom_column("AT:.spec.nodeName"),
        custom_column("OLD:.metadata.creationTimestamp|T"),
    )

    def shown(query):
        whole = pods(snapshot, Query(sort=query.sort), NOW, memo)
        return with_columns(whole, custom, snapshot, query, NOW, memo=memo)

    view = shown(Query("at:gpu-014", sort="at", descending=True))
    assert 0 < len(view.rows) < view.total == 192
    assert {row.cells[-2].text for row in view.rows} == {"gpu-014"}
    assert all(row.cells[-1].text for row in view.rows)
    everything = shown(Query(sort="at"))
    names = [row.cells[-2].text for row in everything.rows]
    assert names == sorted(names)
    built = memo.built
    again = shown(Query(sort="at"))
    assert memo.built == built, "rows that did not change were made again"
    assert again.rows[0] is everything.rows[0]


def test_a_filter_that_cannot_be_understood_hides_nothing():
    snapshot, memo = rolling()[0].snapshot(), Memo()
    whole = pods(snapshot, Query(), NOW, memo)
    custom = (custom_column("AT:.spec.nodeName"),)
    view = with_columns(whole, custom, snapshot, Query("att<"), NOW, memo=memo)
    assert len(view.rows) == 192
    assert "no column" in view.note
