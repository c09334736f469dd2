"""Growth and doubling: factors over years, yearly factors, and the trends that were measured."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import HOFFMANN, Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import Fact
from tieout_compute_estimator.derivation import N_

__all__ = ["doubled", "grown"]


AMODEI = "Amodei and Hernandez 2018"
_TREND = "training compute of leading models"
"""The subject whose measured doubling times and yearly factors stand in the table of facts."""


def doubled(bench: Bench) -> Iterator[Finding]:
    """Doubling times against yearly factors, and both against the trend that was measured."""
    found = bench.claim.first("doubling")
    if found is None:
        return
    index, measure = found
    low, high = (in_unit(end, measure.unit, "month") or 1.0 for end in measure.ends)
    if low <= 0:
        return
    fast = derived(
        2 ** (12 / low), "", "yearly factor", "2^(12/m)", {"m": bench.stated(index)}, reference=AMODEI
    )
    slow = derived(
        2 ** (12 / high), "", "yearly factor", "2^(12/m)", {"m": bench.stated(index)}, reference=AMODEI
    )
    numbers = {"yearly": fast, "yearly_slow": slow}
    trend = _trend(bench, index, measure)
    yearly = next(
        ((i, m) for i, m in bench.claim.of("multiple", "growth") if m.per == "year" or i > index), None
    )
    if yearly is not None:
        i, factor_measure = yearly
        factor = 1 + factor_measure.value / 100 if factor_measure.role == "growth" else factor_measure.value
        months = derived(
            12 / math.log2(factor) if factor > 1 else 0.0,
            "month",
            "doubling time",
            "12 / log2(k)",
            {"k": bench.stated(i)},
        )
        numbers["months_for_factor"] = months
        ends = sorted((slow.value, fast.value))
        more = re.search(r"增长了?|增加了?|提高了?|提升了?|increas\w* by", bench.claim.text, re.IGNORECASE)
        factors = (factor, factor + 1) if factor_measure.role == "multiple" and more else (factor,)
        good = any(ends[0] * 0.93 <= one <= ends[1] * 1.07 for one in factors)
        figures = {
            "time": bench.stated(index),
            "slow": slow,
            "fast": fast,
            "stated": bench.stated(i),
            "months": months,
        }
        yield finding(
            "match" if good else "contradict",
            "doubling",
            N_(
                "Doubling in {time} is {slow} to {fast} times a year, and {stated} is a doubling "
                "in {months}: they agree."
            )
            if good
            else N_(
                "Doubling in {time} is {slow} to {fast} times a year, not {stated}, which is a "
                "doubling in {months}."
            ),
            figures=figures,
            covers=(index, i),
            numbers=numbers,
            target=i,
            recomputed=fast.model_copy(update={"low": ends[0], "high": ends[1]}),
            fixes={} if good else {i: fast},
        )
    if yearly is None and (over := _over_years(bench, index, low, high)) is not None:
        yield over
    elif trend is not None:
        yield trend
    elif yearly is None:
        yield finding(
            "imply",
            "doubling",
            N_("Doubling in {time} is {slow} to {fast} times a year."),
            figures={"time": bench.stated(index), "slow": slow, "fast": fast},
            numbers=numbers,
        )


def _over_years(bench: Bench, index: int, low: float, high: float) -> Finding | None:
    """Eightfold in three years, which is a doubling each year."""
    span = bench.claim.first("span", "duration")
    whole = next(((i, m) for i, m in bench.claim.of("multiple") if not m.per and m.value > 1), None)
    years = bench.at(span[0], "year") if span else None
    if span is None or whole is None or not years:
        return None
    i, measure = whole
    months = derived(
        12 * years / math.log2(measure.value), "month", "doubling time", "12 · t / log2(k)",
        {"k": bench.stated(i), "t": bench.stated(span[0])},
    )  # fmt: skip
    good = low * 0.93 <= months.value <= high * 1.07
    return finding(
        "match" if good else "contradict",
        "doubling",
        N_("{stated} over {span} is a doubling in {months}, as stated.")
        if good
        else N_("{stated} over {span} is a doubling in {months}, not {time}."),
        figures={
            "stated": bench.stated(i), "span": bench.stated(span[0]), "months": months, "time": bench.stated(index)
        },
        covers=(index, i, span[0]),
        numbers={"doubling_months": months},
        target=index,
        recomputed=months,
    )  # fmt: skip


def _trend(bench: Bench, index: int, measure: Measure) -> Finding | None:
    about = measure.subject == _TREND or re.search(r"算力|compute", bench.claim.text, re.IGNORECASE)
    if not about:
        return None
    for fact in bench.known.facts(_TREND, "doubling"):
        low, high = (in_unit(end, fact.unit, measure.unit) or 0.0 for end in fact.ends)
        if agrees(measure, low, high=high):
            return _measured(bench, index, fact, "doubling time")
    return None


def _measured(bench: Bench, index: int, fact: Fact, metric: str) -> Finding:
    """A number that is a trend somebody measured."""
    known = fact.figure(metric)
    return finding(
        "match" if fact.firm else "assume",
        "trend",
        N_("{stated} is {known} ({source}); it holds for: {assumption}."),
        figures={"stated": bench.stated(index), "known": known},
        words={"source": fact.source_text, "assumption": fact.assumption},
        covers=(index,),
        numbers={"trend": known},
        target=index,
        recomputed=known,
    )


def grown(bench: Bench) -> Iterator[Finding]:
    """A factor over years, or a yearly factor: what it means a year and as a doubling time."""
    if bench.claim.first("doubling"):
        return
    for index, measure in bench.claim.of("multiple", "growth"):
        factor = 1 + measure.value / 100 if measure.role == "growth" else measure.value
        span = bench.claim.first("span") or (bench.claim.first("duration") if bench.claim.forecast else None)
        if factor <= 1:
            continue
        if span is not None and not measure.reference:
            years = bench.at(span[0], "year") or 0.0
            if years <= 0:
                continue
            yearly = derived(
                factor ** (1 / years),
                "",
                "yearly factor",
                "k^(1/t)",
                {"k": bench.stated(index), "t": bench.stated(span[0])},
            )
            months = derived(
                12 * years / math.log2(factor),
                "month",
                "doubling time",
                "12 · t / log2(k)",
                {"k": bench.stated(index), "t": bench.stated(span[0])},
            )
            per_year = next(
                ((i, m) for i, m in bench.claim.of("multiple", "growth") if m.per == "year" and i != index),
                None,
            )
            numbers = {"per_year": yearly, "doubling_months": months}
            if per_year is not None:
                i, other = per_year
                rate = 1 + other.value / 100 if other.role == "growth" else other.value
                good = abs(rate / yearly.value - 1) < 0.08
                yield finding(
                    "match" if good else "contradict",
                    "growth",
                    N_("{stated} over {span} is {yearly} times a year, as stated.")
                    if good
                    else N_("{stated} over {span} is {yearly} times a year, not {rate}."),
                    figures={
                        "stated": bench.stated(index),
                        "span": bench.stated(span[0]),
                        "yearly": yearly,
                        "rate": bench.stated(i),
                    },
                    covers=(index, i, span[0]),
                    numbers=numbers,
                    target=i,
                    recomputed=yearly,
                    fixes={} if good else {i: yearly},
                )
            elif measure.per != "year":
                yield finding(
                    "imply",
                    "growth",
                    N_("{stated} over {span} is {yearly} times a year, a doubling in {months}."),
                    figures={
                        "stated": bench.stated(index),
                        "span": bench.stated(span[0]),
                        "yearly": yearly,
                        "months": months,
                    },
                    numbers=numbers,
                )
        elif measure.per == "year":
            months = derived(
                12 / math.log2(factor), "month", "doubling time", "12 / log2(k)", {"k": bench.stated(index)}
            )
            known = _yearly_trend(bench, index, measure, factor)
            yield known or finding(
                "imply",
                "growth",
                N_("{stated} a year is a doubling in {months}."),
                figures={"stated": bench.stated(index), "months": months},
                numbers={"doubling_months": months},
            )
        elif measure.role == "growth" and index not in bench.explained and not bench.claim.first("duration"):
            yield _gain(bench, index, factor)


def _yearly_trend(bench: Bench, index: int, measure: Measure, factor: float) -> Finding | None:
    if measure.subject != _TREND and not re.search(
        r"训练算力|算力需求|training compute", bench.claim.text, re.IGNORECASE
    ):
        return None
    for fact in bench.known.facts(_TREND, "growth_factor"):
        low, high = fact.ends
        ends = [1 + end / 100 if measure.role == "growth" else end for end in measure.ends]
        if low * 0.9 <= min(*ends, factor) and max(*ends, factor) <= high * 1.05:
            return _measured(bench, index, fact, "yearly factor")
    return None


_SIZE = re.compile(
    r"(?P<zh>[十百千万]{1,2})亿|(?P<en>\d+(?:\.\d+)?|ten|hundred)?\s?(?P<unit>billion|trillion|[BT](?![A-Za-z]))"
)
_TENS = {"十": 10.0, "百": 100.0, "千": 1e3, "万": 1e4, "ten": 10.0, "hundred": 100.0}
_LEADS = re.compile(r"[^,。;\d]{0,14}?(?:到|至|向|(?<![a-z])to(?![a-z]))[^,。;\d]{0,10}")


def _leap(text: str) -> dict[str, Figure]:
    """From one order of model sizes to another (从千亿级到万亿级): what it means for the compute of training."""
    sizes = list(_SIZE.finditer(text))
    for first, second in pairwise(sizes):
        small, large = _size(first), _size(second)
        if large <= small or not _LEADS.fullmatch(text, first.end(), second.start()):
            continue
        ends = {
            name: derived(value, "parameter", "parameters", f"{value:g}", {}, convention="size assumed")
            for name, value in (("N1", small), ("N2", large))
        }
        ratio = large / small
        return {
            "compute_ratio_fixed_tokens": derived(
                ratio, "", "ratio of compute at the same tokens", "N2 / N1", ends
            ),
            "compute_ratio_at_20x": derived(
                ratio**2,
                "",
                "ratio of compute at twenty tokens a parameter",
                "(N2 / N1)^2",
                ends,
                reference=HOFFMANN,
            ),
        }
    return {}


def _size(match: re.Match[str]) -> float:
    """Parameters of a size that is named by its order: 千亿, a hundred billion, 100B."""
    if match["zh"]:
        return math.prod(_TENS[one] for one in match["zh"]) * 1e8
    count = match["en"] or "1"
    return (_TENS.get(count) or float(count)) * (1e9 if match["unit"][0] in "bB" else 1e12)


def _gain(bench: Bench, index: int, factor: float) -> Finding:
    """A percentage without a base: what it would make of a usual utilisation."""
    base = derived(35.0, "%", "MFU", "35", {}, convention="a usual utilisation")
    after = derived(
        35.0 * factor, "%", "MFU after the gain", "MFU · k", {"MFU": base, "k": bench.stated(index)}
    )
    numbers = {"mfu_from_35": after} if factor < 2.5 else {}
    numbers |= _leap(bench.claim.text)
    return finding(
        "missing",
        "gain",
        N_(
            "{stated} has no base that can be looked up: it would lift a utilisation of "
            "{base} to {after}, if it applied end to end."
        )
        if factor < 2.5
        else N_("{stated} has no base that can be looked up."),
        figures={"stated": bench.stated(index), **({"base": base, "after": after} if factor < 2.5 else {})},
        words={"missing": "the value before"},
        numbers=numbers,
    )
