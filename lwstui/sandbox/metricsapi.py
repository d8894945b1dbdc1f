"""``metrics.k8s.io/v1beta1``: samples of nodes and pods, as ``kubectl top`` reads them."""

from collections.abc import Mapping

from lwstui.sandbox import queries, status
from lwstui.sandbox.objects import Json, StatusError, Store
from lwstui.sandbox.requests import Target
from lwstui.sandbox.sources import MetricsSource

GROUP = "metrics.k8s.io"
_API_VERSION = f"{GROUP}/v1beta1"


def answer(
    store: Store, source: MetricsSource, target: Target, parameters: Mapping[str, str]
) -> Json:
    """Return one sample or a list of them; objects without a sample are left out of lists.

    Raises:
        StatusError: 404, there is no such resource, object or sample.
    """
    if target.plural not in ("nodes", "pods") or target.subresource:
        raise status.no_such_path()
    kind = "NodeMetrics" if target.plural == "nodes" else "PodMetrics"
    if target.name:
        obj = store.get(target.plural, target.namespace, target.name)
        sample = _sample(source, target.plural, kind, obj) if obj else None
        if sample is None:
            raise status.not_found(f"{target.plural}.{GROUP}", target.name)
        return sample
    matches = queries.both(
        queries.label_predicate(parameters.get("labelSelector", "")), _fields(parameters)
    )
    namespace = target.namespace or None
    objects = [
        entry.object
        for entry in store.sorted_entries(target.plural, namespace)
        if matches is None or matches(entry.object)
    ]
    samples = [_sample(source, target.plural, kind, obj) for obj in objects]
    return {
        "kind": f"{kind}List",
        "apiVersion": _API_VERSION,
        "metadata": {},
        "items": [sample for sample in samples if sample is not None],
    }


def _fields(parameters: Mapping[str, str]) -> queries.Predicate | None:
    """Return what a field selector selects: samples know the metadata of objects, no more."""
    text = parameters.get("fieldSelector", "")
    try:
        return queries.field_predicate(GROUP, text)
    except StatusError as error:
        unknown = error.message.rpartition("field label not supported: ")
        if not unknown[1]:
            raise
        known = 'only "metadata.name", "metadata.namespace"'
        why = f'"{unknown[2]}" is not a known field selector: {known}'
        raise status.bad_request(why) from None


def _sample(source: MetricsSource, plural: str, kind: str, obj: Json) -> Json | None:
    metadata = obj["metadata"]
    if plural == "nodes":
        sample = source.node(metadata["name"])
    else:
        sample = source.pod(metadata["namespace"], metadata["name"])
    if sample is None:
        return None
    named = ("name", "namespace", "labels", "creationTimestamp")
    kept = {name: metadata[name] for name in named if name in metadata}
    body = {name: value for name, value in sample.items() if name != "metadata"}
    return {"kind": kind, "apiVersion": _API_VERSION, "metadata": kept, **body}
