"""Deletion: preconditions, grace, finalizers, propagation and collections."""

import pytest

from tests.contract.bodies import configmap, pod, worker_set
from tests.contract.client import Api


def test_most_kinds_answer_with_a_status(api: Api) -> None:
    made = api.create(api.core("configmaps"), configmap())
    said = api.delete(api.core("configmaps", "c"))
    assert (said["kind"], said["status"]) == ("Status", "Success")
    uid = made["metadata"]["uid"]
    assert said["details"] == {"name": "c", "kind": "configmaps", "uid": uid}


def test_sets_name_their_group(api: Api) -> None:
    made = api.create(api.sets(), worker_set())
    assert api.delete(api.sets("demo"))["details"] == {
        "name": "demo",
        "group": "leaderworkerset.x-k8s.io",
        "kind": "leaderworkersets",
        "uid": made["metadata"]["uid"],
    }


def test_pods_answer_with_themselves(api: Api) -> None:
    api.create(api.pods(), pod())
    assert api.delete(api.pods("p"))["kind"] == "Pod"
    assert api.names(api.pods()) == []


def test_a_pod_on_a_node_ends_gracefully(api: Api) -> None:
    api.create(api.pods(), pod(nodeName="n0", terminationGracePeriodSeconds=7))
    going = api.delete(api.pods("p"))["metadata"]
    assert going["deletionGracePeriodSeconds"] == 7
    assert going["generation"] == 2
    assert api.get(api.pods("p"))["metadata"]["deletionTimestamp"] == going["deletionTimestamp"]


@pytest.mark.parametrize("grace_s", [0, 1, 60])
def test_grace_is_what_the_request_says(api: Api, grace_s: int) -> None:
    api.create(api.pods(), pod(nodeName="n0"))
    going = api.delete(api.pods("p"), gracePeriodSeconds=grace_s)["metadata"]
    assert going["deletionGracePeriodSeconds"] == grace_s
    assert (api.call("GET", api.pods("p")).code == 404) is (grace_s == 0)


def test_grace_may_be_a_parameter(api: Api) -> None:
    api.create(api.pods(), pod(nodeName="n0"))
    going = api.ok("DELETE", api.pods("p"), query={"gracePeriodSeconds": "5"})
    assert going["metadata"]["deletionGracePeriodSeconds"] == 5


def test_a_second_delete_can_only_shorten(api: Api) -> None:
    api.create(api.pods(), pod(nodeName="n0"))
    first = api.delete(api.pods("p"), gracePeriodSeconds=20)["metadata"]
    longer = api.delete(api.pods("p"), gracePeriodSeconds=50)["metadata"]
    assert longer["deletionTimestamp"] == first["deletionTimestamp"]
    assert longer["deletionGracePeriodSeconds"] == 20
    shorter = api.delete(api.pods("p"), gracePeriodSeconds=2)["metadata"]
    assert shorter["deletionGracePeriodSeconds"] == 2


@pytest.mark.parametrize(
    ("field", "words"), [("uid", "UID"), ("resourceVersion", "ResourceVersion")]
)
def test_preconditions(api: Api, field: str, words: str) -> None:
    made = api.create(api.core("configmaps"), configmap())["metadata"]
    path = api.core("configmaps", "c")
    wrong = {"preconditions": {field: "1"}}
    said = api.refused(409, "DELETE", path, wrong)
    assert said["reason"] == "Conflict"
    mismatch = f"the {words} in the precondition (1) does not match the {words} in record"
    assert mismatch in said["message"]
    assert api.delete(path, preconditions={field: made[field]})["status"] == "Success"


def test_a_dry_run_deletes_nothing(api: Api) -> None:
    api.create(api.core("configmaps"), configmap())
    path = api.core("configmaps", "c")
    api.ok("DELETE", path, query={"dryRun": "All"})
    api.delete(path, dryRun=["All"])
    assert "deletionTimestamp" not in api.get(path)["metadata"]


def held(api: Api) -> str:
    body = configmap(a="1")
    body["metadata"]["finalizers"] = ["example.com/hold"]
    api.create(api.core("configmaps"), body)
    return api.core("configmaps", "c")


def test_finalizers_hold(api: Api) -> None:
    path = held(api)
    going = api.delete(path)
    assert (going["kind"], going["metadata"]["deletionGracePeriodSeconds"]) == ("ConfigMap", 0)
    assert api.get(path)["metadata"]["deletionTimestamp"]
    api.patch(path, {"metadata": {"finalizers": []}})
    assert api.call("GET", path).code == 404


def test_nothing_new_holds_what_goes(api: Api) -> None:
    path = held(api)
    api.delete(path)
    patch = {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
    said = api.refused(422, "PATCH", path, patch, kind="application/merge-patch+json")
    assert said["details"]["causes"][0]["field"] == "metadata.finalizers"
    assert said["message"].endswith(
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
        'deleted, found new finalizers []string{"example.com/more"}'
    )


def test_what_goes_can_still_be_changed(api: Api) -> None:
    path = held(api)
    api.delete(path)
    assert api.patch(path, {"data": {"a": "2"}})["data"] == {"a": "2"}


def test_a_name_is_free_when_its_object_is_gone(api: Api) -> None:
    path = held(api)
    api.delete(path)
    api.refused(409, "POST", api.core("configmaps"), configmap())
    first = api.get(path)["metadata"]["uid"]
    api.patch(path, {"metadata": {"finalizers": None}})
    assert api.create(api.core("configmaps"), configmap())["metadata"]["uid"] != first


@pytest.mark.parametrize(
    ("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")]
)
def test_propagation_is_marked_by_a_finalizer(api: Api, policy: str, finalizer: str) -> None:
    api.create(api.sets(), worker_set())
    going = api.delete(api.sets("demo"), propagationPolicy=policy)
    assert going["metadata"]["finalizers"] == [finalizer]
    assert going["metadata"]["deletionGracePeriodSeconds"] == 0
    assert going["metadata"]["generation"] == 2


def test_background_is_not_marked(api: Api) -> None:
    api.create(api.sets(), worker_set())
    assert api.delete(api.sets("demo"), propagationPolicy="Background")["kind"] == "Status"


def test_propagation_may_be_a_parameter(api: Api) -> None:
    api.create(api.sets(), worker_set())
    going = api.ok("DELETE", api.sets("demo"), query={"propagationPolicy": "Foreground"})
    assert going["metadata"]["finalizers"] == ["foregroundDeletion"]


def test_an_unknown_propagation_is_refused(api: Api) -> None:
    api.create(api.sets(), worker_set())
    said = api.refused(422, "DELETE", api.sets("demo"), {"propagationPolicy": "Sideways"})
    assert said["message"].startswith('DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy')
    assert api.get(api.sets("demo"))


def test_two_ways_to_say_propagation_are_one_too_many(api: Api) -> None:
    api.create(api.sets(), worker_set())
    body = {"propagationPolicy": "Orphan", "orphanDependents": True}
    said = api.refused(422, "DELETE", api.sets("demo"), body)
    assert "orphanDependents and deletionPropagation cannot be both set" in said["message"]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({}, []),
        ({"labelSelector": "a=1"}, ["d"]),
        ({"fieldSelector": "metadata.name=d"}, ["b", "c"]),
        ({"dryRun": "All"}, ["b", "c", "d"]),
    ],
    ids=["all", "labels", "fields", "dry"],
)
def test_collections(api: Api, query: dict[str, str], left: list[str]) -> None:
    for name, labels in (("b", {"a": "1"}), ("c", {"a": "1"}), ("d", {"a": "2"})):
        api.create(api.core("configmaps"), configmap(name, labels=labels))
    api.ok("DELETE", api.core("configmaps"), query=query)
    found = set(api.names(api.core("configmaps"))) - {"kube-root-ca.crt"}
    assert sorted(found) == left


def test_eviction_deletes(api: Api) -> None:
    api.create(api.pods(), pod())
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    said = api.create(api.pods("p", "eviction"), body)
    assert (said["kind"], said["status"]) == ("Status", "Success")
    assert api.call("GET", api.pods("p")).code == 404
    missing = api.refused(404, "POST", api.pods("p", "eviction"), body)
    assert missing["message"] == 'pods "p" not found'
