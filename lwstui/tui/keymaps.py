"""The operator's keys: what a keymap says, what is wrong with it, and what each action then has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType
from typing import Final

from textual.keys import Keys

from lwstui.config.extensions import key_of
from lwstui.tui.actions import ACTIONS, ActionSpec, Scope
from lwstui.tui.keys import display

_NAMES: Final = {
    **{key.value: key.value for key in Keys if not key.value.startswith("<")},
    "esc": "escape",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "del": "delete",
    "ctrl+space": "ctrl+@",
    "ctrl+\\": "ctrl+backslash",
}
_TEXTS: Final = (("document", "text"), ("logs", "text"), ("sources", "logs"))
_CURSOR: Final[tuple[Scope, ...]] = ("list", "table", "map")
_SELECTIONS: Final[tuple[tuple[Scope, ...], ...]] = (
    ("tree", "pod", "group", "set"),
    ("revision", "set"),
    ("controller", "set"),
    ("event", "pod", "group", "set"),
    ("activity",),
    ("node",),
    ("apply",),
    ("check",),
    ("takeover",),
    ("create",),
)
_TOGETHER: Final = frozenset(
    frozenset(pair)
    for scopes in (*_TEXTS, *((*one, *_CURSOR) for one in _SELECTIONS))
    for pair in (*combinations(scopes, 2), *((one, one) for one in scopes))
)
"""Scopes that work on one screen; a test holds them against the screens."""


@dataclass(frozen=True, slots=True)
class Keymap:
    """What the operator put on keys.

    Attributes:
        keys: Keys by action id, as Textual names them.
        problems: One sentence per mistake.
    """

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[str, ...] = ()

    def moved(self, specs: Iterable[ActionSpec]) -> tuple[ActionSpec, ...]:
        """Return the actions of one screen with the keys they have; one may have lost its own."""
        if not self.keys:
            return tuple(specs)
        known = tuple(specs)
        taken = {key for spec in known for key in self.keys.get(spec.id, ())}
        return tuple(replace(spec, keys=self._of(spec, taken)) for spec in known)

    def of(self, spec: ActionSpec) -> tuple[str, ...]:
        """Return the keys of an action by itself."""
        return self.keys.get(spec.id, spec.keys)

    def texts(self) -> dict[str, str]:
        """Return the keys as Textual wants them."""
        return {name: ",".join(keys) for name, keys in self.keys.items()}

    def _of(self, spec: ActionSpec, taken: set[str]) -> tuple[str, ...]:
        own = self.keys.get(spec.id)
        return own if own is not None else tuple(key for key in spec.keys if key not in taken)


def read_keymap(asked: Mapping[str, str], where: str) -> Keymap:
    """Return what a keymap says, and one sentence for each thing that cannot be as it says.

    Args:
        asked: Keys by action id, comma separated.
        where: The file, for the sentences.
    """
    keys: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    by_id = {spec.id: spec for spec in ACTIONS}
    for name, text in asked.items():
        if name not in by_id:
            problems.append(f"{where}: keymap: no action {name}; {_nearest(name, by_id)}")
            continue
        try:
            keys[name] = tuple(dict.fromkeys(_key(part) for part in text.split(",")))
        except ValueError as error:
            problems.append(f"{where}: keymap: {name}: {error}")
    found = Keymap(MappingProxyType(keys))
    clashes = (f"{where}: keymap: {said}" for said in _clashes(found))
    return replace(found, problems=(*problems, *clashes))


def together(one: Scope, other: Scope) -> bool:
    """Tell whether two scopes may work on one screen."""
    return "everywhere" in (one, other) or frozenset((one, other)) in _TOGETHER


def _clashes(keymap: Keymap) -> Iterator[str]:
    """Yield a sentence for each key that two actions of one screen want, one of them moved."""
    said: set[str] = set()
    for mine in (spec for spec in ACTIONS if spec.id in keymap.keys):
        for key in keymap.of(mine):
            others = [
                spec.id
                for spec in sorted(ACTIONS, key=lambda spec: spec.scope != mine.scope)
                if spec.action != mine.action
                and key in keymap.of(spec)
                and together(spec.scope, mine.scope)
            ]
            if others and key not in said:
                said.add(key)
                also = f" and {len(others) - 1} more" if len(others) > 1 else ""
                yield (
                    f"{display(key)} of {mine.id} is also that of {others[0]}{also}; "
                    "give one of them another key"
                )


def _key(text: str) -> str:
    """Return a key as Textual names it.

    Raises:
        ValueError: If it is no key, with the nearest one that is.
    """
    plain = text.strip()
    dashed = plain.lower().replace("-", "+") if len(plain) > 1 else plain
    if dashed in _NAMES:
        return _NAMES[dashed]
    try:
        return key_of(plain)
    except ValueError as error:
        near = difflib.get_close_matches(dashed, _NAMES, n=1)
        hint = f"; did you mean {display(near[0])}?" if near else ""
        raise ValueError(f"{error}{hint}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    names = [*known]
    near = difflib.get_close_matches(name, names, n=1)
    if not near:
        last = name.rpartition(".")[2]
        near = [one for one in names if one.rpartition(".")[2] == last]
    return f"did you mean {near[0]}?" if near else "docs/reference/keys.md lists them"
