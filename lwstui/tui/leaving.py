"""What depends on this program and would stop when it ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from controller.api.meta import Key
from lwstui.runtime.backend import Forward
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.spec import replicas_of
from lwstui.view.types import Impact, Span


def _works(snapshot: Snapshot, works: list[Key]) -> str:
    going = snapshot.underway
    return ", ".join(f"{going[key].text} of {key}: {going[key].now}" for key in works)


def at_stake(
    snapshot: Snapshot,
    *,
    forwards: Sequence[Forward] = (),
    going_to: str = "",
    suspends: bool = False,
) -> Impact | None:
    """Return what leaving would interrupt, None if nothing depends on this program.

    Args:
        snapshot: What is known.
        forwards: Open port-forwards.
        going_to: The context to go to instead; empty to leave the program.
        suspends: Whether the program is stopped by its shell instead, to go on later.
    """
    if snapshot.cluster.playing is not None:
        return None
    leads = snapshot.controller.mode == "leader" and bool(snapshot.sets)
    pending = len(snapshot.pending)
    taping = snapshot.cluster.taping
    taped = taping.path if going_to and taping is not None and not taping.ended else ""
    works = [key for key, going in snapshot.underway.items() if going.stoppable]
    if not (leads or pending or works or forwards or taped):
        return None
    what: list[str] = []
    facts: list[tuple[str, Span]] = []
    if leads:
        groups = sum(replicas_of(lws) for lws in snapshot.sets.values())
        what.append("The controller of these sets runs inside this console.")
        what.append(
            "Running pods go on, but lost groups stop being replaced and rollouts stop moving "
            "until a controller runs again. One in the cluster stays: "
            "lwstui manifest controller | kubectl apply -f -"
        )
        facts.append(
            ("Led from here", Span(f"{count(len(snapshot.sets), 'set')}, {count(groups, 'group')}"))
        )
    if works:
        facts.append(("Stops half done", Span(_works(snapshot, works), "warn")))
    if forwards:
        text = ", ".join(f"{one.url} to {one.request.to}" for one in forwards)
        facts.append(("Port-forwards", Span(text, "warn")))
    if taped:
        facts.append(("Ends", Span(f"the recording to {taped}", "warn")))
    if pending:
        facts.append(("Not confirmed yet", Span(count(pending, "change"), "warn")))
    if going_to:
        facts.append(("Going to", Span(going_to)))
    title = "LEAVE THIS CONTEXT" if going_to else "LEAVE"
    if suspends:
        title = "SUSPEND"
        what.append("All of the program stands still until the shell lets it go on: fg.")
    return Impact(title, snapshot.cluster.context, tuple(what), tuple(facts))
