"""What may differ between the recorded session and the sandbox, as data, and nothing else may."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import ndiff

CUT_AT = 6000


@dataclass(frozen=True)
class Rule:
    """A value that is another one in every cluster, and what stands for it in a comparison."""

    what: str
    pattern: str
    stands_for: str


RULES = (
    Rule("time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    Rule("time in a description", r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", "TIME"),
    Rule("age", r"(?m)(?:(?<=[ (])|^)(?:\d+[smhd]){1,2}(?= |$)(?<!300s)", "AGE"),
    Rule("uid", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
    Rule("oldest version kept", r"(too old resource version: \d+) \(\d+\)", r"\1 (OLDEST)"),
    Rule("resource version", r'(?i)(resource ?version"?: *"?)\d+', r"\1VERSION"),
    Rule("address", r"\b10(?:\.\d{1,3}){3}\b", "ADDRESS"),
    Rule("node", r"\bgpu-\d{3}\b", "NODE"),
    Rule("pod on a node", r"(?m)^(  default +)demo-\S+", r"\1POD"),
    Rule("stateful set's hash", r"(controller-revision-hash=)\S+", r"\1HASH"),
    Rule("owner of a worker", r"(Controlled By: +)\S+", r"\1OWNER"),
    Rule("image's digest", r"(Image ID: +)\S+", r"\1DIGEST"),
    Rule("container", r"(Container ID:) *\S*", r"\1 ID"),
    Rule("event about a StatefulSet", r"(Created (?:leader|worker)) (?:statefulset|pods)", r"\1"),
    Rule("width of a column", r" {2,}", "  "),
    Rule("rule below a heading", r"-{2,}", "--"),
    Rule("space at the end of a line", r"(?m) +$", ""),
)


@dataclass(frozen=True)
class Lines:
    """Lines that one side has more, each as a pattern, and why that stays so."""

    why: str
    recorded: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Other:
    """An answer that cannot be the recorded one: what it is instead, and why."""

    why: str
    exit: int
    contains: tuple[str, ...]


_ROLLOUT = r"lwstui\.dev/rollout: .*"
_NEWER = "the installed definition is newer and its status has observedGeneration"
_NEWER_FIELD = "the installed definition is newer and has one field more"

LINES: dict[str, tuple[Lines, ...]] = {
    "kubectl api-versions": (
        Lines("the sandbox has metrics", ours=(r"metrics\.k8s\.io/v1beta1",)),
    ),
    "kubectl api-resources": (
        Lines(
            "deprecated, and nothing here has such a status",
            recorded=(r"componentstatuses .*",),
        ),
        Lines(
            "the sandbox has metrics",
            ours=(r"nodes  metrics\.k8s\.io/v1beta1 .*", r"pods  metrics\.k8s\.io/v1beta1 .*"),
        ),
    ),
    "kubectl get lws demo -o yaml": (
        Lines("the controller keeps the rollout's state on the set", ours=(rf"  {_ROLLOUT}",)),
        Lines(_NEWER, ours=(r"  observedGeneration: 1",) * 3),
        Lines(
            "native's webhook decodes and encodes sets, which leaves an empty object",
            recorded=(r"  metadata: {}",),
        ),
    ),
    "kubectl describe lws demo": (
        Lines(
            "the controller keeps the rollout's state on the set",
            recorded=(r"Annotations:  <none>",),
            ours=(rf"Annotations:  {_ROLLOUT}",),
        ),
        Lines(_NEWER, ours=(r"  Observed Generation:  1",) * 3),
        Lines(
            "native's webhook decodes and encodes sets, which leaves an empty object",
            recorded=(r"  Metadata:",),
        ),
    ),
    "kubectl describe pod demo-0-1": (
        Lines(
            "labels the controller adds for guides written for other controllers",
            ours=(
                r"  leaderworkerset\.sigs\.k8s\.io/pod-role=worker",
                r"  leaderworkerset\.x-k8s\.io/name=demo",
            ),
        ),
        Lines(
            "the recorded nodes had no kubelet: conditions in another order, no events of its own",
            recorded=(r"  Ready  True",),
            ours=(
                r"  PodReadyToStartContainers  True",
                r"  Ready  True",
                r"  Normal  Pulling  AGE  kubelet  .*",
                r"  Normal  Pulled  AGE  kubelet  .*",
                r"  Normal  Created  AGE  kubelet  .*",
                r"  Normal  Started  AGE  kubelet  .*",
            ),
        ),
    ),
    "kubectl explain lws.spec.leaderWorkerTemplate --recursive=false": (
        Lines(_NEWER_FIELD, ours=(r"  maxGroupRestarts\t<integer>", r"  \.\.\.", "")),
    ),
}

OTHERS: dict[str, Other] = {
    "kubectl get events": Other(
        "the recorded events are of a set that had run before",
        0,
        (
            r"\ALAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n",
            r"\n\d+s +Normal +Scheduled +pod/demo-0-1 +"
            r"Successfully assigned default/demo-0-1 to gpu-\d+\n",
        ),
    ),
    "kubectl apply -f invalid.yaml": Other(
        "no webhook is installed, so that the API server's own checks answer",
        1,
        (
            r'The LeaderWorkerSet "broken" is invalid: \n'
            r'\* spec\.leaderWorkerTemplate\.size: Invalid value: "string": '
            r"spec\.leaderWorkerTemplate\.size in body must be of type integer: \"string\"\n"
            r"\* spec\.replicas: Invalid value: -1: spec\.replicas in body should be greater than "
            r"or equal to 0\n",
        ),
    ),
    "kubectl logs demo-0": Other(
        "the recorded leader was not made again yet; this one waits for a node and says nothing",
        0,
        (r"\A\Z",),
    ),
    "kubectl top nodes": Other(
        "the sandbox has metrics", 0, (r"\ANAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\)",)
    ),
    "kubectl get --raw '/api/v1/pods?watch=1&allowWatchBookmarks=true&sendInitialEvents=true"
    "&resourceVersionMatch=NotOlderThan&timeoutSeconds=2'": Other(
        "the recorded server's store could not do it; the sandbox's can",
        0,
        (r'"type":"BOOKMARK".*"k8s\.io/initial-events-end":"true"',),
    ),
}


def normal(text: str) -> list[str]:
    """Return the lines of an output with what differs between clusters replaced."""
    for rule in RULES:
        text = re.sub(rule.pattern, rule.stands_for, text)
    return text.splitlines()


def without_descriptions(explained: str) -> str:
    """Return what ``kubectl explain`` printed without the definition's own sentences."""
    return re.sub(r"(?m)(?:^ {4}.*\n)+", "    ...\n", explained)


def whole_lines(recorded: str, ours: str) -> tuple[list[str], list[str]]:
    """Return both outputs' lines, up to the last whole one where the recording is cut off."""
    wanted, found = normal(recorded), normal(ours)
    if len(recorded) != CUT_AT:
        return wanted, found
    del wanted[-1]
    end = found.index(wanted[-1]) + 1 if wanted[-1] in found else len(found)
    return wanted, found[:end]


def last_by_object(lines: Iterable[str]) -> list[str]:
    """Return a watch's last line for each object: how often it reports depends on the timing."""
    last: dict[str, str] = {}
    for line in lines:
        name = re.search(r"\bdemo\S*", line)
        last[name[0] if name else ""] = line
    return list(last.values())


def unexplained(wanted: list[str], found: list[str], allowed: tuple[Lines, ...]) -> list[str]:
    """Return the lines that differ and that no exception allows, and exceptions never met."""
    recorded = [pattern for each in allowed for pattern in each.recorded]
    ours = [pattern for each in allowed for pattern in each.ours]
    left = []
    for line in ndiff(wanted, found):
        patterns = {"-": recorded, "+": ours}.get(line[0])
        if patterns is None:
            continue
        met = next((each for each in patterns if re.fullmatch(each, line[2:])), None)
        if met is None:
            left.append(line)
        else:
            patterns.remove(met)
    return left + [f"never met: {each}" for each in (*recorded, *ours)]
