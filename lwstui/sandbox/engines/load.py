"""How busy a serving engine is: one account of requests and tokens that log and metrics tell.

Generated tokens grow along a straight line, bent at the end of every ten seconds by less than they
grow in that time. So the account of any moment needs no history and never falls, and the rate of
each ten seconds is what the line grew.
"""

from dataclasses import dataclass

from lwstui.sandbox.engines.detect import Kind
from lwstui.sandbox.engines.scene import BEAT_S, Scene

_MEAN_RATES = {Kind.LLAMACPP: 45.0}
_MEAN_RATE = 310.0
_SWAY = 0.95
_RATE_OF_ONE = 27.0
_PROMPT_TO_GENERATED = 3.7
_TOKENS_OF_ONE = 240.0


@dataclass(frozen=True, slots=True)
class Load:
    """Ten seconds of serving: rates in tokens per second, shares between 0 and 1."""

    running: int
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


def _generated(scene: Scene, number: int) -> float:
    """Return the tokens generated before the ten seconds with this number."""
    if number <= 0:
        return 0.0
    mean_rate = _MEAN_RATES.get(scene.engine.kind, _MEAN_RATE)
    sway = scene.dice("load", number).random() * _SWAY
    return mean_rate * BEAT_S * (number + sway)


def _load(scene: Scene, number: int) -> Load:
    rate = (_generated(scene, number + 1) - _generated(scene, number)) / BEAT_S
    running = max(1, round(rate / _RATE_OF_ONE))
    return Load(
        running=running,
        prompt_rate=rate * _PROMPT_TO_GENERATED,
        generation_rate=rate,
        kv_used=running * scene.dice("kv", number).uniform(0.8, 2.0) / 100,
        prefix_hits=_hits(scene),
    )


def _hits(scene: Scene) -> float:
    return scene.dice("prefix").uniform(0.2, 0.6)
