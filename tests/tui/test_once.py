"""``--once``: the first screen printed, then the end."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lwstui.cli.once import print_once
from lwstui.state.model import Snapshot
from tests.tui.support import FakeBackend, console, shown, until
from tests.tui.worlds import busy


@pytest.mark.parametrize(
    ("form", "command"), [("text", ""), ("csv", "sets"), ("json", "sets /s:X")]
)
async def test_what_the_first_screen_shows_is_printed(form, command, capsys):
    app = console(FakeBackend(first=busy().snapshot()), first_command=command)
    assert await print_once(app, form, (120, 40)) == 0
    out = capsys.readouterr().out
    assert "llama405b" in out
    assert app.backend.stopped
    if form == "json":
        assert json.loads(out)
        assert "phi4" not in out


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("set llama405b", ("GROUP MAP", "OOMKilled", "EXCEPTIONS")),
        ("set llama405b/7", ("STARTUP", "OOMKilled")),
        ("why llama405b", ("VERDICT", "EVIDENCE", "WHAT MAY HELP")),
        ("rollout qwen72b", ("PARTITION", "WHY IS IT WAITING", "REVISIONS")),
        ("pods llama405b", ("llama405b-7-1",)),
        ("yaml llama405b", ("kind: LeaderWorkerSet",)),
    ],
)
async def test_a_screen_that_is_more_than_rows_is_printed_as_it_is(command, says, capsys):
    app = console(FakeBackend(first=busy().snapshot()), first_command=command)
    assert await print_once(app, "text", (120, 60)) == 0
    out = capsys.readouterr().out
    assert [word for word in says if word not in out] == []
    # Neither the line that says where the console is nor the keys are of use on paper.
    assert "enter " not in out.splitlines()[-1]
    assert "LIVE" not in out


async def test_it_neither_starts_where_somebody_left_off_nor_changes_that(tmp_path, capsys):
    def fresh(**options):
        return console(FakeBackend(first=busy().snapshot()), state=tmp_path, **options)

    app = fresh()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("events")
        await until(pilot, lambda: app.front.route.screen == "events")
        app.remember()
        app.keep()
    assert await print_once(fresh(), "text", (120, 40)) == 0
    assert await print_once(fresh(first_command="nodes"), "text", (120, 40)) == 0
    assert capsys.readouterr().out.startswith("sets ")
    app = fresh()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.front.route.screen == "events")


@pytest.mark.parametrize("form", ["text", "csv", "json"])
async def test_in_ascii_nothing_else_is_printed(form, capsys):
    app = console(FakeBackend(first=busy().snapshot()), ascii=True)
    assert await print_once(app, form, (120, 40)) == 0
    out = capsys.readouterr().out
    assert "llama405b" in out
    assert out.isascii()


async def test_a_cluster_that_cannot_be_reached_is_one_sentence(capsys):
    snapshot = Snapshot(version=1)
    snapshot = replace(snapshot, cluster=replace(snapshot.cluster, problem="no route to eu"))
    app = console(FakeBackend(first=snapshot))
    assert await print_once(app, "text", (100, 30)) == 1
    assert capsys.readouterr().err == "lwstui: no route to eu\n"


async def test_what_needs_attention_is_printed_above_the_sets_in_full(capsys):
    app = console(FakeBackend(first=busy().snapshot()))
    assert await print_once(app, "text", (80, 24)) == 0
    out = capsys.readouterr().out.splitlines()
    at = out.index("NEEDS ATTENTION 3")
    (line,) = [line for line in out if line.startswith("X llm-prod/llama405b")]
    assert "OOMKilled" in line
    assert "…" not in line
    assert at < out.index(line) < next(n for n, text in enumerate(out) if "READY" in text)
