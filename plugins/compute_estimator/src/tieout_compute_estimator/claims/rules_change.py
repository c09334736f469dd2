"""Changes from one value to another, and shares of a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.derivation import N_

__all__ = ["changed", "shared"]


_FALLS = re.compile(r"缩短|降|减少|下滑|cut|fell|fall|drop|reduc|declin|shorten", re.IGNORECASE)


_RISES = re.compile(r"增长到|增加到|提高到|升至|增至|提升至|rose|grew|increas|climb", re.IGNORECASE)


def changed(bench: Bench) -> Iterator[Finding]:
    """From one value to another: the factor, and whether a stated factor or percentage fits."""
    text = bench.claim.text
    groups: dict[str, list[int]] = {}
    for index, measure in enumerate(bench.claim.measures):
        if measure.dimension not in ("number", "x") and measure.role not in (
            "multiple",
            "growth",
            "share",
            "percent",
        ):
            groups.setdefault(f"{measure.dimension}|{measure.role}", []).append(index)
    if not re.search(
        r"[从由].{1,40}?(?:缩短|降|减|增|提|升|到|至|跃)|from .{1,40}? to |缩短|cut|down to|up to|reduc",
        text,
        re.IGNORECASE,
    ):
        return
    for indexes in groups.values():
        if len(indexes) != 2:
            continue
        a, b = indexes
        first, second = bench.claim.measures[a], bench.claim.measures[b]
        other = in_unit(second.value, second.unit, first.unit)
        if not first.value or not other or not _moves(text, first, second):
            continue
        down = other < first.value
        falls, rises = _FALLS.search(text), _RISES.search(text)
        turned = bool(falls and not rises and not down) or bool(rises and not falls and down)
        factor = derived(
            first.value / other if down else other / first.value,
            "",
            "factor",
            "A / B",
            {"A": bench.stated(a), "B": bench.stated(b)},
        )
        percent = derived(
            100 * abs(other / first.value - 1),
            "%",
            "change",
            "|B / A − 1|",
            {"A": bench.stated(a), "B": bench.stated(b)},
        )
        numbers = {"speedup": factor, "change": percent}
        stated = bench.claim.first("multiple", "growth", "percent")
        if stated is None:
            yield finding(
                "missing",
                "change",
                N_(
                    "From {first} to {second} is a factor of {factor}; what made it, hardware, "
                    "number of devices or software, is not said."
                ),
                figures={"first": bench.stated(a), "second": bench.stated(b), "factor": factor},
                words={"missing": "devices before and after"},
                numbers=numbers,
            )
            continue
        i, m = stated
        if not turned:
            continue  # the ratio itself is held against the two numbers elsewhere
        shown = factor if m.role == "multiple" else percent
        yield finding(
            "contradict",
            "change",
            N_("From {first} to {second} is {computed}, but the other way round."),
            figures={"first": bench.stated(a), "second": bench.stated(b), "computed": shown},
            covers=(a, b, i),
            numbers=numbers,
            target=i,
            recomputed=shown,
        )


def _moves(text: str, first: Measure, second: Measure) -> bool:
    between = text[first.end : second.start]
    return len(between) < 24 and bool(re.search(r"到|至|为|to|降|升|缩|增|减|→|->", between))


def shared(bench: Bench) -> Iterator[Finding]:
    """A part, its share and the whole: stated, or known for the year."""
    for index, measure in bench.claim.of("share"):
        compared = bench.known.subject(measure.reference) if measure.reference else None
        if compared is not None and compared.kind != "topic":
            continue
        part = next(
            ((i, m) for i, m in bench.claim.of("money", "energy", "rate", "cost") if m.start < measure.start),
            None,
        ) or bench.claim.first("money", "energy")
        if part is None or not measure.value:
            continue
        i, whole_part = part
        if index in bench.explained:
            continue
        if measure.year and whole_part.year and measure.year[:4] != whole_part.year[:4]:
            continue
        whole = derived(
            whole_part.value / (measure.value / 100),
            whole_part.unit,
            "whole",
            "part / share",
            {"part": bench.stated(i), "share": bench.stated(index)},
        )
        stated_whole = next(
            (
                (j, m)
                for j, m in bench.claim.of("money", "energy")
                if j != i and in_unit(m.value, m.unit, whole_part.unit)
            ),
            None,
        )
        known = _known_whole(bench, whole_part)
        numbers = {"whole": whole}
        figures = {"part": bench.stated(i), "share": bench.stated(index), "whole": whole}
        if stated_whole is not None:
            j, other = stated_whole
            good = agrees(other, in_unit(whole.value, whole.unit, other.unit) or 0.0, tolerance=0.02)
            yield finding(
                "match" if good else "contradict",
                "share",
                N_("{part} at {share} is part of {whole}, as stated.")
                if good
                else N_("{part} at {share} would be part of {whole}, not {stated}."),
                figures={**figures, "stated": bench.stated(j)},
                covers=(i, index, j),
                numbers=numbers,
                target=j,
                recomputed=whole,
                fixes={} if good else {j: whole},
            )
        elif known is not None:
            low, high = known.low or known.value, known.high or known.value
            good = 0.98 * low <= whole.value <= 1.02 * high
            right = derived(
                100 * whole_part.value / known.value,
                "%",
                "share",
                "part / whole",
                {"part": bench.stated(i), "whole": known},
            )
            yield finding(
                "match" if good else "contradict",
                "share",
                N_("{part} at {share} is part of {whole}; published is {known}, so it agrees.")
                if good
                else N_(
                    "{part} at {share} would be part of {whole}; published is {known}, which makes "
                    "it {right}."
                ),
                figures={**figures, "known": known, "right": right},
                covers=(i, index),
                numbers={**numbers, "known_whole": known},
                target=index,
                recomputed=right,
                fixes={} if good else {index: right},
            )
        else:
            yield finding(
                "missing",
                "share",
                N_("{part} at {share} would be part of {whole}; the whole is not known."),
                figures=figures,
                words={"missing": "the whole"},
                numbers=numbers,
            )


def _year_of(bench: Bench, part: Measure) -> str:
    """The year of a number that names none: that of the fact it agrees with."""
    for fact in bench.known.facts(part.subject, part.role):
        value = in_unit(fact.value, fact.unit, part.unit)
        if value is not None and fact.year and agrees(part, value, tolerance=0.005):
            return fact.year[:4]
    return ""


def _known_whole(bench: Bench, part: Measure) -> Figure | None:
    topics = [m.name for m in bench.claim.named("topic")]
    wholes = [f.whole for name in topics for f in bench.known.facts(name, "share") if f.whole] or [
        name for name in topics if name != part.subject
    ]
    for name in dict.fromkeys(wholes):
        for fact in bench.known.facts(name, "money", "energy"):
            year = part.year[:4] or _year_of(bench, part)
            if year and fact.year[:4] == year and in_unit(fact.value, fact.unit, part.unit) is not None:
                return fact.figure()
    return None
