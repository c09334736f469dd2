"""Activation memory as figures: per layer of each make, per token, per device."""

from __future__ import annotations

from tieout.plugin import Figure
from tieout_compute_estimator.activations import Parallelism, Recompute, activation_bytes, layer_bytes
from tieout_compute_estimator.architecture import Layer
from tieout_compute_estimator.architecture_figures import subscript
from tieout_compute_estimator.derivation import N_, computed, given
from tieout_compute_estimator.model_source import ModelSource
from tieout_compute_estimator.units import BYTE, DEVICE, TOKENS

__all__ = ["activations_figure"]

KORTHIKANTI = "Korthikanti et al. 2022, arXiv:2205.05198"
_RECOMPUTE = {
    "none": N_("every input of a matrix, norm or product kept; nothing computed again"),
    "selective": N_("attention scores computed again in the backward pass"),
    "full": N_("only the input of each layer kept; the layer computed again in the backward pass"),
}


def activations_figure(
    source: ModelSource,
    context: float,
    micro_batch: int,
    parallel: Parallelism,
    recompute: Recompute,
    *,
    flash: bool,
) -> Figure:
    """Activations on one device, the first pipeline stage: a · s · B."""
    per_token = _per_token(source, context, parallel, recompute, flash=flash)
    return computed(
        per_token.value * context * micro_batch,
        BYTE,
        N_("activations per device"),
        expression="a · s · B",
        inputs={
            "a": per_token,
            "s": given(context, TOKENS, N_("sequence length")),
            "B": given(micro_batch, "", N_("sequences in a micro-batch")),
        },
        latex=r"a \, s \, B",
        convention=N_("16-bit activations of one micro-batch; gradient accumulation adds none"),
        reference=KORTHIKANTI,
        subject=source.name,
    )


def _per_token(
    source: ModelSource, context: float, parallel: Parallelism, recompute: Recompute, *, flash: bool
) -> Figure:
    architecture = source.architecture
    assert architecture is not None
    inputs: dict[str, Figure] = {}
    terms: list[str] = []
    known = 0.0
    for number, (layer, count) in enumerate(architecture.groups(), start=1):
        n, a = subscript("n", number), subscript("a", number)
        inputs[n] = source.dimension(count, N_("layers"), "num_hidden_layers")
        inputs[a] = _layer(source, layer, context, parallel, recompute, flash=flash)
        terms.append(f"{n} · {a}")
        known += count * inputs[a].value
    total = (
        activation_bytes(architecture, context, 1, parallel=parallel, recompute=recompute, flash=flash)
        / context
    )
    if parallel.pipeline == 1:
        inputs["l"] = source.dimension(
            total - known, N_("bytes of logits and their input"), "vocab_size", unit=BYTE
        )
        terms.append("l")
    return computed(
        total,
        BYTE,
        N_("activations per token"),
        expression=" + ".join(terms),
        inputs=inputs,
        latex=r"\sum_i n_i a_i + l",
        convention=_RECOMPUTE[recompute],
        reference=KORTHIKANTI,
        subject=source.name,
    )


def _layer(
    source: ModelSource,
    layer: Layer,
    context: float,
    parallel: Parallelism,
    recompute: Recompute,
    *,
    flash: bool,
) -> Figure:
    """Bytes per token that one layer keeps on one device."""
    architecture = source.architecture
    assert architecture is not None
    width = source.dimension(architecture.hidden, N_("width"), "hidden_size")
    ranks = given(parallel.tensor, DEVICE, N_("tensor-parallel devices"))
    if recompute == "full":
        inputs = {"h": width} | ({"t": ranks} if parallel.sequence else {})
        value = 2.0 * architecture.hidden / (parallel.tensor if parallel.sequence else 1)
        expression = "2 · h / t" if parallel.sequence else "2 · h"
    else:
        outer, inner, scores = (
            part / context for part in layer_bytes(layer, architecture.hidden, context, 1, flash=flash)
        )
        kept = inner + (0.0 if recompute == "selective" else scores)
        split = parallel.tensor if parallel.sequence else 1
        value = outer / split + kept / parallel.tensor
        inputs = {
            "o": source.dimension(outer, N_("bytes of norms and residual stream"), "counted", unit=BYTE),
            "i": source.dimension(kept, N_("bytes of attention and perceptron"), "counted", unit=BYTE),
            "t": ranks,
        }
        expression = "(o + i) / t" if parallel.sequence or parallel.tensor == 1 else "o + i / t"
    return computed(
        value,
        BYTE,
        N_("activations of one layer per token"),
        expression=expression,
        inputs=inputs,
        latex="",
        convention=_RECOMPUTE[recompute],
        reference=KORTHIKANTI,
        subject=source.name,
    )
