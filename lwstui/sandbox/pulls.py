"""How a container gets its image: from the node, by a pull, or not at all. Pure.

Source: behaviour of kubernetes pkg/kubelet/images, not its code.
"""

from dataclasses import replace

from lwstui.sandbox.containers import Container, Phase, Script, Step

CREATE_S = 0.3
SETTLE_S = 1.0
_BACKOFF_S = 10.0
_BACKOFF_MAX_S = 300.0
_REPEATED_PULL_S = 0.4
_PRESENT = "already present on machine and can be accessed by the pod"


def backoff_s(failures: int) -> float:
    """Return the wait before attempt ``failures + 1``: 10 s, doubling to 5 minutes."""
    return min(_BACKOFF_S * float(2 ** max(0, failures - 1)), _BACKOFF_MAX_S)


def fetch(step: Step, container: Container, at_s: float) -> None:
    """Begin to get a container's image; it is made at once when the image is on the node."""
    script, image = container.script, container.image
    known = image in step.pulled and not script.pull_error
    if script.never_pulls and not known:
        message = f'Container image "{image}" is not present with pull policy of Never'
        step.note(container, "ErrImageNeverPull", message, warning=True)
        step.note(container, "Failed", "Error: ErrImageNeverPull", warning=True)
        step.put(container.move(Phase.PULL_FAILED))
        return
    if known and not script.always_pulls:
        step.note(container, "Pulled", f'Container image "{image}" {_PRESENT}')
        step.put(container.move(Phase.STARTING, at_s + CREATE_S + script.poststart_s))
        return
    step.note(container, "Pulling", f'Pulling image "{image}"')
    step.put(container.move(Phase.PULLING, at_s + _pull_s(script, known=known)))


def pulled(step: Step, container: Container, at_s: float) -> None:
    """End a pull: the container is made, or the pull has failed."""
    image, script = container.image, container.script
    if script.pull_error:
        failed = replace(container, failures=container.failures + 1, trouble=script.pull_error)
        message = f'Failed to pull image "{image}": {script.pull_error}'
        step.note(container, "Failed", message, warning=True)
        step.note(container, "Failed", "Error: ErrImagePull", warning=True)
        step.put(failed.move(Phase.PULL_FAILED, at_s + SETTLE_S))
        return
    took = _duration(_pull_s(script, known=image in step.pulled))
    message = (
        f'Successfully pulled image "{image}" in {took} ({took} including waiting). '
        f"Image size: {script.image_bytes} bytes."
    )
    step.pulled.add(image)
    step.note(container, "Pulled", message)
    container = replace(container, trouble="")
    if container.run is None:
        container = replace(container, failures=0)  # they were of the pull, not of its process
    step.put(container.move(Phase.STARTING, at_s + CREATE_S + script.poststart_s))


def back_off(step: Step, container: Container, at_s: float) -> None:
    """Wait before the next attempt of a pull that has failed."""
    step.note(container, "BackOff", f'Back-off pulling image "{container.image}"')
    step.note(container, "Failed", "Error: ImagePullBackOff", warning=True)
    until_s = at_s + backoff_s(container.failures)
    step.put(container.move(Phase.PULL_BACKOFF, until_s))


def _pull_s(script: Script, *, known: bool) -> float:
    return min(script.pull_s, _REPEATED_PULL_S) if known else script.pull_s


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms" if seconds < 1 else f"{seconds:g}s"
