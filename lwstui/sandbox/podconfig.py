"""ConfigMaps and Secrets that a pod needs before it can start, and the words when they are absent.

Source: behaviour of kubernetes pkg/kubelet (environment variables, volume plugins), not its code.
"""

from collections.abc import Iterator
from typing import Any

from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.podstatus import KINDS

_ENV = (
    ("configMapKeyRef", "configmaps", "ConfigMap"),
    ("secretKeyRef", "secrets", "Secret"),
)
_ENV_FROM = (("configMapRef", "configmaps"), ("secretRef", "secrets"))
_SINGULAR = {"configmaps": "configmap", "secrets": "secret"}


def refers(pod: Json) -> bool:
    """Tell whether a pod names any ConfigMap or Secret."""
    spec = pod["spec"]
    if any(each.get("configMap") or each.get("secret") for each in spec.get("volumes") or ()):
        return True
    return any(
        container.get("envFrom")
        or any(each.get("valueFrom") for each in container.get("env") or ())
        for container in _containers(pod)
    )


def config_errors(store: Store, pod: Json) -> dict[str, str]:
    """Return why containers cannot be created, by name; those that can are left out."""
    errors = {}
    for container in _containers(pod):
        found = next(_env_errors(store, pod["metadata"]["namespace"], container), "")
        if found:
            errors[container["name"]] = found
    return errors


def mount_error(store: Store, pod: Json) -> str:
    """Return why a volume of a pod cannot be mounted, empty when all can."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or ():
        for field, plural, named in (
            ("configMap", "configmaps", "name"),
            ("secret", "secrets", "secretName"),
        ):
            source = volume.get(field) or {}
            name = source.get(named, "")
            if name and not source.get("optional") and store.get(plural, namespace, name) is None:
                what = f'{_SINGULAR[plural]} "{name}" not found'
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {what}'
    return ""


def _containers(pod: Json) -> Iterator[Json]:
    for kind in KINDS:
        yield from pod["spec"].get(kind) or ()


def _env_errors(store: Store, namespace: str, container: Json) -> Iterator[str]:
    for source in container.get("envFrom") or ():
        for field, plural in _ENV_FROM:
            yield from _absent(store, plural, namespace, source.get(field))
    for item in container.get("env") or ():
        origin = item.get("valueFrom") or {}
        for field, plural, kind in _ENV:
            wanted = origin.get(field)
            yield from _absent(store, plural, namespace, wanted)
            if wanted and not wanted.get("optional"):
                held = store.get(plural, namespace, wanted.get("name", "")) or {}
                if wanted["key"] not in {**(held.get("data") or {}), **_binary(held)}:
                    name = f"{namespace}/{wanted['name']}"
                    yield f"couldn't find key {wanted['key']} in {kind} {name}"


def _binary(held: Json) -> dict[str, Any]:
    return held.get("binaryData") or {}


def _absent(store: Store, plural: str, namespace: str, wanted: Json | None) -> Iterator[str]:
    if not wanted or wanted.get("optional"):
        return
    name = wanted.get("name", "")
    if store.get(plural, namespace, name) is None:
        yield f'{_SINGULAR[plural]} "{name}" not found'
