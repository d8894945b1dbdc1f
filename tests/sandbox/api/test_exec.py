"""exec and attach: the channel protocols, what is refused, and the real kubectl."""

import asyncio
import shutil
from pathlib import Path

import aiohttp
import pytest

from tests.sandbox.api.town import V4, V5, Outcome, Town
from tests.support.terminal import Terminal
from tests.support.waiting import eventually

needs_kubectl = [
    pytest.mark.kubectl,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


@pytest.mark.parametrize("protocol", [V4, V5])
async def test_a_command_prints_and_ends(town: Town, protocol: str) -> None:
    await town.pod("p")
    found = await town.exec("p", "sh", "-c", "echo out; echo err >&2; exit 3", protocol=protocol)
    assert (found.out, found.err) == ("out\n", "err\n")
    assert found.status["status"] == "Failure"
    assert found.status["reason"] == "NonZeroExitCode"
    assert found.status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
    assert (await town.exec("p", "true", protocol=protocol)).status["status"] == "Success"


async def test_standard_input_reaches_the_command_byte_for_byte(town: Town) -> None:
    await town.pod("p")
    raw = "zwölf ☃\n".encode() + b"\xff\xfe no text\n\xe2\x98"
    found = await town.exec("p", "cat", stdin=raw)
    assert found.out.encode(errors="surrogateescape") == raw


async def test_a_terminal_echoes_edits_and_interrupts(town: Town) -> None:
    await town.pod("p")
    query = [("command", "sh"), ("stdin", "1"), ("stdout", "1"), ("tty", "1")]
    seen = ""

    async def until(text: str) -> None:
        nonlocal seen
        while text not in seen:
            frame = await socket.receive_bytes()
            assert frame[0] == 1
            seen += frame[1:].decode()

    async with asyncio.timeout(30), town.socket("p/exec", query, V5) as socket:
        await until("# ")
        await socket.send_bytes(b"\x00echo yesx\x7f\x1b[A\r")
        await until("yesx\b \b\r\nyes\r\n# ")
        await socket.send_bytes(b'\x04{"Width":80,"Height":24}')
        await socket.send_bytes(b"\x00sleep infinity\r")
        await until("infinity\r\n")
        await socket.send_bytes(b"\x00\x03")
        await until("^C\r\n# ")
        await socket.send_bytes(b"\x00\x04")
        assert b'"NonZeroExitCode"' in await socket.receive_bytes()


@pytest.mark.parametrize(
    "frame", [b"", b"\0", b"\x07junk", b"\x04{not json", b"\xff", b"\xff\x09", b"\x00\xff\xfe", "é"]
)
async def test_odd_frames_end_nothing(town: Town, frame: bytes | str) -> None:
    await town.pod("p")
    query = [("command", "cat"), ("stdin", "1"), ("stdout", "1")]
    found = b""
    async with asyncio.timeout(30), town.socket("p/exec", query, V5) as socket:
        await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
        await socket.send_bytes(b"\x00alive\n")
        await socket.send_bytes(b"\xff\x00")
        async for message in socket:
            found += message.data
    assert b"alive\n" in found
    assert b'"status":"Success"' in found


async def test_a_session_ends_with_its_container(town: Town) -> None:
    await town.pod("p")
    query = [("command", "sleep"), ("command", "infinity"), ("stdout", "1")]
    async with asyncio.timeout(30), town.socket("p/exec", query, V5) as socket:
        await town.call("DELETE", "pods/p", {"gracePeriodSeconds": 0})
        assert b'"137"' in await socket.receive_bytes()


async def test_a_shell_that_is_attached_to_reads_and_ends_its_container(town: Town) -> None:
    spec = {"restartPolicy": "Never"}
    await town.pod("p", serves=False, image="busybox", stdin=True, stdinOnce=True, spec=spec)
    query = [("stdin", "1"), ("stdout", "1"), ("stderr", "1"), ("container", "main")]
    found = Outcome()
    async with asyncio.timeout(30), town.socket("p/attach", query, V5) as socket:
        await socket.send_bytes(b"\x00echo typed\nexit 3\n")
        async for message in socket:
            found.take(message.data)
    assert found.out == "typed\n"
    assert found.status["details"]["causes"][0]["message"] == "3"
    await eventually(lambda: town.phase("p") == "Failed")
    stored = town.sandbox.store.entry("pods", "default", "p").object
    ended = stored["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (3, "Error")


async def test_attach_shows_what_is_printed_from_now_on(town: Town) -> None:
    rate = {"sandbox.lwstui.dev/log-rate": "50"}
    await town.pod("p", annotations=rate)
    query = [("stdout", "1"), ("stdin", "1")]
    async with asyncio.timeout(30), town.socket("p/attach", query, V5) as socket:
        await socket.send_bytes(b"\x00ignored")
        first = await socket.receive_bytes()
        assert first[0] == 1
        assert b"request " in first
        assert b"start worker process" not in first
        await town.call("DELETE", "pods/p", {"gracePeriodSeconds": 0})
        while (frame := await socket.receive_bytes())[0] == 1:
            pass
        assert b'"Success"' in frame


@pytest.mark.parametrize(
    ("path", "query", "code", "message"),
    [
        ("nope/exec", "command=env&stdout=1", 404, 'pods "nope" not found'),
        ("p/exec", "stdout=1", 400, "you must specify at least 1 command"),
        ("p/exec", "command=env", 400, "at least 1 of stdin, stdout, stderr"),
        ("p/exec", "command=env&stdout=1&container=x", 400, "container x is not valid for pod p"),
        ("p/attach", "stdout=1&container=x", 400, "container x is not valid for pod p"),
        ("two/exec", "command=env&stdout=1", 400, "choose one of: [a b]"),
        ("pending/exec", "command=env&stdout=1", 400, "pending does not have a host assigned"),
        ("pending/portforward", "", 400, "pod pending does not have a host assigned"),
        ("p/exec", "command=env&stdout=1", 400, "Upgrade request required"),
        ("p/portforward", "ports=x", 400, "is no list of ports"),
    ],
)
async def test_what_is_refused_before_the_upgrade(
    town: Town, path: str, query: str, code: int, message: str
) -> None:
    await town.pod("p")
    containers = [{"name": name, "image": "nginx"} for name in "ab"]
    await town.pod("two", spec={"containers": containers}, wait=False)
    await town.pod("pending", spec={"nodeSelector": {"no": "where"}}, wait=False)
    for method in ("GET", "POST"):
        url = f"{town.url('pods/')}{path}?{query}"
        async with town.http.request(method, url) as answer:
            told = await answer.json()
        assert (answer.status, told["kind"]) == (code, "Status")
        assert message in told["message"]


async def test_spdy_and_unknown_protocols_are_refused_in_a_sentence(town: Town) -> None:
    await town.pod("p")
    url = town.url("pods/p/exec", [("command", "env"), ("stdout", "1")])
    headers = {"Connection": "Upgrade", "Upgrade": "SPDY/3.1"}
    async with town.http.post(url, headers=headers) as answer:
        assert answer.status == 400
        assert "streams over WebSocket, not SPDY" in (await answer.json())["message"]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await town.http.ws_connect(url, protocols=("base64.channel.k8s.io",))
    assert refused.value.status == 403
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Protocol": V5}
    async with town.http.get(url, headers=headers) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("path", ["exec?command=env&stdout=1", "attach?stdout=1", "portforward"])
async def test_the_token_is_needed(town: Town, path: str) -> None:
    await town.pod("p")
    url = f"{town.url('pods/p/')}{path}"
    for method in ("GET", "POST"):
        async with town.http.request(method, url, headers={"Authorization": "Bearer no"}) as answer:
            assert answer.status == 401


class TestKubectl:
    """The real kubectl."""

    pytestmark = needs_kubectl

    async def test_output_input_and_exit_codes(self, town: Town) -> None:
        await town.pod("p", env=[{"name": "A", "value": "b"}])
        ran = await town.kubectl("exec", "p", "--", "sh", "-c", "echo $A; exit 5")
        assert (ran.out, ran.code) == ("b\n", 5)
        assert ran.err == "command terminated with exit code 5\n"
        piped = await town.kubectl("exec", "-i", "p", "--", "sort", stdin=b"b\na\n")
        assert (piped.out, piped.code) == ("a\nb\n", 0)
        unknown = await town.kubectl("exec", "p", "--", "frobnicate")
        assert unknown.code == 127
        assert "executable file not found in $PATH" in unknown.err
        assert "this container is simulated" in unknown.err

    async def test_refusals(self, town: Town) -> None:
        await town.pod("p")
        await town.pod("pulling", image="x:typo", wait=False)
        wrong = await town.kubectl("exec", "p", "-c", "x", "--", "env")
        assert wrong.err == "Error from server (BadRequest): container x is not valid for pod p\n"

        async def absent() -> str:
            ran = await town.kubectl("exec", "pulling", "--", "env")
            return ran.err if "not found" in ran.err else ""

        assert await eventually(absent) == (
            "error: Internal error occurred: unable to upgrade connection: "
            'container not found ("main")\n'
        )

    async def test_the_default_container_is_the_annotated_one(self, town: Town) -> None:
        annotation = {"kubectl.kubernetes.io/default-container": "b"}
        env = [{"name": "ME", "value": "b"}]
        containers = [{"name": "a", "image": "nginx"}, {"name": "b", "image": "nginx", "env": env}]
        await town.pod("two", annotations=annotation, spec={"containers": containers})
        assert (await town.kubectl("exec", "two", "--", "printenv", "ME")).out == "b\n"

    async def test_a_shell_is_run_typed_into_and_removed(self, town: Town) -> None:
        flags = ("--image=busybox", "--restart=Never", "--rm", "-i", "--quiet")
        ran = await town.kubectl("run", "sh", *flags, stdin=b"hostname\nexit 4\n")
        assert ran.code == 4, ran.err
        assert ran.out.startswith("sh\n")
        await eventually(lambda: town.sandbox.store.get("pods", "default", "sh") is None)

    async def test_attach_follows_the_log(self, town: Town) -> None:
        await town.pod("p", annotations={"sandbox.lwstui.dev/log-rate": "50"})
        attached = await town.start("attach", "p")
        assert attached.stdout is not None
        async with asyncio.timeout(30):
            assert b"request " in await attached.stdout.readline()
        attached.terminate()
        await attached.communicate()

    async def test_an_interactive_shell(self, town: Town) -> None:
        await town.pod("p")
        command = ["kubectl", "exec", "-it", "p", "--", "bash"]

        def talk() -> int:
            with Terminal(command, town.environ()) as terminal:
                terminal.wait_for("root@p:/#")
                terminal.send("hostname -f\r")
                terminal.wait_for(r"(?m)^p\s*$")
                terminal.send("ping p\r")
                terminal.wait_for("icmp_seq=2")
                terminal.send("\x03")
                terminal.wait_for("packets transmitted")
                terminal.send("exit 4\r")
                return terminal.wait_for_exit()

        assert await asyncio.to_thread(talk) == 4

    async def test_files_are_copied_both_ways(self, town: Town, tmp_path: Path) -> None:
        await town.pod("p")
        (tmp_path / "weights").mkdir()
        raw = bytes(range(256)) * 4096
        (tmp_path / "weights" / "a.bin").write_bytes(raw)
        (tmp_path / "weights" / "b.txt").write_text("b\n")
        sent = await town.kubectl("cp", str(tmp_path / "weights"), "p:/tmp/weights")
        assert (sent.code, sent.err) == (0, "")
        assert (await town.kubectl("exec", "p", "--", "cat", "/tmp/weights/b.txt")).out == "b\n"
        back = await town.kubectl("cp", "p:/tmp/weights", str(tmp_path / "back"))
        assert back.code == 0, back.err
        assert (tmp_path / "back" / "a.bin").read_bytes() == raw
        one = await town.kubectl("cp", "p:/etc/hosts", str(tmp_path / "hosts"))
        assert one.code == 0, one.err
        assert "# Kubernetes-managed" in (tmp_path / "hosts").read_text()
        await town.kubectl("cp", "p:/nosuch", str(tmp_path / "x"))
        assert not (tmp_path / "x").exists()
