"""The scanner reads what exporters write and survives what they should not write."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from lwstui.telemetry import scan as scanning
from lwstui.telemetry.scan import Sample, by_name, scan


def everything(_):
    return True


def read(text):
    return scan(text, everything).samples


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        ("up 1", Sample("up", (), 1.0)),
        ("up{} 1", Sample("up", (), 1.0)),
        ('a{gpu="0",UUID="GPU-1"} 97', Sample("a", (("gpu", "0"), ("UUID", "GPU-1")), 97.0)),
        ('a { gpu = "0" , } 97', Sample("a", (("gpu", "0"),), 97.0)),
        (r'a{m="x } \"y\" \\ z\n"} 1', Sample("a", (("m", 'x } "y" \\ z\n'),), 1.0)),
        ("  a 1", Sample("a", (), 1.0)),
        ("a 1e3", Sample("a", (), 1000.0)),
        ("a +Inf", Sample("a", (), math.inf)),
        ("a -Inf\r", Sample("a", (), -math.inf)),
        ("a 5 1700000000123", Sample("a", (), 5.0, 1700000000.123)),
        ("a 5 1700000000.5", Sample("a", (), 5.0, 1700000000.5)),
        ('a_bucket{le="0.1"} 8 # {trace_id="x"} 0.05', Sample("a_bucket", (("le", "0.1"),), 8.0)),
    ],
)
def test_one_line(line, sample):
    assert read(line) == (sample,)


@pytest.mark.parametrize("text", ["", "\n\n", "# HELP a b\n# TYPE a gauge\n", "# EOF", "a NaN"])
def test_nothing_is_said(text):
    found = scan(text, everything)
    assert (found.samples, found.malformed) == ((), 0)


@pytest.mark.parametrize(
    "line",
    ["a", "{} 1", "a{b} 1", 'a{b="c 1', 'a{b="c"}', "a x", "a 1 2 3", "a 1 x", 'a{b="c"} 1 2 3'],
)
def test_what_cannot_be_read_is_counted_and_the_rest_kept(line):
    found = scan(f"x 1\n{line}\ny 2", everything)
    assert [sample.name for sample in found.samples] == ["x", "y"]
    assert found.malformed == 1


def test_the_last_of_a_series_counts():
    assert read('a{b="1"} 1\na{b="2"} 2\na{b="1"} 3') == (
        Sample("a", (("b", "1"),), 3.0),
        Sample("a", (("b", "2"),), 2.0),
    )


def test_only_what_is_wanted_is_read_and_each_name_is_asked_for_once():
    asked = []

    def wanted(name):
        asked.append(name)
        return name == "b"

    found = scan('a{broken 1\nb 1\na{broken 1\nb{c="d"} 2\n', wanted)
    assert [sample.value for sample in found.samples] == [1.0, 2.0]
    assert found.malformed == 0
    assert asked == ["a", "b"]


def test_a_text_without_end_is_cut_at_a_whole_line(monkeypatch):
    monkeypatch.setattr(scanning, "MOST_BYTES", 10)
    found = scan("a 1\nb 2\nc 345", everything)
    assert [sample.name for sample in found.samples] == ["a", "b"]
    assert found.cut
    monkeypatch.setattr(scanning, "MOST_LINES", 1)
    assert [sample.name for sample in scan("a 1\nb 2", everything).samples] == ["a"]
    assert scan("a 1\nb 2", everything).cut


def test_labels_are_found_by_the_first_name_that_is_there():
    sample = Sample("a", (("hostname", "n1"), ("pod", "")), 1.0)
    assert sample.label("Hostname", "hostname") == "n1"
    assert sample.label("namespace") == ""
    assert by_name([sample, sample])["a"] == (sample, sample)


NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,8}", fullmatch=True)
LABELS = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), st.text(max_size=9))
VALUES = st.floats(allow_nan=False)


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def labelled(labels):
    return ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NAMES, LABELS, VALUES), max_size=6))
def test_it_agrees_with_the_reference_parser(series):
    # Only \n ends a line of the format, but the oracle takes others for line ends, too.
    lines = [
        f"{name}{{{labelled(labels)}}} {value!r}"
        for name, labels, value in series
        if not any(len(v.splitlines()) > 1 or v.strip() != v for v in labels.values())
    ]
    text = "\n".join(lines) + "\n"
    oracle = {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    ours = {(s.name, tuple(sorted(s.labels))): s.value for s in read(text)}
    assert ours == oracle


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from('a{}="\\, \n#1eN+.\r\x00é'), max_size=60))
def test_no_text_is_too_broken(text):
    found = scan(text, everything)
    assert all(sample.name for sample in found.samples)
