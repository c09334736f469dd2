"""Rows of one name in several layers of the tables: what the ones not used say differently."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Figure
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.accelerators import TABLE as HARDWARE
from tieout_compute_estimator.accelerators import Device, layered_devices
from tieout_compute_estimator.derivation import N_, cell
from tieout_compute_estimator.published import TABLE as MODELS
from tieout_compute_estimator.published import PublishedModel, layered_models
from tieout_compute_estimator.units import DEVICE_HOUR, FLOP, GB, PARAM, TOKENS, WATT

__all__ = ["Conflict", "device_conflicts", "model_conflicts"]

_DEVICE_FIELDS = (
    ("memory_gb", GB, N_("memory")),
    ("memory_bandwidth_tb_s", "TB/s", N_("memory bandwidth")),
    ("interconnect_gb_s", "GB/s", N_("interconnect, both directions")),
    ("power_w", WATT, N_("board power")),
)
_MODEL_FIELDS = (
    ("params", PARAM, N_("parameters")),
    ("active_params", PARAM, N_("active parameters")),
    ("tokens", TOKENS, N_("training tokens")),
    ("device_hours", DEVICE_HOUR, N_("published device-hours")),
    ("training_flops", FLOP, N_("published training FLOP")),
)


class Conflict(BaseModel):
    """A value that another layer's row has instead, with its own source."""

    model_config = ConfigDict(frozen=True)

    layer: str
    """``shipped``, or the package or file that says so."""
    figure: Figure


def device_conflicts(device: Device) -> tuple[Conflict, ...]:
    """Where rows of other layers differ from ``device``."""
    found: list[Conflict] = []
    for rival in layered_devices().rivals.get(device.name, ()):
        other = rival.row
        for dtype, peak in other.peak_tflops.items():
            if peak != device.peak_tflops.get(dtype):
                found.append(_named(rival.layer, run_figures.peak(other, dtype)))
        for field, unit, metric in _DEVICE_FIELDS:
            value = getattr(other, field)
            if value is not None and value != getattr(device, field):
                figure = cell(value, unit, metric, other, table=HARDWARE, field=field)
                found.append(_named(rival.layer, figure))
        if other.price is not None and other.price != device.price:
            found.append(_named(rival.layer, run_figures.price(other, other.price)))
    return tuple(found)


def model_conflicts(model: PublishedModel) -> tuple[Conflict, ...]:
    """Where rows of other layers differ from ``model``."""
    found: list[Conflict] = []
    for rival in layered_models().rivals.get(model.name, ()):
        for field, unit, metric in _MODEL_FIELDS:
            value = getattr(rival.row, field)
            if value is not None and value != getattr(model, field):
                figure = cell(value, unit, metric, rival.row, table=MODELS, field=field)
                found.append(_named(rival.layer, figure))
    return tuple(found)


def _named(layer: str, figure: Figure) -> Conflict:
    """The layer stands in the subject, so that nobody takes the figure for the one in use."""
    return Conflict(layer=layer, figure=figure.model_copy(update={"subject": f"{figure.subject} ({layer})"}))
