"""An engine's core with fakes around it."""

import asyncio
from contextlib import asynccontextmanager

from controller.api.names import LEADERWORKERSETS, NODES, PODS, REVISIONS, SERVICES
from lwstui.kube.connect import Target
from lwstui.runtime.core import Core
from lwstui.runtime.engine import EngineOptions
from tests.runtime.fakes import FakeFactory, FakeTime, settle
from tests.view.build import lws, node


class Bench:
    """A core with fakes around it."""

    def __init__(self, factory, **options):
        self.factory = factory
        self.link = factory.link
        self.time = FakeTime()
        self.snapshots = []
        self.core = Core(
            EngineOptions(Target(), **options),
            factory,
            self.time,
            self.snapshots.append,
            sleep=self.time.sleep,
        )

    @property
    def last(self):
        return self.snapshots[-1]

    async def live(self, *pods, sets=None):
        """Let every kind be listed."""
        await settle()
        self.link.of(LEADERWORKERSETS).live(*(sets or (lws(),)))
        self.link.of(PODS).live(*pods)
        for resource in (SERVICES, REVISIONS):
            self.link.of(resource).live()
        self.link.of(NODES).live(node("node-0"))
        await self.time.advance(0.2)


@asynccontextmanager
async def running(failures=0, factory=None, **options):
    bench = Bench(factory or FakeFactory(failures), **options)
    task = asyncio.create_task(bench.core.run())
    await settle()
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
