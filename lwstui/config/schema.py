"""What can be set: one entry per setting, from which loading, help and documentation are made."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lwstui.config.logfile import LEVELS
from lwstui.config.parsing import (
    Unfit,
    address,
    boolean,
    colour,
    count,
    duration,
    keys_by_action,
    number,
    one_of,
    service_name,
    text,
    texts,
)
from lwstui.config.prometheus import SERVICE_FORM

_MOST: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force; every field is a setting of ``SCHEMA``, which explains it."""

    theme: str = "midnight"
    ascii: bool = False
    no_color: bool = False
    mouse: bool = True
    header: bool = True
    crumbs: bool = True
    motion: bool = True
    fps: int = 240
    time: str = "absolute"
    namespaces: tuple[str, ...] = ()
    favourites: tuple[str, ...] = ()
    read_only: bool = False
    protected: tuple[str, ...] = ("*",)
    unprotected: tuple[str, ...] = (
        "sandbox",
        "lwstui-sandbox",
        "kind-*",
        "k3d-*",
        "minikube",
        "docker-desktop",
        "colima",
    )
    typed_from: int = 3
    log_lines: int = 5_000
    log_lines_merged: int = 20_000
    log_mib: int = 32
    log_line_kib: int = 8
    log_streams: int = 64
    stuck_factor: float = 1.5
    stuck_default: str = "15m"
    recreate_loop: int = 3
    prometheus_url: str = ""
    prometheus_service: str = ""
    prometheus_token_file: str = ""
    prometheus_ca_file: str = ""
    log_level: str = "info"
    log_file: str = ""
    accent: str = ""
    keymap: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        path: Section and name in the file, such as ``ui.theme``.
        field: Field of ``Settings``.
        help: What it does.
        parse: Returns a value that fits, or raises ``Unfit``.
        environ: Environment variable that overrides files; empty for none.
        flag: Flag that overrides everything; empty for none.
        live: Whether a change takes effect without a restart.
    """

    path: str
    field: str
    help: str
    parse: Callable[[Any], Any]
    environ: str = ""
    flag: str = ""
    live: bool = True

    @property
    def default(self) -> Any:
        """Its value where nothing sets it."""
        return getattr(Settings(), self.field)


SCHEMA: Final[tuple[Setting, ...]] = (
    Setting("ui.theme", "theme", "Theme.", text, "LWSTUI_THEME", "--theme"),
    Setting("ui.ascii", "ascii", "Draw with ASCII only.", boolean, flag="--ascii", live=False),
    Setting(
        "ui.no_color",
        "no_color",
        "Bold, dim, reverse and underline only.",
        boolean,
        "NO_COLOR",
        "--no-color",
        live=False,
    ),
    Setting(
        "ui.mouse",
        "mouse",
        "Take mouse events; else they are the terminal's.",
        boolean,
        flag="--no-mouse",
    ),
    Setting("ui.header", "header", "Show the first two lines.", boolean, flag="--headless"),
    Setting("ui.crumbs", "crumbs", "Show the breadcrumbs.", boolean, flag="--crumbsless"),
    Setting("ui.motion", "motion", "Animate scrolling.", boolean),
    Setting(
        "ui.time",
        "time",
        "How moments are written: absolute (local clock times), utc, or relative (how long ago).",
        one_of("absolute", "utc", "relative"),
    ),
    Setting("ui.fps", "fps", "Frames a second at most.", count(5, 240), live=False),
    Setting(
        "scope.namespaces",
        "namespaces",
        "Namespaces in view at the start; none means what the context names.",
        texts,
        flag="-n",
        live=False,
    ),
    Setting("scope.favourites", "favourites", "Namespaces that the digits choose.", texts),
    Setting(
        "safety.readonly",
        "read_only",
        "Refuse every write.",
        boolean,
        flag="--read-only, --write",
    ),
    Setting(
        "safety.protected",
        "protected",
        "Patterns of contexts where dangerous changes want a name typed.",
        texts,
    ),
    Setting(
        "safety.unprotected",
        "unprotected",
        "Patterns of contexts among those where a button suffices.",
        texts,
    ),
    Setting(
        "safety.typed_from",
        "typed_from",
        "Danger (2 to 5) from which a name is typed in protected contexts; "
        "5 leaves it to what asks for one everywhere.",
        count(2, 5),
    ),
    Setting(
        "logs.lines",
        "log_lines",
        "Lines kept of the log of one source.",
        count(100, _MOST),
        live=False,
    ),
    Setting(
        "logs.lines_merged",
        "log_lines_merged",
        "Lines kept of a log of several sources.",
        count(100, _MOST),
        live=False,
    ),
    Setting("logs.size_mib", "log_mib", "MiB kept of a log.", count(1, 1_000_000), live=False),
    Setting(
        "logs.line_kib", "log_line_kib", "KiB kept of one line.", count(1, 1_000_000), live=False
    ),
    Setting(
        "logs.streams",
        "log_streams",
        "Sources of a log that are read at once; the others are listed.",
        count(1, _MOST),
        live=False,
    ),
    Setting(
        "health.stuck_factor",
        "stuck_factor",
        "A start is stuck after so many times what nine of ten starts of its set took.",
        number(1, 100),
    ),
    Setting(
        "health.stuck_default",
        "stuck_default",
        "A start is stuck after so long while fewer than five of its set were seen.",
        duration,
    ),
    Setting(
        "health.recreate_loop",
        "recreate_loop",
        "Recreations of a group within 15 minutes that make a recreate loop.",
        count(2, 20),
    ),
    Setting(
        "log.level",
        "log_level",
        "Least level of what the console writes to its own log.",
        one_of(*LEVELS),
        flag="--log-level",
        live=False,
    ),
    Setting(
        "log.file",
        "log_file",
        "Where that log is; lwstui.log in the state folder if empty.",
        text,
        flag="--log-file",
        live=False,
    ),
    Setting(
        "prometheus.service",
        "prometheus_service",
        "Prometheus that remembers the hour before the start, reached through the API server: "
        f"{SERVICE_FORM}. Best set per context.",
        service_name,
        live=False,
    ),
    Setting(
        "prometheus.url",
        "prometheus_url",
        "The same by its own address, which counts instead of the service.",
        address,
        live=False,
    ),
    Setting(
        "prometheus.token_file",
        "prometheus_token_file",
        "File with the bearer token for that address, read anew for each request.",
        text,
        live=False,
    ),
    Setting(
        "prometheus.ca_file",
        "prometheus_ca_file",
        "File with the certificates to trust at that address; none means the system's.",
        text,
        live=False,
    ),
    Setting("accent", "accent", "Colour of the context's name; best set per context.", colour),
    Setting("keymap", "keymap", "Keys by action id, comma separated.", keys_by_action),
)
"""Every setting."""

BY_PATH: Final = {one.path: one for one in SCHEMA}

_OTHER_NAMES: Final = {
    "theme": "ui.theme",
    "ascii": "ui.ascii",
    "no_color": "ui.no_color",
    "mouse": "ui.mouse",
    "time": "ui.time",
    "read_only": "safety.readonly",
    "readOnly": "safety.readonly",
    "safety.readOnly": "safety.readonly",
    "namespaces": "scope.namespaces",
    "favourites": "scope.favourites",
    "protected": "safety.protected",
}
"""Shorter names, at the top level of a file."""


def setting(path: str) -> Setting | None:
    """Return the setting of a name as files have it, None if there is none."""
    return BY_PATH.get(_OTHER_NAMES.get(path, path))


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
    known = [*BY_PATH, *_OTHER_NAMES]
    near = difflib.get_close_matches(path, known, n=1, cutoff=0.5)
    last = path.rpartition(".")[2]
    same_end = [one for one in BY_PATH if one.rpartition(".")[2] == last]
    best = same_end or near
    return f"; did you mean {best[0]}?" if best else f"; known are {', '.join(BY_PATH)}"
