"""In a pod: the service account's token and authority, and a token that is rotated."""

import datetime
from pathlib import Path

import pytest
from kubernetes_asyncio.config import incluster_config

from lwstui.kube import connect as module
from lwstui.kube.connect import ConnectError, Target, connect, describe
from lwstui.sandbox.certificates import loopback_certificate

HOST = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service account as the kubelet mounts it, and a home without a kubeconfig."""
    authority = loopback_certificate(datetime.datetime.now(datetime.UTC).timestamp()).certificate
    for name, text in (("token", "first"), ("ca.crt", authority), ("namespace", "lwstui-system")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "_SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    for name, value in HOST.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_where_a_pod_is(mount: Path) -> None:
    info = describe(Target())
    assert (info.server, info.context) == ("https://10.96.0.1:443", "in-cluster")
    assert (info.namespace, info.namespace_chosen) == ("lwstui-system", False)
    assert info.sandbox is False


def test_an_address_of_version_6_is_bracketed(mount: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    assert describe(Target()).server == "https://[fd00::1]:443"


async def test_a_rotated_token_is_taken_up(mount: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The library reads the file again when this time has passed.
    monkeypatch.setattr(incluster_config, "TOKEN_REFRESH_PERIOD", datetime.timedelta())
    connection = await connect(Target())
    try:
        credentials = connection.rest._credentials
        assert await credentials.headers() == [("Authorization", "Bearer first")]
        (mount / "token").write_text("second\n", encoding="utf-8")
        assert await credentials.headers() == [("Authorization", "Bearer second")]
    finally:
        await connection.close()


async def test_a_refused_token_is_read_again_at_once(mount: Path) -> None:
    connection = await connect(Target())
    try:
        credentials = connection.rest._credentials
        (mount / "token").write_text("second", encoding="utf-8")
        await credentials.load()
        assert await credentials.headers() == [("Authorization", "Bearer second")]
    finally:
        await connection.close()


async def test_an_empty_token_is_one_sentence(mount: Path) -> None:
    (mount / "token").write_text("", encoding="utf-8")
    with pytest.raises(ConnectError, match="context in-cluster: Token file exists but empty"):
        await connect(Target())
