"""Where a console opens: a demo on its fleet each time, any other where its context was left."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from lwstui.cli import demo, terminal
from lwstui.cli.main import main

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: lwstui-sandbox
contexts: [{name: lwstui-sandbox, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
"""


@pytest.mark.parametrize(
    ("command", "returns", "mode"), [(["demo"], False, "embedded"), ([], True, "off")]
)
def test_a_demo_does_not_open_where_an_earlier_sandbox_was_left(
    tmp_path, monkeypatch, command, returns, mode
):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("LWSTUI_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path / "state"))
    shown = []

    @contextmanager
    def sandbox(arguments):
        yield str(kubeconfig)

    async def run(console, *, mouse):
        shown.append((console.returns, console.preferences.loaded.settings.controller_mode))
        return 0

    monkeypatch.setattr(demo, "_sandbox", sandbox)
    monkeypatch.setattr(terminal, "_run", run)
    monkeypatch.setattr(terminal, "get_ready", lambda settings: None)
    monkeypatch.setattr("lwstui.cli.console.has_terminal", lambda: True)
    assert main(command) == 0
    assert shown == [(returns, mode)]
