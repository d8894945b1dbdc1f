"""``nvidia-smi``: the container's devices as a table, a list or chosen fields."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from lwstui.sandbox.gpus import CUDA_VERSION, DRIVER_VERSION, Model, Reading, model_of, reading
from lwstui.sandbox.processes import Process
from lwstui.sandbox.shell.programs import Command, Program, Session, failed, printed

_WIDE = 89
_Field = Callable[[Process, Model, Reading, int], tuple[str, str]]

_FIELDS: dict[str, _Field] = {
    "index": lambda p, m, r, i: (str(i), ""),
    "name": lambda p, m, r, i: (m.name, ""),
    "gpu_name": lambda p, m, r, i: (m.name, ""),
    "uuid": lambda p, m, r, i: (p.gpus[i], ""),
    "gpu_uuid": lambda p, m, r, i: (p.gpus[i], ""),
    "count": lambda p, m, r, i: (str(len(p.gpus)), ""),
    "driver_version": lambda p, m, r, i: (DRIVER_VERSION, ""),
    "compute_cap": lambda p, m, r, i: (m.compute, ""),
    "pci.bus_id": lambda p, m, r, i: (_bus(i), ""),
    "pstate": lambda p, m, r, i: ("P0", ""),
    "timestamp": lambda p, m, r, i: (_stamp(p, "%Y/%m/%d %H:%M:%S.000"), ""),
    "utilization.gpu": lambda p, m, r, i: (str(r.utilization), "%"),
    "utilization.memory": lambda p, m, r, i: (str(r.memory_utilization), "%"),
    "memory.total": lambda p, m, r, i: (str(m.memory_mib), "MiB"),
    "memory.used": lambda p, m, r, i: (str(r.memory_used_mib), "MiB"),
    "memory.free": lambda p, m, r, i: (str(m.memory_mib - r.memory_used_mib), "MiB"),
    "temperature.gpu": lambda p, m, r, i: (str(r.temperature_c), ""),
    "power.draw": lambda p, m, r, i: (f"{r.power_w:.2f}", "W"),
    "power.limit": lambda p, m, r, i: (f"{m.power_limit_w:.2f}", "W"),
    "clocks.sm": lambda p, m, r, i: (str(r.clock_mhz), "MHz"),
    "clocks.current.sm": lambda p, m, r, i: (str(r.clock_mhz), "MHz"),
    "clocks.max.sm": lambda p, m, r, i: (str(m.clock_mhz), "MHz"),
}


def nvidia_smi(session: Session, args: Sequence[str]) -> Program:
    """Print the devices of the container."""
    process = session.look()
    model = model_of((session.node.get("metadata") or {}).get("labels") or {})
    readings = [reading(process, model, index) for index in range(len(process.gpus))]
    if not args:
        return printed(_table(process, model, readings))
    if list(args) in (["-L"], ["--list-gpus"]):
        rows = [f"GPU {i}: {model.name} (UUID: {uuid})\n" for i, uuid in enumerate(process.gpus)]
        return printed("".join(rows))
    asked = dict(arg.partition("=")[::2] for arg in args)
    if not asked.keys() <= {"--query-gpu", "--format"} or "--query-gpu" not in asked:
        unknown = next(arg for arg in args if not arg.startswith(("--query-gpu", "--format")))
        return failed(
            f"Invalid combination of input arguments: {unknown} is not simulated; "
            "-L and --query-gpu=FIELDS --format=csv[,noheader][,nounits] are.",
        )
    return _query(process, model, readings, asked)


def _query(
    process: Process, model: Model, readings: Sequence[Reading], asked: dict[str, str]
) -> Program:
    form = asked.get("--format", "").split(",")
    if "csv" not in form:
        return failed('"--format=" must be csv, with noheader or nounits after a comma if wanted.')
    names = [name.strip() for name in asked["--query-gpu"].split(",")]
    for name in names:
        if name not in _FIELDS:
            return failed(f'Field "{name}" is not a valid field to query.', 2)
    table = [
        [_FIELDS[name](process, model, each, index) for name in names]
        for index, each in enumerate(readings)
    ]
    rows = []
    if "noheader" not in form:
        units = [unit for _, unit in table[0]] if "nounits" not in form or table else []
        heads = [
            f"{name} [{unit}]" if unit else name for name, unit in zip(names, units, strict=True)
        ]
        rows.append(", ".join(heads))
    for cells in table:
        bare = "nounits" in form
        rows.append(", ".join(v if bare or not unit else f"{v} {unit}" for v, unit in cells))
    return printed("\n".join(rows) + "\n")


def _bus(index: int) -> str:
    return f"00000000:{4 + index:02X}:00.0"


def _stamp(process: Process, form: str) -> str:
    return datetime.fromtimestamp(process.now, UTC).strftime(form)


def _table(process: Process, model: Model, readings: Sequence[Reading]) -> str:
    edge, line = f"+{'-' * _WIDE}+", f"|{'-' * 41}+{'-' * 24}+{'-' * 22}+"
    rows = [
        _stamp(process, "%a %b %e %H:%M:%S %Y"),
        edge,
        _row(f"NVIDIA-SMI {DRIVER_VERSION:<20} Driver Version: {DRIVER_VERSION:<16} "
             f"CUDA Version: {CUDA_VERSION}"),
        line,
        f"| {'GPU  Name':<39} | {'Bus-Id':<22} | {'GPU-Util':<20} |",
        f"| {'     Temp   Perf   Pwr:Usage/Cap':<39} | {'Memory-Usage':<22} | {'':<20} |",
        line.replace("-", "="),
    ]  # fmt: skip
    for index, each in enumerate(readings):
        power = f"{each.power_w:.0f}W / {model.power_limit_w:.0f}W"
        memory = f"{each.memory_used_mib}MiB / {model.memory_mib}MiB"
        rows += [
            f"| {f'{index:>3}  {model.name}':<39} | {_bus(index):<22} | {'':<20} |",
            f"| {f'     {each.temperature_c}C    P0     {power}':<39} | {memory:>22} | "
            f"{f'{each.utilization}%':>20} |",
            line.replace("|-", "+-", 1),
        ]
    rows += ["", edge, _row("Processes:  PID 1 holds every device"), edge]
    return "\n".join(rows) + "\n"


def _row(text: str) -> str:
    return f"| {text:<{_WIDE - 2}} |"


COMMANDS: dict[str, Command] = {"nvidia-smi": nvidia_smi}
