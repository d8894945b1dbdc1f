"""Disruption budgets: how many pods may be evicted, counted as the disruption controller does.

Source: behaviour of kubernetes pkg/controller/disruption and pkg/registry/core/pod/storage, not
their code.
"""

import math
from collections.abc import Iterable
from typing import Any

from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.conditions import set_condition
from lwstui.sandbox.crds import CRD_KEY
from lwstui.sandbox.network import is_ready
from lwstui.sandbox.objects import Change, Json, StatusError, Store
from lwstui.sandbox.recorder import Recorder
from lwstui.sandbox.schema import shown
from lwstui.sandbox.selectors import matches_labels
from lwstui.sandbox.worklist import WorkList

BUDGETS = "poddisruptionbudgets.policy"
_COMPONENT = "controllermanager"
_Ref = tuple[str, str]


class _NoCount(Exception):
    """How many pods there should be cannot be told; the message is the controller's."""


class DisruptionController:
    """Keeps the status of every budget.

    Args:
        store: The cluster's objects.
        recorder: Takes the controller's events.
    """

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder
        self._work: WorkList[_Ref] = WorkList(self._look)

    def start(self) -> None:
        """Take over the budgets there are and follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for budget in self._store.items(BUDGETS):
            self._work.add(_ref(budget))

    def stop(self) -> None:
        """Stop counting."""
        self._unsubscribe()
        self._work.clear()

    def _on_change(self, change: Change) -> None:
        if change.key == BUDGETS and change.type != "DELETED":
            if change.old is None or change.old.get("spec") != change.object.get("spec"):
                self._work.add(_ref(change.object))
        elif change.key == "pods" and _counts_anew(change):
            for budget in self._store.items(BUDGETS, change.object["metadata"]["namespace"]):
                if any(_selects(budget, pod) for pod in (change.object, change.old) if pod):
                    self._work.add(_ref(budget))

    def _look(self, ref: _Ref) -> None:
        budget = self._store.get(BUDGETS, *ref)
        if budget is None or "deletionTimestamp" in budget["metadata"]:
            return
        pods = [pod for pod in self._store.items("pods", ref[0]) if _selects(budget, pod)]
        if not pods:
            self._recorder.component(_COMPONENT, budget, "NoPods", "No matching pods found")
        try:
            expected, desired = self._counts(budget["spec"], pods)
        except _NoCount as error:
            message = f"Failed to calculate the number of expected pods: {error}"
            self._recorder.component(
                _COMPONENT, budget, "CalculateExpectedPodCountFailed", message, warning=True
            )
            self._fail(budget, str(error))
            return
        going = self._going(budget, pods)
        healthy = sum(
            is_ready(pod) and not _is_deleting(pod) and pod["metadata"]["name"] not in going
            for pod in pods
        )
        allowed = max(0, healthy - desired) if expected else 0
        status = {
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
            "expectedPods": expected,
            "observedGeneration": budget["metadata"]["generation"],
        }
        self._write(budget, {**status, **({"disruptedPods": going} if going else {})})

    def _going(self, budget: Json, pods: list[Json]) -> Json:
        """Return the pods whose eviction was granted and that are not deleted yet."""
        granted = (budget.get("status") or {}).get("disruptedPods") or {}
        staying = {pod["metadata"]["name"] for pod in pods if not _is_deleting(pod)}
        return {name: since for name, since in granted.items() if name in staying}

    def _counts(self, spec: Json, pods: list[Json]) -> tuple[int, int]:
        """Return how many pods there should be, and how many of them healthy."""
        least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
        if most is not None:
            expected = self._expected(pods)
            return expected, max(0, expected - _share(most, expected))
        if isinstance(least, int):
            return len(pods), least
        expected = self._expected(pods)
        return expected, _share(least or 0, expected)

    def _expected(self, pods: list[Json]) -> int:
        """Return how many pods the controllers of these pods want together."""
        wanted: dict[str, int] = {}
        for pod in pods:
            owner = _controller(pod)
            if owner is not None and owner["uid"] not in wanted:
                wanted[owner["uid"]] = self._wanted(owner, pod)
        return sum(wanted.values())

    def _wanted(self, owner: Json, pod: Json) -> int:
        """Return how many replicas the controller of a pod wants."""
        group = owner["apiVersion"].rpartition("/")[0] if "/" in owner["apiVersion"] else ""
        for kind in self._store.kinds():
            if (kind.group, kind.kind) != (group, owner["kind"]):
                continue
            if not kind.has_scale:
                raise _NoCount(f"{kind.key} does not implement the scale subresource")
            found = self._store.get(kind.key, pod["metadata"]["namespace"], owner["name"])
            if found is not None and found["metadata"]["uid"] == owner["uid"]:
                return self._replicas(kind.key, found)
        raise _NoCount(f"found no controllers for pod {shown(pod['metadata']['name'])}")

    def _replicas(self, key: str, obj: Json) -> int:
        value: Any = obj
        for step in _replicas_path(self._store.get(CRD_KEY, "", key)):
            value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, int) else 1

    def _fail(self, budget: Json, why: str) -> None:
        status = {**(budget.get("status") or {}), "disruptionsAllowed": 0}
        for field in ("currentHealthy", "desiredHealthy", "expectedPods"):
            status.setdefault(field, 0)
        self._write(budget, status, why)

    def _write(self, budget: Json, status: Json, failure: str = "") -> None:
        written = with_condition(budget, status, rfc3339(self._store.clock.now()), failure)
        self._store.write_status(BUDGETS, *_ref(budget), written)


def _replicas_path(definition: Json | None) -> list[str]:
    """Return where a kind has its replicas, by its definition if it is a custom one."""
    path = ".spec.replicas"
    for version in (definition or {"spec": {}})["spec"].get("versions") or ():
        scale = (version.get("subresources") or {}).get("scale") or {}
        path = scale.get("specReplicasPath", path)
    return path.removeprefix(".").split(".")


def grant(store: Store, pod: Json, *, dry_run: bool) -> None:
    """Count the eviction of a pod against the budget that selects it.

    Raises:
        StatusError: 429 the budget does not allow it, 500 several budgets select the pod.
    """
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    phase = (pod.get("status") or {}).get("phase", "Pending")
    if _is_deleting(pod) or phase in ("Pending", "Succeeded", "Failed"):
        return
    budgets = [each for each in store.items(BUDGETS, namespace) if _selects(each, pod)]
    if not budgets:
        return
    if len(budgets) > 1:
        why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does"
        raise StatusError(500, "InternalError", f"{why} not support.")
    (budget,) = budgets
    if not is_ready(pod) and _lets_unhealthy_go(budget):
        return
    status = budget.get("status") or {}
    _check_allowed(budget, status)
    now = rfc3339(store.clock.now())
    left = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1}
    left["disruptedPods"] = {**(status.get("disruptedPods") or {}), name: now}
    if not dry_run:
        store.write_status(BUDGETS, *_ref(budget), with_condition(budget, left, now, ""))


def _lets_unhealthy_go(budget: Json) -> bool:
    """Tell whether a pod that is not ready may go whatever is left of the budget."""
    status = budget.get("status") or {}
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    desired = status.get("desiredHealthy", 0)
    return bool(desired > 0 and status.get("currentHealthy", 0) >= desired)


def _check_allowed(budget: Json, status: Json) -> None:
    name = budget["metadata"]["name"]
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 1):
        why = f"The disruption budget {name} is still being processed by the server."
        raise _too_many(why, 10)
    if status.get("disruptionsAllowed", 0) > 0:
        return
    for condition in status.get("conditions") or ():
        if condition.get("reason") == "SyncFailed":
            raise _too_many(
                f"The disruption budget {name} does not allow evicting pods currently because it "
                f"failed sync: {condition.get('message', '')}"
            )
    desired, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    raise _too_many(
        f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
    )


def _too_many(why: str, retry_s: int = 0) -> StatusError:
    details: Json = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    if retry_s:
        details["retryAfterSeconds"] = retry_s
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return StatusError(429, "TooManyRequests", message, details)


def with_condition(budget: Json, status: Json, now: str, failure: str) -> Json:
    """Return a budget's status with its condition, which says whether pods may be evicted."""
    allowed = status["disruptionsAllowed"] > 0
    reason = "SyncFailed" if failure else "SufficientPods" if allowed else "InsufficientPods"
    value = "True" if allowed else "False"
    others = [dict(each) for each in status.get("conditions") or ()]
    known = (budget.get("status") or {}).get("conditions") or others
    before = next((each for each in known if each.get("type") == _ALLOWED), {})
    condition = {
        "type": _ALLOWED,
        "status": value,
        "reason": reason,
        "message": failure,
        "observedGeneration": budget["metadata"]["generation"],
        "lastTransitionTime": before.get("lastTransitionTime", now)
        if before.get("status") == value
        else now,
    }
    kept = [each for each in others if each.get("type") != _ALLOWED]
    return {**status, "conditions": [*kept, condition]}


_ALLOWED = "DisruptionAllowed"


def _ref(obj: Json) -> _Ref:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _counts_anew(change: Change) -> bool:
    """Tell whether a changed pod may count otherwise than before."""
    old, new = change.old, change.object
    if old is None or change.type == "DELETED":
        return True
    return (
        is_ready(old) != is_ready(new)
        or _is_deleting(old) != _is_deleting(new)
        or old["metadata"].get("labels") != new["metadata"].get("labels")
    )


def _selects(budget: Json, pod: Json) -> bool:
    selector = (budget.get("spec") or {}).get("selector")
    return matches_labels(selector, pod["metadata"].get("labels") or {})


def _is_deleting(pod: Json) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _controller(pod: Json) -> Json | None:
    owners: Iterable[Json] = pod["metadata"].get("ownerReferences") or ()
    return next((each for each in owners if each.get("controller")), None)


def _share(amount: Any, total: int) -> int:
    """Return a number of pods, or a percentage of all of them rounded up."""
    if isinstance(amount, int):
        return amount
    percent = str(amount).removesuffix("%")
    return math.ceil(int(percent) * total / 100) if percent.isdecimal() else 0


def mark_disrupted(store: Store, pod: Json) -> None:
    """Say on a pod that an eviction ends it."""
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }
    now, meta = rfc3339(store.clock.now()), pod["metadata"]

    def change(target: Json) -> None:
        status = target.setdefault("status", {})
        set_condition(status, condition, now=now, generation=meta.get("generation", 1))

    store.update("pods", *_ref(pod), change, subresource="status")
