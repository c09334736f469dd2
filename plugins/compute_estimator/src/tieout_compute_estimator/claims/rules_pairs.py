"""Ratios inside a claim: so many times, so many per cent more, a share, between two of its own numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.entries import base_of, vector_of
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.rules_ratio import metric_of
from tieout_compute_estimator.derivation import N_

__all__ = ["paired"]

_RATIOS = ("multiple", "growth", "share", "percent")
_MORE = re.compile(
    r"(?:高出?|增加了?|增长了?|提升了?|提高了?|多|上升了?|上涨了?|增幅|涨幅|increased? (?:by )?|up|rose|grew)"
    r"\s?(?:近|约|达|about|by|roughly)?\s*$",
    re.IGNORECASE,
)
_MORE_AFTER = re.compile(
    r"^\s?(?:more|larger|higher|faster|greater|above|increase|growth|over)", re.IGNORECASE
)
_FALL = re.compile(
    r"降|减|缩|跌|少|低于|fell|fall|drop|reduc|cut|declin|less|fewer|below|cheaper|lower|sav", re.IGNORECASE
)
_SIBLINGS = {"params": ("params", "active_params"), "active_params": ("params", "active_params")}
_LEADS = re.compile(
    r"[^,。;]{0,14}?(?:(?:提升|增长|扩大|增加|上升|下降|提高|缩短|缩减|压缩|升|增|降|减|扩|跌|涨|变)(?:至|到|为)|→|->|至|到"
    r"|(?<![a-z])to(?![a-z]))[^,。;]{0,22}",
    re.IGNORECASE,
)
"""What leads from one number to the next: 增至, "to"."""
_LINKED = re.compile(
    r"[从由].{1,60}?[至到为]|from .{1,60}? to |占|其中|比|较|倍|against|compared|versus|vs|than|of which"
    r"|as (?:much|many|fast)|激活|降|增|rose|grew|fell|times|fold|twice|double|active|activat"
    r"|of (?:the|its) total|share|increas|more|less|gain"
    r"|improv|shr[aiu]nk",
    re.IGNORECASE,
)
_PEAKS = re.compile(
    r"性能|速度|效率|performance|speed|fast|efficien|throughput|吞吐|价格|price|成本|cost", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two alike numbers, in the order of the text."""

    first: int
    second: int
    ratio: float
    """The second over the first."""


def paired(bench: Bench) -> Iterator[Finding]:
    """Each ratio against the alike numbers of the claim."""
    if bench.claim.first("doubling") or bench.claim.first("span"):
        return
    ratios = [(i, m) for i, m in bench.claim.of(*_RATIOS) if m.value > 0]
    if not ratios:
        return
    pairs = list(_pairs(bench))
    open_: list[int] = []
    done: set[int] = set()
    for index, measure in ratios:
        good = [pair for pair in pairs if _fits(bench, measure, pair)]
        if good:
            done.add(index)
            yield _said(bench, index, min(good, key=lambda pair: _distance(bench, index, pair)), good=True)
        else:
            open_.append(index)
    for index in open_:
        meant = _meant(bench, index, pairs)
        if meant is not None:
            yield _said(bench, index, meant, good=False)


def _pairs(bench: Bench) -> Iterator[_Pair]:
    measures = bench.claim.measures
    for a, first in enumerate(measures):
        vector = _plain(first)
        if not vector or first.value <= 0 or first.low is not None:
            continue
        for b in range(a + 1, len(measures)):
            second = measures[b]
            alike = second.role == first.role or second.role in _SIBLINGS.get(first.role, ())
            if alike and _plain(second) == _plain(first) and second.value > 0 and second.low is None:
                low = base_of(first)
                yield _Pair(a, b, base_of(second) / low if low else 0.0)


def _plain(measure: Measure) -> tuple[tuple[str, int], ...]:
    """Dimensions without the device or server that a number is for: two devices are compared with each other."""
    scopes = set(measure.scope) & {"gpu", "server"}
    if measure.role in ("context", "vocabulary", "heads", "kv_heads"):
        return ((measure.role, 1),)
    vector = dict(vector_of(measure) or ())
    for scope in scopes:
        vector[scope] = vector.get(scope, 0) + 1
    return tuple(sorted((name, power) for name, power in vector.items() if power))


def _distance(bench: Bench, index: int, pair: _Pair) -> int:
    place = bench.claim.measures[index].start
    return abs(bench.claim.measures[pair.first].start - place) + abs(
        bench.claim.measures[pair.second].start - place
    )


def _readings(bench: Bench, measure: Measure, pair: _Pair) -> Iterator[float]:
    """The values, in the unit of the ratio, that the two numbers allow for it."""
    text = bench.claim.text
    ratio = max(pair.ratio, 1 / pair.ratio) if pair.ratio else 0.0
    led = _direction(bench, measure, pair)
    before = text[max(0, measure.start - 12) : measure.start]
    if measure.role == "multiple":
        more = _MORE.search(before) or _MORE_AFTER.match(text[measure.end : measure.end + 12])
        value = led or (ratio if measure.value >= 1 else 1 / ratio)
        falls = _FALL.search(text[: measure.end + 24])
        yield 1 / value if falls and value < 1 <= measure.value else value
        if more and value > 1:
            yield value - 1
        return
    percent = 100.0 if measure.unit == "%" else 1.0
    falls = _FALL.search(text[max(0, measure.start - 30) : measure.end + 24])
    around = text[max(0, measure.start - 14) : measure.end + 14]
    rises_said = measure.role == "percent" and cues.GROWTH.search(around)
    if measure.role in ("share", "percent") and not rises_said and (measure.role == "share" or not falls):
        yield percent / ratio
    if measure.role in ("growth", "percent"):
        rises = pair.ratio > 1 if _ordered(bench, pair) else True
        if falls or not rises:
            yield percent * (1 - 1 / ratio)
        if not falls or not _ordered(bench, pair):
            yield percent * (ratio - 1)


_COMPARED = re.compile(
    r"高于|低于|超过|大于|小于|多于|少于|优于|不及|不如|(?:higher|lower|more|less|larger|smaller|faster|greater) than"
    r"|(?<![a-z])(?:above|below|against)(?![a-z])",
    re.IGNORECASE,
)


def _direction(bench: Bench, measure: Measure, pair: _Pair) -> float:
    """The ratio in the direction that the text gives it; 0 where it gives none."""
    text = bench.claim.text
    first, second = (bench.claim.measures[i] for i in (pair.first, pair.second))
    if _ordered(bench, pair) and measure.start > second.end:
        return pair.ratio
    if first.end <= measure.start < second.start and re.search(
        r"than|times|(?<![a-z])(?:the|of|as|over|above)(?![a-z])|比|于",
        text[measure.end : second.start],
        re.IGNORECASE,
    ):
        return 1 / pair.ratio if pair.ratio else 0.0
    if measure.start > second.end and "前者" in text and "后者" in text:
        return (
            (1 / pair.ratio if pair.ratio else 0.0) if text.index("前者") < text.index("后者") else pair.ratio
        )
    if measure.start > second.end and _COMPARED.search(text[first.end : second.start]):
        return (
            1 / pair.ratio if pair.ratio else 0.0
        )  # 4.0 TB/s, more than the 3.35 TB/s of B: so many times B
    names = [{m.subject, m.device} - {""} for m in (first, second)]
    if measure.reference and measure.reference in names[1] - names[0]:
        return 1 / pair.ratio if pair.ratio else 0.0
    if measure.reference and measure.reference in names[0] - names[1]:
        return pair.ratio
    return 0.0


def _ordered(bench: Bench, pair: _Pair) -> bool:
    """Whether the text leads from the first to the second."""
    first, second = (bench.claim.measures[i] for i in (pair.first, pair.second))
    between = bench.claim.text[first.end : second.start]
    return len(between) < 44 and bool(_LEADS.fullmatch(between))


def _fits(bench: Bench, measure: Measure, pair: _Pair) -> bool:
    tolerance = 0.05 if measure.role == "multiple" else 0.02
    values = list(_readings(bench, measure, pair))
    if measure.bound == "at least" and any(value >= measure.value for value in values):
        return any(agrees(measure, value, tolerance=0.1) for value in values)
    return any(agrees(measure, value, tolerance=tolerance) for value in values)


def _meant(bench: Bench, index: int, pairs: list[_Pair]) -> _Pair | None:
    """The pair that a ratio has to be about: the only one, or the one that the text leads through to it."""
    measure = bench.claim.measures[index]
    text = bench.claim.text
    if not _LINKED.search(text):
        return None
    led = [
        pair
        for pair in pairs
        if _ordered(bench, pair) and bench.claim.measures[pair.second].start < measure.start
    ]
    if led:
        return min(led, key=lambda pair: _distance(bench, index, pair))
    metric = None if measure.role == "share" else metric_of(bench, measure)
    roles = {bench.claim.measures[pair.first].role for pair in pairs}
    if (
        metric is not None
        and metric[0] not in roles
        and (metric[0] != "rate" or _PEAKS.search(text) or measure.role in ("multiple", "percent"))
        and metric[0] not in ("cost", "money")
    ):
        return None
    usable = [
        pair
        for pair in pairs
        if metric is None or bench.claim.measures[pair.first].role == metric[0] or len(roles) == 1
    ]
    same = [pair for pair in usable if _one_sentence(text, bench, index, pair)]
    return same[0] if len(same) == 1 else None


def _one_sentence(text: str, bench: Bench, index: int, pair: _Pair) -> bool:
    places = [bench.claim.measures[i].start for i in (index, pair.first, pair.second)]
    return not re.search(r"[。;!?]", text[min(places) : max(places)])


def _said(bench: Bench, index: int, pair: _Pair, *, good: bool) -> Finding:
    measure = bench.claim.measures[index]
    values = list(_readings(bench, measure, pair))
    value = min(values, key=lambda one: abs(one - measure.value))
    a, b = bench.stated(pair.first), bench.stated(pair.second)
    figure = derived(value, measure.unit, "ratio", "A / B", {"A": b, "B": a})
    ratio = derived(
        max(pair.ratio, 1 / pair.ratio) if pair.ratio else 0.0, "", "ratio", "A / B", {"A": b, "B": a}
    )
    share = derived(100 / ratio.value if ratio.value else 0.0, "%", "share", "B / A", {"A": b, "B": a})
    change = derived(100 * (pair.ratio - 1), "%", "change", "A / B − 1", {"A": b, "B": a})
    return finding(
        "match" if good else "contradict",
        "ratio",
        N_("{second} against {first} is {computed}, as stated.")
        if good
        else N_("{second} against {first} is {computed}, not {stated}."),
        figures={"first": a, "second": b, "computed": figure, "stated": bench.stated(index)},
        covers=(index, pair.first, pair.second),
        numbers={"ratio": ratio, "share": share, "change": change},
        target=index,
        recomputed=figure,
        fixes={} if good else {index: figure},
    )
