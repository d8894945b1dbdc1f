"""What can be set: one entry per setting, from which loading, help and documentation are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lwstui.config.logfile import LEVELS
from lwstui.config.parsing import (
    address,
    boolean,
    colour,
    count,
    duration,
    expressions,
    keys_by_action,
    lasting,
    number,
    one_of,
    selector,
    service_name,
    text,
    texts,
)
from lwstui.config.prometheus import SERVICE_FORM

_MOST: Final = 1_000_000_000
_LINES: Final = count(100, _MOST)
_OPENED: Final = " Counts for logs opened from then on."


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
    bell: str = "off"
    fps: int = 240
    time: str = "absolute"
    namespaces: tuple[str, ...] = ()
    favourites: tuple[str, ...] = ()
    selector: str = ""
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
    grace: int = 250
    log_lines: int = 5_000
    log_lines_merged: int = 20_000
    log_mib: int = 32
    log_line_kib: int = 8
    log_streams: int = 64
    log_since: str = ""
    log_fold: bool = True
    log_patterns: tuple[str, ...] = ()
    stuck_factor: float = 1.5
    stuck_default: str = "15m"
    recreate_loop: int = 3
    topology_keys: tuple[str, ...] = ()
    node_metric: str = "auto"
    page: int = 500
    metrics_interval: str = "15s"
    controller_mode: str = "off"
    revision_limit: int = 10
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
    Setting(
        "ui.bell",
        "bell",
        "When the terminal's bell rings: off, or failed (something new has failed).",
        one_of("off", "failed"),
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
        "scope.selector",
        "selector",
        "Labels of the sets that the fleet shows at first, such as team=search; "
        "a filter that goes as any other does. Counts where a context is entered.",
        selector,
    ),
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
        "safety.grace",
        "grace",
        "Milliseconds for which a dialog that has opened hears no key.",
        count(250, 5_000),
    ),
    Setting("logs.lines", "log_lines", f"Lines kept of the log of one source.{_OPENED}", _LINES),
    Setting(
        "logs.lines_merged",
        "log_lines_merged",
        f"Lines kept of a log of several sources.{_OPENED}",
        _LINES,
    ),
    Setting("logs.size_mib", "log_mib", f"MiB kept of a log.{_OPENED}", count(1, 1_000_000)),
    Setting("logs.line_kib", "log_line_kib", f"KiB kept of a line.{_OPENED}", count(1, 1_000_000)),
    Setting(
        "logs.streams",
        "log_streams",
        f"Sources of a log that are read at once; the others are listed.{_OPENED}",
        count(1, _MOST),
    ),
    Setting(
        "logs.since",
        "log_since",
        f"Time before now that a log begins with; none means its last lines.{_OPENED}",
        lasting(1, 86_400, none=True),
    ),
    Setting(
        "logs.fold", "log_fold", f"Give lines that say the same one row at first.{_OPENED}", boolean
    ),
    Setting(
        "logs.patterns",
        "log_patterns",
        f"Expressions that make a line an error beside those that are known.{_OPENED}",
        expressions,
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
        "nodes.topology_keys",
        "topology_keys",
        "Labels of nodes that domains are told by, the first one at first; "
        "none means those that are known, closest domains first.",
        texts,
    ),
    Setting(
        "nodes.metric",
        "node_metric",
        "What the map of devices shows at first: utilisation, memory, power, temperature or "
        "allocation; auto means utilisation where it is measured.",
        one_of("auto", "utilisation", "memory", "power", "temperature", "allocation"),
    ),
    Setting(
        "data.page",
        "page",
        "Objects of a list that are asked for at once, the next time something is listed.",
        count(10, 10_000),
    ),
    Setting(
        "data.metrics_interval",
        "metrics_interval",
        "Time between two rounds of measuring while a screen shows them; four times as long else.",
        lasting(5, 600),
    ),
    Setting(
        "controller.mode",
        "controller_mode",
        "Whether the console runs the controller: off, or embedded.",
        one_of("off", "embedded"),
        flag="--embedded-controller",
        live=False,
    ),
    Setting(
        "controller.revision_limit",
        "revision_limit",
        "Revisions that the controller keeps for undo beside those in use.",
        count(0, 1_000),
        flag="--revision-history-limit",
        live=False,
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

OTHER_NAMES: Final = {
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
    return BY_PATH.get(OTHER_NAMES.get(path, path))
