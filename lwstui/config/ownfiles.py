"""``aliases.yaml``, ``hotkeys.yaml`` and ``plugins.yaml``, read again when they change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lwstui.config.extensions import FILES, Extensions, gathered, read_entries
from lwstui.config.stamps import KEPT, Stamp, stamp


class OwnFiles:
    """The operator's own commands; a file that breaks keeps what it said before.

    A mistake in a file that never was good costs the entry it is in.

    Args:
        folder: The configuration folder.
        taken: Keys that have a meaning already.

    Attributes:
        extensions: What is in force, with what is wrong at present.
    """

    def __init__(self, folder: Path, taken: Collection[str] = ()) -> None:
        self._folder = folder
        self._taken = frozenset(taken)
        self._seen: Mapping[str, Stamp] = {}
        self._good: dict[str, tuple[Any, ...]] = {}
        self.extensions = Extensions()
        self.look()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the files at present, a sentence each."""
        return self.extensions.problems

    def take(self, taken: Collection[str]) -> bool:
        """Respect other keys from now on; return whether that changed anything."""
        if self._taken == frozenset(taken):
            return False
        self._taken = frozenset(taken)
        self._read()
        return True

    def look(self) -> bool:
        """Read the files if one of them changed; return whether one did."""
        seen = {file: stamp(self._folder / file) for file in FILES}
        if seen == self._seen:
            return False
        self._seen = seen
        self._read()
        return True

    def _read(self) -> None:
        used = set(self._taken)
        found: dict[str, tuple[Any, ...]] = {}
        problems: list[str] = []
        for file in FILES:
            found[file], said = read_entries(self._folder / file, used)
            if said and file in self._good:
                found[file] = self._good[file]
                said = tuple(f"{one}; {KEPT}" for one in said)
            elif not said:
                self._good[file] = found[file]
            problems += said
        self.extensions = gathered(found).with_problems(problems)
