"""What a language model is built of: tensors, layers, and the counts that follow from them.

Everything here is exact integer arithmetic over a list of :class:`Tensor`; parameters (total and active), FLOP per
token, the KV cache and the size under a GGUF quantisation are all read off the same list. Tensor names are those of
the GGUF format, because the quantisation rules speak of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["Architecture", "Layer", "MixerKind", "Module", "SequenceMixer", "Tensor"]

MixerKind = Literal["full", "window", "latent", "recurrent"]
"""Full attention, attention over a window, multi-head latent attention, or a state of fixed size."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One weight tensor, or one per expert."""

    name: str
    """Name within its layer as GGUF has it, e.g. ``attn_q.weight``."""
    columns: int
    """Length of the vectors it is applied to; the first dimension in GGUF."""
    rows: int = 1
    copies: int = 1
    """Experts that each have one."""
    used: float | None = None
    """Copies that work on one token; all of them when ``None``."""
    kind: Literal["matrix", "vector", "lookup"] = "matrix"
    """A matrix multiplies every token; a vector scales or shifts; of a lookup one row is read per token."""

    @property
    def size(self) -> int:
        """Parameters, all copies together."""
        return self.columns * self.rows * self.copies

    @property
    def active(self) -> float:
        """Parameters that work on one token; a lookup table counts in full, as model cards count it."""
        return float(self.columns * self.rows * (self.copies if self.used is None else self.used))

    @property
    def flops(self) -> float:
        """Forward FLOP per token: two per parameter of a matrix; vectors and lookups are left out."""
        return 2.0 * self.active if self.kind == "matrix" else 0.0


class Module(Protocol):
    """A part of a layer that has weights."""

    def tensors(self, hidden: int) -> tuple[Tensor, ...]:
        """Its tensors for a residual stream of width ``hidden``."""
        ...


class SequenceMixer(Module, Protocol):
    """The part of a layer in which tokens see each other: attention, or a recurrence."""

    @property
    def kind(self) -> MixerKind: ...

    def positions(self, context: float, *, causal: bool) -> float:
        """Mean number of positions that a token attends to in a sequence of ``context`` tokens."""
        ...

    def score_flops(self, positions: float) -> float:
        """Forward FLOP of one token over ``positions``, weights left out."""
        ...

    def cached_values(self, context: float) -> float:
        """Values that the cache of one sequence of ``context`` tokens holds in one layer."""
        ...

    @property
    def state_values(self) -> int:
        """Values of the recurrent state of one sequence; zero for attention."""
        ...


@dataclass(frozen=True, slots=True)
class Layer:
    """One block: a mixer, a multilayer perceptron or a mixture of experts, and norms. Either part may be missing."""

    mixer: SequenceMixer | None
    mlp: Module | None
    norms: tuple[str, ...] = ("attn_norm", "ffn_norm")
    """Names of the norms over the residual stream."""
    norm_bias: bool = False

    def tensors(self, hidden: int) -> Iterator[Tensor]:
        """Every tensor of the layer."""
        for name in self.norms:
            yield Tensor(f"{name}.weight", hidden, kind="vector")
            if self.norm_bias:
                yield Tensor(f"{name}.bias", hidden, kind="vector")
        for part in (self.mixer, self.mlp):
            if part is not None:
                yield from part.tensors(hidden)


@dataclass(frozen=True)
class Architecture:
    """A decoder-only language model."""

    name: str
    family: str
    """``model_type`` of its configuration, e.g. ``llama``; empty when dimensions were given directly."""
    hidden: int
    vocab: int
    layers: tuple[Layer, ...]
    tied: bool = False
    """Whether the output matrix is the embedding matrix."""
    positions: int = 0
    """Learned position embeddings."""
    embedding_width: int | None = None
    """Width of the embeddings where it differs from ``hidden`` (OPT-350M)."""
    embedding_norm: bool = False
    final_norm: bool = True
    norm_bias: bool = False
    output_bias: bool = False
    extra_layers: tuple[Layer, ...] = field(default=())
    """Multi-token prediction modules; each adds a matrix over two hidden states and two norms (arXiv:2412.19437)."""
    trained_context: int | None = None
    """``max_position_embeddings`` of the configuration."""

    def groups(self) -> list[tuple[Layer, int]]:
        """Layers of one make and how many there are, in order of first appearance; extra layers left out."""
        counts: dict[int, tuple[Layer, int]] = {}
        for layer in self.layers:
            _, count = counts.get(id(layer), (layer, 0))
            counts[id(layer)] = (layer, count + 1)
        return list(counts.values())

    def outer_tensors(self) -> Iterator[Tensor]:
        """Embeddings, final norm and output matrix: what is in no layer."""
        width = self.embedding_width or self.hidden
        yield Tensor("token_embd.weight", width, self.vocab, kind="lookup")
        if self.positions:
            yield Tensor("position_embd.weight", self.hidden, self.positions, kind="lookup")
        if width != self.hidden:
            yield Tensor("token_embd_in.weight", width, self.hidden)
            yield Tensor("token_embd_out.weight", self.hidden, width)
        for name, present in (("token_embd_norm", self.embedding_norm), ("output_norm", self.final_norm)):
            if present:
                yield Tensor(f"{name}.weight", self.hidden, kind="vector")
                if self.norm_bias:
                    yield Tensor(f"{name}.bias", self.hidden, kind="vector")
        if not self.tied:
            yield Tensor("output.weight", width, self.vocab)
        if self.output_bias:
            yield Tensor("output.bias", self.vocab, kind="vector")

    def extra_tensors(self) -> Iterator[Tensor]:
        """Tensors of the multi-token prediction modules; embedding and output matrix are shared with the model."""
        for layer in self.extra_layers:
            yield Tensor("nextn.eh_proj.weight", 2 * self.hidden, self.hidden)
            for name in ("nextn.enorm", "nextn.hnorm", "nextn.shared_head_norm"):
                yield Tensor(f"{name}.weight", self.hidden, kind="vector")
            yield from layer.tensors(self.hidden)

    def tensors(self) -> Iterator[tuple[int | None, Tensor]]:
        """Every tensor of the model with the number of its layer; extra layers left out."""
        for tensor in self.outer_tensors():
            yield None, tensor
        for number, layer in enumerate(self.layers):
            for tensor in layer.tensors(self.hidden):
                yield number, tensor

    @property
    def params(self) -> int:
        """All parameters, experts included; multi-token prediction modules left out."""
        inner = sum(
            count * sum(tensor.size for tensor in layer.tensors(self.hidden))
            for layer, count in self.groups()
        )
        return inner + sum(tensor.size for tensor in self.outer_tensors())

    @property
    def active_params(self) -> int:
        """Parameters that work on one token, embedding and output matrix included."""
        inner = sum(
            count * sum(tensor.active for tensor in layer.tensors(self.hidden))
            for layer, count in self.groups()
        )
        return round(inner + sum(tensor.active for tensor in self.outer_tensors()))

    @property
    def extra_params(self) -> int:
        """Parameters of the multi-token prediction modules."""
        return sum(tensor.size for tensor in self.extra_tensors())

    @property
    def sparse(self) -> bool:
        """Whether some parameters rest while a token passes: a mixture of experts."""
        return any(
            tensor.used is not None for layer, _ in self.groups() for tensor in layer.tensors(self.hidden)
        )

    @property
    def output_flops(self) -> float:
        """Forward FLOP per token of the output matrix, 2·V·h, whether it is tied or not."""
        return 2.0 * (self.embedding_width or self.hidden) * self.vocab

    @property
    def matrix_flops(self) -> float:
        """Forward FLOP per token of all weights, output matrix included; attention scores left out."""
        inner = sum(
            count * sum(tensor.flops for tensor in layer.tensors(self.hidden))
            for layer, count in self.groups()
        )
        between = sum(tensor.flops for tensor in self.outer_tensors() if tensor.name != "output.weight")
        return inner + between + self.output_flops

    def score_flops(self, context: float, *, causal: bool) -> float:
        """Forward FLOP per token of attention scores and values (and recurrences), mean over the sequence."""
        return sum(
            count * layer.mixer.score_flops(layer.mixer.positions(context, causal=causal))
            for layer, count in self.groups()
            if layer.mixer is not None
        )

    def cached_values(self, context: float) -> float:
        """Values in the KV cache of one sequence of ``context`` tokens, all layers together."""
        return sum(
            count * layer.mixer.cached_values(context)
            for layer, count in self.groups()
            if layer.mixer is not None
        )

    @property
    def state_values(self) -> int:
        """Values in the recurrent states of one sequence, whatever its length."""
        return sum(
            count * layer.mixer.state_values for layer, count in self.groups() if layer.mixer is not None
        )
