"""Revisions: equality, keys, targets, history and undo."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from controller.admission.defaults import group_template
from controller.plan import revisions
from controller.plan.actions import CreatePod, CreateRevision, DeletePod
from tests.controller.support import FakeCluster, container, make_set, raw_spec, template


def data(spec: dict[str, Any]) -> dict[str, Any]:
    found = group_template(spec["leaderWorkerTemplate"], spec.get("networkConfig"))
    return revisions.revision_data(found)


def with_pod(**more: Any) -> dict[str, Any]:
    return data(raw_spec(template={"workerTemplate": template(**more)}))


def with_container(**more: Any) -> dict[str, Any]:
    return data(raw_spec(template={"workerTemplate": template(container(**more))}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (data(raw_spec()), data(raw_spec(9))),
        (data(raw_spec()), data(raw_spec(networkConfig={"subdomainPolicy": "Shared"}))),
        (
            data(raw_spec(template={"restartPolicy": "Default"})),
            data(raw_spec(template={"restartPolicy": "None"})),
        ),
        (
            data(raw_spec()),
            data(
                raw_spec(
                    template={
                        "leaderTemplate": None,
                        "workerTemplate": {
                            "metadata": {"creationTimestamp": None, "labels": {}},
                            **template(container(env=[], tty=False, workingDir="")),
                        },
                    }
                )
            ),
        ),
        (
            with_container(resources={"requests": {"cpu": "0.5", "memory": "1024Mi"}}),
            with_container(resources={"requests": {"cpu": "500m", "memory": "1Gi"}}),
        ),
        (
            with_container(resources={"limits": {"a/b": 1}}),
            with_container(resources={"limits": {"a/b": "1"}}),
        ),
    ],
)
def test_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one == other
    assert revisions.revision_key(one) == revisions.revision_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (data(raw_spec()), data(raw_spec(size=3))),
        (data(raw_spec()), data(raw_spec(networkConfig={"subdomainPolicy": "UniquePerReplica"}))),
        (data(raw_spec()), with_container(image="img:v2")),
        (data(raw_spec()), with_pod(terminationGracePeriodSeconds=0)),
        (with_pod(volumes=[{"name": "a", "emptyDir": {}}]), with_pod(volumes=[{"name": "a"}])),
        (with_pod(securityContext={"runAsNonRoot": False}), with_pod(securityContext={})),
        (
            with_pod(affinity={"podAffinity": {}}),
            with_pod(),
        ),
        (
            data(raw_spec()),
            data(
                raw_spec(
                    template={"workerTemplate": {"metadata": {"labels": {"a": ""}}, **template()}}
                )
            ),
        ),
    ],
)
def test_different(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one != other


def test_html_characters_are_escaped_as_go_does() -> None:
    assert revisions.canonical.encode({"b": "<&>\u2028é", "a": 1}) == (
        b'{"a":1,"b":"\\u003c\\u0026\\u003e\\u2028\xc3\xa9"}'
    )


def cluster(**more: Any) -> FakeCluster:
    fake = FakeCluster(make_set(raw_spec(4, 2, **more)))
    fake.settle()
    return fake


def created(planned: Any) -> list[CreateRevision]:
    return [a for a in planned.actions if isinstance(a, CreateRevision)]


def test_going_back_reuses_the_key_with_a_new_number() -> None:
    fake = cluster()
    (first,) = fake.revisions.values()
    fake.set_image("img:v2")
    fake.quiet()
    fake.tick()
    fake.quiet()
    moved = {pod.name for pod in fake.pods.values() if pod.revision != first.key}
    assert moved == {"sample-3", "sample-3-1"}
    fake.set_image("img:v1")
    planned = fake.step()
    (again,) = created(planned)
    assert (again.key, again.number) == (first.key, 3)
    deletes = [a.name for a in planned.actions if isinstance(a, DeletePod)]
    fake.settle()
    assert set(deletes) <= {"sample-3"}
    assert fake.batches[2:] == [[(3, first.key)]]


def test_below_the_partition_groups_come_back_at_the_last_complete_revision() -> None:
    fake = cluster()
    (first,) = fake.revisions
    stable = fake.revisions[first].key
    for image in ("img:v2", "img:v3"):
        fake.set_image(image)
        fake.quiet()
    fake.delete("sample-0", foreground=True)
    fake.tick()
    fake.quiet()
    assert fake.pods["sample-0"].revision == stable
    image = fake.bodies["sample-0"]["spec"]["containers"][0]["image"]
    assert image == "img:v1"


def test_history_keeps_the_newest_and_whatever_is_in_use() -> None:
    fake = cluster()
    fake.history_limit = 2
    for number in range(2, 7):
        fake.set_image(f"img:v{number}")
        fake.settle()
    assert sorted(r.number for r in fake.revisions.values()) == [4, 5, 6]
    newest_first = revisions.history(fake.observe())
    assert [r.number for r in newest_first] == [6, 5, 4]


def test_history_keeps_the_stable_revision_while_an_update_is_held() -> None:
    fake = cluster(rollout={"partition": 9})
    fake.history_limit = 0
    for number in range(2, 5):
        fake.set_image(f"img:v{number}")
        fake.settle()
    assert sorted(r.number for r in fake.revisions.values()) == [1, 4]


def test_a_lost_record_mid_update_goes_on_where_the_pods_are() -> None:
    fake = cluster()
    fake.set_image("img:v2")
    fake.quiet()
    fake.tick()
    fake._replace_meta(annotations={})
    planned = fake.step()
    assert not [a for a in planned.actions if isinstance(a, DeletePod)]
    fake.settle()
    assert [batch[0][0] for batch in fake.batches[1:]] == [3, 2, 1, 0]


def test_a_record_that_names_no_revision_gets_one_with_that_key() -> None:
    fake = cluster()
    (first,) = fake.revisions.values()
    fake.revisions.clear()
    planned = fake.step()
    (action,) = planned.actions
    assert isinstance(action, CreateRevision)
    assert action.key == first.key
    assert [wait.code for wait in planned.waits] == ["revision"]
    assert planned.events[0].note == (
        f"Creating missing revision with key {first.key} for existing LeaderWorkerSet"
    )
    assert fake.settle().actions == ()


def test_a_crash_after_the_revision_does_not_make_another() -> None:
    fake = cluster()
    fake.set_image("img:v2")
    fake.perform(fake.plan().actions[0])
    planned = fake.plan()
    assert created(planned) == []
    fake.settle()
    assert sorted(r.number for r in fake.revisions.values()) == [1, 2]


def test_revisions_of_others_do_not_count() -> None:
    fake = cluster()
    (first,) = fake.revisions.values()
    sts = msgspec.structs.replace(first, name="sts", number=7, data={"spec": {"template": {}}})
    foreign = msgspec.structs.replace(first, name="other", number=9, owner_uid="else")
    fake.revisions |= {"sts": sts, "other": foreign}
    assert revisions.history(fake.observe()) == (first,)
    assert fake.plan().actions == ()


def merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def test_undo_puts_the_whole_template_back() -> None:
    fake = cluster(networkConfig={"subdomainPolicy": "UniquePerReplica"})

    def change(spec: dict[str, Any]) -> None:
        spec["networkConfig"]["subdomainPolicy"] = "Shared"
        group = spec["leaderWorkerTemplate"]
        group["size"] = 3
        group["leaderTemplate"] = template(container("leader"), nodeName="n")
        group["workerTemplate"]["metadata"] = {"labels": {"a": "b"}}
        group["workerTemplate"]["spec"]["containers"][0]["env"] = [{"name": "A", "value": "1"}]

    fake.edit(change)
    fake.settle()
    newest, first = revisions.history(fake.observe())
    patch = json.loads(json.dumps(revisions.undo_patch(fake.lws, first)))
    assert patch["metadata"] == {"resourceVersion": "1"}
    fake.edit(lambda spec: spec.update(merged(spec, patch["spec"])))
    assert data(fake.lws.spec) == first.data
    assert newest.key != first.key
    fake.settle()
    assert {pod.revision for pod in fake.pods.values()} == {first.key}


def test_undo_of_what_records_no_template_is_refused() -> None:
    fake = cluster()
    (first,) = fake.revisions.values()
    with pytest.raises(ValueError, match="records no template"):
        revisions.undo_patch(fake.lws, msgspec.structs.replace(first, data={}))


def test_pods_are_made_only_after_their_revision() -> None:
    planned = FakeCluster(make_set()).plan()
    kinds = [type(action).__name__ for action in planned.actions]
    assert kinds == ["CreateRevision", "RecordRollout", "CreateService", "CreatePod", "CreatePod"]
    assert [a.group for a in planned.actions if isinstance(a, CreatePod)] == [0, 1]


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"spec": None},
        {"spec": {"leaderWorkerTemplate": {}}},
        {"spec": {"leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": [1]}}}}},
        {"spec": {"leaderWorkerTemplate": {"workerTemplate": {}, "size": "many"}}},
        {"spec": {"leaderWorkerTemplate": {"workerTemplate": {}, "volumeClaimTemplates": [{}]}}},
        {"spec": {"leaderWorkerTemplate": {"workerTemplate": {}, "subGroupPolicy": {}}}},
    ],
)
def test_a_damaged_revision_is_recorded_again_without_touching_a_pod(junk: dict[str, Any]) -> None:
    fake = cluster()
    (first,) = fake.revisions.values()
    fake.revisions[first.name] = msgspec.structs.replace(first, data=junk)
    pods = dict(fake.pods)
    fake.settle()
    assert fake.pods == pods
    assert revisions.history(fake.observe())[0].data == first.data
    assert {r.key for r in fake.revisions.values()} == {first.key}


def test_a_lost_target_is_recorded_again_only_while_the_live_template_is_it() -> None:
    cluster = FakeCluster(make_set(raw_spec(2, 2)))
    cluster.settle()
    (name,) = cluster.revisions
    del cluster.revisions[name]
    cluster.settle()
    assert list(cluster.revisions) == [name]
    assert cluster.deletions == []
    # Changed while it was lost: what the pods were built from cannot be told any more.
    del cluster.revisions[name]
    cluster.edit(lambda spec: spec["leaderWorkerTemplate"].update(size=1))
    cluster.settle()
    assert [name for name, _ in cluster.deletions] == ["sample-1", "sample-0"]
    assert {pod.size for pod in cluster.pods.values()} == {1}
    (revision,) = cluster.revisions.values()
    assert {pod.revision for pod in cluster.pods.values()} == {revision.key}
