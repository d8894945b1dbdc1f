"""The command line: help with examples, flags before and after the command, bad input."""

import json
import logging
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from controller.leases import LeaseTimes
from lwstui import __version__
from lwstui.cli.common import namespaces_of, target_of
from lwstui.cli.console import config_of
from lwstui.cli.controller import _lease_times
from lwstui.cli.main import build_parser, main
from lwstui.cli.restart import split
from lwstui.cli.sets import UsageError, duration, place_of
from lwstui.cli.terminal import log_to_file

COMMANDS = [
    "capacity",
    "fit",
    "sandbox",
    "controller",
    "demo",
    "crd",
    "apply",
    "manifest",
    "rollout",
    "scale",
    "restart",
    "get",
    "describe",
    "logs",
    "check",
    "completion",
    "takeover",
    "scenario",
    "doctor",
    "info",
    "version",
    "why",
    "cp",
    "serve",
    "record",
    "replay",
]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert all(f"    {name} " in out for name in COMMANDS)
    assert "examples:" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert re.search(rf"(?s)\nexamples?:.*lwstui {command}", capsys.readouterr().out)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"lwstui {__version__}\n"


def test_versions_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lwstui"] == __version__
    assert found["leaderworkerset"] == "leaderworkerset.x-k8s.io/v1"
    assert found["textual"] == version("textual")
    assert main(["version"]) == 0
    assert [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()] == [
        [name, text] for name, text in found.items()
    ]


@pytest.mark.parametrize("words", [[], ["demo"], ["replay", "file"]])
def test_the_log_goes_where_it_is_wanted(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LWSTUI_CONFIG_DIR", str(tmp_path))
    log = logging.getLogger("lwstui")
    before = (log.handlers, log.level, log.propagate)
    flags = ["--log-level", "debug", "--log-file", str(tmp_path / "deep" / "own.log")]
    try:
        log_to_file(config_of(build_parser().parse_args([*words, *flags])).of("").settings)
        logging.getLogger("lwstui.engine").debug("said")
        assert "said" in (tmp_path / "deep" / "own.log").read_text(encoding="utf-8")
    finally:
        for handler in log.handlers:
            handler.close()
        log.handlers, log.level, log.propagate = before


@pytest.mark.parametrize(
    "argv",
    [
        ["--context", "prod", "--read-only", "apply", "-f", "x.yaml"],
        ["--read-only", "apply", "--context", "prod", "-f", "x.yaml"],
    ],
)
def test_flags_before_the_command_are_not_reset_by_it(argv: list[str]) -> None:
    arguments = build_parser().parse_args(argv)
    assert (arguments.context, arguments.read_only) == ("prod", True)


@pytest.mark.parametrize(
    ("argv", "named", "expected"),
    [
        ([], "", ()),
        ([], "llm", ("llm",)),
        (["-A"], "llm", ()),
        (["-n", "a,b"], "llm", ("a", "b")),
        (["-n", "a", "-A"], "", ()),
    ],
)
def test_namespaces_in_view(
    tmp_path: Path, argv: list[str], named: str, expected: tuple[str, ...]
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        "current-context: c\n"
        "clusters: [{name: k, cluster: {server: 'https://10.0.0.1'}}]\n"
        f"contexts: [{{name: c, context: {{cluster: k, namespace: '{named}'}}}}]\n",
        encoding="utf-8",
    )
    arguments = build_parser().parse_args([*argv, "--kubeconfig", str(kubeconfig)])
    assert namespaces_of(arguments, target_of(arguments)) == expected


def test_console_without_a_terminal_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) != 0
    said = capsys.readouterr().err
    assert "needs a terminal" in said
    assert "lwstui controller" in said


@pytest.mark.parametrize(
    "argv",
    [
        ["sandbox", "--port", "70000"],
        ["sandbox", "--nodes", "0"],
        ["sandbox", "--speed", "-1"],
        ["demo", "--nodes", "none"],
        ["demo", "--speed", "0"],
        ["nonsense"],
        ["rollout"],
        ["rollout", "status"],
        ["rollout", "undo", "demo", "--to-revision", "0"],
        ["rollout", "status", "demo", "--timeout", "soon"],
        ["rollout", "partition", "demo"],
        ["rollout", "partition", "demo", "1", "--next"],
        ["scale", "demo"],
        ["scale", "demo", "--replicas", "-1"],
        ["restart"],
        ["get", "everything"],
        ["get", "-o", "xml"],
        ["describe", "set"],
        ["describe", "event", "x"],
        ["logs"],
        ["logs", "demo", "--since", "soon"],
        ["logs", "demo", "--grep", "("],
        ["logs", "demo", "--role", "boss"],
        ["completion", "tcsh"],
    ],
)
def test_wrong_usage_exits_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(argv)
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["rollout", "pause", "svc/demo"], "svc/demo is not the name of a LeaderWorkerSet"),
        (["restart", "demo/x"], "demo/x is not the name of a LeaderWorkerSet"),
        (["rollout", "status", "demo", "-n", "a,b"], "name one namespace with -n"),
        (["restart", "demo/1/2"], "demo/1/2 is one pod, a group is restarted as a whole"),
        (["get", "pods", "svc/demo"], "svc/demo is not the name of a LeaderWorkerSet"),
        (["describe", "group", "demo"], "demo is not the name of a group: SET/GROUP"),
        (["logs", "demo/1/2", "--role", "leader"], "demo/1/2 is one pod: leave --role out"),
        (["get", "-w", "-o", "yaml"], "--watch prints lines"),
        (["apply"], "name what to apply: -f FILE, -f - for standard input, or -k DIR"),
        (["check"], "name either manifests with -f or -k, or sets in the cluster"),
        (["check", "demo", "--offline"], "sets in the cluster cannot be checked with --offline"),
    ],
)
def test_words_that_make_no_sense_exit_2_before_anything_is_sent(
    argv: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*argv, "--kubeconfig", str(nowhere(tmp_path))]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [["rollout", "status", "demo"], ["scale", "demo", "--replicas=1"], ["get"], ["logs", "demo"]],
)
def test_a_cluster_that_does_not_answer_is_one_sentence(
    argv: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*argv, "--kubeconfig", str(nowhere(tmp_path))]) == 1
    said = capsys.readouterr().err
    assert "cannot be reached: connection refused" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("words", [["{}"], ["-f", "{}"]], ids=["name", "flag"])
def test_a_manifest_is_checked_by_its_name(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "llama.yaml"
    path.write_text(
        "apiVersion: leaderworkerset.x-k8s.io/v1\n"
        "kind: LeaderWorkerSet\n"
        "metadata: {name: llama}\n"
        "spec: {leaderWorkerTemplate: {sizes: 2}}\n"
    )
    assert main(["check", "--offline", *(word.format(path) for word in words)]) == 1
    assert "spec.leaderWorkerTemplate.sizes" in capsys.readouterr().out


def nowhere(folder: Path) -> Path:
    """Return a kubeconfig of a server that refuses connections."""
    path = folder / "config"
    path.write_text(
        "current-context: c\n"
        "clusters: [{name: k, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "contexts: [{name: c, context: {cluster: k}}]\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("demo", ("demo", None)),
        ("demo/2", ("demo", 2)),
        ("lws/demo", ("demo", None)),
        ("lws/demo/2", ("demo", 2)),
        ("leaderworkersets.leaderworkerset.x-k8s.io/demo/0", ("demo", 0)),
        ("lws/lws", ("lws", None)),
        ("lws/lws/1", ("lws", 1)),
    ],
)
def test_names_of_sets_and_groups(name: str, expected: tuple[str, int | None]) -> None:
    assert split(name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("demo", ("demo", None, None)),
        ("demo/2", ("demo", 2, None)),
        ("lws/demo/2/0", ("demo", 2, 0)),
        ("lws/lws", ("lws", None, None)),
    ],
)
def test_places(text: str, expected: tuple[str, int | None, int | None]) -> None:
    place = place_of(text)
    assert (place.name, place.group, place.worker) == expected


@pytest.mark.parametrize(
    "argv",
    [
        ["pods", "a/0", "b", "-n", "x", "-w"],
        ["-n", "x", "pods", "-w", "a/0", "b"],
        ["pods", "-n", "x", "a/0", "-w", "b"],
    ],
)
def test_flags_may_stand_between_names(argv: list[str]) -> None:
    arguments = build_parser().parse_args(["get", *argv])
    assert (arguments.kind, arguments.names) == ("pods", ["a/0", "b"])
    assert (arguments.namespace, arguments.watch) == ("x", True)


def test_get_lists_sets_by_default() -> None:
    arguments = build_parser().parse_args(["-A", "get", "-o", "name"])
    assert (arguments.kind, arguments.names, arguments.all_namespaces) == ("sets", [], True)


@pytest.mark.parametrize("text", ["", "/", "demo/", "demo/x", "demo/1/2/3", "demo/-1", "pod/demo"])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a LeaderWorkerSet"):
        place_of(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


def test_help_of_the_kubectl_plugin_says_how_it_is_called(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for argv in (["rollout", "--help"], ["scale", "--help"]):
        with pytest.raises(SystemExit):
            main(argv, program="kubectl lws")
        said = capsys.readouterr().out
        assert said.startswith(f"usage: kubectl lws {argv[0]}")
        assert f"  kubectl lws {argv[0]}" in said or f"example: kubectl lws {argv[0]}" in said
        assert "lwstui" not in said.partition("example")[2]


def test_lease_flags_that_are_not_given_are_the_controllers_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = LeaseTimes()
    assert _lease_times(build_parser().parse_args(["controller"])) == own
    given = build_parser().parse_args(["controller", "--retry-period", "0.5"])
    assert _lease_times(given) == LeaseTimes(retry_s=0.5)
    with pytest.raises(SystemExit):
        main(["controller", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for seconds in (own.duration_s, own.deadline_s, own.retry_s):
        assert f"(default {seconds:g})" in said


def test_unexpected_failures_keep_their_trace_in_a_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    state = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(state))

    def explode() -> str:
        raise RuntimeError("boom")

    monkeypatch.setattr("lwstui.data.crd_text", explode)
    assert main(["crd"]) == 1
    said = capsys.readouterr().err
    assert "RuntimeError: boom" in said
    assert "Traceback" not in said
    assert "RuntimeError: boom" in (state / "crash.log").read_text(encoding="utf-8")


def test_a_controller_for_several_namespaces_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["controller", "-n", "team-a,team-b"]) == 2
    said = "the controller serves one namespace or all of them, not several: team-a,team-b"
    assert capsys.readouterr().err == f"lwstui: {said}\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(
            ["scael", "x"], "lwstui: COMMAND cannot be 'scael'; did you mean scale?", id="verb"
        ),
        pytest.param(["frobnicate"], "lwstui: COMMAND cannot be 'frobnicate'", id="far from all"),
        pytest.param(
            ["get", "setz"], "lwstui get: KIND cannot be 'setz'; did you mean sets?", id="kind"
        ),
        pytest.param(
            ["describe", "qwen"],
            "lwstui describe: KIND cannot be 'qwen', it is one of set, group, pod, node",
            id="a name where a kind belongs",
        ),
        pytest.param(
            ["get", "sets", "-o", "tabel"],
            "lwstui get: -o/--output cannot be 'tabel'; did you mean table?",
            id="a flag's value",
        ),
        pytest.param(
            ["scale", "x"],
            "lwstui scale: the following arguments are required: --replicas",
            id="missing",
        ),
    ],
)
def test_a_wrong_word_is_one_sentence_with_what_may_be_meant(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == said
    assert second == f"see {said.partition(':')[0]} --help"
