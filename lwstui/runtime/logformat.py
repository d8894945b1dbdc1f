"""Log lines of a process without a screen, on standard error."""

from __future__ import annotations

import json
import logging
import sys
from typing import Final

from controller.activity import LogfmtFormatter
from controller.api.meta import format_micro_time


class JsonFormatter(logging.Formatter):
    """Formats records as one JSON object a line; pairs come in ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; the traceback of an exception is its ``trace``."""
        pairs: dict[str, object] = {
            "ts": format_micro_time(record.created),
            "level": record.levelname.lower(),
            "msg": record.getMessage(),
            **{key: _plain(value) for key, value in getattr(record, "fields", {}).items()},
        }
        if record.exc_info:
            pairs["trace"] = self.formatException(record.exc_info)
        return json.dumps(pairs)


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | bool | None) else str(value)


FORMATS: Final[dict[str, type[logging.Formatter]]] = {
    "logfmt": LogfmtFormatter,
    "json": JsonFormatter,
}


def log_to_stderr(log: logging.Logger, *, level: str, format_: str) -> None:
    """Send what a logger gets to standard error and nowhere else.

    Args:
        log: The logger.
        level: Least severe level logged, such as ``info``.
        format_: A key of ``FORMATS``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[format_]())
    log.handlers = [handler]
    log.setLevel(level.upper())
    log.propagate = False
