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

    def selecting(self, namespace: str, *states: Json | None) -> Iterator[Ref]:
        """Yield, once each, the services that may select a pod in one of its states."""
        pairs = {
            (namespace, key, value)
            for pod in states
            if pod is not None
            for key, value in (pod["metadata"].get("labels") or {}).items()
        }
        for pair in pairs:
            yield from tuple(self._by_pair.get(pair, ()))
