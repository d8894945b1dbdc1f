"""The hour before the start: asked for once per set, bounded, and one sentence if it fails."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from controller.api.meta import Key
from controller.errors import Forbidden, Unavailable
from lwstui.config.prometheus import Prometheus
from lwstui.runtime.hours import LOOK_S, SETS_A_LOOK, SETS_A_QUERY
from lwstui.runtime.sampler import SHOWN_S
from lwstui.state.trends import MINUTES, STEP_S
from lwstui.view.trends import trends_of
from tests.runtime.bench import running
from tests.runtime.fakes import FakeFactory
from tests.view.build import LLAMA, NOW, lws, pod

SERVICE = Prometheus(service="monitoring/prometheus:9090")
END = int(NOW // STEP_S * STEP_S)


def remembers(value=0.5, minutes=MINUTES):
    """Return what answers with a value for every minute of each set that is asked for."""

    def answer(query):
        number = "4" if "ready" in query else str(value)
        points = [[END - n * STEP_S, number] for n in reversed(range(minutes))]
        names = re.findall(r'"lwstui_set","([^"]+)"', query)
        found = [{"metric": {"lwstui_set": name}, "values": points} for name in names]
        data = {"resultType": "matrix", "result": found}
        return json.dumps({"status": "success", "data": data}).encode()

    return answer


def factory(answer):
    made = FakeFactory()
    made.link.where = replace(made.link.where, sandbox=False)
    made.link.remembers = answer
    return made


def asking(answer, where=SERVICE):
    return running(factory=factory(answer), prometheus=lambda _: where)


async def looks(bench, times=2):
    for _ in range(times):
        await bench.time.advance(max(LOOK_S, SHOWN_S))
        await bench.time.advance(0.2)


def source(bench):
    return bench.last.telemetry.sources[-1]


async def test_the_hour_before_the_start_is_shown_before_what_the_console_saw():
    async with asking(remembers()) as bench:
        await bench.live(pod(0, 0), pod(0, 1))
        await looks(bench)
        past = bench.last.telemetry.past[LLAMA]
        assert past.util.values == (0.5,) * MINUTES
        assert past.ready.values == (4.0,) * MINUTES
        found = {one.label: one for one in trends_of(bench.last, LLAMA, 2, bench.time.now())}
        assert found["util"].told
        assert len(found["ready"].told) + len(found["ready"].own) == MINUTES
        assert (source(bench).asked, source(bench).answered, source(bench).why) == (2, 2, "")


async def test_each_set_is_asked_for_once_and_an_hour_at_a_minute_a_point():
    async with asking(remembers()) as bench:
        await bench.live(pod(0, 0), pod(0, 1))
        await looks(bench, 20)
        assert len(bench.link.remembering) == 2
        (first, _) = bench.link.remembering
        assert first["end"] - first["start"] == (MINUTES - 1) * STEP_S
        assert first["start"] % STEP_S == 0
        assert first["step"] == STEP_S


async def test_many_sets_are_asked_for_few_at_a_time():
    sets = [lws(key=Key("prod", f"set{chr(97 + n // 26)}{chr(97 + n % 26)}")) for n in range(33)]
    async with asking(remembers()) as bench:
        await bench.live(sets=sets)
        await looks(bench, 1)
        assert len(bench.link.remembering) == 2 * SETS_A_LOOK / SETS_A_QUERY
        await looks(bench, 3)
        assert len(bench.last.telemetry.past) == 33
        assert len(bench.link.remembering) == 2 * (4 + 3)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Unavailable("no answer within 10 s"), "it cannot be asked: no answer within 10 s"),
        (Forbidden(403, "Forbidden", "no"), "not allowed: get services/proxy in monitoring"),
        (b"<html>login</html>", "it cannot be asked: the answer cannot be read"),
        (b'{"status":"error","error":"too many samples"}', "the query failed: too many samples"),
    ],
)
async def test_what_fails_is_one_sentence_and_tried_ever_more_seldom(answer, why):
    async with asking(answer) as bench:
        await bench.live(pod(0, 0), pod(0, 1))
        await looks(bench, 40)
        assert why in source(bench).why
        assert source(bench).answered == 0
        assert bench.last.telemetry.past == {}
        assert 3 <= len(bench.link.remembering) <= 6
        bench.link.remembers = remembers()
        await looks(bench, 60)
        assert bench.last.telemetry.past[LLAMA].util.values
        assert source(bench).why == ""


async def test_a_set_that_is_gone_is_forgotten_and_a_new_one_asked_for():
    async with asking(remembers()) as bench:
        await bench.live(pod(0, 0), pod(0, 1))
        await looks(bench)
        from controller.api.names import LEADERWORKERSETS

        bench.link.of(LEADERWORKERSETS).sink.replace([lws(key=Key("prod", "other"))])
        await looks(bench, 3)
        assert list(bench.last.telemetry.past) == [Key("prod", "other")]


async def test_nobody_is_asked_unless_told_to_and_never_for_a_sandbox():
    async with asking(remembers(), Prometheus()) as bench:
        await bench.live(pod(0, 0))
        await looks(bench)
        assert bench.link.remembering == []
        assert len(bench.last.telemetry.sources) == 3
    async with running(prometheus=lambda _: SERVICE) as bench:
        await bench.live(pod(0, 0))
        await looks(bench)
        assert bench.link.remembering == []
