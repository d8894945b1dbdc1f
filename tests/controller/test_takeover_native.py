"""The native installation: what of it is in the way, what is told from it, what ends it."""

import pytest

from controller.takeover.native import (
    DISAGGREGATED_SETS,
    MUTATING,
    VALIDATING,
    Native,
    drop_webhooks,
    is_manager,
    is_webhook,
    stop_controller,
)
from tests.support.native import Json, deployment, webhooks


def configurations(policy: str = "Fail", product: str = "lws") -> tuple[Json, Json]:
    (_, mutating), (_, validating) = webhooks(policy, product=product)
    for body in (mutating, validating):
        body["metadata"]["uid"] = f"uid-of-{body['metadata']['name']}"
    return mutating, validating


def installed(replicas: int = 1, left: int | None = None, policy: str = "Fail") -> Native:
    """The native installation; ``left`` pods of its controller are still there."""
    body = deployment(replicas)
    body["metadata"]["uid"] = "uid-of-deployment"
    body["status"]["replicas"] = replicas if left is None else left
    mutating, validating = configurations(policy)
    return Native((body,), (mutating,), (validating,), holder="pod_1")


SCALE = "kubectl -n lws-system scale deployment lws-controller-manager --replicas=0"
DELETE = [
    f"kubectl delete {kind}webhookconfiguration lws-{kind}-webhook-configuration"
    for kind in ("mutating", "validating")
]


@pytest.mark.parametrize(
    ("native", "commands"),
    [
        pytest.param(Native(), [], id="not-installed"),
        pytest.param(installed(), [SCALE, "", *DELETE], id="running"),
        pytest.param(installed(0, left=1), [SCALE, "", *DELETE], id="pods-left"),
        pytest.param(installed(0), ["", *DELETE], id="lease-held"),
        pytest.param(Native(mutating=configurations()[:1]), DELETE[:1], id="webhook-left"),
        pytest.param(Native(mutating=configurations("Ignore")[:1]), [], id="webhook-fails-open"),
        pytest.param(Native(unread=(VALIDATING,)), [""], id="not-allowed-to-look"),
        pytest.param(Native(unread=(DISAGGREGATED_SETS,)), [], id="need-not-look"),
    ],
)
def test_what_is_in_the_way(native: Native, commands: list[str]) -> None:
    assert [obstacle.command for obstacle in native.obstacles] == commands
    assert native.stopped == (not commands)


def test_a_policy_that_is_not_given_fails_closed() -> None:
    mutating, _ = configurations()
    for hook in mutating["webhooks"]:
        del hook["failurePolicy"]
    assert not Native(mutating=(mutating,)).stopped


@pytest.mark.parametrize(
    ("name", "labels", "native"),
    [
        ("lws-controller-manager", {}, True),
        ("prod-lws-controller-manager", {"app.kubernetes.io/name": "lws"}, True),
        ("prod-lws-metrics", {"app.kubernetes.io/name": "lws"}, False),
        ("kueue-controller-manager", {"app.kubernetes.io/name": "kueue"}, False),
        ("controller-manager", {"control-plane": "controller-manager"}, False),
    ],
)
def test_its_controller_is_known_by_name_or_label(
    name: str, labels: dict[str, str], native: bool
) -> None:
    body = deployment()
    body["metadata"] |= {"name": name, "labels": labels}
    assert is_manager(body) is native


def test_its_webhooks_are_told_from_those_of_others() -> None:
    assert all(map(is_webhook, configurations()))
    assert not any(map(is_webhook, configurations(product="kueue")))
    renamed, _ = configurations()
    renamed["metadata"]["name"] = "prod-mutating"
    assert is_webhook(renamed)


def test_requests_that_stop_it() -> None:
    (scale,) = stop_controller(installed())
    assert (scale.verb, scale.subresource, scale.body) == (
        "patch",
        "scale",
        {"spec": {"replicas": 0}},
    )
    assert stop_controller(installed(0, left=1)) == ()
    dropped = [(r.verb, r.resource, r.name, r.uid) for r in drop_webhooks(installed())]
    name = "lws-{}-webhook-configuration"
    assert dropped == [
        ("delete", MUTATING, name.format("mutating"), f"uid-of-{name.format('mutating')}"),
        ("delete", VALIDATING, name.format("validating"), f"uid-of-{name.format('validating')}"),
    ]
