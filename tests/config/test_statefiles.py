"""State between runs: safe names, whole and private files, faults that cost a sentence."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.config.statefiles import SHARED, StateFiles, safe_name, write_private


@pytest.mark.parametrize("name", ["prod-eu", "kind-kind", "lwstui-sandbox", "a.b_c"])
def test_a_plain_name_stays(name):
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../etc", "a/b", "-rf", "arn:aws:eks/x", *sorted(SHARED)]
)
def test_another_name_is_made_safe(name):
    safe = safe_name(name)
    assert safe != name
    assert "/" not in safe
    assert not safe.startswith((".", "-"))


@given(st.text(max_size=300), st.text(max_size=300))
def test_safe_names_are_short_plain_and_different(one, other):
    safe = safe_name(one)
    assert safe.isascii()
    assert 0 < len(safe) <= 100
    assert (safe == safe_name(other)) == (one == other)


def test_what_is_written_is_read_and_private(tmp_path):
    files = StateFiles(tmp_path / "state", "arn:aws:eks/prod")
    assert files.read("console") == (None, "")
    assert files.write("console", {"view": "sets"}) == ""
    assert files.read("console") == ({"view": "sets"}, "")
    path = files.folder / "console.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["console.json"]


def test_contexts_do_not_share_their_state(tmp_path):
    files = StateFiles(tmp_path, "a/b")
    files.write("console", 1)
    assert files.of("a_b").read("console") == (None, "")


@pytest.mark.parametrize("text", ["{", "\x00", "[" * 100_000])
def test_a_broken_file_is_ignored_with_a_sentence(tmp_path, text):
    files = StateFiles(tmp_path, "prod")
    files.write("console", {})
    (files.folder / "console.json").write_text(text)
    document, problem = files.read("console")
    assert document is None
    assert "console.json cannot be read and is ignored" in problem
    assert "\n" not in problem


def test_a_folder_that_cannot_be_made_costs_a_sentence(tmp_path):
    (tmp_path / "prod").write_text("in the way")
    problem = StateFiles(tmp_path, "prod").write("console", {})
    assert "cannot be written" in problem


def test_without_a_folder_nothing_is_kept():
    files = StateFiles(None, "prod")
    assert files.write("console", {}) == ""
    assert files.write_lines("history", ["a"]) == ""
    assert files.read("console") == (None, "")
    assert files.lines("history") == ()


def test_the_last_lines_are_kept_and_each_is_one_line(tmp_path):
    files = StateFiles(tmp_path, "prod")
    files.write_lines("history", [f"logs x{n}\nrm" for n in range(300)])
    lines = files.lines("history")
    assert len(lines) == 200
    assert lines[-1] == "logs x299 rm"


def test_a_failed_write_leaves_what_was_there(tmp_path):
    target = tmp_path / "here"
    target.mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(target, "text")
    assert list(tmp_path.iterdir()) == [target]
