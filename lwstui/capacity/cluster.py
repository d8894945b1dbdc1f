"""What is known of a cluster when somebody asks whether groups fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.api.core import Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.deviceclasses import NO_DEVICES, DeviceFacts
from lwstui.state.foreign import Load


@dataclass(frozen=True, slots=True)
class Cluster:
    """Nodes, who holds what on them, and who comes first.

    Attributes:
        nodes: Nodes by name.
        pods: Pods bound to each node that hold accelerators or belong to sets.
        loads: What the other pods of each node hold, None if that is not known; under the empty
            name those that wait for one.
        waiting: Pods without a node that ask for accelerators or belong to sets.
        sets: Sets by key: they say where their waiting pods may go.
        devices: What classes of devices and templates of claims say.
        blind: Why devices that claims give are not known, empty if they are.
    """

    nodes: Mapping[str, Node]
    pods: Mapping[str, tuple[Pod, ...]]
    loads: Mapping[str, Load] | None = None
    waiting: Mapping[Key, Pod] = field(default_factory=dict)
    sets: Mapping[Key, LeaderWorkerSet] = field(default_factory=dict)
    devices: DeviceFacts = NO_DEVICES
    blind: str = ""
