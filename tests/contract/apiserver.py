"""A real kube-apiserver with its etcd on loopback, from the folder KUBEBUILDER_ASSETS names."""

import secrets
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lwstui.sandbox.certificates import loopback_certificate
from tests.contract.client import Api
from tests.support.waiting import until

ASSETS = "KUBEBUILDER_ASSETS"
_STARTS_WITHIN_S = 60
_STOPS_WITHIN_S = 20


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the processes listen on loopback."""

    etcd: int
    etcd_peer: int
    server: int


def missing(assets: str | None) -> str:
    """Return why there is no real server to start; empty when there is one."""
    if not assets:
        return f"{ASSETS} names no folder with etcd and kube-apiserver"
    absent = [name for name in ("etcd", "kube-apiserver") if not (Path(assets) / name).is_file()]
    return f"{ASSETS}={assets} has no {' and no '.join(absent)}" if absent else ""


def etcd_command(assets: Path, folder: Path, ports: Ports) -> list[str]:
    """Return the command line of an etcd that keeps its data in ``folder``."""
    client, peer = f"http://127.0.0.1:{ports.etcd}", f"http://127.0.0.1:{ports.etcd_peer}"
    return [
        str(assets / "etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync=true",
    ]


def server_command(assets: Path, folder: Path, ports: Ports) -> list[str]:
    """Return the command line of a server whose certificate, keys and tokens are in ``folder``."""
    return [
        str(assets / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{ports.etcd}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={ports.server}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://127.0.0.1",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-cluster-ip-range=10.0.0.0/24",
        # No controller makes the default service account, without which no pod would be admitted.
        "--disable-admission-plugins=ServiceAccount",
        "--allow-privileged=true",
    ]


def write_identity(folder: Path, token: str, now_s: float) -> ssl.SSLContext:
    """Write the server's certificate, its keys and its only user; return whom clients trust."""
    pair = loopback_certificate(now_s)
    accounts = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (folder / "server.crt").write_text(pair.certificate, encoding="ascii")
    (folder / "tokens.csv").write_text(f'{token},contract,contract,"system:masters"\n')
    for name, secret in (("server.key", pair.key), ("accounts.key", accounts.decode("ascii"))):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(secret, encoding="ascii")
    return ssl.create_default_context(cadata=pair.certificate)


@contextmanager
def running_server(assets: Path, now_s: float) -> Iterator[Api]:
    """Run etcd and kube-apiserver until the block ends; the server is ready when it begins."""
    token = secrets.token_urlsafe(16)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lwstui-contract-")))
        ports = Ports(*_free_ports(3))
        trust = write_identity(folder, token, now_s)
        for command in (etcd_command, server_command):
            stack.enter_context(_process(command(assets, folder, ports), folder))
        api = Api(f"https://127.0.0.1:{ports.server}", token, trust, "apiserver")
        until(lambda: _is_ready(api), _STARTS_WITHIN_S, what="kube-apiserver is ready")
        yield api


def _is_ready(api: Api) -> bool:
    try:
        return api.call("GET", "/readyz").code == 200
    except OSError:
        return False


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    """Return ports nobody listens on, all held until the last is found so that they differ."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]
