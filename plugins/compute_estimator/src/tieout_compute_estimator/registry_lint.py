"""Checks over the tables: does a row contradict physics, its neighbours, or itself?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tieout.plugin import translator
from tieout_compute_estimator.accelerators import Device, layered_devices
from tieout_compute_estimator.published import PublishedModel, layered_models

__all__ = ["ClockRow", "Problem", "clock_table", "lint"]

_ = translator("tieout_compute_estimator")
Level = Literal["error", "note"]

PEAK_TOLERANCE, BANDWIDTH_TOLERANCE = 0.02, 0.03
"""Vendors round peaks to whole TFLOP/s, and bandwidths to a tenth of a TB/s."""
_WIDTHS = {
    "fp64": 64,
    "fp32": 32,
    "tf32": 19,
    "bf16": 16,
    "fp16": 16,
    "fp8": 8,
    "int8": 8,
    "fp6": 6,
    "fp4": 4,
    "int4": 4,
}
_NARROWER = (
    ("fp16", "fp8"),
    ("bf16", "fp8"),
    ("fp8", "fp4"),
    ("fp16", "int8"),
    ("bf16", "int8"),
    ("int8", "int4"),
)
"""Pairs of which the second is at least as fast wherever both are native."""
_LEAST_MFU, _MOST_MFU = 0.03, 0.75
_MULTIPLIERS = (1.0, 4.0)
_UNRELIABLE = ("brick-house.org",)
"""Sites that serve tables with digits altered at random."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClockRow(_Row):
    """How a device makes its peak and its bandwidth; ``None`` where it is not published."""

    device: str
    dtype: str | None
    clock_mhz: float | None = Field(gt=0)
    units: int | None = Field(gt=0)
    """Tensor cores, matrix units or compute units of the whole device."""
    flop_per_unit_clock: int | None = Field(gt=0)
    """Dense; a fused multiply-add counts two."""
    bus_bits: int | None = Field(gt=0)
    gbit_per_pin: float | None = Field(gt=0)
    source: str = Field(min_length=3)
    as_of: date
    confidence: Literal["high", "medium", "low"]
    notes: str

    @property
    def peak_tflops(self) -> float | None:
        """Clock times units times FLOP per clock."""
        if self.clock_mhz is None or self.units is None or self.flop_per_unit_clock is None:
            return None
        return self.clock_mhz * 1e6 * self.units * self.flop_per_unit_clock / 1e12

    @property
    def bandwidth_tb_s(self) -> float | None:
        """Width of the bus times the rate of a pin."""
        if self.bus_bits is None or self.gbit_per_pin is None:
            return None
        return self.bus_bits * self.gbit_per_pin / 8e3


class Waiver(_Row):
    """A check that a device is known to break, and why that is right."""

    device: str
    dtype: str
    check: Literal["narrower", "equal"]
    reason: str = Field(min_length=10)


class ClockTable(_Row):
    """Clocks, units and buses, and the exceptions."""

    format: Literal[1]
    as_of: date
    source: str
    rows: tuple[ClockRow, ...]
    waived: tuple[Waiver, ...]


class Problem(NamedTuple):
    """Something about a row: an error contradicts it, a note is worth knowing."""

    level: Level
    table: str
    row: str
    check: str
    text: str


@cache
def clock_table() -> ClockTable:
    """The shipped table, read on first use."""
    return ClockTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/device_clocks.json").read_bytes()
    )


def lint(*, on: date) -> list[Problem]:
    """Check every row in use, shipped and added, as of the day ``on``."""
    devices, models = layered_devices(), layered_models()
    found: list[Problem] = []
    for device in devices.rows:
        found += _device(device, on)
    names = {device.name: device for device in devices.rows}
    for model in models.rows:
        found += _model(model, names, on)
    for row in clock_table().rows:
        if row.device not in names:
            found.append(
                Problem("error", "clocks", row.device, "device", _("no such row in the table of hardware"))
            )
    for kind, layered in (("hardware", devices), ("models", models)):
        found += [Problem("error", kind, "", "layer", text) for text in layered.problems]
        for name, rivals in layered.rivals.items():
            layers = ", ".join(rival.layer for rival in rivals)
            text = _("also in {layers}; every value stays visible", layers=layers)
            found.append(Problem("note", kind, name, "conflict", text))
    return found


def _device(device: Device, on: date) -> Iterator[Problem]:
    for level, check, text in (*_peaks(device), *_physics(device), *_dates(device, on)):
        yield Problem(level, "hardware", device.name, check, text)


Finding = tuple[Level, str, str]


def _peaks(device: Device) -> Iterator[Finding]:
    """Dense against sparse, and formats against each other."""
    waived = {(row.dtype, row.check) for row in clock_table().waived if row.device == device.name}
    multiplier = device.sparsity_multiplier
    if multiplier is not None and not _MULTIPLIERS[0] <= multiplier <= _MULTIPLIERS[1]:
        yield (
            "error",
            "sparsity",
            _("a structured-sparsity multiplier of {value} is not known", value=multiplier),
        )
    for dtype in device.peak_tflops:
        if dtype not in _WIDTHS and dtype not in ("int16", "fp64_tensor", "fp16_acc16", "fp8_acc16"):
            yield "error", "format", _("{dtype} is no number format that is known", dtype=dtype)
    for wide, narrow in _NARROWER:
        slow, fast = device.peak_tflops.get(wide), device.peak_tflops.get(narrow)
        if slow and fast and fast < 0.99 * slow and (narrow, "narrower") not in waived:
            text = _(
                "{narrow} is slower than {wide}: {fast} and {slow}",
                narrow=narrow,
                wide=wide,
                fast=fast,
                slow=slow,
            )
            yield "error", "narrower", text
    bf16, fp16 = device.peak_tflops.get("bf16"), device.peak_tflops.get("fp16")
    if bf16 and fp16 and abs(bf16 / fp16 - 1) > 0.01 and (("fp16", "equal") not in waived):
        yield "error", "equal", _("BF16 and FP16 differ: {bf16} and {fp16}", bf16=bf16, fp16=fp16)
    for dtype, (low, high) in device.peak_range_tflops.items():
        text = _("sources give {dtype} peaks from {low} to {high}", dtype=dtype, low=low, high=high)
        yield "note", "conflict", text


def _physics(device: Device) -> Iterator[Finding]:
    """Peak = clock x units x FLOP per clock; bandwidth = bus x rate."""
    row = next((row for row in clock_table().rows if row.device == device.name), None)
    if row is None:
        return
    made = row.peak_tflops
    listed = device.peak_tflops.get(row.dtype or "")
    if made is not None and listed is None:
        yield "error", "peak", _("no {dtype} peak to compare with clock and units", dtype=row.dtype)
    elif made is not None and listed is not None and abs(listed / made - 1) > PEAK_TOLERANCE:
        sparse = device.sparsity_multiplier
        if sparse and abs(listed / (made * sparse) - 1) <= PEAK_TOLERANCE:
            yield (
                "error",
                "sparsity",
                _("{listed} is the peak with sparsity; dense is {made:.4g}", listed=listed, made=made),
            )
        else:
            text = _("{listed} listed, but clock and units give {made:.4g}", listed=listed, made=made)
            yield "error", "peak", text
    moved, stated = row.bandwidth_tb_s, device.memory_bandwidth_tb_s
    if moved is not None and stated is not None and abs(stated / moved - 1) > BANDWIDTH_TOLERANCE:
        if abs(stated / (8 * moved) - 1) <= BANDWIDTH_TOLERANCE:
            text = _(
                "{stated} TB/s looks like terabits; bus and rate give {moved:.3g}", stated=stated, moved=moved
            )
        else:
            text = _("{stated} TB/s listed, but bus and rate give {moved:.3g}", stated=stated, moved=moved)
        yield "error", "bandwidth", text


def _dates(row: Device | PublishedModel, on: date) -> Iterator[Finding]:
    """Dates in order, and a source that can be believed."""
    if row.as_of > on:
        yield "error", "date", _("read in the future: {day}", day=row.as_of)
    appeared = row.announced if isinstance(row, Device) else row.released
    if appeared and appeared[:4].isdigit() and int(appeared[:4]) > on.year:
        yield "note", "date", _("announced for {year}", year=appeared[:4])
    if any(site in row.source for site in _UNRELIABLE):
        yield "error", "source", _("the source is known to alter figures")
    if row.confidence == "low":
        yield "note", "confidence", _("low confidence: {source}", source=_.pieces(row.source))
    if isinstance(row, Device) and row.price is not None and row.price.valid_until < on:
        yield "note", "price", _("the price held until {day}", day=row.price.valid_until)


def _model(model: PublishedModel, devices: dict[str, Device], on: date) -> Iterator[Problem]:
    for level, check, text in (*_run(model, devices), *_counted(model), *_dates(model, on)):
        yield Problem(level, "models", model.name, check, text)


def _run(model: PublishedModel, devices: dict[str, Device]) -> Iterator[Finding]:
    """The published run against 6ND and against the peak of its device."""
    if model.device is not None and model.device not in devices:
        yield "error", "device", _("trained on {device}, which is not in the table", device=model.device)
        return
    if model.tokens is None:
        return
    flops = 6.0 * model.working_params * model.tokens
    if model.training_flops is not None and not 0.6 < model.training_flops / flops < 1.7:
        ratio = model.training_flops / flops
        yield "error", "flops", _("published training FLOP are {ratio:.2f} of 6ND", ratio=ratio)
    if model.device is None or model.device_hours is None:
        return
    device = devices[model.device]
    mfu = flops / (model.device_hours * 3600 * device.peak_tflops[device.training_dtype] * 1e12)
    if not _LEAST_MFU <= mfu <= _MOST_MFU:
        yield "error", "mfu", _("hours and tokens mean an MFU of {mfu:.1%}", mfu=mfu)


def _counted(model: PublishedModel) -> Iterator[Finding]:
    """Published parameters against those that the configuration holds."""
    from tieout_compute_estimator.architecture_table import architecture_of, architecture_row

    row, architecture = architecture_row(model.name), architecture_of(model.name)
    if row is None or architecture is None:
        return
    ratio = model.params / architecture.params
    if abs(ratio - 1) > 0.03 and not row.notes:
        yield "error", "params", _("published {ratio:.3f} of what the configuration holds", ratio=ratio)
    if model.layers is not None and model.layers != len(architecture.layers):
        text = _(
            "{stated} layers, but the configuration has {held}",
            stated=model.layers,
            held=len(architecture.layers),
        )
        yield "error", "layers", text
