"""Rates: dense and sparse peaks, number formats, one device and a whole cluster, and formats a device does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from tieout.plugin import Figure
from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.bench import Bench, Held
from tieout_compute_estimator.claims.comparable import stands_behind
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import family
from tieout_compute_estimator.claims.peak_readings import (
    TRAINING,
    Reading,
    converted,
    dense_of,
    fits_peak,
    is_useful,
    numbers_of,
    other_format,
    preference,
    preferred_format,
    readings_of,
    rivals_of,
    title_of,
)
from tieout_compute_estimator.claims.unnamed_rates import unnamed
from tieout_compute_estimator.derivation import N_

__all__ = ["rates"]

_SERVER = 8


def rates(bench: Bench) -> Iterator[Finding]:
    """Each rate against the peaks of the devices that the claim names, or of all that could make it."""
    for index, measure in bench.claim.of("rate"):
        value = in_unit(measure.value, measure.unit, "FLOP/s")
        if not value:
            continue
        count = None if measure.per == "device" else bench.device_count()
        if measure.per == "server":
            count = Held(derived(_SERVER, "GPU", "GPUs per server", "8", {}), None, "eight GPUs in a server")
        if cues.MFU.search(bench.claim.text) and is_useful(bench, measure) and bench.claim.first("mfu"):
            continue  # what is left of the peak at a stated utilisation
        found = _of_each(bench, index, measure, value) or _named(bench, index, measure, value, count)
        if found is not None and not (
            found.kind in ("premise", "contradict") and index in bench.confirmed | bench.explained
        ):
            yield found
        elif count is not None and not bench.claim.named("device") and not measure.device:
            yield from unnamed(bench, index, measure, value, count)


def _of_each(bench: Bench, index: int, measure: Measure, value: float) -> Finding | None:
    """One rate that two devices are said to share: that of which it is not the peak."""
    names = [m.name for m in bench.claim.named("device")]
    if len({family(name) for name in names}) < 2 or not cues.SAME.search(bench.claim.text):
        return None
    if len(list(bench.claim.of("rate"))) != 1 or bench.device_count() is not None:
        return None
    for name in names:
        readings = [r for r in readings_of(bench, name, None) if not other_format(measure, r.fact)]
        if readings and not any(fits_peak(measure, value, r.value) for r in readings):
            return _unexplained(bench, index, measure, value, readings)
    return None


def _named(bench: Bench, index: int, measure: Measure, value: float, count: Held | None) -> Finding | None:
    devices = [m.name for m in bench.claim.named("device")] or ([measure.device] if measure.device else [])
    hosts = [m.name for m in bench.claim.named("system") if (s := bench.known.subject(m.name)) and s.device]
    own = [measure.device] if measure.device else []
    subjects: list[str] = list(dict.fromkeys([*(own or devices), *hosts]))
    readings = [reading for name in subjects for reading in readings_of(bench, name, count)]
    readings += [r for name in subjects for r in readings_of(bench, name, None)] if count is not None else []
    readings = [r for r in readings if not other_format(measure, r.fact)] or readings
    if not readings:
        return None
    fits = [r for r in readings if fits_peak(measure, value, r.value)]
    if fits:
        return _explained(bench, index, measure, fits, readings)
    others = [r for name in devices if name not in subjects for r in readings_of(bench, name, count)]
    others = [r for r in others if fits_peak(measure, value, r.value) and not other_format(measure, r.fact)]
    if others and not cues.SAME.search(bench.claim.text):
        # Nearer to one name, but a figure of the other: it may be about that one.
        found = _explained(bench, index, measure, others, others)
        direct = bool(own) and stands_behind(bench, measure, own[0])
        return found.model_copy(update={"kind": "assume"}) if direct else found
    return _unexplained(bench, index, measure, value, readings)


def _explained(
    bench: Bench, index: int, measure: Measure, fits: list[Reading], every: list[Reading]
) -> Finding:
    best = min(fits, key=lambda r: preference(measure, r))
    dense = dense_of(best, every)
    unit = measure.unit
    shown = converted(best.figure, unit)
    numbers = numbers_of(best, every, unit)
    covers = (
        index,
        *(best.count.covers if best.count else ()),
        *(i for i, _m in bench.claim.of("per_server") if best.count),
    )
    rivals = rivals_of(best, fits)
    words = {
        "device": best.fact.subject,
        "form": title_of(best.fact),
        "source": best.fact.source_text,
        "rivals": rivals or "none",
    }
    figures = {
        "stated": bench.stated(index),
        "computed": shown,
        **({"dense": converted(dense.figure, unit)} if dense else {}),
    }
    said = partial(
        finding, figures=figures, words=words, covers=covers, numbers=numbers, target=index, recomputed=shown
    )
    if best.fact.sparse and measure.sparse is False and dense is not None:
        return said(
            "contradict" if best.count else "premise",
            "sparse",
            N_(
                "{stated} is the peak of {device} with structured sparsity ({form}, {source}); dense it is {dense}."
            ),
            recomputed=figures["dense"],
            fixes={index: figures["dense"]},
        )
    if best.fact.dtype.startswith("int") and measure.dimension != "operations/time":
        return _integer(bench, index, every, figures, words, covers, numbers)
    if best.fact.sparse and measure.sparse is not True and dense is not None:
        return said(
            "assume",
            "sparse",
            N_(
                "{stated} is the peak of {device} with structured sparsity ({form}: {computed}, "
                "{source}); dense it is {dense}. Other readings: {rivals}."
            ),
            words={**words, "assumption": "structured sparsity"},
        )
    if (
        best.fact.dtype not in TRAINING
        and not measure.dtype
        and best.fact.dtype not in ("fp32", "fp64", "")
        and measure.dimension != "operations/time"
    ):
        return said(
            "assume",
            "format",
            N_(
                "{stated} is the peak of {device} in {form} ({computed}, {source}); the text "
                "does not say in which number format. Other readings: {rivals}."
            ),
        )
    if best.fact.sparse is not True and measure.sparse is True:
        return said(
            "assume",
            "sparse",
            N_("{stated} is the dense peak of {device} ({form}, {source}), although the text says sparse."),
        )
    if best.fact.status in ("reported", "marketing", "estimate") and best.fact.sparse is not True:
        return said(
            "assume",
            "published",
            N_(
                "{stated} agrees with {computed} for {device} ({source}), which holds under an "
                "assumption: {assumption}."
            ),
            words={**words, "assumption": best.fact.assumption or best.fact.status},
        )
    if best.count is not None and best.count.assumed:
        return said(
            "assume",
            "aggregate",
            N_(
                "{stated} is the {form} peak of the {device} counted ({computed}, {source}), "
                "with {assumption}."
            ),
            words={**words, "assumption": best.count.assumed},
        )
    return said(
        "match",
        "peak",
        N_("{stated} is the {form} peak of {device} ({computed}, {source})."),
        firm=best.fact.confidence != "low",
    )


def _integer(
    bench: Bench,
    index: int,
    every: list[Reading],
    figures: dict[str, Figure],
    words: dict[str, str],
    covers: tuple[int, ...],
    numbers: dict[str, Figure],
) -> Finding:
    """Integer operations called floating-point ones."""
    plain = next((r for r in every if r.plain), None)
    right = converted(plain.figure, bench.claim.measures[index].unit) if plain else figures["computed"]
    return finding(
        "slip",
        "integer",
        N_("{stated} counts integer operations of {device} ({form}, {source}); in FP16 it is {right}."),
        figures={**figures, "right": right},
        words=words,
        covers=covers,
        numbers={**numbers, "floating": right},
        target=index,
        recomputed=right,
        fixes={index: right},
    )


def _unexplained(
    bench: Bench, index: int, measure: Measure, value: float, readings: list[Reading]
) -> Finding | None:
    """No peak fits: a slip, another format's number, an impossible rate, or an achieved one."""
    plain = next((r for r in readings if preferred_format(measure, r)), readings[0])
    unit = measure.unit
    shown = converted(plain.figure, unit)
    scale = value / measure.value
    figures = {"stated": bench.stated(index), "computed": shown}
    words = {"device": plain.fact.subject, "form": title_of(plain.fact), "source": plain.fact.source_text}
    covers = (index, *(plain.count.covers if plain.count else ()))
    for reading in readings:
        for factor in (1e3, 1e-3, 1e6, 1e-6, 1e4, 1e-4):
            if agrees(measure, reading.value * factor / scale, tolerance=0.03):
                right = converted(reading.figure, unit)
                ratio = derived(
                    max(factor, 1 / factor),
                    "",
                    "factor",
                    "stated / computed",
                    {"stated": bench.stated(index), "computed": right},
                )
                return finding(
                    "slip",
                    "peak",
                    N_(
                        "{stated} is off by a factor of {factor}: the {form} peak of {device} is "
                        "{computed} ({source})."
                    ),
                    figures={**figures, "computed": right, "factor": ratio},
                    words={**words, "form": title_of(reading.fact)},
                    covers=covers,
                    numbers={"computed": right, "factor": ratio},
                    target=index,
                    recomputed=right,
                    fixes={index: right},
                )
    top = max(r.value for r in readings)
    achieved = re.search(
        r"实际|实测|达到|有效|MFU|achiev|sustain|measured|per GPU|effective|训练(?:时|中)|利用",
        bench.claim.text,
        re.IGNORECASE,
    )
    share = (
        derived(
            100 * value / plain.value,
            "%",
            "share of the dense peak",
            "stated / P",
            {"stated": bench.stated(index), "P": plain.figure},
        )
        if plain.value
        else None
    )
    if share is not None and achieved and 8 < share.value < 75:
        return finding(
            "assume",
            "achieved",
            N_(
                "{stated} is {share} of the {form} peak of {device} ({source}): an achieved rate can be that."
            ),
            figures={**figures, "share": share},
            words=words,
            covers=covers,
            numbers={"mfu": share, "peak": shown},
            target=index,
            recomputed=shown,
        )
    if value > 1.05 * top or measure.dtype or any(r.count for r in readings):
        return finding(
            "contradict" if plain.count else "premise",
            "peak",
            N_("{stated} does not fit {device}: its {form} peak is {computed} ({source})."),
            figures=figures,
            words=words,
            covers=covers,
            numbers={"computed": shown, **numbers_of(plain, readings, unit)},
            target=index,
            recomputed=shown,
            fixes={index: shown},
        )
    return None
