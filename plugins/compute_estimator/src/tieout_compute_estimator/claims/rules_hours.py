"""Device-hours and money of a run: what they mean and whether they fit."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import KAPLAN, Bench, Held
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit, slip
from tieout_compute_estimator.claims.rules_energy import hours_energy
from tieout_compute_estimator.claims.rules_training import (
    PALM,
    dense_peak,
    hours_of_run,
    training_time,
    usual,
)
from tieout_compute_estimator.derivation import N_
from tieout_compute_estimator.run_figures import price as listed_price

__all__ = ["hours_stated", "priced", "rented"]


_RENT = (0.3, 12.0)
_USUAL = (18.0, 62.0)
"""Per cent of the dense peak that published training runs reach."""
_LEAST = 5.0


def hours_stated(bench: Bench) -> Iterator[Finding]:
    """What stated device-hours mean: energy and utilisation. That they are devices times days the ledger checks."""
    for index, _measure in bench.claim.of("gpu_hours"):
        yield from _meaning(bench, index)


def _meaning(bench: Bench, index: int) -> Iterator[Finding]:
    peak = dense_peak(bench)
    hours = bench.at(index, "GPU-hour")
    if peak is None or not hours:
        return
    numbers: dict[str, Figure] = dict(hours_energy(bench, index))
    runs = _runs(bench, index)
    for name, work in runs:
        ratio = work.value / (
            (work.figure.inputs().get("h") or bench.stated(index)).value * 3600 * peak.value * 1e12
        )
        numbers[f"mfu_{name}"] = derived(
            100 * ratio,
            "%",
            "MFU",
            "6 · N · D / (h · 3600 · P)",
            {**work.figure.inputs(), "P": peak},
            reference=PALM,
            convention="dense peak, whole-run average",
        )
    shown = next((figure for name, figure in numbers.items() if name.startswith("mfu")), None)
    if shown is not None and shown.value > 100:
        yield finding(
            "contradict",
            "utilisation",
            N_("{hours} would mean {mfu} of the dense peak of {device}, more than there is."),
            figures={"hours": bench.stated(index), "mfu": shown},
            words={"device": peak.subject},
            covers=(index,),
            numbers=numbers,
        )
        return
    of_text = numbers.get("mfu_run")
    if of_text is not None and of_text.value < _LEAST:
        yield finding(
            "contradict",
            "utilisation",
            N_(
                "{hours} would mean {mfu} of the dense peak of {device}, less than any run is known to reach."
            ),
            figures={"hours": bench.stated(index), "mfu": of_text},
            words={"device": peak.subject},
            covers=(index,),
            numbers=numbers,
        )
        return
    if of_text is not None and _USUAL[0] <= of_text.value <= _USUAL[1]:
        yield finding(
            "assume",
            "utilisation",
            N_(
                "{hours} for that work mean {mfu} of the dense peak of {device}; it holds under such a utilisation."
            ),
            figures={"hours": bench.stated(index), "mfu": of_text},
            words={"device": peak.subject, "assumption": "a utilisation of this size"},
            covers=(index, *(i for i, _m in bench.claim.of("params", "active_params", "tokens"))),
            numbers=numbers,
        )
        return
    yield finding(
        "imply",
        "utilisation",
        N_("{hours} on {device}: what follows is given below."),
        figures={"hours": bench.stated(index)},
        words={"device": peak.subject},
        numbers=numbers,
    )


def _runs(bench: Bench, index: int) -> Iterator[tuple[str, Held]]:
    """The training runs that the stated hours are of: the model named, or the runs behind a published total."""
    subject = bench.subject()
    measure = bench.claim.measures[index]
    names = [subject.name] if subject else []
    for fact in bench.known.of_role("gpu_hours"):
        value = in_unit(fact.value, fact.unit, measure.unit)
        if (
            fact.runs
            and value
            and abs(value / measure.value - 1) < 0.01
            and bench.same_family(fact.device, measure.device)
        ):
            names = list(fact.runs)
    stated_work = bench.six_nd() if subject is None and bench.claim.first("params") else None
    if stated_work is not None:
        yield "run", _with_hours(stated_work, bench.stated(index))
    for name in names:
        for member in bench.known.related(name):
            n = bench.published("active_params", "parameter", member) or bench.published(
                "params", "parameter", member
            )
            d, h = bench.published("tokens", "token", member), bench.known.best(member, "gpu_hours")
            work = bench.six_nd(n, d) if n and d else None
            if work is not None and h is not None and bench.known.models.get(member):
                yield member.lower().replace(" ", "_"), _with_hours(work, h.figure())


def _with_hours(work: Held, hours: Figure) -> Held:
    inputs = {**work.figure.inputs(), "h": hours}
    return Held(
        derived(work.value, "FLOP", "training FLOP", "6 · N · D", inputs, reference=KAPLAN),
        work.index,
        work.assumed,
    )


def priced(bench: Bench) -> Iterator[Finding]:
    """Money for training against hours and rents."""
    for index, measure in bench.claim.of("cost", "money"):
        if measure.unit != "USD" or measure.per:
            continue
        price = bench.claim.first("unit_price")
        if price and (bench.claim.first("gpu_hours") or bench.claim.first("devices", "servers")):
            continue  # the ledger multiplies it out
        hours, assumed = _run_hours(bench)
        if hours is None or not hours.value:
            continue
        if price and bench.claim.measures[price[0]].unit == "USD/GPU-hour":
            yield _of_known_hours(bench, index, price[0], hours, assumed)
            continue
        yield _rent(bench, index, hours)


def _of_known_hours(bench: Bench, index: int, price: int, hours: Figure, assumed: str) -> Finding:
    """Money at a stated rent for device-hours that the text does not give."""
    measure, each = bench.claim.measures[index], bench.claim.measures[price]
    cost = derived(hours.value * each.value, "USD", "cost", "h · p", {"h": hours, "p": bench.stated(price)})
    good = agrees(measure, cost.value)
    return finding(
        ("assume" if assumed else "match") if good else "slip" if slip(measure, cost.value) else "contradict",
        "rent",
        N_("{hours} at {price} cost {cost}, as stated.")
        if good
        else N_("{hours} at {price} cost {cost}, not {stated}."),
        figures={"hours": hours, "price": bench.stated(price), "cost": cost, "stated": bench.stated(index)},
        covers=(
            index,
            price,
            *(i for i, _m in bench.claim.of("gpu_hours", "devices", "servers", "duration")),
        ),
        numbers={"usd": cost},
        target=index,
        recomputed=cost,
        fixes={} if good else {index: cost},
    )


def _run_hours(bench: Bench) -> tuple[Figure | None, str]:
    found = bench.claim.first("gpu_hours")
    if found:
        return bench.stated_in(found[0], "GPU-hour"), ""
    count, time = bench.device_count(), training_time(bench)
    if count is not None and time is not None:
        return bench.hours(count, time[0]), count.assumed
    subject = bench.subject()
    if subject is None or (subject.kind == "service"):
        return None, ""
    best = bench.known.best(subject.name, "gpu_hours")
    if best is not None:
        return best.figure(), best.assumption
    device = bench.device()
    for fact in bench.facts(subject.name, "duration"):
        if (
            fact.count
            and not fact.per
            and (device is None or bench.same_family(fact.device, device.name))
            and fact.count > 1
            and fact.status in ("estimate", "published", "leak")
        ):
            return hours_of_run(fact), fact.assumption
    return None, ""


def _rent(bench: Bench, index: int, hours: Figure) -> Finding:
    measure = bench.claim.measures[index]
    each = derived(
        measure.value / hours.value,
        "USD/GPU-hour",
        "price per device-hour",
        "cost / h",
        {"cost": bench.stated(index), "h": hours},
    )
    ends = [
        derived(hours.value * p, "USD", "cost", "h · p", {"h": hours, "p": usual(p, "USD/GPU-hour", "price")})
        for p in (1.0, 1.5, 2.0, 3.0)
    ]
    numbers = {"usd_per_gpu_hour": each, "usd_at_1.5": ends[1], "usd_at_2": ends[2], "device_hours": hours}
    fits = _RENT[0] <= each.value <= _RENT[1]
    interval = ends[1].model_copy(update={"low": ends[0].value, "high": ends[3].value})
    return finding(
        "assume" if fits else "contradict",
        "rent",
        N_("{stated} over {hours} is {each}; at 1.5 to 2 USD an hour it would be {low} to {high}.")
        if fits
        else N_(
            "{stated} over {hours} would be {each}, which no rent is; at 1.5 to 2 USD an "
            "hour it is {low} to {high}."
        ),
        figures={
            "stated": bench.stated(index),
            "hours": hours,
            "each": each,
            "low": ends[1],
            "high": ends[2],
        },
        covers=(index,),
        numbers=numbers,
        target=index,
        recomputed=interval,
        fixes={} if fits else {index: ends[2]},
    )


def rented(bench: Bench) -> Iterator[Finding]:
    """A rent that nothing multiplies: against what providers list for the device, with its date."""
    if bench.claim.first("gpu_hours", "cost", "money"):
        return
    for index, measure in bench.claim.of("unit_price"):
        device = bench.known.device(measure.device)
        if device is None or device.price is None or measure.unit != "USD/GPU-hour":
            continue
        price = device.price
        known = listed_price(device, price)
        fits = 0.8 * price.low <= measure.value <= 1.25 * price.high
        yield finding(
            "assume" if fits else "missing",
            "rent",
            N_("{stated} lies among the rents that are listed for {device}: {known_range} ({source}).")
            if fits
            else N_(
                "{stated} lies outside the rents that are listed for {device}: {known_range} ({source})."
            ),
            figures={"stated": bench.stated(index), "known": known},
            words={
                "device": device.name,
                "source": price.source,
                "assumption": "the rent",
                "missing": "the rent",
            },
            covers=(index,) if fits else (),
            numbers={"usd_per_gpu_hour": known},
            target=index,
        )
