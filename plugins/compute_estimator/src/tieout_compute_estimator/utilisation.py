"""Utilisation: how much of the peak a training run used, from its device-hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tieout.plugin import Figure, Slot, tool, translator
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.activations import Recompute
from tieout_compute_estimator.checks import checked_dtype, missing, positive
from tieout_compute_estimator.derivation import N_, given
from tieout_compute_estimator.flop_conventions import AttentionCount
from tieout_compute_estimator.flop_figures import Convention, Counting, hardware_utilisation, training_flops
from tieout_compute_estimator.model_source import ModelSource, model_source
from tieout_compute_estimator.training import (
    ActiveParams,
    DeviceName,
    Dtype,
    Model,
    Params,
    Tokens,
    published,
    run_device,
    with_notes,
)
from tieout_compute_estimator.training_results import MfuResult
from tieout_compute_estimator.units import DEVICE_HOUR
from tieout_compute_estimator.workload import Workload, workload

__all__ = ["mfu"]

_ = translator("tieout_compute_estimator")


@tool(
    examples={
        "zh": (
            "65B 模型、1.4T token 用了 102 万 A100 卡时,算力利用率有多高",
            "根据模型卡的 GPU 小时反推 MFU",
            "Llama 2 70B 训练的 MFU 大约多少",
            "H800 上 266 万卡时训完 14.8T token,利用率如何",
            "这次训练达到了峰值的百分之几?参数 7B,token 1T,卡时 82432",
            "帮我算一下模型浮点利用率",
        ),
        "en": (
            "What MFU did LLaMA 65B reach on its A100 hours?",
            "model FLOP utilization for 13B parameters, 1T tokens and 135,168 A100 hours",
            "work out the utilisation from published GPU-hours",
            "how close to peak was the DeepSeek-V3 run on H800",
            "compute MFU: 405B params, 15.6T tokens, 30.84M H100 hours",
            "achieved TFLOPS per GPU in the Llama 2 training run",
        ),
    }
)
def mfu(
    params: Params = None,
    tokens: Tokens = None,
    gpu_hours: Annotated[
        float | None,
        Slot(
            "quantity",
            unit=DEVICE_HOUR,
            cues=("卡时", "GPU 小时", "GPU hours", "device-hours"),
            example="6.4M GPU-hours",
        ),
    ] = None,
    device: DeviceName = None,
    *,
    model: Model = None,
    active_params: ActiveParams = None,
    dtype: Dtype = None,
    config: str | None = None,
    convention: Convention | None = None,
    attention: AttentionCount | None = None,
    recompute: Recompute = "none",
    seq: float | None = None,
) -> MfuResult:
    """Compute the model FLOP utilisation (MFU) of a whole training run from its device-hours.

    Needs model size, training tokens, device-hours and the device, or the name of a published model that has them.
    FLOP count as 6ND unless another convention is asked for. The peak is the dense one, without structured sparsity.

    Args:
        params: Model parameters; for a mixture of experts give active_params too.
        tokens: Training tokens.
        gpu_hours: Accelerator-hours that the run took.
        device: Accelerator, e.g. H100.
        model: Name of a published model; fills in what is not given.
        active_params: Parameters that work on each token (mixture of experts).
        dtype: Number format whose dense peak counts; BF16 where the device has it.
        config: Path of a config.json that says what the model is built of.
        convention: How FLOP are counted: 6nd, 3nd (encoder-decoder), palm (with attention), megatron or exact.
        attention: Attention over the context: none, causal (half of the square) or full.
        recompute: Activations computed again in the backward pass: none, selective or full.
        seq: Length of the training sequences in tokens; palm, megatron and exact need it.

    Raises:
        InputError: A number is missing, not positive or not finite, or a file that cannot be read.
        ToolError: Unknown device or model, or a device without a peak in ``dtype``.
    """
    source = model_source(model=model, config=config)
    work = workload(params=params, tokens=tokens, active_params=active_params, model=model, source=source)
    counting = Counting(convention, attention, recompute, seq)
    hours = (
        None
        if gpu_hours is None
        else given(positive("gpu_hours", gpu_hours), DEVICE_HOUR, N_("device-hours"))
    )
    chosen, notes = run_device(device, work.row)
    if hours is None and chosen is not None and work.row is not None and work.row.device == chosen.name:
        hours = published(work.row, "device_hours", DEVICE_HOUR, N_("published device-hours"))
    if hours is None or chosen is None:
        absent = [(N_("device-hours"), "6.4M GPU-hours")] if hours is None else []
        raise missing([*absent, *([(N_("device"), "H100")] if chosen is None else [])])
    peak = run_figures.peak(chosen, checked_dtype(chosen, dtype))
    run = _Run(hours, peak, source, counting)
    counted = training_flops(work, source, counting)
    reached = run_figures.mfu(counted.model, hours, peak)
    notes += _sanity(reached)
    result = MfuResult(
        subject=work.subject,
        device=chosen.name,
        params=work.params,
        tokens=work.tokens,
        device_hours=hours,
        peak=peak,
        convention=counting.named,
        flops=counted.model,
        hardware_flops=counted.hardware,
        mfu=reached,
        hfu=hardware_utilisation(reached, counted),
        achieved=run_figures.achieved(counted.model, hours),
        mfu_published_size=run.mfu_published_size(work),
    )
    return with_notes(result, [*work.notes, *notes])


@dataclass(frozen=True)
class _Run:
    """Hours on a device of known peak, and how FLOP count."""

    hours: Figure
    peak: Figure
    source: ModelSource
    counting: Counting

    def mfu_published_size(self, work: Workload) -> Figure | None:
        """The same with the exact size from the table, when the size given is a rounding of it."""
        row = work.row
        if row is None or work.params.origin is not None or self.counting.named in ("megatron", "exact"):
            return None  # those count the layers, whatever size is given
        exact = workload(params=None, tokens=work.tokens.value, active_params=None, model=row.name)
        if not 0 < abs(exact.params.value / work.params.value - 1) <= 0.05:
            return None
        sized = Workload(exact.subject, row, exact.params, work.tokens)
        flops = training_flops(sized, self.source, self.counting).model
        figure = run_figures.mfu(flops, self.hours, self.peak)
        return figure.model_copy(update={"metric": N_("MFU with the published size")})


def _sanity(reached: Figure) -> list[str]:
    if reached.value > 100.0:
        return [_("More than the dense peak is impossible: check parameters, tokens, hours and device.")]
    if reached.value > 65.0:
        return [_("No public run of this kind has reached so much of the peak: check the inputs.")]
    if reached.value < 5.0:
        return [
            _("So little of the peak is unusual: the hours may hold more than this run, or the tokens less.")
        ]
    return []
