"""A rent to assume for devices without a public price: between what others cost per peak and per memory bandwidth."""

from __future__ import annotations

from functools import cache
from statistics import median, median_low

from tieout.plugin import Figure, TableRow
from tieout_compute_estimator.accelerators import TABLE, Device, PriceRange, device_table
from tieout_compute_estimator.derivation import N_, cell, computed
from tieout_compute_estimator.units import TFLOPS, USD_PER_HOUR

__all__ = ["estimated_price"]

_BELOW, _ABOVE = 0.6, 1.6
"""How far single rows lie from the medians, roughly: the inner 80% of the table's rows."""


@cache
def _rates() -> tuple[float, float]:
    """Median USD per hour for one TFLOP/s and for one TB/s, over data-centre rows with a price."""
    prices = [(row, price.mid) for row, price in _priced()]
    by_peak = [price / row.peak_tflops[row.training_dtype] for row, price in prices]
    by_bandwidth = [
        price / row.memory_bandwidth_tb_s for row, price in prices if row.memory_bandwidth_tb_s is not None
    ]
    return median(by_peak), median(by_bandwidth)


def estimated_price(device: Device) -> Figure | None:
    """The range to assume; nothing when the table has no bandwidth of the device."""
    if device.memory_bandwidth_tb_s is None:
        return None
    per_peak, per_bandwidth = _rates()
    peak = device.peak_tflops[device.training_dtype]
    low, high = sorted((per_peak * peak, per_bandwidth * device.memory_bandwidth_tb_s))
    return computed(
        (low * high) ** 0.5,
        USD_PER_HOUR,
        N_("estimated rental price"),
        expression="√(a · P · b · w)",
        inputs={
            "a": Figure(
                value=per_peak, unit="USD/TFLOP/s", metric=N_("median rent per peak"), origin=_table("a")
            ),
            "P": cell(peak, TFLOPS, N_("dense peak"), device, table=TABLE, field="peak_tflops"),
            "b": Figure(
                value=per_bandwidth,
                unit="USD/TB/s",
                metric=N_("median rent per bandwidth"),
                origin=_table("b"),
            ),
            "w": cell(
                device.memory_bandwidth_tb_s,
                "TB/s",
                N_("memory bandwidth"),
                device,
                table=TABLE,
                field="memory_bandwidth_tb_s",
            ),
        },
        latex=r"\sqrt{a P b w}",
        convention=N_("no public price; between the table's median rent per peak and per memory bandwidth"),
        reference="",
        subject=device.name,
        low=_BELOW * low,
        high=_ABOVE * high,
    )


def _priced() -> list[tuple[Device, PriceRange]]:
    return [
        (row, row.price)
        for row in device_table().devices
        if row.price is not None and row.kind == "datacenter"
    ]


def _table(field: str) -> TableRow:
    """The origin of a median: as old as the median of the prices under it."""
    prices = [price for _row, price in _priced()]
    return TableRow(
        table=TABLE,
        row="comparable devices",
        field=field,
        source="median over the table's rows; each row names its own price list",
        as_of=median_low(price.as_of for price in prices),
        valid_until=median_low(price.valid_until for price in prices),
        confidence="low",
    )
