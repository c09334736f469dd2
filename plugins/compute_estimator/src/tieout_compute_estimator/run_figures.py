"""The figures of a training run: each formula once, with its inputs, convention and reference."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from tieout.plugin import Figure
from tieout_compute_estimator import formulas
from tieout_compute_estimator.accelerators import TABLE, Device, PriceRange
from tieout_compute_estimator.derivation import N_, cell, computed
from tieout_compute_estimator.published import PRIOR_TABLE, MfuPrior, prior_table
from tieout_compute_estimator.units import (
    DAY,
    DEVICE_HOUR,
    FLOP,
    GWH,
    KWH,
    MWH,
    PERCENT,
    PF_DAY,
    TFLOPS,
    USD,
    USD_PER_HOUR,
    WATT,
)
from tieout_compute_estimator.workload import Workload

__all__ = [
    "achieved",
    "assumed_mfu",
    "cost",
    "days",
    "device_hours",
    "energy",
    "mfu",
    "peak",
    "pf_days",
    "price",
    "training_flops",
]

KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361, section 2.1"
BROWN = "Brown et al. 2020, arXiv:2005.14165, Table D.1"
_ENERGY_SCALES = ((GWH, 1e6, "10⁹"), (MWH, 1e3, "10⁶"), (KWH, 1.0, "10³"))
_PEAK_METRICS = {
    "bf16": N_("dense BF16 peak"),
    "fp16": N_("dense FP16 peak"),
    "fp8": N_("dense FP8 peak"),
    "fp6": N_("dense FP6 peak"),
    "fp4": N_("dense FP4 peak"),
    "int16": N_("dense INT16 peak"),
    "int8": N_("dense INT8 peak"),
    "int4": N_("dense INT4 peak"),
    "tf32": N_("dense TF32 peak"),
    "fp32": N_("dense FP32 peak"),
    "fp64": N_("dense FP64 peak"),
    "fp64_tensor": N_("dense FP64 tensor peak"),
    "fp16_acc16": N_("dense FP16 peak with FP16 accumulation"),
    "fp8_acc16": N_("dense FP8 peak with FP16 accumulation"),
}
PALM = "Chowdhery et al. 2022, arXiv:2204.02311, appendix B"


def training_flops(work: Workload) -> Figure:
    """C = 6ND."""
    return computed(
        formulas.training_flops(work.params.value, work.tokens.value),
        FLOP,
        N_("training FLOP"),
        expression="6 · N · D",
        inputs={"N": work.params, "D": work.tokens},
        latex=r"C = 6 N D",
        convention=N_(
            "parameters that work on each token; attention over the context and recomputation left out"
        ),
        reference=KAPLAN,
        subject=work.subject,
    )


def pf_days(flops: Figure) -> Figure:
    """C in petaFLOP/s-days."""
    return computed(
        formulas.pf_days(flops.value),
        PF_DAY,
        N_("training compute"),
        expression="C / (10¹⁵ · 86400)",
        inputs={"C": flops},
        latex=r"C / (10^{15} \cdot 86400)",
        convention=N_("one petaFLOP/s for one day is 8.64e19 FLOP"),
        reference=BROWN,
        subject=flops.subject,
    )


def peak(device: Device, dtype: str) -> Figure:
    """The dense peak of one device in TFLOP/s, with its range where sources disagree."""
    low, high = device.peak_range_tflops.get(dtype, (None, None))
    return cell(
        device.peak_tflops[dtype],
        TFLOPS,
        _PEAK_METRICS.get(dtype, f"dense {dtype.upper()} peak"),
        device,
        table=TABLE,
        field=f"peak_tflops.{dtype}",
        low=low,
        high=high,
    )


def assumed_mfu(prior: MfuPrior) -> Figure:
    """The range of run averages to assume, in per cent."""
    table = prior_table()
    row = _PriorRow(prior.name, f"{table.source}: {prior.basis}", table.as_of, prior.confidence)
    return cell(
        100 * prior.mid,
        PERCENT,
        N_("assumed MFU"),
        row,
        table=PRIOR_TABLE,
        field="low, mid, high",
        low=100 * prior.low,
        high=100 * prior.high,
    )


def device_hours(flops: Figure, peak: Figure, mfu: Figure) -> Figure:
    """h = C / (3600 P U); the ends of the interval take the best and worst peak and MFU."""

    def hours(rate: float, percent: float) -> float:
        return formulas.device_hours(flops.value, rate * 1e12, percent / 100)

    low, high = hours(_high(peak), _high(mfu)), hours(_low(peak), _low(mfu))
    return computed(
        hours(peak.value, mfu.value),
        DEVICE_HOUR,
        N_("device-hours"),
        expression="C / (3600 · P · 10¹² · U / 100)",
        inputs={"C": flops, "P": peak, "U": mfu},
        latex=r"h = \frac{C}{3600 \, P \, U}",
        convention=N_("dense peak; U is the average over the whole run, restarts and evaluation included"),
        reference=PALM,
        subject=flops.subject,
        **_interval(low, high),
    )


def days(hours: Figure, count: Figure) -> Figure:
    """t = h / (24 n)."""
    return computed(
        formulas.wall_days(hours.value, count.value),
        DAY,
        N_("duration"),
        expression="h / (24 · n)",
        inputs={"h": hours, "n": count},
        latex=r"t = \frac{h}{24 n}",
        convention=N_("all devices busy all the time"),
        reference="",
        subject=hours.subject,
        **_interval(*(formulas.wall_days(end, count.value) for end in (_low(hours), _high(hours)))),
    )


def energy(hours: Figure, device: Device) -> Figure | None:
    """E = h W, in the unit that fits; nothing when the table has no power."""
    if device.power_w is None:
        return None
    power = cell(device.power_w, WATT, N_("board power"), device, table=TABLE, field="power_w")
    low, value, high = (
        formulas.energy_kwh(end, power.value) for end in (_low(hours), hours.value, _high(hours))
    )
    unit, size, divisor = next((scale for scale in _ENERGY_SCALES if value >= scale[1]), _ENERGY_SCALES[-1])
    return computed(
        value / size,
        unit,
        N_("energy"),
        expression=f"h · W / {divisor}",
        inputs={"h": hours, "W": power},
        latex=r"E = h W",
        convention=N_("board power at its limit; hosts, network and cooling left out"),
        reference="",
        subject=hours.subject,
        **_interval(low / size, high / size),
    )


def price(device: Device, row: PriceRange) -> Figure:
    """The rent of one device-hour as a range with its date."""
    return cell(
        row.mid,
        USD_PER_HOUR,
        N_("rental price"),
        device,
        table=TABLE,
        field="price",
        low=row.low,
        high=row.high,
        source=row.source,
        as_of=row.as_of,
        valid_until=row.valid_until,
    )


def cost(hours: Figure, price: Figure) -> Figure:
    """Rent = h p; the ends multiply the ends."""
    return computed(
        formulas.cost_usd(hours.value, price.value),
        USD,
        N_("rental cost"),
        expression="h · p",
        inputs={"h": hours, "p": price},
        latex=r"h \, p",
        convention=N_("on-demand rent of the accelerators; storage, network, staff and failed runs left out"),
        reference="",
        subject=hours.subject,
        **_interval(_low(hours) * _low(price), _high(hours) * _high(price)),
    )


def mfu(flops: Figure, hours: Figure, peak: Figure) -> Figure:
    """U = C / (3600 h P) in per cent."""

    def percent(rate: float) -> float:
        return 100 * formulas.mfu_from_hours(flops.value, hours.value, rate * 1e12)

    return computed(
        percent(peak.value),
        PERCENT,
        N_("MFU"),
        expression="C / (3600 · h · P · 10¹²)",
        inputs={"C": flops, "h": hours, "P": peak},
        latex=r"\mathrm{MFU} = \frac{6 N D}{3600 \, h \, P}",
        convention=N_("dense peak; whole run, so restarts and evaluation lower it; attention FLOP left out"),
        reference=PALM,
        subject=flops.subject,
        **_interval(percent(_high(peak)), percent(_low(peak))),
    )


def achieved(flops: Figure, hours: Figure) -> Figure:
    """Useful TFLOP/s per device over the whole run."""
    return computed(
        flops.value / (hours.value * formulas.SECONDS_PER_HOUR) / 1e12,
        TFLOPS,
        N_("achieved rate per device"),
        expression="C / (3600 · h · 10¹²)",
        inputs={"C": flops, "h": hours},
        latex=r"\frac{C}{3600 \, h}",
        convention=N_("model FLOP only"),
        reference=PALM,
        subject=flops.subject,
    )


class _PriorRow(NamedTuple):
    """A row of the prior table in the shape that :func:`cell` reads."""

    name: str
    source: str
    as_of: date
    confidence: Literal["high", "medium", "low"]


def _low(figure: Figure) -> float:
    return figure.value if figure.low is None else figure.low


def _high(figure: Figure) -> float:
    return figure.value if figure.high is None else figure.high


def _interval(low: float, high: float) -> dict[str, float | None]:
    return {"low": low, "high": high} if low < high else {"low": None, "high": None}
