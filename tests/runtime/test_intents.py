import json
from typing import get_args

import pytest

from controller.api.names import (
    LEADERWORKERSETS,
    PODS,
)
from controller.errors import Forbidden, Invalid, Unavailable
from lwstui.runtime.intents import Intent, RecreateGroup, RollingRestart, Scale, SetImage
from lwstui.runtime.writes import RULES
from tests.runtime.bench import running
from tests.view.build import LLAMA, NOW, lws, pod, template

UID = f"uid-{LLAMA}"
LWS_VERSION = "leaderworkerset.x-k8s.io/v1"


async def test_a_scale_is_marked_until_the_watch_shows_it():
    async with running() as bench:
        await bench.live(pod())
        outcome = await bench.core.write(Scale(LLAMA, UID, 3), dry_run=False)
        assert outcome.ok
        assert bench.link.cluster.calls == [
            (
                "patch",
                "llama",
                {
                    "body": {"spec": {"replicas": 3}},
                    "kind": "application/merge-patch+json",
                    "subresource": "scale",
                    "dry_run": False,
                },
            )
        ]
        await bench.time.advance(0.2)
        assert bench.last.pending[LLAMA].text == "scale to 3 groups"
        bench.link.of(LEADERWORKERSETS).sink.apply("MODIFIED", lws(3))
        await bench.time.advance(0.2)
        assert not bench.last.pending
        assert [(a.who, a.ok) for a in bench.last.activity] == [("you", True)]


async def test_an_intent_that_is_never_seen_times_out_with_a_word():
    async with running() as bench:
        await bench.live(pod())
        await bench.core.write(Scale(LLAMA, UID, 3), dry_run=False)
        await bench.time.advance(31)
        assert not bench.last.pending
        assert bench.last.activity[-1].outcome == "accepted, but not seen within 30 s"


def stored(**worker):
    spec = {"leaderWorkerTemplate": {"size": 2, "workerTemplate": {**template(), **worker}}}
    return json.dumps(
        {"metadata": {"name": "llama", "managedFields": [{"manager": "x"}]}, "spec": spec}
    ).encode()


@pytest.mark.parametrize(
    ("intent", "verb"),
    [
        (RecreateGroup(LLAMA, 0, "llama-0", "uid-llama-0"), "delete"),
        (RollingRestart(LLAMA, UID, "s"), "patch"),
        (SetImage(LLAMA, UID, (("worker", "main", "x:2"),)), "patch"),
        (Scale(LLAMA, UID, 3), "patch"),
    ],
)
async def test_dry_runs_ask_and_leave_no_mark(intent, verb):
    async with running() as bench:
        await bench.live(pod())
        bench.link.cluster.objects["llama"] = stored()
        outcome = await bench.core.write(intent, dry_run=True)
        assert outcome.ok
        assert "would accept" in outcome.message
        (call,) = [c for c in bench.link.cluster.calls if c[0] not in ("get", "list")]
        assert (call[0], call[2]["dry_run"]) == (verb, True)
        await bench.time.advance(0.2)
        assert not bench.last.pending
        assert not bench.last.activity


async def test_recreating_names_the_incarnation_and_waits_for_it_to_go():
    async with running() as bench:
        await bench.live(pod())
        intent = RecreateGroup(LLAMA, 0, "llama-0", "uid-llama-0")
        await bench.core.write(intent, dry_run=False)
        (call,) = bench.link.cluster.calls
        assert (call[2]["uid"], call[2]["propagation"]) == ("uid-llama-0", "Foreground")
        bench.link.of(PODS).sink.apply("MODIFIED", pod(deleted_at=NOW + 30))
        await bench.time.advance(0.2)
        assert not bench.last.pending


async def test_patches_are_made_from_a_fresh_read():
    async with running() as bench:
        await bench.live(pod())
        bench.link.cluster.objects["llama"] = stored(
            spec={"containers": [{"name": "main", "image": "x:9"}]}
        )
        change = SetImage(LLAMA, UID, (("worker", "main", "x:2"),))
        assert (await bench.core.write(change, dry_run=False)).ok
        operations = bench.link.cluster.calls[-1][2]["body"]
        assert operations[2] == {
            "op": "test",
            "path": "/spec/leaderWorkerTemplate/workerTemplate/spec/containers/0/image",
            "value": "x:9",
        }
        await bench.time.advance(0.2)
        assert bench.last.pending
        changed = lws(leaderWorkerTemplate={"size": 2, "workerTemplate": template(image="x:2")})
        bench.link.of(LEADERWORKERSETS).sink.apply("MODIFIED", changed)
        await bench.time.advance(0.2)
        assert not bench.last.pending


@pytest.mark.parametrize("when", ["before it is read", "after it was read"])
async def test_images_are_refused_where_others_were_seen(when):
    async with running() as bench:
        await bench.live(pod())
        cluster = bench.link.cluster
        theirs = stored(spec={"containers": [{"name": "main", "image": "x:9"}]})
        cluster.objects["llama"] = theirs if when == "before it is read" else stored()

        async def too_late(*_, **__):
            cluster.objects["llama"] = theirs
            raise Invalid(422, "Invalid", "testing value failed")

        cluster.patch = too_late
        seen = (("worker", "main", "repo/vllm:1"),)
        change = SetImage(LLAMA, UID, (("worker", "main", "x:2"),), seen)
        outcome = await bench.core.write(change, dry_run=False)
        assert (outcome.ok, outcome.moved) == (False, True)
        assert "expected worker main at repo/vllm:1, but it is at x:9" in outcome.message


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Forbidden(403, "Forbidden", "you may not"), "not allowed: you may not"),
        (Unavailable("timed out"), "not known whether it was done: timed out"),
    ],
)
async def test_refusals_are_sentences_and_logged(error, says):
    async with running() as bench:
        await bench.live(pod())
        bench.link.cluster.refuse = error
        outcome = await bench.core.write(Scale(LLAMA, UID, 3), dry_run=False)
        assert not outcome.ok
        assert says in outcome.message
        await bench.time.advance(0.2)
        assert not bench.last.activity[-1].ok
        assert not bench.last.pending


async def test_a_set_made_again_is_not_scaled():
    async with running() as bench:
        await bench.live(pod())
        outcome = await bench.core.write(Scale(LLAMA, "uid-before", 3), dry_run=False)
        assert "created again" in outcome.message
        assert bench.link.cluster.calls == []


async def test_read_only_and_unconnected_send_nothing():
    async with running(read_only=True) as bench:
        await bench.live(pod())
        assert "read-only" in (await bench.core.write(Scale(LLAMA, UID, 3), dry_run=False)).message
        assert bench.link.cluster.calls == []
        assert bench.last.cluster.read_only
    async with running(failures=1) as bench:
        outcome = await bench.core.write(Scale(LLAMA, UID, 3), dry_run=True)
        assert "not connected" in outcome.message
        with pytest.raises(Unavailable):
            await bench.core.yaml(PODS, "prod", "x")
        with pytest.raises(Unavailable):
            await bench.core.read(PODS, "prod", "x")


async def test_yaml_is_clean_ordered_and_without_managed_fields():
    async with running() as bench:
        body = {
            "spec": {"a": "b\u202ec"},
            "metadata": {"name": "llama", "managedFields": [{"x": 1}]},
            "kind": "Pod",
            "apiVersion": "v1",
        }
        bench.link.cluster.objects["llama"] = json.dumps(body).encode()
        text = await bench.core.yaml(PODS, "prod", "llama")
        assert text == "apiVersion: v1\nkind: Pod\nmetadata:\n  name: llama\nspec:\n  a: bc\n"
        found = await bench.core.read(PODS, "prod", "llama")
        assert list(found) == ["apiVersion", "kind", "metadata", "spec"]
        assert found["metadata"] == {"name": "llama"}
        assert found["spec"] == {"a": "bc"}


def test_every_kind_of_intent_has_a_rule():
    assert set(RULES) == set(get_args(Intent))


async def test_a_dry_run_of_a_scale_names_the_autoscaler_that_would_undo_it():
    async with running() as bench:
        await bench.live(pod())
        target = {"kind": "LeaderWorkerSet", "name": "llama", "apiVersion": LWS_VERSION}
        scaler = {"metadata": {"name": "hpa"}, "spec": {"scaleTargetRef": target, "maxReplicas": 8}}
        other = {"metadata": {"name": "x"}, "spec": {"scaleTargetRef": {**target, "name": "y"}}}
        bench.link.cluster.lists["horizontalpodautoscalers"] = [scaler, other]
        outcome = await bench.core.write(Scale(LLAMA, UID, 3), dry_run=True)
        assert outcome.note == "autoscaler hpa (1 to 8 groups) will change the number again"
        assert outcome.caution
