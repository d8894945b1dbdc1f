"""Copies from and to containers: whole or not at all, and nothing outside their place."""

import asyncio
import io
import os
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest

from controller.api.meta import Key
from lwstui.kube.channels import Piped
from lwstui.runtime.copying import Remote, fetch, put
from lwstui.runtime.packing import CopyError

POD = Key("default", "demo-0")
PIECE = 4096


def remote(path: str) -> Remote:
    return Remote(POD, "main", path)


def packed(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return buffer.getvalue()


def special(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


class Container:
    """Runs commands: tar sends what it was given, the others do as they are told."""

    def __init__(self, sends: bytes = b"", end: Piped | None = None, folders=()) -> None:
        self.sends, self.end = sends, end or Piped(0)
        self.folders = set(folders)
        self.commands: list[tuple[str, ...]] = []
        self.received = bytearray()
        self.ends: dict[str, Piped] = {}

    async def run(self, pod, container, command, *, feed=None, write=None):
        assert (pod, container) == (POD, "main")
        self.commands.append(tuple(command))
        if command[0] == "test":
            return self.ends.get("test", Piped(0 if command[2] in self.folders else 1))
        if write is not None:
            for at in range(0, len(self.sends), PIECE):
                await write(self.sends[at : at + PIECE])
            return self.end
        while feed is not None and (data := await feed()):
            self.received += data
            if "tar" in self.ends:
                break
        return self.ends.get(command[0], Piped(0))


def left(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def test_a_file_and_a_folder_arrive_whole_and_say_how_far_they_are(tmp_path):
    raw = os.urandom(3 << 20)
    said = []
    cluster = Container(packed(("./trace.bin", raw)))
    told = await fetch(cluster, remote("/tmp/trace.bin"), tmp_path, said.append)
    assert (tmp_path / "trace.bin").read_bytes() == raw
    assert told == f"3 MiB of demo-0:/tmp/trace.bin are in {tmp_path / 'trace.bin'}"
    assert cluster.commands == [("tar", "cf", "-", "-C", "/tmp", "./trace.bin")]
    assert said[0] == "1 MiB copied"
    cluster = Container(packed(special("./logs", tarfile.DIRTYPE), ("./logs/a/b", b"b")))
    await fetch(cluster, remote("logs/"), tmp_path / "mine", said.append)
    assert (tmp_path / "mine" / "a" / "b").read_bytes() == b"b"
    assert left(tmp_path) == ["mine", "trace.bin"]


@pytest.mark.parametrize(
    ("sends", "said"),
    [
        (packed(("./x/../../evil", b"x")), "which was not asked for"),
        (packed(("/etc/cron.d/evil", b"x")), "which was not asked for"),
        (packed(("./other", b"x")), "which was not asked for"),
        (packed(special("./x", tarfile.SYMTYPE, "/etc/passwd")), "is a link or a device"),
        (packed(special("./x", tarfile.CHRTYPE)), "sent what it may not"),
        (packed(("./x", b"x" * 9000))[:5000], "no whole archive"),
        (b"no archive at all" * 100, "no whole archive"),
    ],
)
async def test_what_a_container_sends_is_not_trusted(tmp_path, sends, said):
    here = tmp_path / "here"
    here.mkdir()
    with pytest.raises(CopyError, match=said):
        await fetch(Container(sends), remote("/tmp/x"), here, lambda _: None)
    assert left(here) == []
    assert left(tmp_path) == ["here"]


async def test_links_in_a_folder_are_left_out_and_nothing_is_written_through_them(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    here = tmp_path / "here"
    here.mkdir()
    sends = packed(
        special("./x", tarfile.DIRTYPE),
        special("./x/way", tarfile.SYMTYPE, str(outside)),
        special("./x/hard", tarfile.LNKTYPE, "/etc/passwd"),
        ("./x/way/evil", b"x"),
    )
    told = await fetch(Container(sends), remote("/x"), here, lambda _: None)
    assert told.endswith("; 2 links left out")
    assert left(outside) == []
    assert (here / "x" / "way" / "evil").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (Piped(127, said='exec: "tar": executable file not found in $PATH'), "has no tar, which"),
        (Piped(None, 'exec failed: "tar": executable file not found in $PATH'), "has no tar"),
        (Piped(2, said="tar: x: Cannot stat: No such file"), "demo-0:/tmp/x: tar: x: Cannot stat"),
        (Piped(None, "the connection to the container was lost"), "connection to the container"),
    ],
)
async def test_why_nothing_came_is_one_sentence(tmp_path, end, said):
    cluster = Container(packed(("./x", b"half"))[:600], end)
    with pytest.raises(CopyError, match=said):
        await fetch(cluster, remote("/tmp/x"), tmp_path, lambda _: None)
    assert left(tmp_path) == []


async def test_a_log_that_grew_meanwhile_is_copied_and_said(tmp_path):
    cluster = Container(packed(("./x", b"line\n")), Piped(1, said="file changed as we read it"))
    told = await fetch(cluster, remote("/x"), tmp_path, lambda _: None)
    assert told.endswith("parts of which changed meanwhile")


async def test_an_interrupted_copy_leaves_nothing(tmp_path):
    begun, never = asyncio.Event(), asyncio.Event()

    class Hangs(Container):
        async def run(self, pod, container, command, *, feed=None, write=None):
            await write(packed(("./x", os.urandom(1 << 20)))[: 1 << 18])
            begun.set()
            await never.wait()

    copy = asyncio.create_task(fetch(Hangs(), remote("/x"), tmp_path, lambda _: None))
    await begun.wait()
    copy.cancel()
    with suppress(asyncio.CancelledError):
        await copy
    assert copy.cancelled()
    assert left(tmp_path) == []


async def test_places_that_are_taken_or_missing_are_told_before_anything_is_asked(tmp_path):
    (tmp_path / "x").mkdir()
    cluster = Container()
    for path, local, said in (
        ("/tmp/x", tmp_path, "is a folder already"),
        ("/tmp/y", tmp_path / "no" / "y", "there is no folder"),
        ("/", tmp_path, "is no file or folder below another"),
    ):
        with pytest.raises(CopyError, match=said):
            await fetch(cluster, remote(path), local, lambda _: None)
    assert cluster.commands == []


async def test_a_folder_goes_into_a_container_by_a_hidden_place(tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "a.json").write_text("{}")
    cluster = Container(folders={"/etc"})
    told = await put(cluster, tmp_path / "conf", remote("/etc/"), lambda _: None)
    assert told.endswith("are in demo-0:/etc/conf")
    stage = cluster.commands[2][1]
    assert stage.startswith("/etc/.conf.")
    assert cluster.commands == [
        ("test", "-d", "/etc"),
        ("test", "-d", "/etc/conf"),
        ("mkdir", stage),
        ("tar", "-xmf", "-", "-C", stage),
        ("mv", "-f", f"{stage}/conf", "/etc/conf"),
        ("rm", "-rf", stage),
    ]
    with tarfile.open(fileobj=io.BytesIO(bytes(cluster.received))) as tar:
        assert tar.getnames() == ["conf", "conf/a.json"]
        assert {(one.uid, one.uname) for one in tar} == {(0, "")}


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ({"test": Piped(127)}, "has no tar, which copying needs"),
        ({"mkdir": Piped(1, said="mkdir: Read-only file system")}, "Read-only file system"),
        ({"tar": Piped(2, said="tar: No space left on device")}, "No space left"),
    ],
)
async def test_what_goes_wrong_inside_is_told_and_tidied_up(tmp_path, ends, said):
    (tmp_path / "big").write_bytes(os.urandom(8 << 20))
    cluster = Container()
    cluster.ends = ends
    with pytest.raises(CopyError, match=said):
        await put(cluster, tmp_path / "big", remote("/tmp/big"), lambda _: None)
    assert all(command[0] != "mv" for command in cluster.commands)
    if "tar" in ends:
        assert cluster.commands[-1][:2] == ("rm", "-rf")


async def test_what_is_not_here_is_told_before_anything_is_asked(tmp_path):
    cluster = Container(folders={"/tmp", "/tmp/x"})
    with pytest.raises(CopyError, match="cannot be read: No such file"):
        await put(cluster, tmp_path / "none", remote("/tmp"), lambda _: None)
    assert cluster.commands == []
    (tmp_path / "x").write_text("x")
    with pytest.raises(CopyError, match="is a folder already"):
        await put(cluster, tmp_path / "x", remote("/tmp"), lambda _: None)
