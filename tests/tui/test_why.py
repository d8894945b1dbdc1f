"""The diagnosis on screen: verdict, chain, evidence, crashes, and what may help."""

from __future__ import annotations

from dataclasses import replace

from lwstui.state.around import Around
from lwstui.state.insights import Advice, Evidence, Finding, Insight, Severity, Subject
from lwstui.tui.routes import Route
from lwstui.tui.screens.why import InsightsScreen, WhyScreen
from tests.insight.support import death
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import NOW, busy

KEY = next(key for key in busy().snapshot().sets if key.name == "llama405b")
GROUP = (KEY, 7)
NODE = Insight(
    Finding(
        "N1",
        Severity.CRITICAL,
        Subject("node", name="gpu-78"),
        "it does not answer [any] more",
        (Evidence("Ready is not True", NOW - 90),),
        (Advice("drain it", "node.drain"), Advice("call the vendor")),
        frozenset({GROUP}),
    ),
    NOW - 60,
    (
        Insight(
            Finding(
                "G5",
                Severity.CRITICAL,
                Subject("group", *KEY, 7),
                "it was recreated 3 times",
                (Evidence("generation 3", NOW - 30),),
                (
                    Advice("recreate it", "group.recreate"),
                    Advice("keep the failed pods", command="freeze"),
                ),
                frozenset({GROUP}),
            ),
            NOW - 30,
        ),
    ),
)
END = death(
    namespace=KEY.namespace,
    set_name=KEY.name,
    group=7,
    generation=2,
    at=NOW - 40,
    lines=("NCCL WARN [x] timeout",),
)


def diagnosed():
    return replace(busy().snapshot(), insights=(NODE,), deaths=(END,))


async def test_w_opens_the_diagnosis_of_what_is_selected():
    backend = FakeBackend(first=diagnosed())
    app = console(backend)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: isinstance(app.screen, WhyScreen))
        await until(pilot, lambda: "it does not answer [any] more" in shown(app))
        text = shown(app)
        assert "X node gpu-78: it does not answer [any] more   for 1m" in text
        assert "group 7: it was recreated 3 times" in text
        assert "Ready is not True" in text
        assert "NCCL WARN [x] timeout" in text
        assert "r Drain" in text
        assert "outside the console" in text
        assert "not looked at, nothing is known: devices · the engine" in " ".join(text.split())
        assert backend.events_wanted


async def test_the_diagnosis_begins_with_the_verdict_unless_another_tab_is_named():
    app = console(FakeBackend(first=diagnosed()))
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: "[1 Why]" in shown(app))
        await keys(pilot, "2")
        await until(pilot, lambda: "[2 Crashes]" in shown(app))
        await keys(pilot, "q", "w")
        await until(pilot, lambda: "[1 Why]" in shown(app))
        await keys(pilot, "colon", *"why llama405b ctl", "enter")
        await until(pilot, lambda: "[6 Controller]" in shown(app))


async def test_enter_opens_the_dialog_of_a_suggestion_for_what_it_is_about():
    backend = FakeBackend(first=diagnosed())
    app = console(backend)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: "recreate it" in shown(app))
        await keys(pilot, "j", "enter")
        await until(pilot, lambda: "this is done outside the console" in shown(app))
        await keys(pilot, "j", "enter")
        await opened(pilot, app, "RECREATE GROUP")
        assert "group 7" in shown(app)
        assert backend.submitted == []


async def test_everything_that_is_wrong_is_a_list_that_leads_to_its_reasons():
    app = console(FakeBackend(first=diagnosed()))
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "colon", *"insights", "enter")
        await until(pilot, lambda: isinstance(app.screen, InsightsScreen))
        await until(pilot, lambda: "node gpu-78" in shown(app))
        assert "+1" in shown(app)
        await keys(pilot, "enter")
        await until(pilot, lambda: "why node gpu-78" in shown(app))


async def test_where_nothing_is_wrong_it_says_so():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: "no rule finds anything wrong with it" in shown(app))


async def test_the_diagnosis_of_a_set_says_whether_more_groups_fit():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(140, 60)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: isinstance(app.screen, WhyScreen))
        await keys(pilot, "3")
        await until(pilot, lambda: "no autoscaling, no preemption" in shown(app))
        text = shown(app)
        assert "more group" in text
        assert "the next is blocked by: " in text


async def test_digits_open_the_tabs_at_any_size():
    app = console(FakeBackend(first=diagnosed()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: "VERDICT" in shown(app))
        for digit, tab, says in (
            ("2", "[2 Crashes]", "NCCL WARN [x] timeout"),
            ("3", "[3 Fit]", "one group asks for 2 pods and 16 accelerators"),
            ("4", "[4 Connectivity]", "no EndpointSlice of the namespace leads to its pods"),
            ("5", "[5 Autoscaling]", "no autoscaler targets this set"),
            ("6", "[6 Controller]", "the controller in this console"),
            ("1", "[1 Why]", "it does not answer [any] more"),
        ):
            await keys(pilot, digit)
            await until(pilot, lambda tab=tab, says=says: tab in shown(app) and says in shown(app))
            assert "1-6 View" in shown(app)
        await keys(pilot, "7")
        await until(pilot, lambda: "there is no tab 7" in shown(app))
        await keys(pilot, "escape", "escape")
        await until(pilot, lambda: "NEEDS ATTENTION" in shown(app))


async def test_what_is_not_watched_is_read_when_its_tab_is_opened_and_again_by_its_digit():
    backend = FakeBackend(first=diagnosed())
    app = console(backend)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: "VERDICT" in shown(app))
        assert backend.around_asked == []
        await keys(pilot, "5")
        await until(pilot, lambda: "no autoscaler targets this set" in shown(app))
        assert backend.around_asked == [KEY]
        backend.surroundings[KEY] = Around(NOW, autoscalers_problem="not [for] you")
        await keys(pilot, "5")
        await until(pilot, lambda: "autoscalers cannot be seen: not [for] you" in shown(app))
        assert backend.around_asked == [KEY, KEY]


async def test_the_whole_diagnosis_is_saved_as_one_text(tmp_path):
    app = console(FakeBackend(first=diagnosed()), state=tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: "VERDICT" in shown(app))
        await keys(pilot, "ctrl+s")
        await until(pilot, lambda: any(tmp_path.rglob("why-llama405b-*.txt")))
        (path,) = tmp_path.rglob("why-llama405b-*.txt")
        text = path.read_text()
        assert "it does not answer [any] more" in text
        assert "NCCL WARN [x] timeout" in text
        assert "served by     the controller in this console" in text


async def test_a_pod_that_ended_and_is_gone_cannot_be_opened():
    app = console(FakeBackend(first=diagnosed()))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "w")
        await until(pilot, lambda: "VERDICT" in shown(app))
        await keys(pilot, "2", "enter")
        await until(pilot, lambda: "that pod is gone" in shown(app))


async def test_the_nodes_of_a_set_say_what_fits_and_those_of_the_cluster_do_not():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(140, 60)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "m")
        await until(pilot, lambda: "WHAT FITS" in shown(app))
        await until(pilot, lambda: "the next is blocked by: " in shown(app))
        app.goto(Route("nodes"))
        await until(pilot, lambda: "WERE DRAINED" in shown(app) and "WHAT FITS" not in shown(app))
