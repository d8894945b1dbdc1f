"""``lwstui info`` names every path in use; flags of kubectl reach the target."""

from pathlib import Path

import pytest

from lwstui.cli.common import target_of
from lwstui.cli.main import build_parser, main


def test_every_path_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(
        "current-context: prod\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "contexts: [{name: prod, context: {cluster: c, user: u}}]\n"
    )
    (tmp_path / "config.yaml").write_text("")
    monkeypatch.setenv("LWSTUI_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("KUBECONFIG", str(config))
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert f"{tmp_path / 'config.yaml'}\n" in out
    assert f"{tmp_path / 'contexts' / 'prod.yaml'}  (not there)" in out
    for path in (config, tmp_path / "plugins.yaml", tmp_path / "state" / "lwstui.log"):
        assert str(path) in out


@pytest.mark.parametrize("words", [[], ["get", "sets"]])
def test_flags_of_kubectl(words: list[str]) -> None:
    flags = ["--as", "admin", "--as-group", "a", "--as-group", "b", "--token", "t"]
    flags += ["--request-timeout", "1m30s", "--insecure-skip-tls-verify", "--server", "https://x"]
    arguments = build_parser().parse_args([*words, *flags])
    instead = target_of(arguments).overrides
    assert (instead.as_user, instead.as_groups, instead.token) == ("admin", ("a", "b"), "t")
    assert (instead.request_s, instead.insecure, instead.server) == (90.0, True, "https://x")
