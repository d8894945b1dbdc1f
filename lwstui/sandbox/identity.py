"""Who sends a request: the administrator, a service account, or somebody one of them acts as."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from multidict import CIMultiDictProxy

from lwstui.sandbox import status
from lwstui.sandbox.objects import Json

MASTERS = "system:masters"
_AUTHENTICATED = "system:authenticated"
_ACCOUNT = "system:serviceaccount"
_EXTRA = "impersonate-extra-"


@dataclass(frozen=True, slots=True)
class User:
    """A user as the API server knows one."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def may_do_everything(self) -> bool:
        """Tell whether no rule can keep the user from anything."""
        return MASTERS in self.groups

    def body(self) -> Json:
        """Return the user as a ``UserInfo``."""
        info: Json = {"username": self.name, "groups": list(self.groups)}
        if self.uid:
            info["uid"] = self.uid
        if self.extra:
            info["extra"] = {name: list(values) for name, values in self.extra.items()}
        return info


ADMIN = User("sandbox-admin", (MASTERS, _AUTHENTICATED))


def service_account(namespace: str, name: str, uid: str = "") -> User:
    """Return the user that a service account is."""
    groups = (f"{_ACCOUNT}s", f"{_ACCOUNT}s:{namespace}", _AUTHENTICATED)
    return User(f"{_ACCOUNT}:{namespace}:{name}", groups, uid)


def account_of(user: str) -> tuple[str, str] | None:
    """Return namespace and name of the service account whose user has a name; None for others."""
    parts = user.split(":")
    is_account = len(parts) == 4 and ":".join(parts[:2]) == _ACCOUNT and all(parts)
    return (parts[2], parts[3]) if is_account else None


def impersonated(headers: CIMultiDictProxy[str]) -> User | None:
    """Return whom a request wants to act as, None for nobody.

    Raises:
        StatusError: 400, it asks for groups, a uid or more of nobody.
    """
    name, uid = headers.get("Impersonate-User", ""), headers.get("Impersonate-Uid", "")
    asked = tuple(headers.getall("Impersonate-Group", []))
    extra: dict[str, tuple[str, ...]] = {}
    for header, value in headers.items():
        if header.lower().startswith(_EXTRA):
            key = unquote(header[len(_EXTRA) :].lower())
            extra[key] = (*extra.get(key, ()), value)
    if not name:
        if uid or asked or extra:
            raise status.bad_request("requested groups, uid or extra without impersonating a user")
        return None
    account = account_of(name)
    groups = service_account(*account).groups if account and not asked else asked
    if _AUTHENTICATED not in groups:
        groups = (*groups, _AUTHENTICATED)
    return User(name, groups, uid, extra)
