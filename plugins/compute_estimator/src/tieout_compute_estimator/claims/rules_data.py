"""Data and size: tokens that a size of model wants, bytes behind tokens, bytes of weights, and what a size implies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import FOUR_BYTES, HOFFMANN, KAPLAN, Bench, Held
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.rules_training import dense_peak, usual
from tieout_compute_estimator.derivation import N_

__all__ = ["data_size", "optimal_tokens", "size_implies"]

BESIROGLU = "Besiroglu et al. 2024, arXiv:2404.10102"
_A, _B, _ALPHA, _BETA = 482.01, 2085.43, 0.3478, 0.3658
"""Corrected fit of approach 3 (Besiroglu et al. 2024): L = E + A / N^alpha + B / D^beta."""
_INTERVAL_90 = (0.665, 1.39)
"""90 % interval of the optimal tokens over the point, bootstrap of the refit at 8 billion parameters."""
_BYTES_PER_TOKEN = (1.5, 6.0)
_YARDSTICK = "H100 SXM"
"""The accelerator that shows how much a size would take."""
_CHINCHILLA = re.compile(
    r"Chinchilla|龙猫|compute-?optimal|计算最优|最优(?:训练)?(?:数据|token|计算)"
    r"|20 ?(?:个 )?tokens? per param|scaling law",
    re.IGNORECASE,
)


def _optimal(params: float) -> float:
    """Tokens that go with ``params`` on the compute-optimal line of the corrected fit."""
    return (_B * _BETA / (_A * _ALPHA)) ** (1 / _BETA) * params ** (_ALPHA / _BETA)


def optimal_tokens(bench: Bench) -> Iterator[Finding]:
    """Tokens called compute-optimal for a size, against the rule of twenty and the corrected fit with its interval."""
    if not _CHINCHILLA.search(bench.claim.text):
        return
    params = bench.claim.first("params")
    tokens = bench.claim.first("tokens")
    if params is None or tokens is None or tokens[1].subject.startswith("Chinchilla"):
        return
    held = _exact_size(bench, params[0])
    n = held.value
    point = _optimal(n)
    inputs = {"N": held.figure}
    refit = derived(
        point,
        "token",
        "compute-optimal tokens",
        "(B·β / (A·α))^(1/β) · N^(α/β)",
        inputs,
        reference=BESIROGLU,
        low=point * _INTERVAL_90[0],
        high=point * _INTERVAL_90[1],
        convention="90 % interval of the corrected fit",
    )
    twenty = derived(20 * n, "token", "twenty tokens a parameter", "20 · N", inputs, reference=HOFFMANN)
    index, measure = tokens
    value = in_unit(measure.value, measure.unit, "token") or 0.0
    each = derived(
        value / n, "token", "tokens per parameter", "D / N", {"D": bench.stated(index), "N": held.figure}
    )
    numbers = {"tokens_refit": refit, "tokens_20x": twenty, "tokens_per_param": each}
    figures = {"stated": bench.stated(index), "refit": refit, "twenty": twenty, "each": each}
    low, high = refit.low or 0.0, refit.high or 0.0
    inside = low * 0.97 <= value <= high * 1.03 or agrees(measure, twenty.value, tolerance=0.06)
    exact = re.search(
        r"20 ?倍|20 ?(?:个 )?tokens? per|20:1|20 ?个? ?token|twenty", bench.claim.text, re.IGNORECASE
    )
    if inside:
        kind = "match" if exact and agrees(measure, twenty.value, tolerance=0.03) else "assume"
        yield finding(
            kind,
            "chinchilla",
            N_(
                "{stated} are {each} a parameter and lie in the interval of the corrected "
                "fit, {refit_range}; the rule of twenty gives {twenty}."
            ),
            figures=figures,
            words={"assumption": "the uncertainty of the fit"},
            covers=(index, params[0]),
            numbers=numbers,
            target=index,
            recomputed=refit,
        )
        return
    yield finding(
        "contradict",
        "chinchilla",
        N_(
            "{stated} are {each} a parameter and lie outside the interval of the "
            "corrected fit, {refit_range}; the rule of twenty gives {twenty}."
        ),
        figures=figures,
        covers=(index, params[0]),
        numbers=numbers,
        target=index,
        recomputed=refit,
        fixes={index: twenty},
    )


def _exact_size(bench: Bench, index: int) -> Held:
    """The exact count behind a rounded size, from the model named or the only published one that rounds to it."""
    measure = bench.claim.measures[index]
    stated = bench.at(index, "parameter") or 1.0
    for name in dict.fromkeys([measure.subject, *bench.document_subjects]):
        for fact in bench.facts(name, "params") if name else ():
            if abs(fact.value / stated - 1) < 0.02:
                return Held(fact.figure(), index)
    return Held(bench.stated_in(index, "parameter"), index)


def data_size(bench: Bench) -> Iterator[Finding]:
    """Bytes of text against tokens: stated, published, or what four bytes each would make."""
    tokens = bench.claim.first("tokens")
    for index, _measure in bench.claim.of("dataset"):
        if not bench.at(index, "B"):
            continue
        if tokens is not None:
            yield _size_and_tokens(bench, index, tokens[0])
        else:
            yield from _size_alone(bench, index)


def _size_and_tokens(bench: Bench, index: int, at: int) -> Finding:
    """Bytes over tokens: some four for text; one where the tokens are the bytes over again."""
    size, tokens = bench.stated(index), bench.stated(at)
    count = bench.at(at, "token") or 0.0
    value = (bench.at(index, "B") or 0.0) / count if count else 0.0
    each = derived(value, "B", "bytes per token", "S / D", {"S": size, "D": tokens})
    if 0.9 < each.value < 1.1:
        quarter = bench.text_tokens(index)
        four = derived(4.0, "", "factor", "4", {}, convention=FOUR_BYTES)
        return finding(
            "slip",
            "bytes for tokens",
            N_("{tokens} are the bytes of {size} over again; text of that size is about {right}."),
            figures={"size": size, "tokens": tokens, "right": quarter},
            covers=(index, at),
            numbers={"tokens": quarter, "factor": four},
            target=at,
            recomputed=quarter,
            fixes={at: quarter},
        )
    fits = _BYTES_PER_TOKEN[0] <= each.value <= _BYTES_PER_TOKEN[1]
    slipped = each.value / 4 > 300 or each.value / 4 < 1 / 300
    return finding(
        "assume" if fits else "contradict",
        "bytes per token",
        N_("{size} for {tokens} are {each} per token, as text has it.")
        if fits
        else N_(
            "{size} for {tokens} are {each} per token; text has about four. Raw data and "
            "tokens are two things."
        ),
        figures={"size": size, "tokens": tokens, "each": each},
        covers=(index, at) if fits or slipped else (index,),
        words={"assumption": "about four bytes of text per token"},
        numbers={"bytes_per_token": each},
        target=index,
    )


def _size_alone(bench: Bench, index: int) -> Iterator[Finding]:
    """The tokens that a size of text would be, and the work of one epoch over them."""
    measure, subject, n = bench.claim.measures[index], bench.subject(), bench.params()
    implied = bench.text_tokens(index)
    numbers: dict[str, Figure] = {"tokens": implied}
    if n is not None:
        exact = bench.exact_params() or n
        numbers["flops_one_epoch"] = derived(
            6 * exact.value * implied.value,
            "FLOP",
            "FLOP of one epoch",
            "6 · N · D",
            {"N": exact.figure, "D": implied},
            reference=KAPLAN,
        )
    figures = {"size": bench.stated(index), "tokens": implied}
    published = bench.facts(subject.name, "dataset") if subject is not None else ()
    if any(agrees(measure, in_unit(f.value, f.unit, measure.unit) or 0.0) for f in published):
        yield finding(
            "assume",
            "bytes per token",
            N_(
                "{size} of text are about {tokens} at four bytes each: bytes of data and "
                "training tokens are two things."
            ),
            figures=figures,
            words={"assumption": FOUR_BYTES},
            covers=(index,),
            numbers=numbers,
            target=index,
        )
        return
    run = n is not None and bench.claim.first("duration") is not None and bench.device() is not None
    if run and bench.device_count() is not None:
        return  # the run is checked as a whole
    yield finding(
        "imply",
        "bytes per token",
        N_("{size} of text would be about {tokens} at four bytes each."),
        figures=figures,
        numbers=numbers,
    )


def size_implies(bench: Bench) -> Iterator[Finding]:
    """What a size would take if the model were dense and trained on twenty tokens a parameter."""
    for index, _measure in bench.claim.of("params"):
        n = bench.at(index, "parameter") or 0.0
        if n < 5e11 or bench.claim.first("compute", "devices", "servers"):
            continue
        tokens = derived(
            20 * n,
            "token",
            "twenty tokens a parameter",
            "20 · N",
            {"N": bench.stated(index)},
            reference=HOFFMANN,
        )
        flops = derived(
            6 * n * tokens.value,
            "FLOP",
            "FLOP if dense",
            "6 · N · D",
            {"N": bench.stated(index), "D": tokens},
            reference=KAPLAN,
        )
        numbers = {"dense_flops_at_20x": flops}
        peak = dense_peak(bench, bench.known.device(_YARDSTICK))
        if peak is not None:
            numbers["days_on_1m_h100"] = derived(
                flops.value / (1e6 * peak.value * 1e12 * 0.4) / 86400,
                "day",
                "days on a million H100 at 40 %",
                "C / (n · P · MFU)",
                {
                    "C": flops,
                    "P": peak,
                    "n": usual(1e6, "GPU", "devices"),
                    "MFU": usual(40, "%", "MFU"),
                },
            )
        yield finding(
            "imply",
            "size",
            N_("{stated}, if dense and trained on twenty tokens a parameter, would take {flops}."),
            figures={"stated": bench.stated(index), "flops": flops},
            numbers=numbers,
        )
