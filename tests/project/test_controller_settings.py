"""The controller as the settings want it: in the console or not, and how much it keeps."""

from __future__ import annotations

import pytest

from lwstui.cli import terminal
from lwstui.cli.main import main

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: prod
contexts:
- {name: prod, context: {cluster: c, user: u}}
- {name: lab, context: {cluster: c, user: u}}
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Return the options of the engines that the console would have been shown with."""
    (tmp_path / "contexts").mkdir()
    (tmp_path / "config.yaml").write_text("controller: {revision_limit: 4}\n")
    (tmp_path / "contexts" / "lab.yaml").write_text("controller: {mode: embedded}\n")
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    monkeypatch.setenv("LWSTUI_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    found = []

    def show(backend, **_):
        found.append(backend._options)
        return 0

    monkeypatch.setattr(terminal, "show", show)
    monkeypatch.setattr(terminal, "get_ready", lambda settings: None)
    return found


@pytest.mark.parametrize(
    ("flags", "embedded", "limit"),
    [
        ([], False, 4),
        (["--context", "lab"], True, 4),
        (["--embedded-controller", "--revision-history-limit", "7"], True, 7),
    ],
)
def test_the_console_runs_the_controller_where_the_context_says_so(asked, flags, embedded, limit):
    assert main([*flags, "--once"]) == 0
    assert [(o.embedded_controller, o.history_limit) for o in asked] == [(embedded, limit)]


@pytest.mark.parametrize(("flags", "limit"), [([], 4), (["--revision-history-limit", "0"], 0)])
def test_a_headless_controller_keeps_as_many_revisions_as_the_settings_say(
    asked, monkeypatch, flags, limit
):
    served = []

    async def serve(options):
        served.append(options.history_limit)
        return 0

    monkeypatch.setattr("lwstui.runtime.headless.serve", serve)
    main(["controller", *flags])
    assert served == [limit]
