"""What a Prometheus is asked for the last hour of sets, and what its answers mean. Pure.

The pods of a set are known by their names, which are ``SET-GROUP`` and ``SET-GROUP-WORKER``. Where
names of two sets make this ambiguous neither is asked for: a number of another set is worse than
none. Exporters' labels come as they are, or as ``exported_*`` where a scrape does not honour them.

Source: prometheus.io docs/prometheus/latest/querying/api, dcgm-exporter, kube-state-metrics
docs/metrics/workload/pod-metrics.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, nan
from typing import Final

import msgspec

from controller.api.meta import Key

PATH: Final = "/api/v1/query_range"
SET_LABEL: Final = "lwstui_set"
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_NUMBERED: Final = re.compile(r"(.+)-\d+")
_BUSY: Final = (
    # (metric, what makes it a share); the best measure first, as for live readings
    ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", ""),
    ("DCGM_FI_DEV_GPU_UTIL", "/100"),
    ("gpu_gfx_activity", "/100"),
)


class Unreadable(ValueError):
    """An answer is no result of a range query; the text says why in one sentence."""


def told_apart(sets: Iterable[Key]) -> tuple[Key, ...]:
    """Return the sets whose pods can be told by their names from those of all others."""
    every = sorted(sets)
    known = frozenset(every)
    numbered = {key: found[1] for key in every if (found := _NUMBERED.fullmatch(key.name))}
    mixed = {key for key, stem in numbered.items() if Key(key.namespace, stem) in known}
    mixed |= {Key(key.namespace, numbered[key]) for key in mixed}
    return tuple(key for key in every if key not in mixed and _NAME.fullmatch(key.name))


def busy_query(sets: Sequence[Key]) -> str:
    """Return the query for the mean share of the time that devices of each set worked."""
    return _each(
        (key, " or ".join(_mean(metric, scale, key) for metric, scale in _BUSY)) for key in sets
    )


def ready_query(sets: Sequence[tuple[Key, int]]) -> str:
    """Return the query for the groups that serve of each set, given with its pods per group."""
    return _each((key, f"{_told_ready(key)} or {_counted_ready(key, size)}") for key, size in sets)


def _each(parts: Iterable[tuple[Key, str]]) -> str:
    return " or ".join(
        f'label_replace({expression},"{SET_LABEL}","{key}","","")' for key, expression in parts
    )


def _pods(name: str) -> str:
    return f"{name}-[0-9]+(-[0-9]+)?"


def _mean(metric: str, scale: str, key: Key) -> str:
    place = f'namespace="{key.namespace}",pod=~"{_pods(key.name)}"'
    exported = f'exported_namespace="{key.namespace}",exported_pod=~"{_pods(key.name)}"'
    return f'avg({metric}{{{exported}}} or {metric}{{{place},exported_pod=""}}){scale}'


def _told_ready(key: Key) -> str:
    metric, name = "lwstui_set_groups_ready", f'name="{key.name}"'
    exported = f'{name},exported_namespace="{key.namespace}"'
    plain = f'{name},namespace="{key.namespace}",exported_namespace=""'
    return f"max({metric}{{{exported}}} or {metric}{{{plain}}})"


def _counted_ready(key: Key, size: int) -> str:
    def grouped(prefix: str, rest: str) -> str:
        pod, namespace = f"{prefix}pod", f"{prefix}namespace"
        selector = (
            f'condition="true",{namespace}="{key.namespace}",{pod}=~"{_pods(key.name)}"{rest}'
        )
        groups = f"{key.name}-([0-9]+)(-[0-9]+)?"
        series = f"kube_pod_status_ready{{{selector}}}"
        return f'label_replace({series},"lws_group","$1","{pod}","{groups}")'

    exported, plain = grouped("exported_", ""), grouped("", ',exported_pod=""')
    return f"sum((sum by(lws_group)({exported} or {plain}))>=bool {size})"


class _Series(msgspec.Struct, frozen=True):
    metric: dict[str, str] = {}
    values: list[tuple[float, str]] = []


class _Data(msgspec.Struct, frozen=True):
    resultType: str = ""  # noqa: N815 - as it is written
    result: list[_Series] = []


class _Answer(msgspec.Struct, frozen=True):
    status: str = ""
    data: _Data = _Data()
    error: str = ""


def read_matrix(raw: bytes, most: float | None = None) -> Mapping[str, dict[float, float]]:
    """Return the values of each set by epoch second; what is no number or impossible is NaN.

    Args:
        raw: The answer to a range query.
        most: Largest possible value.

    Raises:
        Unreadable: If it is not one.
    """
    try:
        answer = msgspec.json.decode(raw, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"the answer cannot be read: {error}") from error
    if answer.status != "success":
        raise Unreadable(f"the query failed: {answer.error or 'no reason given'}")
    if answer.data.resultType != "matrix":
        raise Unreadable(f"the answer is a {answer.data.resultType or 'nothing'} and no matrix")
    return {
        name: {at: _number(text, most) for at, text in series.values}
        for series in answer.data.result
        if (name := series.metric.get(SET_LABEL, ""))
    }


def _number(text: str, most: float | None) -> float:
    try:
        value = float(text)
    except ValueError:
        return nan
    possible = isfinite(value) and value >= 0 and (most is None or value <= most)
    return value if possible else nan
