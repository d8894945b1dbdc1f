"""LeaderWorkerSets: defaults, pruning, types, rules, status and scale."""

from dataclasses import dataclass

import pytest

from tests.contract.bodies import CONTAINERS, worker_set
from tests.contract.client import MERGE, STRATEGIC, Api, Json

ROLLOUT = {
    "type": "RollingUpdate",
    "rollingUpdateConfiguration": {"partition": 0, "maxUnavailable": 1, "maxSurge": 0},
}


def test_defaults(api: Api) -> None:
    spec = api.create(api.sets(), worker_set())["spec"]
    assert spec["replicas"] == 1
    assert spec["rolloutStrategy"] == ROLLOUT
    assert spec["startupPolicy"] == "LeaderCreated"
    template = spec["leaderWorkerTemplate"]
    assert template["size"] == 1
    assert template["restartPolicy"] == "RecreateGroupOnPodRestart"
    assert template["workerTemplate"] == {"spec": {"containers": CONTAINERS}}


def test_defaults_below_what_is_given(api: Api) -> None:
    rollout = {"rolloutStrategy": {"rollingUpdateConfiguration": {"maxSurge": 2}}}
    spec = api.create(api.sets(), worker_set(**rollout))["spec"]
    expected = ROLLOUT["rollingUpdateConfiguration"] | {"maxSurge": 2}
    assert spec["rolloutStrategy"]["rollingUpdateConfiguration"] == expected
    policy = {"size": 4, "subGroupPolicy": {"subGroupSize": 2}}
    spec = api.create(api.sets(), worker_set("other", policy))["spec"]
    assert spec["leaderWorkerTemplate"]["subGroupPolicy"] == {
        "subGroupPolicyType": "LeaderWorker",
        "subGroupSize": 2,
    }


@dataclass(frozen=True, slots=True)
class Bad:
    """A set that is refused: template and spec, the field and the words."""

    id: str
    template: Json
    spec: Json
    field: str
    message: str


SUBGROUPS = "spec.leaderWorkerTemplate.subGroupPolicy"
BAD = (
    Bad(
        "replicas-type", {}, {"replicas": "two"}, "spec.replicas",
        'Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    ),
    Bad(
        "replicas-negative", {}, {"replicas": -1}, "spec.replicas",
        "Invalid value: -1: spec.replicas in body should be greater than or equal to 0",
    ),
    Bad(
        "replicas-large", {}, {"replicas": 1000001}, "spec.replicas",
        "Invalid value: 1000001: spec.replicas in body should be less than or equal to 1000000",
    ),
    Bad(
        "size-zero", {"size": 0}, {}, "spec.leaderWorkerTemplate.size",
        "Invalid value: 0: spec.leaderWorkerTemplate.size in body should be greater than or equal "
        "to 1",
    ),
    Bad(
        "restart-policy", {"restartPolicy": "Never"}, {}, "spec.leaderWorkerTemplate.restartPolicy",
        'Unsupported value: "Never": supported values: "Default", "RecreateGroupOnPodRestart", '
        '"RecreateGroupAfterStart", "None"',
    ),
    Bad(
        "startup-policy", {}, {"startupPolicy": "Never"}, "spec.startupPolicy",
        'Unsupported value: "Never": supported values: "LeaderCreated", "LeaderReady"',
    ),
    Bad(
        "rollout-type", {}, {"rolloutStrategy": {"type": "Recreate"}}, "spec.rolloutStrategy.type",
        'Unsupported value: "Recreate": supported values: "RollingUpdate"',
    ),
    Bad("no-worker", {"workerTemplate": None}, {}, "spec.leaderWorkerTemplate.workerTemplate",
        "Required value"),
    Bad(
        "product", {"size": 2147483647}, {"replicas": 2}, "spec.replicas",
        'Invalid value: "object": the product of replicas and size must not exceed 2147483647',
    ),
    Bad(
        "no-progress", {},
        {"rolloutStrategy": {"rollingUpdateConfiguration": {"maxUnavailable": 0, "maxSurge": 0}}},
        "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable",
        'Invalid value: "object": maxUnavailable must not be 0 (after rounding down) when maxSurge '
        "is 0",
    ),
    Bad(
        "subgroup-large", {"size": 2, "subGroupPolicy": {"subGroupSize": 3}}, {},
        f"{SUBGROUPS}.subGroupSize",
        'Invalid value: "object": subGroupSize must not be larger than size',
    ),
    Bad(
        "subgroup-odd", {"size": 6, "subGroupPolicy": {"subGroupSize": 4}}, {},
        f"{SUBGROUPS}.subGroupSize",
        'Invalid value: "object": size or size - 1 must be divisible by subGroupSize',
    ),
    Bad(
        "subgroup-excluded",
        {
            "size": 4,
            "subGroupPolicy": {"subGroupSize": 2, "subGroupPolicyType": "LeaderExcluded"},
        },
        {}, f"{SUBGROUPS}.subGroupSize",
        'Invalid value: "object": size - 1 must be divisible by subGroupSize when the leader is '
        "excluded",
    ),
    Bad("subgroup-none", {"subGroupPolicy": {}}, {}, f"{SUBGROUPS}.subGroupSize", "Required value"),
)  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.id)
def test_bad_sets(api: Api, bad: Bad) -> None:
    body = worker_set("demo", bad.template, **bad.spec)
    if bad.template.get("workerTemplate", body) is None:
        del body["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    said = api.refused(422, "POST", api.sets(), body)
    assert said["reason"] == "Invalid"
    start = 'LeaderWorkerSet.leaderworkerset.x-k8s.io "demo" is invalid: '
    assert said["message"].startswith(start)
    causes = [(each["field"], each["message"]) for each in said["details"]["causes"]]
    assert (bad.field, bad.message) in causes


@pytest.mark.parametrize("name", ["1demo", "x" * 64, "a.b"])
def test_names_must_serve_as_host_names(api: Api, name: str) -> None:
    said = api.refused(422, "POST", api.sets(), worker_set(name))
    assert "name must be a DNS-1035 label" in said["message"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (None, {"subGroupSize": 2}, "subGroupPolicy can neither be added nor removed"),
        ({"subGroupSize": 2}, None, "subGroupPolicy can neither be added nor removed"),
        ({"subGroupSize": 2}, {"subGroupSize": 4}, "subGroupSize is immutable"),
    ],
    ids=["added", "removed", "changed"],
)
def test_subgroups_stay(api: Api, before: Json | None, after: Json | None, message: str) -> None:
    given = {} if before is None else {"subGroupPolicy": before}
    api.create(api.sets(), worker_set("demo", {"size": 4, **given}))
    patch = {"spec": {"leaderWorkerTemplate": {"subGroupPolicy": after}}}
    said = api.refused(422, "PATCH", api.sets("demo"), patch, kind=MERGE)
    assert message in said["message"]


@pytest.mark.parametrize("value", [1, 0, "25%", "100%"])
def test_numbers_or_percentages(api: Api, value: object) -> None:
    rollout = {"rolloutStrategy": {"rollingUpdateConfiguration": {"maxSurge": value}}}
    made = api.create(api.sets(), worker_set(**rollout))
    assert made["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]["maxSurge"] == value


@pytest.mark.parametrize("value", ["many", "-1%", True])
def test_neither_numbers_nor_percentages(api: Api, value: object) -> None:
    rollout = {"rolloutStrategy": {"rollingUpdateConfiguration": {"maxSurge": value}}}
    api.refused(422, "POST", api.sets(), worker_set(**rollout))


def unknown() -> Json:
    body = worker_set("demo", {"color": "red"}, shape="round")
    return body | {"extra": {}}


def test_unknown_fields_are_pruned_with_a_warning(api: Api) -> None:
    answer = api.call("POST", api.sets(), unknown())
    assert answer.code == 201
    assert set(answer.warnings) == {
        'unknown field "extra"',
        'unknown field "spec.leaderWorkerTemplate.color"',
        'unknown field "spec.shape"',
    }
    assert "extra" not in answer.body
    assert "shape" not in answer.body["spec"]
    assert "color" not in answer.body["spec"]["leaderWorkerTemplate"]


def test_unknown_fields_are_refused_when_asked(api: Api) -> None:
    said = api.refused(400, "POST", api.sets(), unknown(), query={"fieldValidation": "Strict"})
    assert said["reason"] == "BadRequest"
    assert said["message"].startswith(
        'LeaderWorkerSet in version "v1" cannot be handled as a LeaderWorkerSet: strict decoding '
        "error: "
    )
    for path in ("extra", "spec.shape", "spec.leaderWorkerTemplate.color"):
        assert f'unknown field "{path}"' in said["message"]


def test_unknown_fields_are_pruned_in_silence_when_asked(api: Api) -> None:
    answer = api.call("POST", api.sets(), unknown(), query={"fieldValidation": "Ignore"})
    assert (answer.code, answer.warnings) == (201, ())
    assert "shape" not in answer.body["spec"]


def test_pod_templates_keep_every_field(api: Api) -> None:
    worker = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": CONTAINERS, "new": [1]}}
    made = api.create(api.sets(), worker_set("demo", {"workerTemplate": worker}))
    assert made["spec"]["leaderWorkerTemplate"]["workerTemplate"] == worker


def test_null_means_absent_where_there_is_a_default(api: Api) -> None:
    made = api.create(api.sets(), worker_set(replicas=None))
    assert made["spec"]["replicas"] == 1
    patched = api.patch(api.sets("demo"), {"spec": {"startupPolicy": None}})
    assert patched["spec"]["startupPolicy"] == "LeaderCreated"


def test_an_update_must_name_a_version(api: Api) -> None:
    api.create(api.sets(), worker_set())
    said = api.refused(422, "PUT", api.sets("demo"), worker_set())
    assert said["message"].endswith(
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    )


def test_there_is_no_strategic_patch(api: Api) -> None:
    api.create(api.sets(), worker_set())
    said = api.refused(415, "PATCH", api.sets("demo"), {}, kind=STRATEGIC)
    assert said["reason"] == "UnsupportedMediaType"
    assert said["message"].startswith(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    )


def test_status_and_spec_are_written_apart(api: Api) -> None:
    made = api.create(api.sets(), worker_set() | {"status": {"replicas": 9}})
    assert "status" not in made
    both = {"status": {"replicas": 2}, "spec": {"replicas": 5}}
    through_status = api.patch(api.sets("demo", "status"), both)
    assert through_status["status"]["replicas"] == 2
    assert through_status["spec"]["replicas"] == 1
    through_spec = api.patch(api.sets("demo"), {"status": {"replicas": 7}, "spec": {"replicas": 5}})
    assert through_spec["status"]["replicas"] == 2
    assert through_spec["spec"]["replicas"] == 5
    assert api.get(api.sets("demo", "status"))["status"] == {"replicas": 2}


def test_scale_reads_and_writes_replicas(api: Api) -> None:
    made = api.create(api.sets(), worker_set(replicas=2))
    selector = "leaderworkerset.sigs.k8s.io/name=demo"
    api.patch(api.sets("demo", "status"), {"status": {"replicas": 2, "hpaPodSelector": selector}})
    scale = api.get(api.sets("demo", "scale"))
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert scale["spec"] == {"replicas": 2}
    assert scale["status"] == {"replicas": 2, "selector": selector}
    assert scale["metadata"].keys() == {
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    }
    assert scale["metadata"]["uid"] == made["metadata"]["uid"]
    put = api.ok("PUT", api.sets("demo", "scale"), scale | {"spec": {"replicas": 4}})
    assert put["spec"] == {"replicas": 4}
    assert api.get(api.sets("demo"))["spec"]["replicas"] == 4
    stale = api.refused(409, "PUT", api.sets("demo", "scale"), scale)
    assert stale["reason"] == "Conflict"


@pytest.mark.parametrize("replicas", [-1, 1000001])
def test_scale_keeps_the_bounds(api: Api, replicas: int) -> None:
    api.create(api.sets(), worker_set())
    patch = {"spec": {"replicas": replicas}}
    said = api.refused(422, "PATCH", api.sets("demo", "scale"), patch, kind=MERGE)
    assert "spec.replicas" in said["message"]
    assert api.get(api.sets("demo"))["spec"]["replicas"] == 1


def test_scale_dry_run(api: Api) -> None:
    api.create(api.sets(), worker_set())
    scaled = api.patch(api.sets("demo", "scale"), {"spec": {"replicas": 3}}, dryRun="All")
    assert scaled["spec"] == {"replicas": 3}
    assert api.get(api.sets("demo"))["spec"]["replicas"] == 1
