from typing import Any

import pytest

from lwstui.sandbox.ownership import (
    Collect,
    Keep,
    Owner,
    Release,
    Verdict,
    judge,
    owner_state,
    waits_for_dependents,
)


def _object(uid: str = "u", **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x", "uid": uid, **meta}}


@pytest.mark.parametrize(
    ("owners", "has_dependents", "expected"),
    [
        pytest.param([], False, Keep(), id="no-owners"),
        pytest.param([("a", Owner.SOLID)], False, Keep(), id="solid"),
        pytest.param([("a", Owner.ABSENT)], False, Collect("Background"), id="absent"),
        pytest.param(
            [("a", Owner.SOLID), ("b", Owner.ABSENT)], False, Release(frozenset("b")), id="one-left"
        ),
        pytest.param(
            [("a", Owner.WAITING), ("b", Owner.SOLID)],
            False,
            Release(frozenset("a")),
            id="solid-beats-waiting",
        ),
        pytest.param([("a", Owner.WAITING)], False, Collect("Background"), id="leaf-of-a-wave"),
        pytest.param([("a", Owner.WAITING)], True, Collect("Foreground"), id="next-wave"),
        pytest.param(
            [("a", Owner.ABSENT), ("b", Owner.ABSENT)], True, Collect("Background"), id="all-gone"
        ),
    ],
)
def test_judge(owners: list[tuple[str, Owner]], has_dependents: bool, expected: Verdict) -> None:
    assert judge(_object(), owners, has_dependents=has_dependents) == expected


def test_what_is_already_going_is_left_alone() -> None:
    going = _object(deletionTimestamp="2026-08-01T00:00:00Z")
    assert judge(going, [("a", Owner.ABSENT)], has_dependents=False) == Keep()


def test_a_finalizer_of_its_own_sets_the_policy() -> None:
    orphaning = _object(finalizers=["orphan"])
    assert judge(orphaning, [("a", Owner.ABSENT)], has_dependents=True) == Collect("Orphan")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, Owner.ABSENT),
        (_object("other"), Owner.ABSENT),
        (_object("u"), Owner.SOLID),
        (_object("u", deletionTimestamp="t", finalizers=["x/y"]), Owner.SOLID),
        (_object("u", deletionTimestamp="t", finalizers=["foregroundDeletion"]), Owner.WAITING),
    ],
)
def test_owners_are_told_by_uid(found: dict[str, Any] | None, expected: Owner) -> None:
    assert owner_state({"uid": "u", "name": "x"}, found) is expected


def test_only_a_deletion_in_the_foreground_waits() -> None:
    assert not waits_for_dependents(_object(finalizers=["foregroundDeletion"]))
