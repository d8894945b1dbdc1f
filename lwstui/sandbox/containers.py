"""The states a simulated container goes through. Times are simulated seconds since the pod's start.

A pod's clock starts at 0 when its kubelet accepts it; only the kubelet turns that into wall time.
"""

from dataclasses import dataclass, replace
from enum import Enum

FOREVER = float("inf")


class Phase(Enum):
    """Where a container is between its image and its exit."""

    WAITING = "waiting"
    PULLING = "pulling"
    PULL_FAILED = "pull failed"
    PULL_BACKOFF = "pull back-off"
    STARTING = "starting"
    RUNNING = "running"
    EXITED = "exited"
    CRASH_BACKOFF = "crash back-off"


class Role(Enum):
    """What a container is to its pod."""

    INIT = "init"
    SIDECAR = "sidecar"
    MAIN = "main"


@dataclass(frozen=True, slots=True)
class Probe:
    """A startup or readiness probe; ``target`` is the text of the failure it reports."""

    delay_s: float
    period_s: float
    successes: int
    failures: int
    target: str


@dataclass(frozen=True, slots=True)
class Script:
    """What the sandbox plays for one container, in simulated seconds.

    A process runs for ``boot_s``, then waits for the pods of its group if ``waits_for_group``, then
    loads for ``load_s`` and serves. It exits by itself ``run_s`` after its start.
    """

    pull_s: float
    image_bytes: int
    pull_error: str = ""
    always_pulls: bool = False
    never_pulls: bool = False
    boot_s: float = 0.0
    load_s: float = 0.0
    waits_for_group: bool = False
    group_timeout_s: float = FOREVER
    never_ready: bool = False
    run_s: float = FOREVER
    exit_code: int = 0
    stop_s: float = 1.0
    stop_code: int = 0
    startup: Probe | None = None
    readiness: Probe | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One process of a container: from its start to its exit.

    ``joined_s`` is when its group was complete (or when it did not need to wait any longer),
    ``finished_s`` is None while it runs.
    """

    number: int
    started_s: float
    joined_s: float | None = None
    finished_s: float | None = None
    exit_code: int = 0
    reason: str = ""
    started: bool = False
    ready: bool = False
    probe_at_s: float = FOREVER
    probe_successes: int = 0
    probe_failures: int = 0


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod: what it is, what it plays and where it stands.

    ``until_s`` is when the present phase ends by itself; ``failures`` counts exits or failed pulls
    in a row and sets the back-off; ``first`` is the number of its first run, above 0 when a client
    counted restarts before it.
    """

    name: str
    image: str
    role: Role
    script: Script
    path: str
    phase: Phase = Phase.WAITING
    until_s: float = FOREVER
    failures: int = 0
    first: int = 0
    run: Run | None = None
    previous: Run | None = None

    @property
    def restarts(self) -> int:
        """Return the restart count."""
        return self.run.number if self.run is not None else self.first

    @property
    def is_running(self) -> bool:
        """Tell whether a process of the container runs."""
        return self.phase is Phase.RUNNING

    @property
    def is_between_runs(self) -> bool:
        """Tell whether the last run has ended and its exit is the container's present state."""
        resting = self.phase in (Phase.EXITED, Phase.PULLING, Phase.STARTING)
        return resting and self.run is not None

    @property
    def has_succeeded(self) -> bool:
        """Tell whether the container has ended well."""
        return self.phase is Phase.EXITED and self.run is not None and self.run.exit_code == 0

    def move(self, phase: Phase, until_s: float = FOREVER) -> "Container":
        """Return the container in another phase."""
        return replace(self, phase=phase, until_s=until_s)


@dataclass(frozen=True, slots=True)
class Note:
    """An event to record: the container's field path (empty: the pod), reason and message."""

    path: str
    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class PodRun:
    """A pod on its node.

    ``stop_s`` is when its containers were told to end, ``grace_s`` how long they may take.
    """

    name: str
    restart_policy: str
    network_s: float
    containers: tuple[Container, ...]
    stop_s: float = FOREVER
    grace_s: float = FOREVER

    @property
    def stopping(self) -> bool:
        """Tell whether the containers have been told to end."""
        return self.stop_s < FOREVER

    @property
    def stopped(self) -> bool:
        """Tell whether the pod was told to end and nothing of it runs any more."""
        return self.stopping and not any(item.is_running for item in self.containers)

    def container(self, name: str) -> Container | None:
        """Return a container by name."""
        return next((item for item in self.containers if item.name == name), None)

    def with_container(self, changed: Container) -> "PodRun":
        """Return the pod with one container replaced by name."""
        kept = tuple(changed if item.name == changed.name else item for item in self.containers)
        return replace(self, containers=kept)
