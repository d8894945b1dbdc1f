"""What the queue and the passes of a controller are measured by, and how the series are called.

Names follow controller-runtime and client-go where they have one, so that their dashboards work;
the rest begins with ``lwstui_``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.metrics import (
    PASS_BUCKETS_S,
    QUEUE_BUCKETS_S,
    Family,
    Histogram,
    counter,
    counters,
    gauge,
    gauges,
    histogram,
)
from controller.plan.actions import Action, CreatePod, DeletePod, Wait

CONTROLLER: Final = "leaderworkerset"
# Two series a set and state: beyond so many sets the first by name are told, and how many not.
MOST_SETS: Final = 500
RESULTS: Final = ("success", "requeue", "requeue_after", "error")
_CAUSES: Final = ("finished", "recreate", "scale-down", "surge", "update")
_REMADE: Final = ("recreate", "update")


class QueueMeasures:
    """What went through a work queue.

    Attributes:
        adds: Keys that became ready.
        retries: Failures that were put back.
        waited: Seconds from ready to handed out.
        worked: Seconds in a hand.
    """

    def __init__(self) -> None:
        self.adds = 0
        self.retries = 0
        self.waited = Histogram(QUEUE_BUCKETS_S)
        self.worked = Histogram(QUEUE_BUCKETS_S)

    def families(self, depth: int, ages_s: Iterable[float]) -> tuple[Family, ...]:
        """Return the series of a queue.

        Args:
            depth: Keys ready now.
            ages_s: Seconds that each key in a hand has been there.
        """
        ages = tuple(ages_s)
        name = CONTROLLER
        return (
            gauge("workqueue_depth", "Sets that could be worked on now.", depth, name=name),
            counter("workqueue_adds_total", "Sets that became ready.", self.adds, name=name),
            counter("workqueue_retries_total", "Passes put back.", self.retries, name=name),
            histogram(
                "workqueue_queue_duration_seconds",
                "Seconds a set waited for its pass.",
                self.waited,
                name=name,
            ),
            histogram(
                "workqueue_work_duration_seconds",
                "Seconds a set was being worked on.",
                self.worked,
                name=name,
            ),
            gauge(
                "workqueue_unfinished_work_seconds",
                "Seconds of the passes under way, added up.",
                sum(ages),
                name=name,
            ),
            gauge(
                "workqueue_longest_running_processor_seconds",
                "Seconds of the longest pass under way.",
                max(ages, default=0.0),
                name=name,
            ),
        )


class PassMeasures:
    """What passes came to.

    Attributes:
        results: Passes by result.
        panics: Passes that a fault of this program ended.
        conflicts: Passes that gave up because an object had changed.
        duration: Seconds of a pass.
        pods_created: Pods.
        pods_deleted: Pods by cause.
        groups_remade: Groups whose leader was deleted to make the group anew, by cause.
    """

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()
        self.panics = 0
        self.conflicts = 0
        self.duration = Histogram(PASS_BUCKETS_S)
        self.pods_created = 0
        self.pods_deleted: Counter[str] = Counter()
        self.groups_remade: Counter[str] = Counter()

    def acted(self, actions: Iterable[Action]) -> None:
        """Count actions that were performed."""
        for action in actions:
            if isinstance(action, CreatePod):
                self.pods_created += 1
            elif isinstance(action, DeletePod):
                self.pods_deleted[action.cause] += 1
                if action.foreground and action.cause in _REMADE:
                    self.groups_remade[action.cause] += 1

    def families(self, active: int, workers: int) -> tuple[Family, ...]:
        """Return the series of the passes.

        Args:
            active: Passes under way.
            workers: Passes that may be under way at a time.
        """
        name = CONTROLLER
        by_result: dict[tuple[str, ...], float] = {
            (name, result): self.results[result] for result in RESULTS
        }
        return (
            counters(
                "controller_runtime_reconcile_total",
                "Passes by result.",
                ("controller", "result"),
                by_result,
            ),
            counter(
                "controller_runtime_reconcile_errors_total",
                "Passes that failed.",
                self.results["error"],
                controller=name,
            ),
            counter(
                "controller_runtime_reconcile_panics_total",
                "Passes that a fault of this program ended.",
                self.panics,
                controller=name,
            ),
            histogram(
                "controller_runtime_reconcile_time_seconds",
                "Seconds of a pass.",
                self.duration,
                controller=name,
            ),
            gauge(
                "controller_runtime_active_workers",
                "Passes under way.",
                active,
                controller=name,
            ),
            gauge(
                "controller_runtime_max_concurrent_reconciles",
                "Passes that may be under way at a time.",
                workers,
                controller=name,
            ),
            counter(
                "lwstui_conflicts_total",
                "Passes begun anew because an object had changed.",
                self.conflicts,
            ),
            counter("lwstui_pods_created_total", "Pods created.", self.pods_created),
            counters(
                "lwstui_pods_deleted_total",
                "Pods deleted by cause.",
                ("cause",),
                {(cause,): self.pods_deleted[cause] for cause in _CAUSES},
            ),
            counters(
                "lwstui_group_recreations_total",
                "Groups made anew, after a pod's fault (recreate) or for a new template (update).",
                ("cause",),
                {(cause,): self.groups_remade[cause] for cause in _REMADE},
            ),
        )


def waiting(waits: Mapping[Key, tuple[Wait, ...]]) -> Family:
    """Return how many sets wait for each kind of reason."""
    codes = Counter(code for found in waits.values() for code in {wait.code for wait in found})
    return gauges(
        "lwstui_waiting_sets",
        "Sets that wait, by reason.",
        ("reason",),
        {(code,): count for code, count in codes.items()},
    )


def set_families(sets: Iterable[LeaderWorkerSet]) -> tuple[Family, ...]:
    """Return the groups of each set, of the first ``MOST_SETS`` by namespace and name."""
    ordered = sorted(sets, key=lambda lws: lws.key)
    told = ordered[:MOST_SETS]
    labels = ("namespace", "name")
    return (
        gauges(
            "lwstui_set_groups_desired",
            "Groups that a set asks for.",
            labels,
            {lws.key: _replicas(lws) for lws in told},
        ),
        gauges(
            "lwstui_set_groups_ready",
            "Groups that are ready, leader and all workers.",
            labels,
            {lws.key: lws.status.ready_replicas for lws in told},
        ),
        gauges(
            "lwstui_set_groups_updated",
            "Groups at the newest template.",
            labels,
            {lws.key: lws.status.updated_replicas for lws in told},
        ),
        gauge(
            "lwstui_set_series_left_out",
            f"Sets beyond the first {MOST_SETS}, which have no series of their own.",
            len(ordered) - len(told),
        ),
    )


def _replicas(lws: LeaderWorkerSet) -> int:
    replicas = lws.spec.get("replicas", 1)
    return replicas if isinstance(replicas, int) else 0
