"""What follows from a claim with the facts about its subject, and estimates that have to agree with each other."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import Fact
from tieout_compute_estimator.claims.rules_training import PALM, assumed_rate, hours_at
from tieout_compute_estimator.derivation import N_

__all__ = ["estimate_behind", "estimates_agree", "run_implied", "spend"]


def run_implied(bench: Bench) -> Iterator[Finding]:
    """Devices of a model whose hours or days are published: days on the wall and utilisation of the run."""
    subject, count, device = bench.subject(), bench.device_count(), bench.device()
    if subject is None or count is None or device is None or bench.claim.first("duration"):
        return
    names = bench.known.related(subject.name)
    for name in names:
        hours = bench.known.best(name, "gpu_hours")
        if hours is None or not bench.same_family(hours.device, device.name):
            continue
        days = derived(
            hours.value / count.value / 24,
            "day",
            "days",
            "h / (n · 24)",
            {"h": hours.figure(), "n": count.figure},
        )
        yield _implied(bench, name, days, hours.figure(), device.name)
        return
    for name in names:
        for fact in bench.known.facts(name, "duration"):
            if fact.count and bench.same_family(fact.device, device.name):
                days_value = in_unit(fact.value, fact.unit, "day") or 0.0
                time = fact.figure("run time")
                hours_figure = derived(
                    count.value * days_value * 24,
                    "GPU-hour",
                    "device-hours",
                    "n · t · 24",
                    {"n": count.figure, "t": time},
                )
                yield _implied(bench, name, time, hours_figure, device.name)
                return


def _implied(bench: Bench, name: str, days: Figure, hours: Figure, device: str) -> Finding:
    numbers = {"days": days, "device_hours": hours}
    n = bench.published("active_params", "parameter", name) or bench.published("params", "parameter", name)
    d = bench.published("tokens", "token", name)
    peak = next(
        (f for f in bench.known.facts(device, "rate") if f.dtype in ("bf16", "fp16") and f.sparse is False),
        None,
    )
    if n is not None and d is not None and peak is not None and hours.value:
        work = 6 * n.value * d.value
        per_second = in_unit(peak.value, peak.unit, "FLOP/s") or 1.0
        numbers["mfu"] = derived(
            100 * work / (hours.value * 3600 * per_second),
            "%",
            "MFU",
            "6 · N · D / (h · 3600 · P)",
            {"N": n.figure, "D": d.figure, "h": hours, "P": peak.figure("dense peak")},
            reference=PALM,
        )
    return finding(
        "imply",
        "run",
        N_("The run of {name} took {days} on them."),
        figures={"days": days},
        words={"name": name},
        numbers=numbers,
    )


def estimate_behind(bench: Bench) -> Iterator[Finding]:
    """The throughput and rent behind a published estimate of cost: work over rate times price."""
    subject = bench.subject()
    if subject is None or not bench.claim.first("cost", "money"):
        return
    rate, price = assumed_rate(bench, subject.name), _assumed_rent(bench, subject.name)
    n, d = (
        bench.published("params", "parameter", subject.name),
        bench.published("tokens", "token", subject.name),
    )
    work = bench.six_nd(n, d) if n and d else None
    if rate is None or price is None or work is None:
        return
    hours = hours_at(work.figure, rate)
    years = derived(hours.value / 8766, "year", "years of one device", "h / 8766", {"h": hours})
    cost = derived(hours.value * price.value, "USD", "cost", "h · p", {"h": hours, "p": price.figure()})
    yield finding(
        "imply",
        "estimate",
        N_("At {rate} and {price}, {subject} takes {years} of one device and {cost}."),
        figures={"rate": rate.figure(), "price": price.figure(), "years": years, "cost": cost},
        words={"subject": subject.name},
        numbers={"usd": cost, "years": years, "device_hours": hours},
    )


def _assumed_rent(bench: Bench, subject: str) -> Fact | None:
    """The rent that an outside estimate of a model's cost assumed."""
    return next((f for f in bench.known.facts(subject, "unit_price") if f.status == "estimate"), None)


def estimates_agree(bench: Bench) -> Iterator[Finding]:
    """A time on one device and a cost of the same training: does the rent carry one to the other?"""
    for index, time in bench.claim.of("duration"):
        for other, money in bench.claim.of("cost", "money"):
            found = _common(bench, time, money)
            if found is None or money.unit != "USD":
                continue
            subject, price = found
            rent = price.figure()
            hours = (bench.at(index, "day") or 0.0) / 365 * 365.25 * 24
            usd = derived(hours * price.value, "USD", "cost", "t · p", {"t": bench.stated(index), "p": rent})
            years = derived(
                money.value / price.value / 8766,
                "year",
                "time",
                "cost / p",
                {"cost": bench.stated(other), "p": rent},
            )
            good = abs(usd.value / money.value - 1) < 0.08
            yield finding(
                "assume" if good else "contradict",
                "estimates",
                N_("{time} of one device at {rent} cost {usd}, which agrees with {money}.")
                if good
                else N_(
                    "{time} of one device at {rent} cost {usd}, not {money}; {money} are {years}. "
                    "The two estimates for {subject} rest on different throughputs."
                ),
                figures={
                    "time": bench.stated(index),
                    "rent": rent,
                    "usd": usd,
                    "money": bench.stated(other),
                    "years": years,
                },
                words={"subject": subject, "assumption": "the rent"},
                covers=(index, other),
                numbers={"usd_from_time": usd, "years_from_cost": years},
                target=other,
                recomputed=usd,
                fixes={} if good else {other: usd},
            )
            return


def _common(bench: Bench, time: Measure, money: Measure) -> tuple[str, Fact] | None:
    """The subject whose published estimates for one device are this time and this cost."""
    for name in dict.fromkeys([time.subject, money.subject, *_by_value(bench, time)]):
        if not name:
            continue
        times = [f for f in bench.known.facts(name, "duration") if f.count == 1]
        costs = [f for f in bench.known.facts(name, "cost") if f.device]
        price = _assumed_rent(bench, name)
        near = any(abs((in_unit(f.value, f.unit, time.unit) or 0.0) / time.value - 1) < 0.03 for f in times)
        paid = any(abs(f.value / money.value - 1) < 0.05 for f in costs if f.unit == money.unit)
        if near and paid and price is not None:
            return name, price
    return None


def _by_value(bench: Bench, time: Measure) -> list[str]:
    return [
        fact.subject
        for fact in bench.known.of_role("duration")
        if fact.count == 1
        and abs((in_unit(fact.value, fact.unit, time.unit) or 0.0) / time.value - 1) < 0.003
    ]


def spend(bench: Bench) -> Iterator[Finding]:
    """Money for accelerators: how many it buys at a known price, or what each costs."""
    if bench.subject() is not None or bench.claim.first("gpu_hours", "unit_price", "duration"):
        return
    for index, measure in bench.claim.of("money", "cost"):
        device = bench.device()
        if device is None or measure.unit != "USD" or measure.value < 1e5:
            continue
        count = bench.device_count()
        if bench.claim.first("item_price"):
            continue
        fact = next(
            (f for m in bench.claim.named("device") for f in bench.known.facts(m.name, "item_price")), None
        )
        if count is not None and count.value > 1:
            each = derived(
                measure.value / count.value,
                "USD",
                "price of each",
                "cost / n",
                {"cost": bench.stated(index), "n": count.figure},
            )
            low, high = fact.ends if fact else (3000.0, 60000.0)
            fits = low * 0.7 <= each.value <= high * 1.6
            known = fact.figure() if fact else each
            yield finding(
                "assume" if fits else "contradict",
                "spend",
                N_("{money} for {count} are {each} each; known is {known_range}.")
                if fits
                else N_("{money} for {count} would be {each} each; known is {known_range}."),
                figures={"money": bench.stated(index), "count": count.figure, "each": each, "known": known},
                words={"assumption": "the price of each"},
                covers=(index, *count.covers),
                numbers={"usd_each": each},
                target=index,
            )
            continue
        if fact is None:
            continue
        ends = fact.ends
        bought = derived(
            measure.value / fact.value,
            "GPU",
            "devices",
            "money / price",
            {"money": bench.stated(index), "price": fact.figure()},
            low=measure.value / ends[1],
            high=measure.value / ends[0],
        )
        yield finding(
            "missing",
            "spend",
            N_(
                "{money} would buy {bought_range} at {price} each ({source}); how many were "
                "ordered is not known."
            ),
            figures={"money": bench.stated(index), "bought": bought, "price": fact.figure()},
            words={"source": fact.source_text, "missing": "the number ordered"},
            numbers={"devices": bought},
        )
