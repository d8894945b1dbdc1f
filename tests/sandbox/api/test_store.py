"""The store's own rules: versions, generations, deletion, and the order of changes."""

import pytest

from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.objects import Change, StatusError, Store
from tests.sandbox.api.support import FakeClock, pod


@pytest.fixture
def store() -> Store:
    return Store(FakeClock())


def on_node(name: str = "p") -> dict:
    body = pod(name)
    body["metadata"]["namespace"] = "default"
    body["spec"]["nodeName"] = "n0"
    return body


def test_create_sets_the_server_side_metadata(store: Store) -> None:
    created = store.create("pods", on_node())
    metadata = created["metadata"]
    assert metadata["resourceVersion"] == "2"
    assert metadata["generation"] == 1
    assert metadata["creationTimestamp"] == rfc3339(store.clock.now())
    assert len(metadata["uid"]) == 36
    assert store.get("pods", "default", "p") is created


def test_create_names_objects_from_generate_name(store: Store) -> None:
    names = set()
    for _ in range(20):
        body = {"metadata": {"generateName": "web-", "namespace": "default"}}
        names.add(store.create("configmaps", body)["metadata"]["name"])
    assert len(names) == 20
    assert all(name.startswith("web-") and len(name) == 9 for name in names)


def test_create_twice_is_a_conflict(store: Store) -> None:
    store.create("pods", on_node())
    with pytest.raises(StatusError) as refused:
        store.create("pods", on_node())
    assert (refused.value.code, refused.value.message) == (409, 'pods "p" already exists')


def test_update_without_a_difference_changes_nothing(store: Store) -> None:
    before = store.create("pods", on_node())
    assert store.update("pods", "default", "p", lambda _: None) is before
    assert store.version == 2


def test_generation_follows_the_spec_only(store: Store) -> None:
    store.create("pods", on_node())

    def label(obj: dict) -> None:
        obj["metadata"]["labels"]["a"] = "b"

    def phase(obj: dict) -> None:
        obj["status"] = {"phase": "Running"}

    def image(obj: dict) -> None:
        obj["spec"]["containers"][0]["image"] = "vllm:v2"

    def node(obj: dict) -> None:
        obj["spec"]["nodeName"] = "n1"

    seen = [
        store.update("pods", "default", "p", change)["metadata"]["generation"]
        for change in (label, phase, image)
    ]
    assert seen == [1, 1, 2]
    bound = store.update("pods", "default", "p", node, subresource="binding")
    assert bound["metadata"]["generation"] == 2


def test_preconditions(store: Store) -> None:
    created = store.create("pods", on_node())
    uid, version = created["metadata"]["uid"], created["metadata"]["resourceVersion"]
    with pytest.raises(StatusError, match=r"the UID in the precondition \(other\) does not match"):
        store.delete("pods", "default", "p", uid="other")
    with pytest.raises(StatusError, match="the object has been modified"):
        store.update("pods", "default", "p", lambda _: None, resource_version="1")
    store.delete("pods", "default", "p", uid=uid, resource_version=version, grace_s=0)
    assert store.get("pods", "default", "p") is None


def test_a_pod_on_a_node_stays_until_the_kubelet_deletes_it(store: Store) -> None:
    store.create("pods", on_node())
    marked, removed = store.delete("pods", "default", "p")
    assert not removed
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    assert marked["metadata"]["deletionTimestamp"] == rfc3339(store.clock.now() + 30)
    assert marked["metadata"]["generation"] == 2
    shortened, removed = store.delete("pods", "default", "p", grace_s=5)
    assert not removed
    assert shortened["metadata"]["deletionTimestamp"] == rfc3339(store.clock.now() + 5)
    _, removed = store.delete("pods", "default", "p", grace_s=0)
    assert removed


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
def test_pods_that_run_nowhere_go_at_once(store: Store, phase: str) -> None:
    body = on_node()
    body["status"] = {"phase": phase}
    if phase == "Pending":
        del body["spec"]["nodeName"]
    store.create("pods", body)
    assert store.delete("pods", "default", "p")[1]


def test_finalizers_hold_an_object_until_they_are_gone(store: Store) -> None:
    body = {"metadata": {"name": "c", "namespace": "default", "finalizers": ["a/b"]}}
    store.create("configmaps", body)
    held, removed = store.delete("configmaps", "default", "c", propagation="Foreground")
    assert not removed
    assert held["metadata"]["finalizers"] == ["a/b", "foregroundDeletion"]

    def release(obj: dict) -> None:
        obj["metadata"]["finalizers"] = []

    store.update("configmaps", "default", "c", release)
    assert store.get("configmaps", "default", "c") is None


def test_propagation_replaces_the_other_finalizer(store: Store) -> None:
    store.create("configmaps", {"metadata": {"name": "c", "namespace": "default"}})
    store.delete("configmaps", "default", "c", propagation="Foreground")
    held, _ = store.delete("configmaps", "default", "c", propagation="Orphan")
    assert held["metadata"]["finalizers"] == ["orphan"]
    _, removed = store.delete("configmaps", "default", "c", propagation="Background")
    assert removed


def test_a_namespace_waits_for_its_spec_finalizer(store: Store) -> None:
    store.create("namespaces", {"metadata": {"name": "x"}, "spec": {"finalizers": ["kubernetes"]}})
    going, removed = store.delete("namespaces", "", "x")
    assert (removed, going["status"]["phase"]) == (False, "Terminating")

    def finalize(obj: dict) -> None:
        obj["spec"]["finalizers"] = []

    store.update("namespaces", "", "x", finalize, subresource="finalize")
    assert store.get("namespaces", "", "x") is None


def test_dry_run_stores_nothing(store: Store) -> None:
    store.create("pods", on_node(), dry_run=True)
    assert store.items("pods") == []
    assert store.version == 1


def test_every_subscriber_sees_changes_in_one_order(store: Store) -> None:
    """A subscriber that writes must not make later ones see its write first."""
    seen: list[tuple[str, str]] = []

    def write(change: Change) -> None:
        if change.type == "ADDED" and change.object["metadata"]["name"] == "first":
            store.create("configmaps", {"metadata": {"name": "second", "namespace": "default"}})

    store.subscribe(write)
    stop = store.subscribe(
        lambda change: seen.append((change.type, change.object["metadata"]["name"]))
    )
    store.create("configmaps", {"metadata": {"name": "first", "namespace": "default"}})
    stop()
    store.delete("configmaps", "default", "first")
    assert seen == [("ADDED", "first"), ("ADDED", "second")]


def test_changes_carry_the_state_before_and_the_version_of_the_deletion(store: Store) -> None:
    changes: list[Change] = []
    store.create("configmaps", {"metadata": {"name": "c", "namespace": "default"}})
    store.subscribe(changes.append)
    store.delete("configmaps", "default", "c")
    (change,) = changes
    assert (change.type, change.key) == ("DELETED", "configmaps")
    assert change.old is not None
    assert int(change.object["metadata"]["resourceVersion"]) == change.entry.version == 3


def test_items_by_namespace(store: Store) -> None:
    for namespace, name in (("b", "1"), ("a", "2"), ("a", "1")):
        store.create("configmaps", {"metadata": {"name": name, "namespace": namespace}})
    assert [each["metadata"]["name"] for each in store.items("configmaps", "a")] == ["2", "1"]
    assert len(store.items("configmaps")) == 3
    ordered = [each.object["metadata"] for each in store.sorted_entries("configmaps")]
    assert [(each["namespace"], each["name"]) for each in ordered] == [
        ("a", "1"),
        ("a", "2"),
        ("b", "1"),
    ]


def test_replace_stores_what_shares_the_rest_with_the_object_before(store: Store) -> None:
    before = store.create("pods", on_node())

    def finished(old: dict) -> dict:
        return {**old, "metadata": {**old["metadata"]}, "status": {"phase": "Succeeded"}}

    after = store.replace("pods", "default", "p", finished)
    assert after["spec"] is before["spec"]
    assert (before["metadata"]["resourceVersion"], "status" in before) == ("2", False)
    assert (after["metadata"]["resourceVersion"], after["metadata"]["generation"]) == ("3", 1)
    assert store.replace("pods", "default", "p", finished) is after
    respecified = store.replace(
        "pods", "default", "p", lambda old: {**old, "metadata": {**old["metadata"]}, "spec": {}}
    )
    assert respecified["metadata"]["generation"] == 2
