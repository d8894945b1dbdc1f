"""What stands around a set: read when asked for, cleaned, and honest about what may not be read."""

from __future__ import annotations

from controller.errors import Forbidden
from lwstui.runtime.around import SLICES, around
from lwstui.runtime.autoscalers import AUTOSCALERS
from tests.view.build import LLAMA, NOW


def scaler(name, target, kind="LeaderWorkerSet"):
    group = "leaderworkerset.x-k8s.io/v1" if kind == "LeaderWorkerSet" else "apps/v1"
    return {
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": {"apiVersion": group, "kind": kind, "name": target}},
    }


async def test_only_autoscalers_of_the_set_are_kept_and_text_is_cleaned():
    asked = []

    async def lister(resource, namespace):
        asked.append((resource, namespace))
        if resource is AUTOSCALERS:
            return [
                scaler("mine\x1b[31m", "llama"),
                scaler("other", "llama2"),
                scaler("deployment", "llama", "Deployment"),
            ]
        return [{"metadata": {"name": "llama-abc"}}]

    found = await around(lister, LLAMA, NOW)
    assert asked == [(AUTOSCALERS, "prod"), (SLICES, "prod")]
    assert [one["metadata"]["name"] for one in found.autoscalers] == ["mine"]
    assert [one["metadata"]["name"] for one in found.slices] == ["llama-abc"]
    assert (found.at, found.autoscalers_problem, found.slices_problem) == (NOW, "", "")


async def test_what_may_not_be_listed_says_why_and_the_rest_is_there():
    async def lister(resource, namespace):
        if resource is AUTOSCALERS:
            raise Forbidden(403, "Forbidden", "not for you")
        return [{"metadata": {"name": "llama-abc"}}]

    found = await around(lister, LLAMA, NOW)
    assert found.autoscalers == ()
    assert "not for you" in found.autoscalers_problem
    assert len(found.slices) == 1
