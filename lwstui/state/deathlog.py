"""How containers ended: what is known at one moment, bounded."""

from __future__ import annotations

from collections.abc import Iterable

from lwstui.state.deaths import DEATH_LIMIT, Death


class DeathLog:
    """Ends of containers, oldest first.

    Args:
        changed: Names of the fields of the snapshot that are to be published again.
    """

    def __init__(self, changed: set[str]) -> None:
        self._changed = changed
        self._known: dict[tuple[str, str, int], Death] = {}

    @property
    def all(self) -> tuple[Death, ...]:
        """Everything that is known."""
        return tuple(self._known.values())

    def add(self, deaths: Iterable[Death]) -> None:
        """Add ends of containers, or what became known of them since."""
        for death in deaths:
            self._known[death.id] = death
        newest = sorted(self._known.values(), key=lambda death: death.at)[-DEATH_LIMIT:]
        self._known = {death.id: death for death in newest}
        self._changed.add("deaths")

    def has(self, death: Death) -> bool:
        """Tell whether an end is known."""
        return death.id in self._known
