from lwstui.view.memo import Memo


class Thing:
    """Something with identity."""


def counting(memo, slot, sources, *, now=0.0, facts=None, until=float("inf")):
    calls = []

    def build():
        calls.append(1)
        return object(), until

    return memo.get(slot, sources, now, build, facts), len(calls)


def test_a_value_stays_while_its_sources_are_the_same_objects():
    memo, thing = Memo(), Thing()
    first, built = counting(memo, "a", (thing,))
    again, built_again = counting(memo, "a", (thing,))
    assert (built, built_again) == (1, 0)
    assert again is first


def test_other_sources_facts_or_times_build_anew():
    memo, thing = Memo(), Thing()
    counting(memo, "a", (thing,), facts=1, until=10.0)
    assert counting(memo, "a", (thing,), facts=1, now=9.9, until=10.0)[1] == 0
    assert counting(memo, "a", (thing,), facts=1, now=10.0, until=20.0)[1] == 1
    assert counting(memo, "a", (thing,), facts=2)[1] == 1
    assert counting(memo, "a", (Thing(),), facts=2)[1] == 1
    assert counting(memo, "a", (), facts=2)[1] == 1


def test_equal_but_different_sources_are_different():
    memo = Memo()
    counting(memo, "a", ([1],))
    assert counting(memo, "a", ([1],))[1] == 1


def test_memory_is_bounded_and_what_is_used_survives():
    memo, thing = Memo(limit=10), Thing()
    counting(memo, "used", (thing,))
    for n in range(200):
        counting(memo, n, (thing,))
        assert counting(memo, "used", (thing,))[1] == 0
    assert counting(memo, 0, (thing,))[1] == 1
    assert len(memo._young) + len(memo._old) <= 20


def test_keep_gives_equal_values_one_identity():
    memo = Memo()
    first = memo.keep("nodes", frozenset({"a"}))
    assert memo.keep("nodes", frozenset({"a"})) is first
    assert memo.keep("nodes", frozenset({"b"})) == {"b"}


def test_since_counts_from_the_first_moment_without_a_break():
    memo = Memo()
    assert memo.since("x", 1.0, holds=True) == 1.0
    assert memo.since("x", 5.0, holds=True) == 1.0
    assert memo.since("x", 6.0, holds=False) is None
    assert memo.since("x", 7.0, holds=True) == 7.0
