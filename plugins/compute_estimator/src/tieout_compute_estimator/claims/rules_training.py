"""Training runs: work, devices, time, hours, energy and money have to fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import KAPLAN, Bench, Held
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.derivation import N_

__all__ = [
    "PALM",
    "capacity",
    "carried_out",
    "counted",
    "dense_peak",
    "training_time",
    "training_work",
    "usual",
]

MEGATRON = "Narayanan et al. 2021, arXiv:2104.04473"
PALM = "Chowdhery et al. 2022, arXiv:2204.02311, appendix B"
LOWEST_MFU, LOW_MFU, HIGH_MFU = 0.04, 0.12, 0.72
TYPICAL_MFU = 0.45


def training_work(bench: Bench) -> Iterator[Finding]:
    """A stated training compute against 6ND of stated or published parameters and tokens."""
    for index, measure in bench.claim.of("compute"):
        subject = bench.known.subject(measure.subject)
        if measure.per or (subject is not None and subject.kind == "service") or _serving(bench, measure):
            continue
        params, tokens = bench.params(measure.subject), bench.tokens(measure.subject)
        if params is None or tokens is None:
            continue
        exact = bench.exact_params(measure.subject)
        tries = [params, *([exact] if exact and abs(exact.value / params.value - 1) < 0.05 else [])]
        works = [work for held in tries if (work := bench.six_nd(held, tokens)) is not None]
        work = min(works, key=lambda one: abs(one.value / (bench.at(index, "FLOP") or 1.0) - 1), default=None)
        if work is None:
            continue
        yield _compared(bench, index, measure, work, (*params.covers, *tokens.covers), tokens.assumed)


def _serving(bench: Bench, measure: Measure) -> bool:
    """Whether a compute is said to be for serving and not for training."""
    around = bench.claim.text[max(0, measure.start - 24) : measure.end + 8]
    return bool(re.search(r"推理|运营|运行|inference|serving|operat", around, re.IGNORECASE))


def _compared(
    bench: Bench, index: int, measure: Measure, work: Held, inputs: tuple[int, ...], assumed: str
) -> Finding:
    value = in_unit(work.value, "FLOP", measure.unit) or 0.0
    figure = derived(
        value,
        measure.unit,
        "training compute",
        "6 · N · D",
        work.figure.inputs(),
        reference=KAPLAN,
        convention="attention and recomputation left out",
    )
    numbers = {"compute": figure, "flops": work.figure}
    figures = {"stated": bench.stated(index), "computed": figure}
    if agrees(measure, value, tolerance=0.06):
        kind = "assume" if assumed else "match"
        message = (
            N_("{stated} follows from 6·N·D under an assumption ({assumption}): {computed}.")
            if assumed
            else N_("{stated} follows from 6·N·D: {computed}.")
        )
        return finding(
            kind,
            "6ND",
            message,
            figures=figures,
            words={"assumption": assumed} if assumed else {},
            covers=(index, *inputs),
            numbers=numbers,
            target=index,
            recomputed=figure,
        )
    ratio = measure.value / value if value else 0.0
    factor = derived(
        ratio, "", "ratio", "stated / (6 · N · D)", {"stated": bench.stated(index), "computed": figure}
    )
    for slip in (1e3, 1e-3, 1e6, 1e-6):
        if abs(ratio / slip - 1) < 0.08:
            return finding(
                "slip",
                "6ND",
                N_("{stated} is off by a factor of {factor} from 6·N·D = {computed}."),
                figures={**figures, "factor": factor},
                covers=(index,),
                numbers={**numbers, "factor": factor},
                target=index,
                recomputed=figure,
                fixes={index: figure},
            )
    if 0.45 < ratio < 2.2:
        return finding(
            "assume",
            "6ND",
            N_(
                "{stated} is {factor} times 6·N·D = {computed}; it needs attention, "
                "recomputation or another token count to be counted in."
            ),
            figures={**figures, "factor": factor},
            covers=(index,),
            numbers={**numbers, "factor": factor},
            target=index,
            recomputed=figure,
        )
    return finding(
        "contradict",
        "6ND",
        N_("{stated} does not follow from 6·N·D, which gives {computed}."),
        figures=figures,
        covers=(index,),
        numbers={**numbers, "factor": factor},
        target=index,
        recomputed=figure,
        fixes={index: figure},
    )


def counted(bench: Bench) -> Iterator[Finding]:
    """Servers times accelerators in each, against a stated or published number of accelerators."""
    total = bench.from_servers()
    if total is None or total.index is None:
        return
    numbers = {"gpus": total.figure}
    devices = bench.claim.first("devices")
    inside = bench.claim.first("per_server")
    if devices and inside:
        index, measure = devices
        good = agrees(measure, total.value)
        yield finding(
            "match" if good else "contradict",
            "servers",
            N_("{servers} with {each} each are {total}.")
            if good
            else N_("{servers} with {each} each are {total}, not {stated}."),
            figures={
                "servers": bench.stated(total.index),
                "each": bench.stated(inside[0]),
                "total": total.figure,
                "stated": bench.stated(index),
            },
            covers=(index, total.index, inside[0]),
            numbers=numbers,
            target=index,
            recomputed=total.figure,
            fixes={} if good else {index: total.figure},
        )
        return
    yield finding(
        "imply",
        "servers",
        N_("{servers} hold {total}."),
        figures={"servers": bench.stated(total.index), "total": total.figure},
        covers=(inside[0],) if inside else (),
        numbers=numbers,
    )


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
    work = _work(bench)
    if work is None:
        yield from _reachable(bench, index, count, hours, peak, numbers)
        return
    yield _utilisation(bench, index, measure, count, hours, peak, work, numbers)


_DAILY = re.compile(r"每天|每日|一天|per day|a day|daily", re.IGNORECASE)


def capacity(bench: Bench) -> Iterator[Finding]:
    """Devices at a stated utilisation over a stated time, against the work that the claim gives."""
    work, mfu = bench.claim.first("compute"), bench.claim.first("mfu")
    count, peak, time = bench.device_count(), dense_peak(bench), training_time(bench)
    daily = _DAILY.search(bench.claim.text)
    if work is None or mfu is None or count is None or peak is None or not (time or daily):
        return
    days = (bench.at(time[0], "day") or 0.0) if time else 1.0
    index, measure = work
    flops = count.value * days * 86400 * peak.value * 1e12 * mfu[1].value / 100
    inputs = {"n": count.figure, "P": peak, "MFU": bench.stated(mfu[0])}
    inputs |= {"t": bench.stated(time[0])} if time else {}
    value = in_unit(flops, "FLOP", measure.unit) or 0.0
    figure = derived(value, measure.unit, "FLOP", "n · t · P · MFU", inputs, reference=PALM)
    good = agrees(measure, value, tolerance=0.05)
    off = measure.value / value if value else 0.0
    slipped = any(abs(off / factor - 1) < 0.06 for factor in (1e3, 1e-3, 1e6, 1e-6))
    yield finding(
        "match" if good else "slip" if slipped else "contradict",
        "product",
        N_("{count} at {mfu} give {computed}, as stated.")
        if good
        else N_("{count} at {mfu} give {computed}, not {stated}."),
        figures={
            "count": count.figure,
            "mfu": bench.stated(mfu[0]),
            "computed": figure,
            "stated": bench.stated(index),
        },
        covers=(index, mfu[0], *count.covers, *((time[0],) if time else ())),
        numbers={"flops": figure},
        target=index,
        recomputed=figure,
        fixes={} if good else {index: figure},
    )


def training_time(bench: Bench) -> tuple[int, Measure] | None:
    times = [(index, m) for index, m in bench.claim.of("duration") if in_unit(m.value, m.unit, "h") or 0 > 1]
    changes = len([m for _i, m in times if m.low is None]) > 1
    return None if changes or not times else times[0]


def _single(bench: Bench) -> bool:
    return bool(
        re.search(
            r"单[个块张台卡颗]|一[块张台颗]|(?:a )?single|one (?:V100|A100|H100|GPU)",
            bench.claim.text,
            re.IGNORECASE,
        )
    )


def dense_peak(bench: Bench) -> Figure | None:
    device = bench.device()
    if device is None:
        return None
    dtype = device.training_dtype
    fact = next(
        (
            f
            for f in bench.known.facts(device.name, "rate")
            if f.dtype == dtype and f.sparse is False and f.table == "hardware"
        ),
        None,
    )
    return fact.figure("dense peak") if fact else None


def _work(bench: Bench) -> Held | None:
    """FLOP of the run; for parameters alone the twenty tokens of the Chinchilla rule."""
    work = bench.flops()
    if work is not None:
        return work
    subject = bench.subject()
    if subject is not None and not bench.claim.first("params"):
        return None
    return None


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
    numbers |= {
        "implied_tflops_6nd": rate,
        "implied_tflops_8nd": recomputed,
        "mfu": reached,
        "hfu": hfu,
        "days_at_typical_mfu": days,
        "devices_needed": need,
    }
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
    spread = [end / 100 * 100 for end in (mfu, mfu)]
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


def usual(value: float, unit: str, metric: str) -> Figure:
    return derived(value, unit, metric, f"{value:g}", {}, convention="a usual value")
