"""A stated utilisation against work, device-hours and peak, or against the rate that is said to be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench, Held
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.rules_training import PALM, dense_peak, training_time
from tieout_compute_estimator.claims.verdicts import is_given
from tieout_compute_estimator.derivation import N_

__all__ = ["utilised"]

_HIGHER = 1.36
"""Attention and recomputation lift a stated utilisation over that of 6ND by up to a third."""


def utilised(bench: Bench) -> Iterator[Finding]:
    """Each stated utilisation, recomputed."""
    for index, measure in bench.claim.of("mfu"):
        if index in bench.covered and is_given(bench.claim, measure):
            continue  # a stated utilisation from which the text's own product comes out
        made = _of_rate(bench) or _of_run(bench)
        if made is None:
            continue
        figure, covers, assumed = made
        if agrees(measure, figure.value, tolerance=0.035):
            kind = "assume" if assumed else "match"
        elif (
            1 < measure.value / figure.value < _HIGHER and measure.value < 75 and "6 ·" in _expression(figure)
        ):
            kind, assumed = "assume", "attention or recomputation counted in"
        else:
            kind = "contradict"
        yield finding(
            kind,
            "mfu",
            N_("{stated} does not fit: the numbers make {computed} of the dense peak.")
            if kind == "contradict"
            else N_("{stated} agrees with {computed} of the dense peak."),
            figures={"stated": bench.stated(index), "computed": figure},
            words={"assumption": assumed} if assumed else {},
            covers=(index, *covers),
            numbers={"mfu": figure},
            target=index,
            recomputed=figure,
            fixes={index: figure} if kind == "contradict" else {},
        )


def _expression(figure: Figure) -> str:
    return str(getattr(figure.origin, "expression", ""))


def _peak_of(bench: Bench) -> tuple[Figure, tuple[int, ...]] | None:
    """The peak that is meant: one that the text states, else the datasheet's."""
    known = dense_peak(bench)
    for index, measure in bench.claim.of("rate"):
        value = in_unit(measure.value, measure.unit, "TFLOP/s")
        called = re.search(
            r"peak|峰值|dense|稠密",
            bench.claim.text[max(0, measure.start - 16) : measure.end + 24],
            re.IGNORECASE,
        )
        if value and called and known is not None and abs(value / known.value - 1) < 0.03:
            return bench.stated_in(index, "TFLOP/s"), (index,)
    return (known, ()) if known is not None else None


def _of_rate(bench: Bench) -> tuple[Figure, tuple[int, ...], str] | None:
    """An achieved rate of one device over its peak."""
    peak = _peak_of(bench)
    if peak is None:
        return None
    for index, measure in bench.claim.of("rate"):
        value = in_unit(measure.value, measure.unit, "TFLOP/s")
        if not value or index in peak[1] or not 0.02 < value / peak[0].value < 1.6:
            continue
        if abs(value / peak[0].value - 1) < 0.01 or (
            bench.claim.first("devices") and measure.per != "device"
        ):
            continue
        figure = derived(
            100 * value / peak[0].value,
            "%",
            "MFU",
            "R / P",
            {"R": bench.stated(index), "P": peak[0]},
            reference=PALM,
        )
        return figure, (index, *peak[1]), ""
    return None


def _of_run(bench: Bench) -> tuple[Figure, tuple[int, ...], str] | None:
    """Work over device-hours times peak."""
    peak, hours, work = _peak_of(bench), _hours(bench), _work(bench)
    if peak is None or hours is None or work is None or not hours[0].value:
        return None
    figure = derived(
        100 * work.value / (hours[0].value * 3600 * peak[0].value * 1e12),
        "%",
        "MFU",
        "6 · N · D / (h · 3600 · P)",
        {**work.figure.inputs(), "C": work.figure, "h": hours[0], "P": peak[0]},
        reference=PALM,
        convention="dense peak, whole-run average",
    )
    inputs = tuple(i for i, _m in bench.claim.of("params", "active_params", "tokens", "compute"))
    return figure, (*hours[1], *peak[1], *(work.covers or inputs)), work.assumed


def _hours(bench: Bench) -> tuple[Figure, tuple[int, ...]] | None:
    found = bench.claim.first("gpu_hours")
    if found:
        return bench.stated_in(found[0], "GPU-hour"), (found[0],)
    count, time = bench.device_count(), training_time(bench)
    if count is None or time is None:
        return None
    return bench.hours(count, time[0]), (*count.covers, time[0])


def _work(bench: Bench) -> Held | None:
    subject = bench.subject()
    if subject is not None and subject.undisclosed and not bench.claim.first("compute", "tokens"):
        return None
    return bench.flops()
