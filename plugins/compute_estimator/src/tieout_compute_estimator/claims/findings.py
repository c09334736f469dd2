"""What a rule finds out about a claim, and the numbers that it computed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Figure, Formula, Language, TableRow, translator
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.derivation import brief_source, ranged, shown, with_symbols

__all__ = [
    "Finding",
    "Kind",
    "agrees",
    "convertible",
    "derived",
    "finding",
    "in_unit",
    "named_forms",
    "product_text",
    "slip",
]

_ = translator("tieout_compute_estimator")

Kind = Literal["match", "assume", "slip", "contradict", "premise", "rescale", "missing", "imply"]
"""What a finding says: confirmed, confirmed under an assumption, a slip of units, contradicted, resting on something
false, made from another number by a ratio of unlike things, impossible to tell, or only a consequence."""


class Finding(BaseModel):
    """One thing that a rule found; ``message`` is shown with the figures and words put in."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    rule: str
    message: str
    """English template; the key of its translation."""
    figures: dict[str, Figure] = {}
    """Placeholder to figure."""
    words: dict[str, str] = {}
    """Placeholder to a name, or to a text that is translated where it is shown."""
    covers: tuple[int, ...] = ()
    """Indexes of the claim's numbers that this confirms or objects to."""
    numbers: dict[str, Figure] = {}
    """What was computed on the way, by name."""
    fixes: dict[int, Figure] = {}
    """Index of a number of the claim to what should stand there."""
    target: int | None = None
    """The number that was recomputed."""
    recomputed: Figure | None = None
    """The recomputed value or interval of ``target``."""
    firm: bool = True
    """False for what rests on a row of low confidence or on a guess about what is meant."""

    def text(self, lang: Language) -> str:
        """The message in ``lang``."""
        values: dict[str, object] = {name: shown(figure, lang) for name, figure in self.figures.items()}
        values |= {f"{name}_range": ranged(figure, lang) for name, figure in self.figures.items()}
        values |= {name: self._word(name, word, lang) for name, word in self.words.items()}
        return _(self.message, lang=lang, **values) if values else _(self.message, lang=lang)

    def _word(self, name: str, word: str, lang: Language) -> str:
        if name == "source":
            return brief_source(word, lang)
        made = self.numbers.get("value")
        if name == "expression" and made is not None and isinstance(made.origin, Formula):
            return product_text(made.origin, lang)
        return named_forms(word, lang)


def finding(
    kind: Kind,
    rule: str,
    message: str,
    *,
    figures: Mapping[str, Figure] | None = None,
    words: Mapping[str, str] | None = None,
    covers: tuple[int, ...] = (),
    numbers: Mapping[str, Figure] | None = None,
    fixes: Mapping[int, Figure] | None = None,
    target: int | None = None,
    recomputed: Figure | None = None,
    firm: bool = True,
) -> Finding:
    """A Finding from plain mappings."""
    return Finding(
        kind=kind,
        rule=rule,
        message=message,
        figures=dict(figures or {}),
        words=dict(words or {}),
        covers=covers,
        numbers=dict(numbers or {}),
        fixes=dict(fixes or {}),
        target=target,
        recomputed=recomputed,
        firm=firm,
    )


def derived(
    value: float,
    unit: str,
    metric: str,
    expression: str,
    inputs: Mapping[str, Figure],
    *,
    reference: str = "",
    convention: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Figure:
    """A figure that was computed from others; not finite becomes zero, which no rule takes for a result."""
    if not math.isfinite(value):
        value, low, high = 0.0, None, None
    origin = Formula(
        name=metric, expression=expression, inputs=dict(inputs), reference=reference, convention=convention
    )
    return Figure(value=value, unit=unit, metric=metric, low=low, high=high, origin=origin)


def named_forms(word: str, lang: Language) -> str:
    """A name or a text in ``lang``; in a list of readings, each number format for itself.

    >>> named_forms("H100 INT8 sparse, DGX H100 FP8 sparse", "en")
    'H100 INT8 sparse, DGX H100 FP8 sparse'
    """
    said = _(word, lang=lang)
    return _FORM.sub(lambda form: _(form.group(), lang=lang), word) if said == word else said


_FORM = re.compile(r"\b[A-Z]+\d+ (?:dense|sparse)\b")


def product_text(made: Formula, lang: Language) -> str:
    """A product of stated and published numbers in words: ``3,640 PF-day (GPT-3 175B compute) / 4.6M USD``."""
    return with_symbols(made, lambda symbol: _term_text(made.inputs[symbol], lang))


def _term_text(figure: Figure, lang: Language) -> str:
    if not isinstance(figure.origin, TableRow):
        return figure.text or shown(figure, lang)
    return f"{shown(figure, lang)} ({_(figure.subject, lang=lang)} {_(figure.metric, lang=lang)})"


def convertible(a: str, b: str) -> bool:
    """Whether two units measure the same thing; operations and floating-point operations count as one."""
    from tieout.quantities import DEFAULT

    if a == b:
        return True
    if a not in DEFAULT or b not in DEFAULT:
        return False
    return _dimension(DEFAULT.get(a).dimension) == _dimension(DEFAULT.get(b).dimension)


def _dimension(name: str) -> str:
    return {"operations/time": "compute/time", "chip": "gpu"}.get(name, name)


def in_unit(value: float, from_unit: str, to_unit: str) -> float | None:
    """``value`` in another unit, or None when they measure different things."""
    from tieout.quantities import DEFAULT

    if from_unit == to_unit:
        return value
    if not convertible(from_unit, to_unit):
        return None
    return value * DEFAULT.get(from_unit).factor / DEFAULT.get(to_unit).factor


_EXACT, _ROUGH = 0.025, 0.10
_BEYOND = 1.35
"""How far above "more than X" the true value may lie before the words no longer describe it."""


def _rough(measure: Measure) -> float:
    """What "about" allows: a tenth of a round number, less where more digits are printed."""
    return {0: _ROUGH, 1: _ROUGH, 2: 0.06}.get(measure.digits, 0.03)


def agrees(measure: Measure, value: float, *, high: float | None = None, tolerance: float = _EXACT) -> bool:
    """Whether a stated number describes ``value`` (or the interval from ``value`` to ``high``), in its unit.

    Rounding and cutting to the printed digits count as agreement, and "about" widens it to a tenth.
    """
    low_true, high_true = (value, value) if high is None else (min(value, high), max(value, high))
    low, high_ = measure.ends
    slack = max(tolerance, _rough(measure) if measure.approximate else 0.0)
    step = min(measure.step, 0.08 * abs(measure.value)) if measure.step else 0.0
    below = max(slack * abs(low), step)
    above = max(slack * abs(high_), step)
    if measure.bound == "at least":
        above = max(above, (_BEYOND - 1) * abs(high_))
    elif measure.bound == "at most":
        below = max(below, (1 - 1 / _BEYOND) * abs(low))
    return high_true >= low - below and low_true <= high_ + above


_SLIPS = {
    8.0: "bit and byte",
    1e1: "a magnitude (billion and 亿)",
    1e2: "two magnitudes",
    1e3: "a factor of a thousand",
    1e4: "a factor of ten thousand (万)",
    1e6: "a factor of a million",
    1e8: "a factor of 亿",
    1e9: "a factor of a billion",
    24.0: "hours and days",
    3600.0: "seconds and hours",
}


def slip(measure: Measure, true: float) -> str:
    """The slip of units that turns ``true`` into the stated number; empty when there is none.

    Bits and bytes only between rates and sizes of information, a factor of ten or a hundred only where the number is
    written with 万 or 亿.
    """
    if not true or not measure.value:
        return ""
    ratio = measure.value / true
    ratio = ratio if ratio >= 1 else 1 / ratio
    for factor, name in _SLIPS.items():
        if abs(ratio / factor - 1) > 0.03:
            continue
        if factor == 8.0 and "information" not in measure.dimension:
            continue
        if factor in (10.0, 100.0) and not measure.chinese:
            continue
        if factor in (24.0, 3600.0) and measure.dimension not in ("time", "gpu time", "energy"):
            continue
        return name
    return ""
