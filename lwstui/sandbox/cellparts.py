"""Parts of rows that many kinds share."""

from collections.abc import Iterable

from lwstui.sandbox.durations import age
from lwstui.sandbox.objects import Json

NONE = "<none>"


def name_of(obj: Json) -> str:
    """Return an object's name."""
    name: str = obj["metadata"]["name"]
    return name


def age_of(obj: Json, now: float) -> str:
    """Return how long ago an object was created."""
    return age(obj["metadata"].get("creationTimestamp"), now)


def pairs(labels: Json | None) -> str:
    """Return labels as ``key=value`` by key, ``<none>`` without any."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def template_cells(template: Json | None) -> tuple[str, str]:
    """Return names and images of a pod template's containers."""
    containers: Iterable[Json] = ((template or {}).get("spec") or {}).get("containers") or ()
    names = ",".join(each["name"] for each in containers)
    return names, ",".join(each.get("image", "") for each in containers)
