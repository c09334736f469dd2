"""FLOP of training under the conventions in use: plain functions, one per paper.

6·N·D leaves out attention over the context; PaLM adds it; Megatron-LM counts the logits with the layers; the exact
count walks through the tensors of an architecture. Each says what it holds, because published utilisation figures
differ by a third for this reason alone.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from tieout_compute_estimator.architecture import Architecture

__all__ = [
    "AttentionCount",
    "ExactFlops",
    "encoder_decoder_flops",
    "exact_flops_per_token",
    "forward_flops",
    "megatron_iteration_flops",
    "megatron_params",
    "untied_params",
]

AttentionCount = Literal["none", "causal", "full"]
"""Attention scores left out, the half below the causal mask, or the whole square."""


def megatron_params(layers: float, hidden: float, vocab: float, seq: float) -> float:
    """12·L·h²·(1 + 13/12h + (V + s)/12Lh) (Narayanan et al. 2021, arXiv:2104.04473, equation 2)."""
    return (
        12.0 * layers * hidden**2 * (1.0 + 13.0 / (12.0 * hidden) + (vocab + seq) / (12.0 * layers * hidden))
    )


def untied_params(layers: float, hidden: float, vocab: float) -> float:
    """12·L·h² + 2·V·h: four-fold perceptron, no biases counted, embedding and output matrix apart."""
    return 12.0 * layers * hidden**2 + 2.0 * vocab * hidden


def megatron_iteration_flops(
    layers: float, hidden: float, vocab: float, seq: float, batch: float, *, recompute: bool = True
) -> float:
    """FLOP of one iteration over ``batch`` sequences.

    With full recomputation 96·B·s·L·h²·(1 + s/6h + V/16Lh) (Narayanan et al. 2021, equation 3); without it
    72·B·s·L·h²·(1 + s/6h + V/12Lh) (Korthikanti et al. 2022, arXiv:2205.05198, equation 7). Attention is counted in
    full, the logits are never computed again.
    """
    factor, logits = (96.0, 16.0) if recompute else (72.0, 12.0)
    shape = 1.0 + seq / (6.0 * hidden) + vocab / (logits * layers * hidden)
    return factor * batch * seq * layers * hidden**2 * shape


def encoder_decoder_flops(params: float, tokens: float) -> float:
    """3·N·D: half of the parameters of an encoder-decoder work on each token (Brown et al. 2020, Table D.1)."""
    return 3.0 * params * tokens


class ExactFlops(NamedTuple):
    """Training FLOP per token, part by part."""

    weights: float
    """Three times the forward FLOP of every matrix, output matrix included."""
    attention: float
    """Three times the forward FLOP of scores and values (and recurrences)."""
    recomputation: float
    """What is computed again in the backward pass."""
    extra: float
    """Multi-token prediction: its modules and their logits."""

    @property
    def model(self) -> float:
        """What counts for MFU: recomputation left out."""
        return self.weights + self.attention + self.extra

    @property
    def hardware(self) -> float:
        """What counts for HFU: recomputation included."""
        return self.model + self.recomputation


def exact_flops_per_token(
    architecture: Architecture,
    seq: float,
    *,
    attention: AttentionCount = "causal",
    recompute: Literal["none", "selective", "full"] = "none",
    multi_token: bool = True,
) -> ExactFlops:
    """Training FLOP per token from the tensors of an architecture: forward once, backward twice.

    Every matrix counts two FLOP per parameter that works on the token (routed experts by how many are chosen, a tied
    output matrix like any other); norms, biases, activation functions and look-ups are left out. Full recomputation
    repeats the forward pass of the layers, selective recomputation that of attention scores and values; logits are
    not repeated.

    Args:
        seq: Length of the training sequences in tokens.
        multi_token: Count the multi-token prediction modules of the architecture, if it has any.
    """
    scores = 0.0 if attention == "none" else architecture.score_flops(seq, causal=attention == "causal")
    layers = architecture.matrix_flops - architecture.output_flops
    again = {"none": 0.0, "selective": scores, "full": layers + scores}[recompute]
    extra = 0.0
    if multi_token and architecture.extra_layers:
        inner = sum(tensor.flops for tensor in architecture.extra_tensors())
        share = len(architecture.extra_layers) * scores / len(architecture.layers)
        extra = 3.0 * (inner + share + len(architecture.extra_layers) * architecture.output_flops)
    return ExactFlops(3.0 * architecture.matrix_flops, 3.0 * scores, again, extra)


def forward_flops(architecture: Architecture, seq: float, *, causal: bool = False) -> float:
    """FLOP of one forward pass over a sequence, logits at every position (nanoGPT counts attention in full)."""
    return seq * (architecture.matrix_flops + architecture.score_flops(seq, causal=causal))
