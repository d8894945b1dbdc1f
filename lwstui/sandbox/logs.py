"""Container logs as the kubelet serves them: tail, since, time stamps, limit, previous, follow."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lwstui.sandbox.containers import Container, Phase, Run
from lwstui.sandbox.engines.detect import detect
from lwstui.sandbox.engines.program import program
from lwstui.sandbox.engines.scene import Line, Scene
from lwstui.sandbox.engines.stages import stages
from lwstui.sandbox.engines.story import KEPT_LINES, tail
from lwstui.sandbox.kubelet import Kubelet
from lwstui.sandbox.objects import Store
from lwstui.sandbox.podrecords import PodRecord
from lwstui.sandbox.podstatus import KINDS, waiting_reason
from lwstui.sandbox.scripts import log_rate
from lwstui.sandbox.status import bad_request

_POLL_S = 0.2
_BEGINNING = -1.0


def _container_spec(pod: Mapping[str, Any], name: str) -> dict[str, Any]:
    for kind in KINDS:
        for spec in pod["spec"].get(kind) or ():
            if spec["name"] == name:
                return dict(spec)
    raise bad_request(f"container {name} is not valid for pod {pod['metadata']['name']}")


def scene(record: PodRecord, container: Container, run: Run) -> Scene:
    """Return what the log of one run of a container is told from."""
    spec = _container_spec(record.pod, container.name)
    engine = detect(record.pod, spec)
    finished_s = None if run.finished_s is None else run.finished_s - run.started_s
    return Scene(
        engine=engine,
        stages=stages(engine),
        seed=f"{record.uid}/{container.name}/{run.number}",
        pod=record.ref[1],
        pod_ip=record.where.pod_ip,
        node=record.node,
        image=container.image,
        started_at=record.wall(run.started_s),
        speed=record.speed,
        joined_s=None if run.joined_s is None else run.joined_s - run.started_s,
        load_s=container.script.load_s,
        finished_s=finished_s,
        exit_code=run.exit_code,
        told_to_stop=run.told,
        extra_rate=log_rate(record.pod, container.name),
        demand=tuple((at_s - run.started_s, asked) for at_s, asked in record.demand),
        last_words=run.last_words,
        hang_s=container.script.hang_s,
        program=program(spec),
    )


def _text(scene: Scene, line: Line, *, timestamps: bool) -> bytes:
    at_s, text = line
    if not timestamps:
        return f"{text}\n".encode()
    wall = scene.wall(at_s)
    nanos = int(wall % 1 * 1e6) * 1000
    stamp = datetime.fromtimestamp(int(wall), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{nanos:09}Z {text}\n".encode()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a reader asked for: one run of a container, from when, and how many lines to begin."""

    container: str
    number: int
    after_s: float
    count: int
    timestamps: bool
    follow: bool


class KubeletLogs:
    """Serves the logs of the pods a kubelet plays.

    Args:
        store: Whose clock dates the lines.
        kubelet: Knows the containers' runs.
    """

    def __init__(self, store: Store, kubelet: Kubelet) -> None:
        self._clock = store.clock
        self._kubelet = kubelet

    def open(
        self,
        pod: dict[str, Any],
        container: str,
        *,
        follow: bool,
        previous: bool,
        tail_lines: int | None,
        since_s: float | None,
        timestamps: bool,
        limit_bytes: int | None,
    ) -> AsyncIterator[bytes]:
        """Open the log of a container.

        Args:
            pod: The pod object.
            container: Name of one of its containers.
            follow: Go on until the container ends.
            previous: The run before the present one.
            tail_lines: Only so many of the last lines.
            since_s: Only lines of the last so many seconds.
            timestamps: Put the time before each line.
            limit_bytes: Stop after so many bytes.

        Returns:
            Chunks of whole lines; empty for a pod that has no node yet.

        Raises:
            StatusError: 400, there is no such container, run, or the container has not started.
        """
        name = pod["metadata"]["name"]
        _container_spec(pod, container)
        if not pod["spec"].get("nodeName"):
            return _nothing()
        record = self._kubelet.record(pod["metadata"]["uid"])
        state = None if record is None else record.run.container(container)
        if record is None or state is None:
            raise bad_request(f'container "{container}" in pod "{name}" is not available')
        run = _chosen(record, state, previous=previous)
        after_s = _BEGINNING
        if since_s is not None:
            passed_s = (self._clock.now() - since_s) - record.wall(run.started_s)
            after_s = max(_BEGINNING, passed_s * record.speed)
        count = KEPT_LINES if tail_lines is None else min(tail_lines, KEPT_LINES)
        wanted = _Wanted(container, run.number, after_s, count, timestamps, follow)
        chunks = self._stream(record, wanted)
        return chunks if limit_bytes is None else _limited(chunks, limit_bytes)

    async def _stream(self, record: PodRecord, wanted: _Wanted) -> AsyncIterator[bytes]:
        after_s, count = wanted.after_s, wanted.count
        while True:
            changed = record.changed
            found = _run_number(record, wanted.container, wanted.number)
            if found is None:
                return
            container, run = found
            told = scene(record, container, run)
            now_s = record.pod_time(self._clock.now()) - run.started_s
            lines = tail(told, after_s, now_s, count)
            if lines:
                after_s = lines[-1][0]
                yield b"".join(_text(told, line, timestamps=wanted.timestamps) for line in lines)
            if not wanted.follow or run.finished_s is not None:
                return
            after_s, count = max(after_s, now_s), KEPT_LINES
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _POLL_S)


def _chosen(record: PodRecord, container: Container, *, previous: bool) -> Run:
    pod = record.ref[1]
    shown_as_state = container.is_running or container.is_between_runs
    if previous:
        run = container.previous if shown_as_state else container.run
        if run is None:
            raise bad_request(
                f'previous terminated container "{container.name}" in pod "{pod}" not found'
            )
        return run
    if container.run is None:
        why = waiting_reason(record.run)
        if container.phase in (Phase.PULL_FAILED, Phase.PULL_BACKOFF):
            why = "trying and failing to pull image"
        raise bad_request(f'container "{container.name}" in pod "{pod}" is waiting to start: {why}')
    return container.run


def _run_number(record: PodRecord, name: str, number: int) -> tuple[Container, Run] | None:
    container = record.run.container(name)
    if container is not None:
        for run in (container.run, container.previous):
            if run is not None and run.number == number:
                return container, run
    return None


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


async def _limited(chunks: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    left = limit
    async for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return
