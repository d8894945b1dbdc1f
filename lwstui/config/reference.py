"""The settings reference page, generated: ``python -m lwstui.config.reference``."""

from __future__ import annotations

import sys
from typing import Any, Final

from lwstui.config.extensions import SCOPES, VARIABLES
from lwstui.config.schema import SCHEMA

_HEAD: Final = """\
# Settings

Generated from the program's own schema (`python -m lwstui.config.reference`). `:config` shows the
same table with the values in force and where each comes from.

Settings live in `config.yaml` in the configuration folder (`$LWSTUI_CONFIG_DIR`, else
`$XDG_CONFIG_HOME/lwstui`, else `~/.config/lwstui`) and, for one context, in `contexts/NAME.yaml`
there. Characters of a context's name that do not belong into a file name become `_` and the name
gets a suffix; `lwstui info` prints the path. A flag beats the environment, which beats the file
of the context, which beats `config.yaml`, which beats the default. `:opt NAME VALUE` sets a value
until the program ends.

All files of this page are read again when they change. A broken one keeps what it said before,
and one line on every screen names the file, the key and the nearest valid key until it is mended;
`:config` lists all such lines.

```yaml
# config.yaml
ui: {theme: daylight, crumbs: false}
scope: {favourites: [llm-prod, llm-stage]}
safety: {protected: ["prod-*"]}
health: {recreate_loop: 4}
nodes: {topology_keys: [topology.example.com/rack, topology.kubernetes.io/zone]}
logs: {since: 15m, patterns: ['\\bKV cache\\b.*full', preempted]}
```

```yaml
# contexts/prod-eu.yaml
readOnly: true
accent: "#c0392b"
namespaces: [llm-prod]
data: {page: 250, metrics_interval: 1m}
```

What is judged by `health` is judged alike by screens, by the rules behind `:why`, by
`lwstui why` and in recordings; a change counts at once for all of them.

| setting | default | also set by | what it does |
| --- | --- | --- | --- |
"""
_TAIL: Final = """
`theme`, `ascii`, `no_color`, `mouse`, `read_only` (or `readOnly`), `namespaces`, `favourites` and
`protected` may stand at the top level without their section.

## Keys and themes

Actions can be put on other keys, by the ids of [the key reference](keys.md), in `keymap.yaml` or
under `keymap` in the files above; those add up. An unknown id, a key that is none, and a key that
two actions of one screen want are said at the start and stop nothing. Footer, help and palette
show the keys in force.

```yaml
# keymap.yaml
set.scale: Shift-X
node.drain: f8
group.logs: l, f2
```

Themes of your own are files in `themes/`: copy one of the program's `themes/*.yaml`, choose it
with `:theme NAME`, and what is saved is drawn at once.

## Aliases, own keys and plugins

Three more files in the same folder, in the shapes of k9s. A mistake costs its entry and is said
at the start. `ctrl-a` lists what is in force.

```yaml
# aliases.yaml: a first word and the text it stands for
aliases:
  ll: logs llm-prod/llama70b leader
```

```yaml
# hotkeys.yaml: a key and a line of the command bar
hotKeys:
  pods: {shortCut: Shift-X, command: pods, description: all pods}
```

```yaml
# plugins.yaml: a key and another program; no shell sees the arguments
plugins:
  top:
    shortCut: x
    scopes: [pods]
    command: kubectl
    args: [--context, $CONTEXT, -n, $NAMESPACE, top, pod, $POD]
    background: false
    confirm: false
    dangerous: false
```
"""


def page() -> str:
    """Return the page as Markdown."""
    rows = "".join(
        f"| `{one.path}` | {_value(one.default)} | {_also(one.environ, one.flag)} | "
        f"{one.help}{'' if one.live else ' Counts at the start.'} |\n"
        for one in SCHEMA
    )
    variables = ", ".join(f"`${name}`" for name in VARIABLES)
    scopes = ", ".join(f"`{scope}`" for scope in SCOPES)
    words = (
        f"\nVariables: {variables}; one without a value is empty. Scopes: {scopes}. A plugin that\n"
        "is `dangerous` asks first and is not to be had where nothing may be changed. Keys of the\n"
        "program cannot be taken.\n"
    )
    return f"{_HEAD}{rows}{_TAIL}{words}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value) or "none"
    return f"`{value}`" if value else "none"


def _also(environ: str, flag: str) -> str:
    return ", ".join(f"`{one}`" for one in (environ, *flag.split(", ")) if one) or ""


if __name__ == "__main__":
    sys.stdout.write(page())
