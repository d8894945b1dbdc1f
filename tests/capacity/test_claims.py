"""Whether groups fit that ask for devices by claims."""

import pytest

from controller.api.devices import ClaimTemplate, DeviceRequest
from controller.api.meta import Key
from lwstui.capacity.answer import answer
from lwstui.capacity.cluster import Cluster
from lwstui.capacity.requests import group_request
from lwstui.state.deviceclasses import DeviceFacts
from tests.view.build import lws, node, pod

DRIVER = "gpu.nvidia.com"
CLASSES = {"gpu": DRIVER, "odd": "", "nic": "dra.example.com"}


def asking(*names, size=1, resources=None, **claim):
    claims = [{"name": name, "resourceClaimTemplateName": name} for name in names]
    claims += [{"name": "more", **claim}] if claim else []
    container = {"name": "main", "resources": {"limits": resources or {}}}
    spec = {"containers": [container], "resourceClaims": claims}
    return lws(leaderWorkerTemplate={"size": size, "workerTemplate": {"spec": spec}})


def template(name, *requests):
    return ClaimTemplate("prod", name, name, requests)


def facts(*templates):
    return DeviceFacts(CLASSES, {Key("prod", one.name): one for one in templates})


FOUR = template("four", DeviceRequest("r", "gpu", 4))


def cluster(*templates, pods=None, blind=""):
    nodes = {
        name: node(name, allocatable=((DRIVER, count),), others=(("dra.example.com", 2),))
        for name, count in (("a", 8), ("b", 4), ("c", 3))
    }
    return Cluster(nodes, pods or {}, {}, devices=facts(*templates), blind=blind)


def test_a_class_and_a_number_are_counted():
    held = pod(7, node="a", accelerators=((DRIVER, 1),))
    assert answer(asking("four"), cluster(FOUR)).groups == 3
    assert answer(asking("four", size=3), cluster(FOUR)).groups == 1
    found = answer(asking("four"), cluster(FOUR, pods={"a": (held,)}))
    assert (found.groups, found.idle) == (2, {DRIVER: 6})
    assert (f"short of {DRIVER}", 3) in [(one.reason, one.nodes) for one in found.blockers]
    assert any("tainted" in words for words in found.assumptions)


def test_several_claims_of_a_pod_add_up():
    nics = template("nics", DeviceRequest("r", "nic", 2), DeviceRequest("l", "gpu", 9, looks=True))
    assert answer(asking("four", "nics"), cluster(FOUR, nics)).groups == 2


def test_a_resource_that_names_a_class_is_that_class():
    implicit = {"deviceclass.resource.kubernetes.io/gpu": "4"}
    assert answer(asking(resources=implicit), cluster()).groups == 3


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (asking("gone"), "claim template gone is not known"),
        (asking("beyond"), "claim template beyond asks for selectors"),
        (asking("odd"), "device class odd selects by more than driver and type"),
        (asking("new"), "device class new is not known"),
        (asking(resourceClaimName="shared"), "the template uses a claim that pods share"),
    ],
)
def test_what_cannot_be_counted_is_said(made, why):
    known = (
        template("beyond", DeviceRequest("r", "gpu", 1, "selectors")),
        template("odd", DeviceRequest("r", "odd", 1)),
        template("new", DeviceRequest("r", "new", 1)),
    )
    found = answer(made, cluster(*known))
    assert (found.groups, found.why) == (None, f"not computed: {why}")


def test_why_nothing_is_known_of_claims_comes_first():
    found = answer(asking("four"), cluster(blind="this cluster does not serve resourceclaims"))
    assert found.why == "not computed: this cluster does not serve resourceclaims"


def test_the_accelerators_of_a_group_include_those_of_its_claims():
    nics = template("nics", DeviceRequest("r", "nic", 2))
    made = asking("four", "nics", size=3, resources={"nvidia.com/gpu": "1"})
    found = group_request(made.spec, "prod", facts(FOUR, nics))
    assert found is not None
    assert found.worker == ((DRIVER, 4), ("nvidia.com/gpu", 1))
    assert found.devices == 15
    assert group_request(made.spec, "prod", facts(nics)) is None
