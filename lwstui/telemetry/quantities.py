"""What a metric of a device means: one table of names, old and new, with their units.

Everything is turned into one unit at this edge: fractions from 0 to 1, bytes, watts, degrees
Celsius, megahertz, joules. A value outside what is possible is no value: exporters write large
numbers where a device has no answer.

Sources: NVIDIA dcgm-exporter etc/default-counters.csv, go-dcgm pkg/dcgm/const_fields.go, ROCm
device-metrics-exporter docs, Google container-engine-accelerators pkg/gpu/nvidia/metrics, Ascend
npu-exporter, Intel Gaudi's Prometheus exporter page, AWS neuron-monitor guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple


class Quantity(Enum):
    """One thing measured of a device; the value is the unit it is kept in."""

    UTIL = "of the time"
    """Some kernel ran, 0 to 1. Says nothing about efficiency."""
    ENGINE = "of the engine's time"
    TENSOR = "of the tensor cores' time"
    DRAM = "of the memory bus's time"
    MEMORY_USED = "bytes used"
    MEMORY_FREE = "bytes free"
    MEMORY_RESERVED = "bytes reserved"
    MEMORY_TOTAL = "bytes"
    POWER = "W"
    POWER_LIMIT = "W at most"
    ENERGY = "J"
    TEMPERATURE = "°C"
    MEMORY_TEMPERATURE = "°C of the memory"
    CLOCK = "MHz"
    PCIE_SENT = "bytes/s sent"
    PCIE_RECEIVED = "bytes/s received"
    PCIE_REPLAYS = "PCIe replays"
    XID = "last XID"
    XIDS_COUNTED = "XIDs in the window"
    THROTTLED = "throttling events"
    ECC_SINGLE = "corrected errors"
    ECC_DOUBLE = "uncorrected errors"
    REMAPPED = "remapped rows"
    REMAPPED_CORRECTED = "rows remapped after corrected errors"
    REMAP_FAILED = "row remap failures"
    LINK_ERRORS = "link errors"
    HEALTH = "health"


class Meaning(NamedTuple):
    """What one metric name stands for.

    Attributes:
        quantity: What is measured.
        factor: Multiplies the written value.
        least: Smallest possible value in our unit.
        most: Largest possible value in our unit.
    """

    quantity: Quantity
    factor: float = 1.0
    least: float = 0.0
    most: float = 2.0**62


_MIB: Final = float(2**20)
_MB: Final = 1e6
_LARGEST: Final = 2.0**48
_Q = Quantity


def _fraction(quantity: Quantity, factor: float = 1.0) -> Meaning:
    return Meaning(quantity, factor, 0.0, 1.0)


def _bytes(quantity: Quantity, factor: float) -> Meaning:
    return Meaning(quantity, factor, 0.0, _LARGEST)


def _watts(quantity: Quantity = _Q.POWER, factor: float = 1.0) -> Meaning:
    return Meaning(quantity, factor, 0.0, 3000.0)


def _celsius(quantity: Quantity = _Q.TEMPERATURE) -> Meaning:
    return Meaning(quantity, 1.0, -40.0, 200.0)


def _dcgm() -> Iterator[tuple[str, Meaning]]:
    percent, whole = 0.01, 1.0
    for names, meaning in (
        ("GPU_UTIL GPU_UTIL_RATIO", _fraction(_Q.UTIL, percent)),
        ("FB_USED", _bytes(_Q.MEMORY_USED, _MIB)),
        ("FB_FREE", _bytes(_Q.MEMORY_FREE, _MIB)),
        ("FB_RESERVED", _bytes(_Q.MEMORY_RESERVED, _MIB)),
        ("FB_TOTAL", _bytes(_Q.MEMORY_TOTAL, _MIB)),
        ("POWER_USAGE BOARD_POWER_WATTS", _watts()),
        ("POWER_MGMT_LIMIT BOARD_POWER_LIMIT_ENFORCED_WATTS", _watts(_Q.POWER_LIMIT)),
        ("TOTAL_ENERGY_CONSUMPTION", Meaning(_Q.ENERGY, 0.001)),
        ("GPU_ENERGY_JOULES_TOTAL", Meaning(_Q.ENERGY)),
        ("GPU_TEMP GPU_TEMP_CELSIUS", _celsius()),
        ("MEMORY_TEMP MEMORY_TEMP_CELSIUS", _celsius(_Q.MEMORY_TEMPERATURE)),
        ("SM_CLOCK", Meaning(_Q.CLOCK, whole, 0.0, 10_000.0)),
        ("SM_CLOCK_HERTZ", Meaning(_Q.CLOCK, 1e-6, 0.0, 10_000.0)),
        ("PCIE_REPLAY_COUNTER PCIE_REPLAY_TOTAL", Meaning(_Q.PCIE_REPLAYS)),
        ("XID_ERRORS XID_ERROR", Meaning(_Q.XID, whole, 0.0, 1000.0)),
        ("ECC_SBE_VOL_TOTAL", Meaning(_Q.ECC_SINGLE)),
        ("ECC_DBE_VOL_TOTAL", Meaning(_Q.ECC_DOUBLE)),
        ("UNCORRECTABLE_REMAPPED_ROWS ROW_REMAP_UNCORRECTABLE_TOTAL", Meaning(_Q.REMAPPED)),
        (
            "CORRECTABLE_REMAPPED_ROWS ROW_REMAP_CORRECTABLE_TOTAL",
            Meaning(_Q.REMAPPED_CORRECTED),
        ),
        ("ROW_REMAP_FAILURE", Meaning(_Q.REMAP_FAILED)),
        ("NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", Meaning(_Q.LINK_ERRORS)),
    ):
        for name in names.split():
            yield f"DCGM_FI_DEV_{name}", meaning
    for names, meaning in (
        ("GR_ENGINE_ACTIVE GR_ENGINE_UTIL_RATIO", _fraction(_Q.ENGINE)),
        ("PIPE_TENSOR_ACTIVE TENSOR_UTIL_RATIO", _fraction(_Q.TENSOR)),
        ("DRAM_ACTIVE DRAM_UTIL_RATIO", _fraction(_Q.DRAM)),
        ("PCIE_TX_BYTES", _bytes(_Q.PCIE_SENT, whole)),
        ("PCIE_RX_BYTES", _bytes(_Q.PCIE_RECEIVED, whole)),
    ):
        for name in names.split():
            yield f"DCGM_FI_PROF_{name}", meaning
    yield "DCGM_EXP_XID_ERRORS_COUNT", Meaning(_Q.XIDS_COUNTED)
    yield "DCGM_EXP_CLOCK_EVENTS_COUNT", Meaning(_Q.THROTTLED)
    yield "DCGM_EXP_GPU_HEALTH_STATUS", Meaning(_Q.HEALTH, 1.0, 0.0, 20.0)
    # Exporters before 2.0 had names of their own.
    yield "dcgm_gpu_utilization", _fraction(_Q.UTIL, percent)
    yield "dcgm_fb_used", _bytes(_Q.MEMORY_USED, _MIB)
    yield "dcgm_fb_free", _bytes(_Q.MEMORY_FREE, _MIB)
    yield "dcgm_power_usage", _watts()
    yield "dcgm_gpu_temp", _celsius()
    yield "dcgm_sm_clock", Meaning(_Q.CLOCK, whole, 0.0, 10_000.0)


def _others() -> Iterator[tuple[str, Meaning]]:
    percent = 0.01
    for prefix in ("", "amd_"):  # AMD; the prefix is a setting, this is the usual one
        yield f"{prefix}gpu_gfx_activity", _fraction(_Q.UTIL, percent)
        yield f"{prefix}gpu_umc_activity", _fraction(_Q.DRAM, percent)
        yield f"{prefix}gpu_used_vram", _bytes(_Q.MEMORY_USED, _MB)
        yield f"{prefix}gpu_free_vram", _bytes(_Q.MEMORY_FREE, _MB)
        yield f"{prefix}gpu_total_vram", _bytes(_Q.MEMORY_TOTAL, _MB)
        for name in ("package_power", "average_package_power", "power_usage"):
            yield f"{prefix}gpu_{name}", _watts()
        for name in ("junction_temperature", "edge_temperature"):
            yield f"{prefix}gpu_{name}", _celsius()
        yield f"{prefix}gpu_memory_temperature", _celsius(_Q.MEMORY_TEMPERATURE)
        yield f"{prefix}gpu_ecc_uncorrect_total", Meaning(_Q.ECC_DOUBLE)
    # Device plugins of GKE, for GPUs and TPUs.
    yield "duty_cycle", _fraction(_Q.UTIL, percent)
    yield "tensorcore_utilization", _fraction(_Q.TENSOR, percent)
    yield "memory_bandwidth_utilization", _fraction(_Q.DRAM, percent)
    yield "memory_used", _bytes(_Q.MEMORY_USED, 1.0)
    yield "memory_total", _bytes(_Q.MEMORY_TOTAL, 1.0)
    yield "habanalabs_utilization", _fraction(_Q.UTIL, percent)
    yield "habanalabs_memory_used_bytes", _bytes(_Q.MEMORY_USED, 1.0)
    yield "habanalabs_memory_total_bytes", _bytes(_Q.MEMORY_TOTAL, 1.0)
    yield "habanalabs_power_mW", _watts(factor=0.001)
    yield "habanalabs_temperature_onchip", _celsius()
    yield "npu_chip_info_utilization", _fraction(_Q.UTIL, percent)
    yield "npu_chip_info_hbm_used_memory", _bytes(_Q.MEMORY_USED, _MB)
    yield "npu_chip_info_hbm_total_memory", _bytes(_Q.MEMORY_TOTAL, _MB)
    yield "npu_chip_info_power", _watts()
    yield "npu_chip_info_temperature", _celsius()


MEANINGS: Final[dict[str, Meaning]] = {**dict(_dcgm()), **dict(_others())}
"""Meaning by metric name."""


def wanted(name: str) -> bool:
    """Tell whether a metric says something about a device."""
    return name in MEANINGS


def measured(name: str, value: float) -> tuple[Quantity, float] | None:
    """Return what a value means in our unit, None if it means nothing.

    A name that is unknown, a value that is impossible (a sentinel, a fraction above one).
    """
    meaning = MEANINGS.get(name)
    if meaning is None:
        return None
    ours = value * meaning.factor
    return (meaning.quantity, ours) if meaning.least <= ours <= meaning.most else None
