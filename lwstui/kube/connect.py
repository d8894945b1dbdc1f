"""Finding and opening a cluster: kubeconfig, context, credentials, session.

``describe`` reads the kubeconfig only and is cheap; ``connect`` loads credentials through
kubernetes-asyncio, which it imports late. Neither sends a request to the API server.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import yaml

from lwstui.kube.clean import clean_line, yaml_problem
from lwstui.kube.credentials import CredentialError, is_loopback

if TYPE_CHECKING:
    from lwstui.kube.prompts import Told
    from lwstui.kube.rest import Rest

SANDBOX_CLUSTER: Final = "lwstui-sandbox"
_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_PLUGIN_LIMIT_S: Final = 30
_FILES: Final = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class ConnectError(Exception):
    """The cluster cannot be opened; the text says what failed, on what, and what to do."""


class LoginError(ConnectError):
    """The credentials cannot be used."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line says instead of the kubeconfig, as kubectl's flags of these names do.

    Attributes:
        as_user: Whom to act as.
        as_groups: As a member of which groups.
        insecure: Do not check the server's certificate.
        request_s: How long to wait for an answer, in seconds; None for the usual time.
    """

    cluster: str = ""
    user: str = ""
    server: str = ""
    token: str = ""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    insecure: bool = False
    request_s: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What the user asked for; None means as kubectl would choose."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    overrides: Overrides = Overrides()


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """Where a target leads.

    Attributes:
        namespace: Of the target, else of the context, else ``default``.
        namespace_chosen: Whether the target or the context names a namespace.
        sandbox: Whether it is the sandbox of this program.
    """

    context: str
    cluster: str
    server: str
    user: str
    namespace: str
    namespace_chosen: bool = False
    sandbox: bool = False


@dataclass(slots=True)
class Connection:
    """An open cluster: who it is and its REST client."""

    info: ClusterInfo
    rest: Rest

    async def close(self) -> None:
        """Close the session and stop renewing credentials."""
        await self.rest.close()


def describe(target: Target, environ: Mapping[str, str] | None = None) -> ClusterInfo:
    """Return where a target leads, from the kubeconfig alone.

    Raises:
        ConnectError: If there is no usable kubeconfig or the context does not exist.
    """
    environ = os.environ if environ is None else environ
    paths = _paths(target, environ)
    if not paths:
        if _in_cluster(environ):
            return _in_cluster_info(target, environ)
        wanted = target.kubeconfig or environ.get("KUBECONFIG") or "~/.kube/config"
        raise ConnectError(
            f"no kubeconfig: {wanted} does not exist; name one with --kubeconfig, "
            "or try a cluster on this machine: lwstui demo"
        )
    return _info(target, _loaded(target, paths), paths)


def contexts(target: Target, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the names of all contexts of the kubeconfig, sorted."""
    paths = _paths(target, os.environ if environ is None else environ)
    return tuple(sorted(_named(_merged(paths), "contexts")))


def every(target: Target, environ: Mapping[str, str] | None = None) -> tuple[ClusterInfo, ...]:
    """Return where each context of the kubeconfig leads, by name; those without a server, too.

    Raises:
        ConnectError: If the kubeconfig cannot be read.
    """
    environ = os.environ if environ is None else environ
    paths = _paths(target, environ)
    if not paths:
        return (_in_cluster_info(target, environ),) if _in_cluster(environ) else ()
    merged = _merged(paths)
    clusters = _named(merged, "clusters")
    return tuple(
        _told(name, entry, clusters, None)
        for name, entry in sorted(_named(merged, "contexts").items())
    )


async def connect(target: Target, told: Told = lambda _: None) -> Connection:
    """Open a cluster: load credentials and make a session.

    Args:
        target: The cluster.
        told: Takes what a credential plugin says while it runs, and an empty text at its end.

    Raises:
        LoginError: If the credentials cannot be used.
        ConnectError: If the kubeconfig cannot be used.
    """
    info = describe(target)
    from lwstui.kube.credentials import Credentials
    from lwstui.kube.rest import Rest

    paths = _paths(target, os.environ)
    merged = _loaded(target, paths) if paths else None
    credentials = Credentials(merged, info.context, told)
    try:
        await asyncio.wait_for(credentials.load(), _PLUGIN_LIMIT_S)
        session = credentials.session()
    except TimeoutError:
        raise LoginError(
            f"the credentials of user {info.user} (context {info.context}) did not arrive within "
            f"{_PLUGIN_LIMIT_S} s; run its login command in another terminal"
        ) from None
    except (CredentialError, OSError, ValueError) as error:
        raise LoginError(
            f"cannot use the credentials of user {info.user or '(none)'} "
            f"in context {info.context}: "
            f"{clean_line(str(error)) or type(error).__name__}; check {_names(paths)}"
        ) from error
    rest = Rest(session, info.server, credentials)
    rest.request_s = target.overrides.request_s or rest.request_s
    return Connection(info, rest)


def kubeconfigs(target: Target, environ: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the kubeconfig files that are read."""
    return tuple(_paths(target, os.environ if environ is None else environ))


def _loaded(target: Target, paths: list[Path]) -> dict[str, Any]:
    """Return the kubeconfig with what the command line says instead, in the context it chooses."""
    merged, instead = _merged(paths), target.overrides
    name = target.context or merged.get("current-context")
    entry = _named(merged, "contexts").get(str(name))
    if entry is None or instead == Overrides():
        return merged
    entry["cluster"] = instead.cluster or entry.get("cluster")
    user = dict(_named(merged, "users").get(instead.user or str(entry.get("user")), {}))
    cluster = dict(_named(merged, "clusters").get(str(entry["cluster"]), {}))
    if instead.token:
        user = {key: value for key, value in user.items() if key.startswith("as")}
    given = {
        "token": instead.token,
        "client-certificate": instead.client_certificate,
        "client-key": instead.client_key,
        "as": instead.as_user,
        "as-groups": list(instead.as_groups),
    }
    user |= {key: value for key, value in given.items() if value}
    cluster |= {"server": instead.server} if instead.server else {}
    if instead.certificate_authority:
        cluster |= {"certificate-authority": instead.certificate_authority}
        cluster.pop("certificate-authority-data", None)
    if instead.insecure:
        cluster |= {"insecure-skip-tls-verify": True}
        for key in ("certificate-authority", "certificate-authority-data"):
            cluster.pop(key, None)
    entry["user"] = instead.user or entry.get("user") or "command-line"
    for part, body in (("user", user), ("cluster", cluster)):
        named = str(entry[part])
        others = [e for e in merged[f"{part}s"] if isinstance(e, dict) and e.get("name") != named]
        merged[f"{part}s"] = [{"name": named, part: body}, *others]
    return merged


def _paths(target: Target, environ: Mapping[str, str]) -> list[Path]:
    """Return the kubeconfig files that exist, as kubectl looks for them."""
    if target.kubeconfig:
        named = [target.kubeconfig]
    elif environ.get("KUBECONFIG"):
        named = [part for part in environ["KUBECONFIG"].split(os.pathsep) if part]
    else:
        named = [str(Path(environ.get("HOME", "~")) / ".kube" / "config")]
    return [path for path in (Path(name).expanduser() for name in named) if path.exists()]


def _merged(paths: list[Path]) -> dict[str, Any]:
    """Return the files merged: the first to name something wins.

    Raises:
        ConnectError: If one cannot be read or is not a kubeconfig.
    """
    merged: dict[str, Any] = {"clusters": [], "contexts": [], "users": []}
    for path in paths:
        try:
            loaded = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            raise ConnectError(f"cannot read the kubeconfig {path}: {error}") from error
        except yaml.YAMLError as error:
            reason = yaml_problem(error)
            raise ConnectError(f"the kubeconfig {path}{reason}") from error
        if not isinstance(loaded, dict):
            raise ConnectError(f"the kubeconfig {path} is empty or not a mapping")
        for part in ("clusters", "contexts", "users"):
            merged[part] += _absolute(loaded.get(part) or [], path.resolve().parent)
        merged.setdefault("current-context", loaded.get("current-context"))
    return merged


def _absolute(entries: list[Any], folder: Path) -> list[Any]:
    """Return the entries with the files they name made absolute, as kubectl resolves them."""
    for entry in entries:
        for body in entry.values() if isinstance(entry, dict) else ():
            if not isinstance(body, dict):
                continue
            for name in _FILES:
                if body.get(name):
                    body[name] = str(folder / str(body[name]))
            plugin = body.get("exec")
            if isinstance(plugin, dict) and os.sep in str(plugin.get("command", "")):
                plugin["command"] = str(folder / str(plugin["command"]))
    return entries


def _named(merged: dict[str, Any], part: str) -> dict[str, dict[str, Any]]:
    """Return the entries of a list by name; the first of a name wins."""
    singular = part[:-1]
    found: dict[str, dict[str, Any]] = {}
    for entry in merged[part]:
        if isinstance(entry, dict) and isinstance(entry.get(singular), dict):
            found.setdefault(str(entry.get("name")), entry[singular])
    return found


def _info(target: Target, merged: dict[str, Any], paths: list[Path]) -> ClusterInfo:
    named = _named(merged, "contexts")
    context = target.context or merged.get("current-context")
    if not context:
        raise ConnectError(
            f"{_names(paths)} has no current context; choose one with --context: "
            f"{', '.join(sorted(named)) or 'it has none'}"
        )
    if context not in named:
        raise ConnectError(
            f"no context {clean_line(context)} in {_names(paths)}; "
            f"it has {', '.join(sorted(named)) or 'none'}"
        )
    info = _told(context, named[context], _named(merged, "clusters"), target.namespace)
    if not info.server:
        raise ConnectError(
            f"context {info.context} names the cluster {info.cluster or '(none)'}, which has no "
            f"server in {_names(paths)}"
        )
    return info


def _told(
    context: str,
    entry: dict[str, Any],
    clusters: dict[str, dict[str, Any]],
    namespace: str | None,
) -> ClusterInfo:
    """Return what a context's entry says; without a server if its cluster has none."""
    cluster = str(entry.get("cluster", ""))
    server = str(clusters.get(cluster, {}).get("server", "")).rstrip("/")
    namespace = namespace or str(entry.get("namespace") or "")
    return ClusterInfo(
        context=clean_line(context),
        cluster=clean_line(cluster),
        server=server,
        user=clean_line(str(entry.get("user", ""))),
        namespace=namespace or "default",
        namespace_chosen=bool(namespace),
        sandbox=cluster == SANDBOX_CLUSTER and is_loopback(urlsplit(server).hostname or ""),
    )


def _in_cluster(environ: Mapping[str, str]) -> bool:
    return "KUBERNETES_SERVICE_HOST" in environ and (_SERVICE_ACCOUNT / "token").exists()


def _in_cluster_info(target: Target, environ: Mapping[str, str]) -> ClusterInfo:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    own = (_SERVICE_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    namespace = target.namespace or own
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return ClusterInfo(
        "in-cluster", "in-cluster", server, "service account", namespace, bool(target.namespace)
    )


def _names(paths: list[Path]) -> str:
    return ", ".join(str(path) for path in paths) or "the kubeconfig"
