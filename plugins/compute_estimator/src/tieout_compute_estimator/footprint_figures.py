"""Weights, training states, activations, totals and devices as figures, each with its formula."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tieout.errors import InputError
from tieout.plugin import Figure, TableRow, translator
from tieout_compute_estimator import formulas
from tieout_compute_estimator.accelerators import TABLE as HARDWARE
from tieout_compute_estimator.accelerators import Device
from tieout_compute_estimator.architecture_parts import Attention, LatentAttention
from tieout_compute_estimator.cache_figures import format_cell
from tieout_compute_estimator.checks import one_of
from tieout_compute_estimator.derivation import N_, cell, computed, given
from tieout_compute_estimator.gguf_sizes import quantised_size
from tieout_compute_estimator.model_source import ModelSource
from tieout_compute_estimator.number_formats import bits_of, mixture_of, mixture_size
from tieout_compute_estimator.units import BYTE, DEVICE, GB

__all__ = [
    "Optimiser",
    "Spread",
    "least_devices",
    "plain_weights",
    "quantised_weights",
    "room",
    "serving_share",
    "total",
    "training_states",
    "training_total",
]

_ = translator("tieout_compute_estimator")

ZERO = "Rajbhandari et al. 2020, arXiv:1910.02054, section 3"
LLAMA_CPP = "ggml-org/llama.cpp, llama-quantize"

Optimiser = Literal["adam", "adam-bf16", "adam-8bit", "lion", "muon", "sgd"]
"""What is kept per parameter besides weights and gradients."""

_OPTIMISERS: dict[str, tuple[float, str]] = {
    "adam": (12.0, ZERO),
    "adam-bf16": (8.0, "DeepSeek-AI 2024, arXiv:2412.19437, section 3.3.2"),
    "adam-8bit": (6.0, "Dettmers et al. 2022, arXiv:2110.02861"),
    "lion": (8.0, "Chen et al. 2023, arXiv:2302.06675"),
    "muon": (8.0, "Liu et al. 2025, arXiv:2502.16982"),
    "sgd": (8.0, ZERO),
}
"""Bytes per parameter, the FP32 copy of the weights (4) included, and who says so."""


@dataclass(frozen=True)
class Spread:
    """How training is spread over devices."""

    stage: int = 0
    data: int = 1
    tensor: int = 1
    pipeline: int = 1
    sequence: bool = True

    @property
    def ranks(self) -> int:
        """Devices that one copy of the model is cut into."""
        return self.tensor * self.pipeline


def plain_weights(size: Figure, dtype: str) -> Figure:
    """W = N b / 8."""
    bits = format_cell(bits_of(dtype), N_("bits per parameter"), dtype)
    return computed(
        formulas.weight_bytes(size.value, bits.value),
        BYTE,
        N_("weights"),
        expression="N · b / 8",
        inputs={"N": size, "b": bits},
        latex=r"N b / 8",
        convention=N_("all parameters in one format"),
        reference="",
        subject=size.subject,
    )


def quantised_weights(source: ModelSource, size: Figure, name: str) -> tuple[Figure, list[str]]:
    """Bytes of a GGUF quantisation: tensor by tensor when the architecture is known, else by like models."""
    mixture = mixture_of(name)
    if source.architecture is not None:
        released = source.row.released if source.row is not None else ""
        found = mixture_size(mixture, architecture=source.architecture, released=released)
        if found.low == found.high:
            return _by_type(source, name), []
        figure = _by_type(source, name).model_copy(update={"high": found.high, "low": found.low})
        return figure, [
            _("Files made before 2024 are larger: llama.cpp has changed this quantisation since.")
        ]
    found = mixture_size(mixture, architecture=None, params=size.value)
    bits = format_cell(found.bits, N_("bits per parameter"), mixture.name)
    ends = (found.low, found.high) if found.low < found.high else (None, None)
    figure = computed(
        found.bytes,
        BYTE,
        N_("weights"),
        expression="N · b / 8",
        inputs={"N": size, "b": bits},
        latex=r"N b / 8",
        convention=N_(
            "mean bits per parameter of published dense models of like size under this quantisation"
        ),
        reference=LLAMA_CPP,
        subject=size.subject,
        low=ends[0],
        high=ends[1],
    )
    return figure, [_("The architecture is not known: bits per parameter are those of models of like size.")]


def _by_type(source: ModelSource, name: str) -> Figure:
    assert source.architecture is not None
    size = quantised_size(source.architecture, mixture_of(name))
    inputs: dict[str, Figure] = {}
    for kind, held in size.by_type.items():
        origin = TableRow(
            table="GGUF mixtures", row=name.upper(), field=kind, source=LLAMA_CPP, confidence="high"
        )
        metric = N_("tensors of one type")
        inputs[kind] = Figure(value=held, unit=BYTE, metric=metric, subject=kind, origin=origin)
    return computed(
        size.bytes,
        BYTE,
        N_("weights"),
        expression=" + ".join(inputs),
        inputs=inputs,
        latex=r"\sum_t B_t",
        convention=N_("each tensor in the type that llama-quantize gives it; vocabulary and header left out"),
        reference=LLAMA_CPP,
        subject=source.name,
    )


def total(parts: Mapping[str, Figure], *, metric: str, convention: str) -> Figure:
    """The sum of ``parts`` by symbol; a single part is the total itself."""
    figures = list(parts.values())
    if len(figures) == 1:
        return figures[0]
    ranges = any(figure.low is not None for figure in figures)
    return computed(
        sum(figure.value for figure in figures),
        BYTE,
        metric,
        expression=" + ".join(parts),
        inputs=parts,
        latex=" + ".join(parts),
        convention=convention,
        reference="",
        subject=figures[0].subject,
        low=sum(figure.value if figure.low is None else figure.low for figure in figures) if ranges else None,
        high=sum(figure.value if figure.high is None else figure.high for figure in figures)
        if ranges
        else None,
    )


def serving_share(source: ModelSource, weights: Figure, cache: Figure | None, tensor: int) -> Figure:
    """What one of ``tensor`` devices holds: its part of the weights, and of the cache as far as heads can be split."""
    inputs = {"W": weights, "t": given(tensor, DEVICE, N_("tensor-parallel devices"))}
    value, expression = weights.value / tensor, "W / t"
    if cache is not None:
        split = min(tensor, _cache_splits(source, tensor))
        inputs |= {"K": cache, "g": source.dimension(split, N_("parts of the cache"), "num_key_value_heads")}
        value, expression = value + cache.value / split, "W / t + K / g"
    return computed(
        value,
        BYTE,
        N_("memory per device"),
        expression=expression,
        inputs=inputs,
        latex=r"W / t + K / \min(t, H)",
        convention=N_(
            "the cache is split by key-value heads: never into more parts, and a latent cache not at all"
        ),
        reference=POPE_SPLIT,
        subject=weights.subject,
    )


POPE_SPLIT = "Pope et al. 2022, arXiv:2211.05102, section 3.3"


def _cache_splits(source: ModelSource, tensor: int) -> int:
    """Into how many parts tensor parallelism can split the cache."""
    if source.architecture is None:
        return tensor
    mixers = [layer.mixer for layer, _count in source.architecture.groups()]
    if any(isinstance(mixer, LatentAttention) for mixer in mixers):
        return 1
    heads = [mixer.kv_heads for mixer in mixers if isinstance(mixer, Attention)]
    return min(heads, default=tensor)


_STATES = ("(2 + g + o)", "(2 + g + o / d)", "(2 + (g + o) / d)", "(2 + g + o) / d")


def training_states(
    size: Figure, spread: Spread, optimiser: Optimiser, gradients: str | None, *, subject: str
) -> Figure:
    """Weights, gradients and optimiser states on one device under ZeRO.

    Raises:
        InputError: No such stage or optimiser.
    """
    if spread.stage not in range(4):
        raise InputError(
            _("zero_stage must be 0, 1, 2 or 3, not {stage}.", stage=spread.stage),
            code="compute-no-such-stage",
        )
    one_of("optimizer", optimiser, _OPTIMISERS)
    kept, reference = _OPTIMISERS[optimiser]

    def states(bytes_of_gradient: float) -> float:
        return formulas.training_state_bytes(
            size.value / spread.ranks,
            stage=spread.stage,
            data_parallel=spread.data,
            bytes_per_param=(2.0, bytes_of_gradient, kept),
        )

    width = 2.0 if gradients is None else bits_of(gradients) / 8
    low, high = (states(2.0), states(4.0)) if gradients is None else (None, None)
    inputs: dict[str, Figure] = {"N": size}
    expression = f"N · {_STATES[spread.stage]}"
    if spread.ranks > 1:
        inputs["m"] = given(spread.ranks, DEVICE, N_("tensor times pipeline ranks"))
        expression = f"N / m · {_STATES[spread.stage]}"
    inputs["g"] = format_cell(width, N_("bytes per gradient"), gradients or "bf16")
    inputs["o"] = _optimiser_cell(kept, optimiser, reference)
    if spread.stage:
        inputs["d"] = given(spread.data, DEVICE, N_("data-parallel devices"))
    return computed(
        states(width),
        BYTE,
        N_("training states per device"),
        expression=expression,
        inputs=inputs,
        latex=r"N (2 + g + o)",
        convention=N_("mixed precision: weights, gradients, FP32 copy and moments; upper end: FP32 gradients")
        if gradients is None
        else N_("mixed precision: weights, gradients, FP32 copy and moments"),
        reference=reference,
        subject=subject,
        low=low,
        high=high,
    )


def _optimiser_cell(kept: float, optimiser: str, reference: str) -> Figure:
    metric = N_("bytes of optimiser states per parameter")
    origin = TableRow(table="optimisers", row=optimiser, field=metric, source=reference, confidence="high")
    return Figure(value=kept, metric=metric, subject=optimiser, origin=origin)


def training_total(states: Figure, kept: Figure | None) -> Figure:
    """States and activations of one device."""
    parts = {"Z": states} | ({"A": kept} if kept is not None else {})
    return total(parts, metric=N_("memory per device"), convention=N_("buffers and fragmentation left out"))


def device_memory(device: Device) -> Figure:
    """Memory of one device.

    Raises:
        InputError: The table has none.
    """
    if device.memory_gb is None:
        raise InputError(
            _("The table has no memory size for {device}.", device=device.name), code="compute-no-memory-size"
        )
    return cell(device.memory_gb, GB, N_("memory"), device, table=HARDWARE, field="memory_gb")


def least_devices(held: Figure, device: Device) -> Figure:
    """⌈T / M⌉."""
    each = device_memory(device)
    return computed(
        math.ceil(held.value / (each.value * 1e9)),
        DEVICE,
        N_("devices needed at least"),
        expression="⌈T / (M · 10⁹)⌉",
        inputs={"T": held, "M": each},
        latex=r"\lceil T / M \rceil",
        convention=N_("memory alone; activations, runtime and uneven splits left out"),
        reference="",
        subject=held.subject,
    )


def room(held: Figure, device: Device, count: int, *, shared: bool) -> dict[str, Figure]:
    """What is left on each device (``free``), or what each lacks (``lacking``).

    Args:
        shared: Whether ``held`` is spread over the devices, or is what each of them holds.
    """
    each = device_memory(device)
    inputs = {"M": each, "T": held}
    share, taken = "T", held.value
    if shared:
        inputs["n"] = given(count, DEVICE, N_("devices"))
        share, taken = "T / n", held.value / count
    left = each.value * 1e9 - taken
    figure = computed(
        abs(left),
        BYTE,
        N_("free memory per device") if left >= 0 else N_("memory lacking per device"),
        expression=f"M · 10⁹ - {share}" if left >= 0 else f"{share} - M · 10⁹",
        inputs=inputs,
        latex=r"\left| M - T / n \right|" if shared else r"\left| M - T \right|",
        convention=N_("memory alone; runtime and uneven splits left out"),
        reference="",
        subject=held.subject,
    )
    return {"free" if left >= 0 else "lacking": figure}
