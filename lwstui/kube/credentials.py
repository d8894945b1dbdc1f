"""Credentials and TLS of one context, loaded by kubernetes-asyncio, which is imported late.

The library's own session has no keep-alive settings and a limit on connections that watches
would use up, so the session is made here from the library's configuration.
"""

from __future__ import annotations

import copy
import json
import logging
import ssl
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from lwstui import __version__
from lwstui.kube.prompts import Told, overheard, said

if TYPE_CHECKING:
    import aiohttp

USER_AGENT: Final = f"lwstui/{__version__}"


class CredentialError(Exception):
    """Credentials cannot be loaded; the text says why."""


class Credentials:
    """Who we are to one API server.

    Args:
        kubeconfig: Merged kubeconfig with absolute file names, or None inside a cluster.
        context: Name of the context.
        told: Takes what a credential plugin says while it runs.
    """

    def __init__(
        self,
        kubeconfig: dict[str, Any] | None,
        context: str,
        told: Told = lambda _: None,
    ) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._told = told
        self._user = _user_of(kubeconfig, context) if kubeconfig is not None else {}
        self._settings: Any = None

    async def load(self) -> None:
        """Load, or load again: runs credential plugins and reads token files.

        Raises:
            CredentialError: If the library refuses the configuration or a plugin fails.
        """
        from lwstui.kube.library import load

        configuration, config = load()

        # A failing plugin is told by its exception; the library would print it over the screen.
        logging.getLogger("kubernetes_asyncio").addHandler(logging.NullHandler())
        settings = configuration()
        async with overheard(self._told) as ears:
            try:
                if self._kubeconfig is None:
                    config.load_incluster_config(client_configuration=settings)
                else:
                    await config.load_kube_config_from_dict(
                        _for_library(self._kubeconfig, self._context, ears),
                        context=self._context,
                        client_configuration=settings,
                    )
            except (
                config.ConfigException,
                AssertionError,
                TypeError,
                KeyError,
                RuntimeError,
            ) as error:
                why = " ".join(filter(None, (str(error) or type(error).__name__, said(ears))))
                raise CredentialError(why) from error
        self._settings = settings

    async def headers(self) -> list[tuple[str, str]]:
        """Return the headers every request carries: who we are, and whom we act as."""
        token = await self._settings.get_api_key_with_prefix("BearerToken")
        own = [("Authorization", token.strip())] if token else []
        return own + _impersonation(self._user)

    @property
    def proxy(self) -> str | None:
        """The context's proxy, else the environment's; never one for loopback."""
        return self._settings.proxy or _environment_proxy(self._settings.host)

    @property
    def server_name(self) -> str | None:
        """The name expected in the server's certificate, if it is not the host's."""
        return self._settings.tls_server_name or None

    def session(self) -> aiohttp.ClientSession:
        """Return a session with this context's TLS; call it with the loop running."""
        import aiohttp

        from lwstui.kube.connector import Connector

        return aiohttp.ClientSession(
            connector=Connector(self._tls()),
            headers={"User-Agent": USER_AGENT},
            read_bufsize=2**18,
        )

    def _tls(self) -> ssl.SSLContext:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, keyfile=settings.key_file)
        if not settings.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # Cluster authorities made by older tools lack extensions that strict checking asks for.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


def _entry(kubeconfig: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    """Return the body of a named entry of ``contexts`` or ``users``; empty if there is none."""
    for entry in kubeconfig[part]:
        if isinstance(entry, dict) and entry.get("name") == name:
            body = entry.get(part[:-1])
            return body if isinstance(body, dict) else {}
    return {}


def _user_of(kubeconfig: dict[str, Any], context: str) -> dict[str, Any]:
    name = _entry(kubeconfig, "contexts", context).get("user")
    return _entry(kubeconfig, "users", str(name))


def _for_library(kubeconfig: dict[str, Any], context: str, ears: Path) -> dict[str, Any]:
    """Return the kubeconfig as the library can take it; what a plugin says goes to a file.

    It lets a credential plugin inherit standard input and tells it that it may ask questions,
    where it would compete with the console for the operator's keys: plugins get neither. It
    needs a user even where the context has none.
    """
    changed = copy.deepcopy(kubeconfig)
    user = _user_of(changed, context)
    plugin = user.get("exec")
    if isinstance(plugin, dict) and plugin.get("command"):
        told = {
            "apiVersion": plugin.get("apiVersion"),
            "kind": "ExecCredential",
            "spec": {"interactive": False},
        }
        arguments = [str(argument) for argument in plugin.get("args") or []]
        script = (
            'export KUBERNETES_EXEC_INFO="$0"; said="$1"; shift; exec "$@" </dev/null 2>"$said"'
        )
        words = (json.dumps(told), str(ears), str(plugin["command"]), *arguments)
        plugin["args"] = ["-c", script, *words]
        plugin["command"] = "sh"
    nobody = "lwstui-nobody"
    _entry(changed, "contexts", context)["user"] = nobody
    changed["users"] = [{"name": nobody, "user": user}]
    return changed


def _impersonation(user: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the headers for ``as``, ``as-uid``, ``as-groups`` and ``as-user-extra``.

    The library ignores them, which would act with more rights than the kubeconfig asks for.
    """
    headers = [("Impersonate-User", str(user["as"]))] if user.get("as") else []
    if user.get("as-uid"):
        headers.append(("Impersonate-Uid", str(user["as-uid"])))
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    for name, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(str(name))}", str(value)) for value in values]
    return headers


def _environment_proxy(server: str) -> str | None:
    """Return the proxy the environment names for a server, as other programs read it."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies_environment().get(parts.scheme)


@lru_cache(64)
def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's loopback."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
