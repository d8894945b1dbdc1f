"""The probes and metrics of a headless controller: what they say, and over HTTP."""

import json
import logging
import socket
import sys
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from controller.activity import ControllerState
from controller.api.lws import HISTORY_LIMIT
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, PODS
from controller.manager import WORKERS
from controller.metrics import gauge, render
from lwstui.cli.controller import address
from lwstui.cli.main import build_parser
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Target
from lwstui.kube.sync import KindSync
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.runtime.headless import HeadlessOptions
from lwstui.runtime.logformat import FORMATS
from lwstui.runtime.probes import Address, Face, ProbeError, serving
from lwstui.runtime.vitals import (
    DEAD_AFTER_S,
    Check,
    health_checks,
    ready_checks,
    request_family,
    watch_families,
)

NOW = 1_700_000_000.0
LONG_AGO = NOW - DEAD_AFTER_S - 1


@pytest.mark.parametrize(
    ("sync", "problem"),
    [
        pytest.param(KindSync("live", since=LONG_AGO, last_event_at=NOW - 60), "", id="quiet"),
        pytest.param(
            KindSync("live", since=LONG_AGO, last_event_at=LONG_AGO),
            "no sign of pods for 601 s",
            id="hung",
        ),
        pytest.param(
            KindSync("reconnecting", since=LONG_AGO, last_event_at=LONG_AGO, retry_at=NOW + 20),
            "",
            id="api-server-away",
        ),
        pytest.param(KindSync("forbidden", since=LONG_AGO, retry_at=NOW - 5), "", id="forbidden"),
        pytest.param(KindSync(since=NOW), "", id="new"),
    ],
)
def test_only_a_watch_that_hangs_is_a_reason_to_restart(sync: KindSync, problem: str) -> None:
    assert health_checks({PODS: sync}, NOW) == (Check("watches", problem),)


@pytest.mark.parametrize(
    ("state", "unsynced", "problems"),
    [
        pytest.param(ControllerState("leader", "a", leading=True), (), ["", ""], id="leader"),
        pytest.param(ControllerState("standby", "a", holder="b"), (), ["", ""], id="standby"),
        pytest.param(
            ControllerState("standby", "a", holder="b"),
            (PODS, LEADERWORKERSETS),
            [f"not listed yet: pods, {LEADERWORKERSETS}", ""],
            id="not-listed",
        ),
        pytest.param(ControllerState("starting", "a"), (), ["", "not read yet"], id="no-lease"),
        pytest.param(
            ControllerState("starting", "a", leading=True), (PODS,), ["not listed yet: pods", ""],
            id="leads-before-listing",
        ),
        pytest.param(
            ControllerState("failed", "a", last_error="no permission"),
            (),
            ["", "no permission"],
            id="forbidden",
        ),
        pytest.param(ControllerState("paused", "a", leading=True), (), ["", ""], id="paused"),
    ],
)  # fmt: skip
def test_ready_is_who_could_act_at_once(state: ControllerState, unsynced, problems) -> None:
    checks = ready_checks(state, unsynced)
    assert [check.name for check in checks] == ["caches", "lease"]
    assert [check.problem for check in checks] == problems


def test_freshness_is_told_for_each_kind() -> None:
    syncs = {
        PODS: KindSync("live", since=NOW - 90, last_event_at=NOW - 2.5),
        LEADERWORKERSETS: KindSync("forbidden", since=NOW - 40),
    }
    found = render(watch_families(syncs, NOW)).splitlines()
    assert 'lwstui_watch_live{resource="pods"} 1' in found
    assert f'lwstui_watch_live{{resource="{LEADERWORKERSETS}"}} 0' in found
    assert 'lwstui_watch_staleness_seconds{resource="pods"} 2.5' in found
    assert f'lwstui_watch_staleness_seconds{{resource="{LEADERWORKERSETS}"}} 40' in found


def test_requests_are_told_by_verb_resource_and_code() -> None:
    answers = {
        ("GET", "pods list", "200"): 1,
        ("GET", "pods watch", "410"): 2,
        ("PATCH", "leases.coordination.k8s.io", "409"): 3,
        ("GET", "/api/v1/namespaces/a/pods/b/log", "<error>"): 4,
        ("GET", "/api/v1/namespaces/a/pods/c/log", "<error>"): 5,
    }
    found = {
        (labels["code"], labels["verb"], labels["resource"]): sample.value
        for sample in request_family(answers, "h:6443").samples
        if (labels := dict(sample.labels))["host"] == "h:6443"
    }
    assert found == {
        ("200", "list", "pods"): 1,
        ("410", "watch", "pods"): 2,
        ("409", "patch", "leases.coordination.k8s.io"): 3,
        ("<error>", "get", "other"): 9,
    }


async def fetch(where: Address, path: str) -> tuple[int, str, str]:
    url = f"http://127.0.0.1:{where.port}{path}"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def test_the_face_asks_anew_each_time() -> None:
    problems = ["lost"]

    def ready() -> list[Check]:
        return [Check("caches"), Check("lease", problems[0])]

    face = Face(lambda: [Check("watches")], ready, lambda: [gauge("up", "Up.", 1)])
    async with serving(face, Address("127.0.0.1", 0)) as where:
        assert await fetch(where, "/healthz") == (
            200,
            "text/plain; charset=utf-8",
            "[+]watches ok\nhealthz check passed\n",
        )
        status, _, text = await fetch(where, "/readyz")
        assert (status, text) == (503, "[+]caches ok\n[-]lease lost\nreadyz check failed\n")
        problems[0] = ""
        assert (await fetch(where, "/readyz"))[0] == 200
        assert await fetch(where, "/metrics") == (
            200,
            "text/plain; version=0.0.4; charset=utf-8",
            "# HELP up Up.\n# TYPE up gauge\nup 1\n",
        )
        assert (await fetch(where, "/"))[0] == 404
    with pytest.raises(aiohttp.ClientConnectorError):
        await fetch(where, "/healthz")


async def test_an_address_in_use_is_one_sentence() -> None:
    face = Face(list, list, list)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(ProbeError) as caught:
            async with serving(face, where):
                pass
    assert str(caught.value) == (
        f"cannot serve probes and metrics on {where}: address already in use; "
        "choose another --http-bind-address"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":8080", Address("", 8080)),
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("[::1]:8080", Address("::1", 8080)),
    ],
)
def test_addresses(text: str, expected: Address) -> None:
    assert address(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize("text", ["8080", ":", ":x", ":70000", "host"])
def test_a_wrong_address_is_a_wrong_usage(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args(["controller", "--http-bind-address", text])
    assert end.value.code == 2
    assert f"{text} is not an address such as :8080" in capsys.readouterr().err


def test_the_flags_default_to_what_their_help_says(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["controller", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    arguments = build_parser().parse_args(["controller"])
    assert arguments.http_bind_address is None
    assert HeadlessOptions(Target()).address is None
    assert arguments.workers == WORKERS
    assert f"sets worked on at a time (default {WORKERS})" in said
    assert f"beside those in use (default {HISTORY_LIMIT})" in said


@pytest.mark.parametrize(
    "argv",
    [
        ["--revision-history-limit", "3", "controller"],
        ["controller", "--revision-history-limit", "3"],
    ],
)
def test_the_history_limit_may_stand_before_the_command(argv: list[str]) -> None:
    assert build_parser().parse_args(argv).revision_history_limit == 3


def test_the_embedded_controller_takes_the_history_limit() -> None:
    engine = Engine(EngineOptions(Target(), history_limit=3))
    link = cast("Any", SimpleNamespace(cluster=KubeCluster(cast("Any", None)), events=None))
    manager = cast("Any", engine._kube().controller(link, "me", ""))
    assert manager._reconciler._planner.keywords == {"history_limit": 3}


def record(**fields: object) -> logging.LogRecord:
    made = logging.LogRecord("x", logging.WARNING, "", 0, "pass failed", (), None)
    made.created = NOW
    made.fields = fields
    return made


def test_a_json_line_keeps_numbers_and_writes_keys_as_kubectl_does() -> None:
    line = FORMATS["json"]().format(record(set=Key("default", "a"), retry_s=0.5, sets=3))
    assert json.loads(line) == {
        "ts": "2023-11-14T22:13:20.000000Z",
        "level": "warning",
        "msg": "pass failed",
        "set": "default/a",
        "retry_s": 0.5,
        "sets": 3,
    }


def test_a_trace_stays_on_its_json_line() -> None:
    broken = record()
    try:
        int("bug")
    except ValueError:
        broken.exc_info = sys.exc_info()
    line = FORMATS["json"]().format(broken)
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["trace"]
