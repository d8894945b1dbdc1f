from dataclasses import replace

import pytest

from lwstui.kube.sync import KindSync
from lwstui.state.model import ClusterState, ControllerView
from lwstui.view.memo import Memo
from lwstui.view.status import connection, status
from tests.view.build import NOW, lws, node, pod, snapshot

LIVE = KindSync("live", NOW - 60, NOW)


def with_sync(**syncs):
    return replace(
        snapshot(), sync={"leaderworkersets": LIVE, "pods": LIVE, "nodes": LIVE, **syncs}
    )


@pytest.mark.parametrize(
    ("snap", "says"),
    [
        (with_sync(), "● LIVE 0s"),
        (with_sync(pods=KindSync("listing")), "○ LISTING"),
        (
            with_sync(pods=KindSync("reconnecting", attempt=4, retry_at=NOW + 8)),
            "◌ RECONNECTING 4 in 8s",
        ),
        (with_sync(nodes=KindSync("forbidden")), "✕ FORBIDDEN nodes"),
        (with_sync(leaderworkersets=KindSync("missing")), "⊘ NO CRD"),
        (with_sync(leaderworkersets=KindSync("unauthorized")), "✕ AUTH"),
        (replace(with_sync(), cluster=ClusterState(problem="no route")), "✕ NO CLUSTER"),
        (
            replace(with_sync(), cluster=ClusterState(), sync={"pods": KindSync(since=NOW - 3)}),
            "○ CONNECTING 3s",
        ),
        (replace(with_sync(), cluster=ClusterState(), sync={}), "○ CONNECTING"),
    ],
)
def test_connection(snap, says):
    assert connection(snap, NOW).text == says


@pytest.mark.parametrize(
    ("later", "behind", "says"),
    [
        (0, 0.0, "● LIVE 0s"),
        (7, 0.0, "● LIVE 7s"),
        (9, 0.0, "◐ LAGGING 9s"),
        (0, 0.9, "● LIVE 0s"),
        (0, 3.2, "◐ LAGGING 3s here"),
    ],
)
def test_age_of_the_newest_proof(later, behind, says):
    snap = with_sync()
    snap = replace(snap, cluster=replace(snap.cluster, proved_at=NOW))
    assert connection(snap, NOW + later, behind).text == says


def test_each_family_of_accelerators_is_a_total_of_its_own_the_largest_first():
    nodes = [
        node("tpu-1", allocatable=(("google.com/tpu", 4),), capacity=(("google.com/tpu", 4),)),
        node("gpu-1"),
    ]
    texts = [span.text for span in status(snapshot(nodes=nodes), NOW).totals]
    assert texts[2:] == ["GPU 0/8", "TPU 0/4"]


def test_a_failed_login_is_no_missing_cluster():
    snap = replace(with_sync(), cluster=ClusterState(problem="log in", login_failed=True))
    assert connection(snap, NOW).text == "✕ AUTH"


def test_silence_is_lagging():
    assert connection(with_sync(), NOW + 200).text == "◐ LAGGING 3m20s"


def test_facts_of_the_line():
    snap = snapshot(
        sets=(lws(1),),
        pods=(pod(), pod(0, 1)),
        nodes=(node("node-0"),),
        cluster=ClusterState(
            context="prod-eu", namespaces=("prod",), read_only=True, connected=True
        ),
        controller=ControllerView(mode="elsewhere", holder="ctl-1_abc"),
    )
    for memo in (None, Memo()):
        found = status(snap, NOW, memo)
        assert (found.context, found.scope, found.mode) == ("prod-eu", "ns:prod", "RO")
        assert found.controller.text == "CTL ◇ (ctl-1)"
        assert [span.text for span in found.totals] == ["sets 1", "groups 1/1", "GPU 8/8"]
