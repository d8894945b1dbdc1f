"""What the verb keys of a screen know: the application and the selection."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from controller.api.meta import Key
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.marks import Marks
from lwstui.tui.refusing import note_refusal
from lwstui.tui.verbs.bulk import BulkVerb, act_on_all
from lwstui.view.types import Ref

Many = BulkVerb | Callable[[Host, Sequence[Ref], int], Coroutine[Any, Any, bool]]
"""What a verb means for several objects, or a dialog of its own that asks about them."""
ONE_AT_A_TIME: Final = "this takes one object at a time: ctrl-\\ clears the marks"


class Selecting:
    """A screen with a selection that verbs act on."""

    @property
    @abstractmethod
    def host(self) -> Host:
        """The application."""

    @abstractmethod
    def selected(self) -> Ref | None:
        """Return what verbs act on, None if there is nothing."""

    @abstractmethod
    def selected_refs(self) -> tuple[Ref, ...]:
        """Return all that verbs act on: what is marked, else what is selected."""

    @property
    @abstractmethod
    def marks(self) -> Marks:
        """What is marked."""

    @property
    @abstractmethod
    def hidden_marks(self) -> int:
        """How many marked objects the filter hides."""

    @property
    def settled(self) -> bool:
        """Whether the selection has been there long enough to act on."""
        return True

    def selected_set(self) -> Key | None:
        """Return the set that the selection belongs to."""
        return targets.set_key(self.host.snapshot, self.selected())

    @abstractmethod
    def refresh_view(self) -> None:
        """Show the newest snapshot."""

    def start(self, verb: Coroutine[Any, Any, None], *, marked: bool = False) -> None:
        """Start a verb that changes something, or say why not.

        Args:
            verb: What to do.
            marked: Whether it is about all that is marked; else nothing may be marked.
        """
        host = self.host
        why = targets.refusal(host.snapshot, read_only=host.read_only)
        if not why and not self.settled:
            why = "what is selected has just changed; look again before acting"
        if not why and self.marks and not marked:
            why = ONE_AT_A_TIME
        if why:
            note_refusal(host, getattr(verb, "__name__", "a change"), self.selected(), why)
            verb.close()
            host.say(why, "warn")
            return
        host.run_task(verb)

    def change_marked(self, many: Many | None) -> bool:
        """Start a verb for all that is marked; return whether anything is marked.

        Args:
            many: What the verb means for several objects; None if it takes one at a time.
        """
        if not self.marks:
            return False
        if many is None:
            self.host.say(ONE_AT_A_TIME, "warn")
        else:
            self.start(self._act_on_marks(many), marked=True)
        return True

    async def _act_on_marks(self, many: Many) -> None:
        refs, hidden = self.selected_refs(), self.hidden_marks
        if isinstance(many, BulkVerb):
            changed = await act_on_all(self.host, refs, many, hidden=hidden)
        else:
            changed = await many(self.host, refs, hidden)
        if changed:
            self.marks.clear()
            self.refresh_view()

    def change_set(
        self,
        verb: Callable[[Host, Key], Coroutine[Any, Any, None]],
        many: Many | None = None,
    ) -> None:
        """Start a verb that changes the set of the selection, or say why not.

        Args:
            verb: Changes one set.
            many: Changes all that is marked, if anything is.
        """
        if self.change_marked(many):
            return
        key = self.selected_set()
        if key is not None:
            self.start(verb(self.host, key))
            return
        host = self.host
        why = targets.refusal(host.snapshot, read_only=host.read_only)
        host.say(why or "nothing here that belongs to a set", "warn")
