"""The parameters of an architecture as a derivation: layers of each make, attention, perceptron, embeddings."""

from __future__ import annotations

from tieout.plugin import Figure
from tieout_compute_estimator.architecture import Layer, Module
from tieout_compute_estimator.architecture_parts import Attention, Experts, LatentAttention, Mlp
from tieout_compute_estimator.derivation import N_, computed
from tieout_compute_estimator.model_source import ModelSource
from tieout_compute_estimator.units import PARAM

__all__ = ["active_params_figure", "params_figure", "subscript"]

_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_EXACT = N_("every tensor of the configuration counted")


def subscript(symbol: str, number: int) -> str:
    """A symbol with a lower index: ``n₁``."""
    return f"{symbol}{str(number).translate(_DIGITS)}"


def params_figure(source: ModelSource) -> Figure:
    """All parameters: Σ layers · parameters of one layer + embeddings."""
    return _total(source, active=False)


def active_params_figure(source: ModelSource) -> Figure:
    """Parameters that work on one token; routed experts count as many times as they are chosen."""
    return _total(source, active=True)


def _total(source: ModelSource, *, active: bool) -> Figure:
    architecture = source.architecture
    assert architecture is not None
    inputs: dict[str, Figure] = {}
    terms: list[str] = []
    for number, (layer, count) in enumerate(architecture.groups(), start=1):
        n, p = subscript("n", number), subscript("p", number)
        inputs[n] = source.dimension(count, N_("layers"), "num_hidden_layers")
        inputs[p] = _layer(source, layer, active=active)
        terms.append(f"{n} · {p}")
    inputs["E"] = _embeddings(source)
    return computed(
        architecture.active_params if active else architecture.params,
        PARAM,
        N_("active parameters") if active else N_("parameters"),
        expression=" + ".join([*terms, "E"]),
        inputs=inputs,
        latex=r"\sum_i n_i p_i + E",
        convention=_EXACT,
        reference="",
        subject=source.name,
    )


def _embeddings(source: ModelSource) -> Figure:
    architecture = source.architecture
    assert architecture is not None
    total = sum(tensor.size for tensor in architecture.outer_tensors())
    vocab = source.dimension(architecture.vocab, N_("vocabulary"), "vocab_size")
    width = source.dimension(architecture.embedding_width or architecture.hidden, N_("width"), "hidden_size")
    copies = 1 if architecture.tied else 2
    return _with_rest(
        source,
        total,
        N_("embeddings and output"),
        "V · h" if copies == 1 else "2 · V · h",
        {"V": vocab, "h": width},
        copies * vocab.value * width.value,
    )


def _layer(source: ModelSource, layer: Layer, *, active: bool) -> Figure:
    architecture = source.architecture
    assert architecture is not None
    inputs: dict[str, Figure] = {}
    if layer.mixer is not None:
        inputs["a"] = _mixer(source, layer.mixer)
    if layer.mlp is not None:
        inputs["m"] = _mlp(source, layer.mlp, active=active)
    total = sum(tensor.active if active else tensor.size for tensor in layer.tensors(architecture.hidden))
    known = sum(figure.value for figure in inputs.values())
    return _with_rest(source, total, N_("parameters of one layer"), " + ".join(inputs), inputs, known)


def _with_rest(
    source: ModelSource, total: float, metric: str, expression: str, inputs: dict[str, Figure], known: float
) -> Figure:
    """The figure; what the expression leaves over (biases, norms) becomes a term of its own."""
    rest = total - known
    if rest:
        inputs = {**inputs, "b": source.dimension(rest, N_("biases, norms and the rest"), "counted")}
        expression = f"{expression} + b" if expression else "b"
    return computed(
        total,
        PARAM,
        metric,
        expression=expression,
        inputs=inputs,
        latex="",
        convention=_EXACT,
        reference="",
        subject=source.name,
    )


def _mixer(source: ModelSource, mixer: Module) -> Figure:
    architecture = source.architecture
    assert architecture is not None
    hidden = source.dimension(architecture.hidden, N_("width"), "hidden_size")
    total = sum(tensor.size for tensor in mixer.tensors(architecture.hidden))
    match mixer:
        case Attention(gated=False, value_dim=None):
            inputs = {
                "h": hidden,
                "H": source.dimension(mixer.heads, N_("heads"), "num_attention_heads"),
                "K": source.dimension(mixer.kv_heads, N_("key-value heads"), "num_key_value_heads"),
                "d": source.dimension(mixer.head_dim, N_("head size"), "head_dim"),
            }
            known = 2 * architecture.hidden * mixer.head_dim * (mixer.heads + mixer.kv_heads)
            return _with_rest(source, total, N_("attention parameters"), "2 · h · d · (H + K)", inputs, known)
        case LatentAttention():
            return _latent(source, mixer, hidden, total)
        case _:
            return source.dimension(total, N_("parameters of the sequence mixer"), "counted", unit=PARAM)


def _latent(source: ModelSource, mixer: LatentAttention, hidden: Figure, total: int) -> Figure:
    query = source.dimension(
        mixer.heads * (mixer.plain_dim + mixer.rotary_dim), N_("width of the queries"), "qk_nope_head_dim"
    )
    unfolded = source.dimension(
        mixer.heads * (mixer.plain_dim + mixer.value_dim), N_("width of keys and values"), "v_head_dim"
    )
    inputs = {
        "h": hidden,
        "c": source.dimension(mixer.latent, N_("latent size"), "kv_lora_rank"),
        "r": source.dimension(mixer.rotary_dim, N_("rotary size"), "qk_rope_head_dim"),
        "q": query,
        "u": unfolded,
        "o": source.dimension(mixer.heads * mixer.value_dim, N_("width of the output"), "v_head_dim"),
    }
    width, rest = hidden.value, _beside_queries(inputs)
    if mixer.query_rank is None:
        made, known = "h · q", width * query.value
    else:
        inputs["k"] = source.dimension(mixer.query_rank, N_("rank of the queries"), "q_lora_rank")
        made, known = "h · k + k · q", mixer.query_rank * (width + query.value)
    expression = f"{made} + h · (c + r) + c · u + o · h"
    return _with_rest(source, total, N_("attention parameters"), expression, inputs, known + rest)


def _beside_queries(inputs: dict[str, Figure]) -> float:
    """Parameters of latent attention apart from its queries."""
    h, c, r, u, o = (inputs[name].value for name in "hcruo")
    return h * (c + r) + c * u + o * h


def _mlp(source: ModelSource, mlp: Module, *, active: bool) -> Figure:
    architecture = source.architecture
    assert architecture is not None
    hidden = source.dimension(architecture.hidden, N_("width"), "hidden_size")
    total = sum(tensor.active if active else tensor.size for tensor in mlp.tensors(architecture.hidden))
    match mlp:
        case Mlp():
            matrices = 3 if mlp.gated else 2
            width = source.dimension(mlp.width, N_("inner width"), "intermediate_size")
            return _with_rest(
                source,
                total,
                N_("perceptron parameters"),
                f"{matrices} · h · f",
                {"h": hidden, "f": width},
                matrices * hidden.value * mlp.width,
            )
        case Experts():
            return _experts(source, mlp, hidden, total, active=active)
        case _:
            return source.dimension(total, N_("perceptron parameters"), "counted", unit=PARAM)


def _experts(source: ModelSource, mlp: Experts, hidden: Figure, total: float, *, active: bool) -> Figure:
    matrices = 3 if mlp.gated else 2
    chosen = mlp.active if active else mlp.count
    inputs = {
        "h": hidden,
        "f": source.dimension(mlp.width, N_("inner width of an expert"), "moe_intermediate_size"),
        "e": source.dimension(
            chosen,
            N_("experts per token") if active else N_("routed experts"),
            "num_experts_per_tok" if active else "num_experts",
        ),
        "n": source.dimension(mlp.count, N_("routed experts"), "num_experts"),
    }
    expression = f"{matrices} · h · f · e + h · n"
    known = hidden.value * (matrices * mlp.width * chosen + mlp.count)
    if mlp.shared_width:
        inputs["g"] = source.dimension(
            mlp.shared_width, N_("inner width of the shared experts"), "n_shared_experts"
        )
        expression += f" + {matrices} · h · g"
        known += matrices * hidden.value * mlp.shared_width
    return _with_rest(source, total, N_("parameters of the experts"), expression, inputs, known)
