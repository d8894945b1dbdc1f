"""How much is asked before a change: by how dangerous it is and where it happens."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from lwstui.state.model import ClusterState
from lwstui.view.types import Impact

LOCAL_CONTEXTS: Final = (
    "sandbox",
    "lwstui-sandbox",
    "kind-*",
    "k3d-*",
    "minikube",
    "docker-desktop",
    "colima",
)
TYPED_EVERYWHERE: Final = 4
"""Level from which a name must be typed, wherever it is."""


@dataclass(frozen=True, slots=True)
class Safety:
    """What the operator wants to be asked.

    Attributes:
        unprotected: Patterns of contexts in which a key or a button confirms.
        protected: Patterns of contexts among which those are.
        typed_from: Level from which a name must be typed in all other contexts; 5 or more
            leaves it to the changes that ask for one everywhere.
        grace_s: Seconds for which a dialog that has opened hears no key.
    """

    unprotected: tuple[str, ...] = LOCAL_CONTEXTS
    typed_from: int = 3
    protected: tuple[str, ...] = ("*",)
    grace_s: float = 0.25

    def protects(self, cluster: ClusterState) -> bool:
        """Tell whether a cluster is one where dangerous changes need a name typed."""
        if cluster.sandbox:
            return False
        if any(fnmatchcase(cluster.context, pattern) for pattern in self.unprotected):
            return False
        return any(fnmatchcase(cluster.context, pattern) for pattern in self.protected)

    def wants_typing(self, level: int, cluster: ClusterState) -> bool:
        """Tell whether a change of this level must be confirmed by typing."""
        if level >= TYPED_EVERYWHERE:
            return True
        return self.protects(cluster) and level >= self.typed_from


STANDARD: Final = Safety()


def asked_for(impact: Impact, cluster: ClusterState, safety: Safety) -> str:
    """Return what must be typed to confirm a change, empty where a button suffices."""
    return impact.word if safety.wants_typing(impact.level, cluster) else ""
