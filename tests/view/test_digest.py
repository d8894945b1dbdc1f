"""Digests of all sets, as they are remembered between screens."""

from __future__ import annotations

from controller.api.meta import Key
from lwstui.view.digest import digests
from lwstui.view.memo import Memo
from tests.view.build import NOW, lws, pod, snapshot, starting

KEYS = tuple(Key("prod", f"set-{number}") for number in range(3))


def test_what_is_remembered_of_all_sets_grows_old_with_the_first_of_them():
    shown = snapshot(
        sets=tuple(lws(1, key=key) for key in KEYS),
        pods=(
            *(pod(0, worker, key=key) for key in KEYS[:2] for worker in (0, 1)),
            *(starting(0, worker, key=KEYS[2]) for worker in (0, 1)),
        ),
    )
    memo, told = Memo(), set()
    for second in range(0, 3600, 40):
        now = NOW + second
        found = digests(shown, memo, now)
        fresh = digests(shown, Memo(), now)
        assert [one.health.glyph for one in found] == [one.health.glyph for one in fresh]
        assert [one.health.reason for one in found] == [one.health.reason for one in fresh]
        told.add(found[2].health)
    assert len(told) > 1, "time alone has to change what is said of a start"


def test_the_same_snapshot_is_digested_once():
    shown = snapshot(sets=tuple(lws(1, key=key) for key in KEYS))
    memo = Memo()
    first = digests(shown, memo, NOW)
    built = memo.built
    assert digests(shown, memo, NOW + 0.5) is first
    assert memo.built == built
