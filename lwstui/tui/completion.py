"""Suggestions of the command bar."""

from __future__ import annotations

from collections.abc import Callable

from textual.suggester import Suggester


class CommandSuggester(Suggester):
    """Suggests the best continuation of a command.

    Args:
        completions: Returns whole lines that continue a line.
    """

    def __init__(self, completions: Callable[[str], tuple[str, ...]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._completions = completions

    async def get_suggestion(self, value: str) -> str | None:
        """Return the line that most likely is meant, if it continues what was typed."""
        found = self._completions(value)
        return next((line for line in found if line.startswith(value)), None)
