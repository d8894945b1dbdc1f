"""Kubeconfigs: kubectl's rules, the sandbox is recognised, every fault is one sentence."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lwstui.kube.connect import (
    ConnectError,
    LoginError,
    Overrides,
    Target,
    connect,
    contexts,
    describe,
    every,
)


def kubeconfig(
    path: Path, *, cluster: str = "c1", user: dict[str, Any] | None = None, **changes: Any
) -> str:
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": [{"name": cluster, "cluster": {"server": "http://127.0.0.1:6443/"}}],
        "contexts": [
            {"name": "one", "context": {"cluster": cluster, "user": "me", "namespace": "llm"}},
            {"name": "two", "context": {"cluster": cluster, "user": "me"}},
        ],
        "users": [{"name": "me", "user": user or {"token": "t0"}}],
        **changes,
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return str(path)


def test_describe_takes_the_current_context(tmp_path: Path) -> None:
    info = describe(Target(kubeconfig(tmp_path / "k")))
    assert (info.context, info.cluster, info.user) == ("one", "c1", "me")
    assert (info.server, info.namespace, info.namespace_chosen) == (
        "http://127.0.0.1:6443",
        "llm",
        True,
    )
    assert info.sandbox is False


def test_describe_other_context_and_namespace(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "k")
    info = describe(Target(path, context="two"))
    assert (info.namespace, info.namespace_chosen) == ("default", False)
    assert describe(Target(path, "two", "prod")).namespace == "prod"
    assert contexts(Target(path)) == ("one", "two")


@pytest.mark.parametrize(
    ("server", "cluster", "sandbox"),
    [
        ("http://127.0.0.1:1", "lwstui-sandbox", True),
        ("http://localhost:1", "lwstui-sandbox", True),
        ("https://10.0.0.1", "lwstui-sandbox", False),
        ("http://127.0.0.1:1", "kind", False),
    ],
)
def test_the_sandbox_is_known_by_name_and_loopback(
    tmp_path: Path, server: str, cluster: str, sandbox: bool
) -> None:
    path = kubeconfig(
        tmp_path / "k",
        cluster=cluster,
        clusters=[{"name": cluster, "cluster": {"server": server}}],
    )
    assert describe(Target(path)).sandbox is sandbox


def test_several_files_merge_and_the_first_wins(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "a", **{"current-context": "two"})
    second = kubeconfig(
        tmp_path / "b",
        contexts=[{"name": "three", "context": {"cluster": "c1", "user": "me"}}],
    )
    environ = {"KUBECONFIG": f"{first}:{second}:{tmp_path / 'absent'}"}
    assert describe(Target(), environ).context == "two"
    assert describe(Target(context="three"), environ).context == "three"


@pytest.mark.parametrize(
    ("text", "target", "sentence"),
    [
        pytest.param("a: [", Target(), "is not valid YAML", id="yaml"),
        pytest.param("", Target(), "is empty or not a mapping", id="empty"),
        pytest.param("[]", Target(), "is empty or not a mapping", id="list"),
        pytest.param("clusters: []", Target(), "has no current context", id="no-context"),
        pytest.param("current-context: x", Target(), "no context x in", id="unknown"),
        pytest.param(
            "{current-context: a, contexts: [{name: a, context: {cluster: z}}]}",
            Target(),
            "names the cluster z, which has no server",
            id="no-server",
        ),
    ],
)
def test_broken_kubeconfigs_are_one_sentence(
    tmp_path: Path, text: str, target: Target, sentence: str
) -> None:
    path = tmp_path / "k"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConnectError) as caught:
        describe(Target(str(path), target.context))
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_kubeconfig_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="lwstui demo"):
        describe(Target(), {"HOME": str(tmp_path)})


async def test_connect_sends_the_token(tmp_path: Path) -> None:
    connection = await connect(Target(kubeconfig(tmp_path / "k")))
    try:
        assert await connection.rest._credentials.headers() == [("Authorization", "Bearer t0")]
    finally:
        await connection.close()


async def test_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n", encoding="utf-8")
    path = kubeconfig(tmp_path / "k", user={"tokenFile": "token"})
    connection = await connect(Target(path))
    try:
        headers = await connection.rest._credentials.headers()
        assert headers == [("Authorization", "Bearer from-file")]
    finally:
        await connection.close()


def plugin(code: str) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", code],
        }
    }


async def test_a_credential_plugin_reads_nothing_from_the_terminal(tmp_path: Path) -> None:
    code = (
        "import json, os, sys; read = sys.stdin.read(); "
        "asked = json.loads(os.environ['KUBERNETES_EXEC_INFO'])['spec']['interactive']; "
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', "
        "'kind': 'ExecCredential', 'status': {'token': f'got-{len(read)}-{asked}'}}))"
    )
    connection = await connect(Target(kubeconfig(tmp_path / "k", user=plugin(code))))
    try:
        headers = await connection.rest._credentials.headers()
        assert headers == [("Authorization", "Bearer got-0-False")]
    finally:
        await connection.close()


async def test_a_failing_credential_plugin_is_one_sentence(tmp_path: Path) -> None:
    code = "import sys; sys.exit('please log in')"
    path = kubeconfig(tmp_path / "k", user=plugin(code))
    with pytest.raises(ConnectError) as caught:
        await connect(Target(path))
    assert "user me in context one" in str(caught.value)
    assert "please log in" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_what_a_credential_plugin_says_is_heard_while_it_runs(tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    code = (
        "import pathlib, sys, time; print('open https://login, code \\x1b[1mABCD', "
        "file=sys.stderr, flush=True)\n"
        f"while not pathlib.Path({str(go_on)!r}).exists(): time.sleep(0.02)\n"
        "sys.exit('that was wrong')"
    )
    said: list[str] = []

    def told(text: str) -> None:
        said.append(text)
        go_on.touch()

    with pytest.raises(LoginError, match="that was wrong"):
        await connect(Target(kubeconfig(tmp_path / "k", user=plugin(code))), told)
    assert said[0] == "open https://login, code ABCD"
    assert said[-1] == ""


async def test_a_plugin_beside_the_kubeconfig_is_found(tmp_path: Path) -> None:
    script = tmp_path / "login.sh"
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "beside"},
    }
    script.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n", encoding="utf-8")
    script.chmod(0o700)
    user = {"exec": {"apiVersion": credential["apiVersion"], "command": "./login.sh"}}
    connection = await connect(Target(kubeconfig(tmp_path / "k", user=user)))
    try:
        headers = await connection.rest._credentials.headers()
        assert headers == [("Authorization", "Bearer beside")]
    finally:
        await connection.close()


async def test_impersonation_is_asked_for(tmp_path: Path) -> None:
    user = {
        "token": "t",
        "as": "viewer",
        "as-uid": "u1",
        "as-groups": ["a", "b"],
        "as-user-extra": {"reason": ["look"]},
    }
    connection = await connect(Target(kubeconfig(tmp_path / "k", user=user)))
    try:
        assert (await connection.rest._credentials.headers())[1:] == [
            ("Impersonate-User", "viewer"),
            ("Impersonate-Uid", "u1"),
            ("Impersonate-Group", "a"),
            ("Impersonate-Group", "b"),
            ("Impersonate-Extra-reason", "look"),
        ]
    finally:
        await connection.close()


async def test_a_context_without_a_user_is_anonymous(tmp_path: Path) -> None:
    path = kubeconfig(
        tmp_path / "k",
        clusters=[{"name": "c1", "cluster": {"server": "https://127.0.0.1:1"}}],
        contexts=[{"name": "one", "context": {"cluster": "c1"}}],
        users=[],
    )
    connection = await connect(Target(path))
    try:
        assert await connection.rest._credentials.headers() == []
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("server", "no_proxy", "expected"),
    [
        ("https://10.1.2.3", "", "http://proxy:3128"),
        ("https://10.1.2.3", "10.1.2.3", None),
        ("https://127.0.0.1:6443", "", None),
        ("https://localhost:6443", "", None),
    ],
)
async def test_the_proxy_of_the_environment_is_never_used_for_loopback(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: str,
    no_proxy: str,
    expected: str | None,
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    path = kubeconfig(tmp_path / "k", clusters=[{"name": "c1", "cluster": {"server": server}}])
    connection = await connect(Target(path))
    try:
        assert connection.rest._credentials.proxy == expected
    finally:
        await connection.close()


async def test_a_missing_certificate_is_one_sentence(tmp_path: Path) -> None:
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority": "gone.pem"}
    path = kubeconfig(tmp_path / "k", clusters=[{"name": "c1", "cluster": cluster}])
    with pytest.raises(ConnectError, match=r"gone\.pem"):
        await connect(Target(path))


def test_every_context_is_told_with_where_it_leads(tmp_path):
    path = tmp_path / "config"
    path.write_text(
        "current-context: b\n"
        "clusters: [{name: one, cluster: {server: 'https://one:6443/'}}]\n"
        "contexts:\n"
        "- {name: b, context: {cluster: one, user: u, namespace: llm}}\n"
        "- {name: a, context: {cluster: gone}}\n"
    )
    found = every(Target(kubeconfig=str(path)))
    assert [(i.context, i.server, i.namespace, i.namespace_chosen) for i in found] == [
        ("a", "", "default", False),
        ("b", "https://one:6443", "llm", True),
    ]
    assert every(Target(kubeconfig=str(tmp_path / "none")), {}) == ()


async def test_the_command_line_says_other_things_than_the_kubeconfig(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "k", user={"exec": {"command": "never-run"}, "as": "viewer"})
    instead = Overrides(
        server="http://127.0.0.1:7000",
        token="mine",
        as_user="admin",
        as_groups=("ops",),
        request_s=3.0,
    )
    connection = await connect(Target(path, overrides=instead))
    try:
        assert connection.info.server == "http://127.0.0.1:7000"
        assert connection.rest.request_s == 3.0
        assert await connection.rest._credentials.headers() == [
            ("Authorization", "Bearer mine"),
            ("Impersonate-User", "admin"),
            ("Impersonate-Group", "ops"),
        ]
    finally:
        await connection.close()


def test_another_cluster_and_another_user_of_the_kubeconfig(tmp_path: Path) -> None:
    path = kubeconfig(
        tmp_path / "k",
        clusters=[
            {"name": "c1", "cluster": {"server": "https://one:6443"}},
            {"name": "c2", "cluster": {"server": "https://two:6443"}},
        ],
    )
    info = describe(Target(path, overrides=Overrides(cluster="c2", user="other")))
    assert (info.cluster, info.server, info.user) == ("c2", "https://two:6443", "other")
    insecure = Overrides(insecure=True)
    assert describe(Target(path, overrides=insecure)).server == "https://one:6443"
