"""Bills made of priced parts: tokens that go in and tokens that come out, each at its own price."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.derivation import N_

__all__ = ["priced_parts"]

_SIDES = {
    "input": re.compile(r"(?<![a-z])(?:input|prompt|in(?![a-z]))|输入|提示词", re.IGNORECASE),
    "output": re.compile(r"(?<![a-z])(?:output|completion|generated|out(?![a-z]))|输出|生成", re.IGNORECASE),
}
_CLAUSE = re.compile(r"[,。;、]|(?<![a-z])(?:and|plus)(?![a-z])|[与和及加+]", re.IGNORECASE)
_SLIPS = (1e3, 1e-3, 1e6, 1e-6, 1e2, 1e-2)
_TOTALS = ("cost", "money", "token_price", "item_price")


def priced_parts(bench: Bench) -> Iterator[Finding]:
    """Input tokens at one price plus output tokens at another against the bill that is stated."""
    prices, counts = _prices(bench), _counts(bench)
    total = _total(bench)
    if total is None or set(prices) != {"input", "output"} or set(counts) != {"input", "output"}:
        return
    index, measure = total
    currency = measure.unit if measure.unit != "cent" else "USD"
    inputs: dict[str, Figure] = {}
    value = 0.0
    for side, (_at, price) in prices.items():
        each = in_unit(price.value, price.unit, f"{currency}/token")
        if each is None:
            return
        value += each * counts[side][1]
        inputs[f"p_{side}"] = price
        inputs[f"n_{side}"] = bench.stated(counts[side][0])
    value *= 1.0 if measure.unit != "cent" else 100.0
    repeats = [m.value for _i, m in bench.claim.of("visits", "users") if m.value > 1]
    tries = [value, *(value * count for count in repeats)]
    good = next((one for one in tries if agrees(measure, one, tolerance=0.015)), None)
    slipped = good is None and any(
        agrees(measure, one * factor, tolerance=0.015) for one in tries for factor in _SLIPS
    )
    figure = derived(good or value, measure.unit, "sum", "n_input · p_input + n_output · p_output", inputs)
    covers = (
        index,
        *(at for at, _f in prices.values() if at is not None),
        *(at for at, _v in counts.values()),
    )
    covers += (
        tuple(i for i, _m in bench.claim.of("visits", "users")) if good is not None and good != value else ()
    )
    yield finding(
        "match" if good is not None else "slip" if slipped else "contradict",
        "sum",
        N_("The parts add up to {computed}, as stated.")
        if good is not None
        else N_("The parts add up to {computed}, not {stated}."),
        figures={"stated": bench.stated(index), "computed": figure},
        covers=covers,
        numbers={"sum": figure},
        target=index,
        recomputed=figure,
        fixes={} if good is not None else {index: figure},
    )


def _side(text: str, measure: Measure) -> str:
    """Whether a number is of what goes in or of what comes out, by the words of its own part of the sentence."""
    behind = _CLAUSE.split(text[measure.end : measure.end + 40])[0]
    ahead = _CLAUSE.split(text[max(0, measure.start - 24) : measure.start])[-1]
    for part in (behind, ahead):
        found = [side for side, pattern in _SIDES.items() if pattern.search(part)]
        if len(found) == 1:
            return found[0]
    return ""


def _prices(bench: Bench) -> dict[str, tuple[int | None, Figure]]:
    """Stated prices of both sides, else the published ones of the model."""
    found: dict[str, tuple[int | None, Figure]] = {}
    for index, measure in bench.claim.of("token_price"):
        side = _side(bench.claim.text, measure) if "/" in measure.unit else ""
        if side and side not in found:
            found[side] = (index, bench.stated(index))
    subject = bench.subject()
    if found or subject is None:
        return found
    for fact in bench.known.facts(subject.name, "token_price"):
        if fact.note in ("input", "output") and fact.unit.startswith("USD") and fact.firm:
            found.setdefault(fact.note, (None, fact.figure()))
    return found


def _counts(bench: Bench) -> dict[str, tuple[int, float]]:
    """Tokens of both sides."""
    found: dict[str, tuple[int, float]] = {}
    for index, measure in bench.claim.of("count", "tokens"):
        side = _side(bench.claim.text, measure)
        if side and side not in found and measure.value >= 1:
            found[side] = (index, measure.value)
    return found


def _total(bench: Bench) -> tuple[int, Measure] | None:
    """The last sum of money that is no price of tokens."""
    sums = [(i, m) for i, m in bench.claim.of(*_TOTALS) if m.unit in ("USD", "CNY", "cent")]
    return sums[-1] if sums else None
