"""Looking things up: one accelerator, one published model, and lists of both."""

from __future__ import annotations

from typing import Annotated

from tieout.plugin import Figure, Slot, tool, translator
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.accelerators import TABLE as HARDWARE
from tieout_compute_estimator.accelerators import (
    Device,
    device_table,
    find_device,
    find_devices,
    other_variants,
)
from tieout_compute_estimator.architecture_figures import active_params_figure, params_figure
from tieout_compute_estimator.cache_figures import Shape, cached_parts
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.conflicts import device_conflicts, model_conflicts
from tieout_compute_estimator.derivation import N_, cell
from tieout_compute_estimator.lookup_results import DeviceList, HardwareResult, ModelList, ModelResult
from tieout_compute_estimator.model_source import model_source
from tieout_compute_estimator.published import TABLE as MODELS
from tieout_compute_estimator.published import PublishedModel, find_model, find_models, model_table
from tieout_compute_estimator.units import DEVICE_HOUR, FLOP, GB, PARAM, TOKENS, WATT

__all__ = ["devices", "hardware", "models"]

_ = translator("tieout_compute_estimator")


@tool(
    examples={
        "zh": (
            "H200 的显存和带宽是多少",
            "昇腾 910C 的 FP16 算力有多少 TFLOPS",
            "A800 和 A100 参数上有什么不同",
            "MI300X 功耗多少瓦",
            "查一下 H20 的稠密峰值",
            "租一张 B200 每小时多少钱",
            "寒武纪 MLU590 规格",
        ),
        "en": (
            "What is the memory bandwidth of an H200?",
            "dense BF16 peak of the MI325X",
            "specs of the Ascend 910C",
            "how much power does a B200 draw",
            "rental price of an L40S per hour",
            "does the A100 have FP8",
            "TPU v5p datasheet figures",
        ),
    }
)
def hardware(
    device: Annotated[
        str, Slot("device", find=find_devices, cues=("卡", "芯片", "GPU", "accelerator"), example="H100")
    ],
) -> HardwareResult:
    """Look up an accelerator: dense peaks by number format, memory, bandwidth, power and rental price.

    Args:
        device: Name in any usual spelling, e.g. H100, A100 80G, Ascend 910B.

    Raises:
        ToolError: The device is not in the table; the message lists similar names.
    """
    row = find_device(device)
    peaks = {dtype: run_figures.peak(row, dtype) for dtype in row.peak_tflops}
    notes: list[str] = []
    if others := other_variants(row, device):
        notes.append(
            _(
                "{name} is read as {device}; also in the table: {others}.",
                name=device,
                device=row.name,
                others=", ".join(others),
            )
        )
    result = HardwareResult(
        device=row.name,
        vendor=row.vendor,
        announced=row.announced,
        remark=row.notes,
        sparsity_multiplier=row.sparsity_multiplier,
        main=row.training_dtype,
        peaks=peaks,
        memory=_cell(row, "memory_gb", GB, N_("memory")),
        bandwidth=_cell(row, "memory_bandwidth_tb_s", "TB/s", N_("memory bandwidth")),
        interconnect=_cell(row, "interconnect_gb_s", "GB/s", N_("interconnect, both directions")),
        power=_cell(row, "power_w", WATT, N_("board power")),
        price=run_figures.price(row, row.price) if row.price else None,
        conflicts=device_conflicts(row),
    )
    figures = [figure for _path, figure in result.figures()]
    return result.model_copy(update={"notes": (*notes, *data_notes(figures, on=today()))})


@tool(faces=("cli", "slash"))
def devices() -> DeviceList:
    """List every accelerator of the shipped table."""
    return DeviceList(
        as_of=device_table().as_of,
        rows=tuple(
            (device.name, device.vendor, device.announced, device.confidence)
            for device in device_table().devices
        ),
    )


@tool(
    examples={
        "zh": (
            "DeepSeek-V3 有多少参数,激活多少",
            "Llama 3.1 405B 训练用了多少 token",
            "Qwen2.5-72B 的层数和 KV 头数",
            "GPT-3 公布的训练数据量",
            "你知道哪些已发布的模型",
            "Kimi K2 的总参数量是多少",
        ),
        "en": (
            "How many parameters does Mixtral 8x22B have?",
            "training tokens of Qwen3-235B",
            "published GPU-hours of Llama 2 13B",
            "number of layers and KV heads in Falcon-180B",
            "which published models do you know",
            "active parameters of DeepSeek-V2",
        ),
    }
)
def models(
    model: Annotated[
        str | None, Slot("text", find=find_models, cues=("模型", "model"), example="Llama 3 70B")
    ] = None,
) -> ModelResult | ModelList:
    """Look up a published language model: parameters, training tokens, device-hours and architecture.

    Args:
        model: Name in any usual spelling; every model is listed when left out.

    Raises:
        ToolError: The model is not in the table; the message lists similar names.
    """
    if model is None:
        return ModelList(
            as_of=model_table().as_of,
            rows=tuple((row.name, row.maker, row.released, row.confidence) for row in model_table().models),
        )
    row = find_model(model)
    source = model_source(model=model)
    cache = cached_parts(source, Shape(), "bf16")
    architecture = source.architecture
    result = ModelResult(
        model=row.name,
        maker=row.maker,
        released=row.released,
        device=row.device or "",
        remark=row.notes,
        params=cell(row.params, PARAM, N_("parameters"), row, table=MODELS, field="params"),
        active_params=_published(row, "active_params", PARAM, N_("active parameters")),
        tokens=_published(row, "tokens", TOKENS, N_("training tokens")),
        device_hours=_published(row, "device_hours", DEVICE_HOUR, N_("published device-hours")),
        training_flops=_published(row, "training_flops", FLOP, N_("published training FLOP")),
        layers=_published(row, "layers", "", N_("layers")),
        kv_heads=_published(row, "kv_heads", "", N_("key-value heads")),
        head_dim=_published(row, "head_dim", "", N_("head size")),
        latent_kv_dim=_published(row, "latent_kv_dim", "", N_("latent size")),
        exact_params=params_figure(source).model_copy(update={"metric": N_("parameters counted")})
        if architecture is not None
        else None,
        exact_active_params=active_params_figure(source).model_copy(
            update={"metric": N_("active parameters counted")}
        )
        if architecture is not None and architecture.sparse
        else None,
        kv_per_token=cache.per_token,
        recurrent_state=cache.state,
        conflicts=model_conflicts(row),
    )
    return result.model_copy(
        update={"notes": tuple(data_notes([figure for _path, figure in result.figures()], on=today()))}
    )


def _cell(row: Device, field: str, unit: str, metric: str) -> Figure | None:
    value = getattr(row, field)
    return None if value is None else cell(value, unit, metric, row, table=HARDWARE, field=field)


def _published(row: PublishedModel, field: str, unit: str, metric: str) -> Figure | None:
    value = getattr(row, field)
    source = (
        row.architecture_source
        if field in ("layers", "kv_heads", "head_dim", "latent_kv_dim")
        else row.source
    )
    return None if value is None else cell(value, unit, metric, row, table=MODELS, field=field, source=source)
