"""Faults of the image registry: pulls that fail or take longer. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lwstui.sandbox.containers import Container, PodRun, Script


@dataclass(frozen=True, slots=True)
class PullFault:
    """What happens to pulls of images whose name contains ``match``.

    Attributes:
        match: Part of the image's name; empty for every image.
        error: The runtime's words when the pull fails; empty when it works.
        slowdown: How many times longer a pull takes.
    """

    match: str = ""
    error: str = ""
    slowdown: float = 1.0


def hampered(
    run: PodRun, plain: PodRun, faults: Iterable[PullFault], cached: frozenset[str]
) -> PodRun:
    """Return a pod whose pulls go as the faults have it.

    Args:
        run: The pod as it is.
        plain: The same pod as its kubelet would accept it without faults.
        faults: In force now; a later one wins.
        cached: Images that are on the node.
    """
    active = tuple(faults)
    scripts = {each.name: each.script for each in plain.containers}
    containers = tuple(
        replace(each, script=_script(each, scripts[each.name], active, cached))
        for each in run.containers
    )
    return replace(run, containers=containers)


def _script(
    container: Container, plain: Script, faults: tuple[PullFault, ...], cached: frozenset[str]
) -> Script:
    script = plain
    for fault in faults:
        if fault.match not in container.image:
            continue
        if fault.error and (plain.always_pulls or container.image not in cached):
            script = replace(script, pull_error=fault.error)
        script = replace(script, pull_s=plain.pull_s * fault.slowdown)
    return script
