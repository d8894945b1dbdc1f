"""``/metrics`` of dcgm-exporter: every GPU of a node, and the container that holds it.

A GPU that was lost only tells the error it was lost with.

Energy is left out: it is a sum over time, and figures here are told from the moment alone.

Source of names, labels and units: dcgm-exporter etc/default-counters.csv, rendermetrics.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lwstui.sandbox.gpus import DRIVER_VERSION, Model, Reading, idle, model_of, reading
from lwstui.sandbox.processes import HostDevice, Process
from lwstui.sandbox.prometheus import family, labels

PORT = 9400
_MEMORY_CLOCK_MHZ = 2619
_RESERVED_MIB = 551
_XID_ERRORS = "DCGM_FI_DEV_XID_ERRORS"


@dataclass(frozen=True, slots=True)
class _Metric:
    """One metric: its kind and text, and how it is told from a device's reading."""

    kind: str
    about: str
    value: Callable[[Model, Reading], float]


def _busy(read: Reading) -> float:
    return read.utilization / 100


_METRICS = {
    "SM_CLOCK": _Metric("gauge", "SM clock frequency (in MHz).", lambda m, r: r.clock_mhz),
    "MEM_CLOCK": _Metric(
        "gauge", "Memory clock frequency (in MHz).", lambda m, r: _MEMORY_CLOCK_MHZ
    ),
    "MEMORY_TEMP": _Metric("gauge", "Memory temperature (in C).", lambda m, r: r.temperature_c + 8),
    "GPU_TEMP": _Metric("gauge", "GPU temperature (in C).", lambda m, r: r.temperature_c),
    "POWER_USAGE": _Metric("gauge", "Power draw (in W).", lambda m, r: r.power_w),
    "PCIE_REPLAY_COUNTER": _Metric("counter", "Total number of PCIe retries.", lambda m, r: 0),
    "GPU_UTIL": _Metric("gauge", "GPU utilization (in %).", lambda m, r: r.utilization),
    "MEM_COPY_UTIL": _Metric(
        "gauge", "Memory utilization (in %).", lambda m, r: r.memory_utilization
    ),
    "ENC_UTIL": _Metric("gauge", "Encoder utilization (in %).", lambda m, r: 0),
    "DEC_UTIL": _Metric("gauge", "Decoder utilization (in %).", lambda m, r: 0),
    "XID_ERRORS": _Metric("gauge", "Value of the last XID error encountered.", lambda m, r: 0),
    "FB_FREE": _Metric(
        "gauge",
        "Framebuffer memory free (in MiB).",
        lambda m, r: max(0, m.memory_mib - _RESERVED_MIB - r.memory_used_mib),
    ),
    "FB_USED": _Metric(
        "gauge", "Framebuffer memory used (in MiB).", lambda m, r: r.memory_used_mib
    ),
    "FB_RESERVED": _Metric(
        "gauge", "Framebuffer memory reserved (in MiB).", lambda m, r: _RESERVED_MIB
    ),
    "UNCORRECTABLE_REMAPPED_ROWS": _Metric(
        "counter", "Number of remapped rows for uncorrectable errors", lambda m, r: 0
    ),
    "CORRECTABLE_REMAPPED_ROWS": _Metric(
        "counter", "Number of remapped rows for correctable errors", lambda m, r: 0
    ),
    "ROW_REMAP_FAILURE": _Metric("gauge", "Whether remapping of rows has failed", lambda m, r: 0),
    "VGPU_LICENSE_STATUS": _Metric("gauge", "vGPU License status", lambda m, r: 0),
}
_PROFILED = {
    "GR_ENGINE_ACTIVE": _Metric(
        "gauge", "Ratio of time the graphics engine is active.", lambda m, r: _busy(r) * 0.97
    ),
    "PIPE_TENSOR_ACTIVE": _Metric(
        "gauge", "Ratio of cycles the tensor (HMMA) pipe is active.", lambda m, r: _busy(r) * 0.14
    ),
    "DRAM_ACTIVE": _Metric(
        "gauge",
        "Ratio of cycles the device memory interface is active sending or receiving data.",
        lambda m, r: r.memory_utilization / 100,
    ),
}
_NAMED = {
    **{f"DCGM_FI_DEV_{name}": metric for name, metric in _METRICS.items()},
    **{f"DCGM_FI_PROF_{name}": metric for name, metric in _PROFILED.items()},
}


def exposition(exporter: Process) -> str:
    """Return what the exporter of a node tells."""
    metadata = exporter.node.get("metadata") or {}
    model, host = model_of(metadata.get("labels") or {}), metadata.get("name", "")
    working = [each for each in exporter.host if not each.xid]
    rows = [(_labels(each, model, host), _read(each, model, exporter)) for each in working]
    errors = [(_labels(each, model, host), each.xid) for each in exporter.host if each.xid]
    return "".join(f"{line}\n" for line in _lines(rows, errors, model))


def _lines(
    rows: list[tuple[str, Reading]], errors: list[tuple[str, int]], model: Model
) -> Iterator[str]:
    for name, metric in _NAMED.items() if rows or errors else ():
        samples = [(f"{name}{where}", metric.value(model, read)) for where, read in rows]
        if name == _XID_ERRORS:
            samples += [(f"{name}{where}", xid) for where, xid in errors]
        yield from family(name, metric.kind, metric.about, samples)


def _read(device: HostDevice, model: Model, exporter: Process) -> Reading:
    if device.process is None:
        return idle(model, device.index, device.uuid, exporter.now_s)
    return reading(device.process, model, device.place)


def _labels(device: HostDevice, model: Model, host: str) -> str:
    told = {
        "gpu": str(device.index),
        "UUID": device.uuid,
        "pci_bus_id": f"00000000:{4 + device.index:02X}:00.0",
        "device": f"nvidia{device.index}",
        "modelName": model.name,
        "Hostname": host,
        "DCGM_FI_DRIVER_VERSION": DRIVER_VERSION,
    }
    if device.owner is not None:
        namespace, pod, container = device.owner
        told |= {"container": container, "namespace": namespace, "pod": pod}
    return labels(**told)
