"""Values that rest: at once for the operator, now and then for the cluster."""

from lwstui.tui.rested import REST_S, Rested


def test_what_the_operator_decides_counts_at_once_and_the_cluster_after_a_rest():
    made: list[int] = []
    value: Rested[int] = Rested(0)

    def derive() -> int:
        made.append(len(made) + 1)
        return made[-1]

    first, second, other = object(), object(), object()
    assert value.get((first,), (first,), 100.0, derive) == 1
    assert value.get((first,), (first,), 200.0, derive) == 1
    assert value.get((first,), (second,), 200.0, derive) == 2
    assert value.get((first,), (first,), 200.0 + REST_S - 1, derive) == 2
    assert value.get((first,), (first,), 200.0 + REST_S, derive) == 3
    assert value.get((other,), (first,), 200.0 + REST_S, derive) == 4
    assert value.get((other,), (second,), 50.0, derive) == 5
