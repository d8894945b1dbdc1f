"""Taking back what was done: each reversal is an ordinary verb, with its dialog."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from controller.api.meta import Key
from lwstui.runtime.intents import Cordon, SetImage, SetPartition
from lwstui.state.model import Activity
from lwstui.tui.host import Host
from lwstui.tui.takingback import take_back
from lwstui.tui.verbs.asking import change_spec, confirm
from lwstui.tui.verbs.controlling import pause_for_set
from lwstui.tui.verbs.rollouts import hold, pause_rollout, resume_rollout, undo
from lwstui.tui.verbs.sets import scale

Values = tuple[str, ...]


async def reverse(host: Host, line: Activity) -> None:
    """Ask for what takes a change back, and carry it out.

    Args:
        host: The application.
        line: What was done; it must have a reversal.
    """
    back, context = line.reversal, host.snapshot.cluster.context
    if back is None:
        return
    if line.context and line.context != context:
        host.say(f"this was done in {line.context}; go there first: :ctx {line.context}", "warn")
        return
    namespace, _, name = line.target.rpartition("/")
    key = Key(namespace, name)
    if back.verb == "release":
        await take_back(host, back.values[0], key, line.at)
    else:
        await _VERBS[back.verb](host, key, back.values)


async def _scale(host: Host, key: Key, values: Values) -> None:
    await scale(host, key, int(values[0]))


async def _partition(host: Host, key: Key, values: Values) -> None:
    to = int(values[0])

    def intent(key: Key, uid: str, generation: int) -> SetPartition:
        return SetPartition(key, uid, generation, to)

    await change_spec(host, key, intent, "Set")


async def _revision(host: Host, key: Key, values: Values) -> None:
    revision = values[0]
    mine = [
        one.number
        for one in host.snapshot.revisions.values()
        if (one.namespace, one.set_name, one.key) == (*key, revision)
    ]
    if mine:
        await undo(host, key, max(mine))
    else:
        host.say(f"revision {revision} of {key} is not kept any more", "warn")


async def _images(host: Host, key: Key, values: Values) -> None:
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    changes = tuple(zip(values[::3], values[1::3], values[2::3], strict=True))
    await confirm(host, SetImage(key, lws.metadata.uid, changes), "Set image")


async def _cordon(host: Host, key: Key, *, on: bool) -> None:
    node = host.snapshot.nodes.get(key.name)
    if node is None:
        host.say(f"node {key.name} is gone", "warn")
        return
    await confirm(host, Cordon(key, node.uid, on), "Cordon" if on else "Uncordon")


_VERBS: Final[dict[str, Callable[[Host, Key, Values], Coroutine[Any, Any, None]]]] = {
    "scale": _scale,
    "partition": _partition,
    "hold": lambda host, key, _: hold(host, key),
    "pause": lambda host, key, _: pause_rollout(host, key),
    "resume": lambda host, key, _: resume_rollout(host, key),
    "revision": _revision,
    "image": _images,
    "cordon": lambda host, key, _: _cordon(host, key, on=True),
    "keep-off": lambda host, key, _: pause_for_set(host, key, True),
    "serve": lambda host, key, _: pause_for_set(host, key, False),
    "uncordon": lambda host, key, _: _cordon(host, key, on=False),
}
"""What carries each verb of a reversal out, given its values."""
