"""The text that an editor is given and what comes back of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from controller.admission.validate import validate
from lwstui.state.editing import Body, identity_changed
from lwstui.view.diffs import yaml_text

_INTRO: Final = (
    "Save and leave to see what it would do; nothing is sent before you confirm.",
    "Lines that begin with # are left out. Leave without a change to do nothing.",
)


class Unreadable(ValueError):
    """A text that is no object that could be sent; the text says why."""


def offered(body: Body, problem: str = "") -> str:
    """Return what the editor shows: what is wrong, if anything, then the object."""
    lines = [*problem.splitlines(), *([""] if problem else []), *_INTRO]
    head = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    return f"{head}{yaml_text(body)}"


def again(text: str, problem: str) -> str:
    """Return a text as it was left, with what is wrong with it on top."""
    head = "".join(f"# {line}".rstrip() + "\n" for line in problem.splitlines())
    return head + "\n".join(["", *_without_head(text)]).lstrip("\n")


def _without_head(text: str) -> list[str]:
    lines = text.splitlines()
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        lines.pop(0)
    return [*lines, ""]


def same(one: str, other: str) -> bool:
    """Tell whether two texts say the same, comments on top left aside."""
    return _without_head(one) == _without_head(other)


def understood(text: str, before: Body) -> dict[str, Any]:
    """Return the object in a text.

    Raises:
        Unreadable: If it is none, is another object, or a set that no controller would act on.
    """
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Unreadable(f"this is no YAML: {_where(error)}") from error
    if not isinstance(body, dict):
        raise Unreadable("this is no object: it has no fields")
    if why := identity_changed(before, body):
        raise Unreadable(why)
    if body.get("kind") == "LeaderWorkerSet":
        _check_set(body)
    return body


def _where(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None:
        return str(error)
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem or 'it cannot be read'}"


def _check_set(body: Mapping[str, Any]) -> None:
    meta, spec = body.get("metadata"), body.get("spec")
    if not isinstance(meta, Mapping) or not isinstance(spec, Mapping):
        raise Unreadable("metadata and spec must both be there, with fields")
    annotations = meta.get("annotations")
    known = {str(k): str(v) for k, v in annotations.items()} if annotations else {}
    if errors := validate(spec, known, str(meta.get("name", "")), None):
        raise Unreadable("\n".join(map(str, errors)))
