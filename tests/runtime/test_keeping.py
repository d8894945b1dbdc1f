"""What the console keeps of sets between runs: files, and what comes back of them."""

from __future__ import annotations

import stat

import msgspec
import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, REVISIONS
from lwstui.runtime.keeping import Keeping, decoded
from lwstui.state.history import history_of, known_revisions
from lwstui.state.model import GroupStart
from lwstui.state.store import Store
from lwstui.view.memo import Memo
from lwstui.view.revision_table import revision_table
from lwstui.view.types import Query
from tests.view.build import NOW
from tests.view.rollouts import midway

KEY = Key("default", "sample")


def seen(cluster, *, truncated=False):
    """Return a store with a set and its revisions, or only the newest of them."""
    store = Store()
    store.apply(LEADERWORKERSETS, "ADDED", cluster.lws)
    found = sorted(cluster.revisions.values(), key=lambda one: one.number)
    store.replace(REVISIONS, found[-1:] if truncated else found)
    store.publish(NOW)
    return store


def opened(store, folder):
    keeping = Keeping(store, folder)
    keeping.open("prod-eu")
    return keeping


async def test_a_revision_that_the_cluster_dropped_comes_back_from_the_file(tmp_path):
    cluster = midway()
    first = seen(cluster)
    first.memory.recall(KEY, [GroupStart("img:v1", 61.0)])
    first.publish(NOW)
    await opened(first, tmp_path).keep()
    (path,) = (tmp_path / "prod-eu").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    later = seen(cluster, truncated=True)
    assert len(known_revisions(later.snapshot, KEY)) == 1
    await opened(later, tmp_path).keep()
    now = later.publish(NOW)
    assert now.starts[KEY] == (GroupStart("img:v1", 61.0),)
    known = known_revisions(now, KEY)
    assert sorted(one.number for one in known) == [1, 2]
    assert history_of(cluster.lws, known).pick(None).number == 1
    rows = revision_table(now, KEY, Query(), NOW, Memo()).rows
    assert [row.cells[2].text for row in rows] == ["new", "kept"]


async def test_a_rollout_that_ends_while_it_is_watched_leaves_its_revision(tmp_path):
    cluster = midway()
    store = seen(cluster)
    keeping = opened(store, tmp_path)
    await keeping.keep()
    store.replace(REVISIONS, [max(cluster.revisions.values(), key=lambda one: one.number)])
    assert [one.number for one in known_revisions(store.publish(NOW), KEY)] == [2, 1]


async def test_a_set_made_anew_has_no_past(tmp_path):
    cluster = midway()
    await opened(seen(cluster), tmp_path).keep()
    meta = msgspec.structs.replace(cluster.lws.metadata, uid="another")
    cluster.lws = msgspec.structs.replace(cluster.lws, metadata=meta)
    store = seen(cluster, truncated=True)
    await opened(store, tmp_path).keep()
    assert not store.publish(NOW).kept


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"uid": "u"}, {"uid": "u", "starts": 5, "revisions": []},
     {"uid": "u", "starts": [], "revisions": [{"name": 5}]}],
)  # fmt: skip
def test_a_file_that_holds_something_else_is_ignored(document):
    assert decoded(document, KEY, "u") == ((), {})


async def test_without_a_folder_nothing_is_kept():
    store = seen(midway())
    await opened(store, None).keep()
    assert not store.publish(NOW).kept


async def test_a_set_that_is_gone_is_forgotten(tmp_path):
    cluster = midway()
    store = seen(cluster)
    await opened(store, tmp_path).keep()
    assert store.publish(NOW).kept
    store.apply(LEADERWORKERSETS, "DELETED", cluster.lws)
    assert not store.publish(NOW).kept
