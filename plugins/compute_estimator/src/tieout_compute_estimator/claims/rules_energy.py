"""Power, energy and carbon: watts times hours, and what a grid emits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.derivation import N_

__all__ = ["ALONE", "drawn", "emitted", "hours_energy", "used"]

_PUE_AND_HOST = (0.7, 2.2)
"""Site power over the sum of board powers: 0.7 for boards below their limit, 2.2 with hosts, network and cooling."""
ALONE = re.compile(
    r"仅|只算|单算|单[卡张块]|芯片功耗|GPU ?功耗|TDP|alone|only|GPUs? themselves"
    r"|before (?:the |any )?(?:cooling|overhead|hosts?|network\w*|PUE|facility)",
    re.IGNORECASE,
)
"""Words that say that the power of the accelerators is meant, without hosts, network and cooling."""
_GRID = (0.02, 0.95)
"""kg of CO2 equivalent per kWh, from nuclear and water to coal."""


def _tdp(bench: Bench) -> Figure | None:
    for index, measure in bench.claim.of("power"):
        watts = bench.at(index, "W")
        if watts and watts < 3000 and measure.per != "server":
            return bench.stated_in(index, "W")
    board = _board_power(bench)
    return board if board is not None and board.unit == "W" else None


def _board_power(bench: Bench) -> Figure | None:
    """The published power of the accelerator named."""
    device = bench.device()
    fact = bench.known.best(device.name, "power") if device else None
    return fact.figure() if fact else None


def hours_energy(bench: Bench, index: int) -> Iterator[tuple[str, Figure]]:
    """Energy of stated device-hours at board power."""
    watts, hours = _tdp(bench), bench.at(index, "GPU-hour")
    if watts is None or not hours:
        return
    yield (
        "energy_gwh",
        derived(
            hours * watts.value / 1e9,
            "GWh",
            "energy at board power",
            "h · P",
            {"h": bench.stated(index), "P": watts},
        ),
    )


def drawn(bench: Bench) -> Iterator[Finding]:
    """The power of a site against accelerators times board power."""
    count, watts = bench.device_count(), _board_power(bench)
    if count is None or count.value < 16 or watts is None:
        return
    for index, measure in bench.claim.of("power"):
        value = bench.at(index, "W") or 0.0
        if measure.per or value < 20_000 or index in bench.explained:
            continue
        sum_ = count.value * watts.value
        figure = derived(
            sum_ * 1.4,
            "W",
            "power",
            "n · P · k",
            {"n": count.figure, "P": watts, "k": derived(1.4, "", "hosts and cooling", "1.4", {})},
            low=sum_,
            high=sum_ * 1.9,
            convention="hosts, network and cooling add 0 to 90 % to the board power",
        )
        figure = _rescaled(figure, measure.unit)
        yield _ratio_finding(
            bench, index, value / sum_, _PUE_AND_HOST, figure, (index, *count.covers), "power"
        )


def _rescaled(figure: Figure, unit: str) -> Figure:
    ends = [
        None if end is None else in_unit(end, figure.unit, unit)
        for end in (figure.value, figure.low, figure.high)
    ]
    return figure.model_copy(update={"value": ends[0] or 0.0, "low": ends[1], "high": ends[2], "unit": unit})


def _ratio_finding(
    bench: Bench,
    index: int,
    ratio: float,
    limits: tuple[float, float],
    figure: Figure,
    covers: tuple[int, ...],
    rule: str,
) -> Finding:
    figures = {"stated": bench.stated(index), "computed": figure}
    alone = ALONE.search(bench.claim.text)
    said = partial(
        finding, figures=figures, covers=covers, numbers={rule: figure}, target=index, recomputed=figure
    )
    if alone and abs(ratio - 1) < 0.03:
        return said(
            "match",
            rule,
            N_("{stated} is the board power of the devices alone."),
        )
    if limits[0] <= ratio <= limits[1]:
        return said(
            "assume",
            rule,
            N_("{stated} fits what the devices draw: {computed_range}."),
        )
    for slip in (1e3, 1e-3, 1e6, 1e-6):
        if limits[0] <= ratio / slip <= limits[1]:
            factor = derived(slip if slip > 1 else 1 / slip, "", "factor", "stated / computed", figures)
            return said(
                "slip",
                rule,
                N_("{stated} is off by a factor of about {factor}: the devices draw {computed_range}."),
                figures={**figures, "factor": factor},
                numbers={rule: figure, "factor": factor},
                fixes={index: figure},
            )
    return said(
        "contradict",
        rule,
        N_("{stated} does not fit what the devices draw: {computed_range}."),
        fixes={index: figure},
    )


def used(bench: Bench) -> Iterator[Finding]:
    """Energy against power times time, or device-hours times board power."""
    for index, measure in bench.claim.of("energy"):
        if index in bench.explained or bench.claim.first("pue", "load"):
            continue
        power, time = _site(bench), bench.claim.first("duration", "span")
        if power is not None and (time or measure.per):
            hours = (
                (bench.at(time[0], "h") or 0.0)
                if time
                else {"year": 8760.0, "month": 730.0}.get(measure.per, 0.0)
            )
            watts = bench.at(power, "W") or 0.0
            inputs = {"P": bench.stated(power), **({"t": bench.stated(time[0])} if time else {})}
            figure = _rescaled(derived(watts * hours, "Wh", "energy", "P · t", inputs), measure.unit)
            share = (measure.value / figure.value) if figure.value else 0.0
            if agrees(measure, figure.value, tolerance=0.05):
                yield finding(
                    "match",
                    "energy",
                    N_("{power} over that time are {computed}, as stated."),
                    figures={"power": bench.stated(power), "computed": figure},
                    covers=(index, power, *((time[0],) if time else ())),
                    numbers={"energy": figure},
                    target=index,
                    recomputed=figure,
                )
            elif 0.4 < share < 1:
                load = derived(100 * share, "%", "load", "E / (P · t)", {"E": bench.stated(index), **inputs})
                yield finding(
                    "assume",
                    "energy",
                    N_("{stated} is {load} of what {power} at full load would use ({computed})."),
                    figures={
                        "stated": bench.stated(index),
                        "load": load,
                        "power": bench.stated(power),
                        "computed": figure,
                    },
                    covers=(index, power, *((time[0],) if time else ())),
                    numbers={"energy": figure, "load": load},
                    target=index,
                    recomputed=figure,
                )
            else:
                slipped = any(abs(share / factor - 1) < 0.05 for factor in (1e3, 1e-3, 1e6, 1e-6, 24, 1 / 24))
                yield finding(
                    "slip" if slipped else "contradict",
                    "energy",
                    N_("{power} over that time are {computed}, not {stated}."),
                    figures={"power": bench.stated(power), "computed": figure, "stated": bench.stated(index)},
                    covers=(index, power),
                    numbers={"energy": figure},
                    target=index,
                    recomputed=figure,
                    fixes={index: figure},
                )
            continue
        hours = _hours(bench)
        watts = _tdp(bench)
        if hours is None or watts is None:
            continue
        base = hours.value * watts.value
        figure = derived(
            base * 1.2,
            "Wh",
            "energy",
            "h · P · k",
            {"h": hours, "P": watts},
            low=base * 0.8,
            high=base * 1.8,
            convention="hosts and cooling add up to 80 %",
        )
        value = bench.at(index, "Wh") or 0.0
        yield _ratio_finding(
            bench, index, value / base, _PUE_AND_HOST, _rescaled(figure, measure.unit), (index,), "energy"
        )


def _site(bench: Bench) -> int | None:
    """The stated power of a site, not of one device."""
    device = bench.device()
    board = (device.power_w or 0.0) if device else 0.0
    for index, _measure in bench.claim.of("power"):
        watts = bench.at(index, "W") or 0.0
        if watts > 3000 or (watts and not board):
            return index
    return None


def _hours(bench: Bench) -> Figure | None:
    found = bench.claim.first("gpu_hours")
    if found:
        return bench.stated_in(found[0], "GPU-hour")
    count, time = bench.device_count(), bench.claim.first("duration")
    if count is not None and time is not None:
        return bench.hours(count, time[0])
    subject = bench.subject()
    fact = bench.known.best(subject.name, "gpu_hours") if subject else None
    return fact.figure() if fact else None


def _by_rate(bench: Bench, index: int, used_: int, rate: int, energy: Figure) -> Finding:
    """Carbon as energy times the intensity that the claim gives."""
    measure = bench.claim.measures[index]
    each = bench.claim.measures[rate].value
    total = derived(
        energy.value * each / 1e3, "tCO2e", "carbon", "E · k", {"E": energy, "k": bench.stated(rate)}
    )
    good = agrees(measure, total.value)
    return finding(
        "match" if good else "contradict",
        "product",
        N_("{energy} at that intensity are {total}, as stated.")
        if good
        else N_("{energy} at that intensity are {total}, not {stated}."),
        figures={"energy": energy, "total": total, "stated": bench.stated(index)},
        covers=(index, used_, rate),
        numbers={"carbon": total},
        target=index,
        recomputed=total,
        fixes={} if good else {index: total},
    )


def emitted(bench: Bench) -> Iterator[Finding]:
    """Carbon over energy: what the grid would have to emit."""
    for index, _measure in bench.claim.of("carbon"):
        found = bench.claim.first("energy")
        energy: Figure | None = None
        if found:
            energy = bench.stated_in(found[0], "kWh")
        else:
            hours, watts = _hours(bench), _tdp(bench)
            if hours is not None and watts is not None:
                energy = derived(
                    hours.value * watts.value / 1e3,
                    "kWh",
                    "energy at board power",
                    "h · P",
                    {"h": hours, "P": watts},
                )
        if energy is None or not energy.value:
            continue
        found_rate = bench.claim.first("intensity")
        if found_rate is not None and found is not None:
            yield _by_rate(bench, index, found[0], found_rate[0], energy)
            continue
        kilos = (bench.at(index, "tCO2e") or 0.0) * 1e3
        rate = derived(
            kilos / energy.value,
            "kg/kWh",
            "grid intensity",
            "CO2 / E",
            {"CO2": bench.stated(index), "E": energy},
        )
        fits = _GRID[0] <= rate.value <= _GRID[1]
        intensity = derived(
            rate.value, "", "kg CO2 per kWh", "CO2 / E", {"CO2": bench.stated(index), "E": energy}
        )
        yield finding(
            "assume" if fits else "contradict",
            "carbon",
            N_("{stated} from {energy} is {rate} kg per kWh, which a grid can have.")
            if fits
            else N_("{stated} from {energy} is {rate} kg per kWh, which no grid has."),
            figures={"stated": bench.stated(index), "energy": energy, "rate": intensity},
            covers=(index, *((found[0],) if found else ())),
            numbers={"kg_per_kwh": intensity, "energy": energy},
            target=index,
        )
