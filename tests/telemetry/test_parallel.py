"""Which ranks do the same work: by flags, by subgroups, or it cannot be told."""

from __future__ import annotations

import msgspec
import pytest

from lwstui.telemetry.parallel import stages
from tests.view.build import pod


def spec(*words, image="repo/engine:1"):
    container = {"name": "engine", "image": image, "args": list(words)}
    return {"leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": [container]}}}}


def group(size=4, **changes):
    return [msgspec.structs.replace(pod(0, worker, size=size), **changes) for worker in range(size)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("vllm serve m --tensor-parallel-size 32",), (0, 0, 0, 0)),
        (("vllm serve m --pipeline-parallel-size 1",), (0, 0, 0, 0)),
        (("vllm serve m --pipeline-parallel-size 4",), (0, 1, 2, 3)),
        (("vllm", "serve", "m", "-pp", "8"), (None,) * 4),
        (("vllm serve m --pipeline_parallel_size=2",), (None,) * 4),
        (("vllm serve m -pp 2 --nnodes 4 --node-rank $(LWS_WORKER_INDEX)",), (0, 0, 1, 1)),
        (("vllm serve m -pp 2 --nnodes 4 --node-rank 1 -dp 2",), (None,) * 4),
        (("vllm serve m -pp 2 --node-ranks 4",), (None,) * 4),
        (("python -m sglang.launch_server --pp-size 2",), (0, 0, 1, 1)),
        (("python -m sglang.launch_server --pp-size 3",), (None,) * 4),
        (("vllm serve m --pipeline-parallel-size $(PP)",), (None,) * 4),
        (("vllm serve m --pipeline-parallel-size",), (None,) * 4),
        (("./start.sh",), (None,) * 4),
    ],
)
def test_stages_by_the_flags_of_the_engine(words, found):
    assert stages(spec(*words), group()) == found


def test_subgroups_say_it_best():
    pods = [msgspec.structs.replace(p, subgroup=p.worker // 2) for p in group()]
    assert stages(spec("vllm serve m"), pods) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"leaderWorkerTemplate": None},
        {"leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": "x"}}}},
        {"leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": [3]}}}},
        {"leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": [{"args": "x"}]}}}},
    ],
)
def test_of_a_template_that_is_none_nothing_can_be_told(broken):
    assert stages(broken, group()) == (None,) * 4
