"""Autoscalers are stored as ``autoscaling/v2``; ``autoscaling/v1`` is another view of them.

kubectl creates them in version 1, which knows one metric, the CPU: others are not shown in it.
"""

from typing import Any

from lwstui.sandbox.objects import Json

GROUP_VERSION = "autoscaling/v1"
_STORED_VERSION = "autoscaling/v2"
_PERCENT = "targetCPUUtilizationPercentage"


def to_view(scaler: Json) -> Json:
    """Return a stored autoscaler as ``autoscaling/v1``."""
    spec = {name: value for name, value in scaler.get("spec", {}).items() if name != "metrics"}
    for metric in scaler.get("spec", {}).get("metrics") or ():
        percent = _cpu_percent(metric)
        if percent is not None:
            spec[_PERCENT] = percent
    return {**scaler, "apiVersion": GROUP_VERSION, "spec": spec}


def from_view(scaler: Json) -> Json:
    """Return an ``autoscaling/v1`` autoscaler as it is stored."""
    spec = scaler.get("spec") or {}
    if not isinstance(spec, dict):
        return {**scaler, "apiVersion": _STORED_VERSION}
    spec = dict(spec)
    percent = spec.pop(_PERCENT, None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**scaler, "apiVersion": _STORED_VERSION, "spec": spec}


def _cpu_percent(metric: Json) -> Any:
    resource = metric.get("resource") or {}
    if resource.get("name") != "cpu":
        return None
    return (resource.get("target") or {}).get("averageUtilization")
