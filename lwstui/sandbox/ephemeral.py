"""Containers that are added to a running pod to look into it: what may be added, and how."""

from collections.abc import Iterator

from lwstui.sandbox.objects import Json
from lwstui.sandbox.poddefaults import default_container
from lwstui.sandbox.podrules import added_container_causes
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

SUBRESOURCE = "ephemeralcontainers"
FIELD = "ephemeralContainers"
_NOT_TO_HAVE = ("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
_PATH = f"spec.{FIELD}"


def with_added(asked: Json, old: Json) -> Json:
    """Return a pod with nothing changed but the containers that were added to it."""
    added = (asked.get("spec") or {}).get(FIELD) or []
    for container in added:
        default_container(container)
    spec = {**old["spec"], FIELD: added}
    if not added:
        del spec[FIELD]
    return {**old, "metadata": {**old["metadata"]}, "spec": spec}


def added_causes(new: Json, old: Json) -> Iterator[Cause]:
    """Yield what is wrong with the containers added to a pod: those before them stay."""
    spec = new["spec"]
    main = [each["name"] for each in spec["containers"]]
    taken = {*main, *(each["name"] for each in spec.get("initContainers") or ())}
    volumes = [volume["name"] for volume in spec.get("volumes") or ()]
    for index, container in enumerate(spec.get(FIELD) or ()):
        where = f"{_PATH}[{index}]"
        yield from added_container_causes(container, where, taken, volumes)
        target = container.get("targetContainerName")
        if target and target not in main:
            message = f"Not found: {shown(target)}"
            yield Cause(f"{where}.targetContainerName", message, "FieldValueNotFound")
        for name in _NOT_TO_HAVE:
            if container.get(name):
                yield _forbidden(f"{where}.{name}", "cannot be set for an Ephemeral Container")
        if (container.get("resources") or {}) != {}:
            why = "cannot be set for an Ephemeral Container"
            yield _forbidden(f"{where}.resources", why)
    yield from _lasting_causes(spec, old["spec"])


def _lasting_causes(spec: Json, before: Json) -> Iterator[Cause]:
    now = {each.get("name"): each for each in spec.get(FIELD) or ()}
    for each in before.get(FIELD) or ():
        name = each["name"]
        if name not in now:
            yield _forbidden(
                _PATH, f"existing ephemeral containers {shown(name)} may not be removed\n"
            )
        elif now[name] != each:
            yield _forbidden(
                _PATH, f"existing ephemeral containers {shown(name)} may not be changed\n"
            )


def _forbidden(path: str, why: str) -> Cause:
    return Cause(path, f"Forbidden: {why}", "FieldValueForbidden")


def creation_causes(pod: Json) -> Iterator[Cause]:
    """Yield that a new pod has such containers, which only a running one gets."""
    if pod["spec"].get(FIELD):
        yield _forbidden(_PATH, "cannot be set on create")
