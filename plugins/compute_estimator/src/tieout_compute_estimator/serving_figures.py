"""The figures of serving, each with its formula; values come from :mod:`serving_model`, so they cannot drift apart."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.plugin import Figure, TableRow
from tieout_compute_estimator import serving_model
from tieout_compute_estimator.derivation import N_, computed, given
from tieout_compute_estimator.serving_calibration import calibration_table
from tieout_compute_estimator.serving_model import MAX_BATCH, USABLE_MEMORY, Parts
from tieout_compute_estimator.serving_setup import Setup
from tieout_compute_estimator.serving_times import (
    EXPERTS,
    POPE,
    TOKENS_PER_SECOND,
    Symbols,
    brief,
    decoding_step,
    first_token,
    per_device,
    prompt_flops,
    throughput_of,
    token_flops,
    token_time,
    verified,
)
from tieout_compute_estimator.units import BYTE

__all__ = ["Point", "operating_point"]


@dataclass(frozen=True)
class Point:
    """Where serving settles: figures, and the plain seconds behind them."""

    batch: Figure
    weights_read: Figure
    experts_touched: Figure | None
    cache_read: Figure
    step: Figure
    token: Figure
    first_token: Figure
    throughput: Figure
    per_device: Figure
    ceiling: Figure
    parts: Parts
    """Seconds of the machine for one output token of a busy engine."""
    bound: serving_model.Bound


def operating_point(setup: Setup) -> Point:
    """All figures of a busy engine."""
    fitted = calibration_table().fitted
    demand, machine, factors = setup.demand, setup.machine, fitted.factors
    room = serving_model.batch_from_memory(demand, machine)
    full = _batch(setup, room)
    batch = brief(full)
    touched = _touched(setup, batch)
    read = _weights_read(setup, batch, touched)
    kept = _cache_read(setup, batch)
    step = decoding_step(setup, batch, read, kept, fitted)
    per_token = serving_model.token_time(
        demand, machine, batch.value, factors, accepted=setup.accepted, verified=setup.verified
    )
    ceiling = _ceiling(setup)
    throughput = throughput_of(setup, batch, step, fitted, 1.0 / per_token.total, ceiling)
    limited = setup.batch is None and room < MAX_BATCH
    return Point(
        batch=full,
        weights_read=read,
        experts_touched=touched,
        cache_read=kept,
        step=step,
        token=token_time(setup, step),
        first_token=first_token(setup, fitted),
        throughput=throughput,
        per_device=per_device(setup, throughput),
        ceiling=ceiling,
        parts=per_token,
        bound=serving_model.bound_of(per_token, memory_limits_batch=limited),
    )


def _batch(setup: Setup, room: float) -> Figure:
    if setup.batch is not None:
        return given(setup.batch, "", N_("sequences at once"))
    inputs = {
        "u": _engine(USABLE_MEMORY, N_("share of memory that the engine uses"), "gpu_memory_utilization"),
        "n": setup.count,
        "M": setup.memory,
        "W": _held(setup),
        "K": _held_cache(setup),
        "m": _engine(MAX_BATCH, N_("sequences at once at most"), "max_batch_size"),
    }
    return computed(
        float(max(1, int(min(room, MAX_BATCH)))),
        "",
        N_("sequences at once"),
        expression="min(m, ⌊(u · n · M · 10⁹ - W) / K⌋)",
        inputs=inputs,
        latex=r"B = \left\lfloor \frac{u n M - W}{K} \right\rfloor",
        convention=N_(
            "as many as the free memory holds, each at its mean length: prompt and half of the answer"
        ),
        reference=POPE,
    )


def _held(setup: Setup) -> Figure:
    """Weights in memory: copied to every device where experts are spread, apart from the experts."""
    if not setup.machine.expert_parallel:
        return setup.weights
    return computed(
        serving_model.weights_held(setup.demand, setup.machine),
        BYTE,
        N_("weights in memory"),
        expression="(W - E) · n + E",
        inputs={"W": setup.weights, "E": _routed(setup), "n": setup.count},
        latex=r"(W - E) n + E",
        convention=N_("experts spread over the devices, everything else copied to each"),
        reference=EXPERTS,
        subject=setup.subject,
    )


def _held_cache(setup: Setup) -> Figure:
    """The cache of one sequence over all devices."""
    copies = serving_model.cache_copies(setup.demand, setup.machine)
    if copies == 1:
        return setup.cache
    parts = setup.source.dimension(setup.demand.cache_splits, N_("parts of the cache"), "num_key_value_heads")
    return computed(
        setup.cache.value * copies,
        BYTE,
        N_("cache of one sequence, all copies"),
        expression="K · n / g",
        inputs={"K": setup.cache, "n": setup.count, "g": parts},
        latex=r"K n / g",
        convention=N_("tensor parallel: devices beyond the key-value heads hold copies"),
        reference="Pope et al. 2022, arXiv:2211.05102, section 3.3",
        subject=setup.subject,
    )


def _routed(setup: Setup) -> Figure:
    return setup.source.dimension(
        setup.demand.routed_bytes, N_("weights of the routed experts"), "counted", unit=BYTE
    )


def _touched(setup: Setup, batch: Figure) -> Figure | None:
    demand = setup.demand
    if not demand.experts:
        return None
    share = serving_model.experts_touched(batch.value * setup.verified, demand.experts, demand.chosen)
    inputs = {
        "k": setup.source.dimension(demand.chosen, N_("experts per token"), "num_experts_per_tok"),
        "E": setup.source.dimension(demand.experts, N_("routed experts"), "num_experts"),
        "B": batch,
    }
    expression = "(1 - (1 - k / E)^B) · 100"
    if setup.verified > 1:
        inputs["v"] = verified(setup)
        expression = "(1 - (1 - k / E)^(B · v)) · 100"
    return computed(
        100.0 * share,
        "%",
        N_("experts that a step reads"),
        expression=expression,
        inputs=inputs,
        latex=r"1 - \left(1 - \frac{k}{E}\right)^B",
        convention=N_("even and independent routing"),
        reference=EXPERTS,
        subject=setup.subject,
    )


def _weights_read(setup: Setup, batch: Figure, touched: Figure | None) -> Figure:
    demand, machine = setup.demand, setup.machine
    value = serving_model.weights_read(demand, machine, batch.value * setup.verified)
    fixed = setup.source.dimension(
        demand.fixed_bytes, N_("weights that every step reads"), "counted", unit=BYTE
    )
    inputs, expression = {"F": fixed}, "F"
    if touched is None:
        if demand.fixed_bytes == demand.weight_bytes:
            return setup.weights.model_copy(update={"metric": N_("weights read per step")})
        looked = setup.source.dimension(
            demand.weight_bytes - demand.fixed_bytes,
            N_("embedding, which is only looked up in"),
            "counted",
            unit=BYTE,
        )
        inputs, expression = {"W": setup.weights, "V": looked}, "W - V"
    else:
        copies = " · n" if machine.expert_parallel else ""
        inputs |= {"R": _routed(setup), "q": touched} | ({"n": setup.count} if copies else {})
        expression = f"F{copies} + R · q / 100"
    return computed(
        value,
        BYTE,
        N_("weights read per step"),
        expression=expression,
        inputs=inputs,
        latex=r"F + R \left(1 - (1 - k/E)^B\right)" if touched else r"W - V",
        convention=N_("once for the whole batch; all devices together"),
        reference=EXPERTS if touched else POPE,
        subject=setup.subject,
    )


def _cache_read(setup: Setup, batch: Figure) -> Figure:
    held = _held_cache(setup)
    return computed(
        batch.value * held.value,
        BYTE,
        N_("cache read per step"),
        expression="B · K",
        inputs={"B": batch, "K": held},
        latex=r"B K",
        convention=N_("every sequence at its mean length"),
        reference=POPE,
        subject=setup.subject,
    )


def _ceiling(setup: Setup) -> Figure:
    demand, machine = setup.demand, setup.machine
    batch = serving_model.ceiling_batch(demand, machine) if setup.batch is None else setup.batch
    value = serving_model.ceiling(demand, machine, accepted=setup.accepted, batch=batch)
    read = serving_model.weights_read(demand, machine, batch)
    held = _held_cache(setup)
    rates = Symbols(setup, calibration_table().fitted).rates
    inputs = {
        "F": token_flops(setup),
        "Q": prompt_flops(setup),
        "o": setup.output,
        "R": setup.source.dimension(read, N_("weights read per step"), "counted", unit=BYTE),
        "B": given(round(batch, 1), "", N_("sequences at once")),
        "K": held,
        **{name: rates[name] for name in ("n", "P", "b")},
    }
    memory = "(R / B + K) / (n · b · 10¹²)"
    if setup.accepted != 1.0:
        inputs["a"] = given(setup.accepted, "", N_("tokens per step"))
        memory = "(R / B + K) / (n · b · 10¹² · a)"
    return computed(
        value,
        TOKENS_PER_SECOND,
        N_("upper bound"),
        expression=f"1 / max((F + Q / o) / (n · P · 10¹²), {memory})",
        inputs=inputs,
        latex=r"\frac{1}{\max\left(\frac{F + Q/o}{n P}, \frac{R/B + K}{n b}\right)}",
        convention=N_(
            "every rate at its peak, arithmetic and memory fully overlapped, memory filled to the last byte"
        ),
        reference=POPE,
        subject=setup.subject,
    )


def _engine(value: float, metric: str, field: str) -> Figure:
    """A default of the serving engines."""
    origin = TableRow(
        table="serving engines",
        row="defaults",
        field=field,
        source="vLLM and TensorRT-LLM documentation",
        confidence="high",
    )
    return Figure(value=value, metric=metric, origin=origin)
