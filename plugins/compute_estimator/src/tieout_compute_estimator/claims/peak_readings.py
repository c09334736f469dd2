"""Ways in which a rate can be made from datasheets: device, format, dense or sparse, of one or of many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench, Held
from tieout_compute_estimator.claims.findings import agrees, derived, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import Fact, family

__all__ = [
    "TRAINING",
    "Reading",
    "converted",
    "counted",
    "dense_of",
    "fits_peak",
    "is_useful",
    "numbers_of",
    "other_format",
    "preference",
    "preferred_format",
    "readings_of",
    "rivals_of",
    "title_of",
]


TRAINING = ("bf16", "fp16")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way a rate can be made from a datasheet."""

    fact: Fact
    value: float
    """FLOP/s (or operations) of the whole."""
    figure: Figure
    count: Held | None

    @property
    def plain(self) -> bool:
        """The dense peak in a format that training uses, or the only format there is."""
        return self.fact.sparse is not True and self.fact.dtype in TRAINING


def other_format(measure: Measure, fact: Fact) -> bool:
    """Whether a peak is in another number format than the one that the text names; BF16 and FP16 are one."""
    if not measure.dtype:
        return False
    if measure.dtype in TRAINING and fact.dtype in TRAINING:
        return False
    return measure.dtype != fact.dtype


def fits_peak(measure: Measure, value: float, peak: float) -> bool:
    """Whether a rate, ``value`` FLOP/s, is the peak (FLOP/s) as far as it is printed."""
    scale = value / measure.value
    return agrees(measure, peak / scale, tolerance=0.03)


def readings_of(bench: Bench, name: str, count: Held | None) -> Iterator[Reading]:
    """The peaks of a device or server: of one when there is no count, else of all that are counted."""
    for fact in bench.known.facts(name, "rate"):
        peak = in_unit(fact.value, fact.unit, "FLOP/s")
        if (
            peak is None
            or fact.status == "debunked"
            or "achieved" in fact.metric
            or "throughput" in fact.metric
        ):
            continue
        if count is None:
            yield Reading(fact, peak, fact.figure(title_of(fact)), None)
            continue
        yield counted(fact, peak, count.figure, count)
        subject = bench.known.subject(name)
        servers = bench.claim.first("servers")
        if subject is not None and subject.servers_of and servers:
            number = bench.stated(servers[0])
            yield counted(fact, peak, number, Held(number, servers[0]))


def counted(fact: Fact, peak: float, number: Figure, count: Held) -> Reading:
    """The peak of ``number`` devices or servers, ``peak`` FLOP/s each; ``count`` is what the text says of them."""
    parts = {"n": number, "P": fact.figure(title_of(fact))}
    value = peak * number.value
    total = derived(value, "FLOP/s", "aggregate peak", "n · P", parts, convention=title_of(fact))
    return Reading(fact, value, total, count)


def title_of(fact: Fact) -> str:
    """``FP16 dense``, ``INT8 sparse``, or ``peak`` where no format is published."""
    form = fact.dtype.upper() if fact.dtype else "peak"
    return f"{form} {'sparse' if fact.sparse else 'dense'}" if fact.dtype else form


_MOST_RIVALS = 6


def rivals_of(best: Reading, readings: list[Reading]) -> str:
    """The other ways to read a rate, each family and kind of format once."""

    def label(reading: Reading) -> str:
        form = title_of(reading.fact).replace("BF16", "FP16")
        return f"{family(reading.fact.subject)} {form}"

    names = dict.fromkeys(label(reading) for reading in readings)
    return ", ".join([name for name in names if name != label(best)][:_MOST_RIVALS])


def preference(measure: Measure, reading: Reading) -> tuple[bool, ...]:
    """A sort key: the reading that the words of a rate mean comes first."""
    fact = reading.fact
    named = measure.dtype == fact.dtype or (measure.dtype in TRAINING and fact.dtype in TRAINING)
    operations = measure.dimension == "operations/time"
    value = in_unit(measure.value, measure.unit, "FLOP/s") or 0.0
    exact = bool(reading.value) and abs(value / reading.value - 1) < 0.006
    return (
        bool(measure.dtype) and not named,
        not exact and bool(measure.dtype),
        measure.sparse is not None and measure.sparse != bool(fact.sparse),
        operations and not fact.dtype.startswith("int"),
        not operations and fact.dtype.startswith("int"),
        bool(fact.sparse) and not bool(measure.sparse),
        fact.dtype not in TRAINING,
        fact.status != "published",
    )


def dense_of(reading: Reading, every: list[Reading]) -> Reading | None:
    """The dense peak of the same device, server or rack and format; half the sparse one where none is published."""
    same = [
        r
        for r in every
        if r.fact.subject == reading.fact.subject
        and r.fact.dtype == reading.fact.dtype
        and r.fact.sparse is not True
        and bool(r.count) == bool(reading.count)
    ]
    if same:
        return same[0]
    half = derived(
        reading.value / 2,
        "FLOP/s",
        "dense peak",
        "P / 2",
        {"P": reading.figure},
        convention="2:4 structured sparsity doubles the peak",
    )
    return Reading(reading.fact, reading.value / 2, half, reading.count)


def converted(figure: Figure, unit: str) -> Figure:
    """A figure in another unit without ends; itself where that unit measures something else."""
    value = in_unit(figure.value, figure.unit, unit)
    return (
        figure
        if value is None
        else figure.model_copy(update={"value": value, "unit": unit, "low": None, "high": None})
    )


def numbers_of(best: Reading, every: list[Reading], unit: str) -> dict[str, Figure]:
    """The best reading, and the dense and sparse peaks of its device, in ``unit``."""
    numbers = {"computed": converted(best.figure, unit)}
    for reading in every:
        if (
            reading.fact.subject == best.fact.subject
            and reading.fact.dtype in (*TRAINING, "int8", "fp8")
            and bool(reading.count) == bool(best.count)
        ):
            kind = "sparse" if reading.fact.sparse else "dense"
            numbers.setdefault(f"{kind}_{reading.fact.dtype}", converted(reading.figure, unit))
    if best.count is not None:
        numbers["devices"] = best.count.figure
    return numbers


def preferred_format(measure: Measure, reading: Reading) -> bool:
    """Whether a reading is the dense peak in the format that the text names, else in one of training."""
    if measure.dtype:
        return not other_format(measure, reading.fact) and reading.fact.sparse is not True
    return reading.plain


_USEFUL = re.compile(r"useful|effective|achiev|sustain|有效|实际|可用", re.IGNORECASE)


def is_useful(bench: Bench, measure: Measure) -> bool:
    """Whether a rate is said to be what is left of a peak: useful, effective, 有效."""
    text = bench.claim.text
    before = re.split(r"[,。;]", text[max(0, measure.start - 20) : measure.start])[-1]
    return bool(_USEFUL.search(before + "|" + re.split(r"[,。;]", text[measure.end : measure.end + 16])[0]))
