"""What never gets into a recording: values of environment variables, secrets on command lines.

A value that is left out becomes a mark that is equal for equal values of one recording, so that
two revisions still differ where they did, and from which nothing about the value can be learned.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

import msgspec

from controller.api.core import Revision
from controller.api.lws import LeaderWorkerSet
from lwstui.state.model import Activity

_NAMED_VALUES: Final = frozenset({"env", "httpHeaders"})
_COMMANDS: Final = frozenset({"command", "args"})
_OPTIONS: Final = frozenset({"volumeAttributes", "options", "data", "stringData", "binaryData"})
_KNOWN: Final = (
    "leaderworkerset.sigs.k8s.io/",
    "leaderworkerset.x-k8s.io/",
    "lwstui.dev/",
    "kueue.x-k8s.io/",
    "prometheus.io/",
)
"""Prefixes of the annotations that mean something here; all others are left out."""
_SECRET: Final = r"[\w.-]*(?:token(?!s|iz)|secret|passw(?:or)?d|api[-_]?key|credential)[\w.-]*"
_VALUE: Final = r"(?!\d+(?:\s|$))(\"[^\"]*\"|'[^']*'|[^\s;&|\"']+)"
_SAID: Final = re.compile(rf"(?i)({_SECRET}\s*[=:]\s*|--?{_SECRET}\s+){_VALUE}")
_BEARER: Final = re.compile(r"(?i)(\bbearer\s+)([\w.~+/=-]{6,})")
_URL_USER: Final = re.compile(r"(://)([^/\s:@]+:[^/\s@]+)(?=@)")
_PATCH: Final = re.compile(r"(?s)(\s(?:-p|--patch)[ =])(.*)")
_FLAG: Final = re.compile(rf"(?i)--?{_SECRET}")


class Hider:
    """Leaves out of objects and texts what must not leave the cluster.

    Args:
        key: What marks are made with; random unless a test wants to know them.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(32)

    def set(self, lws: LeaderWorkerSet) -> LeaderWorkerSet:
        """Return a set without values."""
        notes = lws.metadata.annotations
        metadata = lws.metadata
        if notes:
            metadata = msgspec.structs.replace(metadata, annotations=_known(notes))
        return msgspec.structs.replace(lws, metadata=metadata, spec=self._hidden(lws.spec))

    def revision(self, revision: Revision) -> Revision:
        """Return a revision without values."""
        return msgspec.structs.replace(revision, data=self._hidden(revision.data))

    def text(self, text: str) -> str:
        """Return a command line without what looks like a secret on it."""
        for pattern in (_SAID, _BEARER, _URL_USER):
            text = pattern.sub(lambda found: found[1] + self._mark(found[2]), text)
        return text

    def activity(self, line: Activity) -> Activity:
        """Return a line of the activity log without bodies of patches and secrets on commands."""
        return replace(
            line,
            what=self.text(line.what),
            outcome=self.text(line.outcome),
            before=self.text(line.before),
            after=self.text(line.after),
            command=_PATCH.sub(
                lambda found: found[1] + self._mark(found[2]), self.text(line.command)
            ),
        )

    def _mark(self, value: Any) -> str:
        digest = hmac.new(self._key, str(value).encode(), sha256).hexdigest()
        return f"(not recorded {digest[:4]})"

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._hidden(one) for one in value]
        if isinstance(value, dict):
            return {name: self._part(name, one) for name, one in value.items()}
        return value

    def _part(self, name: str, value: Any) -> Any:
        if name in _NAMED_VALUES and isinstance(value, list):
            return [self._without_value(one) for one in value]
        if name in _COMMANDS and isinstance(value, list):
            return self._words(value)
        if name in _OPTIONS and isinstance(value, dict):
            return {key: self._mark(one) for key, one in value.items()}
        if name == "annotations" and isinstance(value, dict):
            return _known(value)
        return self._hidden(value)

    def _without_value(self, one: Any) -> Any:
        if isinstance(one, dict) and "value" in one:
            return {**one, "value": self._mark(one["value"])}
        return one

    def _words(self, words: Sequence[Any]) -> list[Any]:
        said: list[Any] = []
        for at, word in enumerate(words):
            before = words[at - 1] if at else ""
            if not isinstance(word, str):
                said.append(self._hidden(word))
            elif isinstance(before, str) and _FLAG.fullmatch(before) and not word.startswith("-"):
                said.append(self._mark(word))
            else:
                said.append(self.text(word))
        return said


def _known(notes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: text for name, text in notes.items() if name.startswith(_KNOWN)}
