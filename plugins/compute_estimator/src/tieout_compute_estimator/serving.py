"""Serving: time to first token, time per output token, throughput, and the bound that decides them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from tieout.plugin import Slot, tool, translator
from tieout_compute_estimator import serving_model
from tieout_compute_estimator.accelerators import find_devices
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.counting import count_of, find_batches
from tieout_compute_estimator.number_formats import find_formats
from tieout_compute_estimator.published import find_models
from tieout_compute_estimator.serving_calibration import calibration_table
from tieout_compute_estimator.serving_figures import Point, operating_point
from tieout_compute_estimator.serving_result import OperatingPoint, ServingResult, TimeShares
from tieout_compute_estimator.serving_setup import Setup, Wanted, settle
from tieout_compute_estimator.units import DEVICE, PARAM, TOKENS

__all__ = [
    "Answer",
    "DeviceCount",
    "DeviceName",
    "Format",
    "Model",
    "Params",
    "Prompt",
    "serve",
    "serving_result",
]

_ = translator("tieout_compute_estimator")

Model = Annotated[str | None, Slot("text", find=find_models, cues=("模型", "model"), example="Llama 3 70B")]
DeviceName = Annotated[
    str | None, Slot("device", find=find_devices, cues=("卡", "芯片", "GPU", "on"), example="H100")
]
Params = Annotated[
    float | None,
    Slot("quantity", unit=PARAM, cues=("参数", "参数量", "parameters", "params"), example="70B"),
]
DeviceCount = Annotated[
    float | None,
    Slot("quantity", unit=DEVICE, cues=("张", "块", "卡", "GPUs", "accelerators"), example="8 GPUs"),
]
Prompt = Annotated[
    float | None,
    Slot(
        "quantity",
        unit=TOKENS,
        cues=("输入", "提示", "提示词", "上文", "prompt", "input", "in"),
        example="2,000 tokens",
    ),
]
Answer = Annotated[
    float | None,
    Slot(
        "quantity",
        unit=TOKENS,
        cues=("输出", "生成", "回答", "output", "generate", "answer", "out"),
        example="500 tokens",
    ),
]
Format = Annotated[
    str | None,
    Slot("enum", find=find_formats, cues=("精度", "量化", "precision", "quantised"), example="FP8"),
]


@tool(
    examples={
        "zh": (
            "Llama 3.1 70B 用 FP8 跑在两张 H100 上,每秒能输出多少 token",
            "8 张 H20 部署 DeepSeek-V3,首 token 延迟大概多少",
            "A100 上推理 13B 模型,单用户生成速度是多少",
            "并发 64 路、输入 2K 输出 500 时的推理吞吐",
            "推理时每个输出 token 要等几毫秒",
            "Qwen2.5-72B 在昇腾 910B 上的解码吞吐受什么限制",
            "MTP 投机解码能让生成快多少",
        ),
        "en": (
            "tokens per second of Llama 3.1 70B in FP8 on two H100s",
            "time to first token for a 4k prompt on 8 H200 with Llama 3.1 405B",
            "how fast does a 13B model generate on one A100 for a single user",
            "serving throughput at 64 concurrent requests with 2,000 tokens in and 500 out",
            "inter-token latency of Mixtral 8x7B on MI300X",
            "is decoding of Qwen3-32B on H20 bound by memory bandwidth or compute",
            "how much quicker is decoding with speculative drafts of 1.8 tokens a step",
        ),
    }
)
def serve(
    model: Model = None,
    device: DeviceName = None,
    *,
    params: Params = None,
    active_params: float | None = None,
    config: str | None = None,
    gguf: str | None = None,
    device_count: DeviceCount = None,
    prompt: Prompt = None,
    output: Answer = None,
    batch: Annotated[
        float | None,
        Slot("quantity", find=find_batches, cues=("并发", "batch", "concurrent"), example="64 concurrent"),
        BeforeValidator(count_of),
    ] = None,
    dtype: Format = None,
    kv_dtype: str | None = None,
    layers: float | None = None,
    kv_heads: float | None = None,
    head_dim: float | None = None,
    speculative: float = 1.0,
    parallel: Literal["tensor", "expert"] | None = None,
) -> ServingResult:
    """Estimate serving speed: time to first token, time per output token, tokens per second, and what binds them.

    Needs a model (by name, by config.json or GGUF file, or by its size) and an accelerator. The batch is what the free
    memory holds unless it is given. Efficiencies are fitted on public measurements; every result is a 90% band.

    Args:
        model: Name of a published model.
        device: Accelerator, e.g. H100 or Ascend 910B.
        params: All parameters, when no model is named.
        active_params: Parameters that work on each token (mixture of experts whose architecture is not known).
        config: Path of a config.json as published with the weights.
        gguf: Path of a GGUF file.
        device_count: Accelerators that hold one copy together; as many as give most per device when left out.
        prompt: Tokens of a prompt.
        output: Tokens of an answer.
        batch: Sequences at once; as many as the free memory holds when left out.
        dtype: Number format of the weights, e.g. bf16, fp8, int4 or Q4_K_M; BF16 when left out.
        kv_dtype: Number format of the cache; FP8 with FP8 arithmetic, else BF16.
        layers: Transformer layers, when the model is not in the table.
        kv_heads: Key-value heads per layer, when the model is not in the table.
        head_dim: Size of one head, when the model is not in the table.
        speculative: Mean tokens per decoding step with speculative decoding or multi-token prediction, e.g. 1.8.
        parallel: "tensor" or "expert"; experts are spread when more than eight devices serve a mixture of experts.

    Raises:
        InputError: Something is missing, not positive, or does not fit the devices.
        ToolError: Unknown model or device, or a format that the device has not.
    """
    setup = settle(
        Wanted(
            model=model,
            device=device,
            params=params,
            active_params=active_params,
            config=config,
            gguf=gguf,
            device_count=device_count,
            prompt=prompt,
            output=output,
            batch=batch,
            dtype=dtype,
            kv_dtype=kv_dtype,
            layers=layers,
            kv_heads=kv_heads,
            head_dim=head_dim,
            speculative=speculative,
            parallel=parallel,
        )
    )
    return serving_result(setup, operating_point(setup))


def serving_result(setup: Setup, point: Point) -> ServingResult:
    """The result of :func:`serve` for a settled situation."""
    parts = point.parts
    result = ServingResult(
        subject=setup.subject,
        device=setup.device.name,
        dtype=setup.dtype,
        kv_dtype=setup.kv_dtype,
        arithmetic=setup.arithmetic.upper(),
        parallel="expert" if setup.machine.expert_parallel else "tensor",
        params=setup.params,
        device_count=setup.count,
        prompt=setup.prompt,
        output=setup.output,
        weights=setup.weights,
        cache_per_sequence=setup.cache,
        batch=point.batch,
        weights_read=point.weights_read,
        experts_touched=point.experts_touched,
        cache_read=point.cache_read,
        time_to_first_token=point.first_token,
        time_per_output_token=point.token,
        throughput=point.throughput,
        throughput_per_device=point.per_device,
        upper_bound=point.ceiling,
        bound=point.bound,
        shares=TimeShares(
            weights=parts.weights,
            cache=parts.cache,
            compute=parts.compute,
            link=parts.link,
            launch=parts.launch,
        ),
        point=_point(setup, point),
    )
    figures = [figure for _path, figure in result.figures()]
    notes = (*setup.notes, *_outside(setup), *data_notes(figures, on=today()))
    return result.model_copy(update={"notes": notes})


def _point(setup: Setup, point: Point) -> OperatingPoint:
    """Decoding and prompts as FLOP per byte and FLOP/s of one device."""
    demand, machine = setup.demand, setup.machine
    flops = point.batch.value * setup.verified * demand.token_flops
    read = point.weights_read.value + point.cache_read.value
    prompt_read = serving_model.weights_read(demand, machine, demand.prompt)
    seconds = serving_model.first_token(demand, machine, calibration_table().fitted.factors)
    return OperatingPoint(
        peak=machine.peak,
        bandwidth=machine.bandwidth,
        decode_intensity=flops / read,
        decode_rate=flops / (point.step.value / 1e3) / machine.devices,
        prompt_intensity=demand.prompt_flops / prompt_read,
        prompt_rate=demand.prompt_flops / seconds / machine.devices,
    )


def _outside(setup: Setup) -> list[str]:
    """Where the measurements behind the efficiencies do not reach."""
    rows = calibration_table().rows
    reasons: list[str] = []
    if setup.device.name not in {row.device for row in rows}:
        reasons.append(setup.device.name)
    if setup.demand.experts:
        reasons.append(_("mixture of experts"))
    if setup.arithmetic in ("fp4", "fp6"):
        reasons.append(setup.arithmetic.upper())
    if setup.accepted > 1:
        reasons.append(_("speculative decoding"))
    if setup.machine.devices > max(row.devices for row in rows):
        reasons.append(_("more than 8 devices"))
    if not reasons:
        return []
    return [
        _(
            "No public measurement of this kind is among those the efficiencies were fitted on ({reasons}): "
            "the true band is wider.",
            reasons=", ".join(reasons),
        )
    ]
