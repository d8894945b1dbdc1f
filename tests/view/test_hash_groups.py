"""Pods of a native-managed set whose groups have identities instead of numbers."""

from __future__ import annotations

from lwstui.view.describe import describe
from lwstui.view.fleet import fleet
from lwstui.view.lws import set_view
from lwstui.view.memo import Memo
from lwstui.view.nodes import nodes
from lwstui.view.pods import pods
from lwstui.view.types import Query, Ref
from tests.view.build import LLAMA, NOW, lws, node, pod, snapshot

HASHES = ("0123456789abcdef0123456789abcdef01234567", "1" * 40)
MADE = tuple(
    pod(-1, worker, name=f"llama-{group[:5]}-{worker}", uid=f"{group}-{worker}", group_id=group)
    for group in HASHES
    for worker in (0, 1)
)
SNAPSHOT = snapshot(sets=(lws(2, groupIdentity="Hash"),), pods=MADE, nodes=(node("node--1"),))


def test_every_view_shows_them_or_leaves_them_out():
    shown = pods(SNAPSHOT, Query(), NOW, Memo())
    assert {row.ref.name for row in shown.rows} == {each.name for each in MADE}
    assert set_view(SNAPSHOT, LLAMA, Query(), NOW, Memo()).found
    assert fleet(SNAPSHOT, Query(), NOW, Memo()).table.rows
    assert nodes(SNAPSHOT, Query(), NOW, Memo()).rows
    found = MADE[0]
    ref = Ref("pod", found.namespace, found.name, found.group, found.worker, found.uid)
    assert describe(SNAPSHOT, ref, NOW)
