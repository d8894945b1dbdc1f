"""Where a Prometheus is that remembers what was before the console started."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SERVICE: Final = re.compile(
    r"(?P<namespace>[a-z0-9-]+)/(?P<name>(https?:)?[a-z0-9-]+:[a-z0-9-]+)(?P<prefix>(/[\w.~-]+)*)/?"
)
_URL: Final = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")
SERVICE_FORM: Final = "NAMESPACE/[https:]NAME:PORT[/PREFIX], such as monitoring/prometheus:9090"


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the API server's proxy names it.

    Attributes:
        namespace: Where it is.
        name: ``[SCHEME:]NAME:PORT``.
        prefix: Path before ``/api``, empty or with a slash in front.
    """

    namespace: str
    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """How one is reached: by its address, or as a service through the API server.

    Attributes:
        url: Its address; empty if it is a service.
        service: The service, as ``SERVICE_FORM`` says; empty if it is an address.
        token_file: File with the bearer token for the address; empty for none.
        ca_file: File with the certificates to trust there; empty for the system's.
    """

    url: str = ""
    service: str = ""
    token_file: str = ""
    ca_file: str = ""

    def __bool__(self) -> bool:
        return bool(self.url or self.service)

    @property
    def through(self) -> Service | None:
        """The service, None if it is reached by its address."""
        return None if self.url else service(self.service)


NOWHERE: Final = Prometheus()


def service(text: str) -> Service | None:
    """Return the service that a text names, None if it names none."""
    found = _SERVICE.fullmatch(text)
    return Service(found["namespace"], found["name"], found["prefix"]) if found else None


def is_address(text: str) -> bool:
    """Tell whether a text is an address without a password in it."""
    return _URL.fullmatch(text) is not None
