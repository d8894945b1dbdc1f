"""Disruption budgets: what the controller counts, and what an eviction is told."""

from typing import Any

import pytest

from lwstui.sandbox.disruptions import BUDGETS, grant
from lwstui.sandbox.objects import Json, StatusError
from tests.sandbox.cluster.builders import pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

WORDS = "Cannot evict pod as it would violate the pod's disruption budget."


def budget(world: World, name: str = "keep", **spec: Any) -> None:
    body = {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, **spec},
    }
    world.create(body, BUDGETS)


def status(world: World, name: str = "keep") -> Json:
    return world.store.entry(BUDGETS, "default", name).object.get("status") or {}


def condition(world: World) -> tuple[str, str]:
    (only,) = status(world)["conditions"]
    return only["status"], only["reason"]


async def pods(world: World, *names: str, **fields: Any) -> None:
    for name in names:
        world.create(pod(name, labels={"app": "a"}, **fields))
    await world.ready(*names)


def evict(world: World, name: str, *, dry_run: bool = False) -> StatusError | None:
    """Evict as the API does; return the refusal."""
    try:
        grant(world.store, world.pod(name) or {}, dry_run=dry_run)
    except StatusError as error:
        return error
    if not dry_run:
        world.store.delete("pods", "default", name)
    return None


def told(refusal: StatusError | None) -> tuple[int, str, str]:
    assert refusal is not None
    assert refusal.details is not None
    (cause,) = refusal.details["causes"]
    assert cause["reason"] == "DisruptionBudget"
    return refusal.code, refusal.message, cause["message"]


async def test_as_many_go_as_the_budget_lets_go(world: World) -> None:
    budget(world, minAvailable=2)
    await pods(world, "a", "b", "c")
    await eventually(lambda: status(world).get("currentHealthy") == 3)
    assert status(world)["disruptionsAllowed"] == 1
    assert status(world)["desiredHealthy"] == 2
    assert condition(world) == ("True", "SufficientPods")
    assert evict(world, "a", dry_run=True) is None
    assert evict(world, "a") is None
    assert status(world)["disruptionsAllowed"] == 0
    why = "The disruption budget keep needs 2 healthy pods and has 3 currently"
    assert told(evict(world, "b")) == (429, WORDS, why)
    await eventually(lambda: status(world)["currentHealthy"] == 2)
    assert condition(world) == ("False", "InsufficientPods")
    await world.gone("a")
    await eventually(lambda: status(world)["expectedPods"] == 2)
    assert "disruptedPods" not in status(world)
    await pods(world, "d")
    await eventually(lambda: status(world)["disruptionsAllowed"] == 1)
    assert evict(world, "b") is None


async def test_a_budget_that_has_just_been_made_is_still_processed(world: World) -> None:
    await pods(world, "a")
    budget(world, minAvailable=0)
    refusal = evict(world, "a")
    why = "The disruption budget keep is still being processed by the server."
    assert told(refusal) == (429, WORDS, why)
    assert refusal is not None
    assert (refusal.details or {})["retryAfterSeconds"] == 10


async def test_pods_that_serve_nobody_go_at_any_time(world: World) -> None:
    budget(world, minAvailable=3)
    await pods(world, "a")
    slow = {"sandbox.lwstui.dev/never-ready": "true"}
    world.create(pod("pending", labels={"app": "a"}, nodeSelector={"no": "where"}))
    world.create(pod("unready", labels={"app": "a"}, annotations=slow))
    await eventually(lambda: world.status("unready").get("phase") == "Running")
    await eventually(lambda: status(world).get("currentHealthy") == 1)
    assert evict(world, "pending") is None
    assert told(evict(world, "unready"))[0] == 429  # by itself it says nothing of the others

    def always(target: Json) -> None:
        target["spec"]["unhealthyPodEvictionPolicy"] = "AlwaysAllow"

    world.store.update(BUDGETS, "default", "keep", always)
    await eventually(lambda: status(world)["observedGeneration"] == 2)
    assert evict(world, "unready") is None
    assert told(evict(world, "a"))[0] == 429


async def test_two_budgets_for_a_pod_are_one_too_many(world: World) -> None:
    await pods(world, "a")
    budget(world, minAvailable=0)
    budget(world, "other", minAvailable=0)
    refusal = evict(world, "a")
    assert refusal is not None
    assert (refusal.code, refusal.reason) == (500, "InternalError")
    assert "more than one PodDisruptionBudget" in refusal.message


@pytest.mark.parametrize(
    ("spec", "desired"),
    [({"maxUnavailable": 1}, 3), ({"maxUnavailable": "25%"}, 3), ({"minAvailable": "30%"}, 2)],
)
async def test_shares_count_from_what_the_controllers_want(
    world: World, spec: Json, desired: int
) -> None:
    owner = world.create(
        {"metadata": {"name": "s", "namespace": "default"}, "spec": {"replicas": 4}},
        "statefulsets.apps",
    )
    reference = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "name": "s",
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    body = pod("a", labels={"app": "a"})
    body["metadata"]["ownerReferences"] = [reference]
    world.create(body)
    budget(world, **spec)
    await eventually(lambda: status(world).get("expectedPods") == 4)
    assert status(world)["desiredHealthy"] == desired


async def test_pods_of_pods_have_no_scale_to_count_from(world: World) -> None:
    leader = world.create(pod("leader"))
    body = pod("a", labels={"app": "a"})
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "Pod", "name": "leader", "controller": True}
        | {"uid": leader["metadata"]["uid"]}
    ]
    world.create(body)
    await world.ready("a")
    budget(world, maxUnavailable=1)
    await eventually(lambda: status(world).get("conditions"))
    assert condition(world) == ("False", "SyncFailed")
    why = "pods does not implement the scale subresource"
    message = f"Failed to calculate the number of expected pods: {why}"
    assert ("CalculateExpectedPodCountFailed", message) in world.events("keep")
    _, _, message = told(evict(world, "a"))
    assert message.endswith(f"failed sync: {why}") or "still being processed" in message


async def test_a_budget_without_pods_says_so(world: World) -> None:
    budget(world, maxUnavailable=1)
    await eventually(lambda: status(world).get("conditions"))
    assert condition(world) == ("False", "InsufficientPods")
    assert ("NoPods", "No matching pods found") in world.events("keep")
