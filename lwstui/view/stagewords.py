"""How far a starting pod got, in words."""

from __future__ import annotations

from controller.api.pods import Pod


def stage_words(pod: Pod) -> tuple[str, str]:
    """Return how far a starting pod got: (word, reason)."""
    if not pod.scheduled:
        return "starting", "waiting for a node"
    inits = [c for c in pod.containers if c.init]
    active = next((c for c in inits if c.state == "running" and not c.ready), None)
    if active is not None:
        return "init", f"init container {active.name} runs"
    waiting = next((c for c in pod.containers if c.state == "waiting"), None)
    if waiting is not None and waiting.reason in ("ContainerCreating", "PodInitializing", ""):
        return "pulling", f"pulling {waiting.image}" if waiting.image else "creating containers"
    if waiting is not None:
        return "starting", waiting.reason
    if any(c.state == "running" for c in pod.containers):
        return "loading", "running, readiness probe not passed yet"
    return "starting", "waiting for the kubelet"
