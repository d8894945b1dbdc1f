"""The worked examples of a rolling update, played through the whole planner.

One row per event: what happens | partition and groups recorded | ready/updated groups |
conditions (A Available, G Progressing, U UpdateInProgress and Progressing). A second pair of
counts is what remains once the groups beyond the recorded number are gone. Numbers in
parentheses are the entries of test/integration/controllers/leaderworkerset_test.go that
pin the same table.

Two differences are decided, and accounted for here so that the rows can stay upstream's:

* A group that is being replaced is not ready from the moment its deletion is asked for: leaders
  are deleted in the foreground, and a group counts only when its leader and all its workers are
  ready. Upstream's tables leave it ready until its successor is. A row's ready groups therefore
  include those that were ready when they were asked to go.
* A ready group beyond the partition is spared while deleting it would leave fewer than
  R - maxUnavailable groups ready; rows where that happens name the groups (``spares``).

Source: rollingUpdateParameters and site/content/en/docs/concepts/rollout-strategy of upstream.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from controller.plan.actions import Plan
from tests.controller.plan import upstream

EXAMPLES = {
    "A one at a time (27)": """
        R=4 mu=1
        update leader | 3 4 | 4/0 | U
        ready 3       | 2 4 | 4/1 | U
        forced 1      | 2 4 | 4/2 | U
        unready 3     | 2 4 | 3/2 | U
        ready 3 2     | 0 4 | 4/3 | U
        ready 0       | 0 4 | 4/4 | A
    """,
    "B two at a time, sliding (28)": """
        R=4 mu=2
        update    | 2 4 | 4/0 | U
        ready 3   | 1 4 | 4/1 | U
        ready 2   | 0 4 | 4/2 | U
        ready 1 0 | 0 4 | 4/4 | A
    """,
    "C budget above replicas (29)": """
        R=4 mu=10
        update        | 0 4 | 4/0 | U
        ready 3 2 1 0 | 0 4 | 4/4 | A
    """,
    "D surge only (33)": """
        R=4 mu=0 ms=1
        update  | 4 5 | 4/0 | U
        ready 4 | 3 5 | 5/1 | U
        ready 3 | 2 5 | 5/2 | U
        ready 2 | 1 5 | 5/3 | U
        ready 1 | 0 5 | 5/4 | U
        ready 0 | 0 4 | 5/5 4/4 | A
    """,
    "E one unavailable and one surge (34)": """
        R=4 mu=1 ms=1
        update  | 3 5 | 4/0 | U
        ready 4 | 2 5 | 5/1 | U
        ready 3 | 1 5 | 5/2 | U
        ready 2 | 0 5 | 5/3 | U
        ready 1 | 0 4 | 5/4 4/3 | U
        ready 0 | 0 4 | 4/4 | A
    """,
    # Surge groups that exist count as updated before they are ready, hence 5/2 here and in G.
    "F one unavailable and two surge": """
        R=4 mu=1 ms=2
        update  | 3 6 | 4/0 | U
        ready 5 | 2 6 | 5/2 | U
        ready 4 | 1 6 | 6/2 | U
        ready 3 | 0 6 | 6/3 | U
        ready 2 | 0 5 | 6/4 5/3 | U
        ready 1 | 0 4 | 5/4 4/3 | U
        ready 0 | 0 4 | 4/4 | A
    """,
    "G two and two, surge first (35)": """
        R=4 mu=2 ms=2
        update    | 2 6 | 4/0 | U
        look      | 2 6 | 4/2 | U
        ready 4   | 2 6 | 5/2 | U
        ready 5   | 0 6 | 6/2 | U
        ready 3 2 | 0 4 | 6/4 4/2 | U
        ready 1 0 | 0 4 | 4/4 | A
    """,
    "G two and two, surge never ready": """
        R=4 mu=2 ms=2
        update    | 2 6 | 4/0 | U
        look      | 2 6 | 4/2 | U
        ready 3   | 2 6 | 4/3 | U
        ready 2   | 0 4 | 4/4 4/2 | U
        ready 1 0 | 0 4 | 4/4 | A
    """,
    "H surge above replicas (38)": """
        R=2 mu=1 ms=4
        update | 1 3 | 2/0 | U
        settle | 0 2 | 2/2 | A
    """,
    "H never all of the surge at once": """
        R=4 mu=1 ms=4
        update | 3 7 | 4/0 | U
        settle | 0 4 | 4/4 | A
    """,
    "I grow and change (30)": """
        R=4 mu=1
        update R=6 | 4 6 | 4/0 | U
        look       | 4 6 | 4/2 | U
        ready 5    | 4 6 | 5/2 | U
        ready 4    | 3 6 | 6/2 | U
        settle     | 0 6 | 6/6 | A
    """,
    "I grow and change with surge (36)": """
        R=2 mu=1 ms=2
        update R=4 | 2 6 | 2/0 | U
        settle     | 0 4 | 4/4 | A
    """,
    "J grow mid-update (31)": """
        R=4 mu=1
        update    | 3 4 | 4/0 | U
        ready 3   | 2 4 | 4/1 | U
        R=6       | 2 6 | 4/1 | U
        ready 4 5 | 2 6 | 6/3 | U
        ready 2   | 1 6 | 6/4 | U
        settle    | 0 6 | 6/6 | A
    """,
    "K shrink mid-update (32)": """
        R=6 mu=1
        update  | 5 6 | 6/0 | U
        R=3     | 2 3 | 6/0 3/0 | U
        ready 2 | 1 3 | 3/1 | U
        ready 1 | 0 3 | 3/2 | U
        ready 0 | 0 3 | 3/3 | A
    """,
    "L shrink and change with surge (37)": """
        R=6 mu=1 ms=2
        update R=3 | 2 5 | 6/0 5/0 | U
        settle     | 0 3 | 3/3 | A
    """,
    # Upstream's row with groups 6 and 7 ready says 6/2: its test makes the surge leaders 4 and 5
    # by hand from the old template. Ours are born at the target.
    "M up and down with surge (39)": """
        R=4 mu=1 ms=2
        update    | 3 6 | 4/0 | U
        R=6       | 3 8 | 4/2 | U
        ready 6 7 | 3 8 | 6/4 | U
        R=2       | 1 3 | 6/4 3/0 | U
        ready 2   | 0 3 | 3/1 | U
        ready 1   | 0 2 | 3/2 2/1 | U
        ready 0   | 0 2 | 2/2 | A
    """,
    # Upstream's groups 1 to 3 still stand ready when the second change comes, so its partition
    # falls on to 3 in the same breath; ours are away and spend the budget.
    "N second change mid-update (40)": """
        R=4 mu=1 ms=2
        update      | 3 6 | 4/0 | U
        ready 5 4   | 1 6 | 6/2 | U
        update      | 4 6 | 6/0 | U | spares 4 5
        ready 3 2 1 | 3 6 | 6/0 | U
        ready 5 4   | 1 6 | 6/2 | U
        settle      | 0 4 | 4/4 | A
    """,
    "N second change late in the update": """
        R=4 mu=1 ms=2
        update          | 3 6 | 4/0 | U
        ready 5 4 3     | 0 6 | 6/3 | U
        ready 2, update | 4 6 | 6/0 | U | spares 4
        settle          | 0 4 | 4/4 | A
    """,
    "O a group below is unready before (47)": """
        R=4 mu=2
        unready 1 | 0 4 | 3/4 | G
        update    | 3 4 | 3/0 | U
        ready 3   | 1 4 | 3/1 | U
        ready 2 1 | 0 4 | 4/3 | U
        ready 0   | 0 4 | 4/4 | A
    """,
    "O all are unready before (48)": """
        R=2 mu=1
        unready 0 1 | 0 2 | 0/2 | G
        update      | 1 2 | 0/0 | U
        ready 1     | 0 2 | 1/1 | U
        ready 0     | 0 2 | 2/2 | A
    """,
    "O the last is unready before": """
        R=4 mu=1
        unready 3 | 0 4 | 3/4 | G
        update    | 3 4 | 3/0 | U
        ready 3   | 2 4 | 4/1 | U
    """,
    "O the last two are unready before": """
        R=4 mu=1
        unready 2 3 | 0 4 | 2/4 | G
        update      | 3 4 | 2/0 | U
        ready 3     | 2 4 | 3/1 | U
    """,
    "O one in the middle is unready: it does not start": """
        R=4 mu=1
        unready 1 | 0 4 | 3/4 | G
        update    | 4 4 | 3/0 | U
        ready 1   | 3 4 | 4/0 | U
    """,
    "O the old template never becomes ready": """
        R=2 mu=0 ms=1
        unready 0 1 | 0 2 | 0/2 | G
        update      | 2 3 | 0/0 | U
        ready 2     | 1 3 | 1/1 | U
        ready 1     | 0 3 | 2/2 | U
        ready 0     | 0 2 | 3/3 2/2 | A
    """,
    "P canary (50)": """
        R=6 mu=1 P=4
        update  | 5 6 | 6/0 | U
        ready 5 | 4 6 | 6/1 | U
        ready 4 | 4 6 | 6/2 | A
        P=2     | 3 6 | 6/2 | U
        ready 3 | 2 6 | 6/3 | U
        ready 2 | 2 6 | 6/4 | A
        P=0     | 1 6 | 6/4 | U
        ready 1 | 0 6 | 6/5 | U
        ready 0 | 0 6 | 6/6 | A
    """,
    "P partition above replicas": """
        R=3 mu=1 P=5
        update  | 5 3 | 3/0 | A
        R=7     | 5 7 | 3/0 | G
        settle  | 5 7 | 7/2 | A
    """,
    # Upstream reports Available as soon as P is raised, because the group that had been opened
    # is still there in its table; ours is on its way out and comes back at the old revision.
    "P raised mid-way and lowered again": """
        R=6 mu=1
        update  | 5 6 | 6/0 | U
        ready 5 | 4 6 | 6/1 | U
        ready 4 | 3 6 | 6/2 | U
        P=5     | 5 6 | 6/2 | U
        ready 3 | 5 6 | 6/2 | A
        P=0     | 3 6 | 6/2 | U
        ready 3 | 2 6 | 6/3 | U
    """,
    "Q canary with surge (51)": """
        R=3 mu=1 ms=1 P=2
        update    | 2 4 | 3/0 | U
        ready 3 2 | 2 4 | 4/2 | A
        P=0       | 0 4 | 4/2 | U
        ready 1 0 | 0 3 | 4/4 3/3 | A
    """,
    "R rollback mid-way": """
        R=4 mu=1
        update          | 3 4 | 4/0 | U
        ready 3, revert | 3 4 | 4/3 | U
        ready 3         | 0 4 | 4/4 | A
    """,
    "R rollback while a group is away": """
        R=4 mu=1
        update  | 3 4 | 4/0 | U
        ready 3 | 2 4 | 4/1 | U
        revert  | 4 4 | 4/3 | U
        ready 2 | 3 4 | 4/3 | U
        ready 3 | 0 4 | 4/4 | A
    """,
    "S surge kept on a plain scale-down": """
        R=4 mu=1 ms=2
        unready 0 1 2 3 | 0 4 | 0/4 | G
        R=2             | 0 3 | 0/4 0/3 | G
        ready 0         | 0 2 | 1/3 1/2 | G
        ready 1         | 0 2 | 2/2 | A
    """,
    "S nothing given back without maxUnavailable": """
        R=4 mu=0 ms=2
        unready 0 1 2 3 | 0 4 | 0/4 | G
        R=2             | 0 4 | 0/4 | G
        ready 0         | 0 3 | 1/4 1/3 | G
        ready 1         | 0 2 | 2/3 2/2 | A
    """,
}


class Play:
    """A set that changes only when a row says so; the controller acts between rows."""

    def __init__(self, head: str) -> None:
        wanted = {"R": 4, "mu": 1, "ms": 0, "P": 0, **numbers(head)}
        rollout = {"maxUnavailable": wanted["mu"], "maxSurge": wanted["ms"]}
        rollout["partition"] = wanted["P"]
        self.cluster = upstream.available(wanted["R"], rollout=rollout)
        self.replaced: set[int] = set()
        self.templates = 0

    def do(self, event: str) -> None:
        """Let a row's event happen; the controller has not seen it yet."""
        verb, *words = event.split()
        groups = [int(word) for word in words if word.isdecimal()]
        match verb:
            case "update":
                self.templates += 1
                role = "leader" if "leader" in words else "worker"
                upstream.rename(self.cluster, f"new-{self.templates}", role)
            case "revert":
                upstream.rename(self.cluster, "worker")
            case "ready":
                upstream.ready(self.cluster, *groups)
                self.replaced -= set(groups)
            case "unready":
                upstream.unready(self.cluster, *groups)
            case "forced":
                self.force(*groups)
            case "settle":
                self.cluster.settle()
                self.replaced.clear()
        for key, value in numbers(event).items():
            self.set(key, value)

    def set(self, key: str, value: int) -> None:
        if key == "R":
            self.cluster.scale(value)
            return

        def change(spec: dict[str, Any]) -> None:
            spec["rolloutStrategy"]["rollingUpdateConfiguration"]["partition"] = value

        self.cluster.edit(change)

    def force(self, group: int) -> None:
        """Put a group at the target out of turn, as only a test can."""
        for name in upstream.members(self.cluster, group):
            self.cluster.change(name, revision=upstream.target(self.cluster))

    def step(self) -> Plan:
        before = self.cluster.ready_groups()
        planned = self.cluster.step()
        self.replaced |= {group for group in before if self.leaving(group)}
        return planned

    def rest(self) -> None:
        """Let the controller act until it waits for pods."""
        for _ in range(8):
            planned = self.step()
            if not planned.actions and planned.status is None:
                return
        raise AssertionError(planned)

    def leaving(self, group: int) -> bool:
        leader = self.cluster.pods.get(f"{upstream.NAME}-{group}")
        return leader is not None and leader.terminating

    def surplus_gone(self) -> None:
        surplus = [g for g in self.cluster.groups() if g >= upstream.position(self.cluster).groups]
        assert all(self.leaving(group) for group in surplus)
        upstream.go(self.cluster, *surplus)
        self.replaced -= set(surplus)

    def ready_or_replaced(self, replaced: set[int]) -> str:
        found, updated = upstream.counts(self.cluster)
        return f"{found + len(replaced)}/{updated}"

    def outdated(self) -> list[int]:
        """Groups the partition has opened that are old and stay."""
        partition, groups = upstream.position(self.cluster)
        return [
            group
            for group in range(partition, groups)
            if (leader := self.cluster.pods.get(f"{upstream.NAME}-{group}")) is not None
            and leader.revision != upstream.target(self.cluster)
            and not leader.terminating
        ]


def numbers(text: str) -> dict[str, int]:
    """The ``key=number`` words of a text."""
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", text)}


@pytest.mark.parametrize("title", EXAMPLES)
def test_example(title: str) -> None:
    head, *rows = EXAMPLES[title].strip().splitlines()
    play = Play(head)
    for row in rows:
        event, where, counted, conditions, *spared = (cell.strip() for cell in row.split("|"))
        at_once, *later = counted.split()
        for part in event.split(","):
            play.do(part)
        before = set(play.replaced)
        play.step()
        seen = (upstream.place(play.cluster), play.ready_or_replaced(before))
        assert seen == (where, at_once), event
        assert play.outdated() == [int(n) for n in re.findall(r"\d+", " ".join(spared))], event
        play.rest()
        assert play.cluster.true_conditions() == upstream.CONDITIONS[conditions], event
        if later:
            play.surplus_gone()
            play.rest()
            assert play.ready_or_replaced(play.replaced) == later[0], event
        assert upstream.place(play.cluster) == where, event
