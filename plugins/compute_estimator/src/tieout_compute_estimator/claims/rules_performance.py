"""Ratios that need a model of the thing: training efficiency, energy by hours, performance by peaks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.rules_training import PALM, assumed_rate, hours_at, hours_of_run
from tieout_compute_estimator.derivation import N_

__all__ = ["absent", "efficiency", "energy_by_hours", "performance"]


def absent(bench: Bench, index: int, name: str, role: str) -> Finding:
    """A ratio to something of which nobody published that number."""
    return finding(
        "missing",
        "ratio",
        N_("{stated} cannot be checked: {role} of {name} is not known."),
        figures={"stated": bench.stated(index)},
        words={"name": name, "role": role.replace("_", " "), "missing": role},
    )


def efficiency(bench: Bench, index: int, measure: Measure, subject: str, reference: str) -> Iterator[Finding]:
    """Training efficiency: work per device-hour of runs of like size, from the published hours."""
    numbers: dict[str, Figure] = {}
    ratios: list[Figure] = []
    for name, size, base in _like_sized(bench, subject, reference):
        ratio = derived(
            size[0].value / base[0].value,
            "",
            "ratio of FLOP per device-hour",
            "A / B",
            {"A": size[0], "B": base[0]},
        )
        numbers[f"flop_per_gpu_hour_ratio_{name}"] = ratio
        numbers[f"mfu_ratio_{name}"] = derived(
            size[1].value / base[1].value, "", "ratio of MFU", "A / B", {"A": size[1], "B": base[1]}
        )
        ratios.append(ratio)
    if not ratios:
        yield absent(bench, index, subject or reference, "gpu_hours")
        return
    low, high = min(r.value for r in ratios), max(r.value for r in ratios)
    best = max(ratios, key=lambda r: r.value)
    interval = best.model_copy(update={"low": low, "high": high})
    good = any(
        agrees(measure, r.value, tolerance=0.08) or agrees(measure, r.value - 1, tolerance=0.08)
        for r in ratios
    )
    yield finding(
        "assume" if good else "contradict",
        "efficiency",
        N_(
            "The published device-hours of {subject} and {reference} give {ratio_range} "
            "times the work per device-hour; {stated} holds by that measure."
        )
        if good
        else N_(
            "The published device-hours of {subject} and {reference} give only {ratio_range} "
            "times the work per device-hour, not {stated}; it could hold only by another, "
            "unpublished measure."
        ),
        figures={"ratio": interval, "stated": bench.stated(index)},
        words={"subject": subject, "reference": reference},
        covers=(index,),
        numbers=numbers,
        target=index,
        recomputed=interval,
        fixes={} if good else {index: best},
    )


def _like_sized(
    bench: Bench, subject: str, reference: str
) -> Iterator[tuple[str, tuple[Figure, Figure], tuple[Figure, Figure]]]:
    ours, theirs = (_work_rates(bench, name) for name in (subject, reference))
    for member, size, mine in ours:
        nearest = min(theirs, key=lambda run: abs(math.log(run[1] / size)), default=None)
        if nearest and abs(math.log(nearest[1] / size)) < 0.45:
            yield member.lower().replace(" ", "_"), mine, nearest[2]


def _work_rates(bench: Bench, name: str) -> list[tuple[str, float, tuple[Figure, Figure]]]:
    """(model, parameters, (FLOP per device-hour, MFU)) of every run of a family with published hours."""
    found: list[tuple[str, float, tuple[Figure, Figure]]] = []
    for member in bench.known.related(name):
        model = bench.known.models.get(member)
        device = bench.known.device(model.device) if model and model.device else None
        if model is None or device is None or not model.tokens or not model.device_hours:
            continue
        n, d, h = (
            bench.published(role, unit, member)
            for role, unit in (("params", "parameter"), ("tokens", "token"), ("gpu_hours", "GPU-hour"))
        )
        if n is None or d is None or h is None:
            continue
        work = 6 * model.working_params * model.tokens
        inputs = {"N": n.figure, "D": d.figure, "h": h.figure}
        rate = derived(work / model.device_hours, "FLOP", "FLOP per device-hour", "6 · N · D / h", inputs)
        peak = device.peak_tflops[device.training_dtype] * 1e12
        mfu = derived(
            100 * work / (model.device_hours * 3600 * peak),
            "%",
            "MFU",
            "6 · N · D / (h · 3600 · P)",
            inputs,
            reference=PALM,
        )
        found.append((member, model.params, (rate, mfu)))
    return found


def energy_by_hours(
    bench: Bench, index: int, measure: Measure, subject: str, reference: str
) -> Iterator[Finding]:
    """Energy compared by device-hours, where nobody published energy: order of magnitude only."""
    a, b = _run_hours(bench, subject), _run_hours(bench, reference)
    if a is None or b is None or not b.value:
        yield absent(bench, index, subject, "energy")
        return
    ratio = derived(a.value / b.value, "ratio", "ratio of device-hours", "A / B", {"A": a, "B": b})
    stated = measure.value / 100 if measure.role != "multiple" else measure.value
    within = 1 / 6 < ratio.value / stated < 6 if stated else False
    claimed = bench.known.best(subject, "energy_share")
    yield finding(
        "assume" if within else "contradict",
        "energy ratio",
        N_(
            "By device-hours {subject} took {ratio} of {reference} ({above} over {below}); "
            "{stated} can hold only as an order of magnitude: {assumption}."
        ),
        figures={"ratio": ratio, "above": a, "below": b, "stated": bench.stated(index)},
        words={
            "subject": subject,
            "reference": reference,
            "assumption": claimed.assumption if claimed else "hours stand for energy",
        },
        covers=(index,),
        numbers={"gpu_hours_ratio": ratio},
        target=index,
        recomputed=ratio,
    )


def _run_hours(bench: Bench, name: str) -> Figure | None:
    best = bench.known.best(name, "gpu_hours")
    if best is not None:
        return best.figure()
    work, rate = bench.published("compute", "FLOP", name), assumed_rate(bench, name)
    if work is not None and rate is not None:
        n, d = bench.published("params", "parameter", name), bench.published("tokens", "token", name)
        exact = bench.six_nd(n, d) if n and d else None
        return hours_at((exact or work).figure, rate)
    run = next((fact for fact in bench.known.facts(name, "duration") if fact.count), None)
    return hours_of_run(run) if run else None


def performance(
    bench: Bench, index: int, measure: Measure, subject: str, reference: str
) -> Iterator[Finding]:
    """Performance of accelerators: the ratio of their peaks, format by format."""
    a, b = bench.known.device(subject), bench.known.device(reference)
    if a is None or b is None:
        one = next(
            (
                name
                for name in (measure.device, *(m.name for m in bench.claim.named("device")))
                if name and name != reference
            ),
            "",
        )
        a = a or bench.known.device(one)
    if a is None or b is None:
        if a is None and b is None and not (measure.role == "multiple" and bench.known.subject(subject)):
            return
        yield absent(bench, index, subject or reference, "rate")
        return
    ratios = dict(_peak_ratios(bench, a.name, b.name))
    numbers = {f"ratio_{form}": figure for form, figure in ratios.items()}
    if not ratios:
        yield absent(bench, index, a.name, "rate")
        return
    stated = measure.value / 100 if measure.role != "multiple" else measure.value
    main = ratios.get("bf16") or ratios.get("fp16") or next(iter(ratios.values()))
    exact = [
        form
        for form, figure in ratios.items()
        if agrees(measure, figure.value * (1 if measure.role == "multiple" else 100), tolerance=0.06)
    ]
    claimed = next(
        (
            f
            for f in bench.known.facts(a.name, "performance_ratio")
            if f.reference == b.name and abs(f.value - stated) < 0.05
        ),
        None,
    )
    named = measure.dtype or ("bf16" if "bf16" in ratios else next(iter(ratios)))
    figures = {"ratio": main, "stated": bench.stated(index)}
    words = {
        "subject": a.name,
        "reference": b.name,
        "forms": ", ".join(form.upper() for form in exact) or "—",
    }
    if claimed is not None or (main.value and 0.75 < stated / main.value < 1.4) or exact:
        assumption = (
            claimed.assumption
            if claimed
            else "the peak of the format named"
            if exact
            else "real workloads and not the peak"
        )
        peak = bool(measure.dtype) or bool(
            re.search(r"峰值|算力|TFLOPS|peak|datasheet|规格", bench.claim.text, re.IGNORECASE)
        )
        firm = named in exact and claimed is None and peak
        yield finding(
            "match" if firm else "assume",
            "performance",
            N_(
                "By dense peak {subject} is {ratio} times {reference}; {stated} holds for: "
                "{forms}, under an assumption: {assumption}."
            )
            if not firm
            else N_("By dense peak {subject} is {ratio} times {reference}, as stated."),
            figures=figures,
            words={**words, "assumption": assumption},
            covers=(index,),
            numbers=numbers,
            target=index,
            recomputed=main,
        )
        return
    yield finding(
        "contradict",
        "performance",
        N_("By dense peak {subject} is {ratio} times {reference}, not {stated}."),
        figures=figures,
        words=words,
        covers=(index,),
        numbers=numbers,
        target=index,
        recomputed=main,
        fixes={index: main},
    )


def _peak_ratios(bench: Bench, a: str, b: str) -> Iterator[tuple[str, Figure]]:
    peaks: list[dict[str, Figure]] = []
    for name in (a, b):
        dense = [f for f in bench.known.facts(name, "rate") if f.table == "hardware" and f.sparse is False]
        peaks.append({f.dtype: f.figure(f"{f.dtype.upper()} dense") for f in dense})
    ours, theirs = peaks
    for form, above in ours.items():
        below = theirs.get(form)
        if below is not None and below.value:
            pair = {"A": above, "B": below}
            yield form, derived(above.value / below.value, "", "ratio of peaks", "A / B", pair)
