"""A cluster whose dialogs have much to say: long names, hundreds of groups, an update under way."""

from __future__ import annotations

from dataclasses import replace

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from tests.tui.building import World

LONG = "llama-405b-instruct-fp8-tp8-pp2-production-eu"
NAMESPACE = "machine-learning-inference-production-europe"
KEY = Key(NAMESPACE, LONG)
CONTEXT = "arn:aws:eks:eu-central-1:123456789012:cluster/inference-production"


def snapshot() -> Snapshot:
    """Return a set of 300 groups in the middle of an update, some of them broken."""
    world = World(context=CONTEXT)
    world.add_nodes(300)
    world.add_set(
        LONG,
        ":" * 120 + "X" + ":" * 20 + "·" * 60 + "!X" + "·" * 97,
        namespace=NAMESPACE,
        size=2,
        gpus=8,
        revision="8a41be",
        old="5f9c7d",
        partition=141,
    )
    world.break_node("gpu-017")
    world.break_node("gpu-018")
    found = world.snapshot()
    return replace(found, cluster=replace(found.cluster, cluster="inference-production"))
