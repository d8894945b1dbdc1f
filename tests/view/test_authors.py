"""Who made a revision: this console, the program that wrote the template, or nobody knows."""

from __future__ import annotations

import json

import pytest

from controller.api.core import Revision
from controller.api.lws import decode
from controller.api.meta import format_time
from lwstui.state.model import Activity
from lwstui.view.authors import author

MADE = 1_700_000_100.0
REVISION = Revision("prod", "llama-x-2", "uid-2", "x", 2, "llama", created_at=MADE)


def a_set(*managers):
    """Return a set with the managers of fields: name, seconds before the revision, what."""
    fields = [
        {
            "manager": name,
            "operation": "Update",
            "time": format_time(MADE - before),
            "fieldsV1": {"f:spec": {what: {".": {}, "f:size": {}}}},
        }
        for name, before, what in managers
    ]
    meta = {"name": "llama", "namespace": "prod", "managedFields": fields}
    return decode(json.dumps({"metadata": meta, "spec": {}}).encode())


TEMPLATE, REPLICAS = "f:leaderWorkerTemplate", "f:replicas"


def did(what, before, **more):
    line = {"who": "you", "target": "prod/llama", "outcome": "accepted", "kind": "asked", **more}
    return Activity(at=MADE - before, what=what, **line)


@pytest.mark.parametrize(
    ("managers", "expected"),
    [
        pytest.param((("kubectl-edit", 1, TEMPLATE),), "kubectl-edit", id="the one that wrote it"),
        pytest.param((("kubectl-edit", -1, TEMPLATE),), "kubectl-edit", id="whole seconds"),
        pytest.param((("kubectl-edit", 60, TEMPLATE),), "unknown", id="long before"),
        pytest.param((("kubectl-edit", -60, TEMPLATE),), "unknown", id="since"),
        pytest.param((("hpa", 1, REPLICAS),), "unknown", id="another field"),
        pytest.param((("hpa", 0, REPLICAS), ("argocd", 2, TEMPLATE)), "argocd", id="among several"),
        pytest.param(
            (("argocd", 1, TEMPLATE), ("kubectl", 2, TEMPLATE)), "unknown", id="two that fit"
        ),
        pytest.param((), "unknown", id="nothing tells"),
    ],
)
def test_the_program_that_wrote_the_template_just_before_it(managers, expected):
    assert author(REVISION, a_set(*managers), ()) == expected


@pytest.mark.parametrize(
    ("line", "mine"),
    [
        (did("set image worker main=x:2", 1), True),
        (did("rolling restart", 0.4), True),
        (did("undo to revision 3", 9), True),
        (did("apply LeaderWorkerSet", 1), True),
        (did("edit LeaderWorkerSet", 1), True),
        (did("scale to 3 groups", 1), False),
        (did("set image worker main=x:2", 60), False),
        (did("set image worker main=x:2", 1, ok=False), False),
        (did("set image worker main=x:2", 1, target="prod/other"), False),
        (did("set image worker main=x:2", 1, kind="followed"), False),
    ],
)
def test_what_this_console_did_itself(line, mine):
    lws = a_set(("lwstui", 1, TEMPLATE))
    assert author(REVISION, lws, (line,)) == ("you" if mine else "lwstui")


def test_clocks_that_differ_are_allowed_for():
    line = did("rolling restart", 100)
    assert author(REVISION, a_set(), (line,)) == "unknown"
    assert author(REVISION, a_set(), (line,), skew_s=99.0) == "you"
