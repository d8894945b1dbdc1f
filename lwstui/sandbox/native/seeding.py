"""Puts sets of the native controller, and its installation, into a store."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from lwstui.sandbox.crds import CRD_KEY, custom_kind
from lwstui.sandbox.kinds import BUILTIN, KindInfo
from lwstui.sandbox.native import installation
from lwstui.sandbox.native.shapes import (
    REVISIONS,
    SETS,
    STATEFUL_SETS,
    NativeSet,
    unsupported,
)
from lwstui.sandbox.objects import Json, StatusError, Store, deep_copy
from lwstui.sandbox.registry import Resource
from lwstui.sandbox.requests import WriteOptions
from lwstui.sandbox.tables import builtin_table
from lwstui.sandbox.writes import Address, Writer

_DEFAULT = "default"


class NativeError(Exception):
    """Manifests cannot be made into sets of the native controller; the message says why."""


def load(paths: Iterable[Path]) -> tuple[Json, ...]:
    """Read the manifests of files.

    Raises:
        NativeError: A file cannot be read, is no YAML or has no set in it.
    """
    documents: list[Json] = []
    for path in paths:
        try:
            found = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise NativeError(f"cannot read {path}: {error}") from error
        manifests = [each for each in found if each is not None]
        if not all(isinstance(each, dict) for each in manifests):
            raise NativeError(f"{path} holds something else than manifests")
        if not any(each.get("kind") == "LeaderWorkerSet" for each in manifests):
            raise NativeError(f"there is no LeaderWorkerSet in {path}")
        documents += manifests
    return tuple(documents)


def seed(store: Store, manifests: Sequence[Json]) -> None:
    """Store the manifests; their sets as the native controller makes them, its installation first.

    Pods are left to the scheduler and the kubelets, who start them as any.

    Raises:
        NativeError: A manifest is refused, or a set has what is not made here.
    """
    seeder = _Seeder(store)
    for key, body in installation.objects():
        seeder.create(key, body)
    for manifest in manifests:
        try:
            seeder.take(manifest)
        except StatusError as error:
            raise NativeError(error.message) from error


class _Seeder:
    """Creates objects as the API server does for the native controller."""

    def __init__(self, store: Store) -> None:
        self._writer = Writer(store)
        self._resources = {kind.key: _resource(kind) for kind in BUILTIN}
        for crd in store.items(CRD_KEY):
            custom = custom_kind(crd)
            key = custom.info.key
            self._resources[key] = Resource(custom.info, key, custom.table, custom)

    def create(self, key: str, body: Json, manager: str = "manager") -> Json:
        resource = self._resources[key]
        namespace = body["metadata"].get("namespace") or _DEFAULT
        address = Address(resource, namespace if resource.kind.namespaced else "")
        options = WriteOptions(False, manager, "Strict", False)
        # A copy: bodies share parts with what is stored, and defaults are filled in in place.
        return self._writer.create(address, deep_copy(body), options).object

    def take(self, manifest: Json) -> None:
        """Store an operator's manifest, and what the native controller makes of it."""
        said = (manifest.get("apiVersion"), manifest.get("kind"))
        found = [each for each in self._resources.values() if _named(each.kind) == said]
        if not found or not isinstance(manifest.get("metadata"), dict):
            raise NativeError(f"a manifest of kind {said[1]} in version {said[0]} is not served")
        stored = self.create(found[0].key, manifest, "kubectl-client-side-apply")
        if found[0].key == SETS:
            why = unsupported(stored)
            if why:
                name = stored["metadata"]["name"]
                raise NativeError(f"set {name} uses {why}, which is not made in native shape here")
            self._expand(NativeSet(stored))

    def _expand(self, made: NativeSet) -> None:
        self.create(REVISIONS, made.revision())
        for service in made.shared_services():
            self.create("services", service)
        leaders = self._statefulset(made, made.leader_statefulset())
        for group in range(made.groups):
            leader = self.create("pods", made.leader(group, leaders))
            for service in made.group_services(leader):
                self.create("services", service)
            if made.size > 1:
                workers = self._statefulset(made, made.worker_statefulset(leader))
                for index in range(1, made.size):
                    self.create("pods", made.worker(group, index, workers))

    def _statefulset(self, made: NativeSet, body: Json) -> Json:
        stored = self.create(STATEFUL_SETS, body)
        self.create(REVISIONS, made.statefulset_revision(stored), "kube-controller-manager")
        return stored


def _resource(kind: KindInfo) -> Resource:
    return Resource(kind, kind.key, builtin_table(kind.key))


def _named(kind: KindInfo) -> tuple[Any, Any]:
    return kind.api_version, kind.kind
