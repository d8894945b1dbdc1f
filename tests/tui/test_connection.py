"""Connection states: a clear sentence on the screen, and local keys that always work."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from textual import events

from lwstui.kube.sync import KindSync
from lwstui.state.model import Snapshot
from lwstui.view.banner import banner, stale
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import NOW, busy, live


def _with(state: str = "live", kind: str = "leaderworkersets", **facts) -> Snapshot:
    sync = {**live(NOW), kind: KindSync(state, since=NOW - 60, **facts)}
    return busy().snapshot(2, sync=sync)


def _cluster(**facts) -> Snapshot:
    found = busy().snapshot(2)
    return replace(found, cluster=replace(found.cluster, **facts))


def _text(lines):
    return " ".join(span.text for line in lines for span in line)


CASES = [
    pytest.param(Snapshot(), "connecting", False, id="nothing-known"),
    pytest.param(
        _with("reconnecting", last_event_at=NOW - 41, attempt=4, retry_at=NOW + 8, message="EOF"),
        "connection lost, data as of 10:41:19, attempt 4, next in 8s, EOF",
        True,
        id="lost",
    ),
    pytest.param(_with("missing"), "LeaderWorkerSet is not installed", False, id="no-crd"),
    pytest.param(
        _with("unauthorized", message="token expired"),
        "the cluster refused the credentials of alice: token expired",
        True,
        id="auth",
    ),
    pytest.param(_with("forbidden", "pods"), "not allowed to list and watch pods", False, id="403"),
    pytest.param(
        replace(
            busy().snapshot(2),
            cluster=replace(busy().snapshot().cluster, problem="no such host: eu"),
        ),
        "no such host: eu",
        False,
        id="problem",
    ),
    pytest.param(_cluster(skew_s=90.0), "clock is 1m30s behind the server's", False, id="skew"),
    pytest.param(_cluster(skew_s=-7.0), "clock is 7s ahead of the server's", False, id="ahead"),
    pytest.param(
        _cluster(login_says="open https://login"),
        "logging in: open https://login",
        False,
        id="login",
    ),
]


@pytest.mark.parametrize(("snapshot", "sentence", "old"), CASES)
def test_what_is_said(snapshot, sentence, old, monkeypatch):
    assert sentence in _text(banner(snapshot, NOW))
    assert stale(snapshot) == old


def test_nothing_is_said_when_all_is_well():
    assert banner(busy().snapshot(), NOW) == ()


@pytest.mark.parametrize(("snapshot", "sentence", "old"), CASES)
async def test_it_is_on_the_screen_and_local_keys_work(snapshot, sentence, old):
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.snapshot.version == snapshot.version)
        await until(pilot, lambda: sentence in shown(app))
        assert app.front.has_class("-stale") == old
        await keys(pilot, "question_mark")
        await until(pilot, lambda: "THIS SCREEN" in shown(app))
        await keys(pilot, "q", "m", "q")
        await until(pilot, lambda: app.front.route.screen == "fleet")


async def test_it_recovers_without_a_key():
    backend = FakeBackend(first=_with("reconnecting", last_event_at=NOW - 41))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "connection lost" in shown(app))
        backend.publish(busy().snapshot(3))
        await until(pilot, lambda: "connection lost" not in shown(app))
        assert not app.front.has_class("-stale")


async def test_nothing_is_changed_on_the_strength_of_old_data_without_a_yes_to_its_age():
    first = _with("reconnecting", last_event_at=NOW - 41)
    backend = FakeBackend(first=replace(first, cluster=replace(first.cluster, sandbox=True)))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "connection lost" in shown(app))
        await pilot.press("r")
        await opened(pilot, app, "ROLLING RESTART")
        assert "the data is 41s old" in shown(app)
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        await pilot.press("y")
        await until(pilot, lambda: "Yes, the data is 41s old" in shown(app))
        assert backend.submitted == []
        await until(pilot, lambda: not app.screen.locked)
        await pilot.press("y")
        await until(pilot, lambda: backend.submitted)


async def test_coming_back_to_the_terminal_tries_again_at_once():
    backend = FakeBackend(first=_with("reconnecting", last_event_at=NOW - 41))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "connection lost" in shown(app))
        app.post_message(events.AppFocus())
        await until(pilot, lambda: backend.hurries == 1)
        assert backend.reconnects == 0


async def test_ages_never_go_negative_when_the_servers_clock_is_ahead():
    app = console(FakeBackend(first=_cluster(skew_s=3600.0)), clock=lambda: NOW - 7 * 86400)
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert not re.search(r"-\d+[smhd]\b", re.sub(r"[a-z0-9]+-\d", "", shown(app)))
