"""The numbers behind each picture, computed with the same functions as the tools."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tieout.errors import InputError
from tieout.plugin import Figure, Language, Plot, translator
from tieout_compute_estimator import serving_model
from tieout_compute_estimator.cache_figures import STATE_BYTES
from tieout_compute_estimator.checks import positive
from tieout_compute_estimator.derivation import N_
from tieout_compute_estimator.number_formats import bits_of
from tieout_compute_estimator.pictures import Bar, cost_against_deadline, iso_flop, memory_stack, tornado
from tieout_compute_estimator.serving_calibration import calibration_table
from tieout_compute_estimator.serving_demand import demand_of
from tieout_compute_estimator.serving_figures import operating_point
from tieout_compute_estimator.serving_model import Demand, Factors, Machine
from tieout_compute_estimator.serving_setup import Setup, Wanted, settle

__all__ = ["deadline_plot", "iso_flop_plot", "memory_plot", "serving_tornado"]

_ = translator("tieout_compute_estimator")

_SCALE_START, _SCALE_LOSS = 8_192.0, 0.0687
"""At a fixed batch 8,192 GPUs reached 43% MFU and 16,384 reached 41% (Llama Team 2024, arXiv:2407.21783, Table 4):
device-hours grow with the devices to the power ln(43/41)/ln 2."""
_DAYS = (7, 10, 14, 20, 30, 45, 60, 90, 120, 180, 270, 365)


def devices_for(hours: float, days: float) -> float:
    """Devices that finish ``hours`` device-hours in ``days``, more of them losing efficiency as they grow in number."""
    flat = hours / (24.0 * days)
    if flat <= _SCALE_START:
        return flat
    return (flat * _SCALE_START**-_SCALE_LOSS) ** (1.0 / (1.0 - _SCALE_LOSS))


def deadline_plot(hours: Figure, price: Figure, *, device: str, lang: Language = "en") -> Plot:
    """Rent and devices against the days there are.

    Args:
        hours: Device-hours of the run at a scale where efficiency holds, with interval.
        price: USD per device-hour, with interval.
    """
    ends = [(_end(hours, name), _end(price, name)) for name in ("low", "value", "high")]
    counts = [devices_for(hours.value, days) for days in _DAYS]
    cost = [
        (
            *(devices_for(work, days) * 24.0 * days * rent for work, rent in ends[:2]),
            devices_for(ends[2][0], days) * 24.0 * days * ends[2][1],
        )
        for days in _DAYS
    ]
    return cost_against_deadline(
        [float(days) for days in _DAYS],
        [(row[0], row[1], row[2]) for row in cost],
        counts,
        device=device,
        lang=lang,
    )


def _end(figure: Figure, name: str) -> float:
    value: float | None = {"low": figure.low, "high": figure.high}.get(name)
    return figure.value if value is None else value


def iso_flop_plot(flops: float, *, lang: Language = "en") -> Plot:
    """Loss against parameters at ``flops``, with the 90% interval of the optimum."""
    from tieout_compute_estimator.scaling_laws import optimal_params, scaling_table

    refit, spread = scaling_table().refit, scaling_table().refit_spread
    best = optimal_params(positive("flops", flops))
    sizes = [best.value * 10 ** (step / 12) for step in range(-15, 16)]

    def loss(params: float, shift: float) -> float:
        # The fit's uncertainty of D at given N, as fewer or more tokens in effect.
        return refit.loss(params, flops / 6.0 / params * math.exp(shift * spread.at(params)))

    curve = [(loss(size, 1.645), loss(size, 0.0), loss(size, -1.645)) for size in sizes]
    return iso_flop(
        sizes, curve, best=(best.low, best.value, best.high), best_loss=loss(best.value, 0.0), lang=lang
    )


def memory_plot(wanted: Wanted, *, lang: Language = "en") -> Plot:
    """Weights and cache against the context, with what the devices hold.

    Raises:
        InputError: The architecture is not known.
    """
    setup = settle(wanted)
    architecture = setup.source.architecture
    if architecture is None:
        raise InputError(
            _("The memory picture needs a model whose architecture is known."), code="compute-missing-input"
        )
    longest = architecture.trained_context or 131_072
    contexts = [float(2**power) for power in range(9, 18) if 2**power <= longest] or [float(longest)]
    width, sequences = bits_of(setup.kv_dtype) / 8.0, setup.batch or 1.0
    layers: list[tuple[str, Sequence[float]]] = [
        (_("weights", lang=lang), [setup.weights.value] * len(contexts)),
        (
            _("KV cache", lang=lang),
            [sequences * width * architecture.cached_values(context) for context in contexts],
        ),
    ]
    if architecture.state_values:
        state = sequences * STATE_BYTES * architecture.state_values
        layers.append((_("recurrent state", lang=lang), [state] * len(contexts)))
    capacity = setup.machine.devices * setup.machine.memory
    return memory_stack(contexts, layers, capacity=capacity, lang=lang)


def serving_tornado(wanted: Wanted, *, lang: Language = "en") -> Plot:
    """How far lengths, batch and efficiencies move the output tokens per second."""
    setup = settle(wanted)
    point = operating_point(setup)
    factors, batch = calibration_table().fitted.factors, point.batch.value
    bars = [
        _bar(N_("prompt, half and double"), setup, batch, factors, prompt=True),
        _bar(N_("answer, half and double"), setup, batch, factors, prompt=False),
        _ends(N_("batch, half and double"), [_speed(setup, part * batch, factors) for part in (0.5, 2.0)]),
        _ends(
            N_("memory efficiency, 20% less and more"),
            [
                _speed(setup, batch, replace(factors, memory=min(1.0, factors.memory * part)))
                for part in (0.8, 1.2)
            ],
        ),
        _ends(
            N_("arithmetic efficiency, 20% less and more"),
            [
                _speed(setup, batch, replace(factors, compute=min(1.0, factors.compute * part)))
                for part in (0.8, 1.2)
            ],
        ),
    ]
    shown = [bar._replace(name=_(bar.name, lang=lang)) for bar in bars if bar.low != bar.high]
    return tornado(shown, middle=point.throughput.value, unit="token/s", lang=lang)


def _speed(setup: Setup, batch: float, factors: Factors) -> float:
    return _rate(setup.demand, setup.machine, max(1.0, batch), factors, setup)


def _rate(demand: Demand, machine: Machine, batch: float, factors: Factors, setup: Setup) -> float:
    parts = serving_model.token_time(
        demand, machine, batch, factors, accepted=setup.accepted, verified=setup.verified
    )
    return 1.0 / parts.total


def _bar(name: str, setup: Setup, batch: float, factors: Factors, *, prompt: bool) -> Bar:
    """The same requests with a shorter and a longer prompt or answer, at the batch that then fits."""
    speeds: list[float] = []
    for part in (0.5, 2.0):
        demand = _stretched(setup, part if prompt else 1.0, 1.0 if prompt else part)
        room = serving_model.batch_from_memory(demand, setup.machine)
        held = batch if setup.batch is not None else min(serving_model.MAX_BATCH, room)
        speeds.append(_rate(demand, setup.machine, max(1.0, held), factors, setup))
    return _ends(name, speeds)


def _stretched(setup: Setup, prompt: float, output: float) -> Demand:
    demand, architecture = setup.demand, setup.source.architecture
    lengths = demand.prompt * prompt, demand.output * output
    context = lengths[0] + lengths[1] / 2
    if architecture is None:
        ratio = context / (demand.prompt + demand.output / 2)
        return replace(
            demand,
            prompt=lengths[0],
            output=lengths[1],
            prompt_flops=demand.prompt_flops * prompt,
            cache_bytes=demand.cache_bytes * ratio,
        )
    return demand_of(
        architecture,
        weight_bytes=demand.weight_bytes,
        kv_bytes=bits_of(setup.kv_dtype) / 8.0,
        prompt=lengths[0],
        output=lengths[1],
    )


def _ends(name: str, speeds: list[float]) -> Bar:
    return Bar(name, min(speeds), max(speeds))
