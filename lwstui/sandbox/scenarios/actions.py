"""What a step can do: the base of all actions, and those on pods and on the load of engines."""

from functools import partial
from typing import ClassVar

from lwstui.sandbox.kubelet import Failure
from lwstui.sandbox.objects import Json
from lwstui.sandbox.scenarios.parts import Part, ScenarioError, Seconds
from lwstui.sandbox.scenarios.stage import Stage
from lwstui.sandbox.scenarios.targets import Target, main_container

_KILLED = 137
_NCCL_WORDS = (
    "[rank{rank}]:[E ProcessGroupNCCL.cpp] [Rank {rank}] Watchdog caught collective operation "
    "timeout: WorkNCCL(OpType=ALLREDUCE, Timeout(ms)={timeout_ms})",
    "[rank{rank}]:[E ProcessGroupNCCL.cpp] connection to rank 0 lost: no route to host",
    "torch.distributed.DistBackendError: NCCL communicator was aborted on rank {rank}",
)


class Action(Part, frozen=True, kw_only=True):
    """One thing a step does. ``WORD`` is its key in the file."""

    WORD: ClassVar[str]

    def perform(self, stage: Stage) -> str:
        """Do it and return what was done, in words.

        Raises:
            ScenarioError: What it is about does not exist.
        """
        raise NotImplementedError


class PodAction(Target, Action, frozen=True, kw_only=True):
    """An action on the pods of a target."""

    def __post_init__(self) -> None:
        """Refuse a target that names nothing."""
        super().__post_init__()
        if not self.is_given:
            raise ValueError("name the pods by set, pod or selector")


class DeletePod(PodAction, frozen=True, kw_only=True):
    """Delete pods as ``kubectl delete`` does; ``grace`` 0 kills them at once."""

    WORD = "delete-pod"
    grace: Seconds | None = None

    def perform(self, stage: Stage) -> str:
        """Delete the pods."""
        pods = self.living(stage.store)
        for pod in pods:
            meta = pod["metadata"]
            grace_s = None if self.grace is None else int(self.grace)
            stage.store.delete("pods", meta["namespace"], meta["name"], grace_s=grace_s)
        return f"delete {_names(pods)}"


class CrashContainer(PodAction, frozen=True, kw_only=True):
    """End a running container with an exit code; ``log`` are the last lines it writes."""

    WORD = "crash-container"
    container: str = ""
    exit_code: int = 1
    log: tuple[str, ...] = ()

    def perform(self, stage: Stage) -> str:
        """End the containers."""
        pods = self.living(stage.store)
        for pod in pods:
            crash(stage, pod, self.container, Failure(self.exit_code, "Error", self.log))
        return f"exit {self.exit_code} in {_names(pods)}"


class OomKill(PodAction, frozen=True, kw_only=True):
    """Have the kernel kill a container for its memory: 137, OOMKilled."""

    WORD = "oom-kill"
    container: str = ""
    log: tuple[str, ...] = ()

    def perform(self, stage: Stage) -> str:
        """Kill the containers."""
        pods = self.living(stage.store)
        for pod in pods:
            crash(stage, pod, self.container, Failure(_KILLED, "OOMKilled", self.log))
        return f"out of memory in {_names(pods)}"


class CutNetwork(PodAction, frozen=True, kw_only=True):
    """Cut pods off from their group; their collectives time out after ``timeout``."""

    WORD = "cut-network"
    timeout: Seconds = Seconds(60)

    def perform(self, stage: Stage) -> str:
        """Plan the end of the cut off processes, unless the network is back before."""
        pods = self.living(stage.store)
        for pod in pods:
            uid = pod["metadata"]["uid"]
            key = f"network/{uid}"
            stage.behaviour.kubelet.cut_off.add(uid)
            stage.on_heal(key, partial(stage.behaviour.kubelet.cut_off.discard, uid))
            stage.later(self.timeout, lambda pod=pod: self._time_out(stage, pod), key)  # type: ignore[misc]
        return f"no network between {_names(pods)} and the rest of the group"

    def _time_out(self, stage: Stage, pod: Json) -> None:
        labels = pod["metadata"].get("labels") or {}
        rank = labels.get("leaderworkerset.sigs.k8s.io/worker-index", "0")
        timeout_ms = round(self.timeout * 1000)
        words = tuple(each.format(rank=rank, timeout_ms=timeout_ms) for each in _NCCL_WORDS)
        container = main_container(pod, "")
        uid = pod["metadata"]["uid"]
        stage.behaviour.kubelet.fail(uid, container, Failure(1, "Error", words))


class HealNetwork(Action, frozen=True, kw_only=True):
    """Bring the network back; what has not timed out yet goes on."""

    WORD = "heal-network"

    def perform(self, stage: Stage) -> str:
        """Take all cuts back."""
        return f"the network is back; pods that were cut off: {stage.heal('network/')}"


class Undo(Action, frozen=True, kw_only=True):
    """Take back every fault that is still in force."""

    WORD = "heal"

    def perform(self, stage: Stage) -> str:
        """Take everything back."""
        return f"faults taken back: {stage.heal()}"


def crash(stage: Stage, pod: Json, container: str, failure: Failure) -> None:
    """End one running container of a pod.

    Raises:
        ScenarioError: The container does not exist or does not run.
    """
    name = main_container(pod, container)
    if not stage.behaviour.kubelet.fail(pod["metadata"]["uid"], name, failure):
        raise ScenarioError(f"container {name} of pod {pod['metadata']['name']} does not run")


def _names(pods: list[Json]) -> str:
    return ", ".join(str(pod["metadata"]["name"]) for pod in pods)
