"""Theme files, read again when they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import yaml
from textual.theme import Theme

from lwstui.config.stamps import KEPT, Stamp, stamp
from lwstui.tui.theming import read_theme, theme_folder

_LEFT_OUT: Final = "it is left out"


class ThemeFiles:
    """The themes of some folders; a file that breaks keeps the theme it was.

    Args:
        folders: Where the files are; a theme of a later folder replaces one of the same name.
            One that does not exist has no themes.

    Attributes:
        problems: What is wrong with files at present, a sentence each.
        reads: How many files were read so far.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._seen: dict[Path, Stamp] = {}
        self._good: dict[Path, Theme] = {}
        self._faults: dict[Path, str] = {}
        self.reads = 0
        self.look()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with files at present, a sentence each."""
        return tuple(
            f"{path}: {fault}; {KEPT if path in self._good else _LEFT_OUT}"
            for path, fault in self._faults.items()
        )

    @property
    def themes(self) -> Mapping[str, Theme]:
        """The themes by name."""
        return {path.stem: theme for path, theme in sorted(self._good.items(), key=self._place)}

    def look(self) -> bool:
        """Read the files that changed; return whether any did."""
        seen = {path: stamp(path) for folder in self._folders for path in folder.glob("*.yaml")}
        if seen == self._seen:
            return False
        before, self._seen = self._seen, seen
        for path in before.keys() - seen.keys():
            self._good.pop(path, None)
            self._faults.pop(path, None)
        for path in sorted(seen):
            if seen[path] != before.get(path):
                self._read(path)
        return True

    def _read(self, path: Path) -> None:
        self.reads += 1
        self._faults.pop(path, None)
        try:
            self._good[path] = read_theme(path)
        except (OSError, ValueError, yaml.YAMLError) as fault:
            self._faults[path] = " ".join(str(fault).split())

    def _place(self, entry: tuple[Path, Theme]) -> tuple[int, str]:
        path = entry[0]
        return self._folders.index(path.parent), path.name


def theme_files(own: Path) -> ThemeFiles:
    """Return the shipped themes and those of the operator's folder."""
    return ThemeFiles((theme_folder(), own))
