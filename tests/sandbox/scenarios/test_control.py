"""The sandbox's own path: who may use it, what it refuses, and what it tells of a run."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from lwstui.sandbox.cluster import Sandbox
from lwstui.sandbox.scenarios.control import PATH
from lwstui.sandbox.scenarios.schema import parse
from tests.support.waiting import eventually

Call = Any


@pytest.fixture
async def call(sandbox: Sandbox) -> AsyncIterator[Call]:
    """Send a request and return its code and body."""
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def send(method: str, body: Any = None, **more: Any) -> tuple[int, str]:
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            url = sandbox.url + PATH
            async with session.request(method, url, data=data, ssl=False, **more) as answer:
                return answer.status, await answer.text()

        yield send


def pod(name: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "main", "image": "nginx:1.27"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def scenario(*steps: Any, **changed: Any) -> dict[str, Any]:
    return {
        "name": "probe",
        "summary": "A pod that crashes.",
        "objects": [pod("a")],
        "start": {"pod": {"pod": "a", "ready": True}},
        "steps": list(steps) or [{"at": 1, "crash-container": {"pod": "a", "log": ["bang"]}}],
        "expect": [
            {"say": "Look at it."},
            {"say": "It says bang.", "check": {"log": {"pod": "a", "contains": "bang"}}},
            {"say": "It restarts.", "check": {"pod": {"pod": "a", "restarts": 1, "ready": True}}},
        ],
        **changed,
    }


async def test_a_run_tells_every_line_as_json(call: Call) -> None:
    code, text = await call("POST", scenario())
    lines = [json.loads(line) for line in text.splitlines()]
    assert code == 200
    assert [(line["kind"], line["text"]) for line in lines] == [
        ("wait", "the cluster gets ready for the scenario"),
        ("step", "exit 1 in a"),
        ("seen", "It says bang."),
        ("note", "Look at it."),
        ("seen", "It restarts."),
        ("end", "all came as expected"),
    ]
    state = json.loads((await call("GET"))[1])
    assert (state["name"], state["state"], state["lines"]) == ("probe", "ended", lines)


async def test_what_never_comes_is_told_as_missing(call: Call) -> None:
    never = {"say": "It vanishes.", "check": {"event": {"reason": "Vanished"}}}
    _, text = await call("POST", scenario(expect=[never], within="5s"))
    last = [json.loads(line) for line in text.splitlines()][-2:]
    assert [(line["kind"], line["good"]) for line in last] == [("missing", True), ("end", False)]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"delete-pod": {"pod": "b"}}, "there is no pod for pod b in namespace default"),
        ({"oom-kill": {"pod": "a", "container": "x"}}, "pod a has no container x"),
        ({"node-down": {"node": "h100-99"}}, "there is no node h100-99"),
        ({"node-down": {}}, "no node is named, and no pod on a node either"),
        ({"set-image": {"set": "x", "image": "y"}}, "there is no set x in namespace default"),
        ({"gpu-lost": {"node": "cpu-1"}}, "node cpu-1 has 0 GPUs, none with index 0"),
    ],
)
async def test_a_step_that_cannot_be_done_ends_the_run_with_its_reason(
    step: dict[str, Any], said: str, call: Call
) -> None:
    _, text = await call("POST", scenario({"at": 0, **step}))
    last = json.loads(text.splitlines()[-1])
    assert (last["kind"], last["text"], last["good"]) == ("failed", said, False)


@pytest.mark.parametrize(
    ("method", "body", "code", "said"),
    [
        ("POST", b"{", 400, "the body is no JSON"),
        ("POST", [], 400, "the scenario: expected a mapping, got list"),
        ("POST", scenario(speps=[]), 400, "unknown key 'speps'; did you mean 'steps'?"),
        ("PUT", {}, 405, "use GET, POST or DELETE"),
    ],
)
async def test_bad_requests_are_refused(
    method: str, body: Any, code: int, said: str, call: Call
) -> None:
    got, text = await call(method, body)
    assert (got, json.loads(text)["kind"]) == (code, "Status")
    assert said in json.loads(text)["message"]


async def test_without_the_token_nobody_gets_in(call: Call) -> None:
    for method in ("GET", "POST", "DELETE"):
        code, _ = await call(method, headers={"Authorization": "Bearer wrong"})
        assert code == 401


async def test_an_object_the_sandbox_does_not_serve_ends_the_run(call: Call) -> None:
    strange = {"apiVersion": "example.com/v1", "kind": "Oven", "metadata": {"name": "o"}}
    _, text = await call("POST", scenario(objects=[strange]))
    assert "the sandbox does not serve example.com/v1 Oven" in text


async def test_stop_ends_the_run_and_heals(sandbox: Sandbox, call: Call) -> None:
    steps = (
        {"at": 0, "registry-down": {}},
        {"at": 0, "drain-node": {"node": "h100-01"}},
        {"at": 0, "gpu-lost": {"node": "h100-02"}},
        {"at": 0, "api-errors": {"code": 503, "for": "1h"}},
        {"after": "1h", "heal": {}},
    )
    sandbox.control.start(parse(scenario(*steps), "probe"))
    state: dict[str, Any] = {}

    async def playing() -> bool:
        state.update(json.loads((await call("GET"))[1]))
        return len([line for line in state["lines"] if line["kind"] == "step"]) == 4

    await eventually(playing)
    assert state["state"] == "playing"
    nodes = {node["metadata"]["name"]: node for node in sandbox.store.items("nodes")}
    assert nodes["h100-01"]["spec"]["unschedulable"]
    assert nodes["h100-02"]["status"]["allocatable"]["nvidia.com/gpu"] == "7"
    assert json.loads((await call("DELETE"))[1]) == {"healed": 4}
    nodes = {node["metadata"]["name"]: node for node in sandbox.store.items("nodes")}
    assert "unschedulable" not in nodes["h100-01"]["spec"]
    assert nodes["h100-02"]["status"]["allocatable"]["nvidia.com/gpu"] == "8"
    code, text = await call("POST", scenario())
    assert (code, json.loads(text.splitlines()[-1])["good"]) == (200, True)
