from lwstui.sandbox.cluster_view import node_facts
from lwstui.sandbox.metrics import container_usage
from lwstui.sandbox.nodes import machines, node
from lwstui.sandbox.predicates import neighbours, refusal
from tests.sandbox.cluster.builders import container, engine, facts, pod, view
from tests.sandbox.cluster.conftest import World


def test_the_machines() -> None:
    made = list(machines(8, 8))
    assert [machine.name for machine in made[:2]] == ["h100-01", "h100-02"]
    assert len(made) == 16
    assert len({machine.name for machine in made}) == 16
    ranges = {node(machine, 0)["spec"]["podCIDR"] for machine in made}
    addresses = {node(machine, 0)["status"]["addresses"][0]["address"] for machine in made}
    assert (len(ranges), len(addresses)) == (16, 16)


def test_two_hosts_make_a_rack_and_a_pool() -> None:
    labels = [node(machine, 0)["metadata"]["labels"] for machine in machines(10, 8)]
    racks = [each["rack"] for each in labels[:10]]
    assert racks == [f"rack-{n // 2 + 1}" for n in range(10)]
    assert all(each["topology.kubernetes.io/rack"] == each["rack"] for each in labels)
    assert {each["google.com/node-pool"] for each in labels[:2]} == {"h100-rack-1"}
    tpu = [each for each in labels if "cloud.google.com/gke-tpu-accelerator" in each]
    assert [each["cloud.google.com/gke-tpu-topology"] for each in tpu] == ["4x4"] * 4


def test_a_pod_of_a_405b_model_fits_an_h100_host_and_nothing_else() -> None:
    resources = {
        "limits": {"nvidia.com/gpu": "8", "memory": "1124Gi", "ephemeral-storage": "800Gi"},
        "requests": {"ephemeral-storage": "800Gi", "cpu": "125"},
    }
    asked = facts(containers=[container(resources=resources)])
    nodes = [node_facts(node(machine, 0)) for machine in machines(1, 8)]
    seen = view(*nodes)
    near = neighbours(asked, seen)
    fitting = [each.name for each in nodes if refusal(asked, each, seen, near) is None]
    assert fitting == ["h100-01"]


def test_usage_follows_what_the_container_does() -> None:
    played = engine(size=1, image="vllm/vllm-openai", command=["vllm", "serve", "x/70B"])
    asked = (16_000.0, 65_536.0)
    loading = container_usage(played, asked, serves=False, noise=0.5)
    serving = container_usage(played, asked, serves=True, noise=0.5)
    assert loading[0] > serving[0]
    assert loading[1] < serving[1] <= asked[1]


async def test_metrics_appear_with_the_first_container(world: World) -> None:
    world.create(pod("p", nodeSelector={"kubernetes.io/hostname": "cpu-1"}))
    metrics = world.behaviour.metrics
    before = metrics.node("cpu-1")
    assert metrics.pod("default", "p") is None
    await world.ready("p")
    sample = metrics.pod("default", "p")
    assert sample is not None
    assert [each["name"] for each in sample["containers"]] == ["main"]
    assert sample["containers"][0]["usage"]["cpu"].endswith("n")
    after = metrics.node("cpu-1")
    assert before is not None
    assert after is not None
    assert int(after["usage"]["memory"][:-2]) > int(before["usage"]["memory"][:-2])
    assert metrics.node("nobody") is None
