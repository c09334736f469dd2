"""What a claim lets follow from what: which products it means, and the slips that lie between them and the text."""

from __future__ import annotations

import re

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.entries import base_of, vector_of
from tieout_compute_estimator.claims.findings import agrees
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.lists import TOTAL
from tieout_compute_estimator.claims.products import Product
from tieout_compute_estimator.claims.scopes import SCOPE_POWERS, TIMES

__all__ = ["FOLLOWS", "GIVEN", "comes_out", "is_meant", "slip_factor", "stated_as"]


GIVEN = (
    "load",
    "energy_price",
    "unit_price",
    "item_price",
    "token_price",
    "per_server",
    "ports",
    "bytes_each",
    "intensity",
    "pue",
    "mfu",
)
"""Roles that a text starts from: they are looked at last."""


FOLLOWS = re.compile(
    r"(?:[=＝≈→]|即|也就是|约合|折合|合计|共计?|总|相当于|等于|对应|则|故|因此|所以|可知|约?需要?|耗电|耗时|成本|费用|收入|花费|得出|推算|达到?"
    r"|i\.e\.|that is|or (?:about|roughly|some)|in total|total|so |thus|hence|therefore|comes? to"
    r"|works? out|adds? up|giv(?:es|ing)"
    r"|mak(?:es|ing)|equals?|amounts?|costs?|needs?|takes?|uses?|draws?|means|for about|for a|yield"
    r"|generat|produc|brings?|prices? out)"
    r"[^,。;\d$¥]{0,26}$",
    re.IGNORECASE,
)
"""Words in front of a number that follows from others."""


def stated_as(measure: Measure, value: float) -> float:
    """A value in base units in the unit and over the period of ``measure``."""
    whole = base_of(measure)
    return value * measure.value / whole if whole else 0.0


def comes_out(bench: Bench, index: int, way: Product, factor: float = 1.0, tolerance: float = 0.02) -> bool:
    """Whether a number agrees with a product, or with ``factor`` times it."""
    measure = bench.claim.measures[index]
    low, high = (stated_as(measure, end * factor) for end in way.ends)
    return agrees(measure, low, high=high, tolerance=tolerance + way.slack)


_HELD = re.compile(
    r"装下|装得下|放得下|容纳|至少|超过|不足|fits?(?![a-z])|hold|at least|more than|exceed|enough|stor",
    re.IGNORECASE,
)


def is_meant(bench: Bench, index: int, way: Product) -> bool:
    """Whether the text lets the number follow: stated terms of the scope that they state, all about one thing."""
    claim = bench.claim
    measure = claim.measures[index]
    if way.assumed or not _is_firm(bench, index, way) or (way.loose and not _opened(bench, index, way)):
        return False
    used = [claim.measures[i] for i in way.indexes]
    if any(_rivals(bench, i, index) for i in way.indexes):
        return False
    if (
        len(
            {m.device for m in (*used, measure) if m.device and m.role in ("devices", "gpu_hours", "servers")}
        )
        > 1
    ):
        return False
    if len({m.subject for m in (*used, measure) if m.subject and m.sure}) > 1:
        return False
    roles = {entry.role for entry, _power in way.terms}
    if measure.role in ("devices", "servers", "per_server") and roles & {"memory", "weights"}:
        return False  # how many hold it is rounded up, and may be more
    if measure.role in ("memory", "weights") and roles & {"devices", "per_server", "servers"}:
        # What devices hold together is as much as, and not equal to, what they are to hold.
        before = claim.text[max(0, measure.start - 40) : measure.start]
        if (
            measure.role == "weights"
            or _HELD.search(claim.text)
            or not (
                TOTAL.search(before)
                or FOLLOWS.search(before)
                or measure.start > max((m.start for m in used), default=0)
            )
        ):
            return False
    if not used:
        return True
    money = measure.dimension.startswith("money:") and measure.role in ("cost", "money")
    before = claim.text[max(0, measure.start - 40) : measure.start]
    last = measure.start > max(m.start for m in used)
    if money and not (
        last or FOLLOWS.search(before) or re.match(r"\s?[(=]|\s?(?:at|按)", claim.text[measure.end :])
    ):
        return False
    if money and re.search(
        r"投资|投入|预算|capex|invest|budget|募资|融资|rais(?:ed|ing)", claim.text, re.IGNORECASE
    ):
        return bool(FOLLOWS.search(before))
    return not (claim.forecast and measure.year and any(m.year and m.year != measure.year for m in used))


def _is_firm(bench: Bench, index: int, way: Product) -> bool:
    """Whether what a product takes from the tables is enough to object: exact figures, or a plain slip of units."""
    measure = bench.claim.measures[index]
    factors = {entry.role for entry, _power in way.terms}
    known = {
        entry.role
        for entry, _power in way.terms
        if entry.known and not (entry.role == "rate" and "mfu" in factors)
    }
    if not known:
        return True
    if measure.role == "intensity":
        return known <= {"params", "tokens"}
    if known == {"link"}:
        return measure.role == "link" and slip_factor(bench, index, way) in (8.0, 1e3)
    if known == {"params"}:
        return (
            "bytes_each" in factors
            and measure.role in ("memory", "weights")
            and (slip_factor(bench, index, way) in (8.0, 1e3))
        )
    if known == {"memory"}:
        own = any(entry.role == "memory" and abs(entry.value / base_of(measure) - 1) < 0.005
                  for entry, _power in way.terms)  # fmt: skip
        return (
            not own
            and not measure.per
            and measure.role == "memory"
            and slip_factor(bench, index, way) in (1e3, 1e6)
        )
    if known != {"power"} or measure.role not in ("energy", "power"):
        return False
    device = bench.device()
    watts = bench.at(index, "W") or 0.0
    is_board = device is not None and bool(device.power_w) and 0.3 < watts / (device.power_w or 1.0) < 3
    return not is_board and slip_factor(bench, index, way) in (1e3, 1e6, 1e9)


def _opened(bench: Bench, index: int, way: Product) -> bool:
    """An open scope that is as good as stated: board power beside a count, a clause about one server."""
    counting = ("devices", "servers", "per_server", "users")
    if way.opened and any(entry.role in counting and power < 0 for entry, power in way.terms):
        return False
    stated = bench.claim.measures
    for entry, _power in way.terms:
        if not entry.loose:
            continue
        at = next(iter(entry.indexes), None)
        if at is None:
            continue
        measure = stated[at]
        counters = {"user": ("users",), "server": ("servers",), "gpu": ("devices", "per_server")}
        dropped = [
            scope for scope in measure.scope if dict(entry.vector).get(SCOPE_POWERS.get(scope, ""), 0) >= 0
        ]
        if any(bench.claim.first(*counters[scope]) for scope in dropped if scope in counters):  # type: ignore[arg-type]
            return False
        watts = bench.at(at, "W")
        small = measure.role == "power" and watts is not None and watts < 3000
        if _same_period(bench, at, index):
            continue
        one = measure.role in ("per_server", "ports") or (measure.role == "devices" and measure.value == 1)
        if not (small or one or (measure.scope and stated[index].role == measure.role)):
            return False
    return True


def _same_period(bench: Bench, index: int, target: int) -> bool:
    """每天 500 亿 token 的收入: what follows in the clause is of the same day."""
    measures = bench.claim.measures
    scopes = {scope for scope in measures[index].scope if scope in TIMES}
    others = {scope for m in measures for scope in m.scope if scope in TIMES}
    between = bench.claim.text[measures[index].end : measures[target].start]
    return bool(scopes) and len(others) == 1 and not re.search(r"[。;!?]", between)


def _rivals(bench: Bench, index: int, target: int) -> bool:
    """Whether another number of the same kind stands nearer to the target, so that this one need not be meant."""
    measures = bench.claim.measures
    one, goal = measures[index], measures[target]
    vector = vector_of(one)
    for at, other in enumerate(measures):
        if at in (index, target) or other.role != one.role or vector_of(other) != vector:
            continue
        if abs(other.start - goal.start) < abs(one.start - goal.start):
            return True
    return False


def slip_factor(bench: Bench, index: int, way: Product) -> float:
    """The slip of units that lies between the number and the product; 0 when it is none."""
    claim = bench.claim
    measures = [claim.measures[i] for i in (index, *way.indexes)]
    vectors = [vector_of(m) or () for m in measures]
    names = {name for vector in vectors for name, _power in vector}
    factors = [1e3, 1e6, 1e9, 1e12]
    if any(m.chinese for m in measures):
        factors += [1e4, 1e8]
    if "byte" in names or "server" in names:
        factors.append(8.0)
    if "gpu" in names and any(m.role in ("servers", "per_server") for m in measures):
        factors += [8.0, *(m.value for m in measures if m.role == "per_server" and m.value > 1)]
    if "time" in names:
        factors += [24.0, 3600.0, 86400.0]
    for factor in factors:
        for one in (factor, 1 / factor):
            if comes_out(bench, index, way, one, tolerance=0.03):
                return factor
    return 0.0
