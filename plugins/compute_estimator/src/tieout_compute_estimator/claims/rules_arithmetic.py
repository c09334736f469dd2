"""Arithmetic that a claim does itself, and derivations found for numbers that nothing else explains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.derivation import N_

__all__ = ["equated", "from_base", "to_base", "worked_off"]

_EQUAL = re.compile(
    r"^,?\s?(?:=|＝|≈|即|也?就是|约?等于|相当于|约合|折合|合|i\.e\.,?|equals?|is|are|or|means|\("
    r"|,?\s?that is,?|(?:is )?(?:equal|equivalent) to|(?:links?|ports?) (?:carr(?:y|ies)|moves?"
    r"|transfers?)|amounts to|works out (?:to|at))\s?(?:每秒)?(?:约|约为|大约|about|roughly|some"
    r"|to)?\s?(?:每秒)?\s?$",
    re.IGNORECASE,
)


_STRONG = re.compile(r"=|＝|即|也?就是|等于|相当于|折合|i\.e\.|equals?|that is|equivalent to", re.IGNORECASE)


_PER_TOKENS = re.compile(r"(?:每|per |a )\s?(?:百万|千|million|thousand)?\s?个?\s?tokens?\s?", re.IGNORECASE)


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
        (factor for factor in (1e3, 1e-3, 1e4, 1e-4, 1e6, 1e-6) if abs(ratio / factor - 1) < 0.03),
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
        between = _PER_TOKENS.sub("", bench.claim.text[first.end : second.start])
        value = in_unit(second.value, second.unit, first.unit)
        if (
            value is None
            or first.dimension == "number"
            or len(between) > 24
            or not _EQUAL.match(between)
            or not first.value
        ):
            continue
        if first.unit == second.unit and (first.role != second.role or not _STRONG.search(between)):
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
        pair = {"A": bench.stated(a), "B": bench.stated(b)}
        factor = derived(max(ratio, 1 / ratio) if ratio else 0.0, "", "factor", "B / A", pair)
        slipped = any(
            abs(ratio / f - 1) < 0.03
            for f in (1e3, 1e-3, 8, 0.125, 1e4, 1e-4, 1e6, 1e-6, 1e8, 1e-8, 1e9, 1e-9)
        )
        yield finding(
            "match" if good else "slip" if slipped else "contradict",
            "equation",
            N_("{first} is {right}, as stated.") if good else N_("{first} is {right}, not {second}."),
            figures={"first": bench.stated(a), "second": bench.stated(b), "right": right},
            covers=(a, b),
            numbers={"converted": right, "factor": factor},
            target=b,
            recomputed=right,
            fixes={} if good else {b: right},
        )


def to_base(value: float, measure: Measure) -> float:
    """A value in the unit of ``measure`` in base units."""
    from tieout.quantities import DEFAULT

    return value * DEFAULT.get(measure.unit).factor if measure.unit in DEFAULT and measure.unit else value


def from_base(value: float, measure: Measure) -> float:
    """A value in base units in the unit of ``measure``."""
    from tieout.quantities import DEFAULT

    return value / DEFAULT.get(measure.unit).factor if measure.unit in DEFAULT and measure.unit else value
