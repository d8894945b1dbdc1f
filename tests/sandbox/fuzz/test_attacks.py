"""Requests made to break a server: too big, too deep, half of one, or without a token."""

import gzip
import json
import socket
import ssl
import zlib

import pytest

from tests.sandbox.fuzz.conftest import Server

MAPS = "/api/v1/namespaces/default/configmaps"
LIMIT = 3 << 20


def post(server: Server, raw: bytes, **headers: str) -> tuple[int, dict]:
    given = {"Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    code, answer = server.send("POST", MAPS, raw, given)
    return code, json.loads(answer)


def body(**fields: object) -> bytes:
    return json.dumps({"metadata": {"generateName": "m-"}, **fields}).encode()


def is_alive(server: Server) -> None:
    assert server.send("GET", "/readyz")[0] == 200
    assert server.faults.take() == []


def test_a_body_above_three_megabytes_is_refused(server: Server) -> None:
    code, told = post(server, body(data={"a": "x" * LIMIT}))
    assert (code, told["reason"]) == (413, "RequestEntityTooLarge")
    assert str(LIMIT) in told["message"]
    assert post(server, body(data={"a": "x" * (LIMIT // 4)}))[0] == 201
    is_alive(server)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_bomb_is_refused_by_its_size(server: Server, encoding: str) -> None:
    plain = body(data={"a": "x" * (64 << 20)})
    packed = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    assert len(packed) < 100_000
    assert post(server, packed, Content_Encoding=encoding)[0] == 413
    is_alive(server)


def test_what_only_claims_to_be_compressed_is_refused(server: Server) -> None:
    code, _ = server.send(
        "POST", MAPS, b"nothing", {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )
    assert code == 400
    is_alive(server)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"data":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b'{"metadata":{"name":"a","name":"' + b"b" * 10 + b'"},"data":5}',
        b'{"metadata":{"name":NaN}}',
        b'{"metadata":{"name":"a","generation":1e999}}',
        b'{"metadata":{"name":"a","generation":' + b"9" * 5000 + b"}}",
        b'{"metadata":{"name":"\xff\xfe"}}',
        b'{"metadata":{"name":"\\ud800"}}',
        b'{"metadata":',
        b"",
        b"null",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_json_that_is_none_is_refused(server: Server, raw: bytes) -> None:
    code, told = post(server, raw)
    assert code in (400, 422), told
    assert told["kind"] == "Status"
    is_alive(server)


BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]\nmetadata: {name: bomb}",
        "? [1, 2]\n: 3",
        "- " * 3000 + "x",
        "metadata: {name: !!binary eA==}",
        "metadata: {name: !!set {a, b}}",
        "metadata: {name: !!python/object/apply:os.system [ls]}",
        "metadata: {name: .nan}",
        "data: 'x\n---\nmore: documents",
        "1: 2\nmetadata: 3",
    ],
)
def test_yaml_that_is_no_object_is_refused(server: Server, text: str) -> None:
    for method, target, kind in (
        ("POST", MAPS, "application/yaml"),
        ("PATCH", f"{MAPS}/y?fieldManager=f", "application/apply-patch+yaml"),
    ):
        code, answer = server.send(method, target, text.encode(), {"Content-Type": kind})
        assert code in (400, 422), answer
        assert json.loads(answer)["kind"] == "Status"
    is_alive(server)


def test_yaml_times_are_texts_and_keys_are_texts(server: Server) -> None:
    text = b"metadata: {name: dates}\ndata: {day: 2026-01-02, 7: seven}"
    code, answer = server.send("POST", MAPS, text, {"Content-Type": "application/yaml"})
    assert (code, json.loads(answer)["data"]) == (201, {"day": "2026-01-02", "7": "seven"})


def test_a_patch_that_doubles_itself_is_refused(server: Server) -> None:
    assert (
        post(server, b'{"metadata":{"name":"grows"},"data":{"a":"' + b"x" * 1000 + b'"}}')[0] == 201
    )
    double = [{"op": "copy", "from": "/data", "path": f"/data/x{n}"} for n in range(40)]
    kind = {"Content-Type": "application/json-patch+json"}
    code, answer = server.send("PATCH", f"{MAPS}/grows", json.dumps(double).encode(), kind)
    assert (code, json.loads(answer)["reason"]) == (413, "RequestEntityTooLarge")
    many = [{"op": "test", "path": "/kind", "value": "ConfigMap"}] * 10_001
    code, _ = server.send("PATCH", f"{MAPS}/grows", json.dumps(many).encode(), kind)
    assert code == 413
    is_alive(server)


def raw_exchange(server: Server, data: bytes, *, hang_up: bool = False) -> bytes:
    """Send bytes over TLS and return what comes back until the server closes or is silent."""
    plain = socket.create_connection(server.address, timeout=5)
    with server.trust.wrap_socket(plain, server_hostname=server.address[0]) as wire:
        wire.sendall(data)
        if hang_up:
            return b""
        try:
            return wire.recv(65536)
        except (TimeoutError, ssl.SSLError, ConnectionError):
            return b""


@pytest.mark.parametrize(
    "head",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /readyz HTTP/9.9\r\n\r\n",
        b"GET " + b"/a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
        b"GET /readyz HTTP/1.1\r\nHost: x\r\nBad Header: \0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /api HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
        b"\x16\x03\x01" * 100,
    ],
    ids=lambda head: repr(head[:30]),
)
def test_http_that_is_none_is_refused(server: Server, head: bytes) -> None:
    answer = raw_exchange(server, head)
    code = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0
    assert code == 0 or 400 <= code < 500, answer[:300]
    is_alive(server)


def test_chunks_that_are_none_are_refused(server: Server) -> None:
    head = f"POST {MAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.sandbox.token}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = raw_exchange(server, head.encode() + b'5\r\n{"a":\r\nnonsense\r\n0\r\n\r\n')
    assert answer.split(b" ", 2)[1] == b"400"
    is_alive(server)


def test_clients_that_go_away_in_the_middle_do_no_harm(server: Server) -> None:
    head = f"POST {MAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.sandbox.token}\r\n"
    for rest in ("", "Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
        raw_exchange(server, (head + rest).encode(), hang_up=True)
    watch = "GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
    raw_exchange(server, f"{watch}{server.sandbox.token}\r\n\r\n".encode(), hang_up=True)
    is_alive(server)


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer ", "Bearer guessed", "Basic YTpi", "bearer\t", "Bearer é"]
)
@pytest.mark.parametrize("target", ["/api/v1/pods", "/version", "/apis", "/openapi/v3", "/nothing"])
def test_without_the_token_everything_is_forbidden(server: Server, token: str, target: str) -> None:
    given = f"Authorization: {token}\r\n" if token else ""
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\n{given}\r\n".encode()
    answer = raw_exchange(server, head)
    assert answer.split(b" ", 2)[1] == b"401", answer[:300]


def test_it_listens_on_loopback_only(server: Server) -> None:
    host, port = server.address
    assert host == "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.settimeout(2)
        # Bound to every address, the port would answer here too.
        assert other.connect_ex(("127.0.0.2", port)) != 0
