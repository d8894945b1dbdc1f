"""The servers the expectations are held against: the sandbox, and a real one where there is one."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lwstui.data import crd
from tests.contract.apiserver import ASSETS, missing, running_server
from tests.contract.client import Api
from tests.contract.sandbox import running_sandbox_server
from tests.support.waiting import until

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="session", params=["sandbox", "apiserver"])
def server(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A server with the LeaderWorkerSet definition and one node."""
    if request.param == "sandbox":
        started = running_sandbox_server()
    else:
        assets = os.environ.get(ASSETS)
        why = missing(assets)
        if why:
            pytest.skip(why)
        started = running_server(Path(assets or ""), time.time())
    with started as api:
        _furnish(api)
        yield api


def _furnish(api: Api) -> None:
    definition = api.create(_CRDS, crd())
    path = f"{_CRDS}/{definition['metadata']['name']}"
    until(lambda: _is_established(api.get(path)), what="the definition is established")
    until(lambda: api.call("GET", api.sets()).code == 200, what="its kind is served")
    api.create("/api/v1/nodes", {"metadata": {"name": "n0"}})


def _is_established(definition: dict) -> bool:
    conditions = definition.get("status", {}).get("conditions", ())
    return {"Established": "True"}.items() <= {c["type"]: c["status"] for c in conditions}.items()


@pytest.fixture
def api(server: Api) -> Api:
    """The server, with an empty namespace for the test."""
    mine = replace(server, space=Api("", "").space)
    mine.create("/api/v1/namespaces", {"metadata": {"name": mine.space}})
    return mine


@pytest.fixture
def sandbox(api: Api) -> Api:
    """The sandbox; what only it does or refuses is not asked of a real server."""
    if api.kind != "sandbox":
        pytest.skip("a real server does not refuse this")
    return api
