"""A cluster without a device: which datasheet gives the rate of one?"""

from __future__ import annotations

from collections.abc import Iterator

from tieout_compute_estimator.claims.bench import Bench, Held
from tieout_compute_estimator.claims.findings import Finding, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import family
from tieout_compute_estimator.claims.peak_readings import (
    TRAINING,
    Reading,
    converted,
    counted,
    dense_of,
    fits_peak,
    numbers_of,
    readings_of,
    rivals_of,
    title_of,
)
from tieout_compute_estimator.derivation import N_

__all__ = ["unnamed"]

_SERVER = 8


def unnamed(bench: Bench, index: int, measure: Measure, value: float, count: Held) -> Iterator[Finding]:
    """A cluster without a device: which datasheet gives the rate of one? Servers are tried whole and by eight."""
    servers = bench.claim.first("servers")
    found: list[tuple[tuple[int, ...], Reading]] = []
    for fact in bench.known.of_role("rate"):
        subject = bench.known.subject(fact.subject)
        peak = in_unit(fact.value, fact.unit, "FLOP/s")
        if (
            subject is None
            or not peak
            or subject.kind not in ("device", "system")
            or fact.status in ("debunked", "forecast")
            or fact.metric
        ):
            continue
        whole = subject.kind == "system"
        if whole and (not servers or subject.servers_of != _SERVER):
            continue
        each = bench.stated(servers[0]) if whole and servers else count.figure
        if fact.dtype not in (*TRAINING, "fp8", "int8") or not fits_peak(measure, value, peak * each.value):
            continue
        usual = family(subject.device or subject.name) in ("A100", "H100", "V100", "A800", "H800")
        rank = (not usual, fact.dtype not in TRAINING, fact.dtype.startswith("int"), whole)
        found.append((tuple(int(part) for part in rank), counted(fact, peak, each, count)))
    if not found:
        return
    found.sort(key=lambda pair: pair[0])
    best = found[0][1]
    host = bench.known.subject(best.fact.subject)
    device = host.device if host is not None and host.device else best.fact.subject
    every = list(readings_of(bench, device, count))
    rivals = rivals_of(best, [reading for _rank, reading in found])
    dense = dense_of(best, every)
    shown = converted(best.figure, measure.unit)
    numbers = numbers_of(best, every, measure.unit)
    yield finding(
        "assume",
        "unnamed",
        N_(
            "{count} make {stated} when they are {device} counted by the {form} peak "
            "({computed}, {source}); dense it would be {dense}. Other readings: {rivals}."
        ),
        figures={
            "stated": bench.stated(index),
            "computed": shown,
            "count": count.figure,
            "dense": converted(dense.figure if dense else best.figure, measure.unit),
        },
        words={
            "device": best.fact.subject,
            "form": title_of(best.fact),
            "source": best.fact.source_text,
            "rivals": rivals or "none",
            "assumption": "the hardware",
        },
        covers=(index, *count.covers),
        numbers=numbers,
        target=index,
        recomputed=shown,
        firm=False,
    )
