"""What `lwstui manifest` prints: kubectl takes it, and the guide and the image agree with it."""

import asyncio
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from controller.api.lws import LeaderWorkerSet, SetMeta
from controller.api.meta import Key
from controller.api.names import CONTROLLER_LEASE
from controller.guard import NATIVE_LEASE
from controller.measures import set_families, waiting
from controller.metrics import Family
from controller.plan.actions import Wait
from lwstui import __version__
from lwstui.cli.main import build_parser, main
from lwstui.cli.manifest import HTTP_PORT
from lwstui.data import crd
from lwstui.kube.connect import ClusterInfo, Target
from lwstui.runtime.headless import DRAIN_S, HeadlessOptions, Service
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from tests.support.rbac import Grant, grants_of

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide" / "in-cluster.md"
Json = dict[str, Any]


def printed(capsys: pytest.CaptureFixture[str], *flags: str) -> list[Json]:
    assert main(["manifest", "controller", *flags]) == 0
    return list(yaml.safe_load_all(capsys.readouterr().out))


def one(documents: list[Json], kind: str, name: str = "lwstui-controller") -> Json:
    (found,) = (d for d in documents if (d["kind"], d["metadata"]["name"]) == (kind, name))
    return found


def container(documents: list[Json]) -> Json:
    (found,) = one(documents, "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_the_flags_are_filled_in(capsys: pytest.CaptureFixture[str]) -> None:
    documents = printed(
        capsys, "--image", "r.example/l@sha256:0", "--install-namespace", "ops", "--replicas", "3"
    )
    assert one(documents, "Deployment")["spec"]["replicas"] == 3
    assert container(documents)["image"] == "r.example/l@sha256:0"
    assert one(documents, "Namespace", "ops")
    binding = one(documents, "ClusterRoleBinding")
    assert binding["subjects"][0]["namespace"] == "ops"
    assert "$" not in yaml.safe_dump_all(documents)


def test_the_image_is_never_somebody_elses_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert container(printed(capsys))["image"] == f"localhost/lwstui:{__version__}"


def test_the_definition_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    documents = printed(capsys, "--crd")
    assert documents[0] == crd()
    assert documents[1:] == printed(capsys)


def test_one_namespace_leaves_cluster_rights_to_nodes_and_the_native_lease(
    capsys: pytest.CaptureFixture[str],
) -> None:
    documents = printed(capsys, "--watch-namespace", "llm", "--lease-namespace", "locks")
    everywhere = {grant for grant in grants_of(documents) if not grant.namespace}
    assert everywhere == {
        Grant("", "nodes", "list"),
        Grant("", "nodes", "watch"),
        Grant("coordination.k8s.io", "leases", "get", names=(NATIVE_LEASE,)),
    }
    assert {grant.namespace for grant in grants_of(documents)} == {"", "llm", "locks"}
    inside = {(g.group, g.resource, g.verb) for g in grants_of(documents) if g.namespace == "llm"}
    everything = {(g.group, g.resource, g.verb) for g in grants_of(printed(capsys))}
    assert inside <= everything
    assert container(documents)["args"][2:] == ["--namespace=llm", "--lease-namespace=locks"]


def test_the_lease_is_the_only_one_that_may_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    leases = {g for g in grants_of(printed(capsys)) if g.resource == "leases"}
    assert {(g.verb, g.namespace, g.names) for g in leases} == {
        ("create", "default", ()),
        ("get", "default", (CONTROLLER_LEASE,)),
        ("patch", "default", (CONTROLLER_LEASE,)),
        ("get", "", (NATIVE_LEASE,)),
    }


def test_the_arguments_are_flags_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    documents = printed(capsys, "--watch-namespace", "llm")
    arguments = build_parser().parse_args(container(documents)["args"])
    assert arguments.http_bind_address.port == HTTP_PORT
    assert arguments.namespace == "llm"


def test_ports_probes_and_service_meet(capsys: pytest.CaptureFixture[str]) -> None:
    documents = printed(capsys)
    made = container(documents)
    (port,) = made["ports"]
    assert port["containerPort"] == HTTP_PORT
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert made[probe]["httpGet"] == {"path": path, "port": port["name"]}
    service = one(documents, "Service", "lwstui-controller-metrics")
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert service["metadata"]["annotations"]["prometheus.io/port"] == str(HTTP_PORT)
    labels = one(documents, "Deployment")["spec"]["template"]["metadata"]["labels"].items()
    budget = one(documents, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    assert service["spec"]["selector"].items() <= labels
    assert budget.items() <= labels


def test_the_pod_is_restricted(capsys: pytest.CaptureFixture[str]) -> None:
    """The fields that the Pod Security Standard ``restricted`` asks for, and a read-only root."""
    documents = printed(capsys)
    pod = one(documents, "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(documents)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [list(volume) for volume in pod["volumes"]] == [["name", "emptyDir"]]
    assert pod["terminationGracePeriodSeconds"] > DRAIN_S


@pytest.mark.parametrize(
    "flags",
    [
        ["--image", "a b"],
        ["--image", "a\nb"],
        ["--install-namespace", "Ops"],
        ["--watch-namespace", "a,b"],
        ["--replicas", "0"],
    ],
)
def test_bad_values_are_a_wrong_usage(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["manifest", "controller", *flags])
    assert end.value.code == 2
    assert f"argument {flags[0]}" in capsys.readouterr().err


async def kubectl(kubeconfig: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "--kubeconfig", str(kubeconfig), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest.mark.kubectl
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
async def test_kubectl_applies_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["manifest", "controller", "--crd"]) == 0
    file = tmp_path / "controller.yaml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    async with running_sandbox(SandboxOptions()) as sandbox:
        for more in (["--dry-run=client"], ["--server-side"], ["--server-side"]):
            await kubectl(sandbox.kubeconfig, "apply", "-f", str(file), *more)
        made = sandbox.store.get("deployments.apps", "lwstui-system", "lwstui-controller")
        assert made["spec"]["replicas"] == 2
        await kubectl(sandbox.kubeconfig, "delete", "-f", str(file), "--ignore-not-found")


# The guide.


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading of the guide."""
    section = (
        GUIDE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    )
    rows = [cells(line) for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def test_the_guide_lists_every_right_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    listed = {
        (group.strip("`").replace("core", ""), resource, verb)
        for group, resources, verbs, _ in table("What it may do")
        for resource in re.findall(r"`([^`]+)`", resources)
        for verb in verbs.split(", ")
    }
    assert listed == {(g.group, g.resource, g.verb) for g in grants_of(printed(capsys))}


def test_the_guide_lists_every_series_and_no_other() -> None:
    listed = {
        (name.strip("`"), kind, tuple(re.findall(r"`([^`]+)`", labels)))
        for name, kind, labels, _ in table("Metrics")
    }
    assert listed == {(f.name, f.kind, labels_of(f)) for f in families() if f.samples}


def families() -> list[Family]:
    """Return what is served, with a series for everything that can be told."""
    info = ClusterInfo("c", "c", "https://h:6443", "u", "default")
    rest = SimpleNamespace(answers={("GET", "pods list", "200"): 1})
    service = Service(cast("Any", SimpleNamespace(info=info, rest=rest)), HeadlessOptions(Target()))
    sets = set_families([LeaderWorkerSet(SetMeta(name="a"))])
    return [*service._metrics(), waiting({Key("n", "a"): (Wait("budget", "why"),)}), *sets]


def labels_of(family: Family) -> tuple[str, ...]:
    names = (name for sample in family.samples for name, _ in sample.labels)
    return tuple(dict.fromkeys(name for name in names if name != "le"))


# The image.


def instructions() -> list[list[str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.split() for line in text.splitlines())
    return [words for words in lines if words and not words[0].startswith("#")]


def test_the_image_copies_what_exists_and_what_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    kept = {line.removeprefix("!").strip("/") for line in ignored if line.startswith("!")}
    copied = {
        source.strip("/")
        for name, *words in instructions()
        if name == "COPY" and not words[0].startswith("--from")
        for source in words[:-1]
    }
    assert copied
    assert copied == kept
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_the_image_runs_as_the_manifest_says(capsys: pytest.CaptureFixture[str]) -> None:
    last = {name: " ".join(words) for name, *words in instructions()}
    assert last["ENTRYPOINT"] == '["lwstui"]'
    assert last["CMD"] == '["controller"]'
    pod = one(printed(capsys), "Deployment")["spec"]["template"]["spec"]["securityContext"]
    assert last["USER"] == f"{pod['runAsUser']}:{pod['runAsGroup']}"
