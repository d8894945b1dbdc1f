"""What a diagnosis says: about what, how bad, by which evidence, and what helps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from controller.api.meta import Key

Scope = Literal["cluster", "node", "device", "set", "group", "pod"]
GroupId = tuple[Key, int]
"""A set and the index of one of its groups."""


class Severity(IntEnum):
    """How bad it is; the smaller the worse. Also the exit code's order."""

    CRITICAL = 0
    WARNING = 1
    INFO = 2

    @property
    def word(self) -> str:
        """The word for it, for screens and scripts."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a finding is about.

    Attributes:
        scope: Kind of thing.
        namespace: Empty for nodes, devices and the cluster.
        name: Of the set for sets and groups; of the pod or node; UUID of the device.
        group: Group index, -1 if not about one.
        node: Node of a device.
    """

    scope: Scope
    namespace: str = ""
    name: str = ""
    group: int = -1
    node: str = ""

    def __str__(self) -> str:
        """Name it as an operator would."""
        match self.scope:
            case "cluster":
                return "cluster"
            case "node":
                return f"node {self.name}"
            case "device":
                return f"device {self.name} on {self.node}"
            case "group":
                return f"{self.namespace}/{self.name} group {self.group}"
            case _:
                return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was seen.

    Attributes:
        text: What, in a few words or as it was written.
        at: When, epoch seconds; None if the time is unknown.
    """

    text: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that may help.

    Attributes:
        text: What to do, in a few words.
        action: Id of the console's action that does it, empty if no key does.
        command: Command of the console that does it where no key does, such as ``ctl``.
    """

    text: str
    action: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis.

    Attributes:
        rule: Id of the rule, such as ``P7``.
        severity: How bad.
        subject: About what.
        diagnosis: One sentence without final stop: what is wrong.
        evidence: What was seen.
        advice: What may help, best first.
        groups: Groups that it concerns.
        explains: Ids of rules that are consequences of this where they concern its groups.
        hold_s: How long it must be found before it is said, in seconds.
    """

    rule: str
    severity: Severity
    subject: Subject
    diagnosis: str
    evidence: tuple[Evidence, ...] = ()
    advice: tuple[Advice, ...] = ()
    groups: frozenset[GroupId] = frozenset()
    explains: frozenset[str] = frozenset()
    hold_s: float = 0.0

    @property
    def id(self) -> tuple[str, Subject]:
        """What tells it from others."""
        return self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Insight:
    """A finding that stands, with what follows from it.

    Attributes:
        finding: The root.
        since: When it was first found, epoch seconds.
        consequences: What it explains, worst first.
    """

    finding: Finding
    since: float
    consequences: tuple[Insight, ...] = ()


Insights = tuple[Insight, ...]
"""What to say, worst first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How long a finding has been there.

    Attributes:
        finding: As it was found last.
        since: When it was found first.
        missed: Rounds in a row that did not find it.
    """

    finding: Finding
    since: float
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Judgment:
    """Everything that was found and still counts.

    Attributes:
        standing: By id.
        insights: What to say, worst first, consequences folded under their causes.
    """

    standing: Mapping[tuple[str, Subject], Standing] = field(default_factory=dict)
    insights: tuple[Insight, ...] = ()
