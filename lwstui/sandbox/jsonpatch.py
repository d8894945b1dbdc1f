"""RFC 6902 patches."""

from collections.abc import Callable
from typing import Any

import msgspec

from lwstui.sandbox import status
from lwstui.sandbox.gojson import go_value
from lwstui.sandbox.objects import Json, StatusError, deep_copy

_MOST_OPERATIONS = 10_000
_MOST_COPIED_BYTES = 3 << 20


def apply_json_patch(document: Json, operations: Any) -> Json:
    """Return ``document`` changed by a JSON patch; the document itself is changed too.

    Raises:
        StatusError: 400 not a patch, 413 too much of one, 422 a path that is not there or a test
            that fails.
    """
    if not isinstance(operations, list):
        found = go_value(operations)
        raise status.bad_request(
            f"error decoding patch: json: cannot unmarshal {found} into Go value of type "
            "[]interface {}"
        )
    _check_size(operations)
    root: Json = {"": document}
    copied = 0
    for operation in operations:
        name = operation.get("op") if isinstance(operation, dict) else None
        if not isinstance(name, str) or name not in _OPERATIONS:
            raise _failed()
        try:
            if name == "copy":
                copied += len(msgspec.json.encode(_value(root, operation["from"])))
            _OPERATIONS[name](root, operation)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            raise _failed() from None
        if copied > _MOST_COPIED_BYTES:
            raise status.too_large(f"a JSON patch copies at most {_MOST_COPIED_BYTES} bytes")
    result: Json = root[""]
    return result


def _check_size(operations: list[Any]) -> None:
    if len(operations) > _MOST_OPERATIONS:
        message = f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}"
        raise status.too_large(f"{message}, got {len(operations)}")


def _failed() -> StatusError:
    """Return the refusal of a patch that cannot be applied: it never says which part cannot."""
    why = "the server rejected our request due to an error in our request"
    return StatusError(422, "Invalid", why, {})


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")]


def _parent(root: Any, pointer: str) -> tuple[Any, str]:
    steps = _steps(pointer)
    for step in steps[:-1]:
        root = _child(root, step)
    return root, steps[-1]


def _child(parent: Any, step: str) -> Any:
    return parent[_index(step)] if isinstance(parent, list) else parent[step]


def _index(step: str) -> int:
    if not step.isdigit():
        raise ValueError(step)
    return int(step)


def _value(root: Any, pointer: str) -> Any:
    parent, last = _parent(root, pointer)
    return _child(parent, last)


def _add(root: Any, operation: Json) -> None:
    _insert(root, operation["path"], operation["value"])


def _insert(root: Any, pointer: str, value: Any) -> None:
    parent, last = _parent(root, pointer)
    if not isinstance(parent, list):
        parent[last] = value
        return
    index = len(parent) if last == "-" else _index(last)
    if index > len(parent):
        raise IndexError(index)
    parent.insert(index, value)


def _remove(root: Any, operation: Json) -> None:
    parent, last = _parent(root, operation["path"])
    del parent[_index(last) if isinstance(parent, list) else last]


def _replace(root: Any, operation: Json) -> None:
    parent, last = _parent(root, operation["path"])
    _child(parent, last)
    parent[_index(last) if isinstance(parent, list) else last] = operation["value"]


def _move(root: Any, operation: Json) -> None:
    value = _value(root, operation["from"])
    _remove(root, {"path": operation["from"]})
    _insert(root, operation["path"], value)


def _copy(root: Any, operation: Json) -> None:
    _insert(root, operation["path"], deep_copy(_value(root, operation["from"])))


def _test(root: Any, operation: Json) -> None:
    if _value(root, operation["path"]) != operation.get("value"):
        raise _failed()


_OPERATIONS: dict[str, Callable[[Any, Json], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
