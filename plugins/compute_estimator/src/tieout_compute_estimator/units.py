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
    "KG_PER_KWH",
    "KWH",
    "MWH",
    "NUMBER",
    "PARAM",
    "PERCENT",
    "PF_DAY",
    "RATIO",
    "TCO2",
    "TFLOPS",
    "TOKENS",
    "TOKENS_PER_PARAM",
    "USD",
    "USD_PER_HOUR",
    "USD_PER_KWH",
    "WATT",
    "YEAR",
]

BYTE: Final = "B"
DAY: Final = "day"
DEVICE: Final = "GPU"
DEVICE_HOUR: Final = "GPU-hour"
FLOP: Final = "FLOP"
GB: Final = "GB"
GIB: Final = "GiB"
GWH: Final = "GWh"
KG_PER_KWH: Final = "kg/kWh"
KWH: Final = "kWh"
MWH: Final = "MWh"
NUMBER: Final = ""
PARAM: Final = "parameter"
PERCENT: Final = "%"
PF_DAY: Final = "PF-day"
RATIO: Final = "ratio"
TCO2: Final = "tCO2e"
TFLOPS: Final = "TFLOP/s"
TOKENS: Final = "token"
TOKENS_PER_PARAM: Final = "token/parameter"
USD: Final = "USD"
USD_PER_HOUR: Final = "USD/GPU-hour"
USD_PER_KWH: Final = "USD/kWh"
WATT: Final = "W"
YEAR: Final = "year"
