"""What autoscalers measure: CPU and memory of pods, and the figures that their engines tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.amounts import container_request, milli
from lwstui.sandbox.autoscaling import Usage, proposal
from lwstui.sandbox.enginehttp import Query, answer
from lwstui.sandbox.network import is_ready
from lwstui.sandbox.objects import Json
from lwstui.sandbox.sources import MetricsSource, ProcessSource


class NoMetric(Exception):
    """A metric cannot be measured; ``reason`` is the one of the condition that says so."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of a target: the replicas it asks for, its status, and what it is called."""

    wanted: int
    status: Json
    what: str


class PodMetrics:
    """Measures the metrics of an autoscaler.

    Args:
        metrics: CPU and memory of pods.
        processes: Engines with figures of their own.
    """

    def __init__(self, metrics: MetricsSource, processes: ProcessSource) -> None:
        self._metrics = metrics
        self._processes = processes

    def measure(self, metric: Json, pods: Sequence[Json], current: int) -> Measured:
        """Measure one metric of a spec.

        Args:
            metric: Entry of ``spec.metrics``.
            pods: The target's pods.
            current: Its replicas.

        Raises:
            NoMetric: There is no such metric, or no pod has a value.
        """
        match metric["type"]:
            case "Resource":
                return self._resource(metric["resource"], pods, current)
            case "ContainerResource":
                return self._resource(metric["containerResource"], pods, current)
            case "Pods":
                return self._figure(metric["pods"], pods, current)
        kind = metric["type"]
        raise NoMetric(
            f"FailedGet{kind}Metric", f"the sandbox has no metrics of type {kind} for autoscalers"
        )

    def _resource(self, source: Json, pods: Sequence[Json], current: int) -> Measured:
        name, container, target = source["name"], source.get("container", ""), source["target"]
        failure = "FailedGetContainerResourceMetric" if container else "FailedGetResourceMetric"
        values = [self._used(pod, name, container) if is_ready(pod) else None for pod in pods]
        usage = _usage(pods, values)
        if not usage.used:
            why = "no metrics returned from resource metrics API"
            text = f"failed to get {name} utilization: unable to get metrics for resource {name}"
            raise NoMetric(failure, f"{text}: {why}")
        status: Json = {"averageValue": _quantity(usage.average)}
        goal = float(milli(target["averageValue"])) if "averageValue" in target else 0.0
        what = f"{name} resource"
        if "averageUtilization" in target:
            asked = _requested(pods, name, container)
            if not asked:
                where = f"container {container}" if container else "containers"
                raise NoMetric(failure, f"missing request for {name} in {where} of the pods")
            status["averageUtilization"] = int(100 * usage.average / asked)
            goal = asked * target["averageUtilization"] / 100
            what = f"{name} resource utilization (percentage of request)"
        told = {"name": name, "current": status}
        key = "resource"
        if container:
            key, told = "containerResource", {"container": container, **told}
            what = f"{name} container resource utilization (percentage of request)"
        kind = key[0].upper() + key[1:]
        return Measured(_proposed(current, usage, goal, failure), {"type": kind, key: told}, what)

    def _figure(self, source: Json, pods: Sequence[Json], current: int) -> Measured:
        name, target = source["metric"]["name"], source["target"]
        values = [self._told(pod, name) if is_ready(pod) else None for pod in pods]
        usage = _usage(pods, values)
        failure = "FailedGetPodsMetric"
        if not usage.used:
            why = f"no pod of the target tells the metric {name}"
            raise NoMetric(failure, f"unable to get metric {name}: {why}")
        goal = float(milli(target.get("averageValue") or "0"))
        status = {"averageValue": _quantity(usage.average)}
        told = {"metric": source["metric"], "current": status}
        wanted = _proposed(current, usage, goal, failure)
        return Measured(wanted, {"type": "Pods", "pods": told}, f"pods metric {name}")

    def _used(self, pod: Json, resource: str, container: str) -> float | None:
        """Return what a pod or one of its containers uses, in thousandths; None if unknown."""
        metadata = pod["metadata"]
        sample = self._metrics.pod(metadata["namespace"], metadata["name"])
        found = [
            milli(each["usage"][resource])
            for each in (sample or {}).get("containers") or ()
            if container in ("", each["name"]) and resource in each["usage"]
        ]
        return float(sum(found)) if found else None

    def _told(self, pod: Json, name: str) -> float | None:
        """Return a figure that a pod's engine tells, in thousandths; None if it does not."""
        for process in self._processes.listed(pod):
            for port in process.ports:
                reply = answer(process, port, Query("GET", "/metrics"))
                value = None if reply is None else sample_of(reply.body.decode(), name)
                if value is not None:
                    return value * 1000
        return None


def sample_of(exposition: str, name: str) -> float | None:
    """Return the sum of the samples with a name, None without one.

    Adapters cannot have colons in the names of metrics; theirs are found with underscores.
    """
    found = []
    for line in exposition.splitlines():
        spelled = line.partition("{")[0].partition(" ")[0]
        if name in (spelled, spelled.replace(":", "_")):
            found.append(float(line.rpartition(" ")[2]))
    return sum(found) if found else None


def _usage(pods: Sequence[Json], values: Sequence[float | None]) -> Usage:
    unready = sum(not is_ready(pod) for pod in pods)
    used = [value for value in values if value is not None]
    return Usage(used, missing=len(pods) - len(used) - unready, unready=unready)


def _proposed(current: int, usage: Usage, goal: float, failure: str) -> int:
    if goal <= 0:
        raise NoMetric(failure, "the metric's target has to be greater than zero")
    return proposal(current, usage, goal)


def _requested(pods: Iterable[Json], resource: str, container: str) -> float:
    """Return the mean request of the pods, in thousandths; 0 when a container has none."""
    totals = []
    for pod in pods:
        chosen: list[Any] = [
            container_request(each).get(resource, 0)
            for each in pod["spec"]["containers"]
            if container in ("", each["name"])
        ]
        if not chosen or not all(chosen):
            return 0.0
        totals.append(sum(chosen))
    return sum(totals) / len(totals) if totals else 0.0


def _quantity(thousandths: float) -> str:
    whole = round(thousandths)
    return str(whole // 1000) if whole % 1000 == 0 else f"{whole}m"
