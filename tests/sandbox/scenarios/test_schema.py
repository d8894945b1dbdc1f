"""Scenario files: what is read, and how what is wrong is named."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lwstui.cli.main import main
from lwstui.sandbox.scenarios.conditions import SetIs
from lwstui.sandbox.scenarios.files import load, shipped_names
from lwstui.sandbox.scenarios.page import page
from lwstui.sandbox.scenarios.parts import ScenarioError
from lwstui.sandbox.scenarios.schema import ACTIONS, CONDITIONS, parse

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "scenarios.md"


def document(**changed: Any) -> dict[str, Any]:
    """A scenario without a fault in it, changed."""
    return {
        "name": "probe",
        "summary": "One sentence.",
        "start": {"set": {"name": "llm", "ready": 3}},
        "steps": [{"at": "5s", "delete-pod": {"set": "llm", "group": 1}}],
        "expect": [{"say": "It comes back.", "check": {"set": {"name": "llm"}}}],
        **changed,
    }


def test_a_scenario_is_read() -> None:
    step = {"when": {"node": {"ready": "False"}}, "after": "1m30s", "heal": {}}
    found = parse(document(steps=[step], within="2h"), "probe.yaml")
    assert found.start == SetIs(name="llm", ready=3)
    assert (found.steps[0].after_s, found.steps[0].at_s, found.within_s) == (90.0, None, 7200.0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"step": []}, "probe.yaml: unknown key 'step'; did you mean 'steps'?"),
        ({"steps": []}, "probe.yaml: steps is empty"),
        ({"steps": [{"at": 1}]}, "probe.yaml: steps[0]: needs exactly one action"),
        ({"steps": [{"heal": {}}]}, "probe.yaml: steps[0]: needs at, or after, when or both"),
        (
            {"steps": [{"at": 1, "after": 2, "heal": {}}]},
            "probe.yaml: steps[0]: needs at, or after, when or both",
        ),
        ({"steps": [{"at": "soon", "heal": {}}]}, "'soon' is not a duration such as 90, 20s"),
        ({"steps": [{"at": -1, "heal": {}}]}, "-1 is not a duration"),
        (
            {"steps": [{"at": 1, "delete-pods": {}}]},
            "probe.yaml: steps[0]: unknown key 'delete-pods'; did you mean 'delete-pod'?",
        ),
        (
            {"steps": [{"at": 1, "oom-kill": {"set": "llm", "gruop": 1}}]},
            "probe.yaml: steps[0].oom-kill: unknown key 'gruop'; did you mean 'group'?",
        ),
        (
            {"steps": [{"at": 1, "delete-pod": {"group": 1}}]},
            "steps[0].delete-pod: group and worker need the set they belong to",
        ),
        (
            {"steps": [{"at": 1, "delete-pod": {}}]},
            "steps[0].delete-pod: name the pods by set, pod or selector",
        ),
        (
            {"steps": [{"at": 1, "delete-pod": {"set": "llm", "group": "one"}}]},
            "steps[0].delete-pod: Expected `int | null`, got `str`",
        ),
        (
            {"steps": [{"at": 1, "api-errors": {"code": 418, "for": "1s"}}]},
            "steps[0].api-errors: code must be one of 429, 500, 503, 504",
        ),
        (
            {"steps": [{"at": 1, "drop-watches": {"path": "("}}]},
            "steps[0].drop-watches: path '(' is no regular expression",
        ),
        ({"start": {"sets": {}}}, "probe.yaml: start: unknown key 'sets'; did you mean 'set'?"),
        ({"expect": [{"check": {}}]}, "probe.yaml: expect[0]"),
        ({"objects": [{"kind": "Pod"}]}, "objects[0]: expected a manifest with metadata.name"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        parse(document(**changed), "probe.yaml")
    assert said in str(error.value)


def test_a_document_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"probe.yaml: expected a mapping, got list"):
        parse([], "probe.yaml")


def test_a_file_of_the_operator_is_read_with_its_objects(tmp_path: Path) -> None:
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    (tmp_path / "pods.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document(objects="pods.yaml")), encoding="utf-8")
    assert load(str(path)).objects == (manifest,)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("worker-kiled", "no scenario worker-kiled; did you mean worker-killed?"),
        ("zzz", "no scenario zzz; there are api-down, "),
        ("missing.yaml", "cannot read missing.yaml"),
    ],
)
def test_the_command_says_what_it_cannot_find(
    named: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for argv in (["scenario", "show", named], ["sandbox", "--scenario", named]):
        assert main(argv) == 1
        assert said in capsys.readouterr().err


def test_a_file_that_is_not_yaml_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("name: x\nsteps: [", encoding="utf-8")
    assert main(["scenario", "show", str(path)]) == 1
    assert f"{path} line 2 is not valid YAML" in capsys.readouterr().err


def test_list_and_show_tell_what_to_expect(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "list"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == shipped_names()
    assert main(["scenario", "show", "gpu-lost"]) == 0
    shown = capsys.readouterr().out
    assert all(each.say in shown for each in load("gpu-lost").expectations)


def test_a_cluster_that_is_no_sandbox_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        "current-context: prod\n"
        "clusters: [{name: prod, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "contexts: [{name: prod, context: {cluster: prod}}]\n",
        encoding="utf-8",
    )
    for words in (["run", "worker-killed"], ["stop"]):
        assert main(["scenario", *words, "--kubeconfig", str(kubeconfig)]) == 1
        assert "context prod is not a sandbox of lwstui" in capsys.readouterr().err


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_scenario_says_what_to_expect(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.summary.endswith(".")
    assert any(each.check is not None for each in scenario.expectations)


def test_the_guide_is_up_to_date() -> None:
    assert GUIDE.read_text(encoding="utf-8") == page(), "run: make docs"


def test_the_guide_has_every_scenario_action_and_condition() -> None:
    text = page()
    words = (*shipped_names(), *ACTIONS, *CONDITIONS)
    assert [word for word in words if f"| `{word}` |" not in text] == []


def test_the_example_of_the_guide_is_a_scenario() -> None:
    example = page().partition("```yaml\n")[2].partition("```")[0]
    found = parse({**yaml.safe_load(example), "objects": []}, "the example")
    assert [step.action.WORD for step in found.steps] == ["oom-kill", "delete-pod"]
