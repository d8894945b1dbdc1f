"""Foreign text: what a terminal would obey is gone, what people read stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.names import LEADERWORKERSETS, PODS
from lwstui.kube.clean import clean, clean_line
from lwstui.kube.decoders import decoder, safe


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain [/b] text", "plain [/b] text"),
        ("a\tb\nc", "a\tb\nc"),
        ("red \x1b[31mtext\x1b[0m", "red text"),
        ("title \x1b]0;owned\x07end", "title end"),
        ("clip \x1b]52;c;aGk=\x1b\\end", "clip end"),
        ("eight \x9b31mbit", "eight bit"),
        ("rtl \u202eevil", "rtl evil"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag \U000e0041", "tag "),
        ("surrogate \ud800!", "surrogate !"),
        ("bell\x07 back\x08 del\x7f", "bell back del"),
        ("日本語 ✓ émoji 🎉", "日本語 ✓ émoji 🎉"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_clean_line_has_no_line_breaks() -> None:
    assert clean_line("a\nb\tc\r") == "a b c"


@given(st.text())
def test_nothing_harmful_survives_and_cleaning_is_idempotent(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) < 0xA0 for c in cleaned)


def test_objects_are_cleaned_as_they_are_decoded() -> None:
    pod = {
        "metadata": {"name": "p", "namespace": "d", "uid": "u"},
        "status": {"phase": "Failed", "message": "\x1b[2J\u202ebad", "reason": "Evil\x07"},
    }
    raw = json.dumps(pod).encode()
    assert safe(raw) is not raw
    decoded = decoder(PODS)(raw)
    assert (decoded.message, decoded.reason) == ("bad", "Evil")
    raw_utf8 = json.dumps(pod, ensure_ascii=False).encode()
    assert decoder(PODS)(raw_utf8).message == "bad"


def test_clean_objects_keep_their_bytes() -> None:
    raw = json.dumps({"metadata": {"name": "a & b < c"}}).replace("&", "\\u0026").encode()
    assert safe(raw) is raw


def test_unknown_and_null_fields_are_fine() -> None:
    raw = b'{"metadata":{"name":"x","labels":null},"spec":{"new":[1]},"status":{"conditions":[]}}'
    assert decoder(LEADERWORKERSETS)(raw).spec == {"new": [1]}
    assert decoder(PODS)(b'{"metadata":{},"spec":{"containers":null}}').containers == ()


def test_the_spec_of_a_set_is_not_ours_to_change() -> None:
    args = ["\x1b[31m", "zero\u200bwidth", "✓\ufe0f"]
    lws = {
        "metadata": {"name": "s", "labels": {"a": "b\u202e"}},
        "spec": {"leaderWorkerTemplate": {"workerTemplate": {"args": args}}},
        "status": {"conditions": [{"type": "Available", "message": "\x1b[2Jgone"}]},
    }
    found = decoder(LEADERWORKERSETS)(json.dumps(lws).encode())
    assert found.spec == lws["spec"]
    assert found.metadata.labels == {"a": "b"}
    assert found.status.conditions[0].message == "gone"
