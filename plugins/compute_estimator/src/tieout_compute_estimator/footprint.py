"""Memory: weights, KV cache, training states and activations of a model, and the devices they need at least."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator

from tieout.plugin import Candidate, Figure, Slot, tool, translator
from tieout_compute_estimator import footprint_figures as figures
from tieout_compute_estimator.accelerators import find_device, find_devices
from tieout_compute_estimator.activation_figures import activations_figure
from tieout_compute_estimator.activations import Parallelism, Recompute
from tieout_compute_estimator.cache_figures import CacheFigures, Shape, cache_total, cached_parts
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.checks import missing, one_of, positive, whole
from tieout_compute_estimator.counting import count_of, find_batches
from tieout_compute_estimator.derivation import N_, given
from tieout_compute_estimator.footprint_figures import Optimiser, Spread
from tieout_compute_estimator.footprint_result import MemoryResult
from tieout_compute_estimator.gguf_mixtures import canonical_mixture
from tieout_compute_estimator.model_source import ModelSource, model_source
from tieout_compute_estimator.number_formats import BITS, find_formats
from tieout_compute_estimator.published import find_models
from tieout_compute_estimator.units import DEVICE, PARAM, TOKENS

__all__ = ["memory"]

_ = translator("tieout_compute_estimator")

_TRAINING = re.compile(r"训练|微调|train|fine-?tun", re.IGNORECASE)
_STAGE = re.compile(r"zero[\s\-_]*(?:stage[\s\-_]*)?([0-3])(?![\d.])", re.IGNORECASE)


def _find_purpose(text: str) -> Sequence[Candidate]:
    return [Candidate("training", hit.group(), hit.start(), hit.end()) for hit in _TRAINING.finditer(text)]


def _find_stage(text: str) -> Sequence[Candidate]:
    return [
        Candidate(float(hit.group(1)), hit.group(), hit.start(), hit.end()) for hit in _STAGE.finditer(text)
    ]


def _stage(value: object) -> object:
    """Turn text such as ``ZeRO-3`` into its stage; other values pass."""
    named = _STAGE.search(value) if isinstance(value, str) else None
    return value if named is None else int(named[1])


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
            "Gemma 3 27B 的 Q4_K_M 文件有多大",
            "激活值重计算能省多少显存",
            "34B 网络按 8 位存，权重有多大",
        ),
        "en": (
            "How much VRAM do the weights of a 32B model take in FP8?",
            "KV cache size of Llama 2 13B at 4,096 tokens",
            "will Mixtral 8x7B fit on one A100 80GB",
            "memory per GPU for training 30B with ZeRO stage 2 on 128 GPUs",
            "how many H200 do I need to hold DeepSeek-R1",
            "bytes of key-value cache per token for Qwen2.5-32B",
            "optimizer state memory for a 7B model with Adam",
            "file size of Qwen3-14B quantised to IQ3_XS",
            "activation memory of Llama 3 8B at 8k tokens with full recomputation",
            "how large is a 34B network when it is stored in 8 bits",
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
    config: str | None = None,
    gguf: str | None = None,
    context: Annotated[
        float | None,
        Slot("quantity", unit=TOKENS, cues=("上下文", "context", "长度", "tokens"), example="8,192 tokens"),
    ] = None,
    sequences: Annotated[
        float,
        Slot("quantity", find=find_batches, cues=("并发", "batch", "concurrent"), example="8 concurrent"),
        BeforeValidator(count_of),
    ] = 1,
    kv_dtype: str = "bf16",
    quant: str | None = None,
    layers: float | None = None,
    kv_heads: float | None = None,
    head_dim: float | None = None,
    purpose: Annotated[
        Literal["serving", "training"], Slot("enum", find=_find_purpose, example="training")
    ] = "serving",
    zero_stage: Annotated[int, Slot("enum", find=_find_stage, example="ZeRO-3"), BeforeValidator(_stage)] = 0,
    data_parallel: Annotated[
        float,
        Slot(
            "quantity", unit=DEVICE, cues=("张", "卡", "GPUs", "data parallel", "数据并行"), example="64 GPUs"
        ),
    ] = 1,
    tensor_parallel: float = 1,
    pipeline_parallel: float = 1,
    sequence_parallel: bool = True,
    micro_batch: float = 1,
    recompute: Recompute = "none",
    flash_attention: bool = True,
    optimizer: Optimiser = "adam",
    gradient_dtype: str | None = None,
    device: Annotated[
        str | None, Slot("device", find=find_devices, cues=("卡", "显卡", "GPU", "on"), example="H200")
    ] = None,
    device_count: float | None = None,
) -> MemoryResult:
    """Work out the memory of a model: weights, KV cache, training states, and the devices needed at least.

    Needs the number of parameters, the name of a published model, a config.json or a GGUF file. With a context length
    it adds the KV cache, layer by layer; for training it gives weights, gradients and optimizer states per device under
    ZeRO, and with a context the activations. Sizes are in GB (10⁹ bytes) and GiB (2³⁰ bytes).

    Args:
        params: All parameters, experts included.
        dtype: Number format of the weights: bf16, fp8, int4, or a GGUF quantisation such as Q4_K_M; BF16 when left out.
        model: Name of a published model; fills in size and architecture.
        config: Path of a config.json as published with the weights, or of the folder that holds it.
        gguf: Path of a GGUF file: its tensors are added up, its metadata give the KV cache.
        context: Tokens in the KV cache of one sequence; for training the sequence length.
        sequences: Sequences held at once.
        kv_dtype: Number format of the KV cache.
        quant: GGUF quantisation of the weights, e.g. Q4_K_M or IQ2_XS.
        layers: Transformer layers, when the model is not in the table.
        kv_heads: Key-value heads per layer.
        head_dim: Size of one head.
        purpose: "serving" or "training".
        zero_stage: ZeRO stage 0 to 3 (training).
        data_parallel: Devices that ZeRO spreads over (training).
        tensor_parallel: Devices that each matrix is split over.
        pipeline_parallel: Stages that the layers are split over (training).
        sequence_parallel: Whether norms are split over the tensor-parallel devices too (training).
        micro_batch: Sequences in one micro-batch (training).
        recompute: Activations computed again in the backward pass: "none", "selective" or "full" (training).
        flash_attention: Whether a fused kernel keeps no attention scores (training).
        optimizer: adam, adam-bf16, adam-8bit, lion, muon or sgd (training).
        gradient_dtype: bf16 or fp32; both as a range when left out (training).
        device: Accelerator to fit it on.
        device_count: How many of them there are.

    Raises:
        InputError: No size, a number that is not positive, an unknown number format, or a file that cannot be read.
        ToolError: Unknown device or model.
    """
    one_of("purpose", purpose, ("serving", "training"))
    one_of("recompute", recompute, get_args(Recompute))
    source = model_source(model=model, config=config, gguf=gguf)
    size = _size(params, source)
    tensor = whole("tensor_parallel", tensor_parallel)
    if purpose == "training":
        ranks, stages = whole("data_parallel", data_parallel), whole("pipeline_parallel", pipeline_parallel)
        spread = Spread(zero_stage, ranks, tensor, stages, sequence_parallel)
        states = figures.training_states(size, spread, optimizer, gradient_dtype, subject=source.name)
        batch = whole("micro_batch", micro_batch)
        kept = _activations(source, context, batch, spread, recompute, flash=flash_attention)
        result, notes = _training(size, states, kept)
    else:
        weights = _weights(source, size, dtype, quant)
        parts = cached_parts(source, Shape(layers, kv_heads, head_dim), kv_dtype)
        cache = None if context is None else cache_total(parts, context, sequences, subject=source.name)
        result, notes = _serving(source, size, weights, parts, cache, tensor)
    result = result.model_copy(update={"subject": source.name, **_fit(result, device, device_count)})
    shown = [figure for _path, figure in result.figures()]
    return result.model_copy(update={"notes": (*source.notes, *notes, *data_notes(shown, on=today()))})


def _size(params: float | None, source: ModelSource) -> Figure:
    if params is not None:
        return given(positive("params", params), PARAM, N_("parameters"), subject=source.name)
    found = source.params()
    if found is None:
        raise missing([(N_("parameters"), "70B")])
    return found


@dataclass(frozen=True)
class _Weights:
    figure: Figure
    dtype: str
    notes: list[str]


def _weights(source: ModelSource, size: Figure, dtype: str | None, quant: str | None) -> _Weights:
    """The weights, the name of their format, and what was assumed."""
    if quant is not None:
        figure, notes = figures.quantised_weights(source, size, quant)
        return _Weights(figure, quant.upper(), notes)
    stored, held = source.stored_bytes(), source.gguf or source.stored
    if dtype is None and stored is not None and held is not None:
        return _Weights(stored, " + ".join(list(held.by_type)[:3]), [])
    if dtype is None:
        assumed = _("No number format was given: BF16 weights are assumed.")
        return _Weights(figures.plain_weights(size, "bf16"), "BF16", [assumed])
    plain = dtype.strip().lower() in BITS and ("_" not in dtype or source.architecture is None)
    if not plain and canonical_mixture(dtype) is not None:
        return _weights(source, size, None, dtype)
    return _Weights(figures.plain_weights(size, dtype), dtype.upper(), [])


def _serving(
    source: ModelSource,
    size: Figure,
    weights: _Weights,
    parts: CacheFigures,
    cache: Figure | None,
    tensor: int,
) -> tuple[MemoryResult, list[str]]:
    held = figures.total(
        {"W": weights.figure} | ({"K": cache} if cache is not None else {}),
        metric=N_("memory"),
        convention=N_("activations and runtime left out"),
    )
    result = MemoryResult(
        params=size,
        dtype=weights.dtype,
        weights=weights.figure,
        kv_per_token=parts.per_token,
        recurrent_state=parts.state,
        kv_cache=cache,
        per_device=figures.serving_share(source, weights.figure, cache, tensor) if tensor > 1 else None,
        total=held,
    )
    return result, [*weights.notes, _("Activations and the runtime's own memory come on top.")]


def _activations(
    source: ModelSource,
    context: float | None,
    batch: int,
    spread: Spread,
    recompute: Recompute,
    *,
    flash: bool,
) -> Figure | None:
    """Nothing when no sequence length or no architecture is known."""
    if context is None or source.architecture is None:
        return None
    parallel = Parallelism(spread.tensor, spread.sequence and spread.tensor > 1, spread.pipeline)
    return activations_figure(source, positive("context", context), batch, parallel, recompute, flash=flash)


def _training(size: Figure, states: Figure, kept: Figure | None) -> tuple[MemoryResult, list[str]]:
    held = figures.training_total(states, kept)
    result = MemoryResult(
        params=size,
        training_states=states,
        activations=kept,
        per_device=held if kept is not None else None,
        total=held,
    )
    if kept is not None:
        return result, []
    absent = _("Activations are not included; they depend on batch, sequence length and recomputation.")
    return result, [absent]


def _fit(result: MemoryResult, device: str | None, device_count: float | None) -> dict[str, object]:
    """The devices that hold it, and what is left on each of a given number of them."""
    if not device:
        return {}
    chosen = find_device(device)
    training = result.training_states is not None
    update: dict[str, object] = {"device": chosen.name}
    if result.per_device is None:
        update["devices"] = figures.least_devices(result.total, chosen)
    if training or device_count is not None or result.per_device is not None:
        shared = not training and result.per_device is None
        count = 1 if device_count is None else whole("device_count", device_count)
        update |= figures.room(result.per_device or result.total, chosen, count, shared=shared)
    return update
