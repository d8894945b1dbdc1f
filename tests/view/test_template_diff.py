"""Comparing templates: side by side, in words, with what was applied."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.view.change_words import change_words
from lwstui.view.diffs import Change
from lwstui.view.memo import Memo
from lwstui.view.revision_table import revision_entries, revision_table
from lwstui.view.sidebyside import side_by_side
from lwstui.view.template_diff import APPLIED, LAST_APPLIED, comparison, summary
from lwstui.view.types import Query, Ref
from tests.view.rollouts import annotate, midway, running, snapshot

KEY = Key("default", "sample")
SET = Ref("set", *KEY)


def plain(line):
    return "".join(span.text for span in line)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("a.containers[m].image", "r/vllm:1", "r/vllm:2"), "image 1 → 2"),
        (("a.image", "r/vllm:1", "r/sglang:2"), "image vllm:1 → sglang:2"),
        (("a.image", "one/vllm:1", "two/vllm:1"), "image one/vllm:1 → two/vllm:1"),
        (("a.image", "vllm", "vllm:2"), "image vllm → vllm:2"),
        (("a.image", None, "vllm:2"), "a.image (none) → vllm:2"),
        (("a.args", ["--n", "128"], ["--n", "256"]), "--n 128 → 256"),
        (("a.args", ["--n=128"], ["--n=256", "--x"]), "--n 128 → 256, +--x"),
        (("a.args", None, ["serve", "m"]), "+serve, +m"),
        (("a.args", ["--eager"], None), "---eager"),
        (("a.env[MODE].value", "a", "b"), "env[MODE] a → b"),
        (("t.metadata.annotations.lwstui.dev/restarted-at", "1", "2"), "rolling restart"),
        (("leaderWorkerTemplate.size", 2, 4), "leaderWorkerTemplate.size 2 → 4"),
    ],
)
def test_changes_in_words(change, words):
    assert change_words((Change(*change),)) == words


def test_the_same_change_of_both_roles_is_told_once_and_many_are_counted():
    same = [Change(f"{role}.image", "v:1", "v:2") for role in ("leader", "worker")]
    assert change_words(same) == "image 1 → 2"
    many = [Change(f"a.b{i}", 0, 1) for i in range(5)]
    assert change_words(many).endswith(" and 2 more")
    assert change_words(()) == "no difference"
    assert change_words(None) == "the oldest that is kept"


def test_rows_pair_what_was_with_what_is():
    rows = side_by_side(list("abcdefgh"), list("abcXYfgh"), 1)
    assert [(plain(a), plain(b)) for a, b in rows] == [
        ("  ⋯", "  ⋯"),
        ("  c", "  c"),
        ("- d", "+ X"),
        ("- e", "+ Y"),
        ("  f", "  f"),
    ]


def test_what_only_one_side_has_leaves_the_other_empty():
    rows = side_by_side(["a"], ["a", "b"], None)
    assert [(plain(a), plain(b)) for a, b in rows] == [("  a", "  a"), ("", "+ b")]
    assert side_by_side(["a"], ["a"]) == ()


def test_a_set_is_compared_with_the_revision_before():
    seen = snapshot(midway())
    found = comparison(seen, SET, "", seen.taken_at, Memo())
    assert found.left.startswith("revision 1 (")
    assert found.right.startswith("revision 2 (")
    assert summary(found) == "1 field differs"
    assert any("img:v1" in line for line in found.old)
    assert any("img:v2" in line for line in found.new)


def test_the_oldest_revision_has_nothing_to_be_compared_with():
    seen = snapshot(midway())
    entry = revision_entries(seen, KEY, 0, Memo())[-1]
    ref = Ref("revision", *KEY, uid=entry.revision.uid)
    found = comparison(seen, ref, "", seen.taken_at, Memo())
    assert not found.left
    assert "oldest that is kept" in found.note
    assert any("img:v1" in line for line in found.new)


def test_live_against_applied():
    cluster = running(2)
    assert "nothing says" in comparison(snapshot(cluster), SET, APPLIED, 0, Memo()).note
    applied = {"spec": {**cluster.lws.spec, "replicas": 7}}
    annotate(cluster, LAST_APPLIED, json.dumps(applied))
    found = comparison(snapshot(cluster), SET, APPLIED, 0, Memo())
    assert (found.left, found.right, found.changed) == ("last applied", "live spec", 1)
    assert "replicas: 7" in found.old
    annotate(cluster, LAST_APPLIED, "{")
    assert "cannot be read" in comparison(snapshot(cluster), SET, APPLIED, 0, Memo()).note


def test_a_set_that_is_gone_and_one_without_revisions():
    seen = snapshot(running(1))
    gone = replace(seen, sets={})
    assert "gone" in comparison(gone, SET, "", 0, Memo()).note
    assert "is gone" in revision_table(gone, KEY, Query(), 0, Memo()).note
    bare = replace(seen, revisions={})
    assert "no revision" in comparison(bare, SET, "", 0, Memo()).note


def test_the_table_tells_who_runs_what_and_what_changed():
    seen = snapshot(midway())
    rows = revision_table(seen, KEY, Query(), seen.taken_at, Memo()).rows
    texts = [[cell.text for cell in row.cells] for row in rows]
    assert [text[0] for text in texts] == ["2", "1"]
    assert [text[2] for text in texts] == ["new", "serving"]
    assert [text[3] for text in texts] == ["9 (4-12)", "4 (0-3)"]
    assert [text[4] for text in texts] == ["image v1 → v2", "the oldest that is kept"]
    assert rows[0].ref == Ref("revision", *KEY, uid=rows[0].key)
    filtered = revision_table(seen, KEY, Query("v2"), seen.taken_at, Memo())
    assert len(filtered.rows) == 1
