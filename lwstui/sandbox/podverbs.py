"""Subresources of pods that do something: binding, eviction and logs."""

from collections.abc import AsyncIterator, Mapping

from lwstui.sandbox import status
from lwstui.sandbox.clock import parse_time, rfc3339
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.requests import flag, whole
from lwstui.sandbox.sources import LogSource


def bind(store: Store, namespace: str, name: str, binding: Json, *, dry_run: bool) -> None:
    """Assign a pod to the node a Binding names.

    Raises:
        StatusError: 400 no node named, 404 no such pod, 409 it is assigned or going.
    """
    node = (binding.get("target") or {}).get("name")
    if not node:
        raise status.bad_request("target.name: Required value")
    now = rfc3339(store.clock.now())

    def assign(pod: Json) -> None:
        if pod["spec"].get("nodeName"):
            why = f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
            raise status.conflict("pods/binding", name, why)
        if "deletionTimestamp" in pod["metadata"]:
            why = f"pod {name} is being deleted, cannot be assigned to a host"
            raise status.conflict("pods/binding", name, why)
        pod["spec"]["nodeName"] = node
        conditions = pod.setdefault("status", {}).setdefault("conditions", [])
        kept = [each for each in conditions if each["type"] != "PodScheduled"]
        scheduled = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": now,
        }
        pod["status"]["conditions"] = [*kept, scheduled]

    store.update("pods", namespace, name, assign, subresource="binding", dry_run=dry_run)


def open_log(
    store: Store, source: LogSource, pod: Json, query: Mapping[str, str]
) -> AsyncIterator[bytes]:
    """Return the log that a request's parameters ask for.

    Raises:
        StatusError: 400 no such container or it has no log, 422 parameters that make no sense.
    """
    _check_log_options(pod["metadata"]["name"], query)
    return source.open(
        pod,
        container_name(pod, query.get("container", "")),
        follow=flag(query, "follow"),
        previous=flag(query, "previous"),
        tail_lines=whole(query, "tailLines"),
        since_s=_since_s(store, query),
        timestamps=flag(query, "timestamps"),
        limit_bytes=whole(query, "limitBytes"),
    )


def _check_log_options(name: str, query: Mapping[str, str]) -> None:
    causes = []
    for field, least, rule in (
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
    ):
        value = whole(query, field)
        if value is not None and value < least:
            causes.append(status.Cause(field, f"Invalid value: {value}: {rule}"))
    if query.get("sinceSeconds") and query.get("sinceTime"):
        why = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(status.Cause("sinceSeconds", why, "FieldValueForbidden"))
    if causes:
        raise status.invalid("PodLogOptions", "", name, causes)


def container_name(pod: Json, asked: str) -> str:
    """Return the container that a request means: the one it names, or the only one.

    Raises:
        StatusError: 400, there is no such container, or several and none is named.
    """
    name, spec = pod["metadata"]["name"], pod["spec"]
    main = [each["name"] for each in spec["containers"]]
    init = [each["name"] for each in spec.get("initContainers") or ()]
    added = [each["name"] for each in spec.get("ephemeralContainers") or ()]
    if not asked:
        if len(main) == 1:
            return str(main[0])
        choices = f"[{' '.join(main)}]"
        if init:
            choices += f" or one of the init containers: [{' '.join(init)}]"
        if added:
            choices += f" or one of the ephemeral containers: [{' '.join(added)}]"
        raise status.bad_request(
            f"a container name must be specified for pod {name}, choose one of: {choices}"
        )
    if asked not in (*main, *init, *added):
        raise status.bad_request(f"container {asked} is not valid for pod {name}")
    return asked


def _since_s(store: Store, query: Mapping[str, str]) -> float | None:
    seconds = whole(query, "sinceSeconds")
    if seconds is not None:
        return float(seconds)
    since = query.get("sinceTime", "")
    if not since:
        return None
    try:
        return max(0.0, store.clock.now() - parse_time(since))
    except ValueError:
        raise status.bad_request(f'invalid sinceTime "{since}"') from None
