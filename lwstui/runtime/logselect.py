"""Which containers a request for logs means, in which order, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.api.meta import Key
from controller.api.names import PODS
from controller.api.pods import Container, Pod
from lwstui.runtime.backend import ALL_CONTAINERS, LogRequest, LogTarget
from lwstui.state.store import Store


@dataclass(frozen=True, slots=True)
class Chosen:
    """One container whose log is wanted.

    Attributes:
        label: What its lines are called.
        pod: Its pod.
        container: Its name; empty for the main container of a pod that has none yet.
    """

    label: str
    pod: Pod
    container: str

    @property
    def id(self) -> tuple[str, str]:
        """What it is known by: another incarnation of the pod is another one."""
        return self.pod.uid, self.container


def chosen(request: LogRequest, store: Store) -> list[Chosen]:
    """Return the containers a request means now, the most telling first."""
    return [
        Chosen(label(request, pod, name), pod, name)
        for pod in selected(request, store)
        for name in container_names(request, pod)
    ]


def selected(request: LogRequest, store: Store) -> list[Pod]:
    """Return the pods a request means now: leaders first, failing ones, then by index."""
    found = {
        pod.key: pod
        for target in request.targets
        for pod in _of_target(target, store)
        if target.pod or in_role(request.role, pod)
    }
    return sorted(
        found.values(),
        key=lambda pod: (pod.worker != 0, not failing(pod), pod.set_key, pod.group, pod.worker),
    )


def _of_target(target: LogTarget, store: Store) -> Iterable[Pod]:
    if target.pod:
        pod: Pod | None = store.get(PODS, Key(target.key.namespace, target.pod))
        return () if pod is None else (pod,)
    members = store.members(target.key)
    return (p for p in members if target.group is None or p.group == target.group)


def in_role(role: str, pod: Pod) -> bool:
    """Tell whether a pod has a role: ``all``, ``leader``, ``worker`` or ``sub-N``."""
    return role in ("all", pod.role) or (pod.subgroup >= 0 and role == f"sub-{pod.subgroup}")


def failing(pod: Pod) -> bool:
    """Tell whether a container of a pod has failed, or the pod itself."""
    return pod.phase == "Failed" or any(
        c.exit_code or (c.last_exit_code and not c.ready) for c in pod.containers
    )


def container_names(request: LogRequest, pod: Pod) -> list[str]:
    """Return the names of the containers of a pod that are wanted."""
    main = [c.name for c in pod.containers if not c.init]
    if request.container == ALL_CONTAINERS:
        return [c.name for c in pod.containers if c.init] + main
    if request.container:
        return [request.container]
    return main[:1] or [""]


def container_of(pod: Pod, name: str) -> Container | None:
    """Return a container of a pod by name, the main one if the name is empty."""
    if name:
        return next((c for c in pod.containers if c.name == name), None)
    return next((c for c in pod.containers if not c.init), None)


def label(request: LogRequest, pod: Pod, container: str = "") -> str:
    """Return what a source is called.

    Returns:
        ``leader`` or ``w3``; ``5/w3`` when several groups are open, ``llama/5/w3`` when several
        sets are; with ``:name`` when all containers are.
    """
    role = pod.name if pod.worker < 0 else "leader" if pod.worker == 0 else f"w{pod.worker}"
    targets = request.targets
    parts = [role]
    if pod.worker >= 0 and not _one_group(targets):
        parts.insert(0, str(pod.group) if pod.group >= 0 else pod.group_id)
    keys = {target.key for target in targets}
    if len(keys) > 1:
        parts.insert(0, pod.set_name)
        if len({key.namespace for key in keys}) > 1:
            parts.insert(0, pod.namespace)
    suffix = f":{container}" if request.container == ALL_CONTAINERS and container else ""
    return "/".join(parts) + suffix


def _one_group(targets: tuple[LogTarget, ...]) -> bool:
    if len(targets) == 1:
        return bool(targets[0].pod) or targets[0].group is not None
    return len({(t.key, t.group) for t in targets}) == 1 and targets[0].group is not None


def generation(store: Store, pod: Pod) -> int:
    """Return which incarnation of its group a pod belongs to, from 1; 0 if that is not known."""
    history = store.snapshot.history.get((pod.set_key, pod.group))
    return len(history.incarnations) if history is not None else 0


def has_run(container: Container) -> bool:
    """Tell whether a container has a log: it runs, has ended, or waits to be restarted."""
    return container.state in ("running", "terminated") or container.last_exit_code is not None


def how_it_ended(container: Container) -> str:
    """Return exit code and reason of the last run that ended, such as ``exit 137, OOMKilled``."""
    code, reason = container.exit_code, container.reason
    if code is None:
        code, reason = container.last_exit_code, container.last_reason
    if code is None:
        return ""
    return f"exit {code}" + (f", {reason}" if reason and reason != "Completed" else "")
