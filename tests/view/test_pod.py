"""States of containers in words, and which of them are faults."""

from __future__ import annotations

import pytest

from lwstui.view.memo import Memo
from lwstui.view.pod import container_health, pod_view
from lwstui.view.types import Query, Ref
from tests.view import build
from tests.view.build import NOW, container


@pytest.mark.parametrize(
    ("one", "glyph", "said"),
    [
        pytest.param(container(), "·", "running", id="ready"),
        pytest.param(container(ready=False), "o", "running", id="not-ready"),
        pytest.param(container(init=True, ready=False), "·", "running", id="sidecar-or-init"),
        pytest.param(
            container(state="waiting", reason="ContainerCreating"),
            "o",
            "ContainerCreating",
            id="new",
        ),
        pytest.param(
            container(state="waiting", reason="ErrImagePull"), "X", "ErrImagePull", id="image"
        ),
        pytest.param(container(state="terminated", exit_code=0), "·", "completed", id="completed"),
        pytest.param(container(state="terminated", exit_code=1), "!", "exit 1", id="error"),
        pytest.param(
            container(state="terminated", exit_code=139), "!", "exit 139 SIGSEGV", id="signal"
        ),
        pytest.param(
            container(state="terminated", reason="OOMKilled", exit_code=137),
            "!",
            "OOMKilled, exit 137 SIGKILL",
            id="memory",
        ),
        pytest.param(container(state=""), "_", "not started yet", id="nothing-known"),
    ],
)
def test_a_container_in_words(one, glyph, said):
    health = container_health(one)
    assert (health.glyph, health.reason) == (glyph, said)


def _kinds(body):
    member = build.pod(containers=(container(name="a", init=True), container()))
    snapshot = build.snapshot(pods=(member,))
    ref = Ref("pod", member.namespace, member.name)
    view = pod_view(snapshot, ref, Query(), NOW, Memo(), body=body)
    return [row.cells[2].text for row in view.table.rows]


def test_sidecars_are_told_from_init_containers_once_the_object_is_known():
    assert _kinds(None) == ["init", "main"]
    body = {"spec": {"initContainers": [{"name": "a", "restartPolicy": "Always"}]}}
    assert _kinds(body) == ["sidecar", "main"]
