"""Asking the sandbox what manifests would do, applying them, and being refused for good reasons."""

import asyncio

import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS
from controller.errors import Cause, Conflict, Invalid, NotFound
from controller.ports import Patch
from lwstui.kube.connect import Target, connect
from lwstui.runtime.intents import Apply
from lwstui.runtime.kubelink import KubeLink
from lwstui.runtime.trials import UNDEFINED, try_manifests
from lwstui.runtime.writes import confirmed, perform
from lwstui.sandbox.cluster import SandboxOptions
from lwstui.state.manifests import FieldConflict, Manifest, Trial, without_fields
from tests.e2e.conftest import world_of
from tests.runtime.fakes import FakeLink
from tests.view.build import lws

SET = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": "tiny"},
    "spec": {
        "replicas": 2,
        "leaderWorkerTemplate": {
            "size": 2,
            "workerTemplate": {
                "spec": {"containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}]}
            },
        },
    },
}


def of(body, source="f.yaml"):
    return Manifest(source, body)


def config(data, namespace=None):
    meta = {"name": "flags", **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


@pytest.fixture
async def world():
    async with world_of(SandboxOptions(nodes=2, speed=200)) as made:
        yield made


@pytest.fixture
async def link(world):
    made = KubeLink(await connect(Target(str(world.sandbox.kubeconfig))), "test")
    yield made
    await made.close()


async def ask(link, *bodies):
    return await try_manifests(link, [of(body) for body in bodies], "default")


async def send(link, trial, **options):
    intent = Apply(trial, **options)
    return await perform(link.cluster, intent, look=lambda *_: None, dry_run=False)


async def test_a_trial_changes_nothing_and_shows_both_sides(world, link):
    await world.apply([SET])
    wanted = {**SET, "spec": {**SET["spec"], "replicas": 3}}
    found, fresh = await ask(link, wanted, config({"a": "1"}))
    assert found.key == Key("default", "tiny")
    assert found.live["spec"]["replicas"] == 2
    assert found.after["spec"]["replicas"] == 3
    assert fresh.live is None
    assert fresh.after["data"] == {"a": "1"}
    assert world.set("tiny")["spec"]["replicas"] == 2
    assert world.sandbox.store.get("configmaps", "default", "flags") is None


async def test_what_is_refused_says_why(link):
    unknown = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}}
    lost = config({}, namespace="nowhere")
    trials = await ask(link, unknown, lost)
    assert trials[0].refusal == "this cluster serves no Thing in example.com/v1"
    assert '"nowhere" not found' in trials[1].refusal


async def test_a_cluster_without_the_definition_is_told_how_to_get_it():
    class Bare(FakeLink):
        async def resource(self, api_version, kind):
            raise Invalid(404, "NotFound", "no such kind")

    (found,) = await ask(Bare(), SET)
    assert found.refusal == UNDEFINED


async def test_schema_errors_come_from_the_server(world, link):
    await world.apply([SET])
    (found,) = await ask(link, {**SET, "spec": {**SET["spec"], "replicas": "many"}})
    assert "replicas" in found.refusal


async def test_an_object_in_a_namespace_that_comes_first_cannot_be_asked_about(link):
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}
    _, inside = await ask(link, space, config({}, namespace="new"))
    assert "made first" in inside.unasked
    assert not inside.refusal


async def test_a_conflict_names_the_manager_and_both_ways_out_work(world, link):
    await world.apply([SET])
    uid = world.set("tiny")["metadata"]["uid"]
    assert uid
    await link.cluster.patch(
        LEADERWORKERSETS, "default", "tiny", {"spec": {"replicas": 5}}, kind=Patch.MERGE
    )
    (found,) = await ask(link, SET)
    assert found.conflicts == (FieldConflict("lwstui", ".spec.replicas"),)
    assert found.after["spec"]["replicas"] == 2

    (left_out,) = await ask(link, without_fields(SET, [".spec.replicas"]))
    assert not left_out.conflicts
    assert left_out.after["spec"]["replicas"] == 5

    refused = await send(link, found)
    assert not refused.ok
    assert world.set("tiny")["spec"]["replicas"] == 5
    (found,) = await ask(link, SET)
    assert (await send(link, found, take_over=True)).ok
    assert world.set("tiny")["spec"]["replicas"] == 2


async def test_an_object_that_changed_since_it_was_planned_is_left_alone(world, link):
    (found,) = await ask(link, config({"a": "1"}))
    assert (await send(link, found)).ok
    again = await send(link, found)
    assert "created meanwhile" in again.message
    (found,) = await ask(link, config({"a": "2"}))
    (other,) = await ask(link, config({"a": "3"}))
    assert (await send(link, other)).ok
    changed = await send(link, found)
    assert (changed.ok, "plan again" in changed.message) == (False, True)
    assert world.sandbox.store.get("configmaps", "default", "flags")["data"] == {"a": "3"}


async def test_the_request_is_a_server_side_apply_that_takes_nothing_over():
    link = FakeLink()
    found = Trial(of(SET), Key("team", "tiny"), LEADERWORKERSETS, unasked="nobody was asked")
    await perform(link.cluster, Apply(found), look=lambda *_: None, dry_run=True)
    ((verb, name, details),) = link.cluster.calls
    assert (verb, name) == ("patch", "tiny")
    assert details["kind"] is Patch.APPLY
    assert (details["force"], details["dry_run"]) == (False, True)


async def test_a_conflict_without_fields_is_a_refusal():
    link = FakeLink()
    link.cluster.objects["tiny"] = b"{}"

    async def busy(*_, **__):
        raise Conflict(409, "Conflict", "busy", causes=(Cause("", "x"),))

    link.cluster.patch = busy
    (found,) = await ask(link, SET)
    assert (found.refusal, found.conflicts) == ("busy", ())


def test_a_set_counts_as_applied_when_the_watch_shows_another_version():
    made = lws(2)
    key = made.key
    live = {"metadata": {"resourceVersion": made.metadata.resource_version}}
    intent = Apply(Trial(of(SET), key, live=live))
    assert not confirmed(intent, lambda *_: made)
    assert confirmed(Apply(Trial(of(SET), key)), lambda *_: made)
    assert not confirmed(Apply(Trial(of(SET), key)), lambda *_: None)
    assert confirmed(Apply(Trial(of(config({})), key)), lambda *_: None)


async def test_a_folder_is_asked_about_several_objects_at_a_time_and_in_order():
    link, asked, both = FakeLink(), [], asyncio.Event()

    async def get(resource, namespace, name):
        asked.append(name)
        if len(asked) == 2:
            both.set()
        await asyncio.wait_for(both.wait(), 30)
        raise NotFound(404, "NotFound", "none")

    link.cluster.get = get
    bodies = [{**config({}), "metadata": {"name": name}} for name in ("b", "a")]
    trials = await ask(link, *bodies)
    assert [trial.key.name for trial in trials] == ["b", "a"]
