"""Training runs: work, devices, time, hours, energy and money have to fit together."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.accelerators import Device
from tieout_compute_estimator.claims.bench import KAPLAN, Bench, Held
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.history import is_serving
from tieout_compute_estimator.claims.knowledge import Fact
from tieout_compute_estimator.derivation import N_

__all__ = [
    "PALM",
    "assumed_rate",
    "counted",
    "dense_peak",
    "hours_at",
    "hours_of_run",
    "training_time",
    "training_work",
    "usual",
]

PALM = "Chowdhery et al. 2022, arXiv:2204.02311, appendix B"


def training_work(bench: Bench) -> Iterator[Finding]:
    """A stated training compute against 6ND of stated or published parameters and tokens."""
    for index, measure in bench.claim.of("compute"):
        subject = bench.known.subject(measure.subject)
        if index in bench.explained or "token" in measure.scope:
            continue
        if measure.per or (subject is not None and subject.kind == "service") or is_serving(bench, measure):
            continue
        params, tokens = bench.params(measure.subject), bench.tokens(measure.subject)
        if params is None or tokens is None:
            continue
        exact = bench.exact_params(measure.subject)
        tries = [params, *([exact] if exact and abs(exact.value / params.value - 1) < 0.05 else [])]
        works = [work for held in tries if (work := bench.six_nd(held, tokens)) is not None]
        work = min(works, key=lambda one: abs(one.value / (bench.at(index, "FLOP") or 1.0) - 1), default=None)
        if work is None:
            continue
        yield _compared(bench, index, measure, work, (*params.covers, *tokens.covers), tokens.assumed)


def _compared(
    bench: Bench, index: int, measure: Measure, work: Held, inputs: tuple[int, ...], assumed: str
) -> Finding:
    value = in_unit(work.value, "FLOP", measure.unit) or 0.0
    figure = derived(
        value,
        measure.unit,
        "training compute",
        "6 · N · D",
        work.figure.inputs(),
        reference=KAPLAN,
        convention="attention and recomputation left out",
    )
    numbers = {"compute": figure, "flops": work.figure}
    figures = {"stated": bench.stated(index), "computed": figure}
    if agrees(measure, value, tolerance=0.06):
        kind = "assume" if assumed else "match"
        message = (
            N_("{stated} follows from 6·N·D under an assumption ({assumption}): {computed}.")
            if assumed
            else N_("{stated} follows from 6·N·D: {computed}.")
        )
        return finding(
            kind,
            "6ND",
            message,
            figures=figures,
            words={"assumption": assumed} if assumed else {},
            covers=(index, *inputs),
            numbers=numbers,
            target=index,
            recomputed=figure,
        )
    ratio = measure.value / value if value else 0.0
    factor = derived(
        ratio, "", "ratio", "stated / (6 · N · D)", {"stated": bench.stated(index), "computed": figure}
    )
    for slip in (1e3, 1e-3, 1e6, 1e-6):
        if abs(ratio / slip - 1) < 0.08:
            return finding(
                "slip",
                "6ND",
                N_("{stated} is off by a factor of {factor} from 6·N·D = {computed}."),
                figures={**figures, "factor": factor},
                covers=(index,),
                numbers={**numbers, "factor": factor},
                target=index,
                recomputed=figure,
                fixes={index: figure},
            )
    if 0.45 < ratio < 2.2:
        return finding(
            "assume",
            "6ND",
            N_(
                "{stated} is {factor} times 6·N·D = {computed}; it needs attention, "
                "recomputation or another token count to be counted in."
            ),
            figures={**figures, "factor": factor},
            covers=(index,),
            numbers={**numbers, "factor": factor},
            target=index,
            recomputed=figure,
        )
    return finding(
        "contradict",
        "6ND",
        N_("{stated} does not follow from 6·N·D, which gives {computed}."),
        figures=figures,
        covers=(index,),
        numbers={**numbers, "factor": factor},
        target=index,
        recomputed=figure,
        fixes={index: figure},
    )


def counted(bench: Bench) -> Iterator[Finding]:
    """Servers times accelerators in each, against a stated or published number of accelerators."""
    total = bench.from_servers()
    if total is None or total.index is None:
        return
    numbers = {"gpus": total.figure}
    devices = bench.claim.first("devices")
    inside = bench.claim.first("per_server")
    if devices and inside:
        index, measure = devices
        good = agrees(measure, total.value)
        yield finding(
            "match" if good else "contradict",
            "servers",
            N_("{servers} with {each} each are {total}.")
            if good
            else N_("{servers} with {each} each are {total}, not {stated}."),
            figures={
                "servers": bench.stated(total.index),
                "each": bench.stated(inside[0]),
                "total": total.figure,
                "stated": bench.stated(index),
            },
            covers=(index, total.index, inside[0]),
            numbers=numbers,
            target=index,
            recomputed=total.figure,
            fixes={} if good else {index: total.figure},
        )
        return
    yield finding(
        "imply",
        "servers",
        N_("{servers} hold {total}."),
        figures={"servers": bench.stated(total.index), "total": total.figure},
        covers=(inside[0],) if inside else (),
        numbers=numbers,
    )


def training_time(bench: Bench) -> tuple[int, Measure] | None:
    """The duration that a run took; None where the claim gives several, as of a change from one to another."""
    times = [(index, m) for index, m in bench.claim.of("duration") if in_unit(m.value, m.unit, "h")]
    changes = len([m for _i, m in times if m.low is None]) > 1
    return None if changes or not times else times[0]


def dense_peak(bench: Bench, device: Device | None = None) -> Figure | None:
    """The dense peak (TFLOP/s) of ``device``, else of the claim's, in the format that it trains in."""
    device = device or bench.device()
    if device is None:
        return None
    dtype = device.training_dtype
    fact = next(
        (
            f
            for f in bench.known.facts(device.name, "rate")
            if f.dtype == dtype and f.sparse is False and f.table == "hardware"
        ),
        None,
    )
    return fact.figure("dense peak") if fact else None


def assumed_rate(bench: Bench, subject: str) -> Fact | None:
    """The rate of one device that an outside estimate of a model's training assumed."""
    rates = bench.known.facts(subject, "rate")
    return next((fact for fact in rates if fact.status == "estimate" and (fact.count or 1) <= 1), None)


def hours_at(work: Figure, rate: Fact) -> Figure:
    """Device-hours that ``work`` FLOP take at the rate of one device."""
    per_second = in_unit(rate.value, rate.unit, "FLOP/s") or 1.0
    inputs = {"C": work, "R": rate.figure()}
    return derived(work.value / per_second / 3600, "GPU-hour", "device-hours", "C / (R · 3600)", inputs)


def hours_of_run(run: Fact) -> Figure:
    """Device-hours of a published duration on a known count of devices."""
    number = run.count or 0.0
    count = usual(number, "GPU", "devices").model_copy(update={"origin": run.figure().origin})
    hours = number * (in_unit(run.value, run.unit, "day") or 0.0) * 24
    inputs = {"n": count, "t": run.figure("run time")}
    return derived(hours, "GPU-hour", "device-hours", "n · t · 24", inputs)


def usual(value: float, unit: str, metric: str) -> Figure:
    """A figure that is assumed because it is usual."""
    return derived(value, unit, metric, f"{value:g}", {}, convention="a usual value")
