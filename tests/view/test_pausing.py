"""What is said of a set that the controller is paused for, and of pausing it."""

from dataclasses import replace

import msgspec
import pytest

from controller.api.names import PAUSED
from controller.plan.paused import mark
from controller.takeover.evidence import TAKEOVER
from lwstui.state.alterations import alteration
from lwstui.state.intents import PauseController
from lwstui.state.model import ControllerView
from lwstui.state.patches import Unpatchable, paused_patch
from lwstui.view.attending import progress_of
from lwstui.view.controller import controller_table, facts
from lwstui.view.fleet import fleet
from lwstui.view.impact import impact
from lwstui.view.lws import set_view
from lwstui.view.memo import Memo
from lwstui.view.servedby import served_by
from lwstui.view.status import status
from lwstui.view.types import Query, Ref
from tests.view import rollouts
from tests.view.build import LLAMA, NOW, lws, pod, snapshot
from tests.view.rollouts import annotate, running

UID = f"uid-{LLAMA}"
MARK = mark("alice", NOW - 300)
PAUSE = PauseController(LLAMA, UID, MARK)
RESUME = PauseController(LLAMA, UID)
WHY = ("paused", "the controller is paused for this set by alice: it would create pod llama-1", -1)


def marked(**annotations):
    made = lws(3)
    meta = msgspec.structs.replace(made.metadata, annotations=annotations)
    return msgspec.structs.replace(made, metadata=meta)


def cluster(mode="leader", *, owner="LeaderWorkerSet", paused=True, waits=(), **annotations):
    if paused:
        annotations[PAUSED] = MARK
    pods = tuple(
        pod(g, w, owner_kind=owner if w == 0 else "Pod", owner_name="llama", owner_uid=UID)
        for g in range(3)
        for w in (0, 1)
    )
    controller = ControllerView(mode=mode, holder="laptop", waits={LLAMA: waits} if waits else {})
    return snapshot(sets=(marked(**annotations),), pods=pods, controller=controller)


def text(lines):
    return "\n".join("".join(span.text for span in line) for line in lines)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("leader", "CTL ◆ leader ‖ 1 paused"),
        ("elsewhere", "CTL ◇ (laptop) ‖ 1 paused"),
        ("failed", "CTL ✕ failed"),
        ("paused", "CTL ‖ paused"),
    ],
)
def test_the_first_line_of_every_screen_counts_paused_sets(mode, says):
    assert status(cluster(mode), NOW).controller.text == says
    assert "1 paused" not in status(cluster(mode, paused=False), NOW).controller.text


def test_row_strip_and_title_say_it_wherever_the_controller_is():
    shown = fleet(cluster("elsewhere"), Query(), NOW, Memo())
    (row,) = shown.table.rows
    assert [cell.text for cell in row.cells if "paused" in cell.text] == ["CTL paused"]
    why = "the controller is paused for it by alice: nothing replaces lost groups"
    assert [(line.glyph, line.reason, line.since) for line in shown.attention] == [("?", why, "5m")]
    header = set_view(cluster("elsewhere"), LLAMA, Query(), NOW, Memo()).header
    assert "controller paused by alice 5m ago" in text(header)


def test_a_native_set_is_not_paused_by_a_mark_that_nobody_reads():
    shown = fleet(cluster("native", owner="StatefulSet"), Query(), NOW, Memo())
    assert shown.attention == ()


def test_the_controller_screen_names_set_who_when_and_what_would_be_done():
    seen = cluster(waits=(WHY,))
    assert "prod/llama: controller paused by alice 5m ago" in text(facts(seen, NOW))
    (row,) = controller_table(seen, Query(), NOW, Memo()).rows
    assert row.cells[3].text == "embedded, paused"
    assert row.cells[-1].text == WHY[1]
    assert row.state == "paused"


def test_why_says_who_serves_it_and_how_to_resume():
    said = text(served_by(cluster(), Ref("set", *LLAMA), NOW, Memo()))
    assert "controller paused by alice 5m ago: :ctl resume prod/llama lets it act" in said


@pytest.mark.parametrize("mode", ["leader", "elsewhere", "paused"])
def test_a_rollout_that_is_not_done_says_that_the_controller_is_paused_for_it(mode):
    seen = cluster(mode)
    missing = tuple(p for p in seen.by_set[LLAMA] if p.group != 1)
    found = progress_of(replace(seen, by_set={LLAMA: missing}), LLAMA, NOW, Memo())
    assert (found.state, found.kept_off) == ("unattended", True)
    assert found.reason.startswith("the controller is paused for this set by alice: it would ")


def test_pausing_says_what_stands_still_and_that_it_is_no_pause_of_the_rollout():
    found = impact(cluster(paused=False), PAUSE, NOW)
    assert (found.title, found.level, found.refused) == ("PAUSE CONTROLLER FOR A SET", 1, "")
    assert "not a pause of the rollout" in " ".join(found.what)
    assert found.kubectl == (
        f"kubectl -n prod annotate --overwrite lws llama 'lwstui.dev/controller-paused={MARK}'"
    )


@pytest.mark.parametrize(
    ("failed", "says", "level", "groups"),
    [("", "Nothing is due now", 1, 0), ("sample-1-1", "delete pod sample-1 (recreate)", 3, 1)],
)
def test_resuming_says_what_follows_and_asks_more_if_groups_go(failed, says, level, groups):
    made = running(3)
    annotate(made, PAUSED, MARK)
    if failed:
        made.restart_container(failed)
    found = impact(
        rollouts.snapshot(made), PauseController(made.lws.key, made.lws.metadata.uid), NOW
    )
    assert says in found.what[0]
    assert (found.level, found.toll.groups) == (level, groups)
    assert found.kubectl.endswith("lwstui.dev/controller-paused-")


def test_what_the_controller_here_has_planned_is_what_is_said_of_a_resumption():
    calm = (WHY[0], "the controller is paused for this set by alice: there is nothing to do", -1)
    for wait, says in ((WHY, "at once: create pod llama-1."), (calm, "Nothing is due now.")):
        assert says in impact(cluster(waits=(wait,)), RESUME, NOW).what[0]


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (cluster("native", paused=False), "native controller is at work here and knows no pause"),
        (cluster(owner="StatefulSet", paused=False), "a native controller serves this set"),
        (cluster(paused=False, **{TAKEOVER: "uid"}), "a takeover of this set has begun"),
        (cluster(), "the controller is paused for it already by alice"),
    ],
)
def test_what_would_be_wrong_or_do_nothing_is_refused(seen, says):
    assert says in impact(seen, PAUSE, NOW).refused


@pytest.mark.parametrize("changes", [{"mode": "native"}, {"owner": "StatefulSet"}])
def test_a_mark_that_is_left_over_can_always_be_removed(changes):
    assert impact(cluster(**changes), RESUME, NOW).refused == ""


def test_what_is_not_paused_is_not_resumed():
    with pytest.raises(Unpatchable, match="not paused for it"):
        paused_patch(marked(), "")


@pytest.mark.parametrize(
    ("intent", "seen", "back"), [(PAUSE, False, "serve"), (RESUME, True, "keep-off")]
)
def test_each_takes_the_other_back(intent, seen, back):
    found = marked(**({PAUSED: MARK} if seen else {}))
    reversal = alteration(intent, lambda *_: found).reversal
    assert reversal is not None
    assert reversal.verb == back
