"""A kind that clusters serve in different versions, or not at all."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from controller.api.names import DEVICE_CLAIMS, Resource
from lwstui.kube.reflector import Timing
from lwstui.kube.sync import KindSync
from lwstui.kube.versions import AGAIN_S, Versioned, served
from tests.kube.stub import reply, status, stub_server
from tests.support.waiting import eventually

GROUP = "GET /apis/resource.k8s.io"


def group(*versions: str) -> dict[str, Any]:
    return {"kind": "APIGroup", "versions": [{"version": version} for version in versions]}


@pytest.mark.parametrize(
    ("versions", "best"),
    [
        (("v1beta1", "v1", "v1beta2"), "v1"),
        (("v1beta1", "v1alpha3"), "v1beta1"),
        (("v1alpha3",), None),
        ((), None),
    ],
)
def test_the_best_version_that_is_understood(versions: Any, best: Any) -> None:
    assert served(versions) == best


class Idle:
    """A watch that does nothing, and notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.runs = 0

    async def run(self) -> None:
        self.runs += 1
        await asyncio.Event().wait()

    def refresh(self) -> None:
        self.told.append("refresh")

    def reopen(self) -> None:
        self.told.append("reopen")

    def hurry(self) -> None:
        self.told.append("hurry")


async def test_a_cluster_without_the_kind_is_asked_once_until_somebody_wants_to_know() -> None:
    said: list[KindSync] = []
    slept: list[float] = []
    made: list[Resource] = []
    idle = Idle()

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)
        await asyncio.Event().wait()

    def make(resource: Resource) -> Idle:
        made.append(resource)
        return idle

    async with stub_server() as (stub, rest, _):
        stub.play(
            reply(status(404, "NotFound", "no"), 404),
            reply(group("v1alpha3")),
            reply(group("v1beta1")),
        )
        watch = Versioned(
            rest, DEVICE_CLAIMS, make, said.append, Timing(wall=lambda: 5.0, sleep=sleep)
        )
        task = asyncio.create_task(watch.run())
        for times in (1, 2):
            await eventually(lambda n=times: len(said) == n, what="it is told")
            assert stub.asked == [GROUP] * times
            watch.hurry()
            watch.reopen()
            watch.refresh()
        await eventually(lambda: idle.runs == 1, what="the watch runs")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    words = "this cluster does not serve resourceclaims.resource.k8s.io"
    assert said == [KindSync("missing", 5.0, None, 1, 5.0 + AGAIN_S, words)] * 2
    assert slept == [AGAIN_S] * 2
    assert [one.version for one in made] == ["v1beta1"]
    watch.refresh()
    watch.hurry()
    watch.reopen()
    assert idle.told == ["refresh", "hurry", "reopen"]
