"""Take the picture of the README from a real run: ``make screenshot``.

Sandbox, embedded controller and console are the ones of ``lwstui demo``; only the terminal is
Textual's headless one, which can be saved as SVG.
"""

import asyncio
import sys
from pathlib import Path

from lwstui.cli.demo import DEFAULTS
from lwstui.data import folder
from lwstui.kube.connect import Target
from lwstui.kube.manifests import load_manifests
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.tui.app import Console, ConsoleOptions
from tests.support.waiting import eventually

EXTRA = ("07-aikit-gpu.yaml",)
SIZE = (120, 26)


def rolling() -> dict[str, object]:
    """Return the sample with another image: an update that is under way in the picture."""
    (sample,) = load_manifests([str(folder("examples") / "02-leaderworkerset-sample.yaml")])
    template = sample["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    template["spec"]["containers"][0]["image"] = "nginxinc/nginx-unprivileged:1.28"
    return sample


async def take(path: Path) -> None:
    """Run the demo, wait until there is something to see, and save the dashboard."""
    files = [str(folder("examples") / name) for name in (*DEFAULTS, *EXTRA)]
    async with running_sandbox(SandboxOptions(speed=6)) as sandbox:
        target = Target(str(sandbox.kubeconfig))
        engine = Engine(
            EngineOptions(
                target=target,
                namespaces=(),
                read_only=False,
                embedded_controller=True,
                identity="laptop-4711",
                apply_first=tuple(load_manifests(files)),
            )
        )
        console = Console(engine, ConsoleOptions())
        async with console.run_test(size=SIZE) as pilot:
            store = sandbox.store
            key = "leaderworkersets.leaderworkerset.x-k8s.io"

            def ready() -> int:
                sets = store.items(key)
                return sum(s.get("status", {}).get("readyReplicas", 0) for s in sets)

            await eventually(lambda: ready() >= 5, 60)
            changed = rolling()

            def update(stored: dict[str, object]) -> None:
                stored["spec"]["leaderWorkerTemplate"] = {  # type: ignore[index]
                    **stored["spec"]["leaderWorkerTemplate"],  # type: ignore[index]
                    "workerTemplate": changed["spec"]["leaderWorkerTemplate"]["workerTemplate"],  # type: ignore[index]
                }

            store.update(key, "default", "leaderworkerset-sample", update)

            def mid_way() -> bool:
                status = store.get(key, "default", "leaderworkerset-sample")["status"]
                return status.get("updatedReplicas", 0) == 2

            await eventually(mid_way, 60)
            await pilot.pause(0.3)
            path.write_text(console.export_screenshot(title="lwstui demo"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
