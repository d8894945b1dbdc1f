"""``lwstui doctor``: what is in the way, one line each, and whether that keeps it from working."""

import pytest

from lwstui.cli.doctor import clock_checks, terminal_checks
from lwstui.cli.main import main

GOOD = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("environ", "encoding", "size", "expected"),
    [
        pytest.param(GOOD, "UTF-8", (120, 40), [("ok", "120 by 40")], id="well"),
        pytest.param(GOOD, "utf8", None, [("ok", "not looked at")], id="a-pipe"),
        pytest.param(GOOD, "UTF-8", (59, 15), [("bad", "at least 60 by 15")], id="narrow"),
        pytest.param(GOOD, "UTF-8", (60, 14), [("bad", "at least 60 by 15")], id="low"),
        pytest.param({**GOOD, "TERM": "dumb"}, "UTF-8", (80, 24), [("bad", "TERM")], id="dumb"),
        pytest.param(
            GOOD, "ANSI_X3.4-1968", (80, 24), [("ok", ""), ("warn", "--ascii")], id="not-utf8"
        ),
        pytest.param(
            {"TERM": "xterm"}, "UTF-8", (80, 24), [("ok", ""), ("warn", "COLORTERM")], id="colours"
        ),
        pytest.param(
            {"TERM": "xterm", "NO_COLOR": "1"},
            "UTF-8",
            (80, 24),
            [("ok", ""), ("ok", "NO_COLOR")],
            id="no-colours",
        ),
        pytest.param(
            {**GOOD, "TMUX": "/tmp/x"}, "UTF-8", (80, 24), [("ok", ""), ("ok", "tmux")], id="tmux"
        ),
    ],
)
def test_terminals(environ, encoding, size, expected):
    found = list(terminal_checks(environ, encoding, size))
    assert [one.level for one in found] == [level for level, _ in expected]
    assert all(says in one.said for one, (_, says) in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (None, ""),
        (NOW, ""),
        (NOW - 5, ""),
        (NOW + 90, "90 s ahead of"),
        (NOW - 61, "60 s behind"),
    ],
)
def test_clocks_are_compared_as_far_as_whole_seconds_allow(theirs, says):
    answered, *apart = clock_checks(NOW, NOW, theirs)
    assert answered.level == "ok"
    assert bool(apart) == bool(says)
    assert all(one.level == "warn" and says in one.said for one in apart)


def test_without_a_cluster_it_says_what_to_do(monkeypatch, tmp_path, capsys):
    (tmp_path / "config.yaml").write_text("ui: {theem: dark}\n")
    monkeypatch.setenv("LWSTUI_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("TERM", "xterm")
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("warn  settings") and "theem" in line for line in lines)
    assert lines[-1].startswith("bad   kubeconfig")
    assert "lwstui demo" in lines[-1]
