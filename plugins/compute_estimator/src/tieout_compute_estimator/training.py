"""Training: FLOP, device-hours, days, energy and cost of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, TypeVar

from tieout.plugin import Candidate, Figure, Slot, tool, translator
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.accelerators import Device, find_device, find_devices, other_variants
from tieout_compute_estimator.activations import Recompute
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.checks import checked_dtype, fraction, positive, whole
from tieout_compute_estimator.derivation import N_, cell, given
from tieout_compute_estimator.flop_conventions import AttentionCount
from tieout_compute_estimator.flop_figures import Convention, Counting, hardware_utilisation, training_flops
from tieout_compute_estimator.model_source import model_source
from tieout_compute_estimator.pricing import HourlyRent
from tieout_compute_estimator.published import TABLE, PublishedModel, find_models, mfu_prior
from tieout_compute_estimator.training_results import MfuResult, TrainingEstimate
from tieout_compute_estimator.units import (
    DEVICE,
    DEVICE_HOUR,
    FLOP,
    PARAM,
    PERCENT,
    RATIO,
    TOKENS,
    USD_PER_HOUR,
)
from tieout_compute_estimator.workload import workload

__all__ = [
    "ActiveParams",
    "DeviceName",
    "Dtype",
    "Model",
    "Params",
    "Tokens",
    "find_dtypes",
    "published",
    "run_device",
    "train",
    "with_notes",
]

_ = translator("tieout_compute_estimator")
R = TypeVar("R", TrainingEstimate, MfuResult)
_DTYPE = re.compile(
    r"(?<![A-Za-z0-9])(bf16|bfloat16|fp16|fp8|fp6|fp4|int8|int4|tf32|fp32)(?![A-Za-z0-9])", re.IGNORECASE
)


def find_dtypes(text: str) -> Sequence[Candidate]:
    """Number formats named in ``text``."""
    return [
        Candidate(
            match.group().lower().replace("bfloat16", "bf16"), match.group(), match.start(), match.end()
        )
        for match in _DTYPE.finditer(text)
    ]


Model = Annotated[str | None, Slot("text", find=find_models, cues=("模型", "model"), example="Llama 3 70B")]
Params = Annotated[
    float | None,
    Slot("quantity", unit=PARAM, cues=("参数", "参数量", "规模", "parameters", "params"), example="70B"),
]
ActiveParams = Annotated[
    float | None,
    Slot(
        "quantity",
        unit=PARAM,
        cues=("激活", "激活参数", "活跃参数", "active", "activated"),
        example="37B active",
    ),
]
Tokens = Annotated[
    float | None,
    Slot(
        "quantity",
        unit=TOKENS,
        cues=("token", "训练数据", "语料", "training data", "trained on"),
        example="15T tokens",
    ),
]
DeviceName = Annotated[
    str | None, Slot("device", find=find_devices, cues=("卡", "芯片", "GPU", "on"), example="H100")
]
Dtype = Annotated[str | None, Slot("enum", find=find_dtypes, cues=("精度", "precision"), example="BF16")]


@tool(
    examples={
        "zh": (
            "训练一个 13B 的模型、喂 2 万亿 token,总共要多少算力?",
            "在 A100 上训练 65B 参数、1.4T token 的模型要多少卡时",
            "用 2048 张 H800 训练 DeepSeek-V3 大概多少天",
            "预训练一个 300 亿参数的大模型要花多少钱",
            "GPT-3 的训练计算量折合多少 PF-day",
            "如果 MFU 是 40%,512 张 H100 训完 8T token 需要多久",
            "估算训练成本和耗电量:百亿参数,H20 集群",
            "千亿模型训练需要几张昇腾 910B",
            "参数 20B、语料 1T token,A800,利用率按 35% 算,卡时是多少",
            "按四成 MFU 估,8B 模型在 H20 上吃完 6 万亿 token 要几十万 GPU 小时",
            "34B / 2T token / H800 / MFU 38%,要多少卡时和天数",
            "Gopher 和 Chinchilla 相比,哪个训练算力用得多",
            "把 Yi-34B 与 Falcon-40B 的训练计算量放在一起比一比",
        ),
        "en": (
            "How much compute does it take to train a 13B model on 2T tokens?",
            "estimate GPU hours for pretraining 30B parameters with 3 trillion tokens on A100",
            "how many days would 1,024 H200s need to train Qwen2.5-72B",
            "training cost of a 7B model on rented H100s",
            "what is the training FLOP count of PaLM 540B",
            "give me the petaflop/s-days for a 1.3B model and 300 billion tokens",
            "energy used to train a 400B mixture of experts with 40B active parameters",
            "how long does pre-training take at 38% utilisation on 4,000 MI300X",
            "GPU-hours needed for 8B parameters and 2T tokens on H800 at 42% MFU",
            "7B, 1T tokens, A100, MFU 0.5: how many device-hours will that be?",
            "at 35% utilization, what would 600B tokens through a 30B model cost in H200 hours",
            "compare the training compute of Gopher with that of Chinchilla",
            "Yi-34B against Falcon-40B: training FLOP side by side",
        ),
    }
)
def train(
    params: Params = None,
    tokens: Tokens = None,
    device: DeviceName = None,
    *,
    model: Model = None,
    active_params: ActiveParams = None,
    device_count: Annotated[
        float | None,
        Slot("quantity", unit=DEVICE, cues=("张", "块", "卡", "GPUs", "accelerators"), example="1,024 GPUs"),
    ] = None,
    mfu: Annotated[
        float | None, Slot("ratio", unit=RATIO, cues=("MFU", "利用率", "utilisation"), example="40%")
    ] = None,
    dtype: Dtype = None,
    usd_per_hour: HourlyRent = None,
    config: str | None = None,
    convention: Convention | None = None,
    attention: AttentionCount | None = None,
    recompute: Recompute = "none",
    seq: float | None = None,
) -> TrainingEstimate:
    """Estimate what a training run takes: FLOP by 6ND, PF-days, device-hours, days, energy and rent.

    Needs the model size and the number of training tokens, or the name of a published model. With a device it also
    gives device-hours, energy and cost; with a number of devices the days. Without an MFU the range that public runs
    reached on such hardware is used, and every result is a range.

    Args:
        params: Model parameters; for a mixture of experts give active_params too.
        tokens: Training tokens.
        device: Accelerator, e.g. H100 or Ascend 910B.
        model: Name of a published model, e.g. Llama 3 70B; fills in what is not given.
        active_params: Parameters that work on each token (mixture of experts).
        device_count: Number of accelerators working at once.
        mfu: Model FLOP utilisation between 0 and 1, whole-run average.
        dtype: Number format whose dense peak counts, e.g. bf16 or fp8.
        usd_per_hour: Rent of one device for one hour; the shipped price range when left out.
        config: Path of a config.json that says what the model is built of.
        convention: How FLOP are counted: 6nd, 3nd (encoder-decoder), palm (with attention), megatron or exact.
        attention: Attention over the context: none, causal (half of the square) or full.
        recompute: Activations computed again in the backward pass: none, selective or full.
        seq: Length of the training sequences in tokens; palm, megatron and exact need it.

    Raises:
        InputError: A number is missing, not positive, not finite, or an MFU above 1, or a file that cannot be read.
        ToolError: Unknown device or model, or a device without a peak in ``dtype``.
    """
    source = model_source(model=model, config=config)
    work = workload(params=params, tokens=tokens, active_params=active_params, model=model, source=source)
    counted = training_flops(work, source, Counting(convention, attention, recompute, seq))
    flops = counted.model
    estimate = TrainingEstimate(
        subject=work.subject,
        convention=Counting(convention, attention).named,
        params=work.params,
        tokens=work.tokens,
        flops=flops,
        hardware_flops=counted.hardware,
        pf_days=run_figures.pf_days(flops),
        published_flops=published(work.row, "training_flops", FLOP, N_("published training FLOP")),
        notes=work.notes,
    )
    chosen, notes = run_device(device, work.row)
    if chosen is None:
        return estimate
    peak = run_figures.peak(chosen, checked_dtype(chosen, dtype))
    if mfu is not None:
        used = given(100.0 * fraction("mfu", mfu), PERCENT, N_("MFU"))
    else:
        used = run_figures.assumed_mfu(mfu_prior(chosen, checked_dtype(chosen, dtype)))
        notes.append(
            _(
                "No MFU was given: the range that public runs reached is assumed, over all their device-hours with "
                "stops and restarts, so results are ranges. Steady training reaches more."
            )
        )
        if estimate.convention != "6nd":
            notes.append(
                _("That range was worked out with 6ND; counted as here those runs reached a little more.")
            )
    hours = run_figures.device_hours(flops, peak, used)
    update: dict[str, object] = {
        "device": chosen.name,
        "peak": peak,
        "mfu": used,
        "hfu": hardware_utilisation(used, counted),
        "device_hours": hours,
        "energy": run_figures.energy(hours, chosen),
        "cost": _cost(hours, chosen, usd_per_hour),
        "published_device_hours": published(
            work.row, "device_hours", DEVICE_HOUR, N_("published device-hours")
        )
        if work.row is not None and work.row.device == chosen.name
        else None,
    }
    if device_count is not None:
        count = given(whole("device_count", device_count), DEVICE, N_("devices"))
        update |= {"device_count": count, "days": run_figures.days(hours, count)}
    return with_notes(estimate.model_copy(update=update), [*work.notes, *notes])


def run_device(name: str | None, row: PublishedModel | None) -> tuple[Device | None, list[str]]:
    """The device named, else the one the published model was trained on, with a note on how it was read."""
    if name:
        device = find_device(name)
        others = other_variants(device, name)
        if not others:
            return device, []
        return device, [
            _(
                "{name} is read as {device}; also in the table: {others}.",
                name=name,
                device=device.name,
                others=", ".join(others),
            )
        ]
    if row is None or row.device is None:
        return None, []
    return find_device(row.device), [
        _("No device was given: {device} is what {model} was trained on.", device=row.device, model=row.name)
    ]


def published(row: PublishedModel | None, field: str, unit: str, metric: str) -> Figure | None:
    """A figure of a published run, where its row has it."""
    value = getattr(row, field, None)
    return None if row is None or value is None else cell(value, unit, metric, row, table=TABLE, field=field)


def _cost(hours: Figure, device: Device, usd_per_hour: float | None) -> Figure | None:
    if usd_per_hour is not None:
        return run_figures.cost(
            hours, given(positive("usd_per_hour", usd_per_hour), USD_PER_HOUR, N_("price"))
        )
    return run_figures.cost(hours, run_figures.price(device, device.price)) if device.price else None


def with_notes(result: R, notes: list[str]) -> R:
    """The result with these notes, and those on the data behind its figures."""
    figures = [figure for _path, figure in result.figures()]
    return result.model_copy(update={"notes": (*notes, *data_notes(figures, on=today()))})
