"""The file of what was done: appended, rotated, private, and read again."""

from __future__ import annotations

import stat

import pytest

from lwstui.runtime import journal
from lwstui.runtime.journal import Journal, decode, encode
from lwstui.state.model import Activity, Reversal

LINE = Activity(
    1_787_308_920.25,
    "you",
    "scale to 5 groups",
    "prod/llama",
    "accepted",
    kind="asked",
    before="3 groups",
    after="5 groups",
    dry_run="accepted",
    took_s=0.125,
    command="kubectl -n prod scale lws llama --replicas=5",
    reversal=Reversal("scale", ("3",), "scale back to 3"),
    context="prod-eu",
)


def numbered(number, **more):
    return Activity(float(number), "you", f"thing {number}", "a/b", "done", context="c", **more)


def test_a_line_comes_back_as_it_was():
    line = encode(LINE)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == LINE


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"{}", b'{"at": 5}', b'{"at":"2026-08-21"}'])
def test_a_line_that_is_none_is_passed_over(line):
    assert decode(line) is None


def test_fields_of_a_later_version_are_ignored():
    assert decode(encode(LINE).replace(b'{"', b'{"colour":"red","', 1)) == LINE


async def test_lines_are_kept_for_the_owner_alone(tmp_path):
    kept = Journal(tmp_path)
    kept.add(numbered(1))
    kept.add(numbered(2))
    assert await kept.flush() == ""
    path = tmp_path / "activity" / "activity.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().splitlines()) == 2
    kept.add(numbered(3))
    await kept.flush()
    assert [one.what for one in await Journal(tmp_path).earlier("c")] == [
        "thing 1",
        "thing 2",
        "thing 3",
    ]


async def test_other_contexts_are_not_remembered(tmp_path):
    kept = Journal(tmp_path)
    kept.add(numbered(1))
    await kept.flush()
    assert await kept.earlier("another") == ()


async def test_a_full_file_is_put_aside_once(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "LIMIT_BYTES", 200)
    kept = Journal(tmp_path)
    for number in range(12):
        kept.add(numbered(number))
        await kept.flush()
    folder = tmp_path / "activity"
    assert sorted(path.name for path in folder.iterdir()) == ["activity.1.jsonl", "activity.jsonl"]
    assert all(path.stat().st_size < 400 for path in folder.iterdir())
    assert (await kept.earlier("c"))[-1].what == "thing 11"


async def test_a_folder_that_cannot_be_written_costs_a_sentence(tmp_path):
    (tmp_path / "activity").write_text("a file")
    kept = Journal(tmp_path)
    kept.add(numbered(1))
    assert "is not kept" in await kept.flush()
    assert await kept.flush() == ""


async def test_without_a_folder_nothing_is_kept():
    kept = Journal(None)
    kept.add(numbered(1))
    assert await kept.flush() == ""
    assert await kept.earlier("c") == ()
