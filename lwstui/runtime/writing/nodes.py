"""Intents about nodes: cordon, uncordon, delete, drain."""

from __future__ import annotations

from typing import Final

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, NODES, PODS
from controller.errors import Conflict, NotFound, TooManyRequests, Unavailable
from lwstui.runtime.intents import Cordon, DeleteNode, Drain
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.rule import Look, Note, Rule, Task
from lwstui.state.draining import Tenant, Tenants, tenants, turn
from lwstui.state.patches import Unpatchable
from lwstui.view.ages import count

ROUND_S: Final = 2.0
"""Seconds between looks at a node that is drained."""
REFUSED_S: Final = 5.0
"""Seconds before an eviction that was refused is asked for again, as kubectl waits."""
PATIENCE_S: Final = 60.0
"""Seconds a group has to go after one of its pods, before the next one is evicted too."""


async def _cordon(cluster: OperatorCluster, intent: Cordon, look: Look, *, dry_run: bool) -> None:
    del look
    await _set_unschedulable(cluster, intent, on=intent.on, dry_run=dry_run)


async def _set_unschedulable(
    cluster: OperatorCluster, intent: Cordon | Drain, *, on: bool, dry_run: bool
) -> None:
    body = {"metadata": {"uid": intent.uid}, "spec": {"unschedulable": on or None}}
    await cluster.patch(NODES, "", intent.target.name, body, dry_run=dry_run)


def _cordoned(intent: Cordon, look: Look) -> bool:
    node = look(NODES, intent.target.name)
    return node is None or node.unschedulable == intent.on


async def _delete(
    cluster: OperatorCluster, intent: DeleteNode, look: Look, *, dry_run: bool
) -> None:
    del look
    await cluster.delete(NODES, "", intent.target.name, uid=intent.uid, dry_run=dry_run)


def _deleted(intent: DeleteNode, look: Look) -> bool:
    node = look(NODES, intent.target.name)
    return node is None or node.uid != intent.uid


async def _drain(
    cluster: OperatorCluster, intent: Drain, look: Look, *, dry_run: bool
) -> Note | None:
    """Cordon, if nothing speaks against the drain; the dry run also tries every eviction."""
    found = await _tenants(cluster, intent.target.name)
    if found.unmanaged:
        first = ", ".join(found.unmanaged[:3])
        more = f" and {len(found.unmanaged) - 3} more" if len(found.unmanaged) > 3 else ""
        raise Unpatchable(f"nothing would make {first}{more} again; delete them first")
    await _set_unschedulable(cluster, intent, on=True, dry_run=dry_run)
    for name, uid in () if dry_run else intent.together:
        other = look(NODES, name)
        if other is not None and not other.unschedulable and name != intent.target.name:
            await _set_unschedulable(cluster, Cordon(Key("", name), uid), on=True, dry_run=False)
    return await _verdicts(cluster, found) if dry_run else None


async def _verdicts(cluster: OperatorCluster, found: Tenants) -> Note:
    """Return what disruption budgets say to evicting each pod at this moment."""
    refused: list[str] = []
    for pod in found.leaving:
        try:
            await cluster.evict(pod.namespace, pod.name, uid=pod.uid, dry_run=True)
        except TooManyRequests as error:
            refused.append(f"{pod}: {error.message}")
        except (NotFound, Conflict):
            continue
    stays = "stays" if found.staying == 1 else "stay"
    kept = f"; {count(found.staying, 'pod')} of daemon sets {stays}" if found.staying else ""
    evictions = count(len(found.leaving), "eviction")
    if not refused:
        return Note(f"{evictions} would be accepted now{kept}")
    text = f"{len(refused)} of {evictions} would wait: {refused[0]}{kept}"
    return Note(text, caution=True)


async def _tenants(cluster: OperatorCluster, node: str) -> Tenants:
    return tenants(await cluster.list(PODS, field_selector=f"spec.nodeName={node}"))


def _begun(intent: Drain, look: Look) -> bool:
    node = look(NODES, intent.target.name)
    return node is None or bool(node.unschedulable)


async def _evict_all(intent: Drain, task: Task) -> str:
    """Evict the pods of a node until none is left."""
    drain = _Drain(task, intent.target.name)
    while not await drain.round():
        await task.sleep(REFUSED_S if drain.refused else ROUND_S)
    return f"drained, {count(drain.total, 'pod')} gone; it stays cordoned until it is uncordoned"


class _Drain:
    """One drain under way.

    Attributes:
        total: Pods that had or have to go.
        refused: What the server said to the last eviction it refused, empty if to none.
    """

    def __init__(self, task: Task, node: str) -> None:
        self._task = task
        self._node = node
        self._asked: dict[str, float] = {}
        self._known: set[str] = set()
        self.refused = ""

    @property
    def total(self) -> int:
        """Pods that had or have to go."""
        return len(self._known)

    async def round(self) -> bool:
        """Look once and evict what is next; return whether the node is empty."""
        self.refused = ""
        try:
            found = await _tenants(self._task.cluster, self._node)
            self._known |= {pod.uid for pod in found.leaving}
            for pod in turn(found.leaving, self._recent(), self._whole(found)):
                await self._evict(pod)
        except Unavailable as error:
            self.refused = f"the server does not answer: {error}"
            self._task.say(self.refused)
            return False
        left = len(found.leaving)
        waits = f"; waiting: {self.refused}" if self.refused else ""
        self._task.say(f"{self.total - left} of {self.total} pods gone{waits}")
        return not left

    def _recent(self) -> dict[str, float]:
        """Return the pods that were evicted a moment ago."""
        since = self._task.monotonic() - PATIENCE_S
        return {uid: at for uid, at in self._asked.items() if at >= since}

    def _whole(self, found: Tenants) -> frozenset[tuple[str, ...]]:
        """Return the groups that go as a whole when one of their pods is evicted."""
        return frozenset(
            pod.unit
            for pod in found.leaving
            if len(pod.unit) == 3 and recreates(self._task.look, pod)
        )

    async def _evict(self, pod: Tenant) -> None:
        try:
            await self._task.cluster.evict(pod.namespace, pod.name, uid=pod.uid)
        except TooManyRequests as error:
            self.refused = f"{pod}: {error.message}"
        except (NotFound, Conflict):
            return
        else:
            self._asked[pod.uid] = self._task.monotonic()


def recreates(look: Look, pod: Tenant) -> bool:
    """Tell whether a group is recreated when one of its pods goes."""
    lws = look(LEADERWORKERSETS, Key(pod.unit[0], pod.unit[1]))
    template = lws.spec.get("leaderWorkerTemplate") if lws is not None else None
    policy = template.get("restartPolicy") if isinstance(template, dict) else None
    return lws is not None and policy not in ("None", "Default")


RULES: Final[dict[type, Rule]] = {
    Cordon: Rule(lambda intent: "cordon" if intent.on else "uncordon", _cordon, _cordoned),
    DeleteNode: Rule(lambda _: "delete node", _delete, _deleted),
    Drain: Rule(
        lambda _: "drain", _drain, _begun, work=_evict_all, in_turn=lambda intent: intent.together
    ),
}
