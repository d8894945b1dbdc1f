"""The account of a log that says more than can be shown: nothing vanishes uncounted."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from lwstui.runtime.backend import LogEntry
from lwstui.tui.inbox import Inbox
from lwstui.view.loglines import LogLimits
from lwstui.view.logs import LONGEST_WINDOW_S, LogBuffer

SOURCES = 64
ROUNDS = 120
PER_ROUND = 320
FLUSH_S = 0.05
LIMITS = LogLimits(single=500, merged=2_000)


def spoken(seed: int) -> list[list[LogEntry]]:
    """Return what comes in each flush: sources in turn, some of them a little late."""
    chance = random.Random(seed)
    serials = dict.fromkeys(range(SOURCES), 0)
    late = {source: chance.choice((0.0, 0.0, 0.1, 0.25)) for source in serials}
    rounds: list[list[LogEntry]] = []
    for number in range(ROUNDS):
        batch = []
        for at in range(PER_ROUND):
            source = at % SOURCES
            said = 1000 + number * FLUSH_S + at * FLUSH_S / PER_ROUND - late[source]
            batch.append(LogEntry(f"{source // 8}/w{source % 8}", said, str(serials[source])))
            serials[source] += 1
        rounds.append(batch)
    return rounds


def run(rounds, *, busy_every: int, most: int) -> LogBuffer:
    """Take the lines as a screen does that has no time in some rounds."""
    inbox, buffer = Inbox[LogEntry](1_500), LogBuffer(LIMITS)
    for number, batch in enumerate(rounds):
        inbox.put(batch)
        if busy_every and number % busy_every:
            continue
        now = 1000 + number * FLUSH_S
        came, missed = inbox.take_counted()
        buffer.add(came, now)
        buffer.missed(missed)
        buffer.settle(now, most)
    end = 1000 + ROUNDS * FLUSH_S + LONGEST_WINDOW_S
    came, missed = inbox.take_counted()
    buffer.add(came, end)
    buffer.missed(missed)
    while buffer.waiting:
        buffer.settle(end + LONGEST_WINDOW_S, most)
    return buffer


@pytest.mark.parametrize(
    ("busy_every", "most"),
    [
        pytest.param(0, 10_000, id="in time"),
        pytest.param(0, 100, id="shows fewer than come"),
        pytest.param(10, 10_000, id="takes fewer than come"),
        pytest.param(10, 100, id="neither"),
    ],
)
def test_what_is_missing_is_what_was_counted_and_the_rest_is_in_order(busy_every, most):
    buffer = run(spoken(busy_every + most), busy_every=busy_every, most=most)
    sent = ROUNDS * PER_ROUND
    kept = {(line.source, line.text) for line in buffer.lines}
    assert len(kept) == len(buffer.lines) <= LIMITS.merged
    assert buffer.dropped == sent - len(kept)
    newest = 0.0
    serials = defaultdict(list)
    for line in buffer.lines:
        assert line.late or line.at >= newest
        newest = max(newest, line.at)
        serials[line.source].append(int(line.text))
    assert len(serials) == SOURCES
    for source, found in serials.items():
        assert found == sorted(set(found)), source
    # The newest are kept, not any.
    last = ROUNDS * PER_ROUND // SOURCES - 1
    assert all(found[-1] == last for found in serials.values())
