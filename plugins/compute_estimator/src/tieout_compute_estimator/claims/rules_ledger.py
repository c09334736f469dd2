"""The ledger of a claim: every number that is a product or quotient of others in it has to come out.

What the text lets follow from its own numbers is confirmed where the product agrees; where none does, the claim is
inconsistent, or a slip of units when the factor is one (bits for bytes, days for hours, a thousand, 万, one device for
a server). Dimensions with their scopes (per device, per query, per day) decide which numbers can make another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.entries import (
    Entry,
    base_of,
    entries,
    known_entries,
    variants,
    vector_of,
)
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.lists import TOTAL
from tieout_compute_estimator.claims.products import Product, products
from tieout_compute_estimator.claims.scopes import SCOPE_POWERS, TIMES
from tieout_compute_estimator.derivation import N_

__all__ = ["balanced", "slip_factor", "stated_as"]

_RESULTS = (
    "carbon", "cost", "money", "energy", "compute", "rate", "link", "gpu_hours", "power", "weights", "memory", "cache",
    "dataset", "tokens", "throughput", "visits", "devices", "duration", "active_params", "params", "unit_price",
    "token_price", "item_price", "intensity", "bytes_each", "users", "servers", "memory_bandwidth", "per_server", "ports",
)  # fmt: skip
"""Roles in the order in which a text gives them as a result."""
_GIVEN = ("load", "energy_price", "unit_price", "item_price", "token_price", "per_server", "ports", "bytes_each", "intensity", "pue", "mfu")
"""Roles that a text starts from: they are looked at last."""
_FOLLOWS = re.compile(
    r"(?:[=＝≈→]|即|也就是|约合|折合|合计|共计?|总|相当于|等于|对应|则|故|因此|所以|可知|约?需要?|耗电|耗时|成本|费用|收入|花费|得出|推算|达到?"
    r"|i\.e\.|that is|or (?:about|roughly|some)|in total|total|so |thus|hence|therefore|comes? to|works? out|adds? up|giv(?:es|ing)"
    r"|mak(?:es|ing)|equals?|amounts?|costs?|needs?|takes?|uses?|draws?|means|for about|for a|yield|generat|produc|brings?|prices? out)"
    r"[^,。;\d$¥]{0,26}$",
    re.IGNORECASE,
)
"""Words in front of a number that follows from others."""


def balanced(bench: Bench) -> Iterator[Finding]:
    """Each number of the claim against the products of the others that have its dimensions."""
    stated = entries(bench)
    if not stated:
        return
    pool = [*stated, *known_entries(bench)]
    for entry in stated:
        (index,) = entry.indexes
        pool += variants(entry, bench.claim.measures[index])
    settled: set[int] = set()
    said: set[frozenset[int]] = set()
    open_: list[tuple[int, Product]] = []
    for index in _in_order(bench, stated):
        ways = _ways(bench, index, pool)
        if not ways:
            continue
        if made := _made(bench, index, ways):
            settled |= {index, *made.covers}
            if frozenset(made.covers) not in said:  # one product confirms one result, and not what it starts from
                yield made
            said.add(frozenset(made.covers))
        else:
            open_ += [(index, way) for way in ways if _is_meant(bench, index, way)]
    yield from _off(bench, open_, settled)
    yield from _other_currency(bench, pool, settled)


def _other_currency(bench: Bench, pool: Sequence[Entry], settled: set[int]) -> Iterator[Finding]:
    """Yuan that come out as as many dollars: the digits are right and the currency is not."""
    names = {"USD": "money:CNY", "CNY": "money:USD"}
    for index, measure in bench.claim.of("cost", "money"):
        strict = vector_of(measure)
        if index in settled or measure.unit not in names or not strict:
            continue
        swapped = tuple(sorted((names[measure.unit] if n == f"money:{measure.unit}" else n, p) for n, p in strict))
        for way in products(index, swapped, pool):
            if len(way.terms) < 2 or not _agrees(bench, index, way) or way.known:
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
    def rank(index: int) -> tuple[bool, bool, int, int]:
        measure = bench.claim.measures[index]
        before = bench.claim.text[max(0, measure.start - 30) : measure.start]
        follows = bool(_FOLLOWS.search(before))
        given = measure.role in _GIVEN and not follows
        return given, not follows, _RESULTS.index(measure.role) if measure.role in _RESULTS and not (
            measure.role in _GIVEN
        ) else (-1 if not given else 99), -index

    return sorted((next(iter(entry.indexes)) for entry in stated if entry.vector), key=rank)


def _ways(bench: Bench, index: int, pool: Sequence[Entry]) -> list[Product]:
    """Products for one number: under the scope that it states, and under those that its words leave open."""
    measure = bench.claim.measures[index]
    strict = vector_of(measure)
    if not strict:
        return []
    own = next(entry for entry in pool if entry.indexes == frozenset((index,)))
    vectors = list(dict.fromkeys([strict, *(entry.vector for entry in variants(own, measure) if entry.vector)]))
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
        role = bench.claim.measures[index].role
        entry = way.terms[0][0]
        return len(entry.indexes) > 1 or {role, entry.role} == {"power", "energy"} or (
            {role, entry.role} == {"tokens", "throughput"}
        )
    money = {power > 0 for entry, power in way.terms if entry.role in ("cost", "money")}
    if len(money) == 2:
        return False  # carried over by a ratio of money, which another rule says
    measures = bench.claim.measures
    worked = "compute" in roles or measures[index].role == "compute"
    if worked and ("rate" in roles or measures[index].role == "rate") and "mfu" not in roles and (
        measures[index].role != "mfu" and (bench.claim.first("mfu") or _is_peak(bench, index, way))
    ):
        return False  # work and a peak go together only through a utilisation
    energetic = any(name == "joule" for entry, _p in way.terms for name, _power in entry.vector)
    load = bench.claim.first("load", "pue")
    if load and energetic and not ({"load", "pue"} & set(roles)) and measures[index].role in ("energy", "power"):
        return False  # a stated load or PUE lies between power and energy
    mfu = any(entry.role == "mfu" for entry, _p in way.terms) and not energetic
    peak = any(entry.role == "rate" and entry.known for entry, _p in way.terms)
    if peak and not mfu and not (_counts(roles) and bench.claim.measures[index].role in ("rate", "devices")):
        return False  # a peak without its utilisation says what is possible, not what was done
    return not (mfu and "rate" not in roles)


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


def stated_as(measure: Measure, value: float) -> float:
    """A value in base units in the unit and over the period of ``measure``."""
    whole = base_of(measure)
    return value * measure.value / whole if whole else 0.0


def _agrees(bench: Bench, index: int, way: Product, factor: float = 1.0, tolerance: float = 0.02) -> bool:
    measure = bench.claim.measures[index]
    low, high = (stated_as(measure, end * factor) for end in way.ends)
    return agrees(measure, low, high=high, tolerance=tolerance + way.slack)


def _made(bench: Bench, index: int, ways: Sequence[Product]) -> Finding | None:
    """The least far-fetched product that gives the number."""
    good = [way for way in ways if _agrees(bench, index, way)]
    if not good:
        return None
    best = min(good, key=lambda way: (bool(way.assumed), way.known, way.loose, len(way.terms)))
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


_HELD = re.compile(r"装下|装得下|放得下|容纳|至少|超过|不足|fits?(?![a-z])|hold|at least|more than|exceed|enough|stor", re.IGNORECASE)
_ALONE = re.compile(r"仅|只算|单算|单卡|单张|单块|芯片功耗|GPU ?功耗|TDP|alone|only|GPUs? themselves|before ", re.IGNORECASE)


def _unsaid(bench: Bench, way: Product, index: int) -> str:
    """What a product takes for granted: board power for a site, one prompt a visit."""
    roles = [entry.role for entry, _power in way.terms]
    text = bench.claim.text
    known = [entry.role for entry, _power in way.terms if entry.known]
    if "power" in known and not _ALONE.search(text):
        return "board power alone, without hosts and cooling"
    if "rate" in known and bench.claim.measures[index].role == "duration":
        return ""
    visits = "visits" in roles and not re.search(
        r"请求|调用|提问|查询|对话|问答|request|quer|prompt|chat", text, re.IGNORECASE
    )
    return "one prompt per visit" if visits else ""


def _figure(bench: Bench, index: int, way: Product):
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


def _is_meant(bench: Bench, index: int, way: Product) -> bool:
    """Whether the text lets the number follow: stated terms of the scope that they state, all about one thing."""
    claim = bench.claim
    measure = claim.measures[index]
    factors = {entry.role for entry, _power in way.terms}
    unsure = [entry.role for entry, _p in way.terms if entry.known and not (entry.role == "rate" and "mfu" in factors)]
    board = bench.device()
    single = board is not None and board.power_w and 0.3 < (bench.at(index, "W") or 0.0) / board.power_w < 3
    watts = unsure == ["power"] and measure.role in ("energy", "power") and not single and slip_factor(bench, index, way) in (1e3, 1e6, 1e9)
    sized = bool(unsure) and set(unsure) <= {"params", "tokens"} and bench.claim.measures[index].role == "intensity"
    if (unsure and not watts and not sized) or way.assumed or (way.loose and not _opened(bench, index, way)):
        return False
    used = [claim.measures[i] for i in way.indexes]
    if any(_rivals(bench, i, index) for i in way.indexes):
        return False
    if len({m.device for m in (*used, measure) if m.device and m.role in ("devices", "gpu_hours", "servers")}) > 1:
        return False
    if len({m.subject for m in (*used, measure) if m.subject and m.sure}) > 1:
        return False
    roles = {entry.role for entry, _power in way.terms}
    if measure.role in ("memory", "weights") and roles & {"devices", "per_server", "servers"}:
        # What devices hold together is as much as, and not equal to, what they are to hold.
        before = claim.text[max(0, measure.start - 40) : measure.start]
        if measure.role == "weights" or _HELD.search(claim.text) or not (
            TOTAL.search(before) or _FOLLOWS.search(before) or measure.start > max((m.start for m in used), default=0)
        ):
            return False
    if not used:
        return True
    money = measure.dimension.startswith("money:") and measure.role in ("cost", "money")
    before = claim.text[max(0, measure.start - 40) : measure.start]
    last = measure.start > max(m.start for m in used)
    if money and not (last or _FOLLOWS.search(before) or re.match(r"\s?[((=]|\s?(?:at|按)", claim.text[measure.end :])):
        return False
    if money and re.search(r"投资|投入|预算|capex|invest|budget|募资|融资|rais(?:ed|ing)", claim.text, re.IGNORECASE):
        return bool(_FOLLOWS.search(before))
    return not (claim.forecast and measure.year and any(m.year and m.year != measure.year for m in used))


def _opened(bench: Bench, index: int, way: Product) -> bool:
    """An open scope that is as good as stated: board power beside a count, a clause about one server."""
    stated = bench.claim.measures
    for entry, _power in way.terms:
        if not entry.loose:
            continue
        (at,) = entry.indexes
        measure = stated[at]
        counters = {"user": ("users",), "server": ("servers",), "gpu": ("devices", "per_server")}
        dropped = [scope for scope in measure.scope if dict(entry.vector).get(SCOPE_POWERS.get(scope, ""), 0) >= 0]
        if any(bench.claim.first(*counters[scope]) for scope in dropped if scope in counters):  # type: ignore[arg-type]
            return False
        watts = bench.at(at, "W")
        small = measure.role == "power" and watts is not None and watts < 3000
        if _same_period(bench, at, index):
            continue
        one = measure.role in ("per_server", "ports") or (measure.role == "devices" and measure.value == 1)
        if not (small or one or (measure.scope and stated[index].role == measure.role)):
            return False
    return True


def _same_period(bench: Bench, index: int, target: int) -> bool:
    """每天 500 亿 token 的收入: what follows in the clause is of the same day."""
    measures = bench.claim.measures
    scopes = {scope for scope in measures[index].scope if scope in TIMES}
    others = {scope for m in measures for scope in m.scope if scope in TIMES}
    between = bench.claim.text[measures[index].end : measures[target].start]
    return bool(scopes) and len(others) == 1 and not re.search(r"[。;!?]", between)


def _rivals(bench: Bench, index: int, target: int) -> bool:
    """Whether another number of the same kind stands nearer to the target, so that this one need not be meant."""
    measures = bench.claim.measures
    one, goal = measures[index], measures[target]
    vector = vector_of(one)
    for at, other in enumerate(measures):
        if at in (index, target) or other.role != one.role or vector_of(other) != vector:
            continue
        if abs(other.start - goal.start) < abs(one.start - goal.start):
            return True
    return False


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
        not (TOTAL.search(before) or _FOLLOWS.search(before)),
        -len(way.terms),
        measure.role in _GIVEN,
        -measure.start,
    )


def slip_factor(bench: Bench, index: int, way: Product) -> float:
    """The slip of units that lies between the number and the product; 0 when it is none."""
    claim = bench.claim
    measures = [claim.measures[i] for i in (index, *way.indexes)]
    vectors = [vector_of(m) or () for m in measures]
    names = {name for vector in vectors for name, _power in vector}
    factors = [1e3, 1e6, 1e9, 1e12]
    if any(m.chinese for m in measures):
        factors += [1e4, 1e8]
    if "byte" in names or "server" in names:
        factors.append(8.0)
    if "gpu" in names and any(m.role in ("servers", "per_server") for m in measures):
        factors += [8.0, *(m.value for m in measures if m.role == "per_server" and m.value > 1)]
    if "time" in names:
        factors += [24.0, 3600.0, 86400.0]
    for factor in factors:
        for one in (factor, 1 / factor):
            if _agrees(bench, index, way, one, tolerance=0.03):
                return factor
    return 0.0
