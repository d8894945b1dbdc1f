"""Samples of exporters become devices with values in one unit, and devices find their pods."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.telemetry.devices import DeviceId, readings
from lwstui.telemetry.join import NOBODY, Owner, owners
from lwstui.telemetry.quantities import MEANINGS, Quantity, measured, wanted
from lwstui.telemetry.scan import scan
from tests.view.build import pod

Q = Quantity
AT = 1000.0
MIB = 2**20


def read(text, node="gpu-1"):
    return readings(scan(text, wanted).samples, AT, node)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DCGM_FI_DEV_GPU_UTIL", 97, (Q.UTIL, 0.97)),
        ("DCGM_FI_DEV_GPU_UTIL_RATIO", 97, (Q.UTIL, 0.97)),
        ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0.5, (Q.ENGINE, 0.5)),
        ("DCGM_FI_DEV_FB_USED", 2, (Q.MEMORY_USED, 2 * MIB)),
        ("DCGM_FI_DEV_SM_CLOCK", 1980, (Q.CLOCK, 1980)),
        ("DCGM_FI_DEV_SM_CLOCK_HERTZ", 1.98e9, (Q.CLOCK, 1980)),
        ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 5000, (Q.ENERGY, 5)),
        ("DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL", 5, (Q.ENERGY, 5)),
        ("habanalabs_power_mW", 250_000, (Q.POWER, 250)),
        ("gpu_gfx_activity", 50, (Q.UTIL, 0.5)),
        ("npu_chip_info_hbm_used_memory", 1, (Q.MEMORY_USED, 1e6)),
        # Sentinels for "no data".
        ("DCGM_FI_DEV_MEMORY_TEMP", 9223372036854775794, None),
        ("DCGM_FI_DEV_FB_USED", 2147483632, None),
        ("DCGM_FI_DEV_GPU_UTIL", 101, None),
        ("DCGM_FI_DEV_POWER_USAGE", 3001, None),
        ("DCGM_FI_DEV_GPU_TEMP", 201, None),
        ("DCGM_FI_DEV_MEM_COPY_UTIL", 50, None),  # of the bus, never drawn as memory
        ("process_cpu_seconds_total", 1, None),
    ],
)
def test_values_have_one_unit_and_are_possible(name, value, expected):
    found = measured(name, value)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found[0], pytest.approx(found[1])) == expected


def test_every_range_holds_its_own_ends():
    for meaning in MEANINGS.values():
        assert meaning.least < meaning.most
        assert meaning.factor > 0


DCGM = """
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="10",UUID="GPU-b",modelName="H100",namespace="llm",pod="llama-0"} 97
DCGM_FI_DEV_FB_USED{gpu="10",UUID="GPU-b",namespace="llm",pod="llama-0"} 60
DCGM_FI_DEV_FB_FREE{gpu="10",UUID="GPU-b",namespace="llm",pod="llama-0"} 19
DCGM_FI_DEV_FB_RESERVED{gpu="10",UUID="GPU-b",namespace="llm",pod="llama-0"} 1
DCGM_FI_DEV_GPU_UTIL{gpu="2",UUID="GPU-a",modelName="H100",pod="",namespace=""} 0
"""


def test_one_reading_per_device_in_the_order_of_the_node():
    free, held = read(DCGM)
    assert (free.device, free.index, free.pods) == (DeviceId("gpu-1", "GPU-a"), "2", ())
    assert held.device == DeviceId("gpu-1", "GPU-b")
    assert (held.index, held.model) == ("10", "H100")
    assert held.pods == (Key("llm", "llama-0"),)
    assert held.value(Q.UTIL) == pytest.approx(0.97)
    assert held.memory_total == 80 * MIB
    assert held.memory_share == pytest.approx(0.75)
    assert held.busy == pytest.approx(0.97)


def test_what_was_not_measured_is_missing_and_not_zero():
    (reading,) = read('DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-a"} 33')
    assert reading.value(Q.TEMPERATURE) == 33
    assert reading.busy is None
    assert reading.memory_total is None
    assert reading.memory_share is None


def test_slices_of_one_gpu_are_devices_of_their_own():
    found = read(
        'DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID="GPU-a",GPU_I_PROFILE="1g.10gb",GPU_I_ID="7"} 0.5\n'
        'DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID="GPU-a",GPU_I_PROFILE="1g.10gb",GPU_I_ID="8"} 0\n'
    )
    assert [(r.device.slice, r.profile, r.busy) for r in found] == [
        ("7", "1g.10gb", 0.5),
        ("8", "1g.10gb", 0.0),
    ]


def test_a_shared_gpu_is_one_device_with_several_pods():
    (reading,) = read(
        'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",vgpu="0",namespace="a",pod="one"} 10\n'
        'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",vgpu="1",namespace="a",pod="two"} 20\n'
        'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a"} 30\n'
    )
    assert reading.pods == (Key("a", "one"), Key("a", "two"))
    assert reading.busy == pytest.approx(0.3)


def test_through_prometheus_the_exporter_is_not_taken_for_the_workload():
    plain, honoured = read(
        'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",hostname="gpu-7",pod="dcgm-exporter-x"} 1\n'
        'DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-b",Hostname="gpu-7",pod="dcgm-exporter-x",'
        'exported_pod="llama-0",exported_namespace="llm"} 1\n',
        node="",
    )
    assert plain.pods == ()
    assert honoured.pods == (Key("llm", "llama-0"),)
    assert plain.device.node == honoured.device.node == "gpu-7"


def test_codes_that_come_in_parts_are_added():
    (reading,) = read(
        'DCGM_EXP_XID_ERRORS_COUNT{gpu="0",UUID="GPU-a",xid="31"} 2\n'
        'DCGM_EXP_XID_ERRORS_COUNT{gpu="0",UUID="GPU-a",xid="79"} 1\n'
    )
    assert reading.value(Q.XIDS_COUNTED) == 3


def test_a_sample_that_has_a_time_keeps_it():
    (reading,) = read('npu_chip_info_power{id="0",vdie_id="D1"} 90 1700000000000')
    assert reading.at == 1700000000
    (reading,) = read('npu_chip_info_power{id="0",vdie_id="D1"} 90')
    assert reading.at == AT


def joined(readings_of, *pods):
    return owners(readings_of, {"gpu-1": pods})[DeviceId("gpu-1", "GPU-b")]


def test_the_pods_own_word_comes_before_the_exporters():
    found = read(DCGM)
    old = pod(0, 0, key=Key("llm", "llama"), node="gpu-1")
    new = pod(1, 0, key=Key("llm", "llama"), node="gpu-1")
    assert joined(found, old) == Owner((old.key,), "label")
    told = msgspec.structs.replace(new, devices=("GPU-b",))
    assert joined(found, old, told) == Owner((told.key,), "device", lags=True)
    right = msgspec.structs.replace(old, devices=("GPU-b",))
    assert joined(found, right) == Owner((old.key,), "device")


def test_a_label_counts_only_for_a_pod_that_is_there_and_asks_for_accelerators():
    found = read(DCGM)
    assert joined(found) == NOBODY
    here = pod(0, 0, key=Key("llm", "llama"), node="gpu-1")
    assert joined(found, msgspec.structs.replace(here, accelerators=())) == NOBODY
    assert joined(found, msgspec.structs.replace(here, phase="Succeeded")) == NOBODY
    gone = msgspec.structs.replace(here, phase="Failed", devices=("GPU-b",))
    assert joined(found, gone) == NOBODY
