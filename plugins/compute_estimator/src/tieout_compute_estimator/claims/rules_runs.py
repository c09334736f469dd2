"""Devices and time against the work of a model: the utilisation they would take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import KAPLAN, Bench, Held
from tieout_compute_estimator.claims.findings import Finding, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.rules_training import PALM, dense_peak, training_time, usual
from tieout_compute_estimator.derivation import N_

__all__ = ["carried_out"]


MEGATRON = "Narayanan et al. 2021, arXiv:2104.04473"


LOWEST_MFU, HIGH_MFU = 0.04, 0.72


TYPICAL_MFU = 0.45


def carried_out(bench: Bench) -> Iterator[Finding]:
    """Devices and time against the work of a model: what utilisation would it take?"""
    device, found = bench.device(), training_time(bench)
    if device is None or found is None:
        return
    index, measure = found
    count, single = bench.device_count(), _single(bench)
    if count is None and single:
        one = derived(1.0, "GPU", "devices", "1", {}, convention="a single one, as the text says")
        count = Held(one, None)
    if count is None:
        return
    hours = bench.hours(count, index)
    seconds = hours.value * 3600
    peak = dense_peak(bench)
    if peak is None or not seconds:
        return
    numbers: dict[str, Figure] = {"device_hours": hours, "devices": count.figure}
    capable = derived(
        seconds * peak.value * 1e12 * TYPICAL_MFU,
        "FLOP",
        "FLOP at typical utilisation",
        "h · 3600 · P · MFU",
        {"h": hours, "P": peak, "MFU": usual(TYPICAL_MFU * 100, "%", "MFU")},
    )
    numbers["flop_at_typical_mfu"] = capable
    work = bench.flops()
    if work is None:
        yield from _reachable(bench, index, count, hours, peak, numbers)
        return
    yield _utilisation(bench, index, measure, count, hours, peak, work, numbers)


def _single(bench: Bench) -> bool:
    return bool(
        re.search(
            r"单[个块张台卡颗]|一[块张台颗]|(?:a )?single|one (?:V100|A100|H100|GPU)",
            bench.claim.text,
            re.IGNORECASE,
        )
    )


def _run_numbers(
    bench: Bench, index: int, count: Held, hours: Figure, peak: Figure, work: Held
) -> dict[str, Figure]:
    """What a run of known work means: rate and utilisation, with recomputation too, days and devices it takes."""
    achieved = work.value / (hours.value * 3600)
    mfu = achieved / (peak.value * 1e12)
    rate = derived(
        achieved / 1e12,
        "TFLOP/s",
        "rate per device",
        "C / (h · 3600)",
        {"C": work.figure, "h": hours},
        convention="6ND",
    )
    recomputed = derived(
        achieved * 8 / 6e12,
        "TFLOP/s",
        "rate per device with recomputation",
        "8/6 · C / (h · 3600)",
        {"C": work.figure, "h": hours},
        reference=MEGATRON,
        convention="8ND: full activation recomputation",
    )
    reached = derived(
        100 * mfu,
        "%",
        "MFU",
        "C / (h · 3600 · P)",
        {"C": work.figure, "h": hours, "P": peak},
        reference=PALM,
        convention="dense peak, whole-run average",
    )
    hfu = derived(100 * mfu * 8 / 6, "%", "HFU", "8/6 · MFU", {"MFU": reached}, reference=MEGATRON)
    days = derived(
        work.value / (count.value * peak.value * 1e12 * TYPICAL_MFU) / 86400,
        "day",
        "days at typical utilisation",
        "C / (n · P · MFU)",
        {"C": work.figure, "n": count.figure, "P": peak, "MFU": usual(45, "%", "MFU")},
    )
    need = derived(
        work.value / ((bench.at(index, "s") or 1.0) * peak.value * 1e12 * TYPICAL_MFU),
        "GPU",
        "devices needed",
        "C / (t · P · MFU)",
        {"C": work.figure, "t": bench.stated(index), "P": peak, "MFU": usual(45, "%", "MFU")},
    )
    at_peak = derived(
        work.value / (count.value * peak.value * 1e12) / 86400, "day", "days at the full peak", "C / (n · P)",
        {"C": work.figure, "n": count.figure, "P": peak},
    )  # fmt: skip
    return {
        "days_at_peak": at_peak,
        "implied_tflops_6nd": rate,
        "implied_tflops_8nd": recomputed,
        "mfu": reached,
        "hfu": hfu,
        "days_at_typical_mfu": days,
        "devices_needed": need,
    }


def _utilisation(
    bench: Bench,
    index: int,
    measure: Measure,
    count: Held,
    hours: Figure,
    peak: Figure,
    work: Held,
    numbers: dict[str, Figure],
) -> Finding:
    numbers |= _run_numbers(bench, index, count, hours, peak, work)
    rate, reached, need = (numbers[name] for name in ("implied_tflops_6nd", "mfu", "devices_needed"))
    numbers |= _rivals(bench, count, peak, index)
    covers = (
        index,
        *count.covers,
        *(work.covers or tuple(i for i, _m in bench.claim.of("params", "tokens", "dataset"))),
    )
    figures = {
        "mfu": reached,
        "rate": rate,
        "need": need,
        "work": work.figure,
        "count": count.figure,
        "time": bench.stated(index),
    }
    words = {"device": peak.subject}
    mfu = reached.value / 100
    spread = [mfu]
    low, high = measure.ends
    if high > low > 0:
        spread = [mfu * measure.value / high, mfu * measure.value / low]
    if max(spread) < LOWEST_MFU or min(spread) > 1.0:
        message = (
            N_(
                "{work} on {count} in {time} would take {mfu} of the dense peak of {device}, "
                "more than there is; at typical utilisation it needs {need}."
            )
            if min(spread) > 1
            else N_(
                "{work} on {count} in {time} would use only {mfu} of the dense peak of {device}; "
                "at typical utilisation {need} would do."
            )
        )
        fixes = {count.index: need} if count.index is not None else {}
        return finding(
            "contradict",
            "utilisation",
            message,
            figures=figures,
            words=words,
            covers=covers,
            numbers=numbers,
            target=count.index if count.index is not None else index,
            recomputed=need,
            fixes=fixes,
        )
    if min(spread) > HIGH_MFU:
        return finding(
            "contradict",
            "utilisation",
            N_(
                "{work} on {count} in {time} would take {mfu} of the dense peak of {device}; no "
                "public run of this kind comes near."
            ),
            figures=figures,
            words=words,
            covers=covers,
            numbers=numbers,
            target=count.index,
            recomputed=need,
        )
    assumed = N_("a utilisation of this size") if not work.assumed else work.assumed
    return finding(
        "assume",
        "utilisation",
        N_(
            "{work} on {count} in {time} means {rate} each, {mfu} of the dense peak of "
            "{device}; it holds under {assumption}."
        ),
        figures=figures,
        words={**words, "assumption": assumed},
        covers=covers,
        numbers=numbers,
        target=index,
        recomputed=_time_interval(work, count, peak, measure),
    )


def _time_interval(work: Held, count: Held, peak: Figure, measure: Measure) -> Figure:
    """How long it takes between 55 % and 25 % of the peak."""
    ends = [work.value / (count.value * peak.value * 1e12 * share) for share in (0.55, 0.38, 0.25)]
    low, mid, high = (in_unit(end, "s", measure.unit) or 0.0 for end in ends)
    return derived(
        mid,
        measure.unit,
        "time",
        "C / (n · P · MFU)",
        {"C": work.figure, "n": count.figure, "P": peak, "MFU": usual(38, "%", "MFU")},
        low=low,
        high=high,
        convention="MFU between 25 and 55 %",
    )


def _rivals(bench: Bench, count: Held, peak: Figure, index: int) -> dict[str, Figure]:
    """Tokens that the hardware reaches, bytes of data behind each, and the FLOP at other utilisations."""
    found: dict[str, Figure] = {}
    params = bench.params()
    seconds = bench.at(index, "s") or 0.0
    for share in (0.30, 0.34, 0.45, 0.60):
        flops = derived(
            count.value * seconds * peak.value * 1e12 * share,
            "FLOP",
            "FLOP",
            "n · t · P · MFU",
            {"n": count.figure, "t": bench.stated(index), "P": peak, "MFU": usual(share * 100, "%", "MFU")},
        )
        found[f"flops_mfu{share * 100:.0f}"] = flops
        if params is not None and params.value:
            found[f"tokens_mfu{share * 100:.0f}"] = derived(
                flops.value / (6 * params.value),
                "token",
                "tokens reached",
                "C / (6 · N)",
                {"C": flops, "N": params.figure},
                reference=KAPLAN,
            )
    dataset = bench.claim.first("dataset")
    size = bench.at(dataset[0], "B") if dataset else None
    if dataset and size and params is not None and params.value:
        tokens = found["tokens_mfu45"]
        found["bytes_per_token"] = derived(
            size / tokens.value,
            "B",
            "bytes of data per token",
            "S / D",
            {"S": bench.stated(dataset[0]), "D": tokens},
        )
    return found


def _reachable(
    bench: Bench, index: int, count: Held, hours: Figure, peak: Figure, numbers: dict[str, Figure]
) -> Iterator[Finding]:
    """No tokens are known: days for the twenty tokens per parameter, and for fifteen trillion."""
    params, subject = bench.params(), bench.subject()
    if (subject is not None and subject.moe) or re.search(
        r"稀疏|MoE|混合专家|sparse", bench.claim.text, re.IGNORECASE
    ):
        params = None  # all parameters of a mixture say nothing about its work
    if params is None:
        yield finding(
            "imply",
            "utilisation",
            N_("{count} for {time} are {hours}; how much work the run had is not known."),
            figures={"count": count.figure, "time": bench.stated(index), "hours": hours},
            numbers=numbers,
        )
        return
    cluster = _cluster(bench, count, peak)
    for name, tokens in (("20x", 20 * params.value), ("15t", 15e12)):
        held = derived(
            tokens, "token", "tokens", "20 · N" if name == "20x" else "15e12", {"N": params.figure}
        )
        for share in (30, 40, 45):
            flops = 6 * params.value * tokens
            numbers[f"days_{name}_{share}"] = derived(
                flops / (cluster.value * share / 100) / 86400,
                "day",
                "days",
                "6 · N · D / (R · MFU)",
                {"N": params.figure, "D": held, "R": cluster, "MFU": usual(share, "%", "MFU")},
                reference=KAPLAN,
            )
    short, long = numbers["days_20x_40"], numbers["days_15t_40"]
    measure = bench.claim.measures[index]
    low, high = (in_unit(end, measure.unit, "day") or 0.0 for end in measure.ends)
    reach = derived(
        low * 86400 * cluster.value * 0.4 / (6 * params.value),
        "token",
        "tokens in that time",
        "t · R · MFU / (6 · N)",
        {"t": bench.stated(index), "R": cluster, "MFU": usual(40, "%", "MFU"), "N": params.figure},
        reference=KAPLAN,
    )
    numbers["tokens_in_time"] = reach
    fits = high >= 0.5 * min(short.value, long.value)
    yield finding(
        "assume" if fits else "contradict",
        "time",
        N_(
            "{params} on {count}: {short} for twenty tokens a parameter, {long} for 15 "
            "trillion, at 40% utilisation; {time} holds for a token count to match ({reach})."
        )
        if fits
        else N_(
            "{params} on {count} take {short} even for twenty tokens a parameter at 40% "
            "utilisation, not {time}."
        ),
        figures={
            "params": params.figure,
            "count": count.figure,
            "short": short,
            "long": long,
            "time": bench.stated(index),
            "reach": reach,
            "fifteen": usual(15e12, "token", "tokens"),
            "share": usual(40, "%", "MFU"),
            "twenty": usual(20, "", "tokens per parameter"),
        },
        covers=(index, *count.covers, *params.covers),
        numbers=numbers,
        target=index,
        recomputed=short.model_copy(
            update={"low": min(short.value, long.value), "high": max(short.value, long.value)}
        ),
    )


def _cluster(bench: Bench, count: Held, peak: Figure) -> Figure:
    """The rate of all devices, at the stated rate of one where the claim has it."""
    for index, measure in bench.claim.of("rate"):
        value = in_unit(measure.value, measure.unit, "FLOP/s")
        if value and (measure.per == "device" or 0.5 < value / (peak.value * 1e12) < 2):
            return derived(
                count.value * value,
                "FLOP/s",
                "aggregate rate",
                "n · P",
                {"n": count.figure, "P": bench.stated(index)},
            )
    return derived(
        count.value * peak.value * 1e12, "FLOP/s", "aggregate rate", "n · P", {"n": count.figure, "P": peak}
    )
