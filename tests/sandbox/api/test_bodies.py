"""Bodies as they are written: keys that are there twice, YAML with aliases."""

import pytest

from lwstui.sandbox.duplicates import duplicate_fields
from lwstui.sandbox.objects import StatusError
from lwstui.sandbox.requests import decode_body
from tests.sandbox.api.support import LWS, MERGE, PODS, Api, pod

YAML = "application/yaml"
TWICE = (
    b'{"metadata":{"name":"p","labels":{"a":"1","a":"2"}},"spec":{"containers":'
    b'[{"name":"m","image":"x","image":"y","name":"n"}]},"spec":{"containers":'
    b'[{"name":"m","image":"z"}]}}'
)
DUPLICATES = [
    'duplicate field "metadata.labels.a"',
    'duplicate field "spec.containers[0].image"',
    'duplicate field "spec.containers[0].name"',
    'duplicate field "spec"',
]


@pytest.mark.parametrize(
    ("raw", "is_yaml", "said"),
    [
        (b'{"a":1,"b":{"a":2}}', False, []),
        (b'{"a":1,"a":1,"a":1}', False, ['duplicate field "a"']),
        (b'[{"x":1},{"x":1,"x":2}]', False, ['duplicate field "[1].x"']),
        (b'{"a":1,"a":1}', True, ['duplicate field "a"']),
        (b"a: 1\nb:\n  c: 1\n  c: 2\n", True, ['line 4: key "c" already set in map']),
        (b"a: &x\n  k: 1\n  k: 2\nb: *x\n", True, ['line 3: key "k" already set in map']),
        (b"a: &x [*x]\n", True, []),
        (b"{a: 1, a: 2}", True, []),
        (b"plain", True, []),
        (b"[" * 100_000, False, []),
    ],
)
def test_duplicates_are_found(raw: bytes, is_yaml: bool, said: list[str]) -> None:
    assert duplicate_fields(raw, is_yaml=is_yaml) == said


async def test_keys_given_twice_are_warned_of_and_the_last_counts(api: Api) -> None:
    answer = await api.raw("POST", PODS, TWICE)
    assert answer.status == 201
    warned = answer.headers.getall("Warning")
    assert [each.replace('\\"', '"') for each in warned] == [f'299 - "{d}"' for d in DUPLICATES]
    stored = await answer.json()
    assert stored["metadata"]["labels"] == {"a": "2"}
    assert [each["image"] for each in stored["spec"]["containers"]] == ["z"]
    quiet = await api.raw("PUT", f"{PODS}/p?fieldValidation=Ignore", TWICE)
    assert "Warning" not in quiet.headers


async def test_keys_given_twice_are_refused_where_asked(api: Api) -> None:
    refused = await api.call("POST", f"{PODS}?fieldValidation=Strict", TWICE, code=400)
    assert refused["message"].endswith(f"strict decoding error: {', '.join(DUPLICATES)}")
    assert not api.store.items("pods")
    body = b'{"metadata":{"name":"l","name":"l"},"spec":{"leaderWorkerTemplate":{}}}'
    refused = await api.call("POST", f"{LWS}?fieldValidation=Strict", body, code=400)
    assert 'duplicate field "metadata.name"' in refused["message"]
    await api.post(PODS, pod())
    patch = b'{"metadata":{"labels":{"a":"1"},"labels":{"a":"2"}}}'
    path = f"{PODS}/p?fieldValidation=Strict"
    refused = await api.call("PATCH", path, patch, content_type=MERGE, code=422)
    assert 'strict decoding error: duplicate field "metadata.labels"' in refused["message"]


def test_aliases_are_written_out() -> None:
    raw = b"a: &x {k: [1, 2]}\nb: *x\nc: {<<: *x, l: 3}\n"
    read = decode_body(raw, YAML)
    assert read == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": {"k": [1, 2], "l": 3}}
    assert read["a"] is not read["b"]


def test_aliases_that_blow_up_are_refused() -> None:
    layers = [f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(9))}]" for n in range(1, 12)]
    for raw in ("\n".join(["a0: &a0 [x]", *layers]), "a: &a [*a]", "a: &a {b: *a}"):
        with pytest.raises(StatusError, match="excessive aliasing") as refused:
            decode_body(raw.encode(), YAML)
        assert refused.value.code == 400


async def test_keys_twice_in_yaml_are_told_before_all_else(api: Api) -> None:
    body = b"metadata: {name: c}\nfoo: 1\ndata:\n  a: b\n  a: c\n  d: e\n  d: f\n"
    path = "/api/v1/namespaces/default/configmaps"
    strict = await api.call(
        "POST", f"{path}?fieldValidation=Strict", body, content_type=YAML, code=400
    )
    assert strict["message"].endswith(
        'strict decoding error: yaml: unmarshal errors:\n  line 5: key "a" already set in map\n'
        '  line 7: key "d" already set in map, unknown field "foo"'
    )
    answer = await api.raw("POST", path, body, content_type=YAML)
    assert answer.headers.getall("Warning") == [
        r'299 - "line 5: key \"a\" already set in map"',
        r'299 - "line 7: key \"d\" already set in map"',
        r'299 - "unknown field \"foo\""',
    ]
