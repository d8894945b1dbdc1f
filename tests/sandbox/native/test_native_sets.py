"""Sets in native shape: as recorded of the native controller, or refused."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lwstui.cli.main import main
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.sandbox.native.installation import DEPLOYMENTS, LEASE, LEASES, MANAGER, NAMESPACE
from lwstui.sandbox.native.seeding import NativeError, load, seed
from lwstui.sandbox.native.shapes import LWS, REVISIONS, SETS, STATEFUL_SETS
from lwstui.sandbox.objects import Store
from lwstui.sandbox.registry import Registry
from tests.sandbox.api.support import lws, new_store
from tests.support.waiting import eventually

GOLDEN = Path(__file__).parents[2] / "data" / "golden" / "objects"
EXAMPLES = Path(__file__).parents[3] / "examples"
MADE_UP = {
    f"{LWS}template-revision-hash",
    "controller-revision-hash",
    "topology.kubernetes.io/zone",
}


@pytest.fixture
def store() -> Store:
    made = new_store()
    Registry(made, lambda _: None)
    return made


def seeded(store: Store, case: str) -> dict[str, Any]:
    """Seed a recorded manifest, and return what was recorded of it."""
    recorded = json.loads((GOLDEN / f"{case}.json").read_text())
    manifest = recorded["manifest"]
    manifest["metadata"].pop("namespace", None)
    seed(store, [manifest])
    return recorded


def essence(obj: dict[str, Any]) -> dict[str, Any]:
    """What of an object does not depend on hashes, namespaces and uids."""
    meta = obj["metadata"]
    labels = {k: v for k, v in (meta.get("labels") or {}).items() if k not in MADE_UP}
    labels.pop(f"{LWS}group-key", None)
    owners = [
        {k: v for k, v in each.items() if k != "uid"} for each in meta.get("ownerReferences") or ()
    ]
    spec = {k: v for k, v in obj.get("spec", {}).items() if k not in ("nodeName", "serviceAccount")}
    kept = {"labels": labels, "owners": owners, "annotations": meta.get("annotations"), **spec}
    return json.loads(json.dumps(kept).replace(".golden", ".default"))


CASES = ["sample", "two-templates", "unique-subdomain", "user-env-collision", "size-one"]


@pytest.mark.parametrize("case", CASES)
def test_pods_and_services_are_the_recorded_ones(store: Store, case: str) -> None:
    recorded = seeded(store, case)
    for key in ("pods", "services"):
        made = {each["metadata"]["name"]: each for each in store.items(key, "default")}
        wanted = {each["metadata"]["name"]: each for each in recorded[key]}
        assert made.keys() == wanted.keys()
        for name, obj in wanted.items():
            assert essence(made[name]) == essence(obj), name


@pytest.mark.parametrize("case", CASES)
def test_the_revision_of_the_set_records_the_same(store: Store, case: str) -> None:
    (wanted,) = seeded(store, case)["revisions"]
    of_sets = [r for r in store.items(REVISIONS, "default") if "template" not in r["data"]["spec"]]
    (made,) = of_sets
    # The definition that the recording was made with has a default for the protocol of a port.
    said = json.dumps(wanted["data"]).replace(', "protocol": "TCP"', "")
    assert made["data"] == json.loads(said)
    assert made["revision"] == wanted["revision"]
    hashed = made["metadata"]["labels"][f"{LWS}template-revision-hash"]
    name = store.items(SETS, "default")[0]["metadata"]["name"]
    assert made["metadata"]["name"] == f"{name}-{hashed}-1"


def test_every_pod_is_of_the_revision_its_statefulset_is_at(store: Store) -> None:
    seeded(store, "sample")
    sets = {each["metadata"]["name"]: each for each in store.items(STATEFUL_SETS, "default")}
    assert len(sets) == 4
    names = {each["metadata"]["name"] for each in store.items(REVISIONS, "default")}
    for pod in store.items("pods", "default"):
        (owner,) = pod["metadata"]["ownerReferences"]
        assert owner["uid"] == sets[owner["name"]]["metadata"]["uid"]
        assert pod["metadata"]["labels"]["controller-revision-hash"] in names
        selector = sets[owner["name"]]["spec"]["selector"]["matchLabels"]
        assert selector.items() <= pod["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("example", "why"),
    [
        ("04-exclusive-topology-rack", "uses exclusive topology, which is not made"),
        ("12b-tpu-cpu-leader", "uses google.com/tpu, which is not made"),
    ],
)
def test_sets_with_more_than_is_made_are_refused(store: Store, example: str, why: str) -> None:
    with pytest.raises(NativeError, match=why):
        seed(store, load([EXAMPLES / f"{example}.yaml"]))


def test_subgroups_are_refused(store: Store) -> None:
    body = lws()
    body["spec"]["leaderWorkerTemplate"] |= {"size": 4, "subGroupPolicy": {"subGroupSize": 2}}
    with pytest.raises(NativeError, match="set demo uses subGroupPolicy, which is not made"):
        seed(store, [body])


def test_a_wrong_set_is_refused_in_the_words_of_the_api_server(store: Store) -> None:
    wrong = yaml.safe_load((EXAMPLES / "02-leaderworkerset-sample.yaml").read_text())
    wrong["spec"]["leaderWorkerTemplate"]["sise"] = 4
    with pytest.raises(NativeError, match=r'unknown field "spec.leaderWorkerTemplate.sise"'):
        seed(store, [wrong])


def test_a_kind_that_is_not_served_is_refused(store: Store) -> None:
    with pytest.raises(NativeError, match="kind Sett in version v1 is not served"):
        seed(store, [{"apiVersion": "v1", "kind": "Sett", "metadata": {"name": "x"}}])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kind: Service\n", "there is no LeaderWorkerSet in"),
        ("- a\n", "holds something else than manifests"),
        ("a: [\n", "cannot read"),
        (None, "cannot read"),
    ],
)
def test_files_without_a_set_are_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, why: str
) -> None:
    path = tmp_path / "set.yaml"
    if text is not None:
        path.write_text(text)
    assert main(["sandbox", "--native", str(path)]) != 0
    told = capsys.readouterr()
    assert why in told.err
    assert "Traceback" not in told.err
    assert not told.out


@pytest.fixture
async def running() -> AsyncIterator[Store]:
    manifests = load([EXAMPLES / "02-leaderworkerset-sample.yaml"])
    async with running_sandbox(SandboxOptions(nodes=4, speed=200, native=manifests)) as sandbox:
        yield sandbox.store


def settled(store: Store) -> bool:
    status = store.items(SETS)[0].get("status") or {}
    true = [each["type"] for each in status.get("conditions", ()) if each["status"] == "True"]
    return status.get("readyReplicas") == 3 and true == ["Available"]


def replicas(store: Store, name: str = "leaderworkerset-sample") -> int:
    return int(store.entry(STATEFUL_SETS, "default", name).object["status"]["readyReplicas"])


def scale_manager(store: Store, count: int) -> None:
    store.update(DEPLOYMENTS, NAMESPACE, MANAGER, lambda it: it["spec"].update(replicas=count))


async def test_statuses_follow_the_pods_while_the_controller_runs(running: Store) -> None:
    await eventually(lambda: settled(running))
    assert replicas(running) == 3
    running.delete("pods", "default", "leaderworkerset-sample-1-1")
    await eventually(lambda: replicas(running, "leaderworkerset-sample-1") == 2)
    await eventually(lambda: running.items(SETS)[0]["status"]["readyReplicas"] == 2)
    conditions = {c["type"]: c["status"] for c in running.items(SETS)[0]["status"]["conditions"]}
    assert conditions == {"Progressing": "True", "Available": "False"}


async def test_a_controller_scaled_away_leads_and_tells_no_more(running: Store) -> None:
    await eventually(lambda: running.get(LEASES, NAMESPACE, LEASE) is not None)
    await eventually(lambda: settled(running))
    scale_manager(running, 0)
    await eventually(lambda: not running.items("pods", NAMESPACE))
    deployment = running.entry(DEPLOYMENTS, NAMESPACE, MANAGER)
    assert deployment.object["status"]["replicas"] == 0
    running.delete("pods", "default", "leaderworkerset-sample-2")
    await eventually(lambda: replicas(running) == 2)
    assert running.items(SETS)[0]["status"]["readyReplicas"] == 3
    before = running.entry(LEASES, NAMESPACE, LEASE).object["spec"]["renewTime"]
    scale_manager(running, 1)
    await eventually(lambda: running.items(SETS)[0]["status"]["readyReplicas"] == 2)
    await eventually(
        lambda: running.entry(LEASES, NAMESPACE, LEASE).object["spec"]["renewTime"] > before
    )
