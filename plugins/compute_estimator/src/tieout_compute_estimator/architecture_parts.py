"""Attention, recurrences, multilayer perceptrons and mixtures of experts: the parts of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tieout_compute_estimator.architecture import MixerKind, Tensor

__all__ = ["Attention", "Experts", "LatentAttention", "Mlp", "Recurrence"]


def _vector(name: str, size: int) -> Tensor:
    return Tensor(name, size, kind="vector")


def _seen(context: float, window: int | None, *, causal: bool) -> float:
    """Mean positions a token attends to: all, half of them under a causal mask, or what the window leaves.

    Under a causal mask a token at i sees min(i, w): on average w - w²/2s. Diagonals are left out (s/2, not
    (s+1)/2), as PaLM and MaxText count.
    """
    if window is None or window >= context:
        return context / 2.0 if causal else context
    return window - window * window / (2.0 * context) if causal else float(window)


@dataclass(frozen=True, slots=True)
class Attention:
    """Multi-head, grouped-query or multi-query attention, over everything or over a window."""

    heads: int
    kv_heads: int
    head_dim: int
    value_dim: int | None = None
    """Size of a value head; ``head_dim`` when ``None``."""
    window: int | None = None
    """Tokens that a token looks back on; everything when ``None``."""
    qkv_bias: bool = False
    out_bias: bool = False
    qk_norm: Literal["", "head", "full"] = ""
    """A norm over each head of queries and keys, or over all heads at once."""
    gated: bool = False
    """Whether the query matrix also makes an output gate (Qwen3-Next)."""
    sinks: bool = False
    """One learned logit per head (gpt-oss)."""
    fused: bool = False
    """Whether GGUF stores queries, keys and values in one tensor; changes no count of parameters."""

    @property
    def kind(self) -> MixerKind:
        """``window`` or ``full``."""
        return "full" if self.window is None else "window"

    @property
    def widths(self) -> tuple[int, int, int]:
        """Widths of queries, keys and values, all heads together."""
        value = self.head_dim if self.value_dim is None else self.value_dim
        return self.heads * self.head_dim, self.kv_heads * self.head_dim, self.kv_heads * value

    def tensors(self, hidden: int) -> tuple[Tensor, ...]:
        """Projections, biases, norms of queries and keys."""
        query, key, value = self.widths
        made = query * (2 if self.gated else 1)
        output = self.heads * (self.head_dim if self.value_dim is None else self.value_dim)
        parts = (
            {"attn_qkv": made + key + value}
            if self.fused
            else {"attn_q": made, "attn_k": key, "attn_v": value}
        )
        found = [Tensor(f"{name}.weight", hidden, rows) for name, rows in parts.items()]
        if self.qkv_bias:
            found += [_vector(f"{name}.bias", rows) for name, rows in parts.items()]
        if self.qk_norm:
            sizes = (self.head_dim, self.head_dim) if self.qk_norm == "head" else (query, key)
            found += [
                _vector(f"{name}.weight", size)
                for name, size in zip(("attn_q_norm", "attn_k_norm"), sizes, strict=True)
            ]
        if self.sinks:
            found.append(_vector("attn_sinks.weight", self.heads))
        found.append(Tensor("attn_output.weight", output, hidden))
        if self.out_bias:
            found.append(_vector("attn_output.bias", hidden))
        return tuple(found)

    def positions(self, context: float, *, causal: bool) -> float:
        """Mean positions that a token attends to."""
        return _seen(context, self.window, causal=causal)

    def score_flops(self, positions: float) -> float:
        """2 FLOP per head and dimension for the scores, and 2 for the weighted values."""
        value = self.head_dim if self.value_dim is None else self.value_dim
        return 2.0 * self.heads * (self.head_dim + value) * positions

    def cached_values(self, context: float) -> float:
        """Keys and values of the tokens in reach."""
        _, key, value = self.widths
        return (key + value) * (context if self.window is None else min(context, self.window))

    @property
    def state_values(self) -> int:
        """None."""
        return 0


@dataclass(frozen=True, slots=True)
class LatentAttention:
    """Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1)."""

    heads: int
    query_rank: int | None
    """Rank of the compressed queries; ``None`` when queries are made directly."""
    latent: int
    """Rank of the compressed keys and values."""
    plain_dim: int
    """Part of a head without rotary positions."""
    rotary_dim: int
    """Rotary part of a head; one for all heads in the keys."""
    value_dim: int
    bias: bool = False

    @property
    def kind(self) -> MixerKind:
        """``latent``."""
        return "latent"

    def tensors(self, hidden: int) -> tuple[Tensor, ...]:
        """Down and up projections as GGUF splits them (``attn_k_b`` and ``attn_v_b``)."""
        query = self.heads * (self.plain_dim + self.rotary_dim)
        made = (
            (Tensor("attn_q.weight", hidden, query),)
            if self.query_rank is None
            else (
                Tensor("attn_q_a.weight", hidden, self.query_rank),
                _vector("attn_q_a_norm.weight", self.query_rank),
                Tensor("attn_q_b.weight", self.query_rank, query),
            )
        )
        biases = (
            (
                _vector("attn_q_a.bias", self.query_rank or query),
                _vector("attn_kv_a_mqa.bias", self.cache_width),
            )
            if self.bias
            else ()
        )
        return (
            *made,
            Tensor("attn_kv_a_mqa.weight", hidden, self.cache_width),
            _vector("attn_kv_a_norm.weight", self.latent),
            Tensor("attn_k_b.weight", self.plain_dim, self.latent * self.heads),
            Tensor("attn_v_b.weight", self.latent, self.value_dim * self.heads),
            Tensor("attn_output.weight", self.heads * self.value_dim, hidden),
            *biases,
        )

    @property
    def cache_width(self) -> int:
        """Values cached per token: the latent vector and the rotary key."""
        return self.latent + self.rotary_dim

    def positions(self, context: float, *, causal: bool) -> float:
        """Mean positions that a token attends to."""
        return _seen(context, None, causal=causal)

    def score_flops(self, positions: float) -> float:
        """As trained, with keys and values unfolded per head."""
        return 2.0 * self.heads * (self.plain_dim + self.rotary_dim + self.value_dim) * positions

    def cached_values(self, context: float) -> float:
        """One compressed vector per token for keys and values."""
        return self.cache_width * context

    @property
    def state_values(self) -> int:
        """None."""
        return 0


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A layer with a state of fixed size instead of a cache: Mamba, delta rule, lightning attention."""

    name: str
    weights: tuple[Tensor, ...]
    state: int
    """Values of the recurrent state of one sequence."""
    convolution: int
    """Values that the short convolution keeps of one sequence."""
    step_flops: float
    """Forward FLOP per token of the recurrence itself."""

    @property
    def kind(self) -> MixerKind:
        """``recurrent``."""
        return "recurrent"

    def tensors(self, hidden: int) -> tuple[Tensor, ...]:
        """As they were given; ``hidden`` is already in them."""
        return self.weights

    def positions(self, context: float, *, causal: bool) -> float:
        """One step per token, whatever the context."""
        return 1.0

    def score_flops(self, positions: float) -> float:
        """The recurrence's own arithmetic."""
        return self.step_flops * positions

    def cached_values(self, context: float) -> float:
        """Nothing grows with the context."""
        return 0.0

    @property
    def state_values(self) -> int:
        """Recurrent state and convolution together."""
        return self.state + self.convolution


@dataclass(frozen=True, slots=True)
class Mlp:
    """A perceptron of two matrices, or of three when gated (SwiGLU, Shazeer 2020, arXiv:2002.05202)."""

    width: int
    gated: bool = True
    bias: bool = False
    fused: bool = False
    """Whether GGUF stores gate and up projection in one tensor."""

    def tensors(self, hidden: int) -> tuple[Tensor, ...]:
        """Up, gate and down projection with their biases."""
        names = ("ffn_gate", "ffn_up") if self.gated else ("ffn_up",)
        wide = {"ffn_up": 2 * self.width} if self.gated and self.fused else dict.fromkeys(names, self.width)
        found = [Tensor(f"{name}.weight", hidden, rows) for name, rows in wide.items()]
        found.append(Tensor("ffn_down.weight", self.width, hidden))
        if self.bias:
            found += [_vector(f"{name}.bias", rows) for name, rows in wide.items()]
            found.append(_vector("ffn_down.bias", hidden))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Experts:
    """A mixture of experts with its router and the experts that every token passes."""

    count: int
    active: int
    width: int
    """Inner width of one expert."""
    gated: bool = True
    shared_width: int = 0
    """Inner width of all shared experts together."""
    shared_gate: bool = False
    """A gate over the shared experts (Qwen2-MoE)."""
    router_bias: bool = False
    bias: bool = False
    """Biases in the experts (gpt-oss)."""

    def tensors(self, hidden: int) -> tuple[Tensor, ...]:
        """Router, routed experts, shared experts."""
        names = ("ffn_gate", "ffn_up") if self.gated else ("ffn_up",)
        found = [Tensor("ffn_gate_inp.weight", hidden, self.count)]
        if self.router_bias:
            found.append(_vector("exp_probs_b.bias", self.count))
        found += [self._routed(f"{name}_exps.weight", hidden, self.width) for name in names]
        found.append(self._routed("ffn_down_exps.weight", self.width, hidden))
        if self.bias:
            found += [self._routed(f"{name}_exps.bias", self.width, kind="vector") for name in names]
            found.append(self._routed("ffn_down_exps.bias", hidden, kind="vector"))
        if self.shared_width:
            found += [Tensor(f"{name}_shexp.weight", hidden, self.shared_width) for name in names]
            found.append(Tensor("ffn_down_shexp.weight", self.shared_width, hidden))
        if self.shared_gate:
            found.append(Tensor("ffn_gate_inp_shexp.weight", hidden))
        return tuple(found)

    def _routed(
        self, name: str, columns: int, rows: int = 1, *, kind: Literal["matrix", "vector"] = "matrix"
    ) -> Tensor:
        return Tensor(name, columns, rows, copies=self.count, used=float(self.active), kind=kind)
