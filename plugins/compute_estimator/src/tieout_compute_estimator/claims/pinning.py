"""Whether a number is certain to be about the one device or system that facts are about."""

from __future__ import annotations

import re

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import Fact, family

__all__ = ["is_of_many", "is_pinned"]

_WHOLE = re.compile(r"总|合计|共|total|aggregate|combined|altogether", re.IGNORECASE)


def is_of_many(bench: Bench, measure: Measure) -> bool:
    """Whether a number is of several servers or devices together, and not of the one that facts are about."""
    if measure.role not in ("devices", "memory", "power", "rate", "link"):
        return False
    servers = bench.claim.first("servers")
    counted = bench.claim.first("devices", "per_server") if measure.role != "devices" else None
    several = (servers and servers[1].value > 1) or (counted and counted[1].value > 1)
    before = bench.claim.text[max(0, measure.start - 16) : measure.start]
    if measure.per or not several:
        return False
    if (
        counted
        and not servers
        and counted[1].start > measure.end
        and re.search(r"[,。;]", bench.claim.text[measure.end : counted[1].start])
    ):
        return False  # the count comes later, in another clause
    return bool(servers) or bool(_WHOLE.search(before)) or measure.role in ("memory", "power")


def is_pinned(bench: Bench, measure: Measure, firm: list[tuple[Fact, float]]) -> bool:
    """Whether a role of many values is pinned down here: the link, power or memory of one named device or system."""
    if measure.role in ("link", "power", "memory"):
        if measure.role == "power":
            # A stated 10 MW is of a site; only what is about as large as one device speaks about the device.
            value = in_unit(measure.value, measure.unit, "W") or 0.0
            return any(
                0.3 < value / (in_unit(fact.value, fact.unit, "W") or 1.0) < 3 for fact, _value in firm
            )
        if measure.role == "link":
            named = re.search(
                r"NVLink|互联|互连|GPU 间|卡间|PCIe|网络|HCCS|interconnect|network",
                bench.claim.text,
                re.IGNORECASE,
            )
            return bool(named) and len({family(fact.subject) for fact, _value in firm}) == 1
        if cues.is_capacity(
            bench.claim.text[max(0, measure.start - 22) : measure.start],
            bench.claim.text[measure.end : measure.end + 44],
        ):
            return len({family(fact.subject) for fact, _value in firm}) == 1
        return len({value for _fact, value in firm}) == 1
    known = bench.known.subject(measure.subject)
    return bool(measure.year) and known is not None and known.kind == "topic"
