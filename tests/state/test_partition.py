"""Pausing and resuming by the partition: the patches, and when they are refused."""

import msgspec
import pytest

from controller.api.names import ROLLOUT_RECORD
from controller.plan.rollout import Record
from lwstui.state.partition import PAUSED_PARTITION, next_floor, remembered, standstill
from lwstui.state.patches import Unpatchable, partition_patch, pause_patch, resume_patch
from tests.controller.support import make_set, raw_spec


def a_set(replicas=3, *, partition=0, surge=0, paused=None, groups=None):
    annotations = {}
    if paused is not None:
        annotations[PAUSED_PARTITION] = paused
    if groups is not None:
        record = Record("key", partition, groups, replicas)
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
