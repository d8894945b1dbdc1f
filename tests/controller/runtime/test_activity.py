"""Words for what was done, and log lines."""

from __future__ import annotations

import logging
import sys

from controller.activity import Activity, Decision, LogfmtFormatter, note_of
from controller.api.lws import RolloutRecord
from controller.api.meta import Key, OwnerReference
from controller.api.names import PODS
from controller.plan.actions import (
    Adopt,
    CreatePod,
    CreateRevision,
    DeletePod,
    DeleteRevision,
    EventNote,
    OwnClaim,
    Plan,
    RecordRollout,
    Wait,
)
from controller.plan.wording import describe, intended


def create(name):
    return CreatePod(name, {}, 0, 0)


def test_one_object_is_named_and_many_are_counted():
    actions = [
        CreateRevision("a-key-1", "key", 1, {}),
        RecordRollout(RolloutRecord("key", 0, 3, 3)),
        *(create(f"a-{i}") for i in range(5)),
        Adopt(PODS, "a-7", "uid", "1", OwnerReference()),
        Adopt(PODS, "a-8", "uid", "1", OwnerReference()),
        OwnClaim("cache-a-9", "uid", "1", ()),
        DeletePod("a-9", "uid", True, "scale-down"),
        DeleteRevision("a-old-1", "uid"),
    ]
    assert list(describe(actions)) == [
        "created revision a-key-1",
        "recorded rollout: revision key, partition 0, 3 groups",
        "created 5 pods: a-0, a-1, a-2 and 2 more",
        "adopted 2 pods: a-7, a-8",
        "changed the owner of claim cache-a-9",
        "deleted pod a-9 (scale-down)",
        "deleted revision a-old-1",
    ]


def test_a_recreation_is_told_in_the_words_of_its_event():
    note = "Worker pod a-3-1 failed, deleted leader pod a-3 to recreate group 3"
    event = EventNote("Normal", "RecreateGroup", "Delete", note)
    actions = [DeletePod("a-3", "uid", True, "recreate"), create("a-4")]
    assert list(describe(actions, [event])) == [note, "created pod a-4"]
    assert list(describe(actions)) == ["deleted pod a-3 (recreate)", "created pod a-4"]


def test_what_is_not_done_is_told_in_the_same_words():
    actions = [create("a-1"), create("a-2"), DeletePod("a-3", "uid", True, "recreate")]
    assert list(intended(actions)) == ["create 2 pods: a-1, a-2", "delete pod a-3 (recreate)"]


def test_only_the_last_decisions_are_kept():
    activity = Activity(kept=2)
    for number in range(3):
        activity.add(Decision(float(number), Key("ns", "a"), "x"))
    assert [d.at for d in activity.recent()] == [1.0, 2.0]


def record(message, **fields):
    made = logging.LogRecord("lwstui.controller", logging.INFO, "x.py", 1, message, (), None)
    made.created = 1_700_000_000.25
    made.fields = fields
    return made


def test_log_lines_are_logfmt():
    line = LogfmtFormatter().format(record("created pod", set=Key("ns", "a"), count=3))
    assert line == ('ts=2023-11-14T22:13:20.250000Z level=info msg="created pod" set=ns/a count=3')


def test_hostile_text_stays_on_its_line_and_in_its_quotes():
    line = LogfmtFormatter().format(record("x", error='say "no"\nlevel=error \\ \x1b[31m', none=""))
    assert line.endswith(r'error="say \"no\"\nlevel=error \\ \x1b[31m" none=""')


def test_exceptions_keep_their_traceback():
    made = record("failed")
    try:
        int("boom")
    except ValueError:
        made.exc_info = sys.exc_info()
    first, *rest = LogfmtFormatter().format(made).splitlines()
    assert first.endswith("msg=failed")
    assert rest[-1] == "ValueError: invalid literal for int() with base 10: 'boom'"


SET = Key("prod", "a")


def test_a_plan_says_what_it_does_why_and_where_the_rollout_stands():
    note = "Worker pod a-3-1 failed, deleted leader pod a-3 to recreate group 3"
    plan = Plan(
        (RecordRollout(RolloutRecord("key", 2, 4, 4)), DeletePod("a-3", "uid", True, "recreate")),
        events=(EventNote("Normal", "RecreateGroup", "Delete", note),),
        waits=(Wait("budget", "group 2 waits", 2),),
    )
    told = note_of(SET, plan, RolloutRecord("old", 0, 4, 4), 7.0)
    assert told.does == (
        "record rollout",
        "delete pod a-3 (recreate)",
    )
    assert told.because == (note,)
    assert told.waits == plan.waits
    assert (told.target, told.partition, told.groups) == ("key", 2, 4)
    kept = note_of(SET, Plan((create("a-4"),)), RolloutRecord("old", 1, 5, 4), 7.0)
    assert (kept.target, kept.partition, kept.groups) == ("old", 1, 5)
    assert note_of(SET, Plan((create("a-4"),)), None, 7.0).target == ""


def test_only_plans_that_say_something_new_of_their_set_are_kept():
    activity = Activity()

    def plan(at, *waits, key=SET, actions=()):
        reasons = tuple(Wait("terminating", text, 1) for text in waits)
        activity.planned(note_of(key, Plan(actions, waits=reasons), None, at))

    plan(1)  # a set that has what it asks for is no news
    plan(2, "group 1: waiting until a-1 is gone (asked to stop 3 s ago)")
    plan(3, "group 1: waiting until a-1 is gone (asked to stop 4 s ago)")
    plan(4, "group 1: waiting until a-1 is gone (asked to stop 5 s ago)", key=Key("prod", "b"))
    plan(5, "group 2: waiting until a-2 is gone (asked to stop 5 s ago)")
    plan(6, actions=(create("a-1"),))
    plan(7)  # that it has come to an end is
    plan(8)
    assert [(one.at, one.set.name) for one in activity.plans()] == [
        (2, "a"),
        (4, "b"),
        (5, "a"),
        (6, "a"),
        (7, "a"),
    ]
    activity.forget(SET)
    plan(9)
    assert activity.plans()[-1].at == 7
