"""The last lines of containers that died, on disk: bounded, and readable by their owner only."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from lwstui.config.statefiles import safe_name, write_private
from lwstui.kube.clean import clean_line
from lwstui.kube.loglines import LONGEST_LINE, LogLine
from lwstui.state.deaths import DEATH_LIMIT, Death

LIMIT_BYTES: Final = 64 * 1024 * 1024
RECORD_BYTES: Final = 256 * 1024
FOLDER: Final = "kept"
_log = logging.getLogger("lwstui.kept")


class _Head(msgspec.Struct):
    death: Death


class _Record(msgspec.Struct):
    death: Death
    lines: list[tuple[float, str]] = []


_HEADS: Final = msgspec.json.Decoder(_Head)
_RECORDS: Final = msgspec.json.Decoder(_Record)


def archive_folder(state: Path, context: str, server: str) -> Path:
    """Return the folder of one cluster."""
    return state / FOLDER / safe_name(f"{context}@{server}")


class Archive:
    """What is kept of one cluster. Everything here blocks: call it on a thread.

    Beyond its limits the oldest records go. A file that cannot be read or written costs what is
    in it and nothing else.

    Args:
        folder: Where files are; None keeps everything in memory.
        limit_bytes: Size of all files together.
    """

    def __init__(self, folder: Path | None, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._sizes: dict[tuple[str, str, int], tuple[Death, int]] = {}
        self._held: dict[tuple[str, str, int], bytes] = {}

    def load(self) -> list[Death]:
        """Return what earlier runs of the program kept, oldest first."""
        found: list[Death] = []
        for path in self._files():
            try:
                death = _cleaned(_HEADS.decode(path.read_bytes()).death)
                size = path.stat().st_size
            except (OSError, msgspec.MsgspecError):
                _log.warning("kept lines cannot be read: %s", path)
                continue
            self._sizes[death.id] = (death, size)
            found.append(death)
        self._evict()
        return sorted((d for d in found if d.id in self._sizes), key=lambda death: death.at)

    def has(self, death: Death) -> bool:
        """Tell whether the end of a container is kept."""
        return death.id in self._sizes

    def keep(self, death: Death, lines: Sequence[LogLine]) -> None:
        """Keep the end of a container and its last lines."""
        record = _Record(death, _newest([(line.at, line.text) for line in lines]))
        raw = msgspec.json.encode(record)
        if self._folder is None:
            self._held[death.id] = raw
        else:
            try:
                write_private(self._path(death), raw.decode())
            except OSError as error:
                _log.warning("the last lines of %s cannot be kept: %s", death.pod, error)
                return
        self._sizes[death.id] = (death, len(raw))
        self._evict()

    def read(self, death: Death) -> list[LogLine]:
        """Return the last lines of a container, none if they are gone."""
        try:
            raw = self._held[death.id] if self._folder is None else self._path(death).read_bytes()
            record = _RECORDS.decode(raw)
        except (OSError, KeyError, msgspec.MsgspecError):
            return []
        return [LogLine(at, clean_line(text)[: LONGEST_LINE + 99]) for at, text in record.lines]

    def _files(self) -> list[Path]:
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(self._folder.glob("*/*/*.json"))

    def _path(self, death: Death) -> Path:
        """Return where a record is: by set, by group and generation, by container and run."""
        if self._folder is None:
            raise KeyError(death.id)
        group = f"group-{death.group}.generation-{death.generation}"
        name = safe_name(f"{death.pod}.{death.container}.{death.run}.{death.uid}")
        of_set = self._folder / safe_name(f"{death.namespace}.{death.set_name}")
        return of_set / group / f"{name}.json"

    def _evict(self) -> None:
        total = sum(size for _, size in self._sizes.values())
        oldest = sorted(self._sizes.values(), key=lambda one: one[0].at)
        for at, (death, size) in enumerate(oldest):
            if total <= self._limit_bytes and len(oldest) - at <= DEATH_LIMIT:
                return
            total -= size
            del self._sizes[death.id]
            self._held.pop(death.id, None)
            if self._folder is not None:
                self._remove(self._path(death))

    def _remove(self, path: Path) -> None:
        with suppress(OSError):
            path.unlink()
            path.parent.rmdir()
            path.parent.parent.rmdir()


def _newest(lines: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return the last lines that fit into a record."""
    left = RECORD_BYTES
    for at in range(len(lines) - 1, -1, -1):
        left -= len(lines[at][1].encode()) + 24
        if left < 0:
            return lines[at + 1 :]
    return lines


def _cleaned(death: Death) -> Death:
    """Return a record from a file as clean as if it had come from the cluster."""
    fields = ("namespace", "set_name", "pod", "uid", "container", "node", "signal", "reason")
    texts = {name: clean_line(getattr(death, name)) for name in (*fields, "message", "problem")}
    return msgspec.structs.replace(death, **texts, lines=tuple(map(clean_line, death.lines)))
