"""The API server's proxy to pods and services."""

import pytest

from lwstui.sandbox.objects import StatusError
from lwstui.sandbox.proxy import Proxied, parse
from tests.sandbox.api.town import Town

ROOT = "/api/v1/namespaces/default"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("pods/p/proxy", Proxied("pods", "default", "p", "", "")),
        ("pods/p:80/proxy/a/b", Proxied("pods", "default", "p", "80", "/a/b")),
        ("services/http:s:web/proxy/", Proxied("services", "default", "s", "web", "/")),
        ("pods/p/log", None),
        ("nodes/n/proxy/", None),
    ],
)
def test_paths(path: str, found: Proxied | None) -> None:
    assert parse(f"{ROOT}/{path}") == found


@pytest.mark.parametrize("name", ["https:p:80", "a:b:c:d"])
def test_bad_names(name: str) -> None:
    with pytest.raises(StatusError, match="invalid pods request"):
        parse(f"{ROOT}/pods/{name}/proxy/")


@pytest.mark.parametrize(
    ("path", "code", "part"),
    [
        ("pods/p:8080/proxy/", 200, "Welcome to nginx!"),
        ("pods/p/proxy/", 200, "Welcome to nginx!"),
        ("pods/p/proxy/nope", 404, "404 Not Found"),
        ("services/web:http/proxy/", 200, "Welcome to nginx!"),
        ("services/web:80/proxy/", 200, "Welcome to nginx!"),
        ("pods/p:81/proxy/", 503, "error trying to reach service: dial tcp "),
        ("pods/nope/proxy/", 404, 'pods \\"nope\\" not found'),
        ("pods/pending/proxy/", 400, "address not allowed"),
        ("pods/p:web/proxy/", 400, "invalid pod request"),
        ("services/nope/proxy/", 404, 'services \\"nope\\" not found'),
        ("services/web/proxy/", 503, 'no endpoints available for service \\"web\\"'),
        ("services/web:9/proxy/", 503, 'no service port 9 found for service \\"web\\"'),
        ("services/empty:http/proxy/", 503, 'no endpoints available for service \\"empty\\"'),
    ],
)
async def test_answers(town: Town, path: str, code: int, part: str) -> None:
    await town.pod("p", labels={"app": "web"})
    await town.pod("pending", spec={"nodeSelector": {"no": "where"}}, wait=False)
    await town.service("web", {"app": "web"})
    await town.service("empty", {"app": "none"})
    async with town.http.get(town.url(path)) as answer:
        assert answer.status == code
        assert part in await answer.text()


async def test_a_completion_and_metrics_through_the_proxy(town: Town) -> None:
    await town.pod("p", image="ghcr.io/ggml-org/llama.cpp:server")
    body = {"prompt": "one two"}
    told = await town.call("POST", "pods/p:8080/proxy/v1/completions", body)
    assert told["usage"]["prompt_tokens"] == 2
    async with town.http.get(town.url("pods/p:8080/proxy/metrics")) as answer:
        assert answer.content_type == "text/plain"
        assert "llamacpp:tokens_predicted_total" in await answer.text()


async def test_a_path_without_its_slash_is_led_to_the_one_with_it(town: Town) -> None:
    await town.pod("p")
    url = town.url("pods/p/proxy")
    async with town.http.get(url, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, f"{url.path}/")


async def test_an_engine_that_loads_is_not_there_yet(town: Town) -> None:
    startup = {"sandbox.lwstui.dev/startup": "1h"}
    await town.pod("p", serves=False, image="vllm/vllm-openai", annotations=startup)
    async with town.http.get(town.url("pods/p:8080/proxy/health")) as answer:
        assert answer.status == 503
        assert "connection refused" in (await answer.json())["message"]


async def test_the_token_is_needed(town: Town) -> None:
    await town.pod("p")
    url = town.url("pods/p/proxy/")
    async with town.http.get(url, headers={"Authorization": "Bearer no"}) as answer:
        assert answer.status == 401
