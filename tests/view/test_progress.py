"""How far a rollout is and why it waits: on states that the planner itself leads to."""

from dataclasses import replace

import msgspec
import pytest

from lwstui.state.partition import PAUSED_PARTITION
from lwstui.view.progress import progress
from lwstui.view.report import line, news, report
from tests.controller.support import START
from tests.view.rollouts import annotate, native, partition, running, settled


def seen(cluster, *, attended=True):
    return progress(cluster.observe(), cluster.now, attended=attended)


def numbers(found):
    return found.state, found.done, found.expected, found.ready, found.reached


def test_a_set_at_rest_is_complete():
    found = seen(running(3))
    assert numbers(found) == ("complete", 3, 3, 3, 0)
    assert (found.reason, found.also, found.old) == ("", "", ())
    assert found.new.startswith("1 (")
    assert line(found).startswith(
        "lws/sample rolled out: 3 of 3 groups updated and ready, revision 1"
    )


def test_a_change_that_no_controller_has_seen_is_not_complete():
    cluster = running(3)
    cluster.set_image("b")
    found = seen(cluster)
    assert found.state == "progressing"
    assert found.old == ("1 (" + next(iter(cluster.revisions.values())).key + ")",)
    assert not found.new.startswith("1 ")


def test_scaling_is_not_complete_before_the_controller_has_seen_it():
    cluster = running(3)
    cluster.scale(2)
    assert seen(cluster).state == "progressing"
    settled(cluster)
    assert seen(cluster).state == "complete"


def test_the_group_that_blocks_is_named_with_its_reason_and_the_arithmetic():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    found = seen(cluster)
    assert numbers(found) == ("progressing", 0, 3, 2, 2)
    assert found.group == 2
    assert found.reason.startswith("group 2 is not ready: 0 of 2 pods are ready")
    assert "at most 1 of 3 groups may be unavailable" in found.also
    assert found.budget.startswith("maxUnavailable 1 of 3, so at least 2 stay ready; maxSurge 0")
    assert [label.split()[0] for label in report(found)[1:]] == [
        "Rollout:",
        "Revision:",
        "Groups:",
        "Partition:",
        "Budget:",
        "Reason:",
        "Reason:",
    ]


def test_of_several_groups_the_highest_one_blocks():
    cluster = running(4, maxUnavailable=2)
    cluster.set_image("b")
    settled(cluster, broken=3)
    cluster.unready("sample-2")
    assert seen(cluster).group == 3


def test_surge_is_part_of_the_rollout_until_it_is_given_back():
    cluster = running(2, maxUnavailable=0, maxSurge=1)
    cluster.set_image("b")
    settled(cluster, broken=1)
    found = seen(cluster)
    assert (found.state, found.existing, found.replicas) == ("progressing", 3, 2)
    cluster.run("sample-1")
    cluster.run("sample-1-1")
    settled(cluster)
    assert seen(cluster).existing == 2
    assert seen(cluster).state == "complete"


def test_a_canary_is_complete_at_its_partition_and_says_what_it_holds():
    cluster = running(6, partition=4)
    cluster.set_image("b")
    settled(cluster)
    found = seen(cluster)
    assert numbers(found) == ("complete", 2, 2, 6, 4)
    assert found.held == (0, 1, 2, 3)
    assert "2 of 2 groups from group 4 on updated" in line(found)
    assert line(found).endswith("the partition holds groups 0-3 back")


def paused(cluster, number, back="0"):
    partition(cluster, number)
    annotate(cluster, PAUSED_PARTITION, back)
    settled(cluster)


def test_a_paused_rollout_names_what_it_holds_and_what_is_wrong_besides():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    partition(cluster, 3)
    annotate(cluster, PAUSED_PARTITION, "0")
    cluster.quiet()
    found = seen(cluster)
    assert (found.state, found.paused, found.held) == ("paused", 0, (0, 1))
    assert found.reason == "groups 0-1 keep their revision until the rollout is resumed"
    assert found.also.startswith("group 2 is not ready")


def test_a_change_while_paused_starts_nothing():
    cluster = running(3)
    paused(cluster, 3)
    assert seen(cluster).state == "complete"
    before = {name: pod.uid for name, pod in cluster.pods.items()}
    cluster.set_image("b")
    settled(cluster)
    assert {name: pod.uid for name, pod in cluster.pods.items()} == before
    assert (seen(cluster).state, seen(cluster).held) == ("paused", (0, 1, 2))


def test_without_a_controller_the_reason_is_that():
    cluster = running(3)
    cluster.set_image("b")
    found = seen(cluster, attended=False)
    assert found.state == "unattended"
    assert "no controller acts on this set" in found.reason
    assert seen(running(3), attended=False).state == "complete"
    assert seen(cluster, attended=None).state == "progressing"


def test_a_spec_that_nobody_acts_on_is_refused_with_the_field():
    cluster = running(3)
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=0))
    found = seen(cluster)
    assert found.state == "refused"
    assert "size" in found.reason
    cluster = running(3)
    metadata = msgspec.structs.replace(
        cluster.lws.metadata, deletion_timestamp="2026-01-01T00:00:00Z"
    )
    cluster.lws = msgspec.structs.replace(cluster.lws, metadata=metadata)
    assert seen(cluster).reason == "the set is being deleted"


@pytest.mark.parametrize("broken", [None, 2])
def test_a_set_of_the_native_controller_is_judged_by_the_same_rules(broken):
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=broken)
    ours = seen(cluster)
    theirs = progress(native(cluster.observe()), cluster.now)
    assert numbers(theirs) == numbers(ours)
    assert (theirs.group, theirs.reason, theirs.new) == (ours.group, ours.reason, ours.new)


def test_pods_of_two_controllers_at_once_are_refused():
    cluster = running(2)
    observed = cluster.observe()
    pods = (observed.pods[0], *native(observed).pods[1:])
    found = progress(replace(observed, pods=pods), START)
    assert found.state == "refused"
    assert "several controllers" in found.reason


def test_news_are_trouble_not_seconds_and_not_which_pod_is_at_which_stage():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, keep=2)
    found = seen(cluster)
    assert "asked to stop" in found.reason
    cluster.now += 5
    later = seen(cluster)
    assert later.reason != found.reason
    assert line(later) == line(found)
    assert news(later) == news(found)
    one, other = (
        replace(found, reason=f"waiting for {text}")
        for text in ("a (ContainerCreating), b (ErrImagePull)", "b (ErrImagePull)")
    )
    assert news(one) == news(other)
    assert news(replace(found, reason="waiting for b (CrashLoopBackOff)")) != news(one)
