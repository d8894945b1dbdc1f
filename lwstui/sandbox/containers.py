"""The states a simulated container goes through. Times are simulated seconds since the pod's start.

A pod's clock starts at 0 when its kubelet accepts it; only the kubelet turns that into wall time.
"""

from dataclasses import dataclass, field, replace
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
    CONFIG_ERROR = "configuration error"


class Role(Enum):
    """What a container is to its pod."""

    INIT = "init"
    SIDECAR = "sidecar"
    MAIN = "main"
    EPHEMERAL = "ephemeral"


@dataclass(frozen=True, slots=True)
class Probe:
    """A startup, readiness or liveness probe, and what it reports in each state of the process.

    ``target`` is its failure while nothing answers, ``refusal`` while the process serves, ``hung``
    while it answers no more; an empty text is a success. ``grace_s`` is what a container that the
    probe condemns may take to end, None for the pod's.
    """

    delay_s: float
    period_s: float
    successes: int
    failures: int
    target: str
    refusal: str = ""
    hung: str = ""
    grace_s: float | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What the sandbox plays for one container, in simulated seconds.

    A process runs for ``boot_s``, then waits for the pods of its group if ``waits_for_group`` or
    for its leader if ``waits_for_leader``, then loads for ``load_s`` and serves. It exits by itself
    ``run_s`` after its start, is killed for its memory after ``oom_s``, and answers no more after
    ``hang_s``. It counts as started when its first hook is over, ``poststart_s`` after its start;
    one that fails ends it. When told to end it first runs its last hook for ``prestop_s``.
    """

    pull_s: float
    image_bytes: int
    pull_error: str = ""
    always_pulls: bool = False
    never_pulls: bool = False
    boot_s: float = 0.0
    load_s: float = 0.0
    waits_for_group: bool = False
    waits_for_leader: bool = False
    leader_address: str = ""
    group_timeout_s: float = FOREVER
    never_ready: bool = False
    run_s: float = FOREVER
    exit_code: int = 0
    oom_s: float = FOREVER
    hang_s: float = FOREVER
    poststart_s: float = 0.0
    poststart_fails: bool = False
    prestop_s: float = 0.0
    stop_s: float = 1.0
    stop_code: int = 0
    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None

    @property
    def waits(self) -> bool:
        """Tell whether the process needs other pods before it can load."""
        return self.waits_for_group or self.waits_for_leader


@dataclass(frozen=True, slots=True)
class Run:
    """One process of a container: from its start to its exit.

    ``boots_s`` is when it can meet the other pods of its group and ``joined_s`` when it has met
    them, ``told_s`` when it was told to end, which it does with ``end_code``; ``finished_s`` is
    None while it runs. ``probe_at_s`` is the next startup or readiness probe, ``live_at_s`` the
    next liveness probe. ``last_words`` are the lines its log ends with, in place of the engine's.
    """

    number: int
    started_s: float
    boots_s: float = 0.0
    joined_s: float | None = None
    told_s: float = FOREVER
    end_code: int = 0
    finished_s: float | None = None
    exit_code: int = 0
    reason: str = ""
    started: bool = False
    ready: bool = False
    probe_at_s: float = FOREVER
    probe_successes: int = 0
    probe_failures: int = 0
    live_at_s: float = FOREVER
    live_failures: int = 0
    last_words: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Tell whether the process has been told to end."""
        return self.told_s < FOREVER


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod: what it is, what it plays and where it stands.

    ``until_s`` is when the present phase ends by itself; ``failures`` counts exits or failed pulls
    in a row and sets the back-off; ``first`` is the number of its first run, above 0 when a client
    counted restarts before it. ``trouble`` is why it cannot be created, or why its last pull
    failed, until it can.
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
    trouble: str = ""

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

    ``stop_s`` is when its containers were told to end, ``grace_s`` how long they may take;
    ``patience_s`` is how long a container may take that is told to end by itself.
    """

    name: str
    restart_policy: str
    network_s: float
    containers: tuple[Container, ...]
    stop_s: float = FOREVER
    grace_s: float = FOREVER
    patience_s: float = 30.0

    @property
    def stopping(self) -> bool:
        """Tell whether the containers have been told to end."""
        return self.stop_s < FOREVER

    @property
    def stopped(self) -> bool:
        """Tell whether the pod was told to end and nothing of it runs any more."""
        return self.stopping and not any(item.is_running for item in self.containers)

    @property
    def is_over(self) -> bool:
        """Tell whether the main containers have ended for good."""
        main = [item for item in self.containers if item.role is Role.MAIN]
        return all(item.phase is Phase.EXITED and item.until_s == FOREVER for item in main)

    def container(self, name: str) -> Container | None:
        """Return a container by name."""
        return next((item for item in self.containers if item.name == name), None)

    def with_container(self, changed: Container) -> "PodRun":
        """Return the pod with one container replaced by name."""
        kept = tuple(changed if item.name == changed.name else item for item in self.containers)
        return replace(self, containers=kept)


def serving_at(container: Container) -> float:
    """Return when the container's process serves, ``inf`` while that is not known."""
    run, script = container.run, container.script
    if run is None or run.joined_s is None or script.never_ready:
        return FOREVER
    return run.joined_s + script.load_s


def hangs_at(container: Container) -> float:
    """Return when the container's process stops to answer, ``inf`` for never."""
    return FOREVER if container.run is None else container.run.started_s + container.script.hang_s


@dataclass(slots=True)
class Step:
    """What became of a pod on the way to some moment.

    ``pulled`` is every image now on the node, ``at_s`` the moment of the last thing that happened.
    """

    pod: PodRun
    at_s: float = 0.0
    notes: list[Note] = field(default_factory=list)
    pulled: set[str] = field(default_factory=set)

    def put(self, container: Container) -> None:
        """Replace a container of the pod by name."""
        self.pod = self.pod.with_container(container)

    def note(
        self, container: Container, reason: str, message: str, *, warning: bool = False
    ) -> None:
        """Add an event about a container."""
        self.notes.append(Note(container.path, reason, message, warning))
