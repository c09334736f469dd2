"""Sweeps: a run over several values of its inputs, as arrays of any size or as a table with every derivation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Annotated, Literal

from tieout.errors import InputError
from tieout.plugin import Figure, Slot, tool, translator
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.accelerators import find_device
from tieout_compute_estimator.axes import axis_finder, find_device_lists, find_metrics, read_axis
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.checks import checked_dtype, fraction, missing, whole
from tieout_compute_estimator.derivation import N_, computed, given
from tieout_compute_estimator.graph import Plan, Relation, routes
from tieout_compute_estimator.price_estimates import estimated_price
from tieout_compute_estimator.published import mfu_prior
from tieout_compute_estimator.relations import UNITS, board_energy, relations
from tieout_compute_estimator.solutions import evaluated
from tieout_compute_estimator.sweep_result import Sweep, SweepRow
from tieout_compute_estimator.training import ActiveParams, Dtype, Model
from tieout_compute_estimator.units import DEVICE, PARAM, RATIO, TOKENS, USD_PER_HOUR
from tieout_compute_estimator.workload import workload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["CHUNK", "MOST_ROWS", "scenarios", "sweep"]

_ = translator("tieout_compute_estimator")

CHUNK = 16_384
"""Scenarios evaluated at once: eight arrays of this length stay in a core's cache (33 M/s against 10 M/s at once)."""
MOST_ROWS = 400
"""Rows that the tool gives with derivations; :func:`scenarios` has no limit."""

_NAMES = {
    "params": "N", "tokens": "D", "flops": "C", "peak_tflops": "P", "mfu": "U", "steady_mfu": "M", "goodput": "g",
    "device_hours": "h", "device_count": "n", "days": "t", "usd_per_hour": "p", "cost": "B", "watts": "W",
    "drawn": "f", "hosts": "o", "pue": "k", "energy_mwh": "E", "kg_per_kwh": "I", "tco2e": "G",
    "tokens_per_param": "r",
}  # fmt: skip
_PERCENT = frozenset("UMg")
MEGAWATT_HOUR = 1e3
"""In kWh; one unit for all rows of a table."""


def scenarios(
    outputs: Sequence[str], *, chunk: int = CHUNK, **inputs: ArrayLike
) -> dict[str, NDArray[np.float64]]:
    """Evaluate a run for arrays of inputs, in chunks that fit the cache.

    Args:
        outputs: What to compute: flops, device_hours, device_count, days, cost, energy_mwh, tco2e, mfu …
        chunk: Scenarios at once.
        **inputs: Numbers, or arrays that broadcast against each other, under the same names. ``mfu``, ``steady_mfu``
            and ``goodput`` are fractions, ``peak_tflops`` TFLOP/s, ``watts`` the board power.

    Returns:
        Name to float64 array of the common shape.

    Raises:
        InputError: An unknown name, or an output that the inputs do not lead to.
        ValueError: The shapes do not broadcast.
    """
    import numpy as np

    unknown = [name for name in (*outputs, *inputs) if name not in _NAMES]
    if unknown:
        raise InputError(
            _("{name} is no quantity of a run.", name=repr(unknown[0])),
            code="compute-bad-axis",
            hint=_("Known: {names}.", names=", ".join(_NAMES)),
        )
    plan = plan_for([_NAMES[name] for name in outputs], frozenset(_NAMES[name] for name in inputs))
    arrays = {_NAMES[name]: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    flat = {
        name: array if array.ndim == 0 else np.broadcast_to(array, shape).reshape(-1)
        for name, array in arrays.items()
    }
    size = int(np.prod(shape)) if shape else 1
    results = {name: np.empty(size) for name in outputs}
    for start in range(0, size, chunk):
        part = slice(start, start + chunk)
        values = plan.evaluate_arrays({name: _part(name, array, part) for name, array in flat.items()})
        for name, result in results.items():
            symbol = _NAMES[name]
            result[part] = values[symbol] / 100 if symbol in _PERCENT else values[symbol]
    return {name: result.reshape(shape) for name, result in results.items()}


def _part(name: str, array: NDArray[np.float64], part: slice) -> float | NDArray[np.float64]:
    piece = float(array) if array.ndim == 0 else array[part]
    return piece * 100 if name in _PERCENT else piece


def plan_for(outputs: Sequence[str], known: frozenset[str]) -> Plan:
    """The relations that lead from the known symbols to all outputs, each once.

    Raises:
        InputError: One of them cannot be reached.
    """
    steps: dict[str, Relation] = {}
    for output in outputs:
        have = known | steps.keys()
        if output in have:
            continue
        ways = routes(output, have, relations().run)
        if not ways:
            raise missing([(UNITS[output][1], _("or what it follows from"))])
        steps |= {step.symbol: step for step in ways[0].plan.steps}
    return Plan(tuple(steps.values()))


Metric = Literal["days", "device_hours", "cost", "energy", "flops"]
_METRICS: dict[Metric, str] = {"days": "t", "device_hours": "h", "cost": "B", "energy": "E", "flops": "C"}


@tool(
    examples={
        "zh": (
            "把 7B、13B、70B 三种规模在 H100 上的训练卡时列成表",
            "MFU 从 30% 到 55% 扫一遍,看训练天数怎么变",
            "对比 A100、H100、H20 三种卡训练 70B 的费用,画成曲线",
            "用 512 张、1024 张、2048 张卡分别要多少天,做个表",
            "参数扫描:token 从 1T 到 15T,成本随之如何变化",
            "做一个敏感性表格:价格 2 到 4 美元、规模 7B 到 70B",
        ),
        "en": (
            "Tabulate training days for 7B, 13B and 70B on H100",
            "sweep MFU from 30% to 55% and show how the duration changes",
            "compare the cost of a 70B run on A100, H100 and H20 side by side",
            "table of days for 512, 1,024 and 2,048 GPUs",
            "how does the cost grow as tokens go from 1T to 15T? plot it",
            "give me a CSV grid over model size and price per hour",
        ),
    }
)
def sweep(
    params: Annotated[
        str | None,
        Slot("text", find=axis_finder(PARAM), cues=("参数", "params"), example="7B, 13B, 70B parameters"),
    ] = None,
    tokens: Annotated[
        str | None, Slot("text", find=axis_finder(TOKENS), cues=("token",), example="1T to 15T tokens")
    ] = None,
    device: Annotated[
        str | None, Slot("device", find=find_device_lists, cues=("卡", "on"), example="A100, H100, H20")
    ] = None,
    *,
    model: Model = None,
    active_params: ActiveParams = None,
    device_count: Annotated[
        str | None,
        Slot("text", find=axis_finder(DEVICE), cues=("张", "GPUs"), example="512, 1,024, 2,048 GPUs"),
    ] = None,
    mfu: Annotated[
        str | None, Slot("text", find=axis_finder("%"), cues=("MFU", "利用率"), example="30% to 50%")
    ] = None,
    usd_per_hour: Annotated[
        str | None,
        Slot(
            "text",
            find=axis_finder(USD_PER_HOUR),
            cues=("单价", "per hour"),
            example="$2/GPU-hour, $3/GPU-hour",
        ),
    ] = None,
    metric: Annotated[
        Metric | None, Slot("enum", find=find_metrics, cues=("列出", "show"), example="days")
    ] = None,
    dtype: Dtype = None,
    format: Literal["table", "csv"] = "table",
) -> Sweep:
    """Tabulate a training run over several values of its inputs: sizes, tokens, devices, counts, MFU, prices.

    Each input takes a single value, a list or a range; all combinations are computed, each with its derivation. With
    one axis it also draws a curve, with two a curve for each value of the second.

    Args:
        params: Model parameters, e.g. 7B, 13B, 70B or 7B..70B:6.
        tokens: Training tokens, e.g. 1T..15T.
        device: Accelerators, e.g. A100, H100, H20.
        model: Name of a published model; fills in size and tokens that are not given.
        active_params: Parameters that work on each token (mixture of experts).
        device_count: Numbers of accelerators, e.g. 512, 1024, 2048.
        mfu: Model FLOP utilisation of the whole run, e.g. 30%..50%.
        usd_per_hour: Rents of one device for one hour in USD, e.g. 2, 3, 4.
        metric: What to draw: days, device_hours, cost, energy or flops.
        dtype: Number format whose dense peak counts, e.g. bf16 or fp8.
        format: A table, or comma-separated values.

    Raises:
        InputError: An axis cannot be read, nothing varies, or there are too many combinations.
        ToolError: Unknown device or model.
    """
    axes = _axes(
        params=params,
        tokens=tokens,
        device=device,
        device_count=device_count,
        mfu=mfu,
        usd_per_hour=usd_per_hour,
    )
    base = _base(axes, model, active_params)
    varied = [name for name, values in axes.items() if len(values) > 1]
    count = math.prod(len(values) for values in axes.values())
    if not varied or count > MOST_ROWS:
        raise InputError(
            _("A sweep has 2 to {most} combinations, not {count}.", most=MOST_ROWS, count=count),
            code="compute-bad-sweep",
            hint=_("Give a list or a range for at least one input; in Python, scenarios() has no limit."),
        )
    rows = [
        _row(dict(zip(axes, values, strict=True)), base, dtype, frozenset(varied))
        for values in product(*axes.values())
    ]
    reached = {name for row in rows for name in row.outputs}
    preferred: tuple[Metric, ...] = ("days", "cost", "device_hours", "flops")
    chosen: Metric = metric or next(name for name in preferred if name in reached)
    if chosen not in reached:
        raise missing([(UNITS[_METRICS[chosen]][1], "H100, 1,024 GPUs")])
    figures = [figure for row in rows for figure in row.outputs.values()]
    return Sweep(
        subject=model or "",
        varied=tuple(varied),
        metric=chosen,
        rows=tuple(rows),
        form=format,
        notes=tuple(data_notes(figures, on=today())),
    )


def _axes(**texts: str | None) -> dict[str, list[Figure] | list[str]]:
    """The values of each input as figures, the devices by name."""
    axes: dict[str, list[Figure] | list[str]] = {}
    for name, text in texts.items():
        if text is None:
            continue
        if name == "device":
            found = [str(item.value) for item in find_device_lists(text)]
            named = [part.strip() for item in found for part in item.split(",")]
            axes[name] = [find_device(part).name for part in named or [text]]
        else:
            axes[name] = _points(name, text)
    return axes


def _points(name: str, text: str) -> list[Figure]:
    symbol = _SYMBOLS[name]
    unit, metric = UNITS[symbol]
    plain = text.replace("$", "") if name == "usd_per_hour" else text
    axis = read_axis(plain, RATIO if name == "mfu" else unit, name=name)
    values = list(axis.values)
    if name == "mfu":
        values = [100 * fraction("mfu", value) for value in values]
    elif name == "device_count":
        values = [float(whole(name, round(value))) for value in values]
    ends = {"a": given(values[0], unit, metric), "b": given(values[-1], unit, metric)}
    return [
        computed(
            value,
            unit,
            metric,
            expression="a … b",
            inputs=ends,
            latex=r"a \dots b",
            convention=N_("point between the ends of the range"),
            reference="",
        )
        if axis.spaced and 0 < index < len(values) - 1
        else given(value, unit, metric)
        for index, value in enumerate(values)
    ]


def _base(axes: Mapping[str, object], model: str | None, active_params: float | None) -> dict[str, Figure]:
    """Size and tokens that no axis gives."""
    base: dict[str, Figure] = {}
    if model or active_params is not None:
        tokens = None if "tokens" not in axes else 1.0
        work = workload(params=None, tokens=tokens, active_params=active_params, model=model)
        base = {"N": work.params} if tokens else {"N": work.params, "D": work.tokens}
    absent = [
        (metric, example)
        for name, symbol, metric, example in (
            ("params", "N", N_("parameters"), "7B, 70B"),
            ("tokens", "D", N_("training tokens"), "1T..15T"),
        )
        if name not in axes and symbol not in base
    ]
    if absent:
        raise missing(absent)
    return base


_SYMBOLS = {"params": "N", "tokens": "D", "device_count": "n", "mfu": "U", "usd_per_hour": "p"}


def _row(
    point: Mapping[str, Figure | str], base: Mapping[str, Figure], dtype: str | None, varied: frozenset[str]
) -> SweepRow:
    known = dict(base)
    for name, value in point.items():
        if isinstance(value, Figure):
            known[_SYMBOLS[name]] = value
    device = point.get("device")
    if isinstance(device, str):
        chosen = find_device(device)
        kind = checked_dtype(chosen, dtype)
        known["P"] = run_figures.peak(chosen, kind)
        known.setdefault("U", run_figures.assumed_mfu(mfu_prior(chosen, kind)))
        if chosen.power_w is not None:
            known["W"] = run_figures.power(chosen)
        price = run_figures.price(chosen, chosen.price) if chosen.price else estimated_price(chosen)
        if price is not None:
            known.setdefault("p", price)
    outputs = [symbol for symbol in ("C", "h", "t", "B") if routes(symbol, frozenset(known), relations().run)]
    made, _spreads = evaluated(plan_for(outputs, frozenset(known)), known, "")
    figures = {name: made[symbol] for name, symbol in _METRICS.items() if symbol in made}
    if {"h", "W"} <= made.keys():
        figures["energy"] = board_energy(MEGAWATT_HOUR).figure(made)
    inputs = {name: known[_SYMBOLS[name]] for name in varied if name in _SYMBOLS}
    return SweepRow(device=device if isinstance(device, str) else "", inputs=inputs, outputs={**figures})
