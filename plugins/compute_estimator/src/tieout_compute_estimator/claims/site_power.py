"""On which side of a PUE a power or an energy stands: the site has more than the equipment in it."""

from __future__ import annotations

import re

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.entries import Entry
from tieout_compute_estimator.claims.products import Product

__all__ = ["lies_between"]

_IT = re.compile(r"(?<![A-Za-z])IT(?![A-Za-z])")
_INSIDE = re.compile(
    r"(?<![A-Za-z])IT(?![A-Za-z])|设备|服务器|芯片|GPU|server|equipment|board|chip|rack|机柜", re.IGNORECASE
)


_OF_FORMER = re.compile(
    r"^\s?(?:of |的)?\s?(?:IT|设备|服务器|GPU|server|equipment)s?(?:\s?(?:load|power|capacity|负载|功率|用电))?",
    re.IGNORECASE,
)


def lies_between(bench: Bench, index: int, pue: Entry, power: int, way: Product) -> bool:
    """Whether a PUE lies the right way between two numbers: the site has more than its equipment."""
    measures = bench.claim.measures
    measure = measures[index]
    if measure.role not in ("power", "energy"):
        return power > 0 or measure.role not in ("cost", "money", "carbon")
    if power < 0:
        return _is_inside(bench, index)
    at = next((measures[i].start for i in pue.indexes), measure.start)
    others = [i for i in way.indexes if measures[i].role in ("power", "energy")]
    behind = others and measure.start < at < min(measures[i].start for i in others)
    if behind and not any(_is_inside(bench, i) for i in others):
        return False  # what stands behind the PUE is what it makes
    return not _IT.search(_near(bench, index))


def _near(bench: Bench, index: int) -> str:
    text, measure = bench.claim.text, bench.claim.measures[index]
    ahead = max((m.end for m in bench.claim.measures if m.end <= measure.start), default=0)
    before = re.split(r"[,。;]", text[max(ahead, measure.start - 20) : measure.start])[-1]
    if ahead > measure.start - 20:
        before = _OF_FORMER.sub("", before)  # "a 30 MW IT load draws 45 MW": IT is said of the 30
    return before + "|" + re.split(r"[,。;]", text[measure.end : measure.end + 20])[0]


def _is_inside(bench: Bench, index: int) -> bool:
    return bool(_INSIDE.search(_near(bench, index)))
