"""Facts that the other tables hold: models, accelerators, and the shapes of published configurations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TypedDict

from tieout_compute_estimator.accelerators import Device
from tieout_compute_estimator.claims.facts import Confidence, Fact
from tieout_compute_estimator.derivation import Sourced
from tieout_compute_estimator.published import PublishedModel

__all__ = ["of_architectures", "of_devices", "of_models"]


class _Known(TypedDict):
    """The fields that every fact of a row shares."""

    subject: str
    source: str
    table: str
    source_text: str
    as_of: date
    confidence: Confidence


def _known(row: Sourced, table: str) -> _Known:
    return {
        "subject": row.name,
        "source": table,
        "table": table,
        "source_text": row.source,
        "as_of": row.as_of,
        "confidence": row.confidence,
    }


def of_models(models: tuple[PublishedModel, ...]) -> Iterator[Fact]:
    """Sizes, tokens and device-hours of the table of models."""
    for model in models:
        known = _known(model, "models")
        cells = (
            ("params", model.params, "parameter"),
            ("active_params", model.active_params, "parameter"),
            ("tokens", model.tokens, "token"),
            ("gpu_hours", model.device_hours, "GPU-hour"),
            ("compute", model.training_flops, "FLOP"),
            ("layers", model.layers, ""),
        )
        for role, value, unit in cells:
            if value is not None:
                yield Fact(
                    **known,
                    role=role,
                    value=value,
                    unit=unit,
                    device=(model.device or "") if role == "gpu_hours" else "",
                    status="leak" if model.confidence == "low" else "published",
                    assumption="a leak that its makers never confirmed" if model.confidence == "low" else "",
                )


def of_devices(devices: tuple[Device, ...]) -> Iterator[Fact]:
    """Memory, power, links and peaks of the table of accelerators, with structured sparsity apart."""
    for device in devices:
        known = _known(device, "hardware")
        cells: list[tuple[str, float | None, str, str, bool | None]] = [
            ("memory", _scaled(device.memory_gb, 1e9), "B", "", None),
            ("memory_bandwidth", device.memory_bandwidth_tb_s, "TB/s", "", None),
            ("power", device.power_w, "W", "", None),
            ("link", device.interconnect_gb_s, "GB/s", "", None),
        ]
        for dtype, peak in device.peak_tflops.items():
            unit = "TOP/s" if dtype.startswith("int") else "TFLOP/s"
            cells.append(("rate", peak, unit, dtype, False))
            if sparse_peak := device.sparse_peaks.get(dtype):
                cells.append(("rate", sparse_peak, unit, dtype, True))
        for role, value, unit, dtype, sparse in cells:
            if value is not None:
                yield Fact(
                    **known,
                    role=role,
                    value=value,
                    unit=unit,
                    device=device.name,
                    dtype=dtype,
                    sparse=sparse,
                    status="marketing" if sparse else "published",
                    assumption="structured sparsity; the dense peak is lower" if sparse else "",
                )


_SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("layers", ("num_hidden_layers", "n_layer"), ""),
    ("heads", ("num_attention_heads", "n_head"), ""),
    ("kv_heads", ("num_key_value_heads",), ""),
    ("vocabulary", ("vocab_size",), ""),
    ("context", ("max_position_embeddings", "n_positions"), "token"),
    ("experts", ("n_routed_experts", "num_experts", "num_local_experts"), ""),
    ("hidden", ("hidden_size", "n_embd"), ""),
    ("head_dim", ("head_dim",), ""),
)
"""Role, keys of a configuration, unit."""


def of_architectures() -> Iterator[Fact]:
    """Layers, heads, vocabulary and context of the configurations that came with published weights."""
    from tieout_compute_estimator.architecture_table import architecture_table

    for row in architecture_table().models:
        known = _known(row, "architectures")
        cells: dict[str, tuple[float, str]] = {}
        for role, keys, unit in _SHAPES:
            value = next((v for key in keys if isinstance(v := row.config.get(key), int | float)), None)
            if value is not None and value > 0:
                cells[role] = (float(value), unit)
        if "head_dim" not in cells and "hidden" in cells and "heads" in cells:
            cells["head_dim"] = (cells["hidden"][0] / cells["heads"][0], "")
        for role, (value, unit) in cells.items():
            yield Fact(**known, role=role, value=value, unit=unit)


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
