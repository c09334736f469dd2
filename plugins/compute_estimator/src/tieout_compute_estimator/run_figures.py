"""The figures of a training run: rows of the tables as figures, and the relations of :mod:`relations` on them."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from tieout.plugin import Figure
from tieout_compute_estimator import formulas
from tieout_compute_estimator.accelerators import TABLE, Device, PriceRange
from tieout_compute_estimator.derivation import N_, cell
from tieout_compute_estimator.published import PRIOR_TABLE, MfuPrior, prior_table
from tieout_compute_estimator.relations import board_energy, relations
from tieout_compute_estimator.units import PERCENT, TFLOPS, USD_PER_HOUR, WATT
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
    "power",
    "price",
    "training_flops",
]

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


def training_flops(work: Workload) -> Figure:
    """C = 6ND."""
    return relations().training_flops.figure({"N": work.params, "D": work.tokens}, subject=work.subject)


def pf_days(flops: Figure) -> Figure:
    """C in petaFLOP/s-days."""
    return relations().pf_days.figure({"C": flops}, subject=flops.subject)


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
    """The range of averages over whole runs to assume, in per cent: all device-hours count, stops included."""
    table = prior_table()
    row = _PriorRow(prior.name, f"{table.source}; {prior.basis}", table.as_of, prior.confidence)
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
    return relations().device_hours.figure({"C": flops, "P": peak, "U": mfu}, subject=flops.subject)


def days(hours: Figure, count: Figure) -> Figure:
    """t = h / (24 n)."""
    return relations().days.figure({"h": hours, "n": count}, subject=hours.subject)


def energy(hours: Figure, device: Device) -> Figure | None:
    """E = h W, in the unit that fits; nothing when the table has no power."""
    if device.power_w is None:
        return None
    watts = power(device)
    kwh = formulas.energy_kwh(hours.value, watts.value)
    return board_energy(kwh).figure({"h": hours, "W": watts}, subject=hours.subject)


def power(device: Device) -> Figure:
    """The board power limit of one device.

    Raises:
        KeyError: The table has none.
    """
    if device.power_w is None:
        raise KeyError(device.name)
    return cell(device.power_w, WATT, N_("board power"), device, table=TABLE, field="power_w")


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
    return relations().cost.figure({"h": hours, "p": price}, subject=hours.subject)


def mfu(flops: Figure, hours: Figure, peak: Figure) -> Figure:
    """U = C / (3600 h P) in per cent."""
    return relations().mfu.figure({"C": flops, "h": hours, "P": peak}, subject=flops.subject)


def achieved(flops: Figure, hours: Figure) -> Figure:
    """Useful TFLOP/s per device over the whole run."""
    return relations().achieved.figure({"C": flops, "h": hours}, subject=flops.subject)


class _PriorRow(NamedTuple):
    """A row of the prior table in the shape that :func:`cell` reads."""

    name: str
    source: str
    as_of: date
    confidence: Literal["high", "medium", "low"]
