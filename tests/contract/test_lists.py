"""Lists: pages, selectors, versions, and the forms an answer can take."""

import json
from dataclasses import dataclass

import pytest

from tests.contract.bodies import configmap, pod, worker_set
from tests.contract.client import Api, Json

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


@pytest.fixture
def five(api: Api) -> Api:
    """Five pods in the namespace, b to f, in no order of their names."""
    for name in "dbfce":
        api.create(api.pods(), pod(name, labels={"name": name}))
    return api


def test_lists_are_by_name(five: Api) -> None:
    assert five.names(five.pods()) == list("bcdef")


def test_pages(five: Api) -> None:
    first = five.get(five.pods(), limit="2")
    assert [each["metadata"]["name"] for each in first["items"]] == ["b", "c"]
    assert first["metadata"]["remainingItemCount"] == 3
    token = first["metadata"]["continue"]
    second = five.get(five.pods(), **{"limit": "2", "continue": token})
    assert [each["metadata"]["name"] for each in second["items"]] == ["d", "e"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert second["metadata"]["remainingItemCount"] == 1
    last = five.get(five.pods(), **{"limit": "2", "continue": second["metadata"]["continue"]})
    assert [each["metadata"]["name"] for each in last["items"]] == ["f"]
    assert not last["metadata"].get("continue")
    assert "remainingItemCount" not in last["metadata"]


def test_pages_are_of_one_moment(five: Api) -> None:
    first = five.get(five.pods(), limit="2")
    five.delete(five.pods("e"))
    five.create(five.pods(), pod("dd"))
    token = first["metadata"]["continue"]
    rest = five.get(five.pods(), **{"continue": token})
    assert [each["metadata"]["name"] for each in rest["items"]] == ["d", "e", "f"]


def test_what_remains_of_a_selection_is_not_counted(five: Api) -> None:
    page = five.get(five.pods(), limit="1", labelSelector="name in (b, c)")
    assert page["metadata"]["continue"]
    assert "remainingItemCount" not in page["metadata"]


@pytest.mark.parametrize("limit", ["5", "6", "0"])
def test_a_page_that_holds_everything_is_the_last(five: Api, limit: str) -> None:
    page = five.get(five.pods(), limit=limit)
    assert len(page["items"]) == 5
    assert not page["metadata"].get("continue")


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("name=b", "b"),
        ("name==b", "b"),
        ("name!=b", "cdef"),
        ("name in (b,d)", "bd"),
        ("name notin (b,d)", "cef"),
        ("name", "bcdef"),
        ("!name", ""),
        ("other!=x", "bcdef"),
        ("other notin (x)", "bcdef"),
        ("name,name!=c,name notin (d)", "bef"),
        ("name in (b),!other", "b"),
        ("name=", ""),
        ("", "bcdef"),
    ],
)
def test_label_selectors(five: Api, selector: str, names: str) -> None:
    assert five.names(five.pods(), labelSelector=selector) == list(names)


@pytest.mark.parametrize("selector", ["a in", "a=b=c", "=x", "a in (b", "a b", "!", "a,,b=)"])
def test_bad_label_selectors(api: Api, selector: str) -> None:
    said = api.refused(400, "GET", api.pods(), query={"labelSelector": selector})
    assert said["reason"] == "BadRequest"
    assert "unable to parse requirement" in said["message"] or "found" in said["message"]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("metadata.name=b", "b"),
        ("metadata.name!=b", "cdef"),
        ("metadata.name=b,status.phase=Pending", "b"),
        ("status.phase=Running", ""),
        ("spec.nodeName=", "bcdef"),
        ("spec.restartPolicy=Always", "bcdef"),
        ("spec.schedulerName=default-scheduler", "bcdef"),
    ],
)
def test_field_selectors(five: Api, selector: str, names: str) -> None:
    assert five.names(five.pods(), fieldSelector=selector) == list(names)


@pytest.mark.parametrize(
    ("plural", "field"),
    [("pods", "spec.hostname"), ("configmaps", "data.a"), ("leaderworkersets", "spec.replicas")],
)
def test_fields_one_cannot_select_by(api: Api, plural: str, field: str) -> None:
    path = api.sets() if plural == "leaderworkersets" else api.core(plural)
    said = api.refused(400, "GET", path, query={"fieldSelector": f"{field}=x"})
    assert said["message"].endswith(f"field label not supported: {field}")


def test_a_bad_field_selector(api: Api) -> None:
    said = api.refused(400, "GET", api.pods(), query={"fieldSelector": "metadata.name"})
    assert said["message"].startswith("invalid selector: 'metadata.name'")


def test_all_namespaces(five: Api) -> None:
    found = five.get("/api/v1/pods", labelSelector="name=b")["items"]
    assert five.space in {each["metadata"]["namespace"] for each in found}


def test_a_recorded_refusal_of_a_continue_token(api: Api) -> None:
    said = api.refused(400, "GET", api.pods(), query={"limit": "1", "continue": "garbage"})
    assert said["reason"] == "BadRequest"
    assert said["message"] == (
        "invalid continue token: continue key is not valid: invalid character '\\u0081' looking "
        "for beginning of value"
    )


@dataclass(frozen=True, slots=True)
class BadList:
    id: str
    query: dict[str, str]
    code: int
    reason: str
    words: str


FAR = "999999999999"


@pytest.mark.parametrize(
    "bad",
    [
        BadList("future", {"resourceVersion": FAR}, 504, "Timeout", "Too large resource version: "),
        BadList(
            "match-alone",
            {"resourceVersionMatch": "Exact"},
            422,
            "Invalid",
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        BadList(
            "match-unknown",
            {"resourceVersion": "1", "resourceVersionMatch": "Near"},
            422,
            "Invalid",
            "resourceVersionMatch: Unsupported value",
        ),
        BadList(
            "exact-zero",
            {"resourceVersion": "0", "resourceVersionMatch": "Exact"},
            422,
            "Invalid",
            'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for '
            'resourceVersion "0"',
        ),
        BadList(
            "initial-events",
            {"sendInitialEvents": "true"},
            422,
            "Invalid",
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
        ),
        BadList("version", {"resourceVersion": "x"}, 400, "BadRequest", "x"),
        BadList("limit", {"limit": "x"}, 400, "BadRequest", "x"),
    ],
    ids=lambda bad: bad.id,
)
def test_bad_parameters(api: Api, bad: BadList) -> None:
    said = api.refused(bad.code, "GET", api.pods(), query=bad.query)
    assert said["reason"] == bad.reason
    assert bad.words in said["message"]


@pytest.mark.parametrize("version", ["", "0", "1"])
def test_a_list_is_at_least_as_new_as_asked(five: Api, version: str) -> None:
    assert len(five.names(five.pods(), resourceVersion=version)) == 5


def test_an_exact_version_is_the_list_of_then(five: Api) -> None:
    then = five.get(five.pods())["metadata"]["resourceVersion"]
    found = five.names(five.pods(), resourceVersion=then, resourceVersionMatch="Exact")
    assert found == list("bcdef")


def table(api: Api, path: str, **query: str) -> Json:
    return api.ok("GET", path, query=query, headers={"Accept": TABLE})


def test_tables(five: Api) -> None:
    found = table(five, five.pods())
    assert (found["kind"], found["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    columns = [(each["name"], each["priority"]) for each in found["columnDefinitions"]]
    assert columns[:5] == [(n, 0) for n in ("Name", "Ready", "Status", "Restarts", "Age")]
    assert columns[5:7] == [("IP", 1), ("Node", 1)]
    assert [row["cells"][0] for row in found["rows"]] == list("bcdef")
    assert found["rows"][0]["cells"][1:4] == ["0/1", "Pending", "0"]
    assert found["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


def test_a_table_of_one(five: Api) -> None:
    found = table(five, five.pods("b"))
    assert [row["cells"][0] for row in found["rows"]] == ["b"]


@pytest.mark.parametrize(
    ("include", "kind"),
    [("Object", "Pod"), ("Metadata", "PartialObjectMetadata"), ("None", None)],
)
def test_what_rows_include(five: Api, include: str, kind: str | None) -> None:
    row = table(five, five.pods(), includeObject=include)["rows"][0]
    assert (row.get("object") or {}).get("kind") == kind


def test_the_columns_of_sets_are_those_of_their_definition(api: Api) -> None:
    api.create(api.sets(), worker_set(replicas=2))
    api.patch(api.sets("demo", "status"), {"status": {"readyReplicas": 1, "updatedReplicas": 2}})
    found = table(api, api.sets())
    names = [each["name"] for each in found["columnDefinitions"] if each["priority"] == 0]
    assert names == ["Name", "Ready", "Desired", "Up-to-date", "Age"]
    assert found["rows"][0]["cells"][:4] == ["demo", 1, 2, 2]


def test_metadata_only(five: Api) -> None:
    one = five.ok("GET", five.pods("b"), headers={"Accept": PARTIAL})
    assert one.keys() == {"kind", "apiVersion", "metadata"}
    assert (one["kind"], one["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
    many = five.ok("GET", five.pods(), headers={"Accept": PARTIAL_LIST})
    assert many["kind"] == "PartialObjectMetadataList"
    assert [each["metadata"]["name"] for each in many["items"]] == list("bcdef")


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        "application/*",
        "",
        f"{TABLE},application/json",
        "application/vnd.kubernetes.protobuf,application/json",
    ],
)
def test_accepted(five: Api, accept: str) -> None:
    answer = five.call("GET", five.pods(), headers={"Accept": accept} if accept else {})
    if "protobuf" not in accept or answer.headers["Content-Type"].startswith("application/json"):
        assert json.loads(answer.text)["kind"] in ("PodList", "Table")


@pytest.mark.parametrize("accept", ["text/plain", "image/png", "application/json;as=Chart;v=v1"])
def test_not_acceptable(api: Api, accept: str) -> None:
    said = api.refused(406, "GET", api.pods(), headers={"Accept": accept})
    assert said["reason"] == "NotAcceptable"
    assert said["message"].startswith("only the following media types are accepted: ")


def test_lists_of_built_in_kinds_say_once_what_their_items_are(api: Api) -> None:
    api.create(api.core("configmaps"), configmap())
    listed = api.get(api.core("configmaps"))
    assert listed["kind"] == "ConfigMapList"
    assert "kind" not in listed["items"][0]
    api.create(api.sets(), worker_set())
    assert api.get(api.sets())["items"][0]["kind"] == "LeaderWorkerSet"
