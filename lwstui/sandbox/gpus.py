"""Readings of NVIDIA devices that follow what their process does.

Source: typical values of H100 hosts that serve language models, scaled to the device's memory and
power limit: memory does not move once the cache is allocated, power follows utilisation.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lwstui.sandbox.engines.detect import Kind
from lwstui.sandbox.processes import Process

DRIVER_VERSION = "580.95.05"
CUDA_VERSION = "13.0"
_RESERVED_SHARE = 0.91
_CONTEXT_MIB = 1100
_SAMPLE_S = 5.0
# The share of its power that a device draws whose kernels only wait.
_SPINNING = 0.15


@dataclass(frozen=True, slots=True)
class Model:
    """What a node's devices are; power in watts, memory in MiB, clocks in MHz."""

    name: str
    memory_mib: int
    power_limit_w: float
    idle_w: float
    clock_mhz: int
    compute: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One device at one moment; utilisation in percent, temperature in degrees Celsius."""

    utilization: int
    memory_utilization: int
    memory_used_mib: int
    power_w: float
    temperature_c: int
    clock_mhz: int


_H100 = Model("NVIDIA H100 80GB HBM3", 81559, 700.0, 70.0, 1980, "9.0")
_A10G = Model("NVIDIA A10G", 23028, 300.0, 18.0, 1710, "8.6")


def model_of(labels: Mapping[str, object]) -> Model:
    """Return the devices of a node with these labels."""
    return _A10G if "A10G" in str(labels.get("nvidia.com/gpu.product", "")) else _H100


def reading(process: Process, model: Model, index: int) -> Reading:
    """Return what the device with this index in its container shows now."""
    dice = random.Random(f"{process.gpus[index]}/{process.now_s // _SAMPLE_S}")
    busy, used_mib = _activity(process, model, dice)
    if process.hangs and used_mib:
        return _spinning(_reading(model, index, _SPINNING, used_mib, dice))
    return _reading(model, index, busy, used_mib, dice)


def _spinning(read: Reading) -> Reading:
    """Return the reading of a device whose kernels wait for each other: busy with nothing."""
    return replace(read, utilization=100, memory_utilization=0)


def idle(model: Model, index: int, uuid: str, now_s: float) -> Reading:
    """Return what a device shows that no process uses, at ``now_s`` seconds of any clock."""
    return _reading(model, index, 0.0, 0, random.Random(f"{uuid}/{now_s // _SAMPLE_S}"))


def _reading(model: Model, index: int, busy: float, used_mib: int, dice: random.Random) -> Reading:
    power = model.idle_w * 1.5 + busy * (model.power_limit_w - model.idle_w * 1.5) * 0.85
    if not used_mib:
        power = model.idle_w
    power *= dice.uniform(0.985, 1.015)
    return Reading(
        utilization=round(busy * 100),
        memory_utilization=round(busy * 60),
        memory_used_mib=used_mib,
        power_w=round(power, 2),
        temperature_c=round(28 + 38 * power / model.power_limit_w) + index % 3,
        clock_mhz=model.clock_mhz if used_mib else 345,
    )


def _activity(process: Process, model: Model, dice: random.Random) -> tuple[float, int]:
    """Return the busy share and the memory in use, in MiB."""
    engine, told = process.scene.engine, process.scene
    if engine.kind in (Kind.PLAIN, Kind.NGINX) or process.now_s < told.stages.boot_s:
        return 0.0, 0
    if process.load is not None:
        share = 0.0 if process.load.running == 0 else min(0.99, 0.85 + process.load.kv_used / 2)
        return share * dice.uniform(0.98, 1.0), round(model.memory_mib * _RESERVED_SHARE)
    if told.joined_s is None or engine.is_worker:
        return dice.uniform(0.0, 0.05), _CONTEXT_MIB
    spent_s = process.now_s - told.joined_s
    loaded = max(0.0, min(1.0, spent_s / max(told.load_s, 0.1)))
    weights_mib = engine.billions * 2048 / max(1, engine.tensor * engine.pipeline)
    used = _CONTEXT_MIB + loaded * min(weights_mib, model.memory_mib * _RESERVED_SHARE)
    return dice.uniform(0.0, 0.25), min(round(used), round(model.memory_mib * _RESERVED_SHARE))
