"""The derivation search: typed products, ranked."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.plugin import Figure
from tieout_compute_estimator.claims.search import Term, dimensions, search

PF_DAY = 8.64e19
FLOP = dimensions("compute", "compute")
USD = dimensions("money:USD", "cost")


def _term(name: str, value: float, vector: tuple[tuple[str, int], ...] | None, cost: float = 0.0) -> Term:
    assert vector is not None
    return Term(name, value, vector, Figure(value=value), cost)


def test_the_monthly_compute_of_chatgpt_was_carried_over_by_dollars() -> None:
    terms = [
        _term("3640 PF-day", 3640 * PF_DAY, FLOP),
        _term("6.16M USD", 6.16e6, USD),
        _term("4.6M USD", 4.6e6, USD),
        _term("27.5 PF-day", 27.5 * PF_DAY, FLOP),
        _term("616M visits", 616e6, dimensions("number", "visits")),
        _term("0.01 USD", 0.01, dimensions("money:USD", "token_price")),
        _term("288 years", 288 * 365 * 86400, dimensions("time", "duration")),
        _term("10,000 GPUs", 1e4, dimensions("gpu", "devices")),
    ]
    found = search(4874.4 * PF_DAY, FLOP or (), terms)
    assert found[0].expression == "3640 PF-day · 6.16M USD / 4.6M USD"
    assert found[0].rescales()
    assert math.isclose(found[0].value / PF_DAY, 4874.43, rel_tol=1e-5)
    # The same with the visits written out is a second spelling; there is no third way.
    assert {len(one.terms) for one in found} == {3, 4}
    assert len(found) == 2


def test_a_cluster_is_servers_times_the_rate_of_one() -> None:
    rate = (("flop", 1), ("server", -1), ("time", -1))
    terms = [
        _term("128 servers", 128, dimensions("server", "servers")),
        _term("3125 servers", 3125, dimensions("server", "servers")),
        _term("5 PFLOPS each", 5e15, rate),
        _term("2.5 PFLOPS each", 2.5e15, rate),
        _term("34 days", 34 * 86400, dimensions("time", "duration")),
    ]
    wanted = dimensions("compute/time", "rate") or ()
    assert [one.expression for one in search(640e15, wanted, terms, most_terms=2)] == [
        "128 servers · 5 PFLOPS each"
    ]
    assert [one.expression for one in search(15625e15, wanted, terms, most_terms=2)] == [
        "3125 servers · 5 PFLOPS each"
    ]


def test_types_keep_out_what_only_the_numbers_allow() -> None:
    terms = [_term("10 days", 864_000, dimensions("time", "duration")), _term("4 USD", 4, USD)]
    assert search(40 * 86400, dimensions("time", "duration") or (), terms) == []


def test_a_cheaper_derivation_comes_first() -> None:
    gpu, price = dimensions("gpu", "devices"), dimensions("money:USD", "item_price")
    terms = [_term("table", 100, gpu, 1.2), _term("claim", 100.01, gpu, 0.0), _term("each", 30_000, price)]
    found = search(3e6, USD or (), terms)
    assert [{term.name for term, _power in one.terms} for one in found] == [
        {"claim", "each"},
        {"table", "each"},
    ]


@given(
    st.lists(st.floats(min_value=1e-3, max_value=1e12), min_size=3, max_size=8, unique=True),
    st.lists(st.sampled_from([1, -1]), min_size=3, max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_a_product_of_terms_is_found_again(values: list[float], powers: list[int]) -> None:
    vectors = [(("a", 1),), (("b", 1),), (("c", 1),)]
    terms = [_term(f"t{n}", value, vectors[n % 3]) for n, value in enumerate(values)]
    target = math.prod(values[n] ** powers[n] for n in range(3))
    wanted = tuple((name, power) for name, power in zip("abc", powers, strict=True))
    found = search(target, wanted, terms, keep=50)
    assert any(
        {(term.name, power) for term, power in one.terms} == {(f"t{n}", powers[n]) for n in range(3)}
        for one in found
    )
    for one in found:
        assert one.error < 0.004
