"""What is wrong with a text that is no JSON, in the words of Go's decoder.

Source: behaviour of Go's encoding/json scanner, not its code.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

_END = "unexpected end of JSON input"
_LITERALS = ("true", "false", "null")
_AFTER = {
    "Expecting property name": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Extra data": "after top-level value",
    "Invalid control character": "in string literal",
    "Invalid \\escape": "in string escape code",
    "Invalid \\uXXXX": "in \\u hexadecimal character escape",
}
_SHOWN_BYTES = 30


class _Constant(Exception):
    """NaN or an infinity, which Python reads and JSON does not have."""


def json_fault(raw: bytes) -> str:
    """Return what is wrong with a body that is no JSON; a sentence in any case."""
    text = raw.decode(errors="replace")
    try:
        json.loads(text, parse_constant=_constant)
    except json.JSONDecodeError as error:
        return _worded(text, error)
    except _Constant as error:
        return f"invalid character '{error.args[0][0]}' looking for beginning of value"
    except RecursionError:
        return "exceeded max depth"
    return "invalid UTF-8 in string"


def summary(raw: bytes) -> str:
    """Return the beginning of a body as errors show it: JSON as it is, the rest in hexadecimal."""
    if not raw:
        return "<empty>"
    more = " ..." if len(raw) > _SHOWN_BYTES else ""
    shown = raw[:_SHOWN_BYTES]
    return (shown.decode(errors="replace") if raw[:1] == b"{" else shown.hex()) + more


def _constant(name: str) -> NoReturn:
    raise _Constant(name)


def _worded(text: str, error: json.JSONDecodeError) -> str:
    at = error.pos
    if error.msg.startswith(("Invalid \\escape", "Invalid \\uXXXX")):
        at += 1
    if error.msg.startswith("Expecting value"):
        literal = _literal_fault(text, at)
        if literal:
            return literal
    while error.msg.startswith(("Expecting", "Extra")) and text[at : at + 1].isspace():
        at += 1
    if at >= len(text) or error.msg.startswith("Unterminated"):
        return _END
    return f"invalid character {_quoted(text[at])} {_place(text, at, error.msg)}"


def _place(text: str, at: int, message: str) -> str:
    for beginning, place in _AFTER.items():
        if message.startswith(beginning):
            return place
    if message.startswith("Expecting ','"):
        inside = next(_open(text[:at]), "")
        return "after object key:value pair" if inside == "{" else "after array element"
    return "looking for beginning of value"


def _literal_fault(text: str, at: int) -> str:
    """Return where a literal that begins well goes wrong, empty where none begins."""
    for literal in _LITERALS:
        if at < len(text) and text[at] == literal[0]:
            for offset, wanted in enumerate(literal):
                found = text[at + offset : at + offset + 1]
                if not found:
                    return _END
                if found != wanted:
                    place = f"in literal {literal} (expecting '{wanted}')"
                    return f"invalid character {_quoted(found)} {place}"
    return ""


def _open(text: str) -> Iterator[str]:
    """Yield the brackets that a text leaves open, the innermost first."""
    stack: list[str] = []
    quoted = escaped = False
    for each in text:
        if quoted:
            quoted, escaped = each != '"' or escaped, each == "\\" and not escaped
        elif each == '"':
            quoted = True
        elif each in "{[":
            stack.append(each)
        elif each in "}]" and stack:
            stack.pop()
    yield from reversed(stack)


def _quoted(character: str) -> str:
    if character == "'":
        return "'\\''"
    if character == '"':
        return "'\"'"
    return f"'{json.dumps(character, ensure_ascii=False)[1:-1]}'"


def unrecognized(raw: bytes, kind: str) -> str:
    """Return the message of a refusal of a body that is no JSON.

    Args:
        raw: The body.
        kind: Name of the kind it should have been.
    """
    fault = json_fault(raw)
    why = f"couldn't get version/kind; json parse error: {fault}"
    return f"the object provided is unrecognized (must be of type {kind}): {why} ({summary(raw)})"


def go_value(value: Any) -> str:
    """Return what Go calls the type of a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if value is None:
        return "null"
    return "array" if isinstance(value, list) else "object"


_KINDS = ((bool, "bool"), (str, "string"), (int, "int64"), (float, "float64"), (list, "slice"))


def go_kind(value: Any) -> str:
    """Return the kind that a decoded value has in Go."""
    return next((name for type_, name in _KINDS if isinstance(value, type_)), "map")


def go_text(value: Any) -> str:
    """Return a decoded value as Go prints it with the verb ``%+v``."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)
