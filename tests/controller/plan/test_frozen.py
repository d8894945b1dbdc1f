"""Frozen groups: neither recreated, nor replaced by an update, nor completed."""

from __future__ import annotations

import pytest

from controller.api.names import FROZEN
from controller.plan.actions import DeletePod
from tests.controller.support import FakeCluster, make_set, raw_spec

POLICY = "RecreateGroupOnPodRestart"


def cluster(mark: str) -> FakeCluster:
    made = FakeCluster(make_set(raw_spec(2, 3, template={"restartPolicy": POLICY})))
    made.settle()
    freeze(made, mark)
    return made


def freeze(made: FakeCluster, mark: str) -> None:
    kept = {k: v for k, v in made.lws.annotations.items() if k != FROZEN}
    made._replace_meta(annotations={**kept, FROZEN: mark} if mark else kept)


def deleted(made: FakeCluster) -> list[str]:
    return [a.name for a in made.plan().actions if isinstance(a, DeletePod)]


def frozen_waits(made: FakeCluster) -> list[tuple[int | None, str]]:
    return [(w.group, w.reason) for w in made.plan().waits if w.code == "frozen"]


@pytest.mark.parametrize("mark", ["1", "all", "0,1"])
def test_a_frozen_group_is_not_recreated_and_says_so(mark: str) -> None:
    made = cluster(mark)
    made.restart_container("sample-1-2")
    assert deleted(made) == []
    ((group, reason),) = frozen_waits(made)
    assert group == 1
    assert reason.endswith("pod sample-1-2 restarted a container")


def test_the_other_groups_are_served_as_ever() -> None:
    made = cluster("0")
    made.restart_container("sample-1-2")
    assert deleted(made) == ["sample-1"]


def test_a_missing_pod_is_not_made_again_before_the_group_is_thawed() -> None:
    made = cluster("1")
    made.vanish("sample-1-2")
    made.settle()
    assert "sample-1-2" not in made.pods
    freeze(made, "")
    made.settle()
    assert "sample-1-2" in made.pods


def test_an_update_goes_round_a_frozen_group() -> None:
    made = cluster("1")
    before = {name: pod.uid for name, pod in made.pods.items()}
    made.set_image("img:v2")
    made.settle()
    assert {made.pods[n].uid == before[n] for n in before if n.startswith("sample-1")} == {True}
    assert [group for group, _ in frozen_waits(made)] == [1]
    freeze(made, "")
    made.settle()
    assert made.pods["sample-1"].uid != before["sample-1"]


def test_scaling_down_takes_a_frozen_group_too() -> None:
    made = cluster("all")
    made.scale(1)
    made.settle()
    assert not [name for name in made.pods if name.startswith("sample-1")]
