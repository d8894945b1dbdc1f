"""Changes that were decided on one spec: guarded, repeated while only the status changes."""

import json

import msgspec
import pytest

from controller.admission.defaults import resolve
from controller.api.meta import Key
from controller.api.names import ROLLOUT_RECORD
from controller.errors import Conflict, Invalid, NotFound
from controller.plan.revisions import revision_data, revision_key
from controller.plan.rollout import Record
from lwstui.runtime.intents import Hold, PauseRollout, ResumeRollout, Scale, SetPartition, Undo
from lwstui.runtime.writes import confirmed, perform
from lwstui.state.partition import PAUSED_PARTITION
from tests.controller.support import make_set, raw_spec

KEY = Key("default", "sample")
UID = "set-1"


def stored(lws, version="7"):
    metadata = {**msgspec.to_builtins(lws.metadata), "resourceVersion": version}
    return json.dumps({"metadata": metadata, "spec": lws.spec}).encode()


def recorded(lws, uid=UID):
    data = revision_data(resolve(lws).template)
    key = revision_key(data)
    metadata = {
        "name": f"sample-{key}-1",
        "namespace": "default",
        "uid": "rev-1",
        "labels": {"leaderworkerset.sigs.k8s.io/name": "sample"},
        "ownerReferences": [{"kind": "LeaderWorkerSet", "uid": uid, "controller": True}],
    }
    return metadata["name"], json.dumps(
        {"metadata": metadata, "data": data, "revision": 1}
    ).encode()


class Server:
    """Objects by name, and conflicts to answer the next patches with."""

    def __init__(self, **objects):
        self.objects = objects
        self.conflicts = 0
        self.patches = []
        self.reads = 0

    async def get(self, resource, namespace, name):
        self.reads += 1
        return self.objects[name]

    async def patch(self, resource, namespace, name, body, **options):
        self.patches.append((body, options))
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict(409, "Conflict", "the object has been modified")
        return b"{}"


def a_set(replicas=3, *, image="img:v1", **rollout):
    spec = raw_spec(replicas, rollout=rollout or {"partition": 0})
    spec["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]["image"] = image
    return make_set(spec)


def seeing(lws):
    """Return a look at a cluster whose watch shows one set, or none."""
    return lambda _, key: lws if lws is not None and key == lws.key else None


async def done(server, intent, *, dry_run=False):
    return await perform(server, intent, look=seeing(None), dry_run=dry_run)


async def test_a_pause_is_one_merge_patch_with_its_guard():
    server = Server(sample=stored(a_set()))
    outcome = await done(server, PauseRollout(KEY, UID, 1))
    assert outcome.ok, outcome.message
    assert server.patches == [
        (
            {
                "metadata": {
                    "uid": UID,
                    "resourceVersion": "7",
                    "annotations": {PAUSED_PARTITION: "0"},
                },
                "spec": {"rolloutStrategy": {"rollingUpdateConfiguration": {"partition": 3}}},
            },
            {"dry_run": False},
        )
    ]


def recording(lws, partition):
    record = Record("key", partition, 3, 3)
    annotations = {ROLLOUT_RECORD: msgspec.json.encode(record).decode()}
    metadata = msgspec.structs.replace(lws.metadata, annotations=annotations)
    return msgspec.structs.replace(lws, metadata=metadata)


def partitions(server):
    return [
        body["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]["partition"]
        for body, _ in server.patches
    ]


async def test_a_hold_is_one_merge_patch_at_what_the_set_records():
    server = Server(sample=stored(recording(a_set(), 2)))
    outcome = await done(server, Hold(KEY, UID, 1))
    assert (outcome.ok, outcome.note) == (True, "at partition 2")
    ((body, _),) = server.patches
    assert body["metadata"] == {
        "uid": UID,
        "resourceVersion": "7",
        "annotations": {PAUSED_PARTITION: "0"},
    }
    assert partitions(server) == [2]


async def test_a_hold_follows_a_rollout_that_goes_on_while_it_is_written():
    class Moving(Server):
        async def patch(self, *args, **options):
            self.objects["sample"] = stored(recording(a_set(), 1))
            return await super().patch(*args, **options)

    server = Moving(sample=stored(recording(a_set(), 2)))
    server.conflicts = 1
    outcome = await done(server, Hold(KEY, UID, 1))
    assert outcome.note == "at partition 1"
    assert partitions(server) == [2, 1]


class NativeServer(Server):
    """A set of the native controller, whose StatefulSet is at ``steps``, read after read."""

    def __init__(self, *steps, owner=UID):
        super().__init__()
        self.steps, self.owner = list(steps), owner
        self.lws = a_set()

    async def get(self, resource, namespace, name):
        if resource.plural != "statefulsets":
            return stored(self.lws)
        if not self.steps:
            raise NotFound(404, "NotFound", "gone")
        at = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        owners = [{"kind": "LeaderWorkerSet", "uid": self.owner, "controller": True}]
        return json.dumps(
            {
                "metadata": {"name": name, "ownerReferences": owners},
                "spec": {"updateStrategy": {"rollingUpdate": {"partition": at}}},
            }
        ).encode()

    async def patch(self, resource, namespace, name, body, **options):
        await super().patch(resource, namespace, name, body, **options)
        if not options["dry_run"]:
            spec = {**self.lws.spec, **body["spec"]}
            metadata = msgspec.structs.replace(self.lws.metadata, generation=2)
            self.lws = msgspec.structs.replace(self.lws, spec=spec, metadata=metadata)
        return b"{}"


async def test_of_a_native_set_the_stateful_set_tells_and_not_what_the_dialog_knew():
    server = NativeServer(2)
    asked = await done(server, Hold(KEY, UID, 1, native=3), dry_run=True)
    assert asked.note == "at partition 2"
    assert (await done(server, Hold(KEY, UID, 1, native=3))).note == "at partition 2"
    assert partitions(server) == [2, 2]


async def test_a_hold_is_lowered_to_where_the_native_controller_went_meanwhile():
    server = NativeServer(2, 1)
    outcome = await done(server, Hold(KEY, UID, 1, native=2))
    assert (outcome.ok, outcome.note) == (True, "at partition 1")
    assert partitions(server) == [2, 1]


@pytest.mark.parametrize("server", [NativeServer(), NativeServer(2, owner="other")])
async def test_without_its_stateful_set_a_native_set_is_not_held(server):
    outcome = await done(server, Hold(KEY, UID, 1, native=2))
    assert "its leader StatefulSet is gone" in outcome.message
    assert server.patches == []


async def test_undo_puts_the_recorded_template_back_and_nothing_else():
    name, revision = recorded(a_set())
    server = Server(sample=stored(a_set(image="b")), **{name: revision})
    outcome = await done(server, Undo(KEY, UID, 1, name, 1), dry_run=True)
    assert "would accept" in outcome.message
    ((body, options),) = server.patches
    assert options == {"dry_run": True}
    assert body["metadata"] == {"uid": UID, "resourceVersion": "7"}
    assert list(body["spec"]) in (
        ["leaderWorkerTemplate"],
        ["leaderWorkerTemplate", "networkConfig"],
    )
    worker = body["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    assert worker["spec"]["containers"][0]["image"] == "img:v1"


async def test_a_revision_of_another_set_is_not_put_back():
    name, revision = recorded(a_set(), uid="other")
    server = Server(sample=stored(a_set(image="b")), **{name: revision})
    outcome = await done(server, Undo(KEY, UID, 1, name, 1))
    assert "records no template of this set" in outcome.message
    assert server.patches == []


async def test_writes_of_the_status_meanwhile_are_no_obstacle():
    server = Server(sample=stored(a_set()))
    server.conflicts = 3
    assert (await done(server, SetPartition(KEY, UID, 1, 2))).ok
    assert (len(server.patches), server.reads) == (4, 4)
    server.conflicts = 99
    outcome = await done(server, SetPartition(KEY, UID, 1, 2))
    assert "it changed meanwhile" in outcome.message
    assert outcome.moved
    assert server.conflicts > 80


@pytest.mark.parametrize(
    ("intent", "says"),
    [
        (PauseRollout(KEY, UID, 2), "its spec was changed meanwhile, so nothing was done"),
        (PauseRollout(KEY, "other", 1), "deleted or created again"),
        (ResumeRollout(KEY, UID, 1), "not paused"),
        (SetPartition(KEY, UID, 1, 0), "0 already"),
    ],
)
async def test_what_does_not_fit_is_a_sentence_and_sends_nothing(intent, says):
    server = Server(sample=stored(a_set()))
    outcome = await done(server, intent)
    assert says in outcome.message
    assert server.patches == []


async def test_an_invalid_spec_is_told_with_its_field():
    server = Server(sample=stored(make_set({"replicas": 1, "leaderWorkerTemplate": {"size": 0}})))
    outcome = await done(server, PauseRollout(KEY, UID, 1))
    assert not outcome.ok
    assert "workerTemplate: not set" in outcome.message


async def test_scaling_from_an_expected_number_is_checked_here_and_by_the_server():
    server = Server()
    lws = a_set(3)
    refused = await perform(server, Scale(KEY, UID, 5, 4), look=seeing(lws), dry_run=False)
    assert refused.moved
    assert "expected 4 groups, but it asks for 3" in refused.message
    assert server.patches == []
    assert (await perform(server, Scale(KEY, UID, 5, 3), look=seeing(lws), dry_run=False)).ok
    ((body, options),) = server.patches
    assert options["subresource"] == "scale"
    assert [(op["op"], op["value"]) for op in body] == [
        ("test", UID),
        ("test", 3),
        ("replace", 5),
    ]


@pytest.mark.parametrize(
    ("present", "says", "moved"),
    [(4, "expected 3 groups, but it asks for 4", True), (3, "refused: no", False)],
)
async def test_a_number_that_changes_on_the_way_to_the_server_is_told_apart(present, says, moved):
    class Refusing(Server):
        async def patch(self, *args, **options):
            raise Invalid(422, "Invalid", "no")

    server = Refusing(sample=stored(a_set(present)))
    outcome = await perform(server, Scale(KEY, UID, 5, 3), look=seeing(a_set(3)), dry_run=False)
    assert says in outcome.message
    assert outcome.moved == moved


def test_a_change_of_the_spec_is_confirmed_by_the_next_generation():
    lws = a_set()
    for intent in (PauseRollout(KEY, UID, 1), SetPartition(KEY, UID, 1, 2)):
        assert not confirmed(intent, seeing(lws))
        metadata = msgspec.structs.replace(lws.metadata, generation=2)
        assert confirmed(intent, seeing(msgspec.structs.replace(lws, metadata=metadata)))
