"""Training FLOP under a named convention as figures: 6ND, 3ND, PaLM, Megatron-LM, or exact per layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from tieout.errors import InputError
from tieout.plugin import Figure, translator
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.activations import Recompute
from tieout_compute_estimator.architecture import Architecture, SequenceMixer
from tieout_compute_estimator.architecture_figures import subscript
from tieout_compute_estimator.architecture_parts import Attention, LatentAttention
from tieout_compute_estimator.checks import missing, one_of, positive
from tieout_compute_estimator.derivation import N_, computed, given
from tieout_compute_estimator.flop_conventions import (
    AttentionCount,
    encoder_decoder_flops,
    exact_flops_per_token,
    megatron_iteration_flops,
)
from tieout_compute_estimator.model_source import ModelSource
from tieout_compute_estimator.units import FLOP, PERCENT, TOKENS
from tieout_compute_estimator.workload import Workload

__all__ = ["Convention", "Counting", "TrainingFlops", "hardware_utilisation", "training_flops"]

_ = translator("tieout_compute_estimator")

Convention = Literal["6nd", "3nd", "palm", "megatron", "exact"]
"""Names of the ways to count training FLOP."""

KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361, Table 1"
PALM = "Chowdhery et al. 2022, arXiv:2204.02311, appendix B"
NARAYANAN = "Narayanan et al. 2021, arXiv:2104.04473, equation 3"
KORTHIKANTI = "Korthikanti et al. 2022, arXiv:2205.05198, equation 7"
BROWN = "Brown et al. 2020, arXiv:2005.14165, Table D.1"


@dataclass(frozen=True)
class Counting:
    """What is to be counted."""

    convention: Convention | None = None
    attention: AttentionCount | None = None
    recompute: Recompute = "none"
    seq: float | None = None
    """Length of the training sequences in tokens."""

    def __post_init__(self) -> None:
        """Refuse names that are none of the known.

        Raises:
            InputError: A misspelt convention, way to count attention, or recomputation.
        """
        one_of("convention", self.convention or "6nd", get_args(Convention))
        one_of("attention", self.attention or "none", get_args(AttentionCount))
        one_of("recompute", self.recompute, get_args(Recompute))

    @property
    def named(self) -> Convention:
        """The convention; naming how attention counts asks for one that counts it."""
        if self.convention is not None:
            return self.convention
        return "6nd" if self.attention in (None, "none") else "palm"


@dataclass(frozen=True)
class TrainingFlops:
    """FLOP that count for MFU, and those that the hardware does."""

    model: Figure
    hardware: Figure | None = None
    """With recomputation; ``None`` when nothing is computed again."""


def training_flops(work: Workload, source: ModelSource, counting: Counting) -> TrainingFlops:
    """Training FLOP of a run.

    Raises:
        InputError: The convention needs a sequence length or an architecture that is not known, or counts no attention
            although attention was asked for.
    """
    match counting.named:
        case "6nd" | "3nd" if counting.attention in ("causal", "full"):
            raise InputError(
                _("{convention} counts no attention.", convention=counting.named.upper()),
                code="compute-convention",
                hint=_("Use the convention palm, megatron or exact."),
            )
        case "6nd":
            return _six(work, source, counting)
        case "3nd":
            return TrainingFlops(_three(work))
        case "palm":
            return _palm(work, source, counting)
        case "megatron":
            return _megatron(work, source, counting)
        case "exact":
            return _exact(work, source, counting)


def _architecture(source: ModelSource) -> Architecture:
    if source.architecture is None:
        raise missing([(N_("the model's name or its config.json"), "Llama 3 70B")])
    return source.architecture


def _length(counting: Counting) -> Figure:
    if counting.seq is None:
        raise missing([(N_("sequence length"), "4,096 tokens")])
    return given(positive("seq", counting.seq), TOKENS, N_("sequence length"))


def _six(work: Workload, source: ModelSource, counting: Counting) -> TrainingFlops:
    model = run_figures.training_flops(work)
    if counting.recompute == "none":
        return TrainingFlops(model)
    if counting.recompute == "selective":
        return TrainingFlops(model, _exact(work, source, counting).hardware)
    hardware = computed(
        8.0 * work.params.value * work.tokens.value,
        FLOP,
        N_("hardware FLOP"),
        expression="8 · N · D",
        inputs={"N": work.params, "D": work.tokens},
        latex=r"8 N D",
        convention=N_("every forward pass done twice (full recomputation); attention left out"),
        reference=NARAYANAN,
        subject=work.subject,
    )
    return TrainingFlops(model, hardware)


def _three(work: Workload) -> Figure:
    return computed(
        encoder_decoder_flops(work.params.value, work.tokens.value),
        FLOP,
        N_("training FLOP"),
        expression="3 · N · D",
        inputs={"N": work.params, "D": work.tokens},
        latex=r"C = 3 N D",
        convention=N_("encoder-decoder: a token passes either the encoder or the decoder"),
        reference=BROWN,
        subject=work.subject,
    )


def _palm(work: Workload, source: ModelSource, counting: Counting) -> TrainingFlops:
    architecture = _architecture(source)
    mixers = [(layer.mixer, count) for layer, count in architecture.groups() if layer.mixer is not None]
    kinds = {type(mixer) for mixer, _count in mixers}
    if kinds not in ({Attention}, {LatentAttention}):
        raise InputError(
            _("PaLM's formula is for models with attention in every layer."),
            code="compute-convention",
            hint=_("Use the convention exact."),
        )
    layers = sum(count for _mixer, count in mixers)
    width = _width(mixers[0][0])
    causal = counting.attention == "causal"
    factor = 0.0 if counting.attention == "none" else 6.0 if causal else 12.0
    seq = _length(counting)
    inputs = {
        "N": work.params,
        "L": source.dimension(layers, N_("layers"), "num_hidden_layers"),
        "w": source.dimension(width, N_("heads times head size"), "num_attention_heads · head_dim"),
        "s": seq,
        "D": work.tokens,
    }
    per_token = 6.0 * work.params.value + factor * layers * width * seq.value
    model = computed(
        per_token * work.tokens.value,
        FLOP,
        N_("training FLOP"),
        expression=f"(6 · N + {factor:.0f} · L · w · s) · D",
        inputs=inputs,
        latex=r"C = (6 N + 12 L w s) D",
        convention=N_("attention under the causal mask counted, windows not; recomputation left out")
        if causal
        else N_("attention counted in full, mask and windows not; recomputation left out"),
        reference=PALM,
        subject=work.subject,
    )
    if counting.recompute == "none":
        return TrainingFlops(model)
    again = factor / 3.0 * layers * width * seq.value
    if counting.recompute == "full":
        again += 2.0 * work.params.value
    return TrainingFlops(model, _recomputed(model, again, work, counting.recompute))


def _width(mixer: SequenceMixer) -> float:
    """Heads times the mean size of a query head and a value head."""
    return mixer.score_flops(1.0) / 4.0


_AGAIN = {
    "selective": N_("attention scores computed again in the backward pass"),
    "full": N_("the layers' forward pass computed again in the backward pass"),
}


def _recomputed(model: Figure, again: float, work: Workload, recompute: str) -> Figure:
    extra = Figure(value=again, unit=FLOP, metric=N_("FLOP per token computed again"), subject=work.subject)
    return computed(
        model.value + again * work.tokens.value,
        FLOP,
        N_("hardware FLOP"),
        expression="C + r · D",
        inputs={"C": model, "r": extra, "D": work.tokens},
        latex=r"C + r D",
        convention=_AGAIN[recompute],
        reference=KORTHIKANTI,
        subject=work.subject,
    )


def _megatron(work: Workload, source: ModelSource, counting: Counting) -> TrainingFlops:
    architecture, seq = _architecture(source), _length(counting)
    inputs = {
        "D": work.tokens,
        "L": source.dimension(len(architecture.layers), N_("layers"), "num_hidden_layers"),
        "h": source.dimension(architecture.hidden, N_("width"), "hidden_size"),
        "s": seq,
        "V": source.dimension(architecture.vocab, N_("vocabulary"), "vocab_size"),
    }

    def flops(*, recompute: bool) -> float:
        return megatron_iteration_flops(
            inputs["L"].value,
            inputs["h"].value,
            inputs["V"].value,
            seq.value,
            work.tokens.value / seq.value,
            recompute=recompute,
        )

    def figure(metric: str, factor: int, logits: int, reference: str, *, recompute: bool) -> Figure:
        return computed(
            flops(recompute=recompute),
            FLOP,
            metric,
            expression=f"{factor} · D · L · h · h · (1 + s / (6 · h) + V / ({logits} · L · h))",
            inputs=inputs,
            latex=rf"{factor} D L h^2 \left(1 + \frac{{s}}{{6h}} + \frac{{V}}{{{logits} L h}}\right)",
            convention=N_("layers built as in GPT-3, attention in full, logits once"),
            reference=reference,
            subject=work.subject,
        )

    model = figure(N_("training FLOP"), 72, 12, KORTHIKANTI, recompute=False)
    if counting.recompute != "full":
        return TrainingFlops(model)
    return TrainingFlops(model, figure(N_("hardware FLOP"), 96, 16, NARAYANAN, recompute=True))


def _exact(work: Workload, source: ModelSource, counting: Counting) -> TrainingFlops:
    architecture = _architecture(source)
    attention = counting.attention or "causal"
    seq = _length(counting) if attention != "none" else given(1.0, TOKENS, N_("sequence length"))
    per_token = exact_flops_per_token(
        architecture, seq.value, attention=attention, recompute=counting.recompute
    )
    inputs: dict[str, Figure] = {
        "D": work.tokens,
        "M": _matrices(source, architecture),
        "A": _scores(source, architecture, seq, attention),
    }
    expression = "D · (3 · (M + A))"
    if per_token.extra:
        metric = N_("FLOP per token of multi-token prediction")
        inputs["X"] = source.dimension(per_token.extra, metric, "num_nextn_predict_layers", unit=FLOP)
        expression = "D · (3 · (M + A) + X)"
    model = computed(
        per_token.model * work.tokens.value,
        FLOP,
        N_("training FLOP"),
        expression=expression,
        inputs=inputs,
        latex=r"C = D \, (3 (M + A) + X)",
        convention=_EXACT[attention],
        reference=KAPLAN,
        subject=work.subject,
    )
    if not per_token.recomputation:
        return TrainingFlops(model)
    return TrainingFlops(model, _recomputed(model, per_token.recomputation, work, counting.recompute))


_EXACT = {
    "none": N_("every matrix counted, forward once and backward twice; attention left out"),
    "causal": N_("every matrix and the attention under the causal mask, forward once and backward twice"),
    "full": N_("every matrix and the whole square of attention, forward once and backward twice"),
}


def _matrices(source: ModelSource, architecture: Architecture) -> Figure:
    used = source.dimension(
        architecture.matrix_flops / 2, N_("parameters in the matrices that a token passes"), "counted"
    )
    return computed(
        architecture.matrix_flops,
        FLOP,
        N_("forward FLOP per token of the matrices"),
        expression="2 · n",
        inputs={"n": used},
        latex=r"2 n",
        convention=N_("output matrix included, look-ups, norms and biases left out"),
        reference=KAPLAN,
        subject=source.name,
    )


def _scores(
    source: ModelSource, architecture: Architecture, seq: Figure, attention: AttentionCount
) -> Figure:
    inputs: dict[str, Figure] = {}
    terms: list[str] = []
    counts: dict[SequenceMixer, int] = {}
    for layer, count in architecture.groups():
        if layer.mixer is not None and attention != "none":
            counts[layer.mixer] = counts.get(layer.mixer, 0) + count
    total = 0.0
    for number, (mixer, count) in enumerate(counts.items(), start=1):
        seen = mixer.positions(seq.value, causal=attention == "causal")
        n, w, p = subscript("n", number), subscript("w", number), subscript("p", number)
        inputs |= {
            n: source.dimension(count, N_("layers"), "num_hidden_layers"),
            w: source.dimension(_width(mixer), N_("heads times head size"), "num_attention_heads · head_dim"),
            p: source.dimension(seen, N_("mean positions that a token attends to"), "sliding_window"),
        }
        terms.append(f"4 · {n} · {w} · {p}")
        total += count * mixer.score_flops(seen)
    return computed(
        total,
        FLOP,
        N_("forward FLOP per token of attention"),
        expression=" + ".join(terms) or "0",
        inputs=inputs,
        latex=r"\sum_i 4 n_i w_i p_i",
        convention=N_("scores and weighted values; recurrent layers by their own arithmetic"),
        reference=PALM,
        subject=source.name,
    )


def hardware_utilisation(used: Figure, flops: TrainingFlops) -> Figure | None:
    """HFU = MFU · hardware FLOP / model FLOP (Korthikanti et al. 2022); nothing without recomputation."""
    if flops.hardware is None:
        return None
    ratio = flops.hardware.value / flops.model.value
    return computed(
        used.value * ratio,
        PERCENT,
        N_("HFU"),
        expression="U · R / C",
        inputs={"U": used, "R": flops.hardware, "C": flops.model},
        latex=r"\mathrm{HFU} = \mathrm{MFU} \cdot R / C",
        convention=N_("what is computed again counts too"),
        reference="Korthikanti et al. 2022, arXiv:2205.05198",
        subject=used.subject,
        low=None if used.low is None else used.low * ratio,
        high=None if used.high is None else used.high * ratio,
    )
