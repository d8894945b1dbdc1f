"""Aliases, hotkeys and plugins: the shapes of k9s, and a sentence for every mistake."""

from pathlib import Path

import pytest

from lwstui.config.extensions import Plugin, filled, key_of, load_extensions


@pytest.mark.parametrize(
    ("text", "key"),
    [("Shift-L", "L"), ("x", "x"), ("Ctrl-Y", "ctrl+y"), ("F5", "f5"), ("Shift-F5", "shift+f5")],
)
def test_keys(text, key):
    assert key_of(text) == key


@pytest.mark.parametrize("text", ["", "Hyper-X", "xy", "Ctrl-"])
def test_what_is_no_key(text):
    with pytest.raises(ValueError, match="is no key"):
        key_of(text)


def test_files_of_k9s_can_be_brought_along(tmp_path: Path):
    (tmp_path / "aliases.yaml").write_text("aliases:\n  ll: logs llm-prod/llama\n")
    (tmp_path / "hotkeys.yaml").write_text(
        "hotKeys:\n  pods:\n    shortCut: Shift-X\n    description: pods\n    command: pods\n"
    )
    (tmp_path / "plugins.yaml").write_text(
        "plugins:\n  top:\n    shortCut: x\n    description: top\n    scopes: [pods]\n"
        "    command: kubectl\n    background: false\n"
        "    args: [--context, $CONTEXT, -n, $NAMESPACE, top, pod, $POD]\n"
    )
    found = load_extensions(tmp_path)
    assert found.problems == ()
    assert found.aliases == {"ll": "logs llm-prod/llama"}
    assert (found.hotkeys[0].key, found.hotkeys[0].command) == ("X", "pods")
    (plugin,) = found.plugins
    assert plugin.scopes == ("pod",)
    values = {"CONTEXT": "a b", "NAMESPACE": "prod", "POD": "x; rm -rf /"}
    assert filled(plugin, values) == (
        *("kubectl", "--context", "a b", "-n", "prod", "top", "pod", "x; rm -rf /"),
    )


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("aliases.yaml", "aliases: {a b: pods}", "an alias is one word"),
        ("aliases.yaml", "aliases: {a: [1]}", "stands for a line"),
        ("aliases.yaml", "aliases: [a]", "is a mapping"),
        ("aliases.yaml", "a: 'x", "cannot read"),
        ("hotkeys.yaml", "hotKeys: {a: {shortCut: r, command: pods}}", "r has a meaning already"),
        ("hotkeys.yaml", "hotKeys: {a: {shortcut: x, command: pods}}", "did you mean shortCut?"),
        ("hotkeys.yaml", "hotKeys: {a: {shortCut: x}}", "it lacks command"),
        ("hotkeys.yaml", "hotKeys: {a: {shortCut: Hyper-X, command: pods}}", "is no key"),
        ("plugins.yaml", "plugins: {a: {shortCut: x, command: k, args: q}}", "must be a list"),
        (
            "plugins.yaml",
            "plugins: {a: {shortCut: x, command: k, args: [$NAMESPCE]}}",
            "did you mean $NAMESPACE?",
        ),
        (
            "plugins.yaml",
            "plugins: {a: {shortCut: x, command: k, scopes: [deploy]}}",
            "unknown scope deploy",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_costs_one_entry(tmp_path, file, text, sentence):
    (tmp_path / file).write_text(text)
    found = load_extensions(tmp_path, taken={"r"})
    assert len(found.problems) == 1
    assert sentence in found.problems[0]
    assert str(tmp_path / file) in found.problems[0]
    assert [len(found.aliases), len(found.hotkeys), len(found.plugins)] == [0, 0, 0]


def test_nothing_is_fine(tmp_path):
    assert load_extensions(tmp_path / "none").problems == ()


def test_what_has_no_value_is_empty_and_nothing_is_run_by_a_shell():
    plugin = Plugin("p", "x", ("echo", "${NODE}/$GROUP", "$$HOME"))
    assert filled(plugin, {"GROUP": "7"}) == ("echo", "/7", "$HOME")
