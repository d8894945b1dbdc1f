"""What was applied, when, by whom and from what: kept so that it can be put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from controller.api.meta import format_micro_time
from lwstui.config.statefiles import StateFiles
from lwstui.state.manifests import Body, Trial
from lwstui.state.releases import KeptRelease, releases_of
from lwstui.view.diffs import essence

FILE: Final = "releases"
MOST: Final = 50
_SECRET: Final = ("data", "stringData")


@dataclass(frozen=True, slots=True)
class Release:
    """One apply.

    Attributes:
        source: File or folder the objects come from.
        digest: Hash of its text.
        user: Who applied it.
        at: Epoch seconds.
        sent: What the server accepted, with what was there before.
    """

    source: str
    digest: str
    user: str
    at: float
    sent: tuple[Trial, ...]


def keep(files: StateFiles, release: Release) -> str:
    """Add a release to those of a context; return the problem, empty if there is none.

    Values of Secrets are left out.
    """
    document, problem = files.read(FILE)
    found = document if isinstance(document, list) else []
    return problem or files.write(FILE, [*found, _document(release)][-MOST:])


def kept(files: StateFiles) -> tuple[KeptRelease, ...]:
    """Return the releases of a context, the oldest first."""
    document, _ = files.read(FILE)
    return releases_of(document)


def _document(release: Release) -> dict[str, Any]:
    return {
        "at": format_micro_time(release.at),
        "source": release.source,
        "hash": release.digest,
        "who": release.user,
        "objects": [
            {
                "kind": trial.manifest.kind,
                "namespace": trial.key.namespace,
                "name": trial.key.name,
                "before": _disclosed(trial.live),
                "applied": _disclosed(trial.manifest.body),
            }
            for trial in release.sent
        ],
    }


def _disclosed(body: Body | None) -> dict[str, Any] | None:
    if body is None:
        return None
    found = essence(body)
    if found.get("kind") == "Secret":
        return {name: part for name, part in found.items() if name not in _SECRET}
    return found
