"""What is kept of containers that died, on disk and in memory."""

import json

import pytest

from lwstui.kube.loglines import LogLine
from lwstui.runtime.archive import RECORD_BYTES, Archive, archive_folder
from tests.state.test_deaths import death

LINES = [LogLine(1.0, "first"), LogLine(2.0, "last")]


@pytest.mark.parametrize("on_disk", [True, False])
def test_lines_come_back(tmp_path, on_disk):
    archive = Archive(tmp_path if on_disk else None)
    one = death(1, group=5, generation=3)
    assert not archive.has(one)
    archive.keep(one, LINES)
    assert archive.has(one)
    assert archive.read(one) == LINES
    assert archive.read(death(2)) == []


def test_files_are_private_and_found_by_set_group_and_generation(tmp_path):
    folder = archive_folder(tmp_path, "prod", "https://10.0.0.1:6443")
    Archive(folder).keep(death(1, group=5, generation=3), LINES)
    (path,) = folder.rglob("*.json")
    assert path.parent.name == "group-5.generation-3"
    assert path.parent.parent.name == "prod.llama"
    assert path.name.startswith("llama-0-1.main.0.uid-1")
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder != archive_folder(tmp_path, "prod", "https://10.0.0.2:6443")


def test_hostile_names_stay_inside_the_folder(tmp_path):
    folder = tmp_path / "kept"
    Archive(folder).keep(death(1, pod="../../x", set_name="..", namespace="/", uid="/etc"), LINES)
    (path,) = tmp_path.rglob("*.json")
    assert folder in path.resolve().parents


def test_what_was_kept_is_known_to_the_next_run_of_the_program(tmp_path):
    first = Archive(tmp_path)
    first.keep(death(2), LINES)
    first.keep(death(1, reason="OOMKilled", lines=("a", "b")), LINES)
    second = Archive(tmp_path)
    found = second.load()
    assert [one.uid for one in found] == ["uid-1", "uid-2"]
    assert (found[0].reason, found[0].lines) == ("OOMKilled", ("a", "b"))
    assert second.read(found[0]) == LINES


def test_the_oldest_go_when_all_is_too_large(tmp_path):
    archive = Archive(tmp_path, limit_bytes=2_000)
    for number in range(10):
        archive.keep(death(number, group=number), [LogLine(1.0, "x" * 300)])
    left = Archive(tmp_path).load()
    assert 0 < len(left) < 6
    assert left[-1].uid == "uid-9"
    assert len(list(tmp_path.rglob("*.json"))) == len(left)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.json")) <= 2_000
    assert len(list(tmp_path.rglob("group-*"))) == len(left)


def test_of_a_long_log_the_last_lines_are_kept(tmp_path):
    archive = Archive(tmp_path)
    archive.keep(death(1), [LogLine(float(n), f"{n} " + "x" * 8000) for n in range(100)])
    kept = archive.read(death(1))
    assert kept[-1].text.startswith("99 ")
    assert sum(len(line.text) for line in kept) <= RECORD_BYTES


def test_a_broken_file_costs_itself_and_nothing_else(tmp_path):
    archive = Archive(tmp_path)
    archive.keep(death(1), LINES)
    archive.keep(death(2), LINES)
    first, _ = sorted(tmp_path.rglob("*.json"))
    first.write_text("{")
    assert [one.uid for one in Archive(tmp_path).load()] == ["uid-2"]
    assert Archive(tmp_path).read(death(1)) == []


def test_what_somebody_wrote_into_a_file_is_cleaned(tmp_path):
    archive = Archive(tmp_path)
    archive.keep(death(1), LINES)
    (path,) = tmp_path.rglob("*.json")
    document = json.loads(path.read_text())
    document["death"]["reason"] = "a\x1b[2Jb"
    document["lines"] = [[1.0, "red\x1b]52;c;x\x07 line\u202e"]]
    path.write_text(json.dumps(document))
    again = Archive(tmp_path)
    (found,) = again.load()
    assert found.reason == "ab"
    assert again.read(found) == [LogLine(1.0, "red line")]


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    archive = Archive(blocked)
    archive.keep(death(1), LINES)
    assert not archive.has(death(1))
    assert archive.load() == []
