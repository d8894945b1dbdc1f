"""The common fields of a set as lines of a form, and back. Pure."""

from __future__ import annotations

import copy
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lwstui.state.editing import Body
from lwstui.state.patches import Unpatchable

ROLES: Final = {"leader": "leaderTemplate", "worker": "workerTemplate"}
_ROLLOUT: Final = ("spec", "rolloutStrategy", "rollingUpdateConfiguration")
_TEMPLATE: Final = ("spec", "leaderWorkerTemplate")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of the form.

    Attributes:
        name: What it is called.
        value: What it is now.
        hint: What may be written.
        path: Where it stands in the object.
        read: From the text to the value; raises ``Unpatchable``. Nothing unsets the field.
    """

    name: str
    value: str
    hint: str
    path: Path
    read: Callable[[str, Any], Any]


def fields(body: Body) -> tuple[FormField, ...]:
    """Return the lines of the form about a set."""
    return (
        FormField("groups", _text(body, ("spec", "replicas")), "", ("spec", "replicas"), _whole),
        *_rollout(body),
        FormField(
            "startup",
            _text(body, ("spec", "startupPolicy")),
            "LeaderCreated or LeaderReady",
            ("spec", "startupPolicy"),
            _plain,
        ),
        FormField(
            "restart",
            _text(body, (*_TEMPLATE, "restartPolicy")),
            "RecreateGroupOnPodRestart, RecreateGroupAfterStart or None",
            (*_TEMPLATE, "restartPolicy"),
            _plain,
        ),
        *(one for role in ROLES for one in _containers(body, role)),
    )


def changed(body: Body, values: Mapping[str, str]) -> dict[str, Any]:
    """Return a set with the values of the form in it; what is not changed stays as it is.

    Raises:
        Unpatchable: If a value cannot be read.
    """
    result: dict[str, Any] = copy.deepcopy(dict(body))
    for one in fields(body):
        text = values.get(one.name, one.value).strip()
        if text == one.value:
            continue
        try:
            value = one.read(text, _get(body, one.path)) if text else None
        except Unpatchable as error:
            raise Unpatchable(f"{one.name}: {error}") from error
        _set(result, one.path, value)
        # An accelerator is requested in the number of its limit, or the server refuses it.
        request = _requested(one.path)
        if request and _get(result, request) is not None and "/" in str(one.path[-1]):
            _set(result, request, value)
    return result


def _requested(path: Path) -> Path:
    """Return where the request beside a limit stands, empty for any other field."""
    *way, last = path
    return (*way[:-1], "requests", last) if way and way[-1] == "limits" else ()


def _rollout(body: Body) -> Iterator[FormField]:
    for name, key in (("max unavailable", "maxUnavailable"), ("max surge", "maxSurge")):
        path = (*_ROLLOUT, key)
        yield FormField(name, _text(body, path), "a number or a percentage", path, _amount)
    path = (*_ROLLOUT, "partition")
    yield FormField("partition", _text(body, path), "lowest group that is updated", path, _whole)


def _containers(body: Body, role: str) -> Iterator[FormField]:
    base: Path = (*_TEMPLATE, ROLES[role], "spec", "containers")
    containers = _get(body, base)
    for index, container in enumerate(containers if isinstance(containers, list) else ()):
        if not isinstance(container, Mapping):
            continue
        here = f"{role} {container.get('name', index)}"
        path: Path = (*base, index)
        yield FormField(
            f"{here} image", _text(body, (*path, "image")), "", (*path, "image"), _plain
        )
        yield FormField(
            f"{here} args", _words(container.get("args")), "words", (*path, "args"), _arguments
        )
        yield FormField(
            f"{here} env", _env(container.get("env")), "NAME=value ...", (*path, "env"), _variables
        )
        limits = _get(container, ("resources", "limits"))
        for resource in limits if isinstance(limits, Mapping) else ():
            where: Path = (*path, "resources", "limits", resource)
            yield FormField(
                f"{here} {resource}",
                _text(body, where),
                "limit, and request where set",
                where,
                _plain,
            )


def _words(value: Any) -> str:
    return shlex.join(map(str, value)) if isinstance(value, list) else ""


def _env(value: Any) -> str:
    found = [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []
    plain = [f"{v.get('name')}={v.get('value', '')}" for v in found if "valueFrom" not in v]
    return shlex.join(plain)


def _text(body: Any, path: Path) -> str:
    value = _get(body, path)
    return "" if value is None else str(value)


def _get(body: Any, path: Path) -> Any:
    for part in path:
        if isinstance(part, int):
            body = body[part] if isinstance(body, list) and part < len(body) else None
        else:
            body = body.get(part) if isinstance(body, Mapping) else None
    return body


def _set(body: Any, path: Path, value: Any) -> None:
    *way, last = path
    for part in way:
        body = body[part] if isinstance(part, int) else body.setdefault(part, {})
    if value is None:
        body.pop(last, None)
    else:
        body[last] = value


def _whole(text: str, before: Any) -> int:
    del before
    if not text.isdecimal():
        raise Unpatchable(f"{text!r} is no number of groups")
    return int(text)


def _amount(text: str, before: Any) -> int | str:
    del before
    if text.isdecimal():
        return int(text)
    if text.removesuffix("%").isdecimal() and text.endswith("%"):
        return text
    raise Unpatchable(f"{text!r} is neither a number nor a percentage")


def _plain(text: str, before: Any) -> str | int:
    return int(text) if isinstance(before, int) and text.isdecimal() else text


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise Unpatchable(f"{error} in {text!r}") from error


def _arguments(text: str, before: Any) -> list[str]:
    del before
    return _split(text)


def _variables(text: str, before: Any) -> list[dict[str, Any]]:
    """Return the variables of a container; those with a source of their own are kept."""
    given: dict[str, str] = {}
    for word in _split(text):
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Unpatchable(f"{word!r} is not NAME=value")
        given[name] = value
    kept: list[dict[str, Any]] = []
    for one in before if isinstance(before, list) else ():
        name = one.get("name")
        if "valueFrom" in one:
            kept.append(one)
        elif name in given:
            kept.append({**one, "value": given.pop(name)})
    return [*kept, *({"name": name, "value": value} for name, value in given.items())]
