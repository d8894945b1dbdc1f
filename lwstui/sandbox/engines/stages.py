"""How long an engine takes from the start of its process until it serves, stage by stage."""

from dataclasses import dataclass

from lwstui.sandbox.engines.detect import Engine, Kind


@dataclass(frozen=True, slots=True)
class Stages:
    """Simulated seconds of each stage; ``boot_s`` comes before the group is complete."""

    boot_s: float
    connect_s: float
    weights_s: float
    compile_s: float
    capture_s: float
    serve_s: float

    @property
    def load_s(self) -> float:
        """Return the seconds from a complete group to the first answer."""
        return self.connect_s + self.weights_s + self.compile_s + self.capture_s + self.serve_s


_INSTANT = Stages(0.2, 0.0, 0.0, 0.0, 0.0, 0.0)
_WORKER = Stages(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _grows(least_s: float, per_billion_s: float, most_s: float, billions: float) -> float:
    return round(min(most_s, least_s + per_billion_s * billions), 2)


def stages(engine: Engine) -> Stages:
    """Return an engine's stages; they grow with the parameters of its model, in billions."""
    if engine.is_worker:
        return _WORKER
    size = engine.billions
    match engine.kind:
        case Kind.VLLM | Kind.SGLANG:
            return Stages(
                boot_s=2.0,
                connect_s=0.5 if engine.nodes == 1 else 1.5,
                weights_s=_grows(1.2, 0.045, 24.0, size),
                compile_s=_grows(0.8, 0.008, 5.0, size),
                capture_s=_grows(0.6, 0.006, 4.0, size),
                serve_s=0.4,
            )
        case Kind.LLAMACPP:
            return Stages(0.5, 0.3, _grows(1.5, 0.05, 20.0, size), 0.0, 0.5, 0.3)
        case Kind.JETSTREAM:
            compile_s = _grows(1.5, 0.01, 6.0, size)
            return Stages(1.5, 0.5, _grows(1.5, 0.04, 20.0, size), compile_s, 0.0, 0.4)
        case Kind.ENGINE:
            return Stages(1.0, 0.0, 3.0, 0.0, 0.0, 0.5)
    return _INSTANT
