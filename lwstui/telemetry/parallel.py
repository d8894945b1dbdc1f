"""Which ranks of a group do the same work, so that one can be held against the others. Pure.

Ranks of one tensor-parallel stage work in step; those of different pipeline stages need not. Which
stage a pod belongs to follows from the flags of the engine, or from the set's subgroups.

Source: vLLM vllm/engine/arg_utils.py, SGLang python/sglang/srt/server_args.py, TensorRT-LLM
tensorrt_llm/commands/serve.py; node_rank // (nnodes // pp_size) in SGLang's scheduler launch;
local_world_size * node_rank_within_dp in vLLM's vllm/v1/executor/multiproc_executor.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from controller.api.pods import Pod

_FLAG: Final = re.compile(
    r"(?<!\S)(?:--pipeline[-_]parallel[-_]size|--pp[-_]size|--pp|-pp)(?:[=\s]+(\S+))?"
)
_ENGINE: Final = re.compile(r"vllm|sglang|trtllm-serve")
_IN_ORDER: Final = re.compile(r"sglang|(?<!\S)--node[-_]rank\b")
"""What hands stages to nodes in the order of their ranks: SGLang, and vLLM where it is told a
node's rank. Ray hands them out by addresses, and no metric says which rank runs where."""
_REPLICATED: Final = re.compile(r"(?<!\S)(?:--data[-_]parallel|-dp\b)")

Stage = int | None
"""Number of a stage; None where it cannot be told."""


def stages(lws_spec: Mapping[str, Any], pods: Sequence[Pod]) -> tuple[Stage, ...]:
    """Return the stage of each pod of one group.

    Args:
        lws_spec: Raw spec of the set.
        pods: Its pods by worker index.
    """
    if any(pod.subgroup > 0 for pod in pods):
        return tuple(pod.subgroup if pod.subgroup >= 0 else None for pod in pods)
    text = " ".join(_words(lws_spec))
    pipeline = _pipeline(text)
    size = max((pod.size for pod in pods), default=0)
    if pipeline == 1:
        return (0,) * len(pods)
    if pipeline is not None and pipeline == size:
        return tuple(pod.worker for pod in pods)
    ordered = _IN_ORDER.search(text) and ("sglang" in text or not _REPLICATED.search(text))
    if pipeline is None or size % pipeline or not ordered:
        return (None,) * len(pods)
    return tuple(pod.worker // (size // pipeline) for pod in pods)


def _pipeline(text: str) -> int | None:
    """Return how many stages an engine has, None if that cannot be told."""
    flag = _FLAG.search(text)
    if flag is None:
        return 1 if _ENGINE.search(text) else None
    number = (flag[1] or "").strip("\"'")
    return int(number) if number.isascii() and number.isdigit() and int(number) > 0 else None


def _words(lws_spec: Mapping[str, Any]) -> Iterator[str]:
    parts = lws_spec.get("leaderWorkerTemplate")
    for name in ("leaderTemplate", "workerTemplate"):
        template = parts.get(name) if isinstance(parts, Mapping) else None
        spec = template.get("spec") if isinstance(template, Mapping) else None
        containers = spec.get("containers") if isinstance(spec, Mapping) else None
        for container in containers or () if isinstance(containers, list | None) else ():
            if isinstance(container, Mapping):
                yield from _said(container)


def _said(container: Mapping[str, Any]) -> Iterable[str]:
    said = [container.get("image")]
    for part in ("command", "args"):
        words = container.get(part)
        said += words if isinstance(words, list) else ()
    return (word for word in said if isinstance(word, str))
