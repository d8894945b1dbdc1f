"""What a scenario acts on, what it has to take back, and what it remembers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lwstui.sandbox.behaviour import Behaviour
from lwstui.sandbox.faults import ApiFault, Faults
from lwstui.sandbox.objects import Store
from lwstui.sandbox.pullfaults import PullFault


@dataclass(slots=True)
class Stage:
    """The sandbox in the hands of a scenario.

    Attributes:
        store: The cluster's objects.
        behaviour: Kubelets, node health and devices.
        faults: Those of the API server.
        node: The node that a step named last.
        version: Resource version at the start.
        uids: Uid of every pod at the start, by namespace and name.
        hits: Requests that faults had hit at the start.
    """

    store: Store
    behaviour: Behaviour
    faults: Faults
    node: str = ""
    version: int = 0
    uids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    hits: int = 0
    _serial: int = 0
    _pull_faults: dict[str, PullFault] = field(default_factory=dict)
    _undo: dict[str, Callable[[], None]] = field(default_factory=dict)

    def begin(self) -> None:
        """Remember the cluster as it is before the first fault."""
        self.version = self.store.version
        self.hits = self.faults.hits
        self.uids = {
            (pod["metadata"]["namespace"], pod["metadata"]["name"]): pod["metadata"]["uid"]
            for pod in self.store.items("pods")
        }

    def later(self, simulated_s: float, call: Callable[[], object], key: str) -> None:
        """Call something later, unless what it is called by is taken back before."""

        def run() -> None:
            call()

        timer = self.store.clock.call_later(simulated_s, run)
        self.on_heal(key, timer.cancel)

    def on_heal(self, key: str, undo: Callable[[], None]) -> None:
        """Have ``undo`` called when the fault ``key`` is taken back; once, and after the others."""
        before = self._undo.pop(key, None)

        def both() -> None:
            undo()
            if before is not None:
                before()

        self._undo[key] = both

    def heal(self, key: str = "") -> int:
        """Take faults back, the newest first.

        Args:
            key: Of one fault; with a slash at its end, of all below it; empty for all.

        Returns:
            How many there were.
        """
        below = key.endswith("/") or not key
        chosen = [each for each in self._undo if each == key or (below and each.startswith(key))]
        for each in reversed(chosen):
            self._undo.pop(each)()
        return len(chosen)

    def force(self, fault: ApiFault, lasts_s: float) -> None:
        """Put an API fault in force for some simulated seconds."""
        self._serial += 1
        key = f"api/{self._serial}"
        self.on_heal(key, self.faults.add(fault))
        self.later(lasts_s, lambda: self.heal(key), key)

    def hamper_pulls(self, key: str, fault: PullFault) -> None:
        """Put a fault of the image registry in force."""
        self._pull_faults[key] = fault
        self._apply_pulls()

        def undo() -> None:
            self._pull_faults.pop(key, None)
            self._apply_pulls()

        self.on_heal(key, undo)

    def _apply_pulls(self) -> None:
        self.behaviour.kubelet.hamper(tuple(self._pull_faults.values()))
