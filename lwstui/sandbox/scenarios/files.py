"""Where scenarios come from: files of the operator, and those that are shipped, by name."""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from lwstui.sandbox.objects import Json
from lwstui.sandbox.scenarios.parts import ScenarioError
from lwstui.sandbox.scenarios.schema import Scenario, parse

_OBJECTS = "objects"


def shipped_names() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def load(named: str) -> Scenario:
    """Read a scenario by file, or a shipped one by name.

    ``objects`` may name a file of manifests beside the scenario.

    Raises:
        ScenarioError: There is no such scenario, or something in it is wrong.
    """
    path = Path(named)
    if path.suffix not in (".yaml", ".yml"):
        path = _shipped(named)
    document = _yaml(path)
    if isinstance(document, dict) and isinstance(document.get(_OBJECTS), str):
        beside = path.parent / document[_OBJECTS]
        document = {**document, _OBJECTS: _manifests(beside)}
    return parse(document, path.name)


def _folder() -> Path:
    return Path(str(files("lwstui.data"))) / "scenarios"


def _shipped(name: str) -> Path:
    names = shipped_names()
    if name in names:
        return _folder() / f"{name}.yaml"
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    raise ScenarioError(f"no scenario {name}; {hint}")


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise _not_yaml(path, error) from error


def _manifests(path: Path) -> list[Json]:
    try:
        return [each for each in yaml.safe_load_all(_text(path)) if each is not None]
    except yaml.YAMLError as error:
        raise _not_yaml(path, error) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"cannot read {path}: {error}") from error


def _not_yaml(path: Path, error: yaml.YAMLError) -> ScenarioError:
    mark = getattr(error, "problem_mark", None)
    where = f" line {mark.line + 1}" if mark is not None else ""
    return ScenarioError(f"{path}{where} is not valid YAML")
