"""When the bell rings: once for everything that has newly failed."""

from __future__ import annotations

from typing import Final

from lwstui.state.model import Snapshot
from lwstui.view.attention import strip
from lwstui.view.digest import digests
from lwstui.view.memo import Memo

_FAILED: Final = "X"


class Bell:
    """Tells when there is something to ring for; what had failed before the first look is not."""

    def __init__(self) -> None:
        self._known: frozenset[tuple[str, str]] | None = None

    def rings(self, snapshot: Snapshot, now: float, memo: Memo) -> bool:
        """Return whether something has failed since the last look.

        What the attention strip says is gone by: a flicker is no failure.
        """
        if not snapshot.sets:
            return False
        lines = strip(digests(snapshot, memo, now), snapshot.controller, now, memo)
        failed = frozenset((line.where, line.what) for line in lines if line.glyph == _FAILED)
        before, self._known = self._known, failed
        return before is not None and not failed <= before
