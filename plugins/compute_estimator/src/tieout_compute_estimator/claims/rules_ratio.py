"""Ratios between two named things: so many times, or so much of, what is stated or published about another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench, Held
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure, Role
from tieout_compute_estimator.claims.rules_performance import absent, efficiency, energy_by_hours, performance
from tieout_compute_estimator.derivation import N_

__all__ = ["metric_of", "multiplied"]

_METRICS: tuple[tuple[re.Pattern[str], Role, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), role, unit)  # type: ignore[misc]
    for pattern, role, unit in (
        (r"能耗|耗电|energy|electricity|用电", "energy", "MWh"),
        (
            r"GPU ?数|卡数|GPU 数量|服务器数|number of GPUs|GPU count|as many (?:GPUs|chips)|more GPUs|芯片数",
            "devices",
            "GPU",
        ),
        (r"训练数据|数据集|数据量|token|语料|training data|dataset|corpus", "tokens", "token"),
        (r"GPU ?小时|卡时|GPU-?hours", "gpu_hours", "GPU-hour"),
        (r"参数|param|模型规模|size of|as large|larger", "params", "parameter"),
        (r"训练(?:所需)?(?:的)?算力|训练计算量|计算量|training compute|FLOP(?!S)", "compute", "FLOP"),
        (r"显存带宽|内存带宽|memory bandwidth", "memory_bandwidth", "TB/s"),
        (r"显存|内存容量|memory", "memory", "B"),
        (r"功耗|TDP|power", "power", "W"),
        (r"NVLink|互联|互连|interconnect|带宽|bandwidth", "link", "GB/s"),
        (r"训练效率|效率|efficien", "throughput", ""),
        (r"性能|峰值|算力|速度|快|performance|compute|speed|fast|peak|TFLOPS|throughput", "rate", "TFLOP/s"),
        (r"成本|造价|cost", "cost", "USD"),
        (r"碳排|排放|emission|carbon", "carbon", "tCO2e"),
    )
)
_MORE = re.compile(
    r"高出?\s*$|增加了?\s*(?:近|约)?\s*$|增长了?\s*(?:近|约)?\s*$|提升了?\s*$|提高了?\s*(?:约)?\s*$|多\s*$|大\s*$"
)
_ADDED = re.compile(r"^\s*(?:more|larger|higher|faster|greater)", re.IGNORECASE)
"""Words after which N times may mean N + 1 times as much."""


def metric_of(bench: Bench, measure: Measure) -> tuple[Role, str] | None:
    """What a ratio is of: the nearest word before or after it."""
    text = bench.claim.text
    tail = re.split(r"[,。;]", text[measure.end : measure.end + 44])[0]
    window = text[max(0, measure.start - 60) : measure.end] + tail
    centre = min(measure.start, 60)
    best: tuple[int, Role, str] | None = None
    for pattern, role, unit in _METRICS:
        for match in pattern.finditer(window):
            distance = abs(match.start() - centre)
            if best is None or distance < best[0]:
                best = (distance, role, unit)
    return (best[1], best[2]) if best else None


def multiplied(bench: Bench) -> Iterator[Finding]:
    """A is so many times B: from the numbers stated, or published, for both."""
    for index, measure in bench.claim.of("multiple", "share", "percent"):
        if index in bench.explained:
            continue
        if measure.per or (measure.role != "multiple" and not measure.reference):
            continue
        if bench.claim.first("span") and not measure.reference:
            continue
        metric = metric_of(bench, measure)
        subject, reference = _pair(bench, measure)
        if metric is None or not reference:
            if metric is not None and metric[0] == "devices":
                yield from _cluster_ratio(bench, index, measure)
            continue
        role, unit = metric
        if role == "throughput":
            yield from efficiency(bench, index, measure, subject, reference)
        elif role == "energy" and not bench.known.best(subject, "energy"):
            yield from energy_by_hours(bench, index, measure, subject, reference)
        elif role == "rate":
            yield from performance(bench, index, measure, subject, reference)
        else:
            yield from _plain_ratio(bench, index, measure, role, unit, subject, reference)


def _pair(bench: Bench, measure: Measure) -> tuple[str, str]:
    """What is compared with what; a family alone is compared with the generation before or after it."""
    subject, reference = measure.subject, measure.reference
    if subject == reference:
        subject = ""
    if reference and not subject:
        device = measure.device if measure.device != reference else ""
        successors = [name for name, other in bench.known.subjects.items() if other.previous == reference]
        documented = [name for name in bench.document_subjects if name != reference]
        subject = (
            device
            or next((name for name in documented if name in successors), "")
            or (successors[0] if successors else "")
        )
    return subject, reference


def _side(bench: Bench, role: Role, unit: str, subject: str, *, exclude: int) -> Held | None:
    for index, measure in bench.claim.of(role):
        if index != exclude and measure.subject == subject and bench.at(index, unit):
            return Held(bench.stated_in(index, unit), index)
    return bench.elsewhere(role, unit, subject) or bench.published(role, unit, subject)


def _plain_ratio(
    bench: Bench, index: int, measure: Measure, role: Role, unit: str, subject: str, reference: str
) -> Iterator[Finding]:
    below = _side(bench, role, unit, reference, exclude=index)
    above = _side(bench, role, unit, subject, exclude=index)
    if below is None or not below.value:
        yield absent(bench, index, reference, role)
        return
    factor = measure.value / 100 if measure.role != "multiple" else measure.value
    if above is None or (
        bench.known.subject(subject) is not None
        and above.index is None
        and role == "params"
        and _undisclosed(bench, subject, role)
    ):
        implied = derived(
            factor * below.value,
            unit,
            "implied value",
            "k · B",
            {"k": bench.stated(index), "B": below.figure},
        )
        yield finding(
            "missing",
            "ratio",
            N_(
                "{reference} has {known}, so {stated} would mean {implied} for {subject}; no "
                "source gives that number."
            ),
            figures={"known": below.figure, "stated": bench.stated(index), "implied": implied},
            words={"reference": reference, "subject": subject or "—", "missing": role},
            numbers={"expected": implied},
            target=index,
        )
        return
    yield _ratio_verdict(bench, index, measure, above, below, subject, reference, role, unit)


def _undisclosed(bench: Bench, subject: str, role: str) -> bool:
    found = bench.known.subject(subject)
    return found is not None and role in found.undisclosed and not found.leaked


def _ratio_verdict(
    bench: Bench,
    index: int,
    measure: Measure,
    above: Held,
    below: Held,
    subject: str,
    reference: str,
    role: Role,
    unit: str,
) -> Finding:
    ratio = above.value / below.value
    percent = measure.role != "multiple"
    figure = derived(
        ratio * (100 if percent else 1),
        "%" if percent else "",
        "ratio",
        "A / B",
        {"A": above.figure, "B": below.figure},
    )
    expected = derived(
        (measure.value / (100 if percent else 1)) * below.value,
        unit,
        "expected value",
        "k · B",
        {"k": bench.stated(index), "B": below.figure},
    )
    numbers = {"ratio": figure, "expected": expected, **_per_token(bench, role, subject, reference)}
    covers = (index, *above.covers, *below.covers)
    words = {"subject": subject, "reference": reference}
    figures = {
        "stated": bench.stated(index),
        "ratio": figure,
        "above": above.figure,
        "below": below.figure,
        "expected": expected,
    }
    said = partial(
        finding, figures=figures, words=words, covers=covers, numbers=numbers, target=index, recomputed=figure
    )
    good = agrees(measure, figure.value, tolerance=0.09) or (
        _adds(bench, measure) and not percent and agrees(measure, figure.value - 1, tolerance=0.09)
    )
    if good:
        weak = (above.assumed and above.index is None) or below.assumed
        if weak:
            return said(
                "assume",
                "ratio",
                N_("{above} over {below} is {ratio}; it holds under an assumption: {assumption}."),
                figures=figures,
                words={**words, "assumption": above.assumed or below.assumed},
                covers=covers,
                numbers=numbers,
                target=index,
                recomputed=figure,
            )
        return said(
            "match",
            "ratio",
            N_("{above} over {below} is {ratio}, as stated."),
        )
    target = above.index if above.index is not None else index
    fix = {above.index: expected} if above.index is not None else {index: figure}
    return said(
        "contradict",
        "ratio",
        N_("{stated} times {below} is {expected}, not {above}; the ratio is {ratio}."),
        target=target,
        recomputed=expected if above.index is not None else figure,
        fixes=fix,
    )


def _adds(bench: Bench, measure: Measure) -> bool:
    text = bench.claim.text
    return bool(
        _MORE.search(text[max(0, measure.start - 8) : measure.start])
        or _ADDED.search(text[measure.end : measure.end + 12])
    )


def _per_token(bench: Bench, role: Role, subject: str, reference: str) -> dict[str, Figure]:
    """For parameters of a mixture of experts: the ratio of the work per token."""
    if role != "params":
        return {}
    active = bench.published("active_params", "parameter", subject)
    base = bench.published("active_params", "parameter", reference) or bench.published(
        "params", "parameter", reference
    )
    if active is None or base is None:
        return {}
    return {
        "work_per_token_ratio": derived(
            active.value / base.value,
            "",
            "ratio of work per token",
            "A / B",
            {"A": active.figure, "B": base.figure},
        )
    }


def _cluster_ratio(bench: Bench, index: int, measure: Measure) -> Iterator[Finding]:
    """The number of GPUs grew so many times: between the clusters that the document names."""
    clusters = [m for m in bench.document if m.role in ("servers", "devices") and m.value > 1]
    for position, first in enumerate(clusters):
        for second in clusters[position + 1 :]:
            low, high = sorted((first, second), key=lambda m: m.value)
            if first.unit != second.unit or not low.value:
                continue
            ratio = high.value / low.value
            if not (agrees(measure, ratio, tolerance=0.05) or agrees(measure, ratio - 1, tolerance=0.05)):
                continue
            a, b = high.figure(high.role), low.figure(low.role)
            figure = derived(ratio, "", "ratio", "A / B", {"A": a, "B": b})
            numbers = {"ratio": figure, **_hours_ratio(bench, high, low)}
            yield finding(
                "match",
                "ratio",
                N_("{above} over {below} is {ratio}, as stated."),
                figures={"above": a, "below": b, "ratio": figure},
                covers=(index,),
                numbers=numbers,
                target=index,
                recomputed=figure,
            )
            return


def _hours_ratio(bench: Bench, high: Measure, low: Measure) -> dict[str, Figure]:
    def time(of: Measure) -> Measure | None:
        return next(
            (m for m in bench.document if m.role == "duration" and m.subject == of.subject and m.subject),
            None,
        )

    a, b = time(high), time(low)
    if a is None or b is None:
        return {}
    days = (in_unit(a.value, a.unit, "day") or 0.0), (in_unit(b.value, b.unit, "day") or 1.0)
    inputs = {
        "n1": high.figure("servers"),
        "t1": a.figure("days"),
        "n2": low.figure("servers"),
        "t2": b.figure("days"),
    }
    return {
        "gpu_hours_ratio": derived(
            high.value * days[0] / (low.value * days[1]),
            "",
            "ratio of device-hours",
            "n1 · t1 / (n2 · t2)",
            inputs,
        )
    }
