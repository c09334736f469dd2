"""How fast a model answers on accelerators: pure functions on floats, SI units inside.

A decoding step reads the weights once and every sequence's cache, computes two FLOP per working parameter and token,
exchanges activations between devices, and launches its kernels layer by layer. The four times are added: on the
calibration rows that fits better than taking the largest. Each is the ideal time divided by an efficiency that is
fitted on public measurements (:mod:`serving_calibration`). With every efficiency at one and full overlap the same
arithmetic is an upper bound.

After Pope et al. 2022, arXiv:2211.05102, section 2 (roofline of decoding, tensor parallelism), Shoeybi et al. 2019,
arXiv:1909.08053, section 3 (two all-reduces per layer) and DeepSeek-AI 2025, arXiv:2505.09343, section 2.3 (expert
parallelism).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

__all__ = [
    "MAX_BATCH",
    "USABLE_MEMORY",
    "Bound",
    "Demand",
    "Factors",
    "Machine",
    "Parts",
    "batch_from_memory",
    "bound_of",
    "cache_copies",
    "ceiling",
    "ceiling_batch",
    "decode_step",
    "expert_exchange_seconds",
    "experts_touched",
    "first_token",
    "link_seconds",
    "prefill",
    "token_time",
    "weights_held",
    "weights_read",
]

Bound = Literal["memory bandwidth", "compute", "communication", "capacity", "kernel launches"]

USABLE_MEMORY = 0.9
"""Share of a device's memory that a serving engine gives to weights and cache (vLLM's and TensorRT-LLM's default)."""
MAX_BATCH = 2048
"""Sequences that one engine keeps in flight at most (TensorRT-LLM's default ``max_batch_size``)."""
_ACTIVATION_BYTES = 2.0
_BINARY = 2**30 / 1e9
"""A device sold with 80 GB holds up to 80 GiB: what an upper bound has to allow for."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one request asks for, at a given length of prompt and output."""

    weight_bytes: float
    """All weights, as they lie in memory."""
    fixed_bytes: float
    """Weights that every step reads: attention, shared experts, output matrix; an embedding is only looked up in."""
    routed_bytes: float
    """Weights of all routed experts together; zero for a dense model."""
    experts: int
    """Routed experts per layer; zero for a dense model."""
    chosen: int
    """Routed experts that one token passes per layer."""
    token_flops: float
    """Forward FLOP of one output token at the mean context, logits included."""
    prompt_flops: float
    """Forward FLOP of the whole prompt, logits at its last position only."""
    cache_bytes: float
    """Cache and state of one sequence at the mean context, prompt + output / 2."""
    layers: int
    hidden: int
    routed_layers: int
    prompt: float
    """Tokens of the prompt."""
    output: float
    """Tokens of the answer."""
    cache_splits: int = 1_000_000
    """Into how many parts tensor parallelism can cut the cache: key-value heads, one for a latent cache."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Devices that hold one copy of the model together."""

    devices: int
    peak: float
    """Dense FLOP/s of one device in the format of the arithmetic."""
    bandwidth: float
    """Bytes/s of one device's memory."""
    memory: float
    """Bytes of one device's memory, decimal as sold."""
    link: float | None
    """Bytes/s that one device sends over its scale-up link, one direction; ``None`` leaves communication out."""
    expert_parallel: bool = False
    """Experts spread over the devices and everything else copied to each, instead of every matrix cut (tensor)."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Efficiencies: the share of each ideal rate that is reached, and what launching one layer costs."""

    compute: float = 1.0
    memory: float = 1.0
    link: float = 1.0
    layer_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Parts:
    """Seconds by cause."""

    weights: float
    cache: float
    compute: float
    link: float
    launch: float

    @property
    def total(self) -> float:
        """One after the other."""
        return self.weights + self.cache + self.compute + self.link + self.launch

    def times(self, factor: float) -> Parts:
        """Every part multiplied."""
        return Parts(
            self.weights * factor,
            self.cache * factor,
            self.compute * factor,
            self.link * factor,
            self.launch * factor,
        )

    def plus(self, other: Parts) -> Parts:
        """Part by part."""
        return Parts(
            self.weights + other.weights,
            self.cache + other.cache,
            self.compute + other.compute,
            self.link + other.link,
            self.launch + other.launch,
        )


def experts_touched(tokens: float, experts: float, chosen: float) -> float:
    """Share of the experts that at least one of ``tokens`` tokens passes, 1 - (1 - k/E)^B, with even routing."""
    return 1.0 - (1.0 - chosen / experts) ** tokens


def weights_read(demand: Demand, machine: Machine, tokens: float) -> float:
    """Bytes of weights that one step over ``tokens`` tokens reads, all devices together."""
    routed = (
        demand.routed_bytes * experts_touched(tokens, demand.experts, demand.chosen)
        if demand.experts
        else 0.0
    )
    copies = machine.devices if machine.expert_parallel else 1
    return demand.fixed_bytes * copies + routed


def weights_held(demand: Demand, machine: Machine) -> float:
    """Bytes of weights in memory, all devices together."""
    copies = machine.devices if machine.expert_parallel else 1
    return (demand.weight_bytes - demand.routed_bytes) * copies + demand.routed_bytes


def cache_copies(demand: Demand, machine: Machine) -> float:
    """How often each cache is held and read: more than once when there are fewer heads than devices."""
    if machine.expert_parallel:
        return 1.0
    return machine.devices / min(machine.devices, demand.cache_splits)


def link_seconds(demand: Demand, machine: Machine, tokens: float, efficiency: float) -> float:
    """Communication of one pass over ``tokens`` tokens.

    Tensor parallel: two ring all-reduces of the activations per layer, 2·(n - 1)/n of them over each link. Expert
    parallel: each device sends its share of the tokens to k experts in FP8 and gets them back in BF16.
    """
    devices = machine.devices
    if devices == 1 or machine.link is None:
        return 0.0
    away = (devices - 1) / devices
    if machine.expert_parallel:
        per_layer = tokens / devices * demand.chosen * demand.hidden * 3.0 * away
        return demand.routed_layers * per_layer / (machine.link * efficiency)
    reduced = 2.0 * away * tokens * demand.hidden * _ACTIVATION_BYTES
    return 2.0 * demand.layers * reduced / (machine.link * efficiency)


def decode_step(
    demand: Demand, machine: Machine, batch: float, factors: Factors, *, verified: float = 1.0
) -> Parts:
    """One decoding step for ``batch`` sequences.

    Args:
        verified: Tokens that the step looks at per sequence: one, and one more for every drafted token.
    """
    tokens = batch * verified
    rate = machine.devices * machine.bandwidth * factors.memory
    return Parts(
        weights_read(demand, machine, tokens) / rate,
        batch * demand.cache_bytes * cache_copies(demand, machine) / rate,
        tokens * demand.token_flops / (machine.devices * machine.peak * factors.compute),
        link_seconds(demand, machine, tokens, factors.link),
        demand.layers * factors.layer_seconds,
    )


def prefill(demand: Demand, machine: Machine, factors: Factors) -> Parts:
    """The prompt of one request within a busy engine, which reads the weights for its other requests anyway."""
    compute = demand.prompt_flops / (machine.devices * machine.peak * factors.compute)
    return Parts(0.0, 0.0, compute, link_seconds(demand, machine, demand.prompt, factors.link), 0.0)


def first_token(demand: Demand, machine: Machine, factors: Factors) -> float:
    """Seconds to the first token of a request that waits for nobody: the weights are read while it computes."""
    parts = prefill(demand, machine, factors)
    rate = machine.devices * machine.bandwidth * factors.memory
    read = weights_read(demand, machine, demand.prompt) / rate
    return max(parts.compute, read) + parts.link + demand.layers * factors.layer_seconds


def token_time(
    demand: Demand,
    machine: Machine,
    batch: float,
    factors: Factors,
    *,
    accepted: float = 1.0,
    verified: float = 1.0,
) -> Parts:
    """Seconds of the machine for one output token of a busy engine: its share of a step and of its prompt.

    One over the total is the throughput in output tokens per second.
    """
    step = decode_step(demand, machine, batch, factors, verified=verified).times(1.0 / (batch * accepted))
    return step.plus(prefill(demand, machine, factors).times(1.0 / demand.output))


def batch_from_memory(demand: Demand, machine: Machine, *, usable: float = USABLE_MEMORY) -> float:
    """Sequences whose caches fit beside the weights, at the mean context; negative when the weights do not fit."""
    free = machine.devices * machine.memory * usable - weights_held(demand, machine)
    if free < 0 or demand.cache_bytes == 0:
        return float("-inf") if free < 0 else float("inf")
    return free / (demand.cache_bytes * cache_copies(demand, machine))


def ceiling_batch(demand: Demand, machine: Machine) -> float:
    """Sequences that fit when memory is filled to the last byte, counted as GiB, and cut as well as can be."""
    roomy = replace(machine, memory=machine.memory * _BINARY)
    return min(1e9, max(1.0, batch_from_memory(demand, roomy, usable=1.0)))


def ceiling(demand: Demand, machine: Machine, *, accepted: float = 1.0, batch: float | None = None) -> float:
    """Output tokens per second that the hardware cannot exceed.

    Every rate at its peak, arithmetic and memory fully overlapped, links and launches free, memory filled to the last
    byte (counted as GiB).

    Args:
        batch: Sequences at once; as many as fit when ``None``.
    """
    batch = ceiling_batch(demand, machine) if batch is None else batch
    ideal = Factors()
    compute = demand.token_flops + demand.prompt_flops / demand.output
    # A draft that is rejected costs arithmetic; an ideal one is always right.
    arithmetic = compute / (machine.devices * machine.peak)
    step = decode_step(demand, machine, batch, ideal)
    memory = (step.weights + step.cache) / (batch * accepted)
    return 1.0 / max(arithmetic, memory)


def bound_of(parts: Parts, *, memory_limits_batch: bool) -> Bound:
    """What an output token waits for most.

    Weights and launches are shared by the batch: where they weigh most and memory is what keeps the batch small, the
    capacity is the bound.
    """
    memory, shared = parts.weights + parts.cache, parts.weights + parts.launch
    largest = max(memory, parts.compute, parts.link, parts.launch)
    if memory_limits_batch and shared >= largest:
        return "capacity"
    if largest == parts.compute:
        return "compute"
    if largest == memory:
        return "memory bandwidth"
    return "communication" if largest == parts.link else "kernel launches"


def expert_exchange_seconds(
    tokens: float,
    experts: float,
    hidden: float,
    link: float,
    *,
    layers: float,
    dispatch_bytes: float = 1.0,
    combine_bytes: float = 2.0,
    micro_batches: float = 2.0,
) -> float:
    """Time of a decoding step that only exchanges tokens between experts: the floor under expert parallelism.

    2 · L · (dispatch + combine bytes) · tokens per device · experts per token · h / link rate: two micro-batches take
    turns, so that each layer pays twice (DeepSeek-AI 2025, arXiv:2505.09343, section 2.3.2).
    """
    per_layer = (dispatch_bytes + combine_bytes) * tokens * experts * hidden / link
    return micro_batches * layers * per_layer
