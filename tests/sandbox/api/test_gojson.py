"""Bodies that are no JSON, refused in the words of Go's decoder."""

import pytest

from lwstui.sandbox.gojson import json_fault, summary
from tests.sandbox.api.support import JSON_PATCH, LWS, MERGE, PODS, STRATEGIC, Api, pod

VALUE = "looking for beginning of value"
KEY = "looking for beginning of object key string"
END = "unexpected end of JSON input"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", END),
        ("   ", END),
        ("{", END),
        ('{"a"', END),
        ('{"a":', END),
        ('{"a":1', END),
        ('{"a":"b', END),
        ("[1,", END),
        ("tru", END),
        ("{bad}", f"invalid character 'b' {KEY}"),
        ("{'a':1}", f"invalid character '\\'' {KEY}"),
        ('{"a":1,}', f"invalid character '}}' {KEY}"),
        ("[1,]", f"invalid character ']' {VALUE}"),
        ("metadata: x", f"invalid character 'm' {VALUE}"),
        ("[NaN]", f"invalid character 'N' {VALUE}"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        ('{"x":[1 2]}', "invalid character '2' after array element"),
        ('{"[":1 2}', "invalid character '2' after object key:value pair"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("01", "invalid character '1' after top-level value"),
        ("[trux]", "invalid character 'x' in literal true (expecting 'e')"),
        ("nil", "invalid character 'i' in literal null (expecting 'u')"),
        ('{"a":"\\q"}', "invalid character 'q' in string escape code"),
        ('"a\nb"', "invalid character '\\n' in string literal"),
    ],
)
def test_faults(text: str, fault: str) -> None:
    assert json_fault(text.encode()) == fault


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"", "<empty>"),
        (b"{bad", "{bad"),
        (b"{" + b"a" * 40, "{" + "a" * 29 + " ..."),
        (b"bad", "626164"),
        (b"b" * 31, "62" * 30 + " ..."),
    ],
)
def test_summaries(raw: bytes, shown: str) -> None:
    assert summary(raw) == shown


async def test_refusals_name_what_was_expected(api: Api) -> None:
    refused = await api.call("POST", PODS, b"{bad", code=400)
    assert refused["message"] == (
        "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; "
        f"json parse error: invalid character 'b' {KEY} ({{bad)"
    )
    refused = await api.call("POST", LWS, b"nope", code=400)
    assert "(must be of type LeaderWorkerSet)" in refused["message"]
    await api.post(PODS, pod())
    refused = await api.call("PATCH", f"{PODS}/p", b"{bad", content_type=MERGE, code=400)
    assert refused["message"] == f"error decoding patch: invalid character 'b' {KEY}"
    for content_type, said in (
        (STRATEGIC, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (MERGE, "error decoding patch: json: cannot unmarshal array into Go value of type map"),
        (JSON_PATCH, ""),
    ):
        code = 200 if content_type == JSON_PATCH else 400
        answer = await api.call("PATCH", f"{PODS}/p", b"[]", content_type=content_type, code=code)
        assert said in answer.get("message", "")
    refused = await api.call("PATCH", f"{PODS}/p", b'"x"', content_type=JSON_PATCH, code=400)
    assert refused["message"] == (
        "error decoding patch: json: cannot unmarshal string into Go value of type []interface {}"
    )
    refused = await api.call("DELETE", f"{PODS}/p", b"[", code=400)
    assert "(must be of type DeleteOptions)" in refused["message"]
