"""Files to and from containers of a sandbox: the command, and the console's engine."""

import asyncio
import os
from pathlib import Path

from controller.api.meta import Key
from lwstui.kube.connect import Target
from lwstui.runtime.backend import FetchRequest
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.intents import CopyIn
from tests.e2e.cli import demo, lwstui, ok
from tests.e2e.conftest import World
from tests.support.waiting import eventually


async def test_files_go_to_a_rank_and_come_back(world: World, tmp_path: Path) -> None:
    await world.apply([demo(1)])
    await world.ready("demo", 1)
    raw = os.urandom(1 << 20)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.bin").write_bytes(raw)
    sent = await ok(world, "cp", str(tmp_path / "weights"), "demo/0/1:/tmp")
    assert "are in demo-0-1:/tmp/weights" in sent.out
    back = await ok(world, "cp", "demo/0/1:/tmp/weights", str(tmp_path / "back"))
    assert "1 MiB of demo-0-1:/tmp/weights are in" in back.out
    assert (tmp_path / "back" / "a.bin").read_bytes() == raw
    await ok(world, "cp", "demo/0:/etc/hosts", str(tmp_path), "-c", "main")
    assert "demo-0" in (tmp_path / "hosts").read_text()
    assert {one.name for one in tmp_path.iterdir()} == {"back", "hosts", "weights"}


async def test_what_cannot_be_copied_is_one_sentence(world: World, tmp_path: Path) -> None:
    await world.apply([demo(1)])
    await world.ready("demo", 1)
    here = str(tmp_path)
    for words, code, said in (
        (("demo/0:/nosuch", here), 1, "tar: ./nosuch: Cannot stat: No such file or directory"),
        (("demo:/etc/hosts", here), 1, "no pod demo in namespace default; demo/0 is the leader"),
        (("demo/0:/etc/hosts", here, "-c", "x"), 2, "pod demo-0 has no container x; it has main"),
        (("a", "b"), 2, "neither of the two is in a container"),
        (("demo/0:", here), 2, "names no path"),
    ):
        ran = await lwstui(world, "cp", *words)
        assert ran.code == code
        assert said in ran.err
        assert ran.err.count("\n") == 1
    assert not any(tmp_path.iterdir())


async def test_an_image_without_tar_is_one_sentence(world: World, tmp_path: Path) -> None:
    await world.apply([demo(1, image="gcr.io/distroless/static")])
    await world.ready("demo", 1)
    ran = await lwstui(world, "cp", "demo/0:/etc/hosts", str(tmp_path))
    assert ran.code == 1
    assert "container main of default/demo-0 has no tar, which copying needs" in ran.err


async def test_the_engine_copies_in_as_an_intent_and_out_without(
    world: World, tmp_path: Path
) -> None:
    await world.apply([demo(1)])
    await world.ready("demo", 1)
    (tmp_path / "note.txt").write_text("rehearsed\n")
    snapshots: list = []
    engine = Engine(EngineOptions(Target(kubeconfig=str(world.sandbox.kubeconfig))))
    engine.start(snapshots.append)
    pod = Key("default", "demo-0")
    try:
        await eventually(lambda: snapshots and pod in snapshots[-1].pods)
        uid = snapshots[-1].pods[pod].uid
        intent = CopyIn(pod, uid, "main", "/tmp", str(tmp_path / "note.txt"), 10)
        trial = await asyncio.wrap_future(engine.dry_run(intent))
        assert (trial.ok, trial.note) == (True, "lands in /tmp/note.txt")
        assert (await asyncio.wrap_future(engine.submit(intent))).ok

        def done() -> bool:
            return any("are in demo-0:/tmp/note.txt" in a.outcome for a in snapshots[-1].activity)

        await eventually(done)
        asked = next(a for a in snapshots[-1].activity if a.command)
        source = tmp_path / "note.txt"
        assert asked.command == f"kubectl -n default cp {source} demo-0:/tmp -c main"
        assert not snapshots[-1].underway
        request = FetchRequest(pod, "main", "/tmp/note.txt", str(tmp_path / "back.txt"))
        told = await asyncio.wrap_future(engine.fetch(request, lambda _: None))
        assert "10 B of demo-0:/tmp/note.txt" in told
        assert (tmp_path / "back.txt").read_text() == "rehearsed\n"
    finally:
        await asyncio.to_thread(engine.stop)
