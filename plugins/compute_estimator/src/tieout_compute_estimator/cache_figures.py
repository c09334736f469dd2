"""The KV cache as figures: what each token adds, what windows hold, what recurrent layers keep."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.plugin import Figure, TableRow
from tieout_compute_estimator import formulas
from tieout_compute_estimator.architecture import SequenceMixer
from tieout_compute_estimator.architecture_figures import subscript
from tieout_compute_estimator.architecture_parts import Attention, LatentAttention
from tieout_compute_estimator.checks import missing, positive, whole
from tieout_compute_estimator.derivation import N_, computed, given
from tieout_compute_estimator.model_source import ModelSource
from tieout_compute_estimator.number_formats import bits_of
from tieout_compute_estimator.published import PublishedModel
from tieout_compute_estimator.units import BYTE, TOKENS

__all__ = ["POPE", "CacheFigures", "Shape", "cache_total", "cached_parts", "format_cell"]

POPE = "Pope et al. 2022, arXiv:2211.05102"
DEEPSEEK = "DeepSeek-AI 2024, arXiv:2405.04434"
_FULL = N_("full attention in every layer, keys and values")
_GROWING = N_("layers that attend to the whole context, keys and values")
STATE_BYTES = 4
"""Recurrent states are kept in FP32, as llama.cpp and the reference kernels do."""


@dataclass(frozen=True)
class Shape:
    """Layers, key-value heads and head size given as arguments, for a model that is not in the tables."""

    layers: float | None = None
    kv_heads: float | None = None
    head_dim: float | None = None


@dataclass(frozen=True)
class CacheFigures:
    """What one sequence takes."""

    per_token: Figure | None = None
    """Growth per token, windows full."""
    windows: tuple[tuple[Figure, Figure], ...] = ()
    """Bytes per token in windowed layers, and the window in tokens."""
    state: Figure | None = None
    """Recurrent states, whatever the context."""


def format_cell(value: float, metric: str, name: str) -> Figure:
    """A size that follows from the definition of a number format."""
    origin = TableRow(
        table="formats",
        row=name.upper(),
        field=metric,
        source=N_("definition of the number format"),
        confidence="high",
    )
    return Figure(value=value, metric=metric, subject=name.upper(), origin=origin)


def cached_parts(source: ModelSource, shape: Shape, kv_dtype: str) -> CacheFigures:
    """The cache of one sequence, from arguments, an architecture, or the table of models; empty when unknown."""
    width = format_cell(bits_of(kv_dtype) / 8, N_("bytes per value"), kv_dtype)
    if shape.layers is not None and shape.kv_heads is not None and shape.head_dim is not None:
        dimensions = {
            "L": given(whole("layers", shape.layers), "", N_("layers")),
            "H": given(whole("kv_heads", shape.kv_heads), "", N_("key-value heads")),
            "d": given(whole("head_dim", shape.head_dim), "", N_("head size")),
        }
        return CacheFigures(_heads(dimensions, width, source.name, _FULL))
    if source.architecture is not None:
        return _of_architecture(source, width)
    if source.row is not None and source.row.layers is not None:
        return CacheFigures(_of_row(source.row, source.row.layers, source, width))
    return CacheFigures()


def _heads(dimensions: dict[str, Figure], width: Figure, subject: str, convention: str) -> Figure:
    return computed(
        formulas.kv_bytes_per_token(
            *(dimensions[name].value for name in ("L", "H", "d")), bytes_per_value=width.value
        ),
        BYTE,
        N_("KV cache per token"),
        expression="2 · L · H · d · w",
        inputs={**dimensions, "w": width},
        latex=r"2 L H d w",
        convention=convention,
        reference=POPE,
        subject=subject,
    )


def _latent(layers: Figure, latent: Figure, width: Figure, subject: str) -> Figure:
    return computed(
        formulas.latent_kv_bytes_per_token(layers.value, latent.value, bytes_per_value=width.value),
        BYTE,
        N_("KV cache per token"),
        expression="L · c · w",
        inputs={"L": layers, "c": latent, "w": width},
        latex=r"L c w",
        convention=N_("multi-head latent attention: one compressed vector for keys and values"),
        reference=DEEPSEEK,
        subject=subject,
    )


def _of_row(row: PublishedModel, layers: int, source: ModelSource, width: Figure) -> Figure:
    count = source.published(layers, N_("layers"), "layers")
    if row.latent_kv_dim is not None:
        size = source.published(row.latent_kv_dim, N_("latent size"), "latent_kv_dim")
        return _latent(count, size, width, row.name)
    assert row.kv_heads is not None  # both were checked when the table was read
    assert row.head_dim is not None
    dimensions = {
        "L": count,
        "H": source.published(row.kv_heads, N_("key-value heads"), "kv_heads"),
        "d": source.published(row.head_dim, N_("head size"), "head_dim"),
    }
    return _heads(dimensions, width, row.name, _FULL)


def _of_architecture(source: ModelSource, width: Figure) -> CacheFigures:
    architecture = source.architecture
    assert architecture is not None
    counts: dict[SequenceMixer, int] = {}
    for layer, count in architecture.groups():
        if layer.mixer is not None:
            counts[layer.mixer] = counts.get(layer.mixer, 0) + count
    grows: list[Figure] = []
    windows: list[tuple[Figure, Figure]] = []
    mixed = len(counts) > 1
    for mixer, count in counts.items():
        figure = _layers(source, mixer, count, width, mixed=mixed)
        if figure is None:
            continue
        window = mixer.window if isinstance(mixer, Attention) else None
        if window is None:
            grows.append(figure)
        else:
            reach = source.dimension(window, N_("sliding window"), "sliding_window", unit=TOKENS)
            windows.append((figure, reach))
    return CacheFigures(_sum(source, grows), tuple(windows), _state(source))


def _layers(
    source: ModelSource, mixer: SequenceMixer, count: int, width: Figure, *, mixed: bool
) -> Figure | None:
    layers = source.dimension(count, N_("layers"), "num_hidden_layers")
    if isinstance(mixer, LatentAttention):
        size = source.dimension(mixer.cache_width, N_("latent size"), "kv_lora_rank + qk_rope_head_dim")
        return _latent(layers, size, width, source.name)
    if not isinstance(mixer, Attention):
        return None
    value = mixer.head_dim if mixer.value_dim is None else mixer.value_dim
    mean = (mixer.head_dim + value) / 2
    dimensions = {
        "L": layers,
        "H": source.dimension(mixer.kv_heads, N_("key-value heads"), "num_key_value_heads"),
        "d": source.dimension(mean, N_("head size"), "head_dim"),
    }
    if mixer.window is not None:
        convention = N_("layers with a sliding window, while it fills")
    else:
        convention = _GROWING if mixed else _FULL
    return _heads(dimensions, width, source.name, convention)


def _sum(source: ModelSource, parts: list[Figure]) -> Figure | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    inputs = {subscript("k", number): part for number, part in enumerate(parts, start=1)}
    return computed(
        sum(part.value for part in parts),
        BYTE,
        N_("KV cache per token"),
        expression=" + ".join(inputs),
        inputs=inputs,
        latex=r"\sum_i k_i",
        convention=_GROWING,
        reference=POPE,
        subject=source.name,
    )


def _state(source: ModelSource) -> Figure | None:
    architecture = source.architecture
    assert architecture is not None
    if not architecture.state_values:
        return None
    values = source.dimension(architecture.state_values, N_("values of the recurrent states"), "counted")
    return computed(
        STATE_BYTES * architecture.state_values,
        BYTE,
        N_("recurrent state per sequence"),
        expression=f"{STATE_BYTES} · R",
        inputs={"R": values},
        latex=r"4 R",
        convention=N_("states and short convolutions of all recurrent layers in FP32, whatever the context"),
        reference="",
        subject=source.name,
    )


def cache_total(parts: CacheFigures, context: float, sequences: float, *, subject: str) -> Figure:
    """The cache of all sequences at full length.

    Raises:
        InputError: The dimensions of the model are not known, or a number is not positive.
    """
    length = given(positive("context", context), TOKENS, N_("context"))
    count = given(whole("sequences", sequences), "", N_("sequences"))
    if parts.per_token is None and not parts.windows and parts.state is None:
        raise missing([(N_("layers, key-value heads and head size"), "80, 8, 128")])
    inputs: dict[str, Figure] = {}
    terms: list[str] = []
    total = 0.0
    if parts.per_token is not None:
        inputs |= {"k": parts.per_token, "s": length}
        terms.append("k · s")
        total += parts.per_token.value * length.value
    for number, (figure, window) in enumerate(parts.windows, start=1):
        held = min(length.value, window.value)
        inputs |= {
            "s": length,
            subscript("f", number): figure,
            subscript("W", number): window,
        }
        terms.append(f"{subscript('f', number)} · min(s, {subscript('W', number)})")
        total += figure.value * held
    if parts.state is not None:
        inputs["R"] = parts.state
        terms.append("R")
        total += parts.state.value
    inputs.setdefault("s", length)
    inputs["B"] = count
    inner = " + ".join(terms)
    return computed(
        total * count.value,
        BYTE,
        N_("KV cache"),
        expression=f"{inner} · B" if len(terms) == 1 else f"({inner}) · B",
        inputs=inputs,
        latex=r"k s B" if terms == ["k · s"] else r"\left(k s + \sum_i f_i \min(s, W_i) + R\right) B",
        convention=N_("every sequence at full length"),
        reference=POPE,
        subject=subject,
    )
