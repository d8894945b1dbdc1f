"""The log of one run of a container, as lines in order of time, told again whenever it is read.

Nothing is kept: the same run tells the same lines. What would have been rotated away by now (older
than an hour, or beyond the last 20,000 lines) is not told.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lwstui.sandbox.engines import others, sglang, vllm
from lwstui.sandbox.engines.detect import Kind
from lwstui.sandbox.engines.scene import BEAT_S, Line, Scene

KEPT_LINES = 20_000
_KEPT_BEATS = 360
_KILLED = 137


@dataclass(frozen=True, slots=True)
class _Voice:
    """How one engine tells its start, ten seconds of serving, and its end."""

    opening: Callable[[Scene], Iterator[Line]]
    beat: Callable[[Scene, float, random.Random], Iterator[Line]]
    ending: Callable[[Scene, float], Iterator[Line]]


_PLAIN = _Voice(others.plain_opening, others.plain_beat, others.plain_ending)
_VOICES = {
    Kind.VLLM: _Voice(vllm.opening, vllm.beat, vllm.ending),
    Kind.SGLANG: _Voice(sglang.opening, sglang.beat, sglang.ending),
    Kind.LLAMACPP: _Voice(others.llamacpp_opening, others.llamacpp_beat, others.plain_ending),
    Kind.JETSTREAM: _Voice(others.jetstream_opening, others.jetstream_beat, others.plain_ending),
    Kind.DCGM: _Voice(others.dcgm_opening, others.dcgm_beat, others.plain_ending),
    Kind.NGINX: _Voice(others.nginx_opening, others.nginx_beat, others.nginx_ending),
}


def lines(scene: Scene, after_s: float, until_s: float) -> Iterator[Line]:
    """Tell the lines with ``after_s`` < time <= ``until_s``, in order.

    Args:
        scene: The run.
        after_s: Simulated seconds since its start; negative for everything.
        until_s: The present, in the same count.
    """
    if scene.program is not None:
        yield from (line for line in scene.program.lines if after_s < line[0] <= until_s)
        return
    voice = _VOICES.get(scene.engine.kind, _PLAIN)
    end_s = min(until_s, scene.hang_s)
    if scene.finished_s is not None:
        end_s = min(end_s, scene.finished_s)
    first = _first_beat(scene, end_s)
    if first == 0:
        told = sorted(voice.opening(scene), key=lambda line: line[0])
        yield from (line for line in told if after_s < line[0] <= end_s)
    serves_s = scene.serves_s
    if serves_s is not None:
        number = max(first, int((after_s - serves_s) // BEAT_S))
        while serves_s + number * BEAT_S <= end_s:
            beat = _beat(scene, voice, number, after_s, end_s)
            yield from sorted(beat, key=lambda line: line[0])
            number += 1
    finished_s = scene.finished_s
    silent = scene.exit_code == _KILLED or (finished_s or 0.0) > scene.hang_s
    if finished_s is None or not after_s < finished_s <= until_s:
        return
    if scene.last_words:
        yield from ((finished_s, words) for words in scene.last_words)
    elif not silent:
        yield from voice.ending(scene, finished_s)


def _first_beat(scene: Scene, end_s: float) -> int:
    """Return the number of the oldest ten seconds that are still told."""
    if scene.serves_s is None:
        return 0
    told = max(0, int((end_s - scene.serves_s) // BEAT_S) + 1)
    kept = min(_KEPT_BEATS, int(KEPT_LINES // (1 + scene.extra_rate * BEAT_S)) + 2)
    return max(0, told - kept)


def _beat(
    scene: Scene, voice: _Voice, number: int, after_s: float, until_s: float
) -> Iterator[Line]:
    """Tell ten seconds of serving, as far as they lie in ``after_s`` < time <= ``until_s``."""
    at_s = (scene.serves_s or 0.0) + number * BEAT_S
    for line in voice.beat(scene, at_s, scene.dice("beat", number)):
        if after_s < line[0] <= until_s:
            yield line
    yield from _flood(scene, number, at_s, after_s, until_s)


def _flood(
    scene: Scene, number: int, at_s: float, after_s: float, until_s: float
) -> Iterator[Line]:
    """Tell the extra lines, evenly spaced; only those asked for are made."""
    count = round(scene.extra_rate * BEAT_S)
    if not count:
        return
    step_s = BEAT_S / count
    first = max(0, int((after_s - at_s) / step_s) - 1)
    last = min(count, int((until_s - at_s) / step_s) + 2)
    for index in range(first, last):
        moment_s = at_s + step_s * index
        if after_s < moment_s <= until_s:
            serial = number * count + index
            yield moment_s, f"request {serial} done in {serial * 7919 % 9000 / 1000:.3f} s"


def tail(scene: Scene, after_s: float, until_s: float, count: int) -> list[Line]:
    """Return the last ``count`` lines with ``after_s`` < time <= ``until_s``."""
    return list(deque(lines(scene, after_s, until_s), maxlen=count))
