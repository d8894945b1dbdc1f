"""Whatever is asked: an answer that is meant, with a sentence, and nothing breaks inside."""

import json
import os
from urllib.parse import quote

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.sandbox.fuzz.bodies import JUNK, KINDS, METADATA, json_patches, spoiled
from tests.sandbox.fuzz.conftest import Server

# The same examples in every run, unless some are asked for: FUZZ_EXAMPLES=5000 looks for new ones.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 150,
    deadline=None,
    derandomize=not EXAMPLES,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
# Not done here; nothing behind a service or no sample yet; a version that is yet to come.
MEANT = (501, 503, 504)
NAMES = st.sampled_from(["a", "b", "things.x.io", "no_name", "%00", "..", "🙂"])
PATCH_TYPES = (
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
SUBRESOURCES = st.sampled_from(["", "", "/status", "/scale", "/finalize", "/eviction", "/binding"])
OPTIONS = st.sampled_from(
    ["", "", "?dryRun=All", "?dryRun=Some", "?fieldValidation=Strict", "?fieldManager=x&force=true"]
)
_WORDS = (
    "limit continue labelSelector fieldSelector resourceVersion resourceVersionMatch watch pretty "
    "timeoutSeconds sendInitialEvents allowWatchBookmarks includeObject container tailLines "
    "sinceSeconds sinceTime limitBytes command gracePeriodSeconds propagationPolicy dryRun timeout"
)
PARAMETERS = _WORDS.split()


def answered(server: Server, method: str, target: str, body: object, content_type: str) -> None:
    """Send a request and check the answer: a code, and below what the server says of itself."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
    code, answer = server.send(method, quote(target, safe="/?&=%+.,:"), raw, _headers(content_type))
    event(f"{method} {code}")
    told = answer.decode(errors="replace")[:500]
    assert code < 500 or code in MEANT, (method, target, content_type, body, told)
    if code in MEANT:
        assert json.loads(answer)["message"]
    assert server.faults.take() == [], (method, target, content_type, body)


def _headers(content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type, "Accept": "application/json"}


@given(data=st.data())
@SETTINGS
def test_objects_of_any_shape_are_created_or_refused(server: Server, data: st.DataObject) -> None:
    path, body = data.draw(st.sampled_from(KINDS))
    name = data.draw(NAMES)
    whole = {"metadata": {"name": name, **data.draw(st.sampled_from([{}, METADATA]))}, **body}
    target = path + data.draw(OPTIONS)
    answered(server, "POST", target, data.draw(spoiled(whole)), "application/json")


@given(data=st.data())
@SETTINGS
def test_changes_of_any_shape_are_made_or_refused(server: Server, data: st.DataObject) -> None:
    path, body = data.draw(st.sampled_from(KINDS))
    name = data.draw(NAMES)
    whole = {"metadata": {"name": name, **METADATA}, **body}
    target = f"{path}/{name}{data.draw(SUBRESOURCES)}{data.draw(OPTIONS)}"
    # Something to change, most of the time; what is in the way is no fault.
    answered(server, "POST", path, {"metadata": {"name": name}, **body}, "application/json")
    if data.draw(st.booleans()):
        answered(server, "PUT", target, data.draw(spoiled(whole)), "application/json")
        return
    content_type = data.draw(st.sampled_from(PATCH_TYPES))
    answered(server, "PATCH", target, data.draw(spoiled(whole)), content_type)
    patch = data.draw(json_patches(whole))
    answered(server, "PATCH", target, patch, "application/json-patch+json")


@given(data=st.data())
@SETTINGS
def test_any_path_and_parameters_are_answered(server: Server, data: st.DataObject) -> None:
    paths = [path for path, _ in KINDS]
    steps = st.lists(
        st.sampled_from(["a", "", "log", "proxy", "..", "status", "x:y:z"]), max_size=3
    )
    path = data.draw(st.sampled_from([*paths, "", "/", "/api", "/apis/apps", "/openapi/v3", "//"]))
    target = "/".join([path, *data.draw(steps)])
    value = st.one_of(
        st.text(max_size=20),
        st.sampled_from(["1", "-1", "a=b,,", "a in (b", "(", "!", "eyJydiI6MX0", "true", "9" * 40]),
    )
    query = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), value, max_size=3))
    if query.get("watch"):
        query["timeoutSeconds"] = "1"
    encoded = "&".join(f"{name}={quote(text, safe='')}" for name, text in query.items())
    method = data.draw(st.sampled_from(["GET", "GET", "GET", "DELETE", "OPTIONS", "HEAD", "ZAP"]))
    if method == "GET" and (target.endswith("log") or query.keys() & {"watch"}):
        method = "DELETE"  # streams have tests of their own
    code, answer = server.send(method, f"{quote(target) or '/'}?{encoded}")
    event(f"{method} {code}")
    assert code < 500 or code in MEANT, (method, target, query, answer[:500])
    assert server.faults.take() == [], (method, target, query)


@given(raw=st.binary(max_size=200), content_type=st.sampled_from([
    "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
    "application/apply-patch+yaml", "text/plain", "application/json; charset=utf-16", ";;", "\xff",
]))  # fmt: skip
@SETTINGS
def test_bytes_of_any_kind_are_refused(server: Server, raw: bytes, content_type: str) -> None:
    for method, target in (
        ("POST", "/api/v1/namespaces/default/configmaps"),
        ("PATCH", "/api/v1/namespaces/default/configmaps/a"),
        ("DELETE", "/api/v1/namespaces/default/configmaps/a"),
    ):
        for prefix in (b"", b"k8s\0"):
            answered(server, method, target, prefix + raw, content_type)


@given(options=JUNK)
@SETTINGS
def test_delete_options_of_any_shape(server: Server, options: object) -> None:
    names = (
        "gracePeriodSeconds",
        "propagationPolicy",
        "preconditions",
        "orphanDependents",
        "dryRun",
    )
    for name in names:
        path = "/api/v1/namespaces/default/pods/nothing"
        answered(server, "DELETE", path, {name: options}, "application/json")
        body = {"metadata": {"name": "nothing"}, "deleteOptions": {name: options}}
        answered(server, "POST", f"{path}/eviction", body, "application/json")
