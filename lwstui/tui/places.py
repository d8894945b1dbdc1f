"""Changing the context and the namespaces in view."""

from __future__ import annotations

from typing import Final

from lwstui.runtime.destination import Destination
from lwstui.state.model import ClusterState, ContextFacts, ControllerView, Snapshot
from lwstui.tui import verbs
from lwstui.tui.commands.objects import nearest
from lwstui.tui.commands.spec import CommandError
from lwstui.tui.host import Host
from lwstui.tui.leaving import at_stake
from lwstui.tui.screens.modals.picker import Choice, Picker
from lwstui.view.ages import count

ALL: Final = "all"
FAVOURITES: Final = 9
"""As many as there are digits beside the one for all namespaces."""


def favourites(
    snapshot: Snapshot, chosen: tuple[str, ...], before: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the namespaces that digits choose.

    A digit keeps its namespace: those from before stay where they are, others follow, those
    with the most sets first.

    Args:
        snapshot: Knows where there are sets.
        chosen: The operator's own favourites, in order.
        before: What was returned before.
    """
    counts = snapshot.sets_by_namespace
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(dict.fromkeys((*chosen, *before, *ranked)))[:FAVOURITES]


def skeleton(before: Snapshot, destination: Destination, attachment: int) -> Snapshot:
    """Return what is known of a cluster before anything of it has been read."""
    found = next((f for f in before.cluster.contexts if f.name == destination.context), None)
    facts = found or ContextFacts(destination.context)
    return Snapshot(
        version=before.version + 1,
        cluster=ClusterState(
            context=facts.name,
            cluster=facts.cluster,
            server=facts.server,
            user=facts.user,
            sandbox=facts.sandbox,
            namespaces=destination.namespaces or (),
            read_only=destination.read_only,
            attachment=attachment,
            contexts=before.cluster.contexts,
        ),
        controller=ControllerView(mode="unknown"),
        activity=before.activity,
        manner=destination.tuning.manner,
    )


def known_namespaces(snapshot: Snapshot) -> tuple[str, ...]:
    """Return every namespace the console has heard of, by name."""
    cluster = snapshot.cluster
    found = {*cluster.known_namespaces, *snapshot.sets_by_namespace, *cluster.namespaces}
    return tuple(sorted(found))


def named_context(snapshot: Snapshot, text: str) -> str:
    """Return the context that a text names, exactly or by a unique beginning.

    Raises:
        CommandError: If there is none, or several.
    """
    names = [facts.name for facts in snapshot.cluster.contexts]
    if text in names:
        return text
    found = [name for name in names if name.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(f"“{text}” could be {', '.join(found)}")
    near = nearest(text, names)
    raise CommandError(f"no context “{text}”" + (f"; did you mean “{near}”?" if near else ""))


def named_namespaces(snapshot: Snapshot, text: str) -> tuple[str, ...]:
    """Return the namespaces in a text such as ``all`` or ``a,b``; none means all.

    A cluster that does not tell its namespaces is believed whatever is typed.

    Raises:
        CommandError: If the cluster has no such namespace.
    """
    names = tuple(dict.fromkeys(name for name in text.split(",") if name))
    if not names or ALL in names:
        return ()
    there = known_namespaces(snapshot)
    for name in names:
        if snapshot.cluster.known_namespaces and name not in there:
            near = nearest(name, there)
            hint = f"; did you mean “{near}”?" if near else ""
            raise CommandError(f"no namespace “{name}”{hint}")
    return names


def switch_context(host: Host, name: str, namespaces: tuple[str, ...] | None = None) -> None:
    """Go to another context; ask first if leaving this one interrupts something.

    Args:
        host: The application.
        name: A context of the kubeconfig.
        namespaces: Namespaces in view there, none for all; None for those of the context.
    """
    if name == host.snapshot.cluster.context:
        if namespaces is None:
            host.say(f"this is {name}", "dim")
        else:
            host.look_at(namespaces)
        return
    host.run_task(_switch(host, host.destination(name, namespaces)))


async def _switch(host: Host, destination: Destination) -> None:
    impact = at_stake(host.snapshot, forwards=host.backend.forwards(), going_to=destination.context)
    if impact is None or await verbs.leave_guard(host, impact, quits=False):
        host.attach(destination)


async def pick_context(host: Host) -> None:
    """Let the operator choose a context."""
    host.backend.learn_places()
    cluster = host.snapshot.cluster
    choices = [Choice(facts.name, _told(facts)) for facts in cluster.contexts]
    picker = Picker(
        "CONTEXT", choices, start=cluster.context, empty="the kubeconfig has no such context"
    )
    chosen = await host.ask(picker)
    if chosen is not None:
        switch_context(host, chosen)


async def pick_namespace(host: Host) -> None:
    """Let the operator choose a namespace, or all of them."""
    host.backend.learn_places()
    snapshot = host.snapshot
    counts = snapshot.sets_by_namespace
    choices = [Choice(ALL, "every namespace that may be seen")]
    choices += (
        Choice(name, count(counts[name], "set") if name in counts else "")
        for name in known_namespaces(snapshot)
    )
    seen = snapshot.cluster.namespaces
    chosen = await host.ask(Picker("NAMESPACE", choices, start=seen[0] if seen else ALL))
    if chosen is not None:
        host.look_at(() if chosen == ALL else (chosen,))


def _told(facts: ContextFacts) -> str:
    if not facts.server:
        return "its cluster has no server in the kubeconfig"
    words = ["SANDBOX"] if facts.sandbox else []
    if facts.cluster != facts.name:
        words.append(facts.cluster)
    if facts.namespace != "default":
        words.append(f"ns:{facts.namespace}")
    return "  ".join([*words, facts.server])
