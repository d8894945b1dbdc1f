"""Steps that act on what all pods share: the image registry, the API server, a set's image."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from lwstui.sandbox.faults import REFUSALS, VERBS, ApiFault
from lwstui.sandbox.objects import Json
from lwstui.sandbox.pullfaults import PullFault
from lwstui.sandbox.scenarios.actions import Action
from lwstui.sandbox.scenarios.parts import ScenarioError, Seconds
from lwstui.sandbox.scenarios.stage import Stage
from lwstui.sandbox.scripts import PREFIX

_LOAD = f"{PREFIX}load"
SETS = "leaderworkersets.leaderworkerset.x-k8s.io"
_REFUSED = (
    "failed to pull and unpack image: failed to resolve reference: failed to do request: "
    "dial tcp 203.0.113.7:443: connect: connection refused"
)


class RegistryDown(Action, frozen=True, kw_only=True):
    """Have pulls of images named like ``match`` fail; ``error`` are the runtime's words."""

    WORD = "registry-down"
    match: str = ""
    error: str = _REFUSED

    def perform(self, stage: Stage) -> str:
        """Put the fault in force."""
        stage.hamper_pulls(f"registry/{self.match}", PullFault(self.match, self.error))
        return f"pulls of {self.match or 'all'} images fail"


class SlowPulls(Action, frozen=True, kw_only=True):
    """Have pulls take ``factor`` times as long, of images whose name contains ``match``."""

    WORD = "slow-pulls"
    match: str = ""
    factor: float

    def __post_init__(self) -> None:
        """Refuse a factor that makes pulls faster than nothing."""
        if self.factor <= 0:
            raise ValueError("factor must be above 0")

    def perform(self, stage: Stage) -> str:
        """Put the fault in force."""
        fault = PullFault(self.match, slowdown=self.factor)
        stage.hamper_pulls(f"registry/slow/{self.match}", fault)
        return f"pulls of {self.match or 'all'} images take {self.factor:g} times as long"


class RegistryUp(Action, frozen=True, kw_only=True):
    """Bring the image registry back."""

    WORD = "registry-up"

    def perform(self, stage: Stage) -> str:
        """Take all faults of the registry back."""
        stage.heal("registry/")
        return "the registry is back"


class SetImage(Action, frozen=True, kw_only=True):
    """Change the image in a set's templates, as an operator rolls out a version."""

    WORD = "set-image"
    namespace: str = "default"
    lws: str = msgspec.field(name="set")
    image: str

    def perform(self, stage: Stage) -> str:
        """Write the image into both templates."""

        def change(target: Json) -> None:
            for container in _containers(target):
                container["image"] = self.image

        _change_set(stage, self.namespace, self.lws, change)
        return f"set {self.lws} gets image {self.image}"


class SetLoad(Action, frozen=True, kw_only=True):
    """Ask a set's engines for so many ``requests`` at a time; without them, for what they like."""

    WORD = "load"
    namespace: str = "default"
    lws: str = msgspec.field(name="set")
    requests: int | None = None

    def perform(self, stage: Stage) -> str:
        """Write the demand on the set."""
        _demand(stage, self.namespace, self.lws, self.requests)
        key = f"load/{self.namespace}/{self.lws}"
        if self.requests is None:
            stage.heal(key)
            return f"the load of set {self.lws} is what it was"
        stage.on_heal(key, lambda: _lift(stage, self.namespace, self.lws))
        return f"set {self.lws} is asked for {self.requests} requests at a time"


class ApiErrors(Action, frozen=True, kw_only=True):
    """Slow down or refuse API requests for a while, by verb and path; ``share`` of them."""

    WORD = "api-errors"
    verbs: tuple[str, ...] = ()
    path: str = ""
    code: int = 0
    latency: Seconds = Seconds(0)
    retry_after: int = 1
    share: float = 1.0
    lasts: Seconds = msgspec.field(name="for")

    def __post_init__(self) -> None:
        """Refuse what no API server would do."""
        check_selector(self.verbs, self.path)
        if self.code and self.code not in REFUSALS:
            raise ValueError(f"code must be one of {', '.join(map(str, REFUSALS))}")
        if not self.code and not self.latency:
            raise ValueError("code or latency must say what happens to the requests")
        if not 0 < self.share <= 1:
            raise ValueError("share must be above 0 and at most 1")

    def perform(self, stage: Stage) -> str:
        """Put the fault in force until its time is over."""
        fault = ApiFault(
            verbs=frozenset(self.verbs),
            path=self.path,
            latency_s=self.latency,
            code=self.code,
            retry_after_s=self.retry_after,
            share=self.share,
        )
        stage.force(fault, self.lasts)
        what = f"answered with {self.code}" if self.code else f"delayed by {self.latency:g} s"
        return f"{_requests(self.verbs, self.path)} are {what} for {self.lasts:g} s"


class DropWatches(Action, frozen=True, kw_only=True):
    """Break the connections of all open watches whose path matches."""

    WORD = "drop-watches"
    path: str = ""

    def __post_init__(self) -> None:
        """Refuse a path that is no expression."""
        check_selector((), self.path)

    def perform(self, stage: Stage) -> str:
        """Break them."""
        return f"{stage.faults.drop_watches(self.path)} watches broken"


class ExpireWatches(Action, frozen=True, kw_only=True):
    """Break all watches and forget what happened so far: those that resume are told 410 Expired."""

    WORD = "expire-watches"
    path: str = ""
    lasts: Seconds = msgspec.field(name="for")

    def __post_init__(self) -> None:
        """Refuse a path that is no expression."""
        check_selector((), self.path)

    def perform(self, stage: Stage) -> str:
        """Expire and break them."""
        fault = ApiFault(frozenset({"watch"}), self.path, expires_before=stage.store.version)
        stage.force(fault, self.lasts)
        count = stage.faults.drop_watches(self.path)
        return f"{count} watches broken; none can resume from before"


def check_selector(verbs: tuple[str, ...], path: str) -> None:
    """Raise ``ValueError`` unless these select API requests."""
    unknown = [verb for verb in verbs if verb not in VERBS]
    if unknown:
        raise ValueError(f"no verb {unknown[0]!r}; there are {', '.join(VERBS)}")
    try:
        re.compile(path)
    except re.error as error:
        raise ValueError(f"path {path!r} is no regular expression: {error}") from None


def _change_set(stage: Stage, namespace: str, name: str, change: Callable[[Json], None]) -> None:
    if stage.store.get(SETS, namespace, name) is None:
        raise ScenarioError(f"there is no set {name} in namespace {namespace}")
    stage.store.update(SETS, namespace, name, change)


def _demand(stage: Stage, namespace: str, name: str, requests: int | None) -> None:
    def change(target: Json) -> None:
        annotations = target["metadata"].setdefault("annotations", {})
        annotations.pop(_LOAD, None)
        if requests is not None:
            annotations[_LOAD] = str(requests)

    _change_set(stage, namespace, name, change)


def _lift(stage: Stage, namespace: str, name: str) -> None:
    """Take a demand back, if its set is still there."""
    if stage.store.get(SETS, namespace, name) is not None:
        _demand(stage, namespace, name, None)


def _requests(verbs: tuple[str, ...], path: str) -> str:
    what = f"{'/'.join(verbs)} requests" if verbs else "requests"
    return f"{what} to {path}" if path else what


def _containers(lws: Json) -> Iterator[dict[str, Any]]:
    template = lws["spec"]["leaderWorkerTemplate"]
    for name in ("leaderTemplate", "workerTemplate"):
        yield from (template.get(name) or {"spec": {"containers": []}})["spec"]["containers"]
