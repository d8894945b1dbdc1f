"""What freezing says, by who serves the set, and how it is marked."""

import msgspec
import pytest

from controller.api.names import FROZEN
from controller.plan.frozen import frozen
from lwstui.state.intents import Freeze
from lwstui.state.model import ControllerView
from lwstui.state.patches import Unpatchable, freeze_patch
from lwstui.view.impact import impact
from tests.view.build import LLAMA, NOW, lws, pod, snapshot

UID = f"uid-{LLAMA}"


def marked(text):
    made = lws(3)
    meta = msgspec.structs.replace(made.metadata, annotations={FROZEN: text} if text else {})
    return msgspec.structs.replace(made, metadata=meta)


def cluster(mode="leader", *, owner="LeaderWorkerSet", text=""):
    pods = tuple(pod(g, w, owner_kind=owner if w == 0 else "Pod") for g in range(3) for w in (0, 1))
    controller = ControllerView(mode=mode, holder="laptop")
    return snapshot(sets=(marked(text),), pods=pods, controller=controller)


@pytest.mark.parametrize(
    ("text", "everything", "groups"),
    [("", False, set()), ("all", True, set()), ("3, 7,x,-1", False, {3, 7})],
)
def test_the_mark_is_read_leniently(text, everything, groups):
    assert frozen({FROZEN: text}) == (everything, groups)


@pytest.mark.parametrize(
    ("text", "group", "on", "after"),
    [
        ("", 3, True, "3"),
        ("7", 3, True, "3,7"),
        ("3,7", 3, False, "7"),
        ("3", 3, False, None),
        ("3", None, True, "all"),
        ("all", None, False, None),
    ],
)
def test_the_mark_names_groups(text, group, on, after):
    patch = freeze_patch(marked(text), group, on=on)
    assert patch["metadata"]["annotations"] == {FROZEN: after}
    assert patch["metadata"]["uid"] == UID


@pytest.mark.parametrize(
    ("text", "group", "on", "says"),
    [
        ("3", 3, True, "frozen already"),
        ("", 3, False, "it is not frozen"),
        ("all", 3, False, "thaw the set"),
        ("all", None, True, "frozen already"),
    ],
)
def test_what_changes_nothing_is_refused(text, group, on, says):
    with pytest.raises(Unpatchable, match=says):
        freeze_patch(marked(text), group, on=on)


def test_the_dialog_says_what_is_left_alone():
    found = impact(cluster(), Freeze(LLAMA, UID, 1), NOW)
    assert (found.title, found.level) == ("FREEZE", 2)
    assert found.what[0].startswith("Group 1 is left as it is")
    assert found.kubectl == ("kubectl -n prod annotate --overwrite lws llama lwstui.dev/frozen=1")
    thaw = impact(cluster(text="1"), Freeze(LLAMA, UID, 1, on=False), NOW)
    assert (thaw.title, thaw.refused) == ("THAW", "")
    assert thaw.kubectl.endswith("lwstui.dev/frozen-")


@pytest.mark.parametrize(
    ("mode", "says"),
    [("off", "No controller runs here"), ("elsewhere", "for laptop to honour")],
)
def test_the_dialog_says_who_has_to_honour_it(mode, says):
    assert says in impact(cluster(mode), Freeze(LLAMA, UID, 1), NOW).what[-1]


@pytest.mark.parametrize("changes", [{"mode": "native"}, {"owner": "StatefulSet"}])
def test_where_nobody_would_heed_it_it_is_refused(changes):
    assert "knows no freeze" in impact(cluster(**changes), Freeze(LLAMA, UID), NOW).refused
