"""Completion: what fits is read from the parser; the shells put it into their lines."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lwstui.cli import completing
from lwstui.cli.completing import WORD, named, wanted
from lwstui.cli.completion import script
from lwstui.cli.kubectl_plugin import complete
from lwstui.cli.main import build_parser, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("rollo", ["rollout"]),
        ("rollout re", ["restart", "resume"]),
        ("get no", ["nodes"]),
        ("get sets -o ", ["table", "wide", "json", "yaml", "name"]),
        ("get -o=j", ["-o=json"]),
        ("get --output=y", ["--output=yaml"]),
        ("get --output = y", ["yaml"]),
        ("get --output =", ["table", "wide", "json", "yaml", "name"]),
        ("get --no-h", ["--no-headers"]),
        ("logs demo --pre", ["--previous", "--prefix"]),
        ("logs demo --role l", ["leader"]),
        ("--context prod scale demo --rep", ["--replicas"]),
        ("--context prod roll", ["rollout"]),
        ("completion z", ["zsh"]),
        ("get --nonsense", []),
    ],
)
def test_words_come_from_the_parser(line, words):
    asked = wanted(build_parser(), line.split(" "))
    assert [word for word, _ in asked.words] == words


@pytest.mark.parametrize(
    ("line", "source", "given"),
    [
        ("rollout status ", "sets", {}),
        ("scale a ", "sets", {"names": "a"}),
        ("restart -n prod --wait ", "sets", {"namespace": "prod"}),
        ("--context=eu rollout undo de", "sets", {"context": "eu"}),
        ("get nodes ", "nodes", {"kind": "nodes"}),
        ("describe pod ", "pods", {"kind": "pod"}),
        ("get pods ", "sets", {"kind": "pods"}),
        ("get -n ", "namespaces", {}),
        ("--context ", "contexts", {}),
        ("check -f ", "files", {}),
        ("get --watch", "", {}),
    ],
)
def test_names_come_from_the_cluster_that_the_flags_choose(line, source, given):
    asked = wanted(build_parser(), line.split(" "))
    assert (asked.source, {**asked.given}) == (source, given)


def test_every_command_and_flag_can_be_completed():
    found = {word for word, said in wanted(build_parser(), [""]).words if said}
    assert {"get", "describe", "logs", "check", "completion", "apply"} <= found
    assert WORD not in found
    flags = {word for word, _ in wanted(build_parser(), ["get", "-"]).words}
    assert {"-n", "--namespace", "-l", "--selector", "--help"} <= flags


@pytest.mark.parametrize("line", ["rollout status ", "get -n ", "get nodes ", "--context "])
def test_without_a_cluster_there_are_no_names_and_no_words_about_it(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert main([WORD, *line.split(" ")]) == 0
    assert tuple(capsys.readouterr()) == (":4\n", "")


def test_contexts_are_read_from_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "contexts: [{name: eu, context: {}}, {name: us, context: {}}]\n", encoding="utf-8"
    )
    words = ["--kubeconfig", str(tmp_path / "config"), "--context", "e"]
    assert named(wanted(build_parser(), words)) == ["eu"]


def test_a_cluster_that_is_silent_ends_the_program_in_time(tmp_path: Path) -> None:
    config = tmp_path / "config"
    words = [WORD, "--kubeconfig", str(config), "rollout", "status", ""]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config.write_text(
            "current-context: c\n"
            f"clusters: [{{name: k, cluster: {{server: '{url}'}}}}]\n"
            "contexts: [{name: c, context: {cluster: k}}]\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "lwstui", *words]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=20, cwd=ROOT
        )
    assert done.stderr == ""
    assert done.stdout in ("", ":4\n")


def test_kubectl_asks_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["kubectl_complete-lws", "rollout", "p"])
    assert complete() == 0
    *words, last = capsys.readouterr().out.splitlines()
    assert [word.partition("\t")[0] for word in words] == ["pause", "partition"]
    assert last == ":4"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_ask_the_program(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert text == script(shell)
    assert f" {completing.WORD} " in text
    assert "@" not in text.replace("[@]", "").replace("(@)", "")
    assert "kubectl-lws" in text
    program = shutil.which(shell)
    if program is not None:
        path = tmp_path / "script"
        path.write_text(text, encoding="utf-8")
        subprocess.run([program, "-n", str(path)], check=True, timeout=10)


class Shell:
    """A shell with nothing of its own but the program and a kubeconfig with two contexts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "a b.yaml").touch()
        (folder / "config").write_text(
            "contexts: [{name: eu, context: {}}, {name: us, context: {}}]\n", encoding="utf-8"
        )
        program = folder / "bin" / "lwstui"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lwstui "$@"\n', encoding="utf-8")
        program.chmod(0o755)

    def run(self, command: list[str], lines: Sequence[str]) -> list[str]:
        """Return the lines that a script prints."""
        done = subprocess.run(
            [*command, "-c", "\n".join(lines)],
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
            env={
                "PATH": f"{self.folder}/bin:/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "KUBECONFIG": str(self.folder / "config"),
                "HOME": str(self.folder),
            },
        )
        assert done.stderr == ""
        return done.stdout.splitlines()


def installed(shell: str) -> pytest.MarkDecorator:
    """Return the mark of a test that runs a shell."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@installed("bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rollo"], ["rollout"]),
        (["get", "--output", "=", "j"], ["json"]),
        (["apply", "-f", "{folder}/a"], ["{folder}/a b.yaml"]),
        (["--context", ""], ["eu", "us"]),
    ],
)
def test_bash_completes(words: list[str], expected: list[str], tmp_path: Path) -> None:
    typed = " ".join(f"'{word.format(folder=tmp_path)}'" for word in words)
    lines = (
        script("bash"),
        f"COMP_WORDS=(lwstui {typed}); COMP_CWORD={len(words)}",
        "_lwstui lwstui",
        "printf '%s\\n' \"${COMPREPLY[@]}\"",
    )
    found = Shell(tmp_path).run(["bash", "--norc"], lines)
    assert found == [word.format(folder=tmp_path) for word in expected]


@installed("zsh")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rollo"], ["rollout"]),
        (["get", "--output", "j"], ["json"]),
        (["apply", "-f", "a"], ["files"]),
        (["--context", ""], ["eu", "us"]),
    ],
)
def test_zsh_completes(words: list[str], expected: list[str], tmp_path: Path) -> None:
    """Run the function in zsh; what zsh's own functions are handed is printed."""
    typed = " ".join(f"'{word}'" for word in words)
    lines = (
        "compdef() {}",
        "_files() { print files }",
        "_describe() { print -l -- ${(P)2} }",
        script("zsh"),
        f"words=(lwstui {typed}); CURRENT={len(words) + 1}",
        "_lwstui",
    )
    found = Shell(tmp_path).run(["zsh", "-f"], lines)
    assert [line.partition(":")[0] for line in found] == expected


@installed("fish")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lwstui rollo", ["rollout"]),
        ("lwstui get --output j", ["json"]),
        ("lwstui apply -f {folder}/a", ["{folder}/a b.yaml"]),
        ("lwstui --context ", ["eu", "us"]),
    ],
)
def test_fish_completes(line: str, expected: list[str], tmp_path: Path) -> None:
    typed = line.format(folder=tmp_path)
    found = Shell(tmp_path).run(["fish", "--no-config"], (script("fish"), f"complete -C '{typed}'"))
    plain = [one.partition("\t")[0].replace("\\ ", " ") for one in found]
    assert plain == [word.format(folder=tmp_path) for word in expected]
