"""What an intent changes, before and after, and what takes it back."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from controller.api.names import ROLLOUT_RECORD
from lwstui.state.alterations import NOTHING, alteration
from lwstui.state.intents import (
    Cordon,
    DeleteSet,
    Drain,
    Hold,
    PauseRollout,
    ResumeRollout,
    RollingRestart,
    Scale,
    SetImage,
    SetPartition,
    Undo,
)
from lwstui.state.partition import PAUSED_PARTITION
from tests.view.build import LLAMA, lws, node


def rolling(partition, **annotations):
    made = lws(3, rolloutStrategy={"rollingUpdateConfiguration": {"partition": partition}})
    return msgspec.structs.replace(
        made, metadata=msgspec.structs.replace(made.metadata, annotations=annotations)
    )


RECORD = '{"target":"aaa111","partition":0,"groups":3,"seenReplicas":3}'


def told(intent, held):
    return alteration(intent, lambda kind, key: held)


@pytest.mark.parametrize(
    ("intent", "held", "before", "after", "back"),
    [
        (Scale(LLAMA, "u", 5), lws(3), "replicas 3", "replicas 5", ("scale", ("3",))),
        (Scale(LLAMA, "u", 3), lws(3), "replicas 3", "replicas 3", None),
        (
            SetPartition(LLAMA, "u", 1, 0),
            rolling(2),
            "partition 2",
            "partition 0",
            ("partition", ("2",)),
        ),
        (
            Hold(LLAMA, "u", 1),
            rolling(1, **{ROLLOUT_RECORD: RECORD.replace('"partition":0', '"partition":2')}),
            "partition 1",
            "held at 2",
            ("resume", ()),
        ),
        (Hold(LLAMA, "u", 1, 2), rolling(0), "partition 0", "held at 2", ("resume", ())),
        (
            ResumeRollout(LLAMA, "u", 1),
            rolling(2, **{PAUSED_PARTITION: "1"}),
            "held at 2",
            "partition 1",
            ("hold", ()),
        ),
        (PauseRollout(LLAMA, "u", 1), rolling(1), "partition 1", "paused", ("resume", ())),
        (
            ResumeRollout(LLAMA, "u", 1),
            rolling(3, **{PAUSED_PARTITION: "1"}),
            "paused",
            "partition 1",
            ("pause", ()),
        ),
        (
            SetImage(LLAMA, "u", (("worker", "main", "repo/vllm:2"),)),
            lws(3),
            "repo/vllm:1",
            "repo/vllm:2",
            ("image", ("worker", "main", "repo/vllm:1")),
        ),
        (Cordon(Key("", "n"), "u"), node("n"), "open", "cordoned", ("uncordon", ())),
        (
            Cordon(Key("", "n"), "u", on=False),
            node("n", unschedulable=True),
            "cordoned",
            "open",
            ("cordon", ()),
        ),
        (Drain(Key("", "n"), "u"), node("n"), "open", "cordoned", ("uncordon", ())),
        (Cordon(Key("", "n"), "u"), node("n", unschedulable=True), "cordoned", "cordoned", None),
    ],
)
def test_before_after_and_the_way_back(intent, held, before, after, back):
    found = told(intent, held)
    assert (found.before, found.after) == (before, after)
    assert (found.reversal and found.reversal[:2]) == back


def test_an_undo_goes_back_to_the_revision_that_was_the_target():
    held = rolling(0, **{ROLLOUT_RECORD: RECORD})
    found = told(Undo(LLAMA, "u", 1, "llama-x", 4), held)
    assert (found.before, found.after) == ("revision aaa111", "revision 4")
    assert found.reversal[:2] == ("revision", ("aaa111",))
    assert told(Undo(LLAMA, "u", 1, "llama-x", 4), rolling(0)).reversal is None


@pytest.mark.parametrize("intent", [RollingRestart(LLAMA, "u", "now"), DeleteSet(LLAMA, "u")])
def test_what_is_not_one_value_is_told_in_words_only(intent):
    assert told(intent, lws(3)) == NOTHING


@pytest.mark.parametrize("intent", [Scale(LLAMA, "u", 5), Cordon(Key("", "n"), "u")])
def test_what_is_gone_has_no_before(intent):
    assert told(intent, None) == NOTHING


def test_an_invalid_spec_has_no_before():
    held = rolling("nonsense")
    assert told(SetPartition(LLAMA, "u", 1, 0), held) == NOTHING
