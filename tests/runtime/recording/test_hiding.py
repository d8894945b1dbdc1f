"""Nothing secret gets into a file, wherever it was planted."""

import gzip
from dataclasses import replace

import msgspec
import pytest

from controller.api.names import LEADERWORKERSETS, REVISIONS
from lwstui.runtime.recording.hiding import Hider
from lwstui.state.model import Activity
from tests.runtime.recording.rig import Rig
from tests.view.build import NOW, lws, revision, template

PLANTED = (
    "s3cr3t-env",
    "s3cr3t-header",
    "s3cr3t-applied",
    "s3cr3t-note",
    "s3cr3t-flag",
    "s3cr3t-next",
    "s3cr3t-shell",
    "s3cr3t-bearer",
    "s3cr3t-url",
    "s3cr3t-driver",
    "s3cr3t-init",
)


def planted():
    body = template()
    body["metadata"]["annotations"] = {"example.com/password": "s3cr3t-note"}
    body["spec"]["containers"][0] |= {
        "env": [
            {"name": "HF_TOKEN", "value": "s3cr3t-env"},
            {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}},
        ],
        "args": ["--api-key=s3cr3t-flag", "--hf-token", "s3cr3t-next", "--max-model-len", "4096"],
        "command": [
            "sh",
            "-c",
            "export HF_TOKEN='s3cr3t-shell'; curl -H 'Authorization: Bearer s3cr3t-bearer' "
            "https://me:s3cr3t-url@hub/ && vllm serve --max-num-batched-tokens 8192",
        ],
        "readinessProbe": {
            "httpGet": {"port": 1, "httpHeaders": [{"name": "X", "value": "s3cr3t-header"}]}
        },
    }
    body["spec"]["initContainers"] = [
        {"name": "i", "image": "i", "env": [{"name": "A", "value": "s3cr3t-init"}]}
    ]
    body["spec"]["volumes"] = [
        {"name": "v", "csi": {"driver": "d", "volumeAttributes": {"pw": "s3cr3t-driver"}}}
    ]
    made = lws(leaderWorkerTemplate={"size": 2, "workerTemplate": body})
    notes = {
        "kubectl.kubernetes.io/last-applied-configuration": '{"x": "s3cr3t-applied"}',
        "leaderworkerset.sigs.k8s.io/exclusive-topology": "rack",
    }
    metadata = msgspec.structs.replace(made.metadata, annotations=notes)
    return msgspec.structs.replace(made, metadata=metadata)


async def test_no_planted_secret_is_in_the_file(tmp_path):
    rig, made = Rig(tmp_path / "r"), planted()
    written = msgspec.structs.replace(revision(), data={"spec": made.spec})
    rig.list(LEADERWORKERSETS, made)  # known when the recording begins
    rig.list(REVISIONS, written)
    await rig.start()
    rig.pass_(1)
    rig.list(LEADERWORKERSETS, made)  # and listed
    rig.event(LEADERWORKERSETS, "MODIFIED", made)  # and changed while it goes on
    rig.event(REVISIONS, "ADDED", written)
    stage = await rig.played()
    text = gzip.decompress(rig.path.read_bytes()).decode()
    assert [secret for secret in PLANTED if secret in text] == []
    assert "s3cr3t" not in text
    spec = stage.snapshot.sets[made.key].spec
    kept = spec["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]
    assert [one["name"] for one in kept["env"]] == ["HF_TOKEN", "FROM"]
    assert kept["env"][1]["valueFrom"]["secretKeyRef"]["key"] == "token"
    assert kept["args"][-2:] == ["--max-model-len", "4096"]
    assert kept["command"][2].endswith("vllm serve --max-num-batched-tokens 8192")
    notes = stage.snapshot.sets[made.key].annotations
    assert notes == {"leaderworkerset.sigs.k8s.io/exclusive-topology": "rack"}


def test_bodies_of_patches_and_secrets_on_commands_are_left_out_of_what_was_done():
    line = Activity(
        NOW,
        "you",
        "curl -H 'Authorization: Bearer s3cr3t-bearer'",
        "prod/llama",
        "done",
        before="HF_TOKEN=s3cr3t-before",
        command='kubectl patch lws llama --type=json -p \'[{"value": "s3cr3t-env"}]\'',
    )
    hidden = Hider().activity(line)
    assert "s3cr3t" not in str(hidden)
    assert hidden.command.startswith("kubectl patch lws llama --type=json -p (not recorded ")
    scale = replace(line, what="scale", before="", command="kubectl scale lws/llama --replicas=3")
    assert Hider().activity(scale) == scale


def test_equal_values_stay_equal_and_others_differ():
    hider = Hider()

    def value(text):
        spec = {"containers": [{"env": [{"name": "A", "value": text}]}]}
        hidden = hider.revision(msgspec.structs.replace(revision(), data=spec))
        return hidden.data["containers"][0]["env"][0]["value"]

    assert value("one") == value("one") != value("two")
    assert value("one").startswith("(not recorded ")
    assert Hider(b"a").text("--token=x") != Hider(b"b").text("--token=x")


@pytest.mark.parametrize(
    "text",
    [
        "--max-num-batched-tokens 8192",
        "--tokenizer meta-llama/Llama-3.1-70B",
        "--max-token-len 12",
        "kubectl scale lws/llama --replicas=3",
    ],
)
def test_what_is_no_secret_stays(text):
    assert Hider().text(text) == text
