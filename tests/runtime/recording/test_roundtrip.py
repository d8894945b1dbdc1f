"""Whatever comes, in whatever order, comes back."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.names import EVENTS, LEADERWORKERSETS, NODES, PODS
from controller.plan.actions import Wait
from controller.plan.told import PlanNote
from lwstui.state.model import Activity, ControllerView, Pending
from tests.insight.support import death
from tests.runtime.recording.rig import Rig, warning
from tests.runtime.recording.test_recorder import compare
from tests.view.build import LLAMA, container, lws, node, pod, starting

TEXT = st.text(
    st.characters(
        exclude_categories=("C", "Z", "M"), exclude_characters="\u115f\u1160\u3164\uffa0"
    ),
    max_size=12,
)
GROUP, WORKER = st.integers(0, 3), st.integers(0, 1)
PODS_COME = st.builds(
    lambda group, worker, restarts, message, kind: (
        "event",
        PODS,
        kind,
        pod(group, worker, message=message, containers=(container(restarts=restarts),)),
    ),
    GROUP,
    WORKER,
    st.integers(0, 9),
    TEXT,
    st.sampled_from(["ADDED", "MODIFIED", "DELETED"]),
)
STEPS = st.one_of(
    PODS_COME,
    st.builds(lambda g, w: ("event", PODS, "ADDED", starting(g, w, uid="again")), GROUP, WORKER),
    st.builds(
        lambda name, cpu: (
            "event",
            PODS,
            "ADDED",
            pod(9, 0, name=name, uid=name, set_name="", accelerators=(), cpu_milli=cpu),
        ),
        st.sampled_from(["a", "b"]),
        st.integers(0, 4000),
    ),
    st.builds(lambda replicas: ("event", LEADERWORKERSETS, "MODIFIED", lws(replicas)), GROUP),
    st.builds(lambda number: ("event", EVENTS, "ADDED", warning(number)), st.integers(0, 5)),
    st.builds(
        lambda groups: ("list", PODS, *(pod(g, w) for g in range(groups) for w in (0, 1))), GROUP
    ),
    st.builds(lambda ready: ("list", NODES, node("node-0", ready=ready)), st.booleans()),
    st.builds(lambda text: ("did", text), TEXT),
    st.builds(lambda text: ("mark", text), st.one_of(st.none(), TEXT)),
    st.builds(lambda text: ("waits", text), TEXT),
    st.builds(lambda run: ("died", run), st.integers(0, 3)),
    st.builds(lambda seconds: ("pass", seconds), st.floats(0, 4)),
)


def carry_out(rig: Rig, step: tuple) -> None:
    """Let one thing come."""
    match step:
        case ("event", *what):
            rig.event(*what)
        case ("list", *what):
            rig.list(*what)
        case ("did", text):
            rig.store.log(Activity(rig.time.t, "you", "look", f"prod/{text}", "done"))
        case ("mark", text):
            rig.store.mark(LLAMA, None if text is None else Pending(rig.time.t, text))
        case ("waits", text):
            waits = {LLAMA: (("Why", text, -1),)}
            plan = PlanNote(rig.time.t, LLAMA, (text,), waits=(Wait("why", text),))
            made = (*rig.store.snapshot.controller.plans, plan)[-200:]
            rig.store.set_controller(ControllerView("leader", "me", waits=waits, plans=made))
        case ("died", run):
            rig.store.deaths.add([death(run=run)])
        case ("pass", seconds):
            rig.pass_(seconds)
    rig.feed.flush()


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=10), st.lists(STEPS, max_size=25))
def test_what_came_before_and_after_the_beginning_comes_back(before, after):
    async def live(path: Path) -> None:
        rig = Rig(path)
        rig.world()
        for step in before:
            carry_out(rig, step)
        await rig.start()
        for step in after:
            carry_out(rig, step)
        stage = await rig.played()
        compare(rig, stage)
        assert stage.snapshot.controller.waits == rig.store.snapshot.controller.waits
        assert stage.snapshot.controller.plans == rig.store.snapshot.controller.plans

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder) / "r"))
