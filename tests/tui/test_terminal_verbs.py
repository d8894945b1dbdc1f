"""Shells from the keyboard: which container, and when there is none to be had."""

from __future__ import annotations

from contextlib import contextmanager

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.runtime.backend import TerminalEnd
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import rolling

SIZE = (120, 40)


class Handed:
    """Stands for the terminal: notes what it was handed to."""

    def __init__(self, app, end=None):
        self.requests, self.headings = [], []
        self._end = end or TerminalEnd(0)
        app.converse = self.converse

    def converse(self, request, heading):
        self.requests.append(request)
        self.headings.append(heading)
        return self._end


@contextmanager
def world(**options):
    made, _ = rolling()
    backend = FakeBackend(first=made.snapshot())
    yield console(backend, **options)


async def open_set(pilot, app):
    await until(pilot, lambda: "llama70b" in shown(app))
    await keys(pilot, "enter")
    await until(pilot, lambda: "GROUP MAP" in shown(app))


@pytest.mark.parametrize(("key", "attached"), [("s", False), ("a", True)])
async def test_a_group_means_its_leader(key, attached):
    with world() as app:
        handed = Handed(app, TerminalEnd(3))
        async with app.run_test(size=SIZE) as pilot:
            await open_set(pilot, app)
            await keys(pilot, "home", key)
            await until(pilot, lambda: handed.requests)
            (request,) = handed.requests
            assert (request.namespace, request.pod) == ("llm-prod", "llama70b-0")
            assert bool(request.command) is not attached
            assert "ctrl-] leaves it" in handed.headings[0]
            await until(pilot, lambda: "ended with code 3" in shown(app))


async def test_a_pod_without_a_running_container_says_so():
    with world() as app:
        handed = Handed(app)
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: "llama70b" in shown(app))
            await keys(pilot, "colon", *"pods llama70b", "enter")
            await until(pilot, lambda: "llama70b-29-2" in shown(app))
            await keys(pilot, "s")
            await until(pilot, lambda: "is running" in shown(app))
            assert handed.requests == []


async def test_read_only_consoles_run_nothing():
    with world(read_only=True) as app:
        handed = Handed(app)
        async with app.run_test(size=SIZE) as pilot:
            await open_set(pilot, app)
            await keys(pilot, "home", "s")
            await until(pilot, lambda: "read-only" in shown(app))
            assert handed.requests == []


async def test_without_a_terminal_it_says_so():
    with world() as app:
        async with app.run_test(size=SIZE) as pilot:
            await open_set(pilot, app)
            await keys(pilot, "home", "s")
            await until(pilot, lambda: "this needs a terminal" in shown(app))


async def test_of_several_running_containers_one_is_picked():
    made, key = rolling()
    leader = made.pods[Key(key.namespace, "llama70b-0")]
    sidecar = msgspec.structs.replace(leader.containers[0], name="proxy", image="envoy:1")
    both = msgspec.structs.replace(leader, containers=(*leader.containers, sidecar))
    made.pods[leader.key] = both
    app = console(FakeBackend(first=made.snapshot()))
    handed = Handed(app)
    async with app.run_test(size=SIZE) as pilot:
        await open_set(pilot, app)
        await keys(pilot, "home", "s")
        await until(pilot, lambda: "CONTAINER" in shown(app) and "envoy:1" in shown(app))
        await keys(pilot, *"prox", "enter")
        await until(pilot, lambda: handed.requests)
        assert handed.requests[0].container == "proxy"
