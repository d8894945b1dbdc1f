"""The environment TPU runtimes find each other by.

Source: pkg/utils/accelerators/tpu.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from controller.api import quantity

TPU: Final = "google.com/tpu"
_HOSTNAMES: Final = "TPU_WORKER_HOSTNAMES"
_ID: Final = "TPU_WORKER_ID"
_NAME: Final = "TPU_NAME"
_ADDRESSES: Final = "TPU_PROCESS_ADDRESSES"
_PORT: Final = "TPU_PROCESS_PORT"
_FIRST_PORT: Final = 8476

Env = tuple[dict[str, str], ...]


class Place(NamedTuple):
    """Where a pod stands in its group.

    Attributes:
        leader: Name of the leader pod.
        subdomain: Subdomain of the pods.
        worker: Worker index, 0 for the leader.
        size: Pods per group.
        leader_tpu: Whether the leader requests TPUs.
        subgroup_size: Pods per subgroup, 0 without subgroups.
        subgroup: Subgroup index, -1 if the pod is in none.
    """

    leader: str
    subdomain: str
    worker: int
    size: int
    leader_tpu: bool
    subgroup_size: int = 0
    subgroup: int = -1

    def host(self, worker: int) -> str:
        """Return the DNS name of a pod of the group, short of the search domains."""
        name = self.leader if worker == 0 else f"{self.leader}-{worker}"
        return f"{name}.{self.subdomain}"


def requests_tpu(container: Mapping[str, Any]) -> bool:
    """Tell whether a raw container asks for TPUs; limits win over requests."""
    resources = container.get("resources") or {}
    for kind in ("limits", "requests"):
        amounts = resources.get(kind) or {}
        if TPU in amounts:
            return _amount(amounts[TPU]) > 0
    return False


def _amount(value: object) -> int:
    try:
        return quantity.whole(value)
    except ValueError:
        return 0


def tpu_env(containers: Sequence[Mapping[str, Any]], place: Place) -> dict[int, Env]:
    """Return what to append to the environment of which containers.

    Args:
        containers: The raw containers, then the init containers.
        place: Where the pod stands.

    Returns:
        Variables by position in ``containers``; empty if no container asks for TPUs, if the
        user set the addresses, or if the pod is in no subgroup although there are subgroups.
    """
    positions = [i for i, container in enumerate(containers) if requests_tpu(container)]
    if not positions or _defined(containers[positions[0]]) & {_HOSTNAMES, _ID}:
        return {}
    if place.subgroup_size:
        if place.subgroup < 0:
            return {}
        first = positions[0]
        identity, members = _subgroup(place)
        group = _Mesh(place, [place.host(w) for w in members], [_port(containers[first], 0)])
        return {first: group.variables(containers[first], identity, 0)}
    leading = 0 if place.worker == 0 or place.leader_tpu else 1
    ordinal = max(place.worker - leading, 0) * len(positions)
    ports = [_port(containers[i], j) for j, i in enumerate(positions)]
    group = _Mesh(place, [place.host(w) for w in range(leading, place.size)], ports)
    return {i: group.variables(containers[i], ordinal + j, j) for j, i in enumerate(positions)}


class _Mesh(NamedTuple):
    """The processes that talk to each other: every host has one on every port."""

    place: Place
    hosts: Sequence[str]
    ports: Sequence[int | str]

    def variables(self, container: Mapping[str, Any], identity: int, position: int) -> Env:
        """Return what one container gets, whose process listens on port ``position``."""
        values = {
            _HOSTNAMES: ",".join(host for host in self.hosts for _ in self.ports),
            _ID: str(identity),
            _NAME: self.place.leader,
            _ADDRESSES: ",".join(f"{host}:{port}" for host in self.hosts for port in self.ports),
        }
        if _PORT not in _defined(container):
            values[_PORT] = str(self.ports[position])
        return tuple({"name": name, "value": value} for name, value in values.items())


def _subgroup(place: Place) -> tuple[int, range | list[int]]:
    """Return (id within the subgroup, worker indexes of its members)."""
    size, worker, subgroup = place.subgroup_size, place.worker, place.subgroup
    if worker and not place.leader_tpu:
        subgroup = (worker - 1) // size
        return (worker - 1) % size, range(size * subgroup + 1, size * (subgroup + 1) + 1)
    first, last = size * subgroup + 1, size * (subgroup + 1)
    if subgroup == 0:
        return worker % size, [0, *range(first, last)]
    return worker % size, range(first - 1, last)


def _defined(container: Mapping[str, Any]) -> set[str]:
    return {variable.get("name", "") for variable in container.get("env") or ()}


def _port(container: Mapping[str, Any], position: int) -> int | str:
    for variable in container.get("env") or ():
        if variable.get("name") == _PORT and variable.get("value"):
            return str(variable["value"])
    return _FIRST_PORT + position
