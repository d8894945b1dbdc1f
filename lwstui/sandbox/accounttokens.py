"""Tokens of service accounts: issued on request, bound to what they are for, checked when used."""

import base64
import hashlib
import hmac
import json
import uuid

import msgspec

from lwstui.sandbox import status
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.identity import User, service_account
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

ISSUER = "https://kubernetes.default.svc.cluster.local"
_LEAST_S, _MOST_S, _USUAL_S = 600, 1 << 32, 3600
_HEADER = {"alg": "HS256", "typ": "JWT"}
_BOUND = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


class _BoundObject(msgspec.Struct, rename="camel", omit_defaults=True):
    kind: str = ""
    api_version: str = ""
    name: str = ""
    uid: str = ""


class _Spec(msgspec.Struct, rename="camel"):
    audiences: list[str] | None = None
    expiration_seconds: int | None = None
    bound_object_ref: _BoundObject | None = None


class AccountTokens:
    """Issues and reads tokens.

    Args:
        store: Where the accounts are.
        secret: What the tokens are signed with.
    """

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._secret = hashlib.sha256(f"service accounts {secret}".encode()).digest()

    def issue(self, namespace: str, name: str, request: Json) -> Json:
        """Answer a ``TokenRequest`` for an account.

        Raises:
            StatusError: 404 no such account or object to bind to, 409 one of another uid, 422 a
                duration or kind of object that is not served.
        """
        account = self._store.entry("serviceaccounts", namespace, name).object
        spec = _spec(request)
        duration_s = _USUAL_S if spec.expiration_seconds is None else spec.expiration_seconds
        _check_duration(duration_s)
        now = int(self._store.clock.now())
        bound = self._bound(namespace, spec.bound_object_ref)
        uid = account["metadata"]["uid"]
        claims: Json = {
            "aud": spec.audiences or [ISSUER],
            "exp": now + duration_s,
            "iat": now,
            "iss": ISSUER,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": {
                "namespace": namespace,
                **bound,
                "serviceaccount": {"name": name, "uid": uid},
            },
            "nbf": now,
            "sub": service_account(namespace, name).name,
        }
        given = {"token": self._signed(claims), "expirationTimestamp": rfc3339(claims["exp"])}
        filled = {
            "audiences": claims["aud"],
            "expirationSeconds": duration_s,
            "boundObjectRef": spec.bound_object_ref and msgspec.to_builtins(spec.bound_object_ref),
        }
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "creationTimestamp": rfc3339(now),
            },
            "spec": filled,
            "status": given,
        }

    def user(self, token: str) -> User | None:
        """Return whose token it is; None for one that is not valid, or not for this server."""
        claims = self._claims(token)
        if claims is None or ISSUER not in claims["aud"]:
            return None
        if self._store.clock.now() >= claims["exp"]:
            return None
        held = claims["kubernetes.io"]
        namespace, account = held["namespace"], held["serviceaccount"]
        found = self._store.get("serviceaccounts", namespace, account["name"])
        if found is None or found["metadata"]["uid"] != account["uid"]:
            return None
        for field, plural in _BOUND.items():
            bound = held.get(field.lower())
            where = "" if field == "Node" else namespace
            if bound and not self._is_there(plural, where, bound):
                return None
        return service_account(namespace, account["name"], account["uid"])

    def _is_there(self, plural: str, namespace: str, bound: Json) -> bool:
        found = self._store.get(plural, namespace, bound["name"])
        return found is not None and found["metadata"]["uid"] == bound["uid"]

    def _bound(self, namespace: str, ref: _BoundObject | None) -> Json:
        """Return the claim about the object that a token ends with."""
        if ref is None:
            return {}
        kind, name = ref.kind, ref.name
        if kind not in _BOUND:
            message = f"Invalid value: {shown(kind)}: cannot bind token to object of type {kind}"
            raise _invalid(Cause("spec.boundObjectRef", message))
        where = "" if kind == "Node" else namespace
        found = self._store.entry(_BOUND[kind], where, name).object
        uid = found["metadata"]["uid"]
        if ref.uid and ref.uid != uid:
            why = (
                f"the UID in the bound object reference ({ref.uid}) does not match the UID in "
                f"record. The object might have been deleted and then recreated"
            )
            raise status.conflict(_BOUND[kind], name, why)
        return {kind.lower(): {"name": name, "uid": uid}}

    def _signed(self, claims: Json) -> str:
        text = f"{_packed(_HEADER)}.{_packed(claims)}"
        return f"{text}.{_base64(self._signature(text))}"

    def _signature(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()

    def _claims(self, token: str) -> Json | None:
        text, _, signature = token.rpartition(".")
        expected = _base64(self._signature(text))
        if not text.isascii() or not hmac.compare_digest(signature.encode(), expected.encode()):
            return None
        body = text.partition(".")[2]
        claims: Json = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return claims


def _spec(request: Json) -> _Spec:
    try:
        return msgspec.convert(request.get("spec") or {}, _Spec)
    except msgspec.ValidationError as error:
        raise status.bad_request(f"TokenRequest cannot be handled: {error}") from None


def _check_duration(duration_s: int) -> None:
    if duration_s < _LEAST_S:
        why = "may not specify a duration less than 10 minutes"
    elif duration_s > _MOST_S:
        why = "may not specify a duration larger than 2^32 seconds"
    else:
        return
    raise _invalid(Cause("spec.expirationSeconds", f"Invalid value: {duration_s}: {why}"))


def _invalid(cause: Cause) -> status.StatusError:
    return status.invalid("TokenRequest", "authentication.k8s.io", "", [cause])


def _packed(value: Json) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
