"""More commands of the families that the recorded session has: what kubectl prints and how it ends.

No server was asked; the answers are those of the API server's source and documentation.
"""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from tests.sandbox.api.commandworld import Session, recorded_session
from tests.sandbox.api.support import pod

pytestmark = [
    pytest.mark.kubectl,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    async with recorded_session(tmp_path) as running:
        yield running


async def expect(session: Session, steps: list[tuple[str, int, str]]) -> None:
    """Run commands in order; each ends as it should and prints what the pattern finds."""
    wrong = []
    for command, code, pattern in steps:
        ended = await session.run(f"kubectl {command}")
        said = ended.stdout + ended.stderr
        if ended.exit != code or not re.search(pattern, said):
            wrong.append((command, ended.exit, said))
    assert wrong == []


def manifest(session: Session, *objects: dict) -> str:
    path = session.home / "manifest.yaml"
    path.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    return str(path)


async def test_ways_to_get(session: Session) -> None:
    await session.run("kubectl apply -f sample.yaml")
    await session.world.ready("demo", 2)
    await expect(
        session,
        [
            ("get all", 0, r"pod/demo-0 (?s:.*)service/demo "),
            ("get lws,svc -o name", 0, r"\Aleaderworkerset\S+/demo\nservice/demo\n\Z"),
            ("get pods -o custom-columns=N:.metadata.name,P:.status.phase", 0,
             r"\AN +P\ndemo-0 +Running\n"),
            ("get pods --sort-by=.metadata.name -o name", 0, r"\Apod/demo-0\npod/demo-0-1\n"),
            ("get pods --show-labels -A", 0, r"NAMESPACE .* LABELS\n.*group-index=0,"),
            ("get pods -l 'leaderworkerset.sigs.k8s.io/worker-index in (0)' -o name", 0,
             r"\Apod/demo-0\npod/demo-1\n\Z"),
            ("get pods -l 'leaderworkerset.sigs.k8s.io/worker-index notin (0),!x' -o name", 0,
             r"\Apod/demo-0-1\npod/demo-1-1\n\Z"),
            ("get pods --field-selector metadata.name=demo-1 -o name", 0, r"\Apod/demo-1\n\Z"),
            ("get pods --field-selector spec.foo=1", 1, "field label not supported: spec.foo"),
            ("get nodes gpu-000 gpu-999", 1, r'gpu-000 (?s:.*)nodes "gpu-999" not found'),
            ("events --for pod/demo-0", 0, r"Scheduled +Pod/demo-0 "),
            ("describe svc demo", 0, r"Selector: +leaderworkerset\.sigs\.k8s\.io/name=demo"),
            ("describe ns default", 0, r"Status: +Active\n\nNo resource quota"),
            ("cluster-info", 0, "Kubernetes control plane"),
            ("config view", 0, "certificate-authority-data: DATA\\+OMITTED"),
            ("get --raw /foo", 1, "the server could not find the requested resource"),
            (f"cp demo-0:/etc/hosts {session.home}/copied", 0, "Removing leading"),
            ("get endpointslices", 0, r"demo-\S+ +IPv4 +<unset> +10\.\S+,10\.\S+"),
            ("get endpoints demo", 0, r"demo +10\.(?s:.*)Warning: v1 Endpoints is deprecated"),
            ("scale lws demo --replicas=2 --current-replicas=2", 0, "demo scaled"),
            ("auth can-i list pods --as=jane", 1, r"\Ano\n\Z"),
            ("get pods --as=jane", 1, 'pods is forbidden: User "jane" cannot list resource "pods"'),
            ("get pods --as=jane --as-group=system:masters -o name", 0, "pod/demo-0"),
            ("create token default", 0, r"\AeyJ[\w.-]+\Z"),
            ("create token default --duration=1m", 1, "a duration less than 10 minutes"),
            ("debug demo-0 --image=busybox --profile=general -c look -- echo hi", 0, ""),
            ("patch pod demo-0 --subresource=resize -p '{\"spec\":{\"hostname\":\"x\"}}'", 1,
             "only cpu and memory resources are mutable"),
            ("top pods --field-selector=spec.nodeName=x", 1, "is not a known field selector: only"),
        ],
    )  # fmt: skip


async def test_explain_of_built_in_kinds(session: Session) -> None:
    await expect(
        session,
        [
            ("explain pods.spec.containers", 0,
             r"FIELD: containers <\[\]Container>(?s:.*)\n  name\t<string> -required-\n"),
            ("explain deployment.spec.strategy", 0, r"GROUP:      apps\n(?s:.*)rollingUpdate\t<"),
            ("explain node.status.allocatable", 0, r"<map\[string\]Quantity>"),
            ("explain pods.metadata.creationTimestamp", 0, r"creationTimestamp <string>"),
            ("explain pods.foo", 1, 'field "foo" does not exist'),
            ("explain lws --recursive", 0, r"leaderWorkerTemplate\t<Object>"),
        ],
    )  # fmt: skip


async def test_several_documents_strict_fields_and_dry_runs(session: Session) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}}
    both = manifest(session, config, secret)
    await expect(
        session,
        [
            (f"create -f {both} --dry-run=server", 0, r"configmap/a created \(server dry run\)"),
            (f"create -f {both}", 0, r"configmap/a created\nsecret/b created"),
            (f"create -f {both}", 1, r'configmaps "a" already exists'),
            (f"apply -f {both}", 0, "missing the kubectl.kubernetes.io/last-applied-config"),
            (f"diff -f {both}", 0, r"\A\Z"),
            (f"apply -f {both} --prune", 1, "all resources selected for prune without explicitly"),
            (f"delete -f {both}", 0, r'configmap "a" deleted\nsecret "b" deleted'),
        ],
    )
    wrong = pod()
    wrong["spec"]["restartpolicy"] = "Never"
    one = manifest(session, wrong)
    await expect(
        session,
        [
            (f"create -f {one}", 1, 'strict decoding error: unknown field "spec.restartpolicy"'),
            (f"create -f {one} --validate=warn", 0,
             r'Warning: unknown field "spec.restartpolicy"\n'),
            ("delete pod p --now", 0, 'pod "p" deleted'),
        ],
    )  # fmt: skip


async def test_generated_objects_and_their_tables(session: Session) -> None:
    await expect(
        session,
        [
            ("create deployment d --image=nginx --port=80 --replicas=2", 0, "deployment.apps/d "),
            ("set image deploy/d nginx=nginx:2", 0, "image updated"),
            ("describe deploy d", 0, "25% max unavailable, 25% max surge"),
            ("get deploy d -o jsonpath={.spec.template.spec.containers[*].image}", 0,
             r"\Anginx:2\Z"),
            ("create job j --image=nginx -- echo hi", 0, "job.batch/j created"),
            ("get job j", 0, r"NAME +STATUS +COMPLETIONS +DURATION +AGE\nj +Running +0/1 "),
            ("create cronjob c --image=nginx --schedule='0 0 * * *'", 0, "cronjob.batch/c "),
            ("get cronjob c", 0, r"\nc +0 0 \* \* \* +<none> +False +0 +<none> "),
            ("create role r --verb=get --resource=pods", 0, "role.rbac.authorization.k8s.io/r "),
            ("create rolebinding rb --role=r --user=jo", 0, "rb created"),
            ("get rolebinding rb -o wide", 0, r"NAME +ROLE +AGE +USERS .*\nrb +Role/r +\d+s +jo"),
            ("create quota q --hard=pods=1,cpu=2", 0, "resourcequota/q created"),
            ("get quota q -o jsonpath={.spec.hard.cpu}", 0, r"\A2\Z"),
            ("create pdb p --selector=a=b --min-available=50%", 0, "poddisruptionbudget"),
            ("get pdb p", 0, r"\np +50% +N/A +0 "),
            ("create priorityclass pc --value=5", 0, "priorityclass.scheduling.k8s.io/pc created"),
            ("get pc pc", 0, r"\npc +5 +false +\d+s +PreemptLowerPriority"),
            ("create service nodeport s --tcp=80:8080", 0, "service/s created"),
            ("get svc s -o jsonpath={.spec.ports[0].targetPort}", 0, r"\A8080\Z"),
            ("auth whoami", 0, "sandbox-admin"),
        ],
    )  # fmt: skip


async def test_nodes_are_cordoned_and_drained(session: Session) -> None:
    await session.run("kubectl apply -f sample.yaml")
    await session.world.ready("demo", 2)
    node = session.world.pods("demo")[0]["spec"]["nodeName"]
    await expect(
        session,
        [
            (f"cordon {node}", 0, f"node/{node} cordoned"),
            (f"get node {node}", 0, "Ready,SchedulingDisabled"),
            (f"drain {node}", 0, rf"pod/demo-0 evicted\nnode/{node} drained"),
            (f"uncordon {node}", 0, f"node/{node} uncordoned"),
            (f"taint node {node} a=b:NoSchedule", 0, f"node/{node} tainted"),
            (f"patch node {node} -p '{{\"spec\":{{\"unschedulable\":\"x\"}}}}'", 1,
             r"Invalid value: \"map\[spec:map\[unschedulable:x\]\]\": unrecognized type: bool"),
        ],
    )  # fmt: skip


async def test_a_budget_holds_up_a_drain(session: Session) -> None:
    await session.run("kubectl apply -f sample.yaml")
    await session.world.ready("demo", 2)
    node = session.world.pods("demo")[0]["spec"]["nodeName"]
    selector = "leaderworkerset.sigs.k8s.io/name=demo"
    refusal = "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption"
    await expect(
        session,
        [
            (f"create pdb all --min-available=4 --selector={selector}", 0, "pdb|all created"),
            ("wait pdb/all --for=jsonpath={.status.expectedPods}=4 --timeout=30s", 0, "met"),
            ("get pdb all", 0, r"\nall +4 +N/A +0 "),
            (f"drain {node} --timeout=1s", 1, re.escape(f'pods/"demo-0" -n "default" {refusal}')),
            (f"drain {node} --disable-eviction", 0, "pod/demo-0 deleted"),
        ],
    )


async def test_edit_with_an_editor(session: Session) -> None:
    await session.run("kubectl apply -f sample.yaml")
    editor = "sed -i s/subdomainPolicy:.*/subdomainPolicy:\\ UniquePerReplica/"
    ended = await session.run("kubectl edit lws demo", EDITOR=editor)
    assert (ended.exit, ended.stderr) == (0, "")
    assert ended.stdout == "leaderworkerset.leaderworkerset.x-k8s.io/demo edited\n"
    assert session.world.set("demo")["spec"]["networkConfig"] == {
        "subdomainPolicy": "UniquePerReplica"
    }
