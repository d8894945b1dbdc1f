"""What is measured as data: what is not known is not there, and no sum counts it as nothing."""

from dataclasses import replace

import msgspec

from lwstui.state.telemetry import Telemetry
from lwstui.telemetry.usage import Usage
from lwstui.view.figure_records import group_figures, node_figures, pod_figures, set_figures
from tests.view.build import NOW, pod
from tests.view.measuring import GIB, device, engine, measured

LEADER, WORKER = pod(0, 0), pod(0, 1)
DOES = replace(
    measured(
        [device(0, 0.5), device(1, None, watts=None)],
        {"llama-0": engine(running=3.0, waiting=0.0, kv=0.25)},
    ),
    pod_usage={LEADER.key: Usage(1.25, 2.0 * GIB, NOW), WORKER.key: Usage(None, GIB, NOW)},
    node_usage={"node-0": Usage(4.0, None, NOW)},
)


def test_nothing_is_said_where_nothing_is_measured():
    nothing = Telemetry()
    assert pod_figures(LEADER, nothing) == {}
    assert node_figures("node-0", nothing) == {}
    assert group_figures((LEADER, WORKER), nothing) == {}
    assert set_figures((LEADER, WORKER), nothing) == {}


def test_a_pod_has_its_usage_its_devices_and_its_engine():
    found = pod_figures(LEADER, DOES)
    assert found["usage"].keys() == {"cpuCores", "memoryBytes", "at"}
    assert (found["usage"]["cpuCores"], found["usage"]["memoryBytes"]) == (1.25, 2 * 2**30)
    first, second = found["devices"]
    assert (first["busy"], first["powerWatts"], first["heldBy"]) == (0.5, 500, ["prod/llama-0"])
    assert first["memoryUsedBytes"] == 40 * 2**30
    assert not {"busy", "powerWatts"} & second.keys()
    assert (found["engine"]["running"], found["engine"]["waiting"]) == (3, 0)
    assert found["engine"]["kvCache"] == 0.25
    assert "deferred" not in found["engine"]
    assert pod_figures(WORKER, DOES) == {
        "usage": {"memoryBytes": 2**30, "at": found["usage"]["at"]}
    }


def test_sums_say_over_how_many_they_are():
    group = group_figures((LEADER, WORKER), DOES)
    assert group["usage"] == {"reporting": 2, "cpuCores": 1.25, "memoryBytes": 3 * 2**30}
    assert group["devices"]["reporting"] == 2
    assert group["devices"]["busy"] == 0.5
    assert group["devices"]["powerWatts"] == 500
    assert group["engine"]["name"] == engine().reading.engine
    one = set_figures((LEADER, WORKER), DOES)
    assert one["engines"]["reporting"] == 1
    assert one["engines"]["kvCacheHighest"] == 0.25
    assert node_figures("node-0", DOES)["usage"].keys() == {"cpuCores", "at"}


def test_an_engine_that_does_not_tell_how_fast_it_is_is_not_said_to_stand():
    mute = replace(engine(), rates=None)
    mute = replace(mute, reading=msgspec.structs.replace(mute.reading, tokens_per_s=None))
    does = measured([], {"llama-0": mute})
    assert "tokensPerSecond" not in pod_figures(LEADER, does)["engine"]
    assert "tokensPerSecond" not in set_figures((LEADER,), does)["engines"]
    slow = replace(mute, reading=msgspec.structs.replace(mute.reading, tokens_per_s=0.0))
    does = measured([], {"llama-0": slow})
    assert pod_figures(LEADER, does)["engine"]["tokensPerSecond"] == 0
