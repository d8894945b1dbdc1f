"""The revisions of a set as an operator goes through them: which is in force, which came before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.admission.defaults import resolve
from controller.api.core import Revision
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.plan.observed import Observed
from controller.plan.revisions import Book
from controller.plan.rollout import read_record
from lwstui.state.model import Snapshot
from lwstui.state.patches import Unpatchable


@dataclass(frozen=True, slots=True)
class History:
    """A set's recorded templates.

    Attributes:
        revisions: The newest first.
        target: Key of the revision the live template asks for.
        current: The revision in force; None while the live template is not recorded yet.
    """

    revisions: tuple[Revision, ...]
    target: str
    current: Revision | None

    def pick(self, number: int | None) -> Revision:
        """Return the revision to go back to: by number, else the one before the one in force.

        Raises:
            Unpatchable: If there is none, or it is in force already.
        """
        found = self._before() if number is None else self.numbered(number)
        if found.key == self.target:
            raise Unpatchable(f"the template is that of revision {found.number} already")
        return found

    def numbered(self, number: int) -> Revision:
        """Return a revision by its number.

        Raises:
            Unpatchable: If it is not kept.
        """
        for revision in self.revisions:
            if revision.number == number:
                return revision
        raise Unpatchable(f"there is no revision {number}; {self._known()}")

    def _before(self) -> Revision:
        limit = self.current.number if self.current is not None else None
        for revision in self.revisions:
            if revision.key != self.target and (limit is None or revision.number < limit):
                return revision
        raise Unpatchable(f"no revision before the present one is kept; {self._known()}")

    def _known(self) -> str:
        numbers = sorted(revision.number for revision in self.revisions)
        return f"kept are {', '.join(map(str, numbers)) or 'none'}"


def known_revisions(snapshot: Snapshot, key: Key) -> tuple[Revision, ...]:
    """Return the revisions of a set in the cluster, and those that only this console keeps."""
    lws = snapshot.sets.get(key)
    uid = lws.metadata.uid if lws is not None else ""
    here = [
        one
        for one in snapshot.revisions.values()
        if (one.namespace, one.set_name) == (key.namespace, key.name)
    ]
    numbers = {one.number for one in here}
    kept = [
        one
        for one in snapshot.kept.values()
        if (one.namespace, one.set_name, one.owner_uid) == (key.namespace, key.name, uid)
        and one.number not in numbers
    ]
    return (*here, *kept)


def history_of(lws: LeaderWorkerSet, revisions: Iterable[Revision]) -> History:
    """Return the history of a set.

    Args:
        lws: The set.
        revisions: ControllerRevisions of its namespace; those of others are left out.

    Raises:
        InvalidSpec: If the spec is invalid, so that no template is in force.
    """
    mine = tuple(revision for revision in revisions if revision.set_name == lws.metadata.name)
    record = read_record(lws.annotations)
    book = Book(Observed(lws, revisions=mine), record.target if record is not None else "")
    ledger = book.settle(resolve(lws).template)
    newest_first = book.revisions[::-1]
    current = next((r for r in newest_first if r.key == ledger.target), None)
    return History(newest_first, ledger.target, current if ledger.create is None else None)
