"""The shell: what it runs, how it talks, and what it does not know."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.sandbox.shell import commands
from lwstui.sandbox.shell.syntax import ShellSyntaxError, parse
from tests.sandbox.shell.support import Town, drive


@pytest.mark.parametrize(
    ("script", "out", "code"),
    [
        ("echo a; echo b", "a\nb\n", 0),
        ("true && echo yes || echo no", "yes\n", 0),
        ("false && echo yes || echo no", "no\n", 0),
        ("false || exit 7; echo never", "", 7),
        ("false; echo $?", "1\n", 0),
        ("echo a\necho b # not this", "a\nb\n", 0),
        ("echo 'a  $HOME' \"$HOME\" \\$HOME", "a  $HOME /root $HOME\n", 0),
        ("echo ${HOME}/x ${NOPE:-fallback} $NOPE end", "/root/x fallback end\n", 0),
        ('A="one  two"; echo $A; echo "$A"', "one two\none  two\n", 0),
        ("export X=1; echo $X", "1\n", 0),
        ('echo "a;b|c" | cat', "a;b|c\n", 0),
        ("printenv HOSTNAME | cat", "llm-0\n", 0),
        ("echo -e 'b\\na\\nb' | sort -u | wc -l", "2\n", 0),
        ("echo -e '10\\n9' | sort -n | head -n 1", "9\n", 0),
        ("echo -e '1\\n2\\n3' | tail -1", "3\n", 0),
        ("echo -e 'Cat\\ndog' | grep -i cat", "Cat\n", 0),
        ("echo -e 'Cat\\ndog' | grep -vc Cat", "1\n", 0),
        ("echo dog | grep cat", "", 1),
        ("echo dog | grep -q dog && echo found", "found\n", 0),
        ("ping -c 1 llm-0-1.llm > /dev/null && echo up", "up\n", 0),
        ("nosuch 2>/dev/null || echo rc=$?", "rc=127\n", 0),
        ("nosuch 2>&1 | head -1", "sh: 1: nosuch: not found\n", 0),
        ("echo lost >/dev/null 2>&1", "", 0),
        ("bash -c 'exit 3'; echo $?", "3\n", 0),
        ("true && exec bash -c 'exit 3' || echo never", "", 3),
        ("exec echo replaced", "replaced\n", 0),
        ("command -v curl && which nosuch", "/usr/bin/curl\n", 1),
        ("", "", 0),
    ],
)
def test_scripts(town: Town, script: str, out: str, code: int) -> None:
    found = town.sh(script)
    assert (found.out, found.code) == (out, code), found.err


@pytest.mark.parametrize(
    ("script", "complaint", "code"),
    [
        ("echo 'a", "unterminated quoted string", 2),
        ("echo a |", "unexpected end of file", 2),
        ("&& echo", 'unexpected token "&&"', 2),
        ("echo $(hostname)", "does not know command substitution", 2),
        ("for i in 1 2; do echo $i; done", 'does not know "for"', 2),
        ("sleep 1 & echo", "running in the background", 2),
        ("cat < /etc/hosts", "does not read from files", 2),
        ("echo >", "a redirect names no file", 2),
        ("echo a > /tmp/x", "/tmp/x: Read-only file system", 1),
        ("cd /tmp", "the simulated shell stays in /", 1),
        ("exit many", "Illegal number: many", 2),
        ("python3 -c 'print(1)'", "cannot run python3 programs", 126),
        ("tcpdump", "this container is simulated and has no tcpdump", 127),
        ("env VAR=1 true", "only prints the environment", 125),
    ],
)
def test_what_the_shell_refuses(town: Town, script: str, complaint: str, code: int) -> None:
    found = town.sh(script)
    assert complaint in found.err
    assert found.code == code


@given(st.text(alphabet="ab $'\"\\;|&<>\n#{}-=1", max_size=30))
def test_any_text_is_understood_or_refused_in_one_way(text: str) -> None:
    with suppress(ShellSyntaxError):
        assert all(pipeline.commands for pipeline in parse(text))


def test_the_runtime_refuses_what_is_not_there(town: Town) -> None:
    bare, path = town.run("llm-0", ["nope"]), town.run("llm-0", ["/opt/nope"])
    assert 'exec: "nope": executable file not found in $PATH' in bare.err
    assert 'exec: "/opt/nope": stat /opt/nope: no such file or directory' in path.err
    assert (bare.code, path.code, bare.out) == (127, 127, "")
    assert town.run("llm-0", ["/usr/bin/hostname"]).out == "llm-0\n"
    assert town.run("llm-0", ["python3", "-c", "1"]).code == 126


def test_a_pipe_runs_only_as_far_as_it_is_read(town: Town) -> None:
    found = town.sh("ping llm-0-1.llm | head -n 3")
    assert len(found.out.splitlines()) == 3
    assert found.waited_s == 1


def test_input_reaches_the_first_command(town: Town) -> None:
    found = town.run("llm-0", ["sh", "-c", "cat | sort"], ["b\n", "a", "\n"])
    assert found.out == "a\nb\n"


def test_a_conversation_has_prompts_and_ends_with_the_last_code(town: Town) -> None:
    session = town.session("llm-0", tty=True)
    typed = ["echo hi\n", "nosuch\n", "sleep 60\n", "echo $?\n", "exit\n"]
    found = drive(commands.start(session, ["bash"]), typed, interrupt_after=1)
    prompt = "root@llm-0:/# "
    assert found.out == f"{prompt}hi\n{prompt}{prompt}\n{prompt}130\n{prompt}"
    assert found.code == 0
    assert drive(commands.start(town.session("llm-0"), ["sh"]), ["false\n"]).code == 1


def test_a_script_file_is_not_there(town: Town) -> None:
    assert (
        town.run("llm-0", ["bash", "start.sh"]).err
        == "bash: 0: cannot open start.sh: No such file\n"
    )
    assert town.run("llm-0", ["sh", "-c"]).code == 2
