"""Who may do what: tokens, acting as somebody else, and the rules that roles lay down."""

import hmac
import re
from dataclasses import replace

from aiohttp import web

from lwstui.sandbox import requests, status
from lwstui.sandbox.accounttokens import AccountTokens
from lwstui.sandbox.identity import ADMIN, User, account_of, impersonated
from lwstui.sandbox.objects import Store
from lwstui.sandbox.rbac import Attributes, Authorizer
from lwstui.sandbox.requests import Target, flag
from lwstui.sandbox.status import StatusError

_BEARER = ("Bearer", " ")
_CONVERSATIONS = frozenset({"attach", "exec", "portforward"})
_ONE = {"GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_MANY = {"GET": "list", "HEAD": "list", "DELETE": "deletecollection"}
_NODE_PROXY = re.compile(r"/api/v1/nodes/(?P<name>[^/]+)/proxy(/.*)?")
_PROXY = re.compile(
    r"/api/v1/namespaces/(?P<namespace>[^/]+)/(?P<plural>pods|services)/(?P<name>[^/]+)/proxy(/.*)?"
)


class Access:
    """Knows the users of a cluster and keeps them to their rules.

    Args:
        store: Accounts, roles and bindings.
        token: Bearer token of the administrator.
    """

    def __init__(self, store: Store, token: str) -> None:
        self._token = token.encode()
        self.authorizer = Authorizer(store)
        self.tokens = AccountTokens(store, token)

    def user_of(self, request: web.Request) -> User:
        """Return who sends a request: whose token it has, or as whom that user acts.

        Raises:
            StatusError: 400 it acts as nobody in particular, 401 the token is nobody's, 403 its
                owner may not act as that user.
        """
        kind, space, token = request.headers.get("Authorization", "").partition(" ")
        user = self.owner(token) if (kind, space) == _BEARER else None
        if user is None:
            raise StatusError(401, "Unauthorized", "Unauthorized")
        other = impersonated(request.headers)
        if other is None:
            return user
        self._check_impersonation(user, other)
        return other

    def owner(self, token: str) -> User | None:
        """Return whose token it is, None for nobody's."""
        given = token.encode(errors="surrogateescape")
        if hmac.compare_digest(given, self._token):
            return ADMIN
        return self.tokens.user(token) if token.isascii() else None

    def check(self, user: User, request: web.Request) -> None:
        """Refuse what no role allows a user.

        Raises:
            StatusError: 403.
        """
        if user.may_do_everything:
            return
        asked = attributes(request)
        self._check(user, asked)
        if asked.verb == "get" and asked.subresource in _CONVERSATIONS:
            # A WebSocket begins as a GET, and does what a POST does.
            self._check(user, replace(asked, verb="create"))

    def _check(self, user: User, asked: Attributes) -> None:
        decision = self.authorizer.decide(user, asked)
        if not decision.allowed:
            raise _forbidden(user, asked, decision.reason)

    def _check_impersonation(self, user: User, other: User) -> None:
        if user.may_do_everything:
            return
        account = account_of(other.name)
        if account is None:
            self._check(user, Attributes("impersonate", resource="users", name=other.name))
        else:
            namespace, name = account
            what = Attributes("impersonate", "", "serviceaccounts", "", namespace, name)
            self._check(user, what)
        for group in other.groups if account is None else ():
            if group != "system:authenticated":
                self._check(user, Attributes("impersonate", resource="groups", name=group))


def attributes(request: web.Request) -> Attributes:
    """Return what a request is about to do, as roles speak of it."""
    method, path = request.method, request.path
    target = _target(path)
    if target is None:
        return Attributes(_ONE.get(method, "post"), path=path)
    # A namespace is in itself: a binding there can allow to read it.
    namespace = target.name if _is_namespace(target) else target.namespace
    if method == "POST":
        verb = "create"
    elif target.name and not (method == "GET" and flag(request.query, "watch")):
        verb = _ONE.get(method, method.lower())
    elif method == "GET" and flag(request.query, "watch"):
        verb = "watch"
    else:
        verb = _MANY.get(method, method.lower())
    return Attributes(verb, target.group, target.plural, target.subresource, namespace, target.name)


def _target(path: str) -> Target | None:
    found = _PROXY.fullmatch(path)
    if found is not None:
        return Target("", "v1", found["plural"], found["namespace"], found["name"], "proxy")
    found = _NODE_PROXY.fullmatch(path)
    if found is not None:
        return Target("", "v1", "nodes", "", found["name"], "proxy")
    return requests.parse_path(path)


def _is_namespace(target: Target) -> bool:
    return not target.group and target.plural == "namespaces"


def _forbidden(user: User, asked: Attributes, why: str) -> StatusError:
    because = f": {why}" if why else ""
    if asked.path:
        message = f'User "{user.name}" cannot {asked.verb} path "{asked.path}"{because}'
        return StatusError(403, "Forbidden", f"forbidden: {message}", {})
    where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    message = (
        f'User "{user.name}" cannot {asked.verb} resource "{asked.full_resource}" in API group '
        f'"{asked.group}" {where}{because}'
    )
    key = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
    return status.forbidden(key, asked.name, message)
