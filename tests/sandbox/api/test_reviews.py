"""What is created and never stored: reviews and bindings."""

import pytest

from tests.sandbox.api.support import PODS, TOKEN, Api, pod

AUTHORIZATION = "/apis/authorization.k8s.io/v1"
AUTHENTICATION = "/apis/authentication.k8s.io/v1"


@pytest.mark.parametrize(
    ("path", "whom"),
    [
        (f"{AUTHORIZATION}/selfsubjectaccessreviews", {}),
        (f"{AUTHORIZATION}/subjectaccessreviews", {"groups": ["system:masters"]}),
        (
            f"{AUTHORIZATION}/namespaces/default/localsubjectaccessreviews",
            {"user": "a", "groups": ["system:masters"]},
        ),
    ],
)
async def test_everything_is_allowed_to_administrators(api: Api, path: str, whom: dict) -> None:
    asked = {"resourceAttributes": {"verb": "delete", "resource": "pods"}, **whom}
    answer = await api.post(path, {"spec": asked}, code=201)
    assert (answer["spec"], answer["status"]) == (asked, {"allowed": True})


async def test_rules_are_an_administrators_and_every_users(api: Api) -> None:
    answer = await api.post(f"{AUTHORIZATION}/selfsubjectrulesreviews", {"spec": {}}, code=201)
    resources = answer["status"]["resourceRules"]
    assert resources[0] == {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    assert {rule["resources"][0] for rule in resources[1:]} == {
        "selfsubjectreviews",
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
    }


async def test_only_the_token_is_somebodys(api: Api) -> None:
    path = f"{AUTHENTICATION}/tokenreviews"
    known = await api.post(path, {"spec": {"token": TOKEN}}, code=201)
    assert known["status"]["authenticated"] is True
    assert known["status"]["user"]["username"] == "sandbox-admin"
    other = await api.post(path, {"spec": {"token": "other"}}, code=201)
    assert "authenticated" not in other["status"]
    assert other["status"]["error"] == "invalid bearer token"


async def test_a_binding_assigns_its_pod(api: Api) -> None:
    await api.post(PODS, pod())
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n0"}}
    path = "/api/v1/namespaces/default/bindings"
    await api.post(f"{path}?dryRun=All", binding, code=201)
    assert "nodeName" not in (await api.get(f"{PODS}/p"))["spec"]
    await api.post(path, binding, code=201)
    assert (await api.get(f"{PODS}/p"))["spec"]["nodeName"] == "n0"
    again = await api.post(path, binding, code=409)
    assert 'pod p is already assigned to node "n0"' in again["message"]


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("garbage", r"invalid character '\u0081' looking for beginning of value"),
        ("!!!", "illegal base64 data at input byte 0"),
        ("e30", "it does not say where to go on"),
    ],
)
async def test_continue_tokens_that_are_none(api: Api, token: str, why: str) -> None:
    refused = await api.get(f"/api/v1/pods?limit=1&continue={token}", code=400)
    assert refused["message"] == f"invalid continue token: continue key is not valid: {why}"
