"""The line under the title: what is wrong, or who acts if this controller does not."""

from dataclasses import replace

import pytest

from lwstui.kube.sync import KindSync
from lwstui.state.model import ClusterState, ControllerView
from lwstui.view.ages import clock
from lwstui.view.banner import banner
from tests.view.build import NOW, snapshot

LIVE = KindSync("live", NOW - 60, NOW)
SINCE = f"since {clock(NOW - 65)} (1m05s)"


def text(controller: ControllerView, **cluster: str) -> str:
    snap = replace(
        snapshot(),
        controller=controller,
        sync={"leaderworkersets": LIVE},
        cluster=ClusterState(connected=True, **cluster),
    )
    return " ".join(span.text for line in banner(snap, NOW) for span in line).strip()


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (ControllerView("leader", "me", NOW - 65), ""),
        (ControllerView("elsewhere", "host-1", NOW - 65), ""),
        (
            ControllerView("standby", "host-1", NOW - 65),
            f"◇ standing by: host-1 acts {SINCE}",
        ),
        (ControllerView("standby", "host-1"), "◇ standing by: host-1 acts"),
        (
            ControllerView("elsewhere", "host-1", NOW - 65, serves="a"),
            f"◇ host-1 acts {SINCE}, but for namespace a only: one controller per cluster acts, "
            "so nobody serves the sets of others",
        ),
        (
            ControllerView("failed", last_error="no permission for lease x"),
            "✕ the controller cannot act: no permission for lease x",
        ),
    ],
)
def test_the_controller_is_told_of_when_it_does_not_act(view: ControllerView, says: str) -> None:
    assert text(view) == says


def test_a_lost_connection_comes_first() -> None:
    assert text(ControllerView("standby", "host-1"), problem="no route").startswith("✕ no route")
