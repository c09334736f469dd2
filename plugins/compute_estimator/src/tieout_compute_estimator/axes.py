"""Axes of a sweep: several values of one input, as people write them ("7B, 13B, 70B", "30%..50%", "1T 到 15T")."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tieout.errors import InputError
from tieout.plugin import Candidate, translator

__all__ = ["Axis", "axis_finder", "find_device_lists", "find_metrics", "read_axis"]

if TYPE_CHECKING:
    from tieout.quantities import Quantity

_ = translator("tieout_compute_estimator")
_JOINT = re.compile(r"\s*(?:[,，、/;；]|and|or|vs\.?|和|与|或|以及|及)*\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:\.\.|to|through|until|到|至|~|～|–|—|-)\s*", re.IGNORECASE)
_STEPS = re.compile(r"\s*:\s*(\d{1,3})\s*$")
_POINTS = 5
_SMALLEST_MODEL = 1e7
_GEOMETRIC_FROM = 4.0


@dataclass(frozen=True)
class Axis:
    """The values of one input; ``spaced`` when only the first and last were written, and the rest lie between."""

    values: tuple[float, ...]
    spaced: bool = False


def read_axis(text: str, unit: str, *, name: str) -> Axis:
    """The values of an axis in ``unit``, in the order written; a range becomes five points, or as many as ``:n`` says.

    A range over more than a factor of four is spaced by factors, else evenly.

    Raises:
        InputError: There are no values, or one is not positive.
    """
    from tieout.quantities import find

    steps = _STEPS.search(text)
    body = text[: steps.start()] if steps else text
    found = [item for item in find(body) if item.kind not in ("date", "period", "ordinal")]
    ranged = next((item for item in found if item.low is not None and item.high is not None), None)
    if ranged is not None and ranged.low is not None and ranged.high is not None:
        values = [_converted(end, ranged.unit, unit, name) for end in (ranged.low, ranged.high)]
        return Axis(_points(values[0], values[1], steps), spaced=True)
    own = next((item.unit for item in reversed(found) if item.unit), "")
    values = [_converted(item.value, item.unit or own, unit, name) for item in found]
    if len(found) == 2 and _BETWEEN.fullmatch(body[found[0].end : found[1].start]):
        return Axis(_points(values[0], values[1], steps), spaced=True)
    if not values or min(values) <= 0:
        raise InputError(
            _("{name}: no positive values in {text}.", name=name, text=repr(text[:60])),
            code="compute-bad-axis",
            hint=_("Write a list such as 7B, 13B, 70B or a range such as 7B..70B:6."),
        )
    return Axis(tuple(values))


def _converted(value: float, given: str, unit: str, name: str) -> float:
    from tieout.quantities import UnitMismatch, convert

    if not given:
        return value
    try:
        return convert(value, given, unit)
    except UnitMismatch as error:
        raise InputError(f"{name}: {error}", code="compute-bad-axis") from None


def _points(low: float, high: float, steps: re.Match[str] | None) -> tuple[float, ...]:
    count = max(2, int(steps[1])) if steps else _POINTS
    low, high = min(low, high), max(low, high)
    if low <= 0 or low == high:
        raise InputError(
            _("A range needs two different values above zero."),
            code="compute-bad-axis",
            hint=_("Write a list such as 7B, 13B, 70B or a range such as 7B..70B:6."),
        )
    if high / low > _GEOMETRIC_FROM:
        return tuple(low * (high / low) ** (index / (count - 1)) for index in range(count))
    return tuple(low + (high - low) * index / (count - 1) for index in range(count))


def axis_finder(unit: str) -> Callable[[str], Sequence[Candidate]]:
    """A finder of values, lists and ranges of quantities that measure what ``unit`` does."""

    def finder(text: str) -> Sequence[Candidate]:
        from tieout.quantities import DEFAULT, find

        dimension = DEFAULT.get(unit).dimension
        found: list[Candidate] = []
        for run in _runs(text, [item for item in find(text) if item.kind not in ("date", "period", "label")]):
            if _measures(run, dimension, text[max(0, run[0].start - 12) : run[0].start]):
                span = text[run[0].start : run[-1].end]
                found.append(Candidate(span, span, run[0].start, run[-1].end))
        return found

    return finder


def _measures(run: Sequence[Quantity], dimension: str, before: str) -> bool:
    """Whether a list of quantities is of the dimension; "7B, 13B" alone are sizes of models, after "token" amounts."""
    known = {item.dimension for item in run if item.unit}
    if dimension == "number":
        several = len(run) > 1 or run[0].low is not None
        named = re.search(r"MFU|利用率|utili[sz]ation", before, re.IGNORECASE) is not None
        return (several or named) and all(item.unit == "%" for item in run)
    if known:
        return known == {dimension}
    data = re.search(r"token|语料|数据|词元", before, re.IGNORECASE) is not None
    large = all(item.value >= _SMALLEST_MODEL for item in run)
    return large and dimension == ("token" if data else "parameter")


def _runs(text: str, found: Sequence[Quantity]) -> list[list[Quantity]]:
    """Quantities that stand in one list or range."""
    runs: list[list[Quantity]] = []
    for item in found:
        last = runs[-1][-1] if runs else None
        if last is not None and _joined(text[last.end : item.start]):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _joined(between: str) -> bool:
    return bool(_JOINT.fullmatch(between) or _BETWEEN.fullmatch(between))


def find_device_lists(text: str) -> Sequence[Candidate]:
    """Devices named in ``text``, those that stand in one list together."""
    from tieout_compute_estimator.accelerators import find_devices

    found: list[Candidate] = []
    for item in find_devices(text):
        last = found[-1] if found else None
        if last is not None and _joined(text[last.end : item.start]):
            joined = text[last.start : item.end]
            found[-1] = Candidate(f"{last.value},{item.value}", joined, last.start, item.end)
        else:
            found.append(item)
    return found


_METRICS = (
    ("device_hours", r"卡时|机时|(?:GPU|device|card)[- ]?hours"),
    ("days", r"天数|多少天|多久|时长|\bdays\b|duration|how long"),
    ("cost", r"费用|成本|多少钱|花费|\bcosts?\b|budget"),
    ("energy", r"用电|耗电|电量|electricity|\benergy\b"),
    ("flops", r"计算量|总算力|FLOPs?\b"),
)


def find_metrics(text: str) -> Sequence[Candidate]:
    """What a table is to show, in the words of a question."""
    if text in dict(_METRICS):
        return [Candidate(text, text, 0, len(text))]
    return sorted(
        (
            Candidate(name, match.group(), match.start(), match.end())
            for name, words in _METRICS
            for match in re.finditer(words, text, re.IGNORECASE)
        ),
        key=lambda candidate: candidate.start,
    )
