"""The types of built-in kinds: strict decoding, and the OpenAPI documents kubectl reads."""

import json
import re

import pytest

from lwstui.sandbox.builtinschemas import builtin_components
from lwstui.sandbox.builtintypes import Mismatch, builtin_structs, decode
from lwstui.sandbox.kinds import BUILTIN
from tests.sandbox.api.support import PODS, Api, pod

SCALARS = {"string", "time", "bool", "int32", "int64", "number", "quantity", "IntOrString", "any"}


def test_every_type_that_a_field_names_is_described() -> None:
    structs = builtin_structs()
    named = {field.type.base for struct in structs.values() for field in struct.fields.values()}
    assert named - SCALARS <= structs.keys()


def test_described_kinds_are_served_or_part_of_one_that_is() -> None:
    served = {kind.kind for kind in BUILTIN}
    reached: set[str] = set()
    waiting = [*(served & builtin_structs().keys()), "ObjectMeta"]
    while waiting:
        name = waiting.pop()
        if name in builtin_structs() and name not in reached:
            reached.add(name)
            fields = builtin_structs()[name].fields.values()
            waiting += [field.type.base for field in fields]
    assert reached == builtin_structs().keys()


@pytest.mark.parametrize(
    ("kind", "body", "unknown"),
    [
        ("Pod", {"spec": {"containers": [{"name": "a", "imagee": "x"}]}},
         ["spec.containers[0].imagee"]),
        ("Pod", {"metadata": {"label": {}}, "spek": {}}, ["metadata.label", "spek"]),
        ("Pod", {"spec": {"nodeSelector": {"any": "key"}, "volumes": [{"cephfs": {"x": 1}}]}}, []),
        ("ConfigMap", {"data": {"a.b/c": "d"}}, []),
        ("StatefulSet", {"spec": {"volumeClaimTemplates": [
            {"kind": "PersistentVolumeClaim", "metadata": {"name": "d"}, "speck": 1}]}},
         ["spec.volumeClaimTemplates[0].speck"]),
        ("Lease", {"spec": {"renewTime": None}}, []),
        ("FlowSchema", {"spec": {"anything": 1}}, []),
    ],
)  # fmt: skip
def test_unknown_fields_are_removed_and_named(kind: str, body: dict, unknown: list[str]) -> None:
    assert decode(kind, body) == unknown
    for path in unknown:
        assert re.split(r"[.\[]", path)[-1] not in json.dumps(body)
    assert decode(kind, body) == []


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("Deployment", {"spec": {"replicas": "2"}},
         "string into Go struct field DeploymentSpec.spec.replicas of type int32"),
        ("Pod", {"spec": {"containers": {"name": "a"}}},
         "object into Go struct field PodSpec.spec.containers of type []v1.Container"),
        ("Pod", {"spec": {"containers": [{"env": [{"name": "A", "value": 1}]}]}},
         "number into Go struct field EnvVar.spec.containers.env.value of type string"),
        ("Pod", {"metadata": {"labels": {"a": True}}},
         "bool into Go struct field ObjectMeta.metadata.labels of type string"),
        ("Pod", {"spec": {"hostNetwork": []}},
         "array into Go struct field PodSpec.spec.hostNetwork of type bool"),
    ],
)  # fmt: skip
def test_values_of_another_type(kind: str, body: dict, message: str) -> None:
    with pytest.raises(Mismatch, match=re.escape(f"json: cannot unmarshal {message}")):
        decode(kind, body)


async def test_strict_writes_of_built_in_kinds(api: Api) -> None:
    wrong = pod()
    wrong["spec"]["restartpolicy"] = "Never"
    refused = await api.post(f"{PODS}?fieldValidation=Strict", wrong, code=400)
    assert refused["message"] == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: '
        'unknown field "spec.restartpolicy"'
    )
    warned = await api.raw("POST", PODS, wrong)
    assert warned.status == 201
    assert warned.headers["Warning"] == '299 - "unknown field \\"spec.restartpolicy\\""'
    assert "restartpolicy" not in (await api.get(f"{PODS}/p"))["spec"]
    mistyped = pod("q") | {"spec": {"containers": "main"}}
    refused = await api.post(PODS, mistyped, code=400)
    assert (
        "cannot unmarshal string into Go struct field PodSpec.spec.containers"
        in (refused["message"])
    )


async def test_openapi_documents_are_complete(api: Api) -> None:
    index = await api.get("/openapi/v3")
    for path in ("api/v1", "apis/apps/v1", "apis/leaderworkerset.x-k8s.io/v1"):
        document = await api.get(index["paths"][path]["serverRelativeURL"])
        schemas = document["components"]["schemas"]
        references = set(
            re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', json.dumps(schemas))
        )
        assert references <= schemas.keys()


def test_lists_say_how_patches_merge_them() -> None:
    schemas = builtin_components("Pod", "p") or {}

    def merge_key(kind: str, field: str) -> str | None:
        return schemas[f"p.{kind}"]["properties"][field].get("x-kubernetes-patch-merge-key")

    assert merge_key("PodSpec", "containers") == "name"
    assert merge_key("Container", "ports") == "containerPort"
    assert merge_key("Container", "volumeMounts") == "mountPath"
    assert merge_key("PodSpec", "tolerations") is None
    service = (builtin_components("Service", "p") or {})["p.ServiceSpec"]["properties"]
    assert service["ports"]["x-kubernetes-patch-merge-key"] == "port"
    volumes = schemas["p.PodSpec"]["properties"]["volumes"]
    assert volumes["x-kubernetes-patch-strategy"] == "merge,retainKeys"
