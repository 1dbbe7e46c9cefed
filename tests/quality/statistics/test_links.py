"""Accounts linked by what they share: components against a naive search, offices, payees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.quality.statistics.links import components, find

graphs = st.integers(1, 12).flatmap(
    lambda nodes: st.tuples(
        st.just(nodes), st.lists(st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)), max_size=15)
    )
)


def reachable(nodes: int, edges: list[tuple[int, int]], start: int) -> set[int]:
    found, grown = {start}, True
    while grown:
        more = {b for a, b in edges if a in found} | {a for a, b in edges if b in found}
        grown = not more <= found
        found |= more
    return found


@given(graphs)
def test_a_component_is_named_after_its_smallest_node(graph: tuple[int, list[tuple[int, int]]]) -> None:
    nodes, edges = graph
    root = components([a for a, _ in edges], [b for _, b in edges], nodes)
    assert root.tolist() == [min(reachable(nodes, edges, node)) for node in range(nodes)]


def test_a_long_chain_is_one_component() -> None:
    assert set(components(range(1, 3000), range(2999), 3000).tolist()) == {0}


def test_refuses_edges_to_nowhere() -> None:
    with pytest.raises(ValueError, match="lies between"):
        components([0], [3], 3)
    with pytest.raises(ValueError, match="same length"):
        components([0, 1], [1], 3)


def test_devices_and_payees_chain_accounts_together() -> None:
    edges = [(7, "device", "a"), (3, "device", "a"), (3, "payee", "x"), (9, "payee", "x"), (1, "device", "b"), (2, "payee", "a")]
    (signal,) = find(edges)
    assert signal.people == (3, 7, 9)
    assert signal.details["kinds"] == ["device", "payee"]
    assert [(f["kind"], f["accounts"]) for f in signal.details["fingerprints"]] == [("device", (3, 7)), ("payee", (3, 9))]
    assert "3 accounts" in signal.words


def test_an_offices_device_links_nobody_but_a_payee_does() -> None:
    office = [(account, "device", "office") for account in range(6)]
    assert find(office) == []
    assert find(office, max_shared=6)[0].people == tuple(range(6))
    payee = [(account, "payee", "office") for account in range(6)]
    assert find(payee)[0].people == tuple(range(6))


def test_one_account_seen_twice_is_not_linked() -> None:
    assert find([(1, "device", "a"), (1, "device", "a"), (2, "device", "b")]) == []


def test_the_largest_group_comes_first() -> None:
    pair = [(1, "payee", "p"), (2, "payee", "p")]
    three = [(4, "payee", "q"), (5, "payee", "q"), (6, "payee", "q")]
    assert [signal.people for signal in find(pair + three)] == [(4, 5, 6), (1, 2)]
