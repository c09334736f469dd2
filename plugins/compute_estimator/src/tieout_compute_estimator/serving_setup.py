"""What is served on what: arguments settled into figures with origins, and the numbers for the model of a step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tieout.errors import InputError
from tieout.plugin import Figure, TableRow, translator
from tieout_compute_estimator import footprint_figures
from tieout_compute_estimator.accelerators import Device, find_device, other_variants
from tieout_compute_estimator.architecture_table import TABLE as ARCHITECTURES
from tieout_compute_estimator.architecture_table import architecture_row
from tieout_compute_estimator.cache_figures import Shape, cache_total, cached_parts, format_cell
from tieout_compute_estimator.checks import checked_dtype, missing, positive, whole
from tieout_compute_estimator.derivation import N_, cell, computed, given
from tieout_compute_estimator.gguf_mixtures import canonical_mixture
from tieout_compute_estimator.model_source import ModelSource, model_source
from tieout_compute_estimator.number_formats import BITS, bits_of
from tieout_compute_estimator.serving_demand import Depth, demand_of, demand_of_size, typical_depth
from tieout_compute_estimator.serving_machine import Wanted, count_figure, machine_of
from tieout_compute_estimator.serving_model import (
    Demand,
    Machine,
)
from tieout_compute_estimator.units import BYTE, PARAM, TOKENS

__all__ = ["Setup", "Wanted", "settle"]

_ = translator("tieout_compute_estimator")

DEFAULT_PROMPT, DEFAULT_OUTPUT = 1000.0, 500.0
"""Tokens assumed when nobody says: in the middle of public benchmark settings."""
_OWN_ARITHMETIC = {"fp8": "fp8", "fp6": "fp6", "fp4": "fp4", "nvfp4": "fp4"}
"""Weight formats that kernels multiply in; the others are unpacked to the format of training first."""


@dataclass(frozen=True)
class Setup:
    """Everything settled: figures to show, and plain numbers to compute with."""

    source: ModelSource
    device: Device
    machine: Machine
    demand: Demand
    params: Figure
    dtype: str
    kv_dtype: str
    arithmetic: str
    weights: Figure
    cache: Figure
    """Cache of one sequence at the mean context."""
    prompt: Figure
    output: Figure
    count: Figure
    memory: Figure
    batch: float | None
    """Sequences at once, when they were given."""
    accepted: float
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Name of the model, or nothing."""
        return self.source.name

    @property
    def verified(self) -> float:
        """Tokens that a step looks at per sequence: a draft of whole tokens beside the one that is always right."""
        return float(-(-self.accepted // 1)) if self.accepted > 1 else 1.0


def settle(wanted: Wanted) -> Setup:
    """Settle model, formats, lengths and devices.

    Raises:
        InputError: Something is missing, impossible, or does not fit.
        ToolError: Unknown model or device, or a format that the device has not.
    """
    source = model_source(model=wanted.model, config=wanted.config, gguf=wanted.gguf)
    if wanted.device is None:
        raise missing([(N_("device"), "H100")])
    device = find_device(wanted.device)
    notes = [*source.notes, *_variants(device, wanted.device)]
    size = _size(wanted, source)
    weights, dtype = _weights(wanted, source, size, notes)
    arithmetic = _arithmetic(device, dtype)
    kv_dtype = wanted.kv_dtype or ("fp8" if arithmetic in ("fp8", "fp4") else "bf16")
    prompt, output = _lengths(wanted, notes)
    depth = _depth(source, size, wanted, notes)
    cache = _cache(source, wanted, kv_dtype, prompt.value + output.value / 2, depth, size)
    demand = _demand(source, wanted, size, weights, cache, depth, prompt.value, output.value)
    memory, machine = machine_of(device, arithmetic, wanted, demand, notes)
    return Setup(
        source=source,
        device=device,
        machine=machine,
        demand=demand,
        params=size,
        dtype=dtype.upper(),
        kv_dtype=kv_dtype.upper(),
        arithmetic=arithmetic,
        weights=weights,
        cache=cache,
        prompt=prompt,
        output=output,
        count=count_figure(machine, wanted),
        memory=memory,
        batch=None if wanted.batch is None else float(whole("batch", wanted.batch)),
        accepted=_accepted(wanted.speculative),
        notes=tuple(notes),
    )


def _variants(device: Device, name: str) -> list[str]:
    others = other_variants(device, name)
    if not others:
        return []
    return [
        _(
            "{name} is read as {device}; also in the table: {others}.",
            name=name,
            device=device.name,
            others=", ".join(others),
        )
    ]


def _size(wanted: Wanted, source: ModelSource) -> Figure:
    if wanted.params is not None:
        return given(positive("params", wanted.params), PARAM, N_("parameters"), subject=source.name)
    found = source.params()
    if found is None:
        raise missing([(N_("parameters"), "70B")])
    return found


def _weights(wanted: Wanted, source: ModelSource, size: Figure, notes: list[str]) -> tuple[Figure, str]:
    """The weights and the name of their format."""
    dtype, stored = wanted.dtype, source.stored_bytes()
    if dtype is None and stored is not None:
        held = source.gguf or source.stored
        return stored, " + ".join(list(held.by_type)[:3]) if held else ""
    if dtype is None:
        notes.append(_("No number format was given: BF16 weights are assumed."))
        dtype = "bf16"
    if dtype.strip().lower() not in BITS and canonical_mixture(dtype) is not None:
        figure, remarks = footprint_figures.quantised_weights(source, size, dtype)
        notes.extend(remarks)
        return figure, dtype
    return footprint_figures.plain_weights(size, dtype), dtype


def _arithmetic(device: Device, dtype: str) -> str:
    """The format whose peak counts.

    Raises:
        ToolError: The weights are in a format that the device cannot multiply in, such as FP8 on A100.
    """
    own = _OWN_ARITHMETIC.get(dtype.strip().lower())
    return checked_dtype(device, own) if own else device.training_dtype


def _lengths(wanted: Wanted, notes: list[str]) -> tuple[Figure, Figure]:
    if wanted.prompt is None or wanted.output is None:
        notes.append(
            _(
                "Lengths that were not given are assumed: a prompt of {prompt} and an answer of {output} tokens.",
                prompt=f"{wanted.prompt or DEFAULT_PROMPT:,.0f}",
                output=f"{wanted.output or DEFAULT_OUTPUT:,.0f}",
            )
        )
    prompt = positive("prompt", DEFAULT_PROMPT if wanted.prompt is None else wanted.prompt)
    output = positive("output", DEFAULT_OUTPUT if wanted.output is None else wanted.output)
    return (
        _length(prompt, N_("prompt"), "prompt", given_by_user=wanted.prompt is not None),
        _length(output, N_("answer"), "output", given_by_user=wanted.output is not None),
    )


def _length(value: float, metric: str, field: str, *, given_by_user: bool) -> Figure:
    if given_by_user:
        return given(value, TOKENS, metric)
    origin = TableRow(
        table="serving assumptions",
        row="lengths",
        field=field,
        source=N_("assumed: in the middle of public benchmark settings"),
        confidence="medium",
    )
    return Figure(value=value, unit=TOKENS, metric=metric, origin=origin)


def _depth(source: ModelSource, size: Figure, wanted: Wanted, notes: list[str]) -> Depth | None:
    """The shape to assume for a model of which only the size is known."""
    if source.architecture is not None:
        return None
    near = typical_depth(size.value)
    if wanted.layers is None:
        notes.append(
            _(
                "The architecture is not known: depth and cache are those of {model}, which is like in size.",
                model=near.name,
            )
        )
        return near
    return near._replace(layers=whole("layers", wanted.layers))


def _cache(
    source: ModelSource, wanted: Wanted, kv_dtype: str, context: float, depth: Depth | None, size: Figure
) -> Figure:
    parts = cached_parts(source, Shape(wanted.layers, wanted.kv_heads, wanted.head_dim), kv_dtype)
    if depth is None or parts.per_token is not None or parts.windows or parts.state is not None:
        return cache_total(parts, context, 1, subject=source.name)
    row = architecture_row(depth.name)
    assert row is not None  # the depth was read from this table
    values = cell(
        depth.cached_values, "", N_("cached values per token"), row, table=ARCHITECTURES, field="counted"
    )
    width = format_cell(bits_of(kv_dtype) / 8, N_("bytes per value"), kv_dtype)
    return computed(
        values.value * width.value * context,
        BYTE,
        N_("KV cache"),
        expression="v · w · s",
        inputs={"v": values, "w": width, "s": given(context, TOKENS, N_("context"))},
        latex=r"v w s",
        convention=N_("as a dense model of like size with grouped queries caches"),
        reference="Pope et al. 2022, arXiv:2211.05102",
        subject=size.subject,
    )


def _demand(
    source: ModelSource,
    wanted: Wanted,
    size: Figure,
    weights: Figure,
    cache: Figure,
    depth: Depth | None,
    prompt: float,
    output: float,
) -> Demand:
    if source.architecture is not None:
        demand = demand_of(
            source.architecture, weight_bytes=weights.value, kv_bytes=1.0, prompt=prompt, output=output
        )
    else:
        assert depth is not None  # there is one whenever no architecture is known
        active = wanted.active_params or (source.row.working_params if source.row else size.value)
        demand = demand_of_size(
            size.value,
            min(positive("active_params", active), size.value),
            weight_bytes=weights.value,
            kv_bytes_per_token=1.0,
            layers=depth.layers,
            hidden=depth.hidden,
            prompt=prompt,
            output=output,
        )
    return replace(demand, cache_bytes=cache.value)


def _accepted(speculative: float) -> float:
    if not 1.0 <= speculative <= 16.0:
        raise InputError(
            _("speculative is the mean number of tokens per step, 1 to 16, not {value}.", value=speculative),
            code="compute-not-speculative",
            hint=_("With a draft that is right four times in five it is 1.8."),
        )
    return float(speculative)
