"""Which services may select a pod, found without looking at all of them."""

from collections.abc import Iterator, Mapping

from lwstui.sandbox.objects import Json

Ref = tuple[str, str]
_Pair = tuple[str, str, str]


class ServiceIndex:
    """Services by one label pair of their selectors: the one that fewest others are under.

    A set with a service for each of a thousand groups is looked up by the number of the group.
    """

    def __init__(self) -> None:
        self._by_pair: dict[_Pair, dict[Ref, None]] = {}
        self._pairs: dict[Ref, _Pair] = {}

    def add(self, ref: Ref, wanted: Mapping[str, str]) -> None:
        """Take in a service with a selector that is not empty."""
        pairs = [(ref[0], key, value) for key, value in wanted.items()]
        pair = min(pairs, key=lambda each: len(self._by_pair.get(each, ())))
        self._pairs[ref] = pair
        self._by_pair.setdefault(pair, {})[ref] = None

    def remove(self, ref: Ref) -> None:
        """Forget a service, known or not."""
        pair = self._pairs.pop(ref, None)
        if pair is not None:
            del self._by_pair[pair][ref]
            if not self._by_pair[pair]:
                del self._by_pair[pair]

    def selecting(self, namespace: str, pod: Json, old: Json | None = None) -> Iterator[Ref]:
        """Yield, once each, the services that may select a pod as it is, or as it was."""
        labels = pod["metadata"].get("labels") or {}
        yield from self._under(namespace, labels)
        before = None if old is None else old["metadata"].get("labels") or {}
        if before and before != labels:
            gone = {key: value for key, value in before.items() if labels.get(key) != value}
            yield from self._under(namespace, gone)

    def _under(self, namespace: str, labels: Mapping[str, str]) -> Iterator[Ref]:
        for key, value in labels.items():
            # A service is under one pair only.
            yield from tuple(self._by_pair.get((namespace, key, value), ()))
