"""A store that is fed and recorded on virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller.api.core import Event
from controller.api.names import LEADERWORKERSETS, NODES, PODS, REVISIONS, Resource
from lwstui.kube.sync import KindSync
from lwstui.runtime.feed import Feed
from lwstui.runtime.ports import WatchSpec
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.recorder import Recorder, RecordingOrder
from lwstui.runtime.recording.stage import Stage
from lwstui.state.model import ClusterState
from lwstui.state.store import Store
from tests.runtime.fakes import FakeTime
from tests.view.build import LLAMA, NOW, lws, node, pod, revision


class Rig:
    """What the engine has around its store, without a cluster."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.time = FakeTime()
        self.store = Store(ClusterState(context="prod-eu", cluster="eu", connected=True))
        self.feed = Feed(
            self.store, self.time, lambda _: None, before=lambda _: None, sleep=self.time.sleep
        )
        self.recorder = Recorder(self.store, self.feed, self.time, sleep=self.time.sleep)

    async def start(self, **options: Any) -> None:
        """Begin to record."""
        await self.recorder.start(RecordingOrder(self.path, **options))

    def pass_(self, seconds: float) -> None:
        """Let time go on."""
        self.time.t += seconds

    def list(self, resource: Resource, *records: Any) -> None:
        """Bring a complete list."""
        self.feed.replace(WatchSpec(resource), records)
        self.feed.synced(WatchSpec(resource), KindSync("live", self.time.t, self.time.t))
        self.feed.flush()

    def event(self, resource: Resource, type_: str, record: Any) -> None:
        """Bring one watch event."""
        self.feed.apply(WatchSpec(resource), type_, record)
        self.feed.flush()

    def world(self, groups: int = 2) -> None:
        """Bring a set that is well."""
        self.list(LEADERWORKERSETS, lws(groups))
        self.list(PODS, *(pod(g, w) for g in range(groups) for w in (0, 1)))
        self.list(NODES, *(node(f"node-{g}") for g in range(groups)))
        self.list(REVISIONS, revision())

    async def done(self) -> Recording:
        """End the recording and open it."""
        await self.recorder.stop()
        return Recording.of_bytes(self.path.read_bytes())

    async def played(self) -> Stage:
        """End the recording and play it to its end."""
        recording = await self.done()
        stage = Stage(recording)
        stage.advance(recording.length_s)
        return stage


def warning(number: int, about: str = "llama-0") -> Event:
    """Return a warning event about a pod."""
    return Event(
        LLAMA.namespace,
        f"{about}.{number}",
        f"uid-event-{number}",
        "Warning",
        "BackOff",
        "Back-off restarting failed container",
        "Pod",
        about,
        first_at=NOW,
        last_at=NOW,
    )
