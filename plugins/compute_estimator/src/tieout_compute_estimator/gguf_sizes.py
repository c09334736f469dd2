"""Bytes of a model under a GGUF quantisation, tensor by tensor, from its architecture alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tieout_compute_estimator.architecture import Architecture, Tensor
from tieout_compute_estimator.architecture_parts import Attention, Experts
from tieout_compute_estimator.gguf_mixtures import Mixture, ModelTraits, mixture_type, role_of

__all__ = ["QuantisedSize", "quantised_size"]


@dataclass(frozen=True, slots=True)
class QuantisedSize:
    """What the tensors of a quantised model take; the file's metadata (a few MB of vocabulary) not included."""

    bytes: int
    params: int
    by_type: dict[str, int]
    """Bytes by block type, largest first."""

    @property
    def bits_per_param(self) -> float:
        """Mean bits per parameter."""
        return 8.0 * self.bytes / self.params


def quantised_size(architecture: Architecture, mixture: Mixture) -> QuantisedSize:
    """Sum the tensors of ``architecture`` with the types that ``mixture`` gives them."""
    traits = _traits(architecture)
    by_type: dict[str, int] = {}
    params = values = 0
    for layer, tensor in _stored(architecture):
        role = role_of(tensor.name)
        kind = mixture_type(
            mixture,
            traits,
            name=tensor.name,
            dimensions=1 if tensor.kind == "vector" else 2,
            columns=tensor.columns,
            copies=tensor.copies,
            layer=layer or 0,
            value_index=values,
        )
        values += role in ("v", "qkv", "kv_b")
        by_type[kind.name] = by_type.get(kind.name, 0) + _bytes(tensor, kind.row_bytes(tensor.columns))
        params += tensor.size
    ordered = dict(sorted(by_type.items(), key=lambda item: -item[1]))
    return QuantisedSize(sum(ordered.values()), params, ordered)


def _stored(architecture: Architecture) -> Iterator[tuple[int | None, Tensor]]:
    """The tensors that converters write: for GLM-4.5 the multi-token prediction modules too, for DeepSeek not."""
    yield from architecture.tensors()
    if architecture.family == "glm4_moe":
        for tensor in architecture.extra_tensors():
            yield len(architecture.layers), tensor


def _bytes(tensor: Tensor, row: int) -> int:
    return row * tensor.rows * tensor.copies


def _traits(architecture: Architecture) -> ModelTraits:
    attention = [layer.mixer for layer in architecture.layers if isinstance(layer.mixer, Attention)]
    experts = next((layer.mlp.count for layer in architecture.layers if isinstance(layer.mlp, Experts)), 0)
    sharing = attention[0].heads / attention[0].kv_heads if attention else 1.0
    return ModelTraits(
        layers=len(architecture.layers),
        sharing=sharing,
        experts=experts,
        tied=architecture.tied,
        falcon=architecture.family == "falcon",
        named_70b=architecture.family == "llama" and len(architecture.layers) == 80 and sharing == 8,
        value_tensors=len(attention),
    )
