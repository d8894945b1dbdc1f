"""Prometheus' text form: families of samples, as exporters and engines write them."""

from collections.abc import Iterable, Iterator

Sample = tuple[str, float]


def family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    """Yield the lines of one metric; a sample is a name with its labels, and a value."""
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labelled, value in samples:
        yield f"{labelled} {_number(value)}"


def labels(**named: str) -> str:
    """Return labels in braces, with their values escaped."""
    parts = (f'{name}="{_escaped(value)}"' for name, value in named.items())
    return "{" + ",".join(parts) + "}"


def _number(value: float) -> str:
    return repr(float(value)) if value < 1e16 else f"{value:e}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
