"""Memory: weights, KV cache and training states of a model, and the devices they need at least."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from tieout.errors import InputError
from tieout.plugin import Candidate, Figure, Slot, TableRow, tool, translator
from tieout_compute_estimator import formulas
from tieout_compute_estimator.accelerators import TABLE as HARDWARE
from tieout_compute_estimator.accelerators import find_device, find_devices
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.checks import missing, positive, whole
from tieout_compute_estimator.derivation import N_, cell, computed, given
from tieout_compute_estimator.footprint_result import MemoryResult
from tieout_compute_estimator.number_formats import bits_of, find_formats
from tieout_compute_estimator.published import TABLE, PublishedModel, find_models
from tieout_compute_estimator.units import BYTE, DEVICE, GB, PARAM, TOKENS
from tieout_compute_estimator.workload import model_or_none

__all__ = ["memory"]

_ = translator("tieout_compute_estimator")

POPE = "Pope et al. 2022, arXiv:2211.05102"
ZERO = "Rajbhandari et al. 2020, arXiv:1910.02054, section 3"
_TRAINING = re.compile(r"训练|微调|train|fine-?tun", re.IGNORECASE)
_STAGE = re.compile(r"zero[\s\-_]*(?:stage[\s\-_]*)?([0-3])(?![\d.])", re.IGNORECASE)


def _find_purpose(text: str) -> Sequence[Candidate]:
    return [Candidate("training", hit.group(), hit.start(), hit.end()) for hit in _TRAINING.finditer(text)]


def _find_stage(text: str) -> Sequence[Candidate]:
    return [
        Candidate(float(hit.group(1)), hit.group(), hit.start(), hit.end()) for hit in _STAGE.finditer(text)
    ]


@tool(
    examples={
        "zh": (
            "部署一个 70B 模型需要多大显存",
            "Qwen2.5-72B 用 INT8 量化后权重占多少 GB",
            "32K 上下文的 KV cache 有多大",
            "微调 7B 模型,ZeRO-3、64 张卡,每张卡要多少显存",
            "DeepSeek-V3 推理至少要几张 H20 才装得下",
            "13B 模型 4bit 能不能放进 24GB 显卡",
            "训练状态每个参数占几个字节",
        ),
        "en": (
            "How much VRAM do the weights of a 32B model take in FP8?",
            "KV cache size of Llama 2 13B at 4,096 tokens",
            "will Mixtral 8x7B fit on one A100 80GB",
            "memory per GPU for training 30B with ZeRO stage 2 on 128 GPUs",
            "how many H200 do I need to hold DeepSeek-R1",
            "bytes of key-value cache per token for Qwen2.5-32B",
            "optimizer state memory for a 7B model with Adam",
        ),
    }
)
def memory(
    params: Annotated[
        float | None,
        Slot("quantity", unit=PARAM, cues=("参数", "参数量", "parameters", "params"), example="70B"),
    ] = None,
    dtype: Annotated[
        str | None,
        Slot("enum", find=find_formats, cues=("精度", "量化", "precision", "quantised"), example="FP8"),
    ] = None,
    *,
    model: Annotated[
        str | None, Slot("text", find=find_models, cues=("模型", "model"), example="Llama 3 70B")
    ] = None,
    context: Annotated[
        float | None,
        Slot("quantity", unit=TOKENS, cues=("上下文", "context", "长度", "tokens"), example="8,192 tokens"),
    ] = None,
    sequences: float = 1,
    kv_dtype: str = "bf16",
    layers: float | None = None,
    kv_heads: float | None = None,
    head_dim: float | None = None,
    purpose: Annotated[
        Literal["serving", "training"], Slot("enum", find=_find_purpose, example="training")
    ] = "serving",
    zero_stage: Annotated[int, Slot("enum", find=_find_stage, example="ZeRO-3")] = 0,
    data_parallel: Annotated[
        float,
        Slot(
            "quantity", unit=DEVICE, cues=("张", "卡", "GPUs", "data parallel", "数据并行"), example="64 GPUs"
        ),
    ] = 1,
    device: Annotated[
        str | None, Slot("device", find=find_devices, cues=("卡", "显卡", "GPU", "on"), example="H200")
    ] = None,
) -> MemoryResult:
    """Work out the memory of a model: weights, KV cache, training states, and the devices needed at least.

    Needs the number of parameters or the name of a published model. With a context length it adds the KV cache; for
    training it gives weights, gradients and Adam states per device under ZeRO. Activations and the runtime's own
    memory come on top. Sizes are in GB (10⁹ bytes) and GiB (2³⁰ bytes).

    Args:
        params: All parameters, experts included.
        dtype: Number format of the weights: bf16, fp8, int4, q8_0 …; BF16 when left out.
        model: Name of a published model; fills in size and architecture.
        context: Tokens in the KV cache of one sequence.
        sequences: Sequences held at once.
        kv_dtype: Number format of the KV cache.
        layers: Transformer layers, when the model is not in the table.
        kv_heads: Key-value heads per layer.
        head_dim: Size of one head.
        purpose: "serving" or "training".
        zero_stage: ZeRO stage 0 to 3 (training).
        data_parallel: Devices that ZeRO spreads over (training).
        device: Accelerator to fit it on.

    Raises:
        InputError: No size, a number that is not positive, or an unknown number format.
        ToolError: Unknown device or model.
    """
    row = model_or_none(model)
    size = _size(params, row)
    if purpose == "training":
        ranks = whole("data_parallel", data_parallel)
        held = _training_states(size, stage=zero_stage, ranks=ranks, subject=row.name if row else "")
        result = MemoryResult(params=size, training_states=held, total=held)
        notes = [_("Activations are not included; they depend on batch, sequence length and recomputation.")]
    else:
        result = _serving(
            size,
            dtype or "bf16",
            _kv_per_token(row, layers, kv_heads, head_dim, kv_dtype),
            context,
            sequences,
        )
        notes = [] if dtype else [_("No number format was given: BF16 weights are assumed.")]
        notes.append(_("Activations and the runtime's own memory come on top."))
    update: dict[str, object] = {"subject": row.name if row else ""}
    if device:
        update |= {"devices": _devices(result.total, device), "device": find_device(device).name}
    result = result.model_copy(update=update)
    figures = [figure for _path, figure in result.figures()]
    return result.model_copy(update={"notes": (*notes, *data_notes(figures, on=today()))})


def _serving(
    size: Figure, dtype: str, per_token: Figure | None, context: float | None, sequences: float
) -> MemoryResult:
    weights = _weights(size, dtype)
    cache = None if context is None else _kv_cache(per_token, context, sequences)
    return MemoryResult(
        params=size,
        dtype=dtype.upper(),
        weights=weights,
        kv_per_token=per_token,
        kv_cache=cache,
        total=_total(weights, cache),
    )


def _format_cell(value: float, metric: str, name: str) -> Figure:
    """A size that follows from the definition of a number format."""
    origin = TableRow(
        table="formats",
        row=name.upper(),
        field=metric,
        source=N_("definition of the number format"),
        confidence="high",
    )
    return Figure(value=value, metric=metric, subject=name.upper(), origin=origin)


def _size(params: float | None, row: PublishedModel | None) -> Figure:
    if params is not None:
        return given(positive("params", params), PARAM, N_("parameters"), subject=row.name if row else "")
    if row is None:
        raise missing([(N_("parameters"), "70B")])
    return cell(row.params, PARAM, N_("parameters"), row, table=TABLE, field="params")


def _weights(size: Figure, dtype: str) -> Figure:
    bits = _format_cell(bits_of(dtype), N_("bits per parameter"), dtype)
    return computed(
        formulas.weight_bytes(size.value, bits.value),
        BYTE,
        N_("weights"),
        expression="N · b / 8",
        inputs={"N": size, "b": bits},
        latex=r"N b / 8",
        convention=N_("all parameters in one format"),
        reference="",
        subject=size.subject,
    )


def _kv_per_token(
    row: PublishedModel | None,
    layers: float | None,
    kv_heads: float | None,
    head_dim: float | None,
    kv_dtype: str,
) -> Figure | None:
    width = _format_cell(bits_of(kv_dtype) / 8, N_("bytes per value"), kv_dtype)
    if layers is not None and kv_heads is not None and head_dim is not None:
        shape = {
            "L": given(whole("layers", layers), "", N_("layers")),
            "H": given(whole("kv_heads", kv_heads), "", N_("key-value heads")),
            "d": given(whole("head_dim", head_dim), "", N_("head size")),
        }
    elif row is not None and row.layers is not None:
        if row.latent_kv_dim is not None:
            return _latent(row, row.layers, row.latent_kv_dim, width)
        assert row.kv_heads is not None  # both were checked when the table was read
        assert row.head_dim is not None
        shape = {
            "L": _architecture(row, "layers", row.layers, N_("layers")),
            "H": _architecture(row, "kv_heads", row.kv_heads, N_("key-value heads")),
            "d": _architecture(row, "head_dim", row.head_dim, N_("head size")),
        }
    else:
        return None
    return computed(
        formulas.kv_bytes_per_token(
            shape["L"].value, shape["H"].value, shape["d"].value, bytes_per_value=width.value
        ),
        BYTE,
        N_("KV cache per token"),
        expression="2 · L · H · d · w",
        inputs={**shape, "w": width},
        latex=r"2 L H d w",
        convention=N_("full attention in every layer, keys and values"),
        reference=POPE,
        subject=row.name if row else "",
    )


def _latent(row: PublishedModel, layers: int, latent: int, width: Figure) -> Figure:
    return computed(
        formulas.latent_kv_bytes_per_token(layers, latent, bytes_per_value=width.value),
        BYTE,
        N_("KV cache per token"),
        expression="L · c · w",
        inputs={
            "L": _architecture(row, "layers", layers, N_("layers")),
            "c": _architecture(row, "latent_kv_dim", latent, N_("latent size")),
            "w": width,
        },
        latex=r"L c w",
        convention=N_("multi-head latent attention: one compressed vector for keys and values"),
        reference="DeepSeek-AI 2024, arXiv:2405.04434",
        subject=row.name,
    )


def _architecture(row: PublishedModel, field: str, value: float, metric: str) -> Figure:
    return cell(value, "", metric, row, table=TABLE, field=field, source=row.architecture_source)


def _kv_cache(per_token: Figure | None, context: float, sequences: float) -> Figure:
    length = given(positive("context", context), TOKENS, N_("context"))
    count = given(whole("sequences", sequences), "", N_("sequences"))
    if per_token is None:
        raise missing([(N_("layers, key-value heads and head size"), "80, 8, 128")])
    return computed(
        per_token.value * length.value * count.value,
        BYTE,
        N_("KV cache"),
        expression="k · s · B",
        inputs={"k": per_token, "s": length, "B": count},
        latex=r"k s B",
        convention=N_("every sequence at full length"),
        reference=POPE,
        subject=per_token.subject,
    )


def _total(weights: Figure, cache: Figure | None) -> Figure:
    if cache is None:
        return weights
    return computed(
        weights.value + cache.value,
        BYTE,
        N_("memory"),
        expression="W + K",
        inputs={"W": weights, "K": cache},
        latex=r"W + K",
        convention=N_("activations and runtime left out"),
        reference="",
        subject=weights.subject,
    )


_STATES = ("N · (2 + 2 + 12)", "N · (2 + 2 + 12 / d)", "N · (2 + (2 + 12) / d)", "N · (2 + 2 + 12) / d")


def _training_states(size: Figure, *, stage: int, ranks: int, subject: str) -> Figure:
    if stage not in range(4):
        raise InputError(
            _("zero_stage must be 0, 1, 2 or 3, not {stage}.", stage=stage), code="compute-no-such-stage"
        )
    low = formulas.training_state_bytes(size.value, stage=stage, data_parallel=ranks)
    high = formulas.training_state_bytes(
        size.value, stage=stage, data_parallel=ranks, bytes_per_param=(2, 4, 12)
    )
    return computed(
        low,
        BYTE,
        N_("training states per device"),
        expression=_STATES[stage],
        inputs={"N": size} | ({"d": given(ranks, DEVICE, N_("devices"))} if stage else {}),
        latex=r"N (2 + 2 + 12)",
        convention=N_(
            "mixed precision with Adam: weights, gradients, FP32 copy and moments; upper end: FP32 gradients"
        ),
        reference=ZERO,
        subject=subject,
        low=low,
        high=high,
    )


def _devices(total: Figure, name: str) -> Figure:
    device = find_device(name)
    if device.memory_gb is None:
        raise InputError(
            _("The table has no memory size for {device}.", device=device.name), code="compute-no-memory-size"
        )
    each = cell(device.memory_gb, GB, N_("memory"), device, table=HARDWARE, field="memory_gb")
    return computed(
        math.ceil(total.value / (device.memory_gb * 1e9)),
        DEVICE,
        N_("devices needed at least"),
        expression="⌈T / (M · 10⁹)⌉",
        inputs={"T": total, "M": each},
        latex=r"\lceil T / M \rceil",
        convention=N_("memory alone; activations, runtime and uneven splits left out"),
        reference="",
        subject=total.subject,
    )
