"""What the simulated engines answer over HTTP. Pure: a request and a process in, a reply out."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lwstui.sandbox import dcgm
from lwstui.sandbox.enginemetrics import exposition
from lwstui.sandbox.engines.detect import RAY_PORT, RPC_PORT, Kind
from lwstui.sandbox.processes import Process

JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_HTML = "text/html"
_SSE = "text/event-stream; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_SILENT_PORTS = (RAY_PORT, RPC_PORT)
_SERVER = {Kind.NGINX: "nginx", Kind.DCGM: "dcgm-exporter", Kind.LLAMACPP: "llama.cpp"}
_NGINX_PAGE = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is simulated by the lwstui sandbox.</p>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Query:
    """An HTTP request; ``path`` without its parameters."""

    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    code: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(process: Process, port: int, query: Query) -> Reply | None:
    """Return what a process answers on one of its ports, None when no HTTP comes from there."""
    kind = process.scene.engine.kind
    if port in _SILENT_PORTS or kind is Kind.JETSTREAM or process.hangs:
        return None
    reply = _FACES.get(kind, _plain)(process, query)
    if query.method == "HEAD":
        reply = Reply(reply.code, b"", reply.content_type, reply.headers)
    server = _SERVER.get(kind, "uvicorn")
    return Reply(reply.code, reply.body, reply.content_type, {"Server": server, **reply.headers})


def _json(code: int, body: Any) -> Reply:
    return Reply(code, msgspec.json.encode(body))


def _openai(process: Process, query: Query) -> Reply:
    """Answer as vLLM and SGLang do."""
    match query.method, query.path:
        case "GET" | "HEAD", "/health" | "/health_generate" | "/ping":
            well = process.serves and not process.stopping
            return Reply(200 if well else 503, content_type=_TEXT)
        case "GET" | "HEAD", "/metrics":
            return Reply(200, exposition(process).encode(), _METRICS)
        case "GET" | "HEAD", "/v1/models":
            return _json(200, _models(process))
        case "GET" | "HEAD", "/version":
            return _json(200, {"version": "0.11.2+simulated"})
        case "POST", "/v1/completions" | "/v1/chat/completions":
            return _completion(process, query, any_model=False)
        case _, "/v1/completions" | "/v1/chat/completions":
            return _json(405, {"detail": "Method Not Allowed"})
    return _json(404, {"detail": "Not Found"})


def _llamacpp(process: Process, query: Query) -> Reply:
    match query.method, query.path:
        case "GET" | "HEAD", "/health" | "/v1/health":
            return _json(200, {"status": "ok"})
        case "GET" | "HEAD", "/":
            page = "<html><body>llama.cpp server, simulated by the lwstui sandbox</body></html>\n"
            return Reply(200, page.encode(), _HTML)
        case "GET" | "HEAD", "/metrics":
            return Reply(200, exposition(process).encode(), _METRICS)
        case "GET" | "HEAD", "/v1/models" | "/models":
            return _json(200, _models(process))
        case "POST", "/completion" | "/v1/completions" | "/v1/chat/completions":
            return _completion(process, query, any_model=True)
    error = {"code": 404, "message": "File Not Found", "type": "not_found_error"}
    return _json(404, {"error": error})


def _dcgm(process: Process, query: Query) -> Reply:
    match query.method, query.path:
        case "GET" | "HEAD", "/metrics":
            return Reply(200, dcgm.exposition(process).encode(), _METRICS)
        case "GET" | "HEAD", "/health":
            return Reply(200, b"KO" if process.stopping else b"OK", _TEXT)
    return Reply(404, b"404 page not found\n", _TEXT)


def _nginx(_: Process, query: Query) -> Reply:
    if query.method not in ("GET", "HEAD"):
        return Reply(405, _nginx_error("405 Not Allowed"), _HTML)
    if query.path in ("/", "/index.html"):
        return Reply(200, _NGINX_PAGE.encode(), _HTML)
    return Reply(404, _nginx_error("404 Not Found"), _HTML)


def _nginx_error(title: str) -> bytes:
    head = f"<head><title>{title}</title></head>"
    return f"<html>\n{head}\n<body>\n<center><h1>{title}</h1></center>\n</body>\n</html>\n".encode()


def _plain(process: Process, query: Query) -> Reply:
    text = (
        f"The lwstui sandbox simulates {process.scene.image} in pod {process.scene.pod}; "
        f"what it would answer to {query.method} {query.path} is not known.\n"
    )
    return Reply(200, text.encode(), _TEXT)


def _models(process: Process) -> dict[str, Any]:
    model = {
        "id": process.scene.engine.model,
        "object": "model",
        "created": int(process.scene.started_at),
        "owned_by": "lwstui-sandbox",
    }
    return {"object": "list", "data": [model]}


def _refusal(code: int, message: str, kind: str) -> Reply:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return _json(code, {"error": error})


def _completion(process: Process, query: Query, *, any_model: bool) -> Reply:
    try:
        asked = msgspec.json.decode(query.body)
    except msgspec.DecodeError as error:
        return _refusal(400, f"the body is not JSON: {error}", "BadRequestError")
    if not isinstance(asked, dict):
        return _refusal(400, "the body is not a JSON object", "BadRequestError")
    model = asked.get("model") or process.scene.engine.model
    if not any_model and model != process.scene.engine.model:
        return _refusal(404, f"The model `{model}` does not exist.", "NotFoundError")
    chat = "chat" in query.path
    wanted = "messages" if chat else "prompt"
    if not asked.get(wanted):
        return _refusal(400, f"{wanted}: Field required", "BadRequestError")
    text = (
        f"This is a simulated answer of the lwstui sandbox: pod {process.scene.pod} plays "
        f"{model} and has read {_words(asked[wanted])} words."
    )
    serial = hashlib.sha256(query.body + str(process.now).encode()).hexdigest()[:32]
    shape = _Shape(f"{'chatcmpl' if chat else 'cmpl'}-{serial}", int(process.now), str(model), chat)
    if asked.get("stream"):
        return Reply(200, shape.stream(text), _SSE)
    return _json(200, shape.whole(text, _words(asked[wanted])))


def _words(content: Any) -> int:
    """Return how many words a prompt or a list of messages has."""
    if isinstance(content, str):
        return len(content.split())
    if isinstance(content, dict):
        return _words(content.get("content"))
    if isinstance(content, list):
        return sum(_words(each) for each in content)
    return 0


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a completion is spelled, whole or in pieces."""

    id: str
    created: int
    model: str
    chat: bool

    def _body(self, choice: dict[str, Any], *, piece: bool) -> dict[str, Any]:
        kind = "text_completion"
        if self.chat:
            kind = "chat.completion.chunk" if piece else "chat.completion"
        choices = [{"index": 0, **choice}]
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }

    def whole(self, text: str, prompt_words: int) -> dict[str, Any]:
        """Return the body of an answer in one."""
        message = {"message": {"role": "assistant", "content": text}}
        part = message if self.chat else {"text": text}
        used = len(text.split())
        usage = {
            "prompt_tokens": prompt_words,
            "completion_tokens": used,
            "total_tokens": prompt_words + used,
        }
        return self._body({**part, "finish_reason": "stop"}, piece=False) | {"usage": usage}

    def _piece(self, text: str, reason: str | None) -> dict[str, Any]:
        delta = {"content": text} if text else {}
        part: dict[str, Any] = {"delta": delta} if self.chat else {"text": text}
        return self._body({**part, "finish_reason": reason}, piece=True)

    def stream(self, text: str) -> bytes:
        """Return the events of a streamed answer."""
        events = [self._piece(f"{word} ", None) for word in text.split(" ")]
        events.append(self._piece("", "stop"))
        told = b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events)
        return told + b"data: [DONE]\n\n"


_FACES: dict[Kind, Callable[[Process, Query], Reply]] = {
    Kind.VLLM: _openai,
    Kind.SGLANG: _openai,
    Kind.LLAMACPP: _llamacpp,
    Kind.DCGM: _dcgm,
    Kind.NGINX: _nginx,
}
