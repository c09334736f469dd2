"""Arithmetic that a claim does itself, and derivations found for numbers that nothing else explains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.search import Term, dimensions, search
from tieout_compute_estimator.derivation import N_

__all__ = ["equated", "from_base", "multiplied_out", "per_device_total", "to_base", "worked_off"]

_EQUAL = re.compile(
    r"^\s?(?:=|＝|≈|即|也?就是|约?等于|相当于|约合|折合|合|i\.e\.,?|equals?|is|are|or|means|\("
    r"|,?\s?that is,?|(?:is )?equivalent to|amounts to)\s?(?:约|约为|每秒|about"
    r"|to)?\s?(?:每秒)?\s?$",
    re.IGNORECASE,
)


def worked_off(bench: Bench) -> Iterator[Finding]:
    """Work, rate and time in one claim: work is rate times time."""
    work, time = bench.claim.first("compute"), bench.claim.first("duration")
    rate = next(
        ((i, m) for i, m in bench.claim.of("rate") if m.per == "" and in_unit(m.value, m.unit, "FLOP/s")),
        None,
    )
    if work is None or rate is None or time is None or bench.device_count() is not None:
        return
    flops, seconds = bench.at(work[0], "FLOP") or 0.0, bench.at(time[0], "s") or 0.0
    per_second = in_unit(rate[1].value, rate[1].unit, "FLOP/s") or 0.0
    if not (flops and seconds and per_second):
        return
    needed = derived(
        flops / seconds / 1e15,
        "PFLOP/s",
        "rate",
        "C / t",
        {"C": bench.stated(work[0]), "t": bench.stated(time[0])},
    )
    days = derived(
        flops / per_second / 86400,
        "day",
        "time",
        "C / R",
        {"C": bench.stated(work[0]), "R": bench.stated(rate[0])},
    )
    years = derived(
        flops / per_second / 86400 / 365.25,
        "year",
        "time",
        "C / R",
        {"C": bench.stated(work[0]), "R": bench.stated(rate[0])},
    )
    numbers = {"correct_rate": needed, "days_at_rate": days, "years_at_rate": years}
    figures = {
        "work": bench.stated(work[0]),
        "rate": bench.stated(rate[0]),
        "time": bench.stated(time[0]),
        "needed": needed,
        "days": days,
    }
    ratio = needed.value * 1e15 / per_second
    covers = (work[0], rate[0], time[0])
    if abs(ratio - 1) < 0.03:
        yield finding(
            "match",
            "work",
            N_("{work} in {time} is {needed}, as stated."),
            figures=figures,
            covers=covers,
            numbers=numbers,
            target=rate[0],
            recomputed=needed,
        )
        return
    slipped = next(
        (factor for factor in (1e3, 1e-3, 1e4, 1e-4, 1e6, 1e-6, 10, 0.1) if abs(ratio / factor - 1) < 0.03),
        None,
    )
    size = derived(
        max(slipped or ratio, 1 / (slipped or ratio)),
        "",
        "factor",
        "needed / stated",
        {"needed": needed, "stated": bench.stated(rate[0])},
    )
    utilised = 1 < 1 / ratio < 5
    yield finding(
        "slip" if slipped else "assume" if utilised else "contradict",
        "work",
        N_(
            "{work} in {time} takes {needed}, not {rate}: off by a factor of {factor}. At "
            "{rate} it takes {days}."
        )
        if not utilised or slipped
        else N_("{work} in {time} takes {needed}, a part of {rate}: the utilisation."),
        figures={**figures, "factor": size},
        covers=covers,
        numbers={**numbers, "factor": size},
        target=rate[0],
        recomputed=needed,
        fixes={rate[0]: needed},
        words={"assumption": "the utilisation"},
    )


def equated(bench: Bench) -> Iterator[Finding]:
    """Two numbers of one dimension that the text sets equal: 1 PFLOPS = 1000 万亿次/秒."""
    measures = bench.claim.measures
    for a, b in zip(range(len(measures)), range(1, len(measures)), strict=False):
        first, second = measures[a], measures[b]
        between = bench.claim.text[first.end : second.start]
        value = in_unit(second.value, second.unit, first.unit)
        if (
            value is None
            or first.dimension == "number"
            or len(between) > 14
            or not _EQUAL.match(between)
            or not first.value
        ):
            continue
        if first.unit == second.unit:
            continue
        ratio = value / first.value
        good = abs(ratio - 1) < 0.03 or agrees(second, in_unit(first.value, first.unit, second.unit) or 0.0)
        right = bench.stated(a).model_copy(
            update={
                "value": in_unit(first.value, first.unit, second.unit) or 0.0,
                "unit": second.unit,
                "text": "",
                "low": None,
                "high": None,
            }
        )
        right = derived(right.value, second.unit, "converted", "A", {"A": bench.stated(a)})
        slipped = any(
            abs(ratio / f - 1) < 0.03 for f in (1e3, 1e-3, 8, 0.125, 1e4, 1e-4, 10, 0.1, 100, 0.01, 1e6, 1e-6)
        )
        yield finding(
            "match" if good else "slip" if slipped else "contradict",
            "equation",
            N_("{first} is {right}, as stated.") if good else N_("{first} is {right}, not {second}."),
            figures={"first": bench.stated(a), "second": bench.stated(b), "right": right},
            covers=(a, b),
            numbers={"converted": right},
            target=b,
            recomputed=right,
            fixes={} if good else {b: right},
        )


def per_device_total(bench: Bench) -> Iterator[Finding]:
    """So much per device and so much together: eight cards of 400 Gb/s are 3.2 Tb/s."""
    count = bench.device_count()
    if count is None or count.value <= 1:
        return
    for role in ("link", "memory"):
        each = next(((i, m) for i, m in bench.claim.of(role) if m.per == "device"), None)
        whole = next(((i, m) for i, m in bench.claim.of(role) if m.per != "device"), None)
        if each is None or whole is None:
            continue
        (i, a), (j, b) = each, whole
        value = in_unit(a.value * count.value, a.unit, b.unit)
        if value is None:
            continue
        total = derived(value, b.unit, "product", "n · x", {"n": count.figure, "x": bench.stated(i)})
        good = agrees(b, value)
        slipped = (
            any(abs(b.value / value / factor - 1) < 0.03 for factor in (8, 0.125, 1e3, 1e-3))
            if value
            else False
        )
        yield finding(
            "match" if good else "slip" if slipped else "contradict",
            "product",
            N_("{count} with {each} each are {total}, as stated.")
            if good
            else N_("{count} with {each} each are {total}, not {stated}."),
            figures={
                "count": count.figure,
                "each": bench.stated(i),
                "total": total,
                "stated": bench.stated(j),
            },
            covers=(i, j, *count.covers),
            numbers={"total": total},
            target=j,
            recomputed=total,
            fixes={} if good else {j: total},
        )


def multiplied_out(bench: Bench) -> Iterator[Finding]:
    """A number of the claim that is the product or quotient of others in it, with their units."""
    measures = bench.claim.measures
    usable = [(i, m) for i, m in enumerate(measures) if m.value > 0 and _vector(bench, m) is not None]
    if not 3 <= len(usable) <= 9:
        return
    explained: set[int] = set()
    results = ("cost", "money", "energy", "rate", "link", "compute", "gpu_hours", "tokens", "devices")
    for index, measure in sorted(
        usable, key=lambda pair: results.index(pair[1].role) if pair[1].role in results else 99
    ):
        vector = _vector(bench, measure)
        prices = ("item_price", "unit_price", "token_price", "per_server")
        if not vector or index in explained or measure.role in prices or _is_for_one(bench, measure):
            continue
        others = [(i, m) for i, m in usable if i != index]
        terms = [
            Term(m.text.strip(), to_base(m.value, m), _vector(bench, m) or (), bench.stated(i), 0.0)
            for i, m in others
        ]
        places = {id(term.figure): i for term, (i, _m) in zip(terms, others, strict=True)}
        found = search(to_base(measure.value, measure), vector, terms, tolerance=0.02, most_terms=3, keep=4)
        exact = [one for one in found if not one.scales()]
        if exact and len({m.dimension for m in measures}) > 1:
            used = tuple(places[id(term.figure)] for term, _power in exact[0].terms)
            value = from_base(exact[0].value, measure)
            figure = derived(
                value,
                measure.unit,
                "product",
                exact[0].symbols,
                {f"x{n}": term.figure for n, (term, _p) in enumerate(exact[0].terms)},
            )
            explained |= {index, *used}
            visits = any(m.role == "visits" for m in measures) and not re.search(
                r"次?(?:请求|调用|提问|查询)|request|quer(?:y|ies)|prompt", bench.claim.text
            )
            yield finding(
                "assume" if visits else "match",
                "product",
                N_("{stated} is {computed}, the product of the numbers given, if a visit is a single prompt.")
                if visits
                else N_("{stated} is {computed}, the product of the numbers given."),
                figures={"stated": bench.stated(index), "computed": figure},
                covers=(index, *used),
                numbers={"product": figure},
                target=index,
                recomputed=figure,
                words={"assumption": "one prompt per visit"} if visits else {},
            )
            return
    yield from _near_miss(bench, usable)


_TOTAL = re.compile(r"[=×]|合计|共|总计|总共|total|altogether|相乘|combined", re.IGNORECASE)


def _vector(bench: Bench, measure: Measure) -> tuple[tuple[str, int], ...] | None:
    """What a number counts, for a product: a bare count only where the text adds things up; None for no factor."""
    if measure.role == "count":
        whole = measure.value == int(measure.value) and 2 <= measure.value <= 1e5
        return () if whole and _TOTAL.search(bench.claim.text) else None
    vector = dimensions(measure.dimension, _typed(measure, bench.claim.measures)) or None
    if (
        vector
        and measure.role in ("energy", "tokens", "compute", "money", "cost")
        and _is_for_one(bench, measure)
    ):
        return _sum(vector, (("visits", -1),))
    return vector


def _is_for_one(bench: Bench, measure: Measure) -> bool:
    """每次 0.3 Wh, 0.3 Wh per query: of one of many."""
    before = bench.claim.text[max(0, measure.start - 8) : measure.start]
    after = bench.claim.text[measure.end : measure.end + 14]
    return bool(
        re.search(r"每(?:次|条|个(?:请求|查询))\S{0,4}\s?$|each\s?$", before)
        or re.match(r"\s?(?:per|a|each|/)\s?(?:query|request|chat|visit|prompt)", after)
    )


def _typed(measure: Measure, all_: Sequence[Measure]) -> str:
    """Money next to visits is a price per visit when it is small."""
    if measure.role in ("money", "cost") and measure.value < 100 and any(m.role == "visits" for m in all_):
        return "token_price"
    return measure.role


def _near_miss(bench: Bench, usable: list[tuple[int, Measure]]) -> Iterator[Finding]:
    """A product written out (=, ×, 合计, total) that comes out otherwise."""
    if not re.search(r"[=×xX*]|合计|共计?|总计|total|multipl|相乘|乘", bench.claim.text):
        return
    for index, measure in usable:
        vector = _vector(bench, measure)
        others = [(i, m, _vector(bench, m) or ()) for i, m in usable if i != index]
        for x, (i, a, va) in enumerate(others):
            for j, b, vb in others[x + 1 :]:
                if (
                    not vector
                    or not (va or vb)
                    or _sum(va, vb) != vector
                    or measure.role in ("gpu_hours", "rate")
                    or {a.role, b.role} & {"duration", "mfu"}
                ):
                    continue
                product = to_base(a.value, a) * to_base(b.value, b)
                value = from_base(product, measure)
                ratio = measure.value / value if value else 0.0
                figure = derived(
                    value, measure.unit, "product", "A · B", {"A": bench.stated(i), "B": bench.stated(j)}
                )
                slipped = any(
                    abs(ratio / f - 1) < 0.03 for f in (10, 0.1, 100, 0.01, 1e3, 1e-3, 1e4, 1e-4, 8, 0.125)
                )
                if abs(ratio - 1) < 0.02 or not 1e-6 < ratio < 1e6:
                    continue
                bits = ("information" in measure.dimension and 0.12 < ratio < 0.13) or 7.7 < ratio < 8.3
                chinese = measure.chinese or a.chinese or b.chinese
                kind = "slip" if bits or (slipped and chinese) else "contradict"
                yield finding(
                    kind,
                    "product",
                    N_("{a} times {b} is {computed}, not {stated}."),
                    figures={
                        "a": bench.stated(i),
                        "b": bench.stated(j),
                        "computed": figure,
                        "stated": bench.stated(index),
                    },
                    covers=(index, i, j),
                    numbers={"product": figure},
                    target=index,
                    recomputed=figure,
                    fixes={index: figure},
                )
                return


def _sum(a: tuple[tuple[str, int], ...], b: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    total: dict[str, int] = dict(a)
    for name, power in b:
        total[name] = total.get(name, 0) + power
    return tuple(sorted((name, power) for name, power in total.items() if power))


def to_base(value: float, measure: Measure) -> float:
    """A value in the unit of ``measure`` in base units."""
    from tieout.quantities import DEFAULT

    return value * DEFAULT.get(measure.unit).factor if measure.unit in DEFAULT and measure.unit else value


def from_base(value: float, measure: Measure) -> float:
    """A value in base units in the unit of ``measure``."""
    from tieout.quantities import DEFAULT

    return value / DEFAULT.get(measure.unit).factor if measure.unit in DEFAULT and measure.unit else value
