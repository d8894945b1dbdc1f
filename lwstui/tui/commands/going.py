"""Commands that open a screen."""

from __future__ import annotations

from typing import Final

from lwstui.tui import targets, verbs
from lwstui.tui.commands.meaning import target
from lwstui.tui.commands.spec import LOG_PART, Command, CommandSpec
from lwstui.tui.host import Host
from lwstui.tui.routes import (
    EVENTS,
    FLEET,
    NODES,
    PODS,
    Route,
    group_route,
    placement_route,
    pod_route,
    set_route,
)


def _sets(host: Host, command: Command) -> None:
    del command
    host.goto(FLEET)


def _open(host: Host, command: Command) -> None:
    ref = target(host, command)
    if ref.kind == "pod":
        host.goto(pod_route(ref.namespace, ref.name), top=True)
    elif ref.kind == "group":
        host.goto(group_route(ref.key, ref.group), top=True)
    else:
        host.goto(set_route(ref.key), top=True)


def _placement(host: Host, command: Command) -> None:
    ref = target(host, command)
    key = targets.set_key(host.snapshot, ref)
    if key is not None:
        host.goto(placement_route(key, ref.group), top=True)


def _pods(host: Host, command: Command) -> None:
    host.goto(Route("pods", target(host, command)) if command.args else PODS, top=True)


def _nodes(host: Host, command: Command) -> None:
    host.goto(Route("nodes", target(host, command)) if command.args else NODES, top=True)


def _events(host: Host, command: Command) -> None:
    host.goto(Route("events", target(host, command)) if command.args else EVENTS, top=True)


def _logs(host: Host, command: Command) -> None:
    ref = target(host, command)
    role, since_s = "leader" if ref.kind == "set" else "all", None
    for found in filter(None, map(LOG_PART.fullmatch, command.args[1:])):
        if found[1]:
            role = found[1]
        else:
            since_s = int(found[2]) * {"s": 1, "m": 60, "h": 3600}[found[3]]
    verbs.open_logs(host, ref, role=role, since_s=since_s)


def _forwards(host: Host, command: Command) -> None:
    del command
    host.run_task(verbs.show_forwards(host))


def _describe(host: Host, command: Command) -> None:
    verbs.open_text(host, target(host, command), "describe")


def _yaml(host: Host, command: Command) -> None:
    verbs.open_text(host, target(host, command), "yaml")


def _can(host: Host, command: Command) -> None:
    del command
    host.goto(Route("can"), top=True)


COMMANDS: Final = (
    CommandSpec("can", "what may be done here", _can),
    CommandSpec("sets", "all sets", _sets, ("lws", "fleet", "leaderworkersets")),
    CommandSpec(
        "set",
        "groups of a set, the start-up of a group, the containers of a pod",
        _open,
        ("groups", "gr", "open"),
        ("target",),
        1,
    ),
    CommandSpec(
        "placement", "groups against topology domains", _placement, ("topology",), ("target",), 1
    ),
    CommandSpec(
        "pods", "pods of all sets, of a set or of a group", _pods, ("po", "pod"), ("target",)
    ),
    CommandSpec(
        "nodes",
        "nodes and their accelerators, all or those of a target",
        _nodes,
        ("no", "node", "gpu"),
        ("target",),
    ),
    CommandSpec(
        "events", "events, of everything or of a target", _events, ("ev", "event"), ("target",)
    ),
    CommandSpec(
        "logs", "merged logs of a target", _logs, ("log",), ("target", "log-part", "log-part"), 1
    ),
    CommandSpec("pf", "open port-forwards", _forwards, ("forwards", "portforwards")),
    CommandSpec("describe", "describe a target", _describe, ("desc",), ("target",), 1),
    CommandSpec("yaml", "a target as YAML", _yaml, (), ("target",), 1),
)
