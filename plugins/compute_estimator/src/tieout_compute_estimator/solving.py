"""Solving a training run for any one unknown: time, devices, MFU, tokens, parameters, budget, energy, price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from tieout.plugin import Figure, Slot, tool, translator
from tieout_compute_estimator.accelerators import find_device
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.deadlines import find_deadlines
from tieout_compute_estimator.graph import routes
from tieout_compute_estimator.pricing import HourlyRent
from tieout_compute_estimator.priors import find_regions
from tieout_compute_estimator.relations import relations
from tieout_compute_estimator.solutions import solution
from tieout_compute_estimator.solve_inputs import RunInputs
from tieout_compute_estimator.solve_result import Solution
from tieout_compute_estimator.solve_targets import find_targets, target_symbol
from tieout_compute_estimator.training import ActiveParams, DeviceName, Dtype, Model, Params, Tokens
from tieout_compute_estimator.units import DAY, DEVICE, FLOP, MWH, RATIO, USD

__all__ = ["solve"]

_ = translator("tieout_compute_estimator")


@tool(
    examples={
        "zh": (
            "预算 300 万美元、三个月之内,用 H20 能训出多大的模型",
            "想在 60 天内把 70B 模型喂完 10 万亿 token,需要几张 H800",
            "手上有 512 张 A100 和 45 天,7B 模型最多能吃多少 token",
            "要在年底前用 2000 张昇腾 910B 训完千亿模型,MFU 得做到多少",
            "反推:总电量限制在 5 GWh,最多能训练多大规模的模型",
            "给定交付日期和卡数,倒推需要的利用率",
            "1e25 FLOP 的训练要在 100 天完成,倒算要几块 B200",
        ),
        "en": (
            "With a budget of 2 million dollars and H200s, what is the largest model we could train?",
            "How many MI300X do we need to finish a 30B model on 6T tokens within 45 days?",
            "We own 1,024 A100s and have 60 days: how many tokens can a 13B model see?",
            "What utilisation would 4,000 H800s need to hit the deadline at the end of June?",
            "solve for the number of accelerators given tokens, size and a due date",
            "How big a model fits in 8 GWh of electricity on TPU v5p?",
            "work backwards from a budget to parameters and tokens",
        ),
    }
)
def solve(
    target: Annotated[
        str | None, Slot("enum", find=find_targets, cues=("求", "solve for"), example="MFU")
    ] = None,
    *,
    params: Params = None,
    tokens: Tokens = None,
    device: DeviceName = None,
    model: Model = None,
    active_params: ActiveParams = None,
    flops: Annotated[
        float | None, Slot("quantity", unit=FLOP, cues=("算力", "FLOP", "compute"), example="1e25 FLOP")
    ] = None,
    device_count: Annotated[
        float | None,
        Slot("quantity", unit=DEVICE, cues=("张", "块", "卡", "GPUs", "accelerators"), example="1,024 GPUs"),
    ] = None,
    days: Annotated[
        float | None,
        Slot(
            "quantity", unit=DAY, cues=("天", "之内", "days", "within", "weeks", "months"), example="90 days"
        ),
    ] = None,
    deadline: Annotated[
        str | None,
        Slot("text", find=find_deadlines, cues=("之前", "前", "by", "before"), example="by March 2030"),
    ] = None,
    budget: Annotated[
        float | None,
        Slot("quantity", unit=USD, cues=("预算", "美元", "budget", "dollars"), example="$5M"),
    ] = None,
    usd_per_hour: HourlyRent = None,
    energy: Annotated[
        float | None,
        Slot("quantity", unit=MWH, cues=("电量", "耗电", "electricity", "energy"), example="500 MWh"),
    ] = None,
    mfu: Annotated[
        float | None, Slot("ratio", unit=RATIO, cues=("MFU", "利用率", "utilisation"), example="40%")
    ] = None,
    goodput: Annotated[
        float | None,
        Slot("ratio", unit=RATIO, cues=("goodput", "有效训练时间", "effective training time"), example="90%"),
    ] = None,
    dtype: Dtype = None,
    region: Annotated[
        str | None, Slot("enum", find=find_regions, cues=("电网", "地区", "grid", "in"), example="Germany")
    ] = None,
    year: int | None = None,
    pue: Annotated[float | None, Slot("quantity", cues=("PUE",), example="1.2")] = None,
    buy_price: Annotated[
        float | None,
        Slot("quantity", unit=USD, cues=("采购价", "买价", "purchase price", "per card"), example="$30,000"),
    ] = None,
) -> Solution:
    """Solve a training run backwards for one unknown: days, devices, MFU, tokens, parameters, budget, energy or price.

    Give what is fixed (budget, deadline, devices, model size, tokens …); what nobody says is assumed as a range from
    published runs, so the answer is an interval with each input's share of it. Where two independent ways lead to the
    unknown, both are shown.

    Args:
        target: The unknown: days, devices, mfu, tokens, params, budget, energy, price or emissions; found from what is
            missing when left out.
        params: Model parameters.
        tokens: Training tokens.
        device: Accelerator, e.g. H20.
        model: Name of a published model; fills in size and tokens that are not asked for.
        active_params: Parameters that work on each token (mixture of experts).
        flops: Training FLOP, in place of parameters and tokens.
        device_count: Accelerators working at once.
        days: Wall time of the run in days.
        deadline: Day by which it has to be done, counted from today, e.g. by March.
        budget: Money for renting the accelerators, USD.
        usd_per_hour: Rent of one device for one hour; the shipped price range when left out.
        energy: Electricity of the whole site for the run, MWh.
        mfu: Model FLOP utilisation between 0 and 1: of the whole run, or of steady training when goodput is given.
        goodput: Share of the wall time in which training moves forward, between 0 and 1.
        dtype: Number format whose dense peak counts, e.g. bf16 or fp8.
        region: Power grid for emissions, e.g. Germany.
        year: Year of the grid intensity; the latest when left out.
        pue: Power usage effectiveness of the site; a range when left out.
        buy_price: Purchase price of one device in USD; then owning is costed instead of renting.

    Raises:
        InputError: A number is out of range, nothing is unknown, or too little is given.
        ToolError: Unknown device, model or region.
    """
    known = RunInputs(find_device(device) if device else None)
    known.take_size(params=params, tokens=tokens, active_params=active_params, model=model, flops=flops)
    known.take_limits(device_count=device_count, days=days, deadline=deadline, budget=budget, energy=energy)
    known.take_efficiency(mfu=mfu, goodput=goodput, pue=pue)
    symbol = target_symbol(target) if target else known.unknown()
    if not known.user_device and known.model_device and not _settled(symbol, known.figures):
        known.take_model_device()
    known.forget(symbol)
    known.assume(
        symbol, dtype=dtype, usd_per_hour=usd_per_hour, buy_price=buy_price, region=region, year=year
    )
    result = solution(symbol, known.figures, assumed=known.assumed, subject=known.subject)
    notes = [*known.notes, *result.notes, *data_notes([f for _p, f in result.figures()], on=today())]
    return result.model_copy(update={"notes": tuple(dict.fromkeys(notes))})


def _settled(symbol: str, figures: Mapping[str, Figure]) -> bool:
    return bool(routes(symbol, frozenset(figures) - {symbol}, relations().run))
