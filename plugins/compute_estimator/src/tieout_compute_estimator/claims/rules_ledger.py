"""The ledger of a claim: every number that is a product or quotient of others in it has to come out.

What the text lets follow from its own numbers is confirmed where the product agrees; where none does, the claim is
inconsistent, or a slip of units when the factor is one (bits for bytes, days for hours, a thousand, 万, one device for
a server). Dimensions with their scopes (per device, per query, per day) decide which numbers can make another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.entries import (
    Entry,
    entries,
    known_entries,
    variants,
    vector_of,
)
from tieout_compute_estimator.claims.findings import Finding, derived, finding, in_unit
from tieout_compute_estimator.claims.ledger_reach import (
    FOLLOWS,
    GIVEN,
    comes_out,
    is_meant,
    slip_factor,
    stated_as,
)
from tieout_compute_estimator.claims.lists import TOTAL
from tieout_compute_estimator.claims.peak_readings import is_useful
from tieout_compute_estimator.claims.products import Product, products
from tieout_compute_estimator.claims.rules_energy import ALONE
from tieout_compute_estimator.claims.scopes import TIMES
from tieout_compute_estimator.claims.site_power import lies_between
from tieout_compute_estimator.derivation import N_

__all__ = ["balanced"]

_RESULTS = (
    "carbon", "cost", "money", "energy", "compute", "rate", "link", "gpu_hours", "power", "weights", "memory", "cache",
    "dataset", "tokens", "throughput", "visits", "devices", "duration", "active_params", "params", "unit_price",
    "token_price", "item_price", "intensity", "bytes_each", "users", "servers", "memory_bandwidth", "per_server",
    "ports",
)  # fmt: skip
"""Roles in the order in which a text gives them as a result."""


_HOLDS = ("memory", "devices", "servers", "per_server")
"""Roles of numbers that published memory of a device can make, or be made of."""


def balanced(bench: Bench) -> Iterator[Finding]:
    """Each number of the claim against the products of the others that have its dimensions."""
    stated = entries(bench)
    if not stated:
        return
    pool = [*stated, *known_entries(bench)]
    for entry in stated:
        if not entry.indexes:
            continue
        (index,) = entry.indexes
        pool += variants(entry, bench.claim.measures[index])
    settled: set[int] = set()
    said: set[frozenset[int]] = set()
    made_of: dict[int, frozenset[int]] = {}
    open_: list[tuple[int, Product]] = []
    for index in _in_order(bench, stated):
        ways = _ways(bench, index, pool)
        if not ways:
            continue
        if made := _made(bench, index, ways, said):
            settled |= {index, *made.covers}
            made_of[index] = frozenset(made.covers)
            if (
                frozenset(made.covers) not in said
            ):  # one product confirms one result, and not what it starts from
                yield made
            said.add(frozenset(made.covers))
        else:
            open_ += [
                (index, way)
                for way in ways
                if not {index, *way.indexes} <= bench.covered
                and is_meant(bench, index, way)
                and not _is_board(bench, index)
            ]
    open_ = [(index, way) for index, way in open_ if not _spoken_for(bench, index, way, made_of)]
    yield from _off(bench, open_, settled)
    yield from _other_currency(bench, pool, settled)


def _spoken_for(bench: Bench, index: int, way: Product, made_of: dict[int, frozenset[int]]) -> bool:
    """Whether the terms of a product already make another number of the same kind, and so are not meant for this."""
    measures = bench.claim.measures
    own = vector_of(measures[index])
    return any(
        way.indexes <= covers and any(i not in way.indexes and vector_of(measures[i]) == own for i in covers)
        for covers in made_of.values()
        if index not in covers
    )


def _other_currency(bench: Bench, pool: Sequence[Entry], settled: set[int]) -> Iterator[Finding]:
    """Yuan that come out as as many dollars: the digits are right and the currency is not."""
    names = {"USD": "money:CNY", "CNY": "money:USD"}
    for index, measure in bench.claim.of("cost", "money"):
        strict = vector_of(measure)
        if index in settled or measure.unit not in names or not strict:
            continue
        swapped = tuple(
            sorted((names[measure.unit] if n == f"money:{measure.unit}" else n, p) for n, p in strict)
        )
        for way in products(index, swapped, pool):
            if len(way.terms) < 2 or not comes_out(bench, index, way) or way.known:
                continue
            unit = "USD" if measure.unit == "CNY" else "CNY"
            figure = _figure(bench, index, way).model_copy(update={"unit": unit})
            yield finding(
                "slip",
                "currency",
                N_("The numbers given make {computed}, not {stated}: another currency."),
                figures={"stated": bench.stated(index), "computed": figure},
                covers=(index, *sorted(way.indexes)),
                numbers={"product": figure},
                target=index,
                recomputed=figure,
                fixes={index: figure},
            )
            return


def _in_order(bench: Bench, stated: Sequence[Entry]) -> list[int]:
    def rank(index: int) -> tuple[bool, bool, bool, int, int]:
        measure = bench.claim.measures[index]
        before = bench.claim.text[max(0, measure.start - 30) : measure.start]
        follows = bool(FOLLOWS.search(before))
        given = measure.role in GIVEN and not follows
        return (
            index in bench.confirmed,
            given,
            not follows,
            _RESULTS.index(measure.role)
            if measure.role in _RESULTS and measure.role not in GIVEN
            else (-1 if not given else 99),
            -index,
        )

    return sorted((next(iter(entry.indexes)) for entry in stated if entry.vector and entry.indexes), key=rank)


def _ways(bench: Bench, index: int, pool: Sequence[Entry]) -> list[Product]:
    """Products for one number: under the scope that it states, and under those that its words leave open."""
    measure = bench.claim.measures[index]
    strict = vector_of(measure)
    if not strict:
        return []
    own = next(entry for entry in pool if entry.indexes == frozenset((index,)))
    vectors = list(
        dict.fromkeys([strict, *(entry.vector for entry in variants(own, measure) if entry.vector)])
    )
    found: list[Product] = []
    for vector in vectors:
        for one in products(index, vector, pool):
            if _is_way(bench, index, one) and (vector == strict or one.loose or len(one.terms) > 1):
                found.append(one if vector == strict else replace(one, opened=True))
    return found


def _is_way(bench: Bench, index: int, way: Product) -> bool:
    """A product of something that the text states; one term alone only where it is another kind of number."""
    roles = [entry.role for entry, _power in way.terms]
    if not way.indexes:
        return roles == ["power"] and bench.claim.measures[index].role == "energy"
    if len(way.terms) == 1:
        measures_ = bench.claim.measures
        role = measures_[index].role
        entry = way.terms[0][0]
        other = next((measures_[i] for i in entry.indexes), None)
        periods = [set(m.scope) & set(TIMES) for m in (measures_[index], other) if m is not None]
        if len(periods) == 2 and all(periods) and periods[0] != periods[1]:
            return role == entry.role  # so many a day are so many a year
        return (
            len(entry.indexes) > 1
            or {role, entry.role} == {"power", "energy"}
            or ({role, entry.role} == {"tokens", "throughput"})
        )
    target = bench.claim.measures[index].role
    if any(
        entry.role == "pue" and not lies_between(bench, index, entry, power, way)
        for entry, power in way.terms
    ):
        return False
    if any(entry.known and entry.role == "memory" for entry, _p in way.terms) and not (
        target in _HOLDS and set(roles) <= set(_HOLDS)
    ):
        return False
    money = {power > 0 for entry, power in way.terms if entry.role in ("cost", "money")}
    if len(money) == 2:
        return False  # carried over by a ratio of money, which another rule says
    measures = bench.claim.measures
    worked = "compute" in roles or measures[index].role == "compute"
    if (
        worked
        and ("rate" in roles or measures[index].role == "rate")
        and "mfu" not in roles
        and (measures[index].role != "mfu" and (bench.claim.first("mfu") or _is_peak(bench, index, way)))
    ):
        return False  # work and a peak go together only through a utilisation
    energetic = any(name == "joule" for entry, _p in way.terms for name, _power in entry.vector)
    load = bench.claim.first("load", "pue")
    if (
        load
        and energetic
        and not ({"load", "pue"} & set(roles))
        and measures[index].role in ("energy", "power")
    ):
        return False  # a stated load or PUE lies between power and energy
    if any(not entry.indexes and entry.role == "devices" for entry, _p in way.terms) and (
        measures[index].role not in ("cost", "money", "energy", "gpu_hours", "compute", "unit_price")
    ):
        return False  # the one device of the text makes totals over time, and nothing else
    useful = is_useful(bench, measures[index])
    if useful and measures[index].role == "rate" and bench.claim.first("mfu") and "mfu" not in roles:
        return False
    mfu = any(entry.role == "mfu" for entry, _p in way.terms) and not energetic
    peak = any(entry.role == "rate" and entry.known for entry, _p in way.terms)
    if peak and not mfu and not (_counts(roles) and bench.claim.measures[index].role in ("rate", "devices")):
        return False  # a peak without its utilisation says what is possible, not what was done
    return not (mfu and "rate" not in roles)


def _is_board(bench: Bench, index: int) -> bool:
    """Whether a rate is the peak of the device named, so that nothing else has to make it."""
    return _is_peak(bench, index, Product(()))


def _is_peak(bench: Bench, index: int, way: Product) -> bool:
    """Whether a stated rate in a product is the peak of the device, and not a rate that was reached."""
    device = bench.device()
    if device is None:
        return False
    for at in (index, *way.indexes):
        measure = bench.claim.measures[at]
        value = in_unit(measure.value, measure.unit, "TFLOP/s") if measure.role == "rate" else None
        if value and any(abs(value / peak - 1) < 0.03 for peak in device.peak_tflops.values()):
            return True
    return False


def _counts(roles: Sequence[str]) -> bool:
    return all(role in ("rate", "devices", "servers", "per_server") for role in roles)


def _made(bench: Bench, index: int, ways: Sequence[Product], said: set[frozenset[int]]) -> Finding | None:
    """The least far-fetched product that gives the number, one of numbers that make nothing else yet before others."""
    good = [way for way in ways if comes_out(bench, index, way)]
    if not good:
        return None
    best = min(
        good,
        key=lambda way: (
            bool(way.assumed), way.known, frozenset((index, *way.indexes)) in said, way.loose, len(way.terms)
        ),
    )  # fmt: skip
    figure = _figure(bench, index, best)
    covers = (index, *sorted(best.indexes))
    assumed = best.assumed or _unsaid(bench, best, index)
    return finding(
        "assume" if assumed else "match",
        "product",
        N_("{stated} is {computed}, the product of the numbers given, under an assumption: {assumption}.")
        if assumed
        else N_("{stated} is {computed}, the product of the numbers given."),
        figures={"stated": bench.stated(index), "computed": figure},
        words={"assumption": assumed} if assumed else {},
        covers=covers,
        numbers={"product": figure},
        target=index,
        recomputed=figure,
    )


_DEPRECIATES = re.compile(r"折旧|摊销|摊到|depreciat|amorti[sz]|written off|write[- ]off", re.IGNORECASE)


def _unsaid(bench: Bench, way: Product, index: int) -> str:
    """What a product takes for granted: board power for a site, one prompt a visit."""
    roles = [entry.role for entry, _power in way.terms]
    text = bench.claim.text
    known = [entry.role for entry, _power in way.terms if entry.known]
    if "power" in known and not ALONE.search(text):
        return "board power alone, without hosts and cooling"
    if "rate" in known and bench.claim.measures[index].role == "duration":
        return ""
    if bench.claim.measures[index].role == "unit_price" and _DEPRECIATES.search(text):
        return "every hour of the years is used, and nothing is left at their end"
    visits = "visits" in roles and not re.search(
        r"请求|调用|提问|查询|对话|问答|request|quer|prompt|chat", text, re.IGNORECASE
    )
    return "one prompt per visit" if visits else ""


def _figure(bench: Bench, index: int, way: Product) -> Figure:
    measure = bench.claim.measures[index]
    low, high = (stated_as(measure, end) for end in way.ends)
    return derived(
        stated_as(measure, way.value),
        measure.unit,
        "product",
        way.symbols,
        {f"x{n}": entry.figure for n, (entry, _power) in enumerate(way.terms)},
        low=low if high > low * 1.001 else None,
        high=high if high > low * 1.001 else None,
    )


def _off(bench: Bench, open_: Sequence[tuple[int, Product]], settled: set[int]) -> Iterator[Finding]:
    """The first number that does not follow from what it is said to follow from."""
    roles = {bench.claim.measures[i].role: i for i in settled}
    candidates = [
        (index, way)
        for index, way in open_
        if not ({index, *way.indexes} <= settled)
        and not (way.known and roles.get(bench.claim.measures[index].role, index) != index)
    ]
    if not candidates:
        return
    index, way = min(candidates, key=lambda pair: _rank(bench, *pair))
    measure = bench.claim.measures[index]
    factor = slip_factor(bench, index, way)
    figure = _figure(bench, index, way)
    ratio = derived(
        max(measure.value / figure.value, figure.value / measure.value) if figure.value else 0.0,
        "",
        "ratio",
        "stated / computed",
        {"stated": bench.stated(index), "computed": figure},
    )
    growth = derived(measure.value / figure.value if figure.value else 0.0, "", "ratio", "stated / computed",
                     {"stated": bench.stated(index), "computed": figure})  # fmt: skip
    yield finding(
        "slip" if factor else "contradict",
        "product",
        N_("The numbers given make {computed}, not {stated}: off by a factor of {ratio}."),
        figures={"stated": bench.stated(index), "computed": figure, "ratio": ratio},
        covers=(index, *sorted(way.indexes)),
        numbers={"product": figure, "factor": ratio, "ratio": growth},
        target=index,
        recomputed=figure,
        fixes={index: figure},
    )


def _rank(bench: Bench, index: int, way: Product) -> tuple[object, ...]:
    measure = bench.claim.measures[index]
    before = bench.claim.text[max(0, measure.start - 40) : measure.start]
    return (
        way.loose,
        not slip_factor(bench, index, way),
        not (TOTAL.search(before) or FOLLOWS.search(before)),
        -len(way.terms),
        measure.role in GIVEN,
        -measure.start,
    )
