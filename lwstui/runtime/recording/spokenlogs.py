"""Logs of a recording, read as logs of a cluster are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

from controller.api.meta import Key
from controller.api.names import PODS
from controller.api.pods import Pod
from lwstui.kube.loglines import LogLine
from lwstui.runtime.logselect import container_of
from lwstui.runtime.ports import LogPart, LogSource, Where
from lwstui.runtime.recording.stage import Stage
from lwstui.state.deaths import Death

NOTHING: Final = "the recording holds no lines of this container"
_SLACK_S: Final = 1.0


class SpokenLogs:
    """Reads what containers said; follows as the recording is played.

    Args:
        stage: The recording up to now.
        moved: Waits until it has gone on.
    """

    def __init__(self, stage: Stage, moved: Callable[[], asyncio.Event]) -> None:
        self._stage = stage
        self._moved = moved

    @property
    def where(self) -> Where:
        """What the cluster is called."""
        header = self._stage.header
        return Where(header.context, header.cluster, sandbox=header.sandbox)

    async def logs(self, source: LogSource) -> AsyncGenerator[LogPart, None]:
        """Read one container's log."""
        if source.opened is not None:
            source.opened()
        wanted = self._wanted(source)
        lines = wanted if source.tail is None else wanted[-source.tail :]
        yield LogPart(lines) if lines else LogPart(gap=NOTHING)
        newest = max((line.at for line in wanted), default=0.0)
        while source.follow and not source.previous:
            await self._moved().wait()
            fresh = [line for line in self._wanted(source) if line.at > newest]
            if fresh:
                newest = max(line.at for line in fresh)
                yield LogPart(fresh)

    def _wanted(self, source: LogSource) -> Sequence[LogLine]:
        """Return the lines of the run that is meant, as far as that can be told."""
        lines = self._stage.spoken.lines(source.namespace, source.pod, source.container)
        began = self._began(source)
        if source.previous:
            return [line for line in lines if line.at < began]
        since = max(began - _SLACK_S, source.since or 0.0)
        return [line for line in lines if not line.at or line.at >= since]

    def _began(self, source: LogSource) -> float:
        pod: Pod | None = self._stage.store.get(PODS, Key(source.namespace, source.pod))
        container = container_of(pod, source.container) if pod is not None else None
        if container is not None and container.started_at is not None:
            return container.started_at
        return pod.created_at if pod is not None else 0.0


class SpokenLast:
    """The last lines of containers that died.

    Args:
        stage: The recording up to now.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def former(self, namespace: str, pod: str, container: str, but_not: str) -> Death | None:
        """Return the newest end of a container in an earlier pod of this name."""
        found = [
            death
            for death in self._stage.store.deaths.all
            if (death.namespace, death.pod) == (namespace, pod)
            and death.uid != but_not
            and container in ("", death.container)
        ]
        return found[-1] if found else None

    def of_set(self, key: Key) -> Sequence[Death]:
        """Return the ends of all containers of a set, oldest first."""
        return [death for death in self._stage.store.deaths.all if death.set_key == key]

    async def lines(self, death: Death) -> Sequence[LogLine]:
        """Return what was recorded of a container that died."""
        spoken = self._stage.spoken.of_run(death)
        return spoken or [LogLine(death.at, text) for text in death.lines]
