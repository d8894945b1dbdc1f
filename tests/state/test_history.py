"""Going back: which revision, and when there is none."""

import pytest

from lwstui.state.history import history_of
from lwstui.state.patches import Unpatchable
from tests.controller.support import FakeCluster, make_set


def history(*images):
    """Return the history of a set that was given these images in turn."""
    cluster = FakeCluster(make_set())
    settle(cluster)
    for image in images:
        cluster.set_image(image)
        settle(cluster)
    return history_of(cluster.lws, cluster.revisions.values())


def settle(cluster):
    for _ in range(20):
        cluster.quiet()
        for pod in tuple(cluster.pods):
            if cluster.pods[pod].terminating:
                cluster.reap(pod)
            else:
                cluster.run(pod)
    cluster.quiet()


def test_the_newest_is_in_force_and_undo_goes_to_the_one_before():
    found = history("b", "c")
    assert [revision.number for revision in found.revisions] == [3, 2, 1]
    assert found.current is found.revisions[0]
    assert found.pick(None).number == 2
    assert found.pick(1).number == 1


def test_undo_after_an_undo_goes_to_what_was_undone():
    found = history("b", "img:v1")
    assert [revision.number for revision in found.revisions] == [3, 2, 1]
    assert found.revisions[0].key == found.revisions[2].key
    assert found.pick(None).number == 2


@pytest.mark.parametrize("number", [3, 1])
def test_a_template_that_is_in_force_is_refused(number):
    with pytest.raises(Unpatchable, match=f"that of revision {number} already"):
        history("b", "img:v1").pick(number)


def test_what_is_not_kept_is_refused_with_what_is():
    with pytest.raises(Unpatchable, match="no revision 9; kept are 1, 2"):
        history("b").pick(9)
    with pytest.raises(Unpatchable, match="no revision before the present one is kept"):
        history().pick(None)


def test_a_template_that_is_not_recorded_yet_goes_back_to_the_newest_recorded():
    cluster = FakeCluster(make_set())
    settle(cluster)
    cluster.set_image("b")
    found = history_of(cluster.lws, cluster.revisions.values())
    assert found.current is None
    assert found.pick(None).number == 1


def test_revisions_of_others_do_not_count():
    cluster = FakeCluster(make_set())
    settle(cluster)
    other = FakeCluster(make_set(name="other"))
    settle(other)
    both = (*cluster.revisions.values(), *other.revisions.values())
    assert len(history_of(cluster.lws, both).revisions) == 1
