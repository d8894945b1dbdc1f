"""The pod screen and the whole description: containers, conditions, volumes, and no secrets."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from lwstui.tui.routes import Route, pod_route
from lwstui.tui.screens.pod import PodScreen
from lwstui.view.types import Ref
from tests.tui.objects import pod_body
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy

NAME = "llama405b-7"


def _backend():
    return FakeBackend(first=busy().snapshot(), objects={("pods", NAME): pod_body(NAME)})


async def _open(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))
    app.goto(pod_route("llm-prod", NAME))
    await until(pilot, lambda: "DETAIL" in shown(app))


async def test_enter_on_a_pod_opens_its_containers():
    app = console(_backend())
    async with app.run_test(size=(120, 50)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "enter", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, PodScreen))
        await until(pilot, lambda: "leader of group 7 of llama405b" in shown(app))


async def test_a_crashed_container_tells_how_it_ended():
    app = console(_backend())
    async with app.run_test(size=(140, 60)) as pilot:
        await _open(pilot, app)
        await until(pilot, lambda: "CONDITIONS" in shown(app))
        text = shown(app)
        row = next(line for line in text.splitlines() if "▶ X" in line)
        assert "CrashLoopBackOff" in row
        assert "OOMKilled, exit 137 SIGKILL" in row
        assert "4m12s" in row
        assert "containers with unready status: [vllm-leader]" in text
        assert "http-get http://:8080/health" in text
        assert "ClaimName:  model-cache" in text
        assert "/models from model (ro)" in text


async def test_of_a_secret_only_its_name_is_shown():
    app = console(_backend())
    async with app.run_test(size=(140, 60)) as pilot:
        await _open(pilot, app)
        await until(pilot, lambda: "<set to the key 'token' in secret 'hf'>" in shown(app))


async def test_the_object_is_read_again_only_when_it_has_changed():
    backend = _backend()
    app = console(backend)
    async with app.run_test(size=(120, 50)) as pilot:
        await _open(pilot, app)
        await until(pilot, lambda: "CONDITIONS" in shown(app))
        app.tick()
        backend.publish(replace(app.snapshot, version=2))
        await until(pilot, lambda: app.snapshot.version == 2)
        assert backend.read_asked == [("pods", "llm-prod", NAME)]
        key = next(key for key in app.snapshot.pods if key.name == NAME)
        changed = msgspec.structs.replace(app.snapshot.pods[key], resource_version="8")
        backend.publish(replace(app.snapshot, version=3, pods={**app.snapshot.pods, key: changed}))
        await until(pilot, lambda: len(backend.read_asked) == 2)


async def test_what_cannot_be_read_is_said_and_the_rest_is_shown():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 50)) as pilot:
        await _open(pilot, app)
        await until(pilot, lambda: f"pods {NAME} not found" in shown(app))
        assert "CrashLoopBackOff" in shown(app)


@pytest.mark.parametrize(("digit", "text"), [("6", "events of"), ("7", "yaml of")])
async def test_digits_open_what_is_about_the_pod(digit, text):
    app = console(_backend())
    async with app.run_test(size=(120, 50)) as pilot:
        await _open(pilot, app)
        await keys(pilot, digit)
        await until(pilot, lambda: f"{text} {NAME}" in shown(app))


async def test_describe_tells_the_whole_object_below_what_the_console_knows():
    app = console(_backend())
    async with app.run_test(size=(120, 60)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.goto(Route("text", Ref("pod", "llm-prod", NAME), "describe"))
        await until(pilot, lambda: "Controlled By:" in shown(app))
        lines = [line.strip() for line in shown(app).splitlines()]
        assert "Belongs to        leader of group 7 of llama405b" in lines
        assert "Controlled By:    LeaderWorkerSet/llama405b" in lines
        assert "Service Account:  serving" in lines


async def test_a_pod_that_is_gone_says_so():
    app = console(_backend())
    async with app.run_test(size=(120, 50)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.goto(pod_route("llm-prod", "no-such-pod"))
        await until(pilot, lambda: "no-such-pod is gone" in shown(app))
