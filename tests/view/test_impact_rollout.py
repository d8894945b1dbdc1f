"""What the dialogs say before a rollout is paused, resumed, let on by a group, or undone."""

import pytest

from lwstui.state.history import history_of
from lwstui.state.intents import Hold, PauseRollout, ResumeRollout, SetPartition, Undo
from lwstui.state.partition import PAUSED_PARTITION
from lwstui.view.impact import impact
from tests.view.rollouts import annotate, partition, running, settled, snapshot


def asked(cluster, kind, *words):
    meta = cluster.lws.metadata
    intent = kind(cluster.lws.key, meta.uid, meta.generation, *words)
    return impact(snapshot(cluster), intent, cluster.now)


def undone(cluster, number=None):
    found = history_of(cluster.lws, cluster.revisions.values()).pick(number)
    return asked(cluster, Undo, found.name, found.number)


def facts(found):
    return {label: span.text for label, span in found.facts}


def stuck():
    """Return a set of three groups whose update is stuck at group 2."""
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    return cluster


def test_holding_says_which_groups_stay_where_and_raises_nothing_above_them():
    found = asked(stuck(), Hold)
    assert (found.title, found.level) == ("HOLD ROLLOUT", 1)
    assert facts(found)["Partition"] == "0 → 2, where the rollout is"
    assert facts(found)["New revision"] == "group 2, group 2 not ready yet"
    assert facts(found)["Held back"] == "groups 0-1"
    assert found.kubectl == "kubectl lws rollout hold sample -n default"
    assert not found.refused


def test_holding_a_native_set_goes_by_its_stateful_set():
    found = asked(stuck(), Hold, 1)
    assert facts(found)["Partition"] == "0 → 1, where the rollout is"
    assert facts(found)["Held back"] == "group 0"


def test_holding_with_surge_says_that_it_stays():
    cluster = running(3, maxSurge=1, maxUnavailable=1)
    cluster.set_image("b")
    settled(cluster, broken=2)
    assert any("Surge groups stay" in sentence for sentence in asked(cluster, Hold).what)


def test_a_rollout_that_came_to_its_end_leaves_nothing_to_hold():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=0)
    found = asked(cluster, Hold)
    assert found.refused == "there is nothing to hold"
    assert "No rollout is in progress." in found.what


def test_pausing_says_what_is_held_and_touches_nothing():
    found = asked(stuck(), PauseRollout)
    assert found.title == "PAUSE ROLLOUT"
    assert facts(found)["Partition"] == "0 → 3"
    assert facts(found)["Held back"] == "groups 0-1"
    assert found.kubectl == "kubectl lws rollout pause sample -n default"


def test_resuming_says_which_groups_will_be_replaced():
    cluster = stuck()
    partition(cluster, 3)
    annotate(cluster, PAUSED_PARTITION, "0")
    found = asked(cluster, ResumeRollout)
    assert found.what[0] == "Puts the partition back from 3 to 0."
    assert found.what[1].startswith("2 groups will be recreated, at most 1 group at a time,")
    assert facts(found)["Groups"] == "2 of 3 recreated"
    assert facts(found)["Pods"] == "4"


def test_one_more_group_is_one_group():
    cluster = stuck()
    partition(cluster, 3)
    annotate(cluster, PAUSED_PARTITION, "0")
    found = asked(cluster, SetPartition, 1)
    assert facts(found)["Groups"] == "1 of 3 recreated"
    assert "The rollout stays paused: resuming goes back to 0." in found.what
    assert found.kubectl == "kubectl lws rollout partition sample 1 -n default"


def test_undoing_shows_the_difference_and_only_the_groups_that_go_back():
    found = undone(stuck())
    assert "workerTemplate.spec.containers[main].image: b -> img:v1" in found.what
    assert found.what[0].startswith("Puts the template of revision 1 (")
    assert facts(found)["Groups"] == "1 of 3 recreated"
    assert found.kubectl == "kubectl lws rollout undo sample --to-revision=1 -n default"
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster)
    assert facts(undone(cluster))["Groups"] == "3 of 3 recreated"


@pytest.mark.parametrize(
    ("intent", "says"),
    [
        ((ResumeRollout,), "not paused"),
        ((SetPartition, 0), "0 already"),
        ((Undo, "sample-gone-7", 7), "revision 7 is not kept any more"),
    ],
)
def test_refused(intent, says):
    assert says in asked(running(3), *intent).refused


def test_what_was_decided_on_another_spec_is_refused():
    cluster = running(3)
    meta = cluster.lws.metadata
    for uid, generation, says in (
        ("other", meta.generation, "created again"),
        (meta.uid, meta.generation + 1, "changed meanwhile"),
    ):
        intent = PauseRollout(cluster.lws.key, uid, generation)
        assert says in impact(snapshot(cluster), intent, cluster.now).refused
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=0))
    assert "size" in asked(cluster, PauseRollout).refused
