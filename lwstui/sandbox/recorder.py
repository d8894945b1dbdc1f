"""Events as the real components write them: repeats are counted, old ones expire."""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.clock import rfc3339, rfc3339_micro
from lwstui.sandbox.objects import Store

_TTL_S = 3600.0
_Key = tuple[str, ...]


def reference(obj: Mapping[str, Any], field_path: str = "") -> dict[str, Any]:
    """Return the ``involvedObject`` of an event about ``obj``."""
    meta = obj["metadata"]
    ref = {
        "kind": obj["kind"],
        "namespace": meta.get("namespace", ""),
        "name": meta["name"],
        "uid": meta["uid"],
        "apiVersion": obj["apiVersion"],
        "resourceVersion": meta["resourceVersion"],
        "fieldPath": field_path,
    }
    return {key: value for key, value in ref.items() if value}


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event says: about which object (and which part of it), why, and how it is dated.

    ``body`` are the fields of a first event, ``repeat`` counts another one in place.
    """

    obj: Mapping[str, Any]
    reason: str
    message: str
    warning: bool
    body: dict[str, Any]
    repeat: Callable[[dict[str, Any]], None]
    path: str = ""

    @property
    def key(self) -> _Key:
        """Return what makes two events the same."""
        uid = self.obj["metadata"]["uid"]
        return (self.body["reportingComponent"], uid, self.path, self.reason, self.message)


class Recorder:
    """Writes Event objects into the store.

    Args:
        store: Where the events go, and whose clock dates them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[_Key, tuple[str, str]] = {}
        self._written: deque[tuple[float, _Key]] = deque()
        self._serial = 0

    def kubelet(
        self,
        obj: Mapping[str, Any],
        node: str,
        reason: str,
        message: str,
        *,
        container_path: str = "",
        warning: bool = False,
    ) -> None:
        """Record an event of a node's kubelet about ``obj``.

        Args:
            obj: The pod or node.
            node: Node name, the event's host.
            reason: CamelCase word, such as ``Pulled``.
            message: One sentence.
            container_path: Field path, such as ``spec.containers{nginx}``.
            warning: Whether the type is ``Warning``.
        """
        body, repeat = self._classic("kubelet", node)
        self._write(_Said(obj, reason, message, warning, body, repeat, container_path))

    def component(
        self,
        component: str,
        obj: Mapping[str, Any],
        reason: str,
        message: str,
        *,
        warning: bool = False,
    ) -> None:
        """Record an event of a controller, such as ``node-controller``, about ``obj``."""
        body, repeat = self._classic(component, "")
        self._write(_Said(obj, reason, message, warning, body, repeat))

    def scheduler(
        self, pod: Mapping[str, Any], reason: str, message: str, *, warning: bool = False
    ) -> None:
        """Record an event of the default scheduler, which writes the newer event shape."""
        now = self._store.clock.now()
        body: dict[str, Any] = {
            "action": "Scheduling" if warning else "Binding",
            "eventTime": rfc3339_micro(now),
            "firstTimestamp": None,
            "lastTimestamp": None,
            "source": {},
            "reportingComponent": "default-scheduler",
            "reportingInstance": "default-scheduler-sandbox",
        }

        def repeat(event: dict[str, Any]) -> None:
            count = (event.get("series") or {}).get("count", 1) + 1
            event["series"] = {"count": count, "lastObservedTime": rfc3339_micro(now)}

        self._write(_Said(pod, reason, message, warning, body, repeat))

    def _classic(
        self, component: str, host: str
    ) -> tuple[dict[str, Any], Callable[[dict[str, Any]], None]]:
        now = rfc3339(self._store.clock.now())
        body: dict[str, Any] = {
            "eventTime": None,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "source": {"component": component, "host": host} if host else {"component": component},
            "reportingComponent": component,
            "reportingInstance": host,
        }

        def repeat(event: dict[str, Any]) -> None:
            event["count"] = event.get("count", 1) + 1
            event["lastTimestamp"] = now

        return body, repeat

    def _write(self, said: _Said) -> None:
        self._expire()
        key, meta = said.key, said.obj["metadata"]
        known = self._known.get(key)
        if known is not None and self._store.get("events", *known) is not None:
            self._store.update("events", *known, said.repeat)
            return
        namespace = meta.get("namespace") or "default"
        name = f"{meta['name']}.{self._suffix(key)}"
        event = {
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": reference(said.obj, said.path),
            "type": "Warning" if said.warning else "Normal",
            "reason": said.reason,
            "message": said.message,
            **said.body,
        }
        self._store.create("events", event)
        self._known[key] = (namespace, name)
        self._written.append((self._store.clock.now(), key))

    def _suffix(self, key: _Key) -> str:
        self._serial += 1
        digest = hashlib.sha256(f"{self._serial}{key}".encode()).hexdigest()
        return digest[:16]

    def _expire(self) -> None:
        limit = self._store.clock.now() - _TTL_S
        while self._written and self._written[0][0] < limit:
            _, key = self._written.popleft()
            namespace, name = self._known.pop(key)
            if self._store.get("events", namespace, name) is not None:
                self._store.delete("events", namespace, name)
