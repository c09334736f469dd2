"""Solving a training run for any one unknown: time, devices, MFU, tokens, parameters, budget, energy, price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BeforeValidator

from tieout.errors import InputError
from tieout.plugin import Figure, Slot, tool, translator
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.accelerators import Device, find_device
from tieout_compute_estimator.caveats import data_notes, today
from tieout_compute_estimator.checks import checked_dtype, fraction, missing, positive, whole
from tieout_compute_estimator.deadlines import find_deadlines, read_deadline
from tieout_compute_estimator.derivation import N_, computed, given
from tieout_compute_estimator.graph import Plan, Relation, Route, routes
from tieout_compute_estimator.intervals import Fixed, Spread, input_of, spread
from tieout_compute_estimator.price_estimates import estimated_price
from tieout_compute_estimator.pricing import find_hourly_prices, hourly_price
from tieout_compute_estimator.priors import find_regions, grid_intensity, run_prior
from tieout_compute_estimator.published import find_model, mfu_prior
from tieout_compute_estimator.relations import UNITS, relations
from tieout_compute_estimator.rounding import rounded
from tieout_compute_estimator.solve_result import OtherRoute, Solution, VarianceShare
from tieout_compute_estimator.solve_targets import TARGETS, find_targets, target_symbol
from tieout_compute_estimator.training import ActiveParams, DeviceName, Dtype, Model, Params, Tokens
from tieout_compute_estimator.units import DAY, DEVICE, FLOP, MWH, PERCENT, RATIO, USD, USD_PER_HOUR
from tieout_compute_estimator.workload import workload

__all__ = ["solution", "solve"]

_ = translator("tieout_compute_estimator")

_REPORTED = ("N", "D", "C", "h", "n", "t", "B", "E", "G")


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
        str | None, Slot("enum", find=find_targets, cues=("求", "solve for"), example="how many GPUs")
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
    usd_per_hour: Annotated[
        float | None,
        Slot(
            "quantity",
            unit=USD_PER_HOUR,
            find=find_hourly_prices,
            cues=("每卡时", "单价", "租金", "per hour", "an hour"),
            example="$2.5/GPU-hour",
        ),
        BeforeValidator(hourly_price),
    ] = None,
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
    known = _Known(find_device(device) if device else None)
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


@dataclass
class _Known:
    """What is given and what is assumed, by symbol."""

    device: Device | None
    figures: dict[str, Figure] = field(default_factory=dict[str, Figure])
    assumed: dict[str, Figure] = field(default_factory=dict[str, Figure])
    notes: list[str] = field(default_factory=list[str])
    subject: str = ""
    model_device: str = ""
    from_model: frozenset[str] = frozenset()

    @property
    def user_device(self) -> bool:
        return self.device is not None

    def give(self, symbol: str, value: float, metric: str | None = None) -> None:
        unit, name = UNITS[symbol]
        self.figures[symbol] = given(value, unit, metric or name, subject=self.subject)

    def take_size(
        self,
        *,
        params: float | None,
        tokens: float | None,
        active_params: float | None,
        model: str | None,
        flops: float | None,
    ) -> None:
        if flops is not None:
            self.give("C", positive("flops", flops))
        row = find_model(model) if model else None
        if row is not None:
            self.subject, self.model_device = row.name, row.device or ""
        if params is not None or active_params is not None or row is not None:
            # The tokens only let the size be settled by the same rules as for training.
            work = workload(params=params, tokens=tokens or 1.0, active_params=active_params, model=model)
            self.figures["N"] = work.params
            self.notes += work.notes
        if tokens is not None:
            self.give("D", positive("tokens", tokens))
        elif row is not None and row.tokens is not None:
            work = workload(params=params, tokens=None, active_params=active_params, model=model)
            self.figures["D"] = work.tokens
        asked = {"N": params or active_params, "D": tokens}
        self.from_model = frozenset(name for name, value in asked.items() if value is None)

    def take_limits(
        self,
        *,
        device_count: float | None,
        days: float | None,
        deadline: str | None,
        budget: float | None,
        energy: float | None,
    ) -> None:
        if device_count is not None:
            self.give("n", whole("device_count", device_count))
        if days is not None:
            self.give("t", positive("days", days))
        elif deadline:
            start = today()
            end = read_deadline(deadline, today=start).day
            self.give("t", (end - start).days, N_("days until the deadline"))
            self.notes.append(
                _(
                    "{text} is read as the end of {day}, counted from {start}.",
                    text=repr(deadline),
                    day=end,
                    start=start,
                )
            )
        if budget is not None:
            self.give("B", positive("budget", budget), N_("budget"))
        if energy is not None:
            self.give("E", positive("energy", energy))

    def take_efficiency(self, *, mfu: float | None, goodput: float | None, pue: float | None) -> None:
        if mfu is not None:
            self.give("U" if goodput is None else "M", 100 * fraction("mfu", mfu))
        if goodput is not None:
            self.give("g", 100 * fraction("goodput", goodput))
        if pue is not None:
            if positive("pue", pue) < 1 or pue > 3:
                raise InputError(
                    _("A PUE is between 1 and 3, not {value}.", value=pue), code="compute-bad-pue"
                )
            self.give("k", pue)

    def unknown(self) -> str:
        """The unknown when nobody names it: the first of the usual ones that is not there."""
        spent = bool(self.figures.keys() & {"B", "E"}) or {"n", "t"} <= self.figures.keys()
        size = {"N", "D"} if "C" in self.figures else {"N", "D"} & self.figures.keys()
        if spent and not size:
            return "N"
        if spent and "D" not in size:
            return "D"
        if spent and "N" not in size:
            return "N"
        if {"n", "t"} <= self.figures.keys():
            return "U" if "U" not in self.figures and "M" not in self.figures else "D"
        if "n" in self.figures:
            return "t"
        if "t" in self.figures:
            return "n"
        if self.figures.keys() & {"B", "E"}:
            return "D"
        if size:
            return "B"
        raise missing([(N_("something that is fixed"), "$5M, 90 days, 1,024 GPUs, 70B")])

    def take_model_device(self) -> None:
        self.device = find_device(self.model_device)
        self.notes.append(
            _(
                "No device was given: {device} is what {model} was trained on.",
                device=self.device.name,
                model=self.subject,
            )
        )

    def forget(self, symbol: str) -> None:
        """Drop what a model's row or the arguments say about the unknown itself."""
        dropped = self.figures.pop(symbol, None)
        if dropped is not None and symbol not in self.from_model:
            self.notes.append(
                _("{metric} is what is solved for; the value given is left out.", metric=_(dropped.metric))
            )
        if symbol == "N" and "D" in self.from_model:
            self.figures.pop("D", None)
        if symbol == "U":
            for name in ("M", "g"):
                self.figures.pop(name, None)

    def assume(
        self,
        symbol: str,
        *,
        dtype: str | None,
        usd_per_hour: float | None,
        buy_price: float | None,
        region: str | None,
        year: int | None,
    ) -> None:
        """Fill in ranges for what nobody gave."""
        self._assume_device(symbol, dtype)
        sizes = {"N", "D"} & self.figures.keys()
        if not sizes if symbol in ("N", "D") else len(sizes) == 1 and "C" not in self.figures:
            self._range("r")
        self._assume_power(symbol)
        self._assume_price(symbol, usd_per_hour, buy_price)
        if region or symbol == "G":
            self.figures["I"] = grid_intensity(region or "World", year)
            if not region:
                self.assumed["I"] = self.figures["I"]

    def _assume_device(self, symbol: str, dtype: str | None) -> None:
        if self.device is None:
            return
        name = checked_dtype(self.device, dtype)
        self.figures["P"] = run_figures.peak(self.device, name)
        if symbol == "U" or "U" in self.figures:
            return
        if "M" in self.figures or "g" in self.figures:
            for part in ("M", "g"):
                if part not in self.figures:
                    self._range(part)
            return
        self.figures["U"] = self.assumed["U"] = run_figures.assumed_mfu(mfu_prior(self.device, name))

    def _assume_power(self, symbol: str) -> None:
        if self.device is None or self.device.power_w is None:
            return
        self.figures["W"] = run_figures.power(self.device)
        for name in ("f", "o", "k"):
            if name not in self.figures and name != symbol:
                self._range(name, shown="E" in self.figures or symbol in ("E", "G"))

    def _assume_price(self, symbol: str, usd_per_hour: float | None, buy_price: float | None) -> None:
        if symbol == "p":
            return
        if usd_per_hour is not None:
            self.give("p", positive("usd_per_hour", usd_per_hour))
        elif buy_price is not None:
            self.figures["p"] = self._own(buy_price)
        elif self.device is not None:
            self._look_up_price(self.device, shown=symbol == "B" or "B" in self.figures)

    def _look_up_price(self, device: Device, *, shown: bool) -> None:
        price = run_figures.price(device, device.price) if device.price else None
        if price is None and shown:
            price = estimated_price(device)
            self.notes.append(
                _(
                    "No public rental price of {device} is in the table; a wide range is assumed.",
                    device=device.name,
                )
            )
        if price is not None:
            self.figures["p"] = price
            if shown:
                self.assumed["p"] = price

    def _own(self, buy_price: float) -> Figure:
        """The hourly cost of owning, with its own interval."""
        if self.device is None or self.device.power_w is None:
            raise missing([(N_("device"), "H100")])
        parts = {"V": given(positive("buy_price", buy_price), *UNITS["V"])}
        parts |= {name: run_prior(name, *UNITS[name]) for name in ("s", "L", "a", "e")}
        parts |= {name: self.figures[name] for name in ("W", "f", "o", "k")}
        owning = relations().owning
        figure = owning.figure(parts, interval=False)
        found = _spread(Plan((owning,)), parts, ["p"])["p"]
        return figure.model_copy(update={"low": found.p5, "high": found.p95})

    def _range(self, symbol: str, *, shown: bool = True) -> None:
        figure = run_prior(symbol, *UNITS[symbol], device=self.device.name if self.device else "")
        self.figures[symbol] = figure
        if shown:
            self.assumed[symbol] = figure


def solution(
    symbol: str,
    figures: Mapping[str, Figure],
    *,
    assumed: Mapping[str, Figure] | None = None,
    subject: str = "",
) -> Solution:
    """Solve for ``symbol`` from figures by symbol (see :mod:`relations`).

    Raises:
        InputError: The figures do not lead to the unknown.
    """
    tied = _relations(figures)
    ways = _preferred(routes(symbol, frozenset(figures) - {symbol}, tied), figures)
    if not ways:
        raise _not_enough(symbol, figures)
    if symbol in ("N", "D"):
        # Of several limits the tightest one holds.
        ways.sort(key=lambda way: way.plan.evaluate(_middles(figures, way.plan.inputs))[symbol])
    plan = _with_the_rest(ways[0], figures, tied)
    made, spreads = _evaluated(plan, figures, subject)
    answer = made[symbol]
    used = {part.metric for figure in made.values() for part in figure.walk()}
    impossible = symbol == "U" and answer.value > 100
    return Solution(
        subject=subject,
        target=next((name for name, known in TARGETS.items() if known == symbol), symbol),
        answer=answer,
        median=_point(answer, spreads[symbol].p50, N_("median of the draws")) if symbol in spreads else None,
        other_routes=tuple(_other(route, figures, answer, subject) for route in ways[1:3]),
        others=tuple(
            made[name] for name in _REPORTED if name in made and name != symbol and name not in figures
        ),
        assumed=tuple(figure for figure in (assumed or {}).values() if figure.metric in used),
        shares=_shares(answer, spreads.get(symbol), figures),
        notes=(_("More than the dense peak is impossible: the limits cannot be met."),) if impossible else (),
    )


def _middles(figures: Mapping[str, Figure], names: Sequence[str]) -> dict[str, float]:
    return {name: figures[name].value for name in names}


def _preferred(ways: list[Route], figures: Mapping[str, Figure]) -> list[Route]:
    """One route for each set of limits that the user gave; the way over the FLOP of the model comes first."""
    seen: dict[frozenset[str], Route] = {}
    for route in ways:
        seen.setdefault(route.start & {"n", "t", "B", "E", "N", "D", "C", "h"}, route)
    return sorted(
        seen.values(),
        key=lambda route: (
            -len(route.start & {"N", "D", "C"}),
            "B" not in route.start,
            len(route.plan.steps),
        ),
    )


def _relations(figures: Mapping[str, Figure]) -> tuple[Relation, ...]:
    """The relations of a run, with the cost named for what it is."""
    owned = "p" in figures and figures["p"].metric == relations().owning.metric
    return relations().owned_run if owned else relations().run


def _with_the_rest(route: Route, figures: Mapping[str, Figure], tied: Sequence[Relation]) -> Plan:
    """The route, and after it everything else that follows from its inputs and its answer."""
    steps = list(route.plan.steps)
    for name in _REPORTED:
        known = frozenset(figures) | {step.symbol for step in steps}
        if name in known:
            continue
        more = routes(name, known, tied)
        if more:
            steps += more[0].plan.steps
    return Plan(tuple({step.symbol: step for step in reversed(steps)}.values())[::-1])


def _evaluated(
    plan: Plan, figures: Mapping[str, Figure], subject: str
) -> tuple[dict[str, Figure], dict[str, Spread]]:
    """Every step as a figure whose interval is the 5% and 95% point of the draws."""
    spreads = _spread(plan, figures, [step.symbol for step in plan.steps])
    made = dict(figures)
    for step in plan.steps:
        figure = step.figure(made, subject=subject, interval=False)
        found = spreads.get(step.symbol)
        if found is not None:
            low, high = min(found.p5, figure.value), max(found.p95, figure.value)
            figure = figure.model_copy(update={"low": low, "high": high})
        made[step.symbol] = figure
    return made, spreads


def _spread(plan: Plan, figures: Mapping[str, Figure], outputs: Sequence[str]) -> dict[str, Spread]:
    inputs = {name: input_of(figures[name]) for name in plan.inputs}
    if all(isinstance(item, Fixed) for item in inputs.values()):
        return {}
    return spread(plan.evaluate_arrays, inputs, outputs)


def _other(route: Route, figures: Mapping[str, Figure], first: Figure, subject: str) -> OtherRoute:
    made, _spreads = _evaluated(route.plan, figures, subject)
    answer = made[route.target]
    ratio = computed(
        answer.value / first.value,
        "x",
        N_("ratio of the two routes"),
        expression="b / a",
        inputs={"a": first, "b": answer},
        latex=r"\frac{b}{a}",
        convention=N_("middle values of both routes"),
        reference="",
    )
    return OtherRoute(answer=answer, ratio=ratio)


def _shares(answer: Figure, found: Spread | None, figures: Mapping[str, Figure]) -> tuple[VarianceShare, ...]:
    if found is None:
        return ()
    return tuple(
        VarianceShare(
            input=figures[name].metric,
            share=computed(
                rounded(100 * share, 2),
                PERCENT,
                N_("share of the variance"),
                expression="Var(ln y | x) / Σ Var(ln y | xᵢ)",
                inputs={"x": figures[name]},
                latex=r"\frac{\mathrm{Var}(\ln y \mid x)}{\sum_i \mathrm{Var}(\ln y \mid x_i)}",
                convention=N_("one input at a time through its range, the others in the middle"),
                reference="",
                subject=figures[name].metric,
            ),
            low_end=_point(answer, found.ends[name][0], N_("with the input at its low end")),
            high_end=_point(answer, found.ends[name][1], N_("with the input at its high end")),
        )
        for name, share in found.shares.items()
        if share >= 0.005
    )


def _point(answer: Figure, value: float, metric: str) -> Figure:
    return answer.model_copy(update={"value": value, "low": None, "high": None, "metric": metric})


def _not_enough(symbol: str, figures: Mapping[str, Figure]) -> InputError:
    """What would lead to the unknown: a device, then a limit."""
    wanted: list[tuple[str, str]] = []
    if "P" not in figures:
        wanted.append((N_("device"), "H100"))
    if "B" in figures and "p" not in figures:
        wanted.append((N_("rental price"), "$2.5/GPU-hour"))
    elif "E" in figures and "P" in figures and "W" not in figures:
        wanted.append((N_("devices and days, or a budget, since the board power is not known"), "$5M"))
    elif symbol in ("N", "D", "U") and not figures.keys() & {"B", "E", "t", "n"}:
        wanted.append((N_("a budget, an amount of energy, or devices and days"), "$5M"))
    elif symbol in ("n", "t") and not figures.keys() & {"t", "n"}:
        wanted.append((N_("days or devices"), "90 days"))
    if symbol not in ("N", "D") and not {"N", "D"} & figures.keys() and "C" not in figures:
        wanted.append((N_("parameters and training tokens"), "70B, 15T tokens"))
    elif symbol in ("B", "p") and "p" not in figures and symbol == "B":
        wanted.append((N_("rental price"), "$2.5/GPU-hour"))
    return missing(wanted or [(N_("devices and days, or a budget"), "1,024 GPUs, 90 days")])
