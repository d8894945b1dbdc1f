"""Which engine a container runs and its part in a group, read from image, command and env."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

RAY_PORT = 6379
RPC_PORT = 50052
_LWS = "leaderworkerset.sigs.k8s.io/"
_DEFAULT_MODEL = "meta-llama/Llama-3.1-8B-Instruct"
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)|\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_BILLIONS = re.compile(r"(\d+(?:\.\d+)?)\s*[bB](?![a-zA-Z])")
_ACCELERATOR = re.compile(r"/(gpu|tpu|gaudi|npu|neuron)")


class Kind(Enum):
    """The engines the sandbox can play."""

    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMACPP = "llamacpp"
    JETSTREAM = "jetstream"
    NGINX = "nginx"
    DCGM = "dcgm"
    ENGINE = "engine"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Engine:
    """One container's engine.

    ``nodes`` is how many pods of the group the engine spans (1: it stands alone), ``rank`` this
    pod's worker index, ``devices`` the accelerators of the container.
    """

    kind: Kind
    model: str
    billions: float
    tensor: int
    pipeline: int
    port: int
    devices: int
    nodes: int
    rank: int
    leader_address: str
    text: str

    @property
    def is_worker(self) -> bool:
        """Tell whether the container serves only its leader."""
        return self.nodes > 1 and self.rank > 0

    @property
    def waits_for_group(self) -> bool:
        """Tell whether the container can load only when all pods of its group have joined."""
        return self.nodes > 1 and self.rank == 0

    @property
    def waits_for_leader(self) -> bool:
        """Tell whether the container is of no use before it has met its leader."""
        return self.is_worker and self.kind is not Kind.LLAMACPP


def environment(container: Mapping[str, Any]) -> dict[str, str]:
    """Return a container's literal environment with ``$(NAME)`` references replaced."""
    values: dict[str, str] = {}
    for item in container.get("env") or ():
        values[item["name"]] = expand(item.get("value") or "", values)
    return values


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$(NAME)``, ``$NAME`` and ``${NAME}``; unknown names stay as they are."""
    return _REFERENCE.sub(lambda hit: values.get(hit[1] or hit[2], hit[0]), text)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text.replace(";", " ; "))
    except ValueError:
        return text.split()


def _option(words: Sequence[str], *names: str) -> str:
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag.replace("_", "-") not in names:
            continue
        if equals:
            return value
        if index + 1 < len(words):
            return words[index + 1]
    return ""


def _number(text: str, default: int) -> int:
    return int(text) if text.isdigit() else default


def _kind(image: str, text: str, devices: int) -> Kind:
    seen = f"{image} {text}".lower()
    for kind, words in (
        (Kind.VLLM, ("vllm", "multi-node-serving.sh")),
        (Kind.SGLANG, ("sglang",)),
        (Kind.LLAMACPP, ("llama.cpp", "llama-server", "llamacpp", "rpc-server", "aikit")),
        (Kind.JETSTREAM, ("jetstream", "maxengine", "maxtext", "pathways")),
        (Kind.DCGM, ("dcgm-exporter",)),
        (Kind.NGINX, ("nginx",)),
        (Kind.LLAMACPP, ("sozercan/", "gguf")),
    ):
        if any(word in seen for word in words):
            return kind
    return Kind.ENGINE if devices else Kind.PLAIN


def _model(kind: Kind, words: Sequence[str], env: Mapping[str, str], image: str) -> str:
    named = _option(words, "--model", "--model-path")
    if kind is Kind.LLAMACPP:
        named = named or _option(words, "-m")
    if not named and "serve" in words[:-1]:
        named = words[words.index("serve") + 1]
    for key in ("MODEL", "MODEL_NAME", "MODEL_ID"):
        named = named or env.get(key, "")
    if named and not named.startswith("-"):
        return named
    return image.rsplit("/", 1)[-1] if kind is Kind.LLAMACPP else _DEFAULT_MODEL


def _spans_group(kind: Kind, text: str, words: Sequence[str]) -> bool:
    match kind:
        case Kind.VLLM:
            marks = ("multi-node-serving.sh", "ray start", "ray_cluster_size", "--nnodes")
            return any(mark in text for mark in marks)
        case Kind.SGLANG:
            return _option(words, "--nnodes") not in ("", "1")
        case Kind.LLAMACPP:
            return "--rpc" in words or "rpc-server" in text
        case Kind.JETSTREAM:
            return True
    return False


def _leader_address(words: Sequence[str], env: Mapping[str, str]) -> str:
    """Return the host that a command line or the environment names as the group's leader."""
    names = ("--ray-address", "--address", "--dist-init-addr", "--master-addr", "--head-address")
    named = _option(words, *names)
    if not named or re.match(r"\$[^(]", named):
        named = env.get("LWS_LEADER_ADDRESS", "")
    return named.rpartition("://")[2].partition(":")[0]


def _devices(container: Mapping[str, Any]) -> int:
    limits = (container.get("resources") or {}).get("limits") or {}
    return sum(
        _number(str(value), 0) for name, value in limits.items() if _ACCELERATOR.search(name)
    )


def _port(container: Mapping[str, Any], words: Sequence[str]) -> int:
    declared = [port["containerPort"] for port in container.get("ports") or ()]
    return _number(_option(words, "--port"), int(declared[0]) if declared else 8080)


def detect(pod: Mapping[str, Any], container: Mapping[str, Any]) -> Engine:
    """Read what a container runs from its pod."""
    meta = pod["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    env = environment(container)
    image = container.get("image", "")
    raw = " ".join([*(container.get("command") or ()), *(container.get("args") or ())])
    text = expand(raw, env)
    words = _words(text)
    devices = _devices(container)
    kind = _kind(image, text, devices)
    size = _number(annotations.get(f"{_LWS}size", "") or env.get("LWS_GROUP_SIZE", ""), 1)
    spans = size > 1 and _spans_group(kind, text, words)
    model = _model(kind, words, env, image)
    billions = _BILLIONS.search(model)
    return Engine(
        kind=kind,
        model=model,
        billions=float(billions[1]) if billions else 8.0,
        tensor=_number(_option(words, "--tensor-parallel-size", "--tp", "-tp"), max(1, devices)),
        pipeline=_number(_option(words, "--pipeline-parallel-size", "--pp", "-pp"), 1),
        port=_port(container, words),
        devices=devices,
        nodes=size if spans else 1,
        rank=_number(labels.get(f"{_LWS}worker-index", "") or env.get("LWS_WORKER_INDEX", ""), 0),
        leader_address=_leader_address(words, env),
        text=text,
    )
