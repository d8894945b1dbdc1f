"""Make the animated tour of the README: ``python -m tests.support.tour docs/guide/tour.svg``.

The program is driven by keys through a first run: sandbox, embedded controller and console are
the ones of ``lwstui demo``, and a rollout is begun whose new pods run out of memory. Only the
terminal is Textual's headless one, which can be saved as SVG.
"""

import asyncio
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, NamedTuple

from textual.pilot import Pilot

from lwstui.cli.demo import DEFAULTS
from lwstui.data import folder
from lwstui.kube.connect import Target
from lwstui.kube.manifests import load_manifests
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from lwstui.tui.app import Console, ConsoleOptions
from tests.support.animation import Frame, animated
from tests.support.waiting import eventually

SIZE: Final = (112, 30)
SECONDS: Final = 5.0
WITHIN_S: Final = 240
SETTLES: Final = 20
"""Tenths of a second a screen has to read what it shows."""
CRASHES: Final = 4
"""Deaths of the new pods after which nobody takes it for a slow start."""
SETS: Final = "leaderworkersets.leaderworkerset.x-k8s.io"
NAME: Final = "vllm"


class Step(NamedTuple):
    """One step of the tour.

    Attributes:
        keys: What is pressed.
        key: What is written of that.
        screen: Where it leads; empty for a dialog.
        caption: What is answered there.
    """

    keys: tuple[str, ...]
    key: str
    screen: str
    caption: str


STEPS: Final = (
    Step((), "", "fleet", "What is wrong, in words, and the sets, the worst first: no key needed"),
    Step(("enter",), "enter", "lws", "Every group of the set; the cursor is on the worst"),
    Step(("z",), "z", "rollout", "How far the rollout is, and what it waits for"),
    Step(("w",), "w", "why", "Why: cause, evidence, which pod crashed first, what may help"),
    Step(("l",), "l", "logs", "The logs of all leaders, merged by time"),
    Step(("q", "q", "ctrl+l"), "ctrl-l", "", "Undo: what it does and costs, before it is done"),
)


def broken(stored: dict[str, Any]) -> None:
    """Give the set a new image whose leaders run out of memory."""
    template = deepcopy(stored["spec"]["leaderWorkerTemplate"])
    leader = template["leaderTemplate"]
    leader["spec"]["containers"][0]["image"] = "vllm/vllm-openai:v0.9.1"
    meta = leader.setdefault("metadata", {})
    meta.setdefault("annotations", {})["sandbox.lwstui.dev/oom-after"] = "30s"
    stored["spec"]["leaderWorkerTemplate"] = template


async def take(path: Path) -> None:
    """Run the program through the tour and save it."""
    files = [str(folder("examples") / name) for name in DEFAULTS]
    async with running_sandbox(SandboxOptions(speed=8)) as sandbox:
        engine = Engine(
            EngineOptions(
                target=Target(str(sandbox.kubeconfig)),
                embedded_controller=True,
                identity="laptop-4711",
                apply_first=tuple(load_manifests(files)),
            )
        )
        console = Console(engine, ConsoleOptions())
        async with console.run_test(size=SIZE) as pilot:
            await _until_it_is_stuck(sandbox, console)
            frames = [await _frame(pilot, console, step) for step in STEPS]
    path.write_text(animated(frames, SECONDS), encoding="utf-8")


async def _until_it_is_stuck(sandbox: Sandbox, console: Console) -> None:
    def status() -> dict[str, Any]:
        found = sandbox.store.get(SETS, "default", NAME) or {}
        return dict(found.get("status") or {})

    def served() -> bool:
        return bool(status().get("readyReplicas", 0) == 2)

    def crashed() -> bool:
        snapshot = console.snapshot
        mine = [one for one in snapshot.deaths if one.set_key.name == NAME]
        return len(mine) >= CRASHES and bool(snapshot.insights)

    await eventually(served, WITHIN_S)
    sandbox.store.update(SETS, "default", NAME, broken)
    await eventually(crashed, WITHIN_S)


async def _frame(pilot: Pilot[int], console: Console, step: Step) -> Frame:
    await pilot.press(*step.keys)
    await eventually(_there(console, step.screen), WITHIN_S)
    for _ in range(SETTLES):
        await pilot.pause(0.1)
    return Frame(step.key, step.caption, console.export_screenshot(title="lwstui"))


def _there(console: Console, screen: str) -> Callable[[], bool]:
    if not screen:
        return lambda: console.screen is not console.front
    return lambda: console.screen is console.front and console.front.route.screen == screen


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
