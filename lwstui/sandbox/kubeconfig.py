"""The kubeconfig that leads to the sandbox: loopback address and token, for its owner only."""

import base64
import os
from pathlib import Path

import yaml

NAME = "lwstui-sandbox"


def kubeconfig(url: str, token: str, authority: str) -> str:
    """Return a kubeconfig whose context, cluster and user are all called ``lwstui-sandbox``.

    Args:
        url: Address of the API server.
        token: Bearer token.
        authority: PEM of the certificate to trust.
    """
    trusted = base64.b64encode(authority.encode()).decode()
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": [
            {"name": NAME, "cluster": {"server": url, "certificate-authority-data": trusted}}
        ],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }
    return yaml.safe_dump(document, sort_keys=False)


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` with mode 0600, replacing a file that is there.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
