"""Pausing and resuming by the partition: the patches, and when they are refused."""

import msgspec
import pytest

from controller.api.names import ROLLOUT_RECORD
from controller.plan.rollout import Record
from lwstui.state.partition import (
    PAUSED_PARTITION,
    next_floor,
    of_leaders,
    of_stateful_set,
    remembered,
    standstill,
)
from lwstui.state.patches import (
    Unpatchable,
    hold_patch,
    partition_patch,
    pause_patch,
    resume_patch,
)
from tests.controller.support import make_set, raw_spec
from tests.view.build import pod


def a_set(replicas=3, *, partition=0, surge=0, paused=None, groups=None, at=None):
    annotations = {}
    if paused is not None:
        annotations[PAUSED_PARTITION] = paused
    if groups is not None or at is not None:
        reached = partition if at is None else at
        record = Record("key", reached, groups or replicas, replicas)
        annotations[ROLLOUT_RECORD] = msgspec.json.encode(record).decode()
    rollout = {"partition": partition, "maxSurge": surge, "maxUnavailable": 1}
    return make_set(raw_spec(replicas, rollout=rollout), annotations=annotations)


def told(patch):
    """Return (partition set, annotation set) of a patch; every patch carries its guard."""
    assert patch["metadata"]["uid"] == "set-1"
    assert patch["metadata"]["resourceVersion"] == "1"
    strategy = patch["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
    assert list(strategy) == ["partition"]
    return strategy["partition"], patch["metadata"]["annotations"][PAUSED_PARTITION]


@pytest.mark.parametrize(
    ("lws", "expected"),
    [
        pytest.param(a_set(3), 3, id="all groups"),
        pytest.param(a_set(3, surge=2), 5, id="and those that surge may add"),
        pytest.param(a_set(4, surge="50%"), 6, id="percentages of the replicas"),
        pytest.param(a_set(3, groups=6), 6, id="and those that are there already"),
        pytest.param(make_set(raw_spec(2)), 2, id="without a rollout strategy"),
    ],
)
def test_a_standstill_is_above_every_group(lws, expected):
    assert standstill(lws) == expected


@pytest.mark.parametrize(
    ("lws", "partition", "annotation"),
    [
        pytest.param(a_set(3), 3, "0", id="at rest"),
        pytest.param(a_set(6, partition=4), 6, "4", id="a canary goes back to its partition"),
        pytest.param(a_set(3, partition=2, paused="1"), 3, "1", id="again, after one more group"),
        pytest.param(a_set(3, partition=1, paused="2"), 3, "1", id="what was lowered by hand"),
        pytest.param(a_set(3, paused="x"), 3, "0", id="a note nobody can read"),
    ],
)
def test_pausing_raises_the_partition_and_remembers_it(lws, partition, annotation):
    assert told(pause_patch(lws)) == (partition, annotation)


@pytest.mark.parametrize(
    ("lws", "native", "partition", "annotation"),
    [
        pytest.param(a_set(6, at=4), None, 4, "0", id="where our controller is"),
        pytest.param(a_set(6, partition=2, at=4), None, 4, "2", id="a canary goes back to it"),
        pytest.param(a_set(6, at=6, groups=7), None, 6, "0", id="before the first group"),
        pytest.param(a_set(6, partition=3, at=5, paused="1"), None, 5, "1", id="held before"),
        pytest.param(a_set(6), 4, 4, "0", id="where the native controller is"),
        pytest.param(a_set(6, at=1), 4, 4, "0", id="native, with a record from before"),
    ],
)
def test_holding_raises_the_partition_to_where_the_rollout_is(lws, native, partition, annotation):
    assert told(hold_patch(lws, native)) == (partition, annotation)


def test_a_hold_never_raises_the_partition_above_what_the_rollout_reached():
    for reached in range(7):
        for floor in range(reached):
            patch = hold_patch(a_set(6, partition=floor, at=reached))
            assert told(patch) == (reached, str(floor))


def unseen(lws):
    metadata = msgspec.structs.replace(lws.metadata, generation=5)
    status = msgspec.structs.replace(lws.status, observed_generation=4)
    return msgspec.structs.replace(lws, metadata=metadata, status=status)


@pytest.mark.parametrize(
    ("lws", "native", "says"),
    [
        pytest.param(a_set(6, at=0), None, "no group is left to hold back", id="at rest"),
        pytest.param(a_set(6, partition=4, at=4), None, "the rollout is at 4", id="at its floor"),
        pytest.param(a_set(6, partition=4), 2, "the rollout is at 4", id="native below its floor"),
        pytest.param(a_set(6), None, "does not record where", id="nothing tells"),
        pytest.param(unseen(a_set(6, at=4)), None, "no controller has acted", id="too early"),
    ],
)
def test_a_hold_that_would_hold_nothing_is_refused(lws, native, says):
    with pytest.raises(Unpatchable, match=says):
        hold_patch(lws, native)


def leaders(revisions, owner_kind="StatefulSet", **more):
    return [
        pod(index, revision=key, owner_kind=owner_kind, **more)
        for index, key in enumerate(revisions)
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(leaders("aabb"), 2, id="two of four"),
        pytest.param(leaders("aaaa"), 4, id="none"),
        pytest.param(leaders("bbbb"), 0, id="all"),
        pytest.param(leaders("abab"), 3, id="an unbroken run only"),
        pytest.param(leaders("aab", deleted_at=1.0), 0, id="those that leave are on their way"),
        pytest.param(leaders("a", "LeaderWorkerSet"), None, id="not native"),
    ],
)
def test_leaders_tell_where_a_native_rollout_is(found, expected):
    assert of_leaders(found, "b") == expected


def test_only_the_set_s_own_stateful_set_tells_where_it_is():
    owner = {"kind": "LeaderWorkerSet", "name": "sample", "uid": "set-1", "controller": True}
    body = {
        "metadata": {"name": "sample", "ownerReferences": [owner]},
        "spec": {"replicas": 6, "updateStrategy": {"rollingUpdate": {"partition": 4}}},
    }
    lws = a_set(6)
    assert of_stateful_set(body, lws) == 4
    assert of_stateful_set({**body, "metadata": {"name": "sample"}}, lws) is None
    assert of_stateful_set({**body, "spec": {"replicas": "six"}}, lws) is None


@pytest.mark.parametrize(
    ("lws", "partition"),
    [
        pytest.param(a_set(3, partition=3, paused="0"), 0, id="to all groups"),
        pytest.param(a_set(6, partition=6, paused="4"), 4, id="to the canary"),
        pytest.param(a_set(5, partition=3, paused="0"), 0, id="after one more group"),
    ],
)
def test_resuming_puts_the_partition_back_and_forgets_it(lws, partition):
    assert told(resume_patch(lws)) == (partition, None)


@pytest.mark.parametrize(
    ("lws", "partition", "annotation"),
    [
        pytest.param(a_set(6), 4, None, id="a canary"),
        pytest.param(a_set(6, partition=6, paused="0"), 5, "0", id="stays paused above"),
        pytest.param(a_set(6, partition=6, paused="4"), 4, None, id="at what was remembered"),
        pytest.param(a_set(6, partition=6, paused="4"), 2, None, id="below it"),
    ],
)
def test_a_partition_set_by_hand_keeps_or_ends_a_pause(lws, partition, annotation):
    assert told(partition_patch(lws, partition)) == (partition, annotation)


@pytest.mark.parametrize(
    ("patch", "lws", "says"),
    [
        (pause_patch, a_set(3, partition=3, paused="0"), "paused already"),
        (pause_patch, a_set(3, partition=5), "held by its partition, 5, already"),
        (resume_patch, a_set(3), "not paused"),
        (resume_patch, a_set(3, partition=2), "its partition is 2, set it to 0"),
        (resume_patch, a_set(3, partition=1, paused="1"), "not paused"),
        (lambda lws: partition_patch(lws, 2), a_set(3, partition=2), "2 already"),
    ],
)
def test_what_changes_nothing_is_refused(patch, lws, says):
    with pytest.raises(Unpatchable, match=says):
        patch(lws)


def test_a_pause_is_over_when_the_partition_was_lowered_past_it():
    assert remembered(a_set(3, partition=3, paused="1")) == 1
    assert remembered(a_set(3, partition=1, paused="1")) is None
    assert remembered(a_set(3, partition=0, paused="1")) is None


@pytest.mark.parametrize(
    ("floor", "keys", "expected"),
    [
        pytest.param(3, "aaa", 2, id="the highest group first"),
        pytest.param(5, "aab", 1, id="groups that are updated need no step"),
        pytest.param(2, "aba", 0, id="below the partition only"),
        pytest.param(3, "bbb", None, id="nothing is held back"),
        pytest.param(0, "aaa", None, id="the partition holds nothing"),
        pytest.param(3, "", None, id="no groups"),
    ],
)
def test_one_more_group(floor, keys, expected):
    assert next_floor(floor, dict(enumerate(keys)), "b") == expected
