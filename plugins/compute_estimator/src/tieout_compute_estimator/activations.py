"""Activation memory of training, after Korthikanti et al. 2022 (arXiv:2205.05198), for any architecture.

Formulas on plain numbers; bytes throughout. 16-bit activations take two bytes per value, dropout masks one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from tieout_compute_estimator.architecture import Architecture, Layer
from tieout_compute_estimator.architecture_parts import Attention, Experts, LatentAttention, Mlp

__all__ = [
    "Parallelism",
    "Recompute",
    "activation_bytes",
    "attention_share",
    "gpt_layer_bytes",
    "layer_bytes",
    "selective_overhead",
]

Recompute = Literal["none", "selective", "full"]
"""Nothing, the attention core, or whole layers are computed again in the backward pass."""


class Parallelism(NamedTuple):
    """How one model is spread over devices."""

    tensor: int = 1
    sequence: bool = True
    """Whether the parts between the matrices are split along the sequence as well; needs ``tensor`` above 1."""
    pipeline: int = 1


def gpt_layer_bytes(
    seq: float,
    micro_batch: float,
    hidden: float,
    heads: float,
    *,
    tensor: int = 1,
    sequence: bool = True,
    recompute: Recompute = "none",
) -> float:
    """Activation bytes of one layer of a GPT-3-like model on one device.

    Equations 1 to 6 of the paper: sbh(34 + 5as/h) on one device; tensor parallelism alone splits all but 10sbh;
    with sequence parallelism everything; selective recomputation drops 5as/h; full keeps the input, 2sbh.
    """
    unit = seq * micro_batch * hidden
    scores = 0.0 if recompute == "selective" else 5.0 * heads * seq / hidden
    if recompute == "full":
        return 2.0 * unit
    if tensor > 1 and not sequence:
        return unit * (10.0 + 24.0 / tensor + scores / tensor)
    return unit * (34.0 + scores) / tensor


def attention_share(seq: float, hidden: float, heads: float) -> float:
    """Share of a layer's activations that selective recomputation saves, (5as/h) / (34 + 5as/h)."""
    scores = 5.0 * heads * seq / hidden
    return scores / (34.0 + scores)


def selective_overhead(seq: float, hidden: float) -> float:
    """FLOP that selective recomputation adds, as the paper counts them: (1 + s/3h) / (1 + s/6h) - 1.

    The paper's hardware FLOP (equation 8) hold the whole attention core twice; the forward core alone, which is all
    that is computed again, would add a third of that.
    """
    return (1.0 + seq / (3.0 * hidden)) / (1.0 + seq / (6.0 * hidden)) - 1.0


def layer_bytes(
    layer: Layer, hidden: int, seq: float, micro_batch: float, *, dropout: bool = False, flash: bool = True
) -> tuple[float, float, float]:
    """Activation bytes of any layer, in three parts that parallelism treats differently.

    The paper's counting, generalised to grouped queries, gated perceptrons and experts: every input of a matrix, a
    norm or a product is kept once. For a GPT-3 layer with dropout and without fused attention the parts add up to
    sbh(34 + 5as/h).

    Args:
        dropout: Count dropout masks; no model since 2022 is pre-trained with dropout.
        flash: A fused attention kernel keeps no scores (Dao et al. 2022, arXiv:2205.14135).

    Returns:
        Bytes between the matrices (norms, residual), in attention and perceptron, and of attention scores.
    """
    tokens = seq * micro_batch
    # The inputs of attention and of the perceptron are the outputs of norms: kept with what tensor ranks repeat.
    outer = 2.0 * hidden * len(layer.norms)
    inner, scores = _mixer(layer, hidden, seq, dropout=dropout, flash=flash)
    if layer.mixer is not None:
        outer += (2.0 + dropout) * hidden
    if layer.mlp is not None:
        outer += (2.0 + dropout) * hidden
        inner += _mlp(layer, hidden)
    return outer * tokens, inner * tokens, scores * tokens


def _mixer(layer: Layer, hidden: int, seq: float, *, dropout: bool, flash: bool) -> tuple[float, float]:
    """Bytes per token in the mixer, and of its scores."""
    mixer = layer.mixer
    match mixer:
        case Attention():
            query, key, value = mixer.widths
            output = mixer.heads * (mixer.head_dim if mixer.value_dim is None else mixer.value_dim)
            reach = seq if mixer.window is None else min(seq, mixer.window)
            inner, heads = 2.0 * (query + key + value + output), mixer.heads
        case LatentAttention():
            query = mixer.heads * (mixer.plain_dim + mixer.rotary_dim)
            value = mixer.heads * mixer.value_dim
            low = mixer.cache_width + (mixer.query_rank or 0)
            reach, inner, heads = seq, 2.0 * (2 * query + 2 * value + 2 * low), mixer.heads
        case None:
            return 0.0, 0.0
        case _:
            # What the matrices of a recurrent layer read and write; its scan recomputes its states.
            made = sum(tensor.rows for tensor in mixer.tensors(hidden) if tensor.kind == "matrix")
            return 2.0 * made, 0.0
    # Softmax output two bytes, and with dropout its mask and result, three more.
    return inner, 0.0 if flash else (5.0 if dropout else 2.0) * heads * reach


def _mlp(layer: Layer, hidden: int) -> float:
    """Bytes per token of the inner values of a perceptron or of the experts that a token passes."""
    match layer.mlp:
        case Mlp(width=width, gated=gated):
            return (3.0 if gated else 2.0) * 2.0 * width
        case Experts() as experts:
            width = experts.active * experts.width + experts.shared_width
            # Routed tokens are copied once per expert on the way in.
            return (3.0 if experts.gated else 2.0) * 2.0 * width + 2.0 * experts.active * hidden
        case _:
            return 0.0


def activation_bytes(
    architecture: Architecture,
    seq: float,
    micro_batch: float,
    *,
    parallel: Parallelism | None = None,
    recompute: Recompute = "none",
    dropout: bool = False,
    flash: bool = True,
) -> float:
    """Activation bytes on the fullest device: the first pipeline stage, which holds one micro-batch per stage.

    With ``p`` stages the first holds L/p layers of p micro-batches, so layers count in full (Korthikanti et al. 2022,
    section 4.2.3). The output matrix adds its input and the logits in 32 bits, split over tensor ranks, when there is
    no pipeline.
    """
    spread = parallel or Parallelism()
    total = 0.0
    for layer, count in architecture.groups():
        if recompute == "full":
            stored = 2.0 * architecture.hidden * seq * micro_batch
            total += count * (stored / spread.tensor if spread.sequence else stored)
            continue
        outer, inner, scores = layer_bytes(
            layer, architecture.hidden, seq, micro_batch, dropout=dropout, flash=flash
        )
        kept = 0.0 if recompute == "selective" else scores
        total += count * (_outer(outer, spread) + (inner + kept) / spread.tensor)
    if spread.pipeline == 1:
        tokens = seq * micro_batch
        total += _outer(4.0 * architecture.hidden * tokens, spread)
        total += 4.0 * architecture.vocab * tokens / spread.tensor
    return total


def _outer(size: float, spread: Parallelism) -> float:
    return size / spread.tensor if spread.sequence else size
