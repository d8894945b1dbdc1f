"""What applying manifests would change: verdicts, effects of sets, conflicts, warnings, text."""

import copy
from dataclasses import replace

import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from lwstui.state.manifests import FieldConflict, Manifest, Trial
from lwstui.state.model import ControllerView
from lwstui.view.plans import (
    Marks,
    columns,
    diff,
    document,
    object_id,
    plan_object,
    summary,
    table,
    warnings,
)
from lwstui.view.types import Query
from tests.tui.building import NOW, World

CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")
HPA = FieldConflict("kube-controller-manager", ".spec.replicas")


def world(states="·" * 12, **changes):
    made = World()
    made.add_nodes(30)
    key = made.add_set("llama", states, size=2, gpus=4, **changes)
    return made, key


def live_body(made, key):
    lws = made.sets[key]
    return {
        "apiVersion": LEADERWORKERSETS.api_version,
        "kind": "LeaderWorkerSet",
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "uid": lws.metadata.uid,
            "generation": 3,
            "annotations": dict(lws.annotations),
        },
        "spec": copy.deepcopy(lws.spec),
    }


def trial(live, after, **more):
    meta = after["metadata"]
    return Trial(
        Manifest("llama.yaml", after),
        Key(meta["namespace"], meta["name"]),
        LEADERWORKERSETS,
        live,
        after,
        **more,
    )


def changed(body, path, value):
    after = copy.deepcopy(body)
    part = after
    *before, last = path
    for name in before:
        part = part.setdefault(name, {}) if isinstance(part, dict) else part[name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return after


IMAGE = ("spec", "leaderWorkerTemplate", "workerTemplate", "spec", "containers", 0, "image")
ROLLING = ("spec", "rolloutStrategy", "rollingUpdateConfiguration")
TOPOLOGY = ("metadata", "annotations", "leaderworkerset.sigs.k8s.io/exclusive-topology")


def planned(path, value, states="·" * 12, mode="leader", **set_changes):
    made, key = world(states, **set_changes)
    made.controller = ControllerView(mode=mode)
    live = live_body(made, key)
    return plan_object(trial(live, changed(live, path, value)), made.snapshot(), made.now)


@pytest.mark.parametrize(
    ("path", "value", "verdict", "effect"),
    [
        pytest.param(IMAGE, "vllm/vllm-openai:v0.8.5", "same", "", id="nothing"),
        pytest.param(IMAGE, "v:2", "change", "new revision, 12 groups roll", id="image"),
        pytest.param(("spec", "replicas"), 14, "change", "scale 12 → 14, no restart", id="up"),
        pytest.param(
            ("spec", "replicas"), 9, "change", "scale 12 → 9, highest index first", id="down"
        ),
        pytest.param((*ROLLING, "maxUnavailable"), 2, "change", "no restart", id="budget"),
        pytest.param(
            TOPOLOGY, "rack", "change", "no restart, for groups made from then on", id="topology"
        ),
        pytest.param(("metadata", "labels"), {"a": "b"}, "change", "no restart", id="label"),
    ],
)
def test_effects(path, value, verdict, effect):
    plan = planned(path, value)
    assert (plan.verdict, plan.effect.text) == (verdict, effect)


def test_a_new_revision_rolls_only_what_the_partition_lets():
    made, key = world()
    live = live_body(made, key)
    after = changed(changed(live, IMAGE, "v:2"), (*ROLLING, "partition"), 10)
    plan = plan_object(trial(live, after), made.snapshot(), made.now)
    assert plan.effect.rolls == (10, 11)
    assert plan.effect.pods == 4
    assert plan.effect.revision
    assert any("groups below 10 keep" in text for text in plan.effect.warnings)


def test_lowering_the_partition_lets_the_held_groups_roll_without_a_revision():
    made, key = world("::::····", old="0ld", partition=4)
    live = changed(live_body(made, key), (*ROLLING, "partition"), 4)
    after = changed(live, (*ROLLING, "partition"), 2)
    effect = plan_object(trial(live, after), made.snapshot(), made.now).effect
    assert (effect.rolls, effect.revision, effect.text) == ((2, 3), False, "2 groups roll")


def test_a_template_that_means_the_same_makes_no_revision():
    path = ("spec", "leaderWorkerTemplate", "workerTemplate", "spec", "restartPolicy")
    made, key = world()
    live = live_body(made, key)
    plan = plan_object(trial(live, changed(live, path, "Always")), made.snapshot(), made.now)
    revision = plan.effect.revision
    notes = plan.effect.notes
    assert notes["spec.leaderWorkerTemplate.workerTemplate.spec.restartPolicy"] == (
        "new revision" if revision else "means the same: no revision"
    )


def test_scaling_down_names_the_victims_and_what_serves():
    plan = planned(("spec", "replicas"), 10, "··········X·")
    assert plan.effect.removes == (10, 11)
    (text,) = plan.effect.warnings
    assert "groups 10-11 of 2 pods each will go, 1 of them serving" in text


def test_a_running_rollout_is_named():
    plan = planned(IMAGE, "v:3", "::::········", old="0ld")
    assert "already running (8/12)" in plan.effect.warnings[0]


@pytest.mark.parametrize(
    ("nodes", "said"), [(30, "1 surge group fit"), (12, "0 of 1 surge group fit")]
)
def test_whether_the_surge_group_fits(nodes, said):
    made = World()
    made.add_nodes(nodes)
    key = made.add_set("llama", "·" * 12, size=2, gpus=4)
    live = changed(live_body(made, key), (*ROLLING, "maxSurge"), 1)
    plan = plan_object(trial(live, changed(live, IMAGE, "v:2")), made.snapshot(), made.now)
    assert any(said in text for text in plan.effect.warnings)


def test_the_native_controller_restarts_all_for_a_topology_annotation():
    assert "restarts every group" in planned(TOPOLOGY, "rack", mode="native").effect.warnings[0]


def test_nobody_serving_sets_is_said():
    assert "nothing happens until one runs" in planned(IMAGE, "v:2", mode="off").effect.warnings[0]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        pytest.param(
            ("spec", "leaderWorkerTemplate", "size"), 0, "size: 0: must be at least 1", id="size"
        ),
        pytest.param(
            ("spec", "leaderWorkerTemplate", "subGroupPolicy"),
            {"subGroupSize": 2},
            "cannot be enabled after the set was created",
            id="immutable",
        ),
    ],
)
def test_what_the_controller_would_not_act_on_is_refused(path, value, reason):
    plan = planned(path, value)
    assert plan.verdict == "refused"
    assert reason in plan.reason
    assert not plan.sendable


def test_a_new_set_says_whether_it_fits():
    made, key = world()
    body = live_body(made, key)
    body["metadata"] = {"name": "new", "namespace": "llm-prod"}
    body["spec"]["replicas"] = 2
    plan = plan_object(trial(None, body), made.snapshot(), made.now)
    assert (plan.verdict, plan.effect.text) == ("create", "2 groups, 16 GPU: fits")
    body["spec"]["replicas"] = 40
    plan = plan_object(trial(None, body), made.snapshot(), made.now)
    assert plan.effect.text == "40 groups, 320 GPU: 18 of 40 fit"
    assert plan.effect.warnings


def test_the_server_s_refusal_is_the_reason():
    made, key = world()
    body = live_body(made, key)
    plan = plan_object(trial(None, body, refusal="denied: no"), made.snapshot(), made.now)
    assert (plan.verdict, plan.reason) == ("refused", "denied: no")


def test_what_this_user_may_not_do_is_refused_and_no_difference_is_made_up():
    made, key = world()
    live = live_body(made, key)
    bare = {**live, "metadata": {"name": key.name, "namespace": key.namespace}}
    asked = trial(live, bare, unasked="not allowed: cannot patch", forbidden=True)
    plan = plan_object(replace(asked, after=None), made.snapshot(), made.now)
    assert (plan.verdict, plan.reason, plan.changes) == ("refused", "not allowed: cannot patch", ())
    assert not plan.sendable
    assert plain(diff(plan)) == "not allowed: cannot patch"


def test_conflicts_are_decided_by_the_operator_and_name_the_other_manager():
    made, key = world()
    live = live_body(made, key)
    after = changed(live, ("spec", "replicas"), 10)
    contested = trial(live, after, conflicts=(HPA,))
    plan = plan_object(contested, made.snapshot(), made.now)
    assert plan.verdict == "conflict"
    assert not plan.sendable
    assert "spec.replicas belongs to kube-controller-manager" in plan.reason
    text = plain(diff(plan))
    assert "! spec.replicas belongs to kube-controller-manager (12), the file says 10:" in text
    taken = plan_object(contested, made.snapshot(), made.now, take_over=True)
    assert (taken.verdict, taken.taken) == ("change", (HPA,))
    assert "it is taken over" in plain(diff(taken))


def plain(lines):
    return "\n".join("".join(span.text for span in line) for line in lines)


def other(kind, live, after, resource=CONFIG_MAPS):
    meta = {"name": "flags", "namespace": "llm-prod"}
    bodies = [
        None if data is None else {"apiVersion": "v1", "kind": kind, "metadata": meta, "data": data}
        for data in (live, after)
    ]
    return Trial(Manifest("cm.yaml", bodies[1]), Key("llm-prod", "flags"), resource, *bodies)


def test_a_config_map_restarts_nobody():
    made, _ = world()
    plan = plan_object(other("ConfigMap", {"a": "1"}, {"a": "2"}), made.snapshot(), made.now)
    assert plan.verdict == "change"
    assert "not restarted" in plan.effect.text


def test_secrets_are_never_shown():
    made, _ = world()
    found = other("Secret", {"a": "b2xk", "k": "c2FtZQ=="}, {"a": "bmV3", "k": "c2FtZQ=="}, SECRETS)
    plan = plan_object(found, made.snapshot(), made.now)
    text = plain(diff(plan)) + plain(diff(plan, whole=True)) + str(document(plan))
    assert plan.verdict == "change"
    assert not any(secret in text for secret in ("b2xk", "bmV3", "c2FtZQ=="))
    assert "another value" in text


def test_the_table_the_summary_and_the_warnings():
    made, key = world()
    live = live_body(made, key)
    plans = [
        plan_object(one, made.snapshot(), made.now)
        for one in (
            trial(live, changed(live, IMAGE, "v:2")),
            other("ConfigMap", {"a": "1"}, {"a": "1"}),
            trial(None, changed(live, ("metadata", "name"), "x" * 70)),
        )
    ]
    view = table(plans, Query(), NOW, Marks(frozenset({plans[0].id})))
    cells = [[cell.text for cell in row.cells] for row in view.rows]
    assert len(cells[0]) == len(columns())
    assert cells[0][:2] == ["~", "·"]
    assert cells[1][:2] == ["=", ""]
    assert cells[2][0] == "X"
    text = "".join(span.text for span in summary(plans))
    assert text == "plan  change 1  same 1  refused 1     rolls 12 groups (24 pods)"
    assert warnings(plans) == plans[0].effect.warnings
    stages = {plans[0].id: ("failed", "gone\x1b[2J")}
    moved = table(plans, Query(), NOW, Marks(stages=stages))
    assert moved.rows[0].cells[-1].text == "failed: gone"


def test_a_plan_as_data():
    found = document(planned(IMAGE, "v:2"))
    assert found["plan"] == "change"
    assert found["groupsThatRoll"] == list(range(12))
    assert found["changes"][0]["after"] == "v:2"


def test_identity_tells_versions_and_kinds_apart():
    one = other("ConfigMap", None, {})
    assert object_id(one) != object_id(replace(one, key=Key("b", "flags")))
