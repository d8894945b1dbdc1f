"""A cluster without a kubelet, and a driver of programs without a clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.devices import device_ids
from lwstui.sandbox.engines.detect import detect
from lwstui.sandbox.engines.load import load_now
from lwstui.sandbox.engines.scene import Scene
from lwstui.sandbox.engines.stages import stages
from lwstui.sandbox.network import Network
from lwstui.sandbox.objects import Store
from lwstui.sandbox.processes import Process
from lwstui.sandbox.shell import commands
from lwstui.sandbox.shell.disk import Disk
from lwstui.sandbox.shell.programs import Interrupted, Out, Pause, Program, Read, Session

STARTED_AT = 1_785_000_000.0
LWS = "leaderworkerset.sigs.k8s.io/"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program printed, how long it waited and how it ended."""

    out: str
    err: str
    code: int
    waited_s: float


def drive(
    program: Program, stdin: Iterable[str] = (), *, interrupt_after: int | None = None
) -> Outcome:
    """Run a program; the interrupt key is pressed in pause number ``interrupt_after``."""
    printed: dict[bool, str] = {False: "", True: ""}
    pieces, waited_s, pauses = iter(stdin), 0.0, 0
    try:
        step = next(program)
        while True:
            answer = None
            match step:
                case Out(text, error):
                    printed[error] += text
                case Pause(seconds):
                    waited_s += seconds
                    pauses += 1
                    if pauses == interrupt_after:
                        step = program.throw(Interrupted())
                        continue
                case Read():
                    answer = next(pieces, None)
            step = program.send(answer)
    except StopIteration as end:
        return Outcome(printed[False], printed[True], end.value, waited_s)


def process(pod: dict[str, Any], **changed: Any) -> Process:
    """Return the process of a pod's only container, a minute after its start."""
    spec = pod["spec"]["containers"][0]
    engine = detect(pod, spec)
    gpus = device_ids(pod["spec"]["nodeName"], "nvidia.com/gpu", engine.devices)
    scene = Scene(
        engine=engine,
        stages=stages(engine),
        seed=pod["metadata"]["name"],
        pod=pod["metadata"]["name"],
        pod_ip=pod["status"]["podIP"],
        node=pod["spec"]["nodeName"],
        image=spec["image"],
        started_at=STARTED_AT,
        speed=1.0,
        joined_s=3.0,
        load_s=stages(engine).load_s,
        finished_s=None,
        exit_code=0,
        told_to_stop=False,
        extra_rate=0.0,
    )
    made = Process(
        pod=pod,
        spec=spec,
        scene=scene,
        now_s=60.0,
        now=STARTED_AT + 60,
        serves=True,
        stopping=False,
        devices={"nvidia.com/gpu": gpus},
        load=load_now(scene, 60.0),
    )
    return replace(made, **changed)


class Town:
    """Pods that run at once, with their services."""

    def __init__(self) -> None:
        self.store = Store(SimClock())
        self.processes: dict[str, Process] = {}
        self.disks: dict[str, Disk] = {}
        self.cuts: list[set[str]] = []
        self.network = Network(self.store, self)
        labels = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}
        addresses = [{"type": "InternalIP", "address": "10.0.0.2"}]
        status = {"addresses": addresses, "nodeInfo": {"kernelVersion": "6.12.0-sandbox"}}
        node = {"metadata": {"name": "n0", "labels": labels}, "spec": {}, "status": status}
        self.store.create("nodes", node)

    def find(self, pod: dict, container: str) -> Process | None:
        return self.processes.get(pod["metadata"]["name"])

    def listed(self, pod: dict) -> list[Process]:
        found = self.processes.get(pod["metadata"]["name"])
        return [found] if found else []

    def end(self, pod: dict, container: str, code: int) -> None:
        raise NotImplementedError

    def severed(self, one: dict, other: dict) -> bool:
        return {one["metadata"]["name"], other["metadata"]["name"]} in self.cuts

    async def ended(self, pod: dict, container: str) -> None:
        raise NotImplementedError

    async def gone(self, pod: dict) -> None:
        raise NotImplementedError

    def service(self, name: str, selector: dict[str, str], **spec: Any) -> None:
        ports = [{"name": "http", "port": 8080, "targetPort": "http"}]
        full = {"clusterIP": "None", "selector": selector, "ports": ports, **spec}
        metadata = {"name": name, "namespace": "default"}
        self.store.create("services", {"metadata": metadata, "spec": full})

    def pod(self, name: str, ip: str, *, ready: bool = True, **container: Any) -> dict[str, Any]:
        """Return a new running pod.

        ``labels``, ``annotations`` and ``spec`` are the pod's, ``process`` changes its process;
        everything else is its container's.
        """
        labels, spec = container.pop("labels", {}), container.pop("spec", {})
        changed, annotations = container.pop("process", {}), container.pop("annotations", {})
        ports = [{"name": "http", "containerPort": 8080}]
        main = {"name": "main", "image": "nginx:1.27", "ports": ports, **container}
        conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
        stored = self.store.create(
            "pods",
            {
                "metadata": {
                    "name": name,
                    "namespace": "default",
                    "labels": labels,
                    "annotations": annotations,
                },
                "spec": {"nodeName": "n0", "containers": [main], **spec},
                "status": {"phase": "Running", "podIP": ip, "conditions": conditions},
            },
        )
        self.processes[name] = process(stored, **changed)
        return stored

    def group(self) -> None:
        """Create a leader and a worker of a set named llm, with the set's headless service."""
        self.service("llm", {f"{LWS}name": "llm"}, publishNotReadyAddresses=True)
        for index, name in enumerate(("llm-0", "llm-0-1")):
            self.pod(
                name,
                f"10.128.0.{index + 2}",
                ready=False,
                labels={f"{LWS}name": "llm", f"{LWS}worker-index": str(index)},
                annotations={f"{LWS}size": "2"},
                spec={"hostname": name, "subdomain": "llm"},
                image="vllm/vllm-openai:latest",
                command=["sh", "-c", "multi-node-serving.sh; vllm serve x/Big-70B --port 8080"],
                resources={"limits": {"nvidia.com/gpu": "2"}},
                env=[{"name": "LWS_LEADER_ADDRESS", "value": "llm-0.llm.default"}],
            )

    def session(self, name: str, *, tty: bool = False) -> Session:
        running = self.processes[name]
        disk = self.disks.setdefault(name, Disk())
        return commands.session(self.store, self.network, running, lambda: running, disk, tty=tty)

    def run(self, name: str, argv: Sequence[str], stdin: Iterable[str] = ()) -> Outcome:
        return drive(commands.start(self.session(name), argv), stdin)

    def sh(self, text: str, name: str = "llm-0") -> Outcome:
        return self.run(name, ["sh", "-c", text])
