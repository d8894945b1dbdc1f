"""Settings as a file has them: values that fit, and a sentence about each that does not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from lwstui.config.parsing import Unfit
from lwstui.config.schema import BY_PATH, OTHER_NAMES, setting


def read(document: Any, where: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the values of a document by field, and one sentence per problem.

    Args:
        document: As parsed from YAML.
        where: The file, for the sentences.
    """
    if document is None:
        return {}, ()
    if not isinstance(document, dict):
        return {}, (f"{where}: settings are a mapping of names to values",)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for path, value in _flat(document):
        found = setting(path)
        if found is None:
            problems.append(f"{where}: unknown setting {path}{_hint(path)}")
            continue
        try:
            values[found.field] = found.parse(value)
        except Unfit as error:
            problems.append(f"{where}: {path} {error}, not {value!r}")
    return values, tuple(problems)


def _flat(document: Mapping[Any, Any]) -> Iterable[tuple[str, Any]]:
    """Yield (path, value) pairs; sections are mappings that are no value of a setting."""
    sections = {path.partition(".")[0] for path in BY_PATH if "." in path}
    for name, value in document.items():
        if name in sections and isinstance(value, dict):
            yield from ((f"{name}.{inner}", one) for inner, one in value.items())
        elif name in sections and value is None:
            continue
        else:
            yield str(name), value


def _hint(path: str) -> str:
    known = [*BY_PATH, *OTHER_NAMES]
    near = difflib.get_close_matches(path, known, n=1, cutoff=0.5)
    last = path.rpartition(".")[2]
    same_end = [one for one in BY_PATH if one.rpartition(".")[2] == last]
    best = same_end or near
    return f"; did you mean {best[0]}?" if best else f"; known are {', '.join(BY_PATH)}"
