"""The guide to scenarios, generated: ``python -m lwstui.sandbox.scenarios.page``."""

import re
import sys
from collections.abc import Iterable, Mapping

import msgspec

from lwstui.sandbox.scenarios.files import load, shipped_names
from lwstui.sandbox.scenarios.parts import Part
from lwstui.sandbox.scenarios.schema import ACTIONS, CONDITIONS, Scenario
from lwstui.sandbox.scenarios.targets import NodeTarget, Target

_HEAD = """\
# Scenarios: rehearse an incident

A scenario is a YAML file that scripts faults over time and says what an operator should see. It is
played in a running [sandbox](sandbox.md) and nowhere else: on any other cluster the command
refuses.

```bash
lwstui sandbox --speed 5 --kubeconfig-out /tmp/sandbox.yaml &
export KUBECONFIG=/tmp/sandbox.yaml
lwstui --embedded-controller              # in another terminal; watch it there
lwstui scenario list
lwstui scenario show node-lost
lwstui scenario run node-lost             # tells each step, and what comes true, as it happens
lwstui scenario stop                      # stops playing and takes all faults back
```

`lwstui sandbox --scenario NAME` plays one from the start. The objects a scenario needs are created
for it; a controller has to run, or its set never gets ready. `run` ends with exit code 0 when all
that can be checked came true. Interrupting `run` does not stop the scenario. What is still broken
at its end stays so until `stop`, or until the next scenario begins.

`lwstui record FILE` beside it keeps what happened, to look at it again: [recordings](recording.md).

All times are simulated seconds: with `--speed 10` the five minutes before a lost node's pods are
evicted last half a minute. Retries and back-offs of clients (kubectl, console, controller) are real
seconds, so play the scenarios that start with `api-` and `watches-` at speed 1 to see what your
users would.

## What is shipped

"""
_FORM = """
## Writing one

```yaml
name: worker-oom
summary: The kernel kills a worker for its memory.
objects: llm.yaml            # manifests beside the file, or a list of them; optional
start:                       # holds before the first step
  set: {name: llm, ready: 3, condition: Available}
steps:                       # in order, one action each
- at: 5s                     # since the start
  oom-kill: {set: llm, group: 0, worker: 1}
- when:                      # waits until this holds ...
    recreated: {set: llm, group: 0, count: 2}
  after: 1m                  # ... and then so long; without "when", since the step before
  delete-pod: {pod: llm-1-1}
expect:                      # comes true in this order; "check" may be left out
- say: The container shows OOMKilled with exit code 137.
  check:
    pod: {set: llm, group: 0, reason: OOMKilled, exit-code: 137}
within: 10m                  # for what is expected, after the last step; 15m by default
```

A key that does not exist is refused with its place and the nearest key that does. Pods are named by
`set` with `group` and `worker` index, by `pod`, or by `selector` (labels), in `namespace` (default
`default`): that is what *pods* below stands for. *Node* is the name in `node`, else the node of the
named pods, else the node that a step named last.

## What a step can do

"""
_CONDITIONS = """
## What can be waited for and checked

"""
_LIMITS = """
## What is not simulated

Only the network within a group can be cut: nothing gets between the chosen pods and its others, not
`ping` and `curl` in a shell either, while names still resolve. Faults of the API server hit every
client alike, the sandbox's own paths never.
"""


def table(scenarios: Iterable[Scenario]) -> str:
    """Return the table of scenarios, as Markdown."""
    rows = ["| scenario | what happens | what you should see |", "| --- | --- | --- |"]
    for scenario in scenarios:
        seen = " ".join(each.say for each in scenario.expectations)
        rows.append(f"| `{scenario.name}` | {scenario.summary} | {seen} |")
    return "\n".join(rows) + "\n"


def words(kinds: Mapping[str, type[Part]]) -> str:
    """Return the table of actions or conditions with their keys, as Markdown."""
    rows = ["| key | about | further keys | what it is |", "| --- | --- | --- | --- |"]
    for word, kind in kinds.items():
        text = re.sub(r"``(\w+)``", lambda hit: f"`{hit[1].replace('_', '-')}`", kind.__doc__ or "")
        text = " ".join(text.split())
        rows.append(f"| `{word}` | {_about(kind)} | {_keys(kind)} | {text} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    """Return the whole guide, as Markdown."""
    shipped = table(load(name) for name in shipped_names())
    return "".join((_HEAD, shipped, _FORM, words(ACTIONS), _CONDITIONS, words(CONDITIONS), _LIMITS))


def _about(kind: type[Part]) -> str:
    if issubclass(kind, NodeTarget):
        return "node"
    return "pods" if issubclass(kind, Target) else ""


def _keys(kind: type[Part]) -> str:
    base = next((each for each in (NodeTarget, Target) if issubclass(kind, each)), Part)
    known = {field.encode_name for field in msgspec.structs.fields(base)}
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return " ".join(f"`{name}`" for name in names if name not in known)


if __name__ == "__main__":
    sys.stdout.write(page())
