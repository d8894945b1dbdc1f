"""Finding the object that words mean. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.tui.commands.spec import CommandError
from lwstui.view.types import Ref


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the most similar name, else the first that begins so; empty if there is none."""
    known = sorted(names)
    found = get_close_matches(word, known, n=1, cutoff=0.5)
    return found[0] if found else next((n for n in known if word and n.startswith(word)), "")


def resolve(snapshot: Snapshot, text: str) -> Ref:
    """Return what ``[NS/]SET[/GROUP[/WORKER]]`` or a pod's name means.

    Raises:
        CommandError: If nothing of that name exists, or several do.
    """
    parts = text.split("/")
    indices: list[int] = []
    while len(parts) > 1 and parts[-1].isascii() and parts[-1].isdigit() and len(indices) < 2:
        if Key("/".join(parts[:-1]), parts[-1]) in snapshot.sets:
            break
        indices.insert(0, int(parts.pop()))
    keys = _named(snapshot.sets, parts)
    if not keys and not indices:
        pods = _named(snapshot.pods, parts)
        if len(pods) == 1:
            pod = snapshot.pods[pods[0]]
            return Ref("pod", pod.namespace, pod.name, pod.group, pod.worker, pod.uid)
    if len(keys) > 1:
        raise CommandError(f"“{text}” is in several namespaces: {', '.join(map(str, keys))}")
    if not keys:
        near = _nearest_set(snapshot, parts)
        raise CommandError(f"no set “{text}”" + (f"; did you mean “{near}”?" if near else ""))
    return _inside(snapshot, keys[0], indices)


def _nearest_set(snapshot: Snapshot, parts: list[str]) -> str:
    """Return the set that was probably meant, with its namespace if that was named."""
    if len(parts) < 2:
        return nearest(parts[-1], (key.name for key in snapshot.sets))
    inside = nearest(parts[-1], (k.name for k in snapshot.sets if k.namespace == parts[0]))
    return f"{parts[0]}/{inside}" if inside else nearest("/".join(parts), map(str, snapshot.sets))


def _inside(snapshot: Snapshot, key: Key, indices: list[int]) -> Ref:
    if not indices:
        return Ref("set", key.namespace, key.name)
    members = [p for p in snapshot.by_set.get(key, ()) if p.group == indices[0]]
    if not members:
        raise CommandError(f"{key} has no group {indices[0]}")
    if len(indices) == 1:
        leader = next((p.uid for p in members if p.worker == 0), "")
        return Ref("group", key.namespace, key.name, indices[0], uid=leader)
    pod = next((p for p in members if p.worker == indices[1]), None)
    if pod is None:
        raise CommandError(f"{key} group {indices[0]} has no worker {indices[1]}")
    return Ref("pod", key.namespace, pod.name, pod.group, pod.worker, pod.uid)


def _named(keys: Iterable[Key], parts: list[str]) -> list[Key]:
    if len(parts) == 2:
        return [key for key in keys if key == (parts[0], parts[1])]
    return [key for key in keys if key.name == parts[-1]] if len(parts) == 1 else []


def object_names(keys: Iterable[Key]) -> list[str]:
    """Return the shortest unambiguous name of each object, sorted."""
    found = tuple(keys)
    counts = Counter(key.name for key in found)
    return sorted(key.name if counts[key.name] == 1 else str(key) for key in found)
