"""How busy a serving engine is: one account of requests and tokens that log and metrics tell.

Generated tokens grow along a straight line, bent at the end of every ten seconds by less than they
grow in that time. So the account of any moment never falls, and the rate of each ten seconds is
what the line grew. Where a demand is scripted, the line is as steep as the requests that run, from
the first ten seconds that begin after it was scripted.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lwstui.sandbox.engines.detect import Kind
from lwstui.sandbox.engines.scene import BEAT_S, Scene

_MEAN_RATES = {Kind.LLAMACPP: 45.0}
_MEAN_RATE = 310.0
_SWAY = 0.95
_RATE_OF_ONE = 27.0
_PROMPT_TO_GENERATED = 3.7
_TOKENS_OF_ONE = 240.0
MOST_RUNNING = 128
_CACHE_OF_ONE = 0.0068
_CACHE_FULL = 0.97


@dataclass(frozen=True, slots=True)
class Load:
    """Ten seconds of serving: requests, rates in tokens per second, shares between 0 and 1."""

    running: int
    waiting: int
    prompt_rate: float
    generation_rate: float
    kv_used: float
    prefix_hits: float


@dataclass(frozen=True, slots=True)
class Totals:
    """What an engine has done since it began to serve; hits are prompt tokens found in cache."""

    prompt_tokens: float
    generated_tokens: float
    prefix_hits: float

    @property
    def requests(self) -> int:
        """Return how many requests have finished."""
        return int(self.generated_tokens / _TOKENS_OF_ONE)


def load(scene: Scene, at_s: float) -> Load:
    """Return how busy a run is in the ten seconds of serving that begin at ``at_s``."""
    return _load(scene, round((at_s - (scene.serves_s or 0.0)) / BEAT_S))


def load_now(scene: Scene, now_s: float) -> Load:
    """Return how busy a run is at ``now_s``, seconds since its start."""
    return _load(scene, int((now_s - (scene.serves_s or 0.0)) // BEAT_S))


def totals(scene: Scene, now_s: float) -> Totals:
    """Return what a run has done until ``now_s``, seconds since its start."""
    served_s = max(0.0, now_s - (scene.serves_s or 0.0))
    number, rest_s = int(served_s // BEAT_S), served_s % BEAT_S
    generated = _generated(scene, number) + _load(scene, number).generation_rate * rest_s
    prompt = generated * _PROMPT_TO_GENERATED
    return Totals(prompt, generated, prompt * _hits(scene))


def _natural(scene: Scene, number: int) -> float:
    """Return the tokens an engine without a scripted demand generates before these ten seconds."""
    if number <= 0:
        return 0.0
    mean_rate = _MEAN_RATES.get(scene.engine.kind, _MEAN_RATE)
    sway = scene.dice("load", number).random() * _SWAY
    return mean_rate * BEAT_S * (number + sway)


def _demands(scene: Scene) -> Iterator[tuple[int, float | None]]:
    """Yield what is asked of an engine, with the number of the first ten seconds it counts in."""
    yield 0, None
    for at_s, asked in scene.demand:
        yield max(0, math.ceil((at_s - (scene.serves_s or 0.0)) / BEAT_S)), asked


def _asked(scene: Scene, number: int) -> float | None:
    """Return the demand of the ten seconds with this number, None without a scripted one."""
    return [asked for first, asked in _demands(scene) if first <= number][-1]


def _generated(scene: Scene, number: int) -> float:
    """Return the tokens generated before the ten seconds with this number."""
    pieces = list(_demands(scene))
    ends = [*(first for first, _ in pieces[1:]), number]
    total = 0.0
    for (first, asked), end in zip(pieces, ends, strict=True):
        last = min(end, number)
        if last <= first:
            continue
        if asked is None:
            total += _natural(scene, last) - _natural(scene, first)
        else:
            total += min(MOST_RUNNING, int(asked)) * _RATE_OF_ONE * BEAT_S * (last - first)
    return total


def _load(scene: Scene, number: int) -> Load:
    rate = (_generated(scene, number + 1) - _generated(scene, number)) / BEAT_S
    asked = _asked(scene, number)
    if asked is None:
        running, waiting = max(1, round(rate / _RATE_OF_ONE)), 0
        kv_used = running * scene.dice("kv", number).uniform(0.8, 2.0) / 100
    else:
        running = min(MOST_RUNNING, int(asked))
        waiting = int(asked) - running
        kv_used = _CACHE_FULL if waiting else running * _CACHE_OF_ONE
    return Load(
        running=running,
        waiting=waiting,
        prompt_rate=rate * _PROMPT_TO_GENERATED,
        generation_rate=rate,
        kv_used=kv_used,
        prefix_hits=_hits(scene),
    )


def _hits(scene: Scene) -> float:
    return scene.dice("prefix").uniform(0.2, 0.6)
