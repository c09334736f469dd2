"""Symbols of :mod:`tieout.quantities` in which this plugin's figures are given."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BYTE",
    "DAY",
    "DEVICE",
    "DEVICE_HOUR",
    "FLOP",
    "GB",
    "GIB",
    "GWH",
    "KWH",
    "MWH",
    "PARAM",
    "PERCENT",
    "PF_DAY",
    "RATIO",
    "TFLOPS",
    "TOKENS",
    "USD",
    "USD_PER_HOUR",
    "WATT",
]

BYTE: Final = "B"
DAY: Final = "day"
DEVICE: Final = "GPU"
DEVICE_HOUR: Final = "GPU-hour"
FLOP: Final = "FLOP"
GB: Final = "GB"
GIB: Final = "GiB"
GWH: Final = "GWh"
KWH: Final = "kWh"
MWH: Final = "MWh"
PARAM: Final = "parameter"
PERCENT: Final = "%"
PF_DAY: Final = "PF-day"
RATIO: Final = "ratio"
TFLOPS: Final = "TFLOP/s"
TOKENS: Final = "token"
USD: Final = "USD"
USD_PER_HOUR: Final = "USD/GPU-hour"
WATT: Final = "W"
