"""Roles, acting as somebody else, and the tokens of service accounts."""

import json
from typing import Any

import pytest

from lwstui.sandbox.bootstraproles import make_roles
from lwstui.sandbox.rbac import Attributes, rule_allows
from tests.sandbox.api.support import LWS, PODS, TOKEN, Api, lws, pod

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES, BINDINGS = (f"{RBAC}/namespaces/default/{kind}" for kind in ("roles", "rolebindings"))
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
BOT = "system:serviceaccount:default:bot"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


async def ask(
    api: Api, method: str, path: str, body: Any = None, *, token: str = TOKEN, **acting: str
) -> tuple[int, dict]:
    """Send a request with a token, or acting as ``user`` with a ``group``."""
    headers = {f"Impersonate-{name.capitalize()}": value for name, value in acting.items()}
    headers |= {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body)
    answer = await api.client.request(method, path, data=data, headers=headers)
    return answer.status, await answer.json(content_type=None)


def role(name: str, *rules: dict) -> dict:
    return {"metadata": {"name": name}, "rules": list(rules)}


def binding(name: str, of: str, *subjects: dict, kind: str = "Role") -> dict:
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": of}
    return {"metadata": {"name": name}, "roleRef": ref, "subjects": list(subjects)}


READ = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        (READ, Attributes("list", "", "pods"), True),
        (READ, Attributes("delete", "", "pods"), False),
        (READ, Attributes("list", "apps", "pods"), False),
        (READ, Attributes("get", "", "pods", "log"), False),
        (READ | {"resources": ["pods/log"]}, Attributes("get", "", "pods", "log"), True),
        (READ | {"resources": ["pods/log"]}, Attributes("get", "", "pods"), False),
        (READ | {"resources": ["*/log"]}, Attributes("get", "", "pods", "log"), True),
        (READ | {"resources": ["*"]}, Attributes("get", "", "pods", "log"), True),
        (READ | {"verbs": ["*"], "apiGroups": ["*"]}, Attributes("bind", "x", "pods"), True),
        (READ | {"resourceNames": ["p"]}, Attributes("get", "", "pods", name="p"), True),
        (READ | {"resourceNames": ["p"]}, Attributes("list", "", "pods"), False),
        (
            {"nonResourceURLs": ["/api/*"], "verbs": ["get"]},
            Attributes("get", path="/api/v1"),
            True,
        ),
        ({"nonResourceURLs": ["/api"], "verbs": ["get"]}, Attributes("get", path="/api/v1"), False),
        ({"nonResourceURLs": ["*"], "verbs": ["get"]}, Attributes("get", "", "pods"), False),
    ],
)
def test_what_a_rule_allows(rule: dict, asked: Attributes, allowed: bool) -> None:
    assert rule_allows(rule, asked) is allowed


@pytest.mark.parametrize(
    ("method", "path", "why"),
    [
        ("GET", PODS, 'pods is forbidden: User "jane" cannot list resource "pods" in API group ""'
         ' in the namespace "default"'),
        ("GET", f"{PODS}?watch=true", 'pods is forbidden: User "jane" cannot watch resource "pods"'
         ' in API group "" in the namespace "default"'),
        ("GET", "/api/v1/nodes/n0", 'nodes "n0" is forbidden: User "jane" cannot get resource'
         ' "nodes" in API group "" at the cluster scope'),
        ("GET", "/api/v1/namespaces/default", 'namespaces "default" is forbidden: User "jane"'
         ' cannot get resource "namespaces" in API group "" in the namespace "default"'),
        ("PATCH", f"{LWS}/demo/scale", 'leaderworkersets.leaderworkerset.x-k8s.io "demo" is'
         ' forbidden: User "jane" cannot patch resource "leaderworkersets/scale" in API group'
         ' "leaderworkerset.x-k8s.io" in the namespace "default"'),
        ("DELETE", PODS, 'pods is forbidden: User "jane" cannot deletecollection resource "pods"'
         ' in API group "" in the namespace "default"'),
        ("GET", f"{PODS}/p:80/proxy/metrics", 'pods "p:80" is forbidden: User "jane" cannot get'
         ' resource "pods/proxy" in API group "" in the namespace "default"'),
        ("GET", "/metrics", 'forbidden: User "jane" cannot get path "/metrics"'),
    ],
)  # fmt: skip
async def test_who_no_role_is_bound_to_may_do_nothing(
    api: Api, method: str, path: str, why: str
) -> None:
    make_roles(api.store)
    code, said = await ask(api, method, path, user="jane")
    assert (code, said["reason"], said["message"]) == (403, "Forbidden", why)
    code, _ = await ask(api, "GET", "/apis", user="jane")
    assert code == 200


USER = {"kind": "User", "name": "jane"}
GROUP = {"kind": "Group", "name": "ops"}
ACCOUNT = {"kind": "ServiceAccount", "name": "bot", "namespace": "default"}


async def test_roles_allow_what_they_say_to_whom_they_are_bound(api: Api) -> None:
    await api.post(PODS, pod())
    await api.post(ROLES, role("reader", READ))
    await api.post(BINDINGS, binding("a", "reader", USER, GROUP, ACCOUNT))
    for acting in ({"user": "jane"}, {"user": "joe", "group": "ops"}, {"user": BOT}):
        assert (await ask(api, "GET", PODS, **acting))[0] == 200
        assert (await ask(api, "DELETE", f"{PODS}/p", **acting))[0] == 403
        assert (await ask(api, "GET", "/api/v1/pods", **acting))[0] == 403
    assert (await ask(api, "GET", PODS, user="joe"))[0] == 403
    assert (await ask(api, "GET", PODS, user="joe", group="system:masters"))[0] == 200


async def test_cluster_roles_count_where_they_are_bound(api: Api) -> None:
    make_roles(api.store)
    await api.post(LWS, lws())
    await api.post(BINDINGS, binding("a", "view", ACCOUNT, kind="ClusterRole"))
    assert (await ask(api, "GET", PODS, user=BOT))[0] == 200
    assert (await ask(api, "GET", "/api/v1/namespaces/other/pods", user=BOT))[0] == 403
    assert (await ask(api, "GET", f"{LWS}/demo", user=BOT))[0] == 403
    every = binding("b", "cluster-admin", ACCOUNT, kind="ClusterRole")
    await api.post(f"{RBAC}/clusterrolebindings", every)
    assert (await ask(api, "GET", "/api/v1/namespaces/other/pods", user=BOT))[0] == 200
    assert (await ask(api, "GET", f"{LWS}/demo", user=BOT))[0] == 200


async def test_roles_are_made_of_others(api: Api) -> None:
    labels = {"metadata": {"name": "part", "labels": {"into": "whole"}}, "rules": [READ]}
    chosen = {"clusterRoleSelectors": [{"matchLabels": {"into": "whole"}}]}
    whole = {"metadata": {"name": "whole"}, "rules": [], "aggregationRule": chosen}
    for each in (labels, whole):
        await api.post(f"{RBAC}/clusterroles", each)
    await api.post(BINDINGS, binding("a", "whole", USER, kind="ClusterRole"))
    assert (await ask(api, "GET", PODS, user="jane"))[0] == 200


async def test_a_binding_stays_with_its_role(api: Api) -> None:
    await api.post(BINDINGS, binding("a", "reader", USER))
    change = {"roleRef": {"name": "writer"}}
    said = await api.patch(f"{BINDINGS}/a", change, code=422)
    assert "roleRef: Invalid value: {" in said["message"]
    assert said["message"].endswith("cannot change roleRef")
    await api.patch(f"{BINDINGS}/a", {"subjects": [GROUP]})


async def test_a_role_that_is_not_there_is_named(api: Api) -> None:
    await api.post(BINDINGS, binding("a", "nothere", USER))
    _, said = await ask(api, "GET", PODS, user="jane")
    assert said["message"].endswith(': RBAC: role.rbac.authorization.k8s.io "nothere" not found')


async def test_reviews_tell_what_the_rules_do(api: Api) -> None:
    make_roles(api.store)
    await api.post(BINDINGS, binding("a", "view", ACCOUNT, kind="ClusterRole"))
    base = "/apis/authorization.k8s.io/v1"
    wish = {"verb": "list", "resource": "pods", "namespace": "default"}
    for path, spec, acting in (
        (f"{base}/selfsubjectaccessreviews", {"resourceAttributes": wish}, {"user": BOT}),
        (f"{base}/subjectaccessreviews", {"resourceAttributes": wish, "user": BOT}, {}),
    ):
        _, said = await ask(api, "POST", path, {"spec": spec}, **acting)
        assert said["status"] == {
            "allowed": True,
            "reason": 'RBAC: allowed by RoleBinding "a/default" of ClusterRole "view" to '
            'ServiceAccount "bot/default"',
        }
        spec["resourceAttributes"] = wish | {"verb": "delete"}
        _, said = await ask(api, "POST", path, {"spec": spec}, **acting)
        assert said["status"] == {"allowed": False}
    code, said = await ask(api, "POST", f"{base}/subjectaccessreviews", {"spec": {}})
    assert (code, said["details"]["causes"][0]["field"]) == (422, "spec.user")
    path = f"{base}/selfsubjectrulesreviews"
    _, said = await ask(api, "POST", path, {"spec": {"namespace": "default"}}, user=BOT)
    verbs = {name: rule["verbs"] for rule in said["status"]["resourceRules"]
             for name in rule["resources"]}  # fmt: skip
    assert verbs["pods"] == ["get", "list", "watch"]
    assert "secrets" not in verbs


async def test_who_acts_is_said(api: Api) -> None:
    headers = {"Impersonate-Uid": "7", "Impersonate-Extra-Reason": "look"}
    headers |= {"Authorization": f"Bearer {TOKEN}", "Impersonate-User": "jane"}
    groups = ("system:masters", "ops")
    sent = [*headers.items(), *(("Impersonate-Group", group) for group in groups)]
    answer = await api.client.post(WHO, json={}, headers=sent)
    assert (await answer.json())["status"]["userInfo"] == {
        "username": "jane",
        "groups": [*groups, "system:authenticated"],
        "uid": "7",
        "extra": {"reason": ["look"]},
    }
    code, said = await ask(api, "GET", PODS, group="ops")
    assert (code, "without impersonating a user" in said["message"]) == (400, True)


async def token(api: Api, name: str = "bot", **spec: Any) -> dict:
    return await api.post(f"{ACCOUNTS}/{name}/token", {"spec": spec})


async def test_tokens_are_their_accounts(api: Api) -> None:
    made = await api.post(ACCOUNTS, {"metadata": {"name": "bot"}})
    make_roles(api.store)
    issued = await token(api)
    given = issued["status"]["token"]
    assert (issued["kind"], issued["spec"]["expirationSeconds"]) == ("TokenRequest", 3600)
    _, said = await ask(api, "POST", WHO, {}, token=given)
    assert said["status"]["userInfo"] == {
        "username": BOT,
        "uid": made["metadata"]["uid"],
        "groups": [
            "system:serviceaccounts",
            "system:serviceaccounts:default",
            "system:authenticated",
        ],
    }
    code, said = await ask(api, "GET", PODS, token=given)
    assert (code, f'User "{BOT}" cannot list' in said["message"]) == (403, True)
    code, said = await ask(api, "GET", PODS, token=given, user="jane")
    assert 'cannot impersonate resource "users"' in said["message"]
    review = await api.post(
        "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": given}}
    )
    assert review["status"]["user"]["username"] == BOT
    for bare in (TOKEN, f"Basic {TOKEN}", f"Bearer{TOKEN}"):
        answer = await api.client.get("/apis", headers={"Authorization": bare})
        assert answer.status == 401
    for wrong in (f"{given}x", given.rpartition(".")[0], f"x{given}", "a.b.c"):
        assert (await ask(api, "GET", "/apis", token=wrong))[0] == 401


async def test_tokens_end_with_their_time_their_account_and_what_they_are_for(api: Api) -> None:
    make_roles(api.store)
    await api.post(ACCOUNTS, {"metadata": {"name": "bot"}})
    await api.post(PODS, pod())
    short = (await token(api, expirationSeconds=600))["status"]["token"]
    bound = (await token(api, boundObjectRef={"kind": "Pod", "name": "p"}))["status"]["token"]
    other = (await token(api, audiences=["elsewhere"]))["status"]["token"]
    long = (await token(api, expirationSeconds=7200))["status"]["token"]

    async def valid(*tokens: str) -> list[bool]:
        return [(await ask(api, "GET", "/apis", token=each))[0] == 200 for each in tokens]

    assert await valid(short, bound, other, long) == [True, True, False, True]
    api.clock.time += 601
    assert await valid(short, bound, long) == [False, True, True]
    api.store.delete("pods", "default", "p")
    assert await valid(bound, long) == [False, True]
    api.store.delete("serviceaccounts", "default", "bot")
    await api.post(ACCOUNTS, {"metadata": {"name": "bot"}})
    assert await valid(long) == [False]


@pytest.mark.parametrize(
    ("spec", "code", "why"),
    [
        ({"expirationSeconds": 60}, 422, "may not specify a duration less than 10 minutes"),
        ({"expirationSeconds": 1 << 40}, 422, "larger than 2^32 seconds"),
        ({"expirationSeconds": "x"}, 400, "TokenRequest cannot be handled"),
        ({"boundObjectRef": {"kind": "Pod", "name": "no"}}, 404, 'pods "no" not found'),
        ({"boundObjectRef": {"kind": "Job", "name": "no"}}, 422, "cannot bind token to object"),
    ],
)
async def test_tokens_that_are_not_issued(api: Api, spec: dict, code: int, why: str) -> None:
    await api.post(ACCOUNTS, {"metadata": {"name": "bot"}})
    said = await api.post(f"{ACCOUNTS}/bot/token", {"spec": spec}, code=code)
    assert why in said["message"]
    missing = await api.post(f"{ACCOUNTS}/no/token", {"spec": {}}, code=404)
    assert missing["message"] == 'serviceaccounts "no" not found'
