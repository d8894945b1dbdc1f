"""How the real server is started, where there is none to start."""

import ssl
from pathlib import Path

import pytest

from tests.contract.apiserver import (
    Ports,
    etcd_command,
    missing,
    server_command,
    write_identity,
)

PORTS = Ports(etcd=2379, etcd_peer=2380, server=6443)


def options(command: list[str]) -> dict[str, str]:
    return dict(each.removeprefix("--").split("=", 1) for each in command[1:])


def test_etcd_listens_on_loopback_where_the_server_looks_for_it(tmp_path: Path) -> None:
    etcd = options(etcd_command(Path("/assets"), tmp_path, PORTS))
    server = options(server_command(Path("/assets"), tmp_path, PORTS))
    assert etcd["listen-client-urls"] == server["etcd-servers"] == "http://127.0.0.1:2379"
    assert etcd["initial-cluster"] == f"default={etcd['listen-peer-urls']}"
    assert (server["bind-address"], server["secure-port"]) == ("127.0.0.1", "6443")


def test_the_server_finds_every_file_that_was_written(tmp_path: Path) -> None:
    write_identity(tmp_path, "a-token", 1_790_000_000.0)
    server = options(server_command(Path("/assets"), tmp_path, PORTS))
    named = {value for name, value in server.items() if name.endswith("-file")}
    assert named == {str(path) for path in tmp_path.iterdir()}
    assert (tmp_path / "tokens.csv").read_text() == 'a-token,contract,contract,"system:masters"\n'
    for secret in ("server.key", "accounts.key"):
        assert (tmp_path / secret).stat().st_mode & 0o777 == 0o600


def test_clients_trust_the_certificate_the_server_shows(tmp_path: Path) -> None:
    trust = write_identity(tmp_path, "a-token", 1_790_000_000.0)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    pem = (tmp_path / "server.crt").read_text()
    assert trust.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(pem)]


@pytest.mark.parametrize(
    ("present", "why"),
    [
        ((), "has no etcd and no kube-apiserver"),
        (("etcd",), "has no kube-apiserver"),
        (("etcd", "kube-apiserver"), ""),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, present: tuple[str, ...], why: str) -> None:
    for name in present:
        (tmp_path / name).touch()
    said = missing(str(tmp_path))
    assert said.endswith(why)
    assert bool(said) is bool(why)


def test_without_the_variable_the_reason_names_it() -> None:
    assert missing(None).startswith("KUBEBUILDER_ASSETS")
