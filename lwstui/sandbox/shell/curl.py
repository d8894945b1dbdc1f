"""``curl`` to the engines of the cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lwstui.sandbox.enginehttp import Query, Reply, answer
from lwstui.sandbox.network import Refused
from lwstui.sandbox.shell.network import connect
from lwstui.sandbox.shell.programs import Command, Out, Program, Session, failed, read_all

_TIMEOUT_S = 130.0
_VALUED = {
    "-X": "method", "--request": "method",
    "-d": "data", "--data": "data", "--data-raw": "data", "--data-binary": "data",
    "-o": "output", "--output": "output",
    "-w": "format", "--write-out": "format",
    "-m": "timeout", "--max-time": "timeout", "--connect-timeout": "timeout",
    "-H": "header", "--header": "header", "-A": "agent", "-u": "user",
}  # fmt: skip
_FLAGS = {
    "--silent": "s", "--show-error": "S", "--fail": "f", "--include": "i", "--head": "I",
    "--location": "L", "--insecure": "k", "--verbose": "v", "--no-buffer": "N",
}  # fmt: skip
_KNOWN_FLAGS = frozenset("sSfiILkvNg")
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
            503: "Service Unavailable"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of one call."""

    url: str
    flags: str
    values: Mapping[str, str]

    @property
    def method(self) -> str:
        """Return the HTTP method."""
        default = "HEAD" if "I" in self.flags else "POST" if "data" in self.values else "GET"
        return self.values.get("method", default)

    @property
    def timeout_s(self) -> float:
        """Return how long to wait for an answer."""
        try:
            return float(self.values.get("timeout", _TIMEOUT_S))
        except ValueError:
            return _TIMEOUT_S


def _arguments(args: Sequence[str]) -> _Asked | str:
    """Return what is asked for, or what is wrong with it."""
    url, flags, values, rest = "", "", dict[str, str](), list(args)
    while rest:
        arg = rest.pop(0)
        if arg in _VALUED:
            if not rest:
                return f"option {arg}: requires parameter"
            values[_VALUED[arg]] = rest.pop(0)
        elif arg[:2] in _VALUED and not arg.startswith("--"):
            values[_VALUED[arg[:2]]] = arg[2:]
        elif arg in _FLAGS:
            flags += _FLAGS[arg]
        elif arg.startswith("-") and set(arg[1:]) <= _KNOWN_FLAGS:
            flags += arg[1:]
        elif arg.startswith("-"):
            last = _VALUED.get(f"-{arg[-1]}") if set(arg[1:-1]) <= _KNOWN_FLAGS else None
            if last is None or not rest:
                return f"option {arg}: is unknown to the simulated command"
            flags += arg[1:-1]
            values[last] = rest.pop(0)
        else:
            url = arg
    return _Asked(url, flags, values) if url else "(2) no URL specified"


def curl(session: Session, args: Sequence[str]) -> Program:
    """Request a URL of the cluster."""
    asked = _arguments(args)
    if isinstance(asked, str):
        return (yield from failed(f"curl: {asked}", 2))
    parts = urlsplit(asked.url if "://" in asked.url else f"http://{asked.url}")
    try:
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        return (yield from _refused(asked, 3, "URL rejected: Bad port number"))
    if parts.scheme != "http":
        why = f'Protocol "{parts.scheme}" is not simulated, only http'
        return (yield from _refused(asked, 1, why))
    _, addresses = session.network.resolve(session.pod, host)
    if not addresses:
        return (yield from _refused(asked, 6, f"Could not resolve host: {host}"))
    reached = yield from connect(session, addresses[0], port, asked.timeout_s)
    if isinstance(reached, Refused):
        return (yield from _unreached(asked, host, port, reached))
    body = asked.values.get("data", "")
    if body == "@-":
        body = yield from read_all()
    query = Query(asked.method, parts.path or "/", body.encode(errors="surrogateescape"))
    reply = answer(reached.process, reached.port, query)
    if reply is None:
        return (yield from _refused(asked, 52, "Empty reply from server"))
    return (yield from _told(asked, reply))


def _unreached(asked: _Asked, host: str, port: int, reached: Refused) -> Program:
    if not reached.at_once:
        waited_ms = round(asked.timeout_s * 1000)
        return _refused(asked, 28, f"Connection timed out after {waited_ms} milliseconds")
    why = f"Failed to connect to {host} port {port} after 0 ms: Could not connect to server"
    return _refused(asked, 7, why)


def _refused(asked: _Asked, code: int, why: str) -> Program:
    if "s" not in asked.flags or "S" in asked.flags:
        yield Out(f"curl: ({code}) {why}\n", error=True)
    yield from _written(asked, 0)
    return code


def _told(asked: _Asked, reply: Reply) -> Program:
    if "f" in asked.flags and reply.code >= 400:
        why = f"The requested URL returned error: {reply.code}"
        return (yield from _refused(asked, 22, why))
    text = ""
    if "i" in asked.flags or "I" in asked.flags:
        text += _head(reply)
    text += reply.body.decode(errors="surrogateescape")
    if asked.values.get("output") != "/dev/null" and text:
        yield Out(text)
    yield from _written(asked, reply.code)
    return 0


def _head(reply: Reply) -> str:
    rows = [f"HTTP/1.1 {reply.code} {_REASONS.get(reply.code, '')}".rstrip()]
    rows += [f"{name.lower()}: {value}" for name, value in reply.headers.items()]
    rows += [f"content-type: {reply.content_type}", f"content-length: {len(reply.body)}"]
    return "\r\n".join(rows) + "\r\n\r\n"


def _written(asked: _Asked, code: int) -> Program:
    form = asked.values.get("format", "")
    if form:
        text = form.replace("%{http_code}", f"{code:03}").replace("%{response_code}", f"{code:03}")
        yield Out(text.replace("\\n", "\n"))
    return 0


COMMANDS: dict[str, Command] = {"curl": curl}
