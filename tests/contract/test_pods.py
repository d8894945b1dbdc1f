"""What a server makes of pods: defaults, checks, quantities, what may change, bindings."""

from dataclasses import dataclass

import pytest

from tests.contract.bodies import CONTAINERS, pod
from tests.contract.client import MERGE, STRATEGIC, Api, Json

QUANTITY_RULE = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)


def container(**fields: object) -> Json:
    return {"containers": [{**CONTAINERS[0], **fields}]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("restartPolicy", "Always"),
        ("dnsPolicy", "ClusterFirst"),
        ("terminationGracePeriodSeconds", 30),
        ("schedulerName", "default-scheduler"),
        ("securityContext", {}),
        ("enableServiceLinks", True),
        ("priority", 0),
        ("preemptionPolicy", "PreemptLowerPriority"),
    ],
)
def test_defaults_of_the_spec(api: Api, field: str, value: object) -> None:
    assert api.create(api.pods(), pod())["spec"][field] == value


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({}, "terminationMessagePath", "/dev/termination-log"),
        ({}, "terminationMessagePolicy", "File"),
        ({}, "resources", {}),
        ({"image": "engine:v1"}, "imagePullPolicy", "IfNotPresent"),
        ({"image": "engine"}, "imagePullPolicy", "Always"),
        ({"image": "engine:latest"}, "imagePullPolicy", "Always"),
        ({"image": "host:5000/engine"}, "imagePullPolicy", "Always"),
        ({"image": "host:5000/engine:v1"}, "imagePullPolicy", "IfNotPresent"),
        ({"ports": [{"containerPort": 80}]}, "ports", [{"containerPort": 80, "protocol": "TCP"}]),
        (
            {"resources": {"limits": {"cpu": "1", "nvidia.com/gpu": "8"}}},
            "resources",
            {
                "limits": {"cpu": "1", "nvidia.com/gpu": "8"},
                "requests": {"cpu": "1", "nvidia.com/gpu": "8"},
            },
        ),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
            "env",
            [
                {
                    "name": "A",
                    "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
                }
            ],
        ),
        (
            {"readinessProbe": {"httpGet": {"port": 80}}},
            "readinessProbe",
            {
                "failureThreshold": 3,
                "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
                "periodSeconds": 10,
                "successThreshold": 1,
                "timeoutSeconds": 1,
            },
        ),
    ],
)
def test_defaults_of_containers(api: Api, given: Json, field: str, value: object) -> None:
    made = api.create(api.pods(), pod(**container(**given)))
    assert made["spec"]["containers"][0][field] == value


def test_a_pod_outlasts_a_short_node_failure(api: Api) -> None:
    tolerations = api.create(api.pods(), pod())["spec"]["tolerations"]
    assert [(each["key"], each["tolerationSeconds"]) for each in tolerations] == [
        ("node.kubernetes.io/not-ready", 300),
        ("node.kubernetes.io/unreachable", 300),
    ]


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"nvidia.com/gpu": "1"}}, "BestEffort"),
    ],
)
def test_quality_of_service(api: Api, resources: Json, quality: str) -> None:
    made = api.create(api.pods(), pod(**container(resources=resources)))
    assert made["status"]["qosClass"] == quality


def test_a_new_pod_is_pending_whatever_its_status_says(api: Api) -> None:
    made = api.create(api.pods(), pod() | {"status": {"phase": "Running", "podIP": "10.0.0.1"}})
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


@dataclass(frozen=True, slots=True)
class Bad:
    """A spec that is refused: the field, the reason and the words."""

    id: str
    spec: Json
    field: str
    reason: str
    message: str = ""


BAD = (
    Bad("none", {"containers": []}, "spec.containers", "FieldValueRequired", "Required value"),
    Bad(
        "no-image",
        {"containers": [{"name": "main"}]},
        "spec.containers[0].image",
        "FieldValueRequired",
        "Required value",
    ),
    Bad(
        "no-name",
        {"containers": [{"image": "engine"}]},
        "spec.containers[0].name",
        "FieldValueRequired",
        "Required value",
    ),
    Bad(
        "name",
        {"containers": [{"name": "Main", "image": "engine"}]},
        "spec.containers[0].name",
        "FieldValueInvalid",
        'Invalid value: "Main": a lowercase RFC 1123 label must consist of lower case alphanumeric '
        "characters or '-', and must start and end with an alphanumeric character (e.g. "
        "'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ),
    Bad(
        "twice",
        {"containers": [CONTAINERS[0], CONTAINERS[0]]},
        "spec.containers[1].name",
        "FieldValueDuplicate",
        'Duplicate value: "main"',
    ),
    Bad(
        "restart",
        {"restartPolicy": "Sometimes"},
        "spec.restartPolicy",
        "FieldValueNotSupported",
        'Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ),
    Bad(
        "pull",
        container(imagePullPolicy="Maybe"),
        "spec.containers[0].imagePullPolicy",
        "FieldValueNotSupported",
        'Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"',
    ),
    Bad(
        "port",
        container(ports=[{"containerPort": 70000}]),
        "spec.containers[0].ports[0].containerPort",
        "FieldValueInvalid",
        "Invalid value: 70000: must be between 1 and 65535, inclusive",
    ),
    Bad(
        "mount",
        container(volumeMounts=[{"name": "data", "mountPath": "/data"}]),
        "spec.containers[0].volumeMounts[0].name",
        "FieldValueNotFound",
        'Not found: "data"',
    ),
    Bad(
        "env",
        container(env=[{"value": "x"}]),
        "spec.containers[0].env[0].name",
        "FieldValueRequired",
        "Required value",
    ),
    Bad("hostname", {"hostname": "a.b"}, "spec.hostname", "FieldValueInvalid"),
    Bad("subdomain", {"subdomain": "A"}, "spec.subdomain", "FieldValueInvalid"),
    Bad(
        "cpu",
        container(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "1500m"}}),
        "spec.containers[0].resources.requests",
        "FieldValueInvalid",
        'Invalid value: "1500m": must be less than or equal to cpu limit of 1',
    ),
    Bad(
        "gpu",
        container(
            resources={"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "1"}}
        ),
        "spec.containers[0].resources.requests",
        "FieldValueInvalid",
        'Invalid value: "1": must be equal to nvidia.com/gpu limit of 2',
    ),
    Bad(
        "gpu-limit",
        container(resources={"requests": {"nvidia.com/gpu": "1"}}),
        "spec.containers[0].resources.limits",
        "FieldValueRequired",
        "Required value: Limit must be set for non overcommitable resources",
    ),
    Bad(
        "gpu-part",
        container(resources={"limits": {"nvidia.com/gpu": "500m"}}),
        "spec.containers[0].resources.limits[nvidia.com/gpu]",
        "FieldValueInvalid",
        'Invalid value: "500m": must be an integer',
    ),
    Bad(
        "negative",
        container(resources={"requests": {"cpu": "-1"}}),
        "spec.containers[0].resources.requests[cpu]",
        "FieldValueInvalid",
        'Invalid value: "-1": must be greater than or equal to 0',
    ),
    Bad(
        "deadline",
        {"activeDeadlineSeconds": 0},
        "spec.activeDeadlineSeconds",
        "FieldValueInvalid",
        "Invalid value: 0: must be between 1 and 2147483647, inclusive",
    ),
)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.id)
def test_bad_specs(api: Api, bad: Bad) -> None:
    said = api.refused(422, "POST", api.pods(), pod(**bad.spec))
    assert said["reason"] == "Invalid"
    assert said["message"].startswith('Pod "p" is invalid: ')
    causes = {
        (each["field"], each["reason"]): each["message"] for each in said["details"]["causes"]
    }
    assert (bad.field, bad.reason) in causes
    if bad.message:
        assert causes[bad.field, bad.reason] == bad.message


# Of these fields a Deployment's template has rules of its own.
OF_PODS_ONLY = ("restart", "deadline")


@pytest.mark.parametrize(
    "bad", [bad for bad in BAD if bad.id not in OF_PODS_ONLY], ids=lambda bad: bad.id
)
def test_templates_are_checked_too(api: Api, bad: Bad) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod(**bad.spec)["spec"]}
    body = {
        "metadata": {"name": "x"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    said = api.refused(422, "POST", api.of("apps/v1", "deployments"), body)
    assert f"spec.template.{bad.field}" in {each["field"] for each in said["details"]["causes"]}


@pytest.mark.parametrize("value", ["1x", "abc", "1 Gi", "--1", ""])
def test_bad_quantities(api: Api, value: str) -> None:
    body = pod(**container(resources={"requests": {"memory": value}}))
    said = api.call("POST", api.pods(), body)
    assert said.code == 400, said.text
    assert said.body["message"] == (
        f'Pod in version "v1" cannot be handled as a Pod: {QUANTITY_RULE}'
    )


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("1000m", "1"),
        ("1", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1Gi", "1Gi"),
        ("1e3", "1e3"),
        ("1500M", "1500M"),
        ("2000Ki", "2000Ki"),
    ],
)
def test_quantities_are_stored_in_canonical_form(api: Api, given: str, stored: str) -> None:
    made = api.create(api.pods(), pod(**container(resources={"requests": {"memory": given}})))
    assert made["spec"]["containers"][0]["resources"]["requests"]["memory"] == stored


@pytest.mark.parametrize(
    "change",
    [
        {"nodeName": "n0"},
        {"restartPolicy": "Never"},
        {"hostname": "x"},
        {"containers": [{"name": "main", "command": ["sh"]}]},
        {"containers": [{"name": "main", "env": [{"name": "A", "value": "b"}]}]},
        {"containers": [{"name": "second", "image": "engine"}]},
    ],
    ids="-".join,
)
def test_most_of_a_spec_is_immutable(api: Api, change: Json) -> None:
    api.create(api.pods(), pod())
    said = api.refused(422, "PATCH", api.pods("p"), {"spec": change}, kind=STRATEGIC)
    assert said["message"].startswith('Pod "p" is invalid: ')
    assert "pod updates may not change fields other than" in said["message"] or (
        "pod updates may not add or remove containers" in said["message"]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"containers": [{"name": "main", "image": "engine:v2"}]},
        {"activeDeadlineSeconds": 60},
        {"tolerations": [{"key": "a", "operator": "Exists"}]},
    ],
    ids="-".join,
)
def test_some_of_a_spec_is_not(api: Api, change: Json) -> None:
    api.create(api.pods(), pod())
    before = api.get(api.pods("p"))["spec"].get("tolerations", [])
    if "tolerations" in change:
        change = {"tolerations": [*before, *change["tolerations"]]}
    changed = api.patch(api.pods("p"), {"spec": change}, STRATEGIC)
    assert changed["metadata"]["generation"] == 2


def test_the_status_is_written_through_its_subresource_only(api: Api) -> None:
    api.create(api.pods(), pod())
    unchanged = api.patch(api.pods("p"), {"status": {"phase": "Running"}})
    assert unchanged["status"]["phase"] == "Pending"
    written = api.patch(
        api.pods("p", "status"),
        {"status": {"phase": "Running"}, "metadata": {"labels": {"a": "b"}}},
    )
    assert written["status"]["phase"] == "Running"
    assert written["spec"] == unchanged["spec"]


def test_gated_pods_are_opened_by_removing_the_gate(api: Api) -> None:
    made = api.create(api.pods(), pod(schedulingGates=[{"name": "example.com/wait"}]))
    assert made["status"]["conditions"][0]["reason"] == "SchedulingGated"
    opened = api.patch(api.pods("p"), {"spec": {"schedulingGates": []}}, MERGE)
    assert not opened["spec"].get("schedulingGates")


def test_gates_cannot_be_added(api: Api) -> None:
    api.create(api.pods(), pod())
    gate = {"spec": {"schedulingGates": [{"name": "example.com/wait"}]}}
    api.refused(422, "PATCH", api.pods("p"), gate, kind=MERGE)


@pytest.mark.parametrize(
    ("policy", "priority"), [("system-node-critical", 2000001000), ("urgent", 7)]
)
def test_priority_comes_from_the_class(api: Api, policy: str, priority: int) -> None:
    name = policy if policy.startswith("system") else f"{api.space}-{policy}"
    if name != policy:
        body = {"metadata": {"name": name}, "value": priority}
        api.create("/apis/scheduling.k8s.io/v1/priorityclasses", body)
    made = api.create(api.pods(), pod(priorityClassName=name))
    assert made["spec"]["priority"] == priority


def test_an_unknown_priority_class_is_refused(api: Api) -> None:
    said = api.refused(403, "POST", api.pods(), pod(priorityClassName="nothere"))
    assert said["message"] == (
        'pods "p" is forbidden: no PriorityClass with name nothere was found'
    )
