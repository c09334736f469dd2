"""From users to devices, money, energy and emissions, each figure with its formula."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tieout.plugin import Figure
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.accelerators import TABLE as HARDWARE
from tieout_compute_estimator.accelerators import Device
from tieout_compute_estimator.api_prices import PricePair
from tieout_compute_estimator.derivation import N_, cell, computed, given
from tieout_compute_estimator.price_estimates import estimated_price
from tieout_compute_estimator.priors import grid_intensity, run_prior
from tieout_compute_estimator.relations import relations
from tieout_compute_estimator.units import DEVICE, DEVICE_HOUR, RATIO, USD, USD_PER_HOUR, WATT

__all__ = ["Energy", "Load", "Money", "energy_of", "hours_per_month", "load_of", "money_of", "price_of"]

MONTH_HOURS = 8760 / 12
"""Hours in the mean month."""
MTOKEN, PER_MTOKEN = "Mtoken", "USD/Mtoken"
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Load:
    """Demand over a day and the devices for it."""

    requests: Figure
    """A day."""
    mean_rate: Figure
    peak_rate: Figure
    replicas: Figure
    devices: Figure
    input_tokens: Figure
    """A month, in millions."""
    output_tokens: Figure


def load_of(
    *,
    users: Figure,
    prompts: Figure,
    peak_factor: Figure,
    load: Figure,
    spare: Figure,
    prompt: Figure,
    output: Figure,
    throughput: Figure,
    per_replica: Figure,
) -> Load:
    """Requests, rates, copies of the model and devices.

    Args:
        users: Users a day.
        prompts: Prompts of one user a day.
        peak_factor: Busiest hour over the mean.
        load: Share of an engine's throughput to plan with, between 0 and 1.
        spare: Copies on top, for one that fails.
        prompt: Tokens of a prompt.
        output: Tokens of an answer.
        throughput: Output tokens per second of one copy, with its band.
        per_replica: Devices of one copy.
    """
    requests = computed(
        users.value * prompts.value,
        "",
        N_("requests per day"),
        expression="U · q",
        inputs={"U": users, "q": prompts},
        latex=r"U q",
        convention=N_("every user on every day"),
        reference="",
    )
    mean = computed(
        requests.value * output.value / _SECONDS_PER_DAY,
        "token/s",
        N_("mean output tokens per second"),
        expression="Q · o / 86400",
        inputs={"Q": requests, "o": output},
        latex=r"\frac{Q o}{86400}",
        convention=N_("spread evenly over the day"),
        reference="",
    )
    peak = computed(
        mean.value * peak_factor.value,
        "token/s",
        N_("output tokens per second at the peak"),
        expression="R · f",
        inputs={"R": mean, "f": peak_factor},
        latex=r"R f",
        convention=N_("the busiest hour over the mean"),
        reference="",
    )
    replicas = _replicas(peak, throughput, load, spare)
    return Load(
        requests,
        mean,
        peak,
        replicas,
        _times_whole(replicas, per_replica),
        _monthly_tokens(requests, prompt, N_("input tokens per month")),
        _monthly_tokens(requests, output, N_("output tokens per month")),
    )


def _replicas(peak: Figure, throughput: Figure, load: Figure, spare: Figure) -> Figure:
    def needed(rate: float) -> float:
        return math.ceil(peak.value / (rate * load.value)) + spare.value

    low = None if throughput.high is None else needed(throughput.high)
    high = None if throughput.low is None else needed(throughput.low)
    same = low == high
    return computed(
        needed(throughput.value),
        "",
        N_("copies of the model"),
        expression="⌈P / (T · u)⌉ + s",
        inputs={"P": peak, "T": throughput, "u": load, "s": spare},
        latex=r"\left\lceil \frac{P}{T u} \right\rceil + s",
        convention=N_("enough for the peak at the load planned with, and spare copies for one that fails"),
        reference="",
        low=None if same else low,
        high=None if same else high,
    )


def _times_whole(replicas: Figure, each: Figure) -> Figure:
    return computed(
        replicas.value * each.value,
        DEVICE,
        N_("devices"),
        expression="r · n",
        inputs={"r": replicas, "n": each},
        latex=r"r n",
        convention=N_("whole copies"),
        reference="",
        low=None if replicas.low is None else replicas.low * each.value,
        high=None if replicas.high is None else replicas.high * each.value,
    )


def _monthly_tokens(requests: Figure, length: Figure, metric: str) -> Figure:
    return computed(
        requests.value * length.value * MONTH_HOURS / 24 / 1e6,
        MTOKEN,
        metric,
        expression="Q · o · 8760 / 12 / 24 / 10⁶",
        inputs={"Q": requests, "o": length},
        latex=r"Q o \cdot 30.4",
        convention=N_("a twelfth of 8,760 hours"),
        reference="",
    )


def hours_per_month(devices: Figure) -> Figure:
    """Device-hours of a month; the devices stand ready all the time."""
    return computed(
        devices.value * MONTH_HOURS,
        DEVICE_HOUR,
        N_("device-hours per month"),
        expression="n · 8760 / 12",
        inputs={"n": devices},
        latex=r"730 n",
        convention=N_("rented around the clock"),
        reference="",
        low=None if devices.low is None else devices.low * MONTH_HOURS,
        high=None if devices.high is None else devices.high * MONTH_HOURS,
    )


def price_of(device: Device, usd_per_hour: float | None) -> Figure | None:
    """Rent of a device-hour: given, from the table, or estimated from devices that have one."""
    if usd_per_hour is not None:
        return given(usd_per_hour, USD_PER_HOUR, N_("price"))
    return run_figures.price(device, device.price) if device.price else estimated_price(device)


@dataclass(frozen=True)
class Energy:
    """A month."""

    energy: Figure
    emissions: Figure


def energy_of(hours: Figure, device: Device, region: str) -> Energy | None:
    """Energy of the site and its emissions; nothing when the table has no board power."""
    if device.power_w is None:
        return None
    made = relations()
    inputs = {
        "h": hours,
        "W": cell(device.power_w, WATT, N_("board power"), device, table=HARDWARE, field="power_w"),
        "f": run_prior("f", RATIO, N_("share of board power drawn")),
        "o": run_prior("o", RATIO, N_("hosts and network on top of the boards")),
        "k": run_prior("k", RATIO, N_("power usage effectiveness")),
    }
    energy = made.site_energy.figure(inputs)
    emissions = made.emissions.figure({"E": energy, "I": grid_intensity(region)})
    return Energy(energy, emissions)


@dataclass(frozen=True)
class Money:
    """A month of cost, and of revenue at somebody's list price."""

    cost: Figure
    per_output: Figure
    per_token: Figure
    revenue: Figure | None
    margin: Figure | None


def money_of(hours: Figure, price: Figure, load: Load, api: PricePair | None) -> Money:
    """Cost, cost per million tokens, revenue and margin."""
    cost = (
        relations()
        .cost.figure({"h": hours, "p": price})
        .model_copy(update={"metric": N_("rental cost per month")})
    )
    per_output = _unit_cost(cost, {"o": load.output_tokens}, N_("cost of a million output tokens"))
    per_token = _unit_cost(
        cost, {"i": load.input_tokens, "o": load.output_tokens}, N_("cost of a million tokens, in and out")
    )
    if api is None:
        return Money(cost, per_output, per_token, None, None)
    revenue = computed(
        load.input_tokens.value * api.input.value + load.output_tokens.value * api.output.value,
        USD,
        N_("revenue per month at list price"),
        expression="i · a + o · b",
        inputs={"i": load.input_tokens, "a": api.input, "o": load.output_tokens, "b": api.output},
        latex=r"i a + o b",
        convention=N_("nothing cached, every token paid"),
        reference="",
    )
    return Money(cost, per_output, per_token, revenue, _margin(cost, revenue))


def _unit_cost(cost: Figure, tokens: dict[str, Figure], metric: str) -> Figure:
    total = math.fsum(figure.value for figure in tokens.values())
    below = " + ".join(tokens)
    return computed(
        cost.value / total,
        PER_MTOKEN,
        metric,
        expression=f"B / ({below})" if len(tokens) > 1 else f"B / {below}",
        inputs={"B": cost, **tokens},
        latex=r"\frac{B}{i + o}" if len(tokens) > 1 else r"B / o",
        convention=N_("rent alone, spare copies and quiet hours included"),
        reference="",
        low=None if cost.low is None else cost.low / total,
        high=None if cost.high is None else cost.high / total,
    )


def _margin(cost: Figure, revenue: Figure) -> Figure:
    def share(spent: float) -> float:
        return 100.0 * (1.0 - spent / revenue.value)

    return computed(
        share(cost.value),
        "%",
        N_("gross margin over rent"),
        expression="100 · (1 - B / R)",
        inputs={"B": cost, "R": revenue},
        latex=r"1 - B / R",
        convention=N_("rent of the accelerators only; staff, network, discounts and free users left out"),
        reference="",
        low=None if cost.high is None else share(cost.high),
        high=None if cost.low is None else share(cost.low),
    )
