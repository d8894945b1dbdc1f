"""tar, and what else copying needs: what is written stays as long as the container runs."""

import io
import tarfile

import pytest

from tests.sandbox.shell.support import Town


def archive(*members: tuple[str, bytes | None]) -> str:
    """Return an archive as the shell reads it; a member without content is a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data or b"")
            info.type = tarfile.REGTYPE if data is not None else tarfile.DIRTYPE
            tar.addfile(info, io.BytesIO(data or b""))
    return buffer.getvalue().decode(errors="surrogateescape")


def unpacked(text: str) -> dict[str, bytes | None]:
    """Return the members of an archive with their contents."""
    data = io.BytesIO(text.encode(errors="surrogateescape"))
    with tarfile.open(fileobj=data) as tar:
        return {
            member.name: found.read() if (found := tar.extractfile(member)) is not None else None
            for member in tar
        }


def test_what_is_unpacked_is_there_byte_for_byte_and_can_be_packed_again(town: Town) -> None:
    raw = bytes(range(256)) * 300
    sent = archive(("data", None), ("data/weights.bin", raw), ("data/notes.txt", b"a\n"))
    pieces = [sent[at : at + 1000] for at in range(0, len(sent), 1000)]
    assert town.run("llm-0", ["tar", "-xmf", "-", "-C", "/tmp"], pieces).code == 0
    assert town.sh("cat /tmp/data/notes.txt; ls /tmp/data").out == "a\nnotes.txt  weights.bin\n"
    packed = town.run("llm-0", ["tar", "cf", "-", "/tmp/data"])
    assert packed.err == "tar: Removing leading `/' from member names\n"
    assert unpacked(packed.out) == {
        "tmp/data": None,
        "tmp/data/notes.txt": b"a\n",
        "tmp/data/weights.bin": raw,
    }
    inside = town.run("llm-0", ["tar", "cf", "-", "-C", "/tmp", "data/notes.txt"])
    assert unpacked(inside.out) == {"data/notes.txt": b"a\n"}
    assert town.sh("cat /tmp/data/notes.txt", "llm-0-1").code == 1


@pytest.mark.parametrize(
    ("argv", "stdin", "err"),
    [
        (["tar", "cf", "-", "/nosuch"], "", "tar: /nosuch: Cannot stat: No such file"),
        (["tar", "xf", "-", "-C", "/nosuch"], "", "tar: /nosuch: Cannot open: No such file"),
        (["tar", "xf", "-", "-C", "/tmp"], "no archive" * 60, "does not look like a tar archive"),
        (
            ["tar", "xf", "-", "-C", "/tmp"],
            archive(("../../etc/passwd", b"x")),
            "Member name contains '..'",
        ),
    ],
)
def test_what_cannot_be_copied_is_told_as_tar_tells_it(
    town: Town, argv: list[str], stdin: str, err: str
) -> None:
    found = town.run("llm-0", argv, [stdin])
    assert found.code == 2
    assert err in found.err


def test_files_are_looked_for_moved_and_removed(town: Town) -> None:
    town.run("llm-0", ["tar", "xf", "-", "-C", "/tmp"], [archive(("a/b", b"1\n"))])
    assert town.sh("test -d /tmp/a && test -f /tmp/a/b && test -e /etc/hosts").code == 0
    assert town.sh("test -d /tmp/a/b").code == 1
    assert town.sh("mkdir /tmp/new && mv /tmp/a /tmp/new && cat /tmp/new/a/b").out == "1\n"
    assert town.sh("mv /tmp/new/a/b /tmp/c; cat /tmp/c; test -e /tmp/new/a/b").code == 1
    assert town.sh("rm -rf /tmp/new /tmp/c; ls /tmp").out == ""
    assert "Is a directory" in town.sh("mkdir -p /tmp/x/y; rm /tmp/x").err
    assert "Device or resource busy" in town.sh("rm -f /etc/hosts").err
    assert "No such file or directory" in town.sh("mkdir /nosuch/x").err


def test_an_image_with_nothing_but_a_program_has_no_tar(town: Town) -> None:
    town.pod("bare", "10.128.0.9", image="gcr.io/distroless/python3")
    found = town.run("bare", ["tar", "cf", "-", "/etc/hosts"])
    assert found.code == 127
    assert '"tar": executable file not found in $PATH' in found.err
