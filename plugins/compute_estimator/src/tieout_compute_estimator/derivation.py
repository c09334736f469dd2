"""Figures with their derivation: cells of the shipped tables, computed values, and the tree that shows both."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, Protocol

from tieout.errors import InputError
from tieout.plugin import Figure, Formula, Language, TableRow, Tree, UserInput, translator
from tieout_compute_estimator.rounding import rounded, supported_digits
from tieout_compute_estimator.units import BYTE, GB, GIB

__all__ = [
    "N_",
    "brief_source",
    "cell",
    "computed",
    "derivation",
    "given",
    "named",
    "plain",
    "ranged",
    "shown",
    "sourced",
    "substituted",
    "with_symbols",
]

_ = translator("tieout_compute_estimator")
_MOST_DIGITS = 3


def N_(text: str) -> str:
    """Mark a text that is stored in English and translated when it is shown: metrics, conventions, names."""
    return text


CONFIDENCE = (N_("high"), N_("medium"), N_("low"))
"""How far a row of a table is to be trusted."""


class Sourced(Protocol):
    """A row of a shipped table."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def as_of(self) -> date: ...
    @property
    def confidence(self) -> Literal["high", "medium", "low"]: ...


def given(value: float, unit: str, metric: str, *, subject: str = "") -> Figure:
    """A figure that came in as an argument; the session says whether the user's words or a model gave it."""
    return Figure(value=value, unit=unit, metric=metric, subject=subject)


def cell(
    value: float,
    unit: str,
    metric: str,
    row: Sourced,
    *,
    table: str,
    field: str,
    low: float | None = None,
    high: float | None = None,
    source: str | None = None,
    as_of: date | None = None,
    valid_until: date | None = None,
) -> Figure:
    """A figure read from a row of a shipped table."""
    origin = TableRow(
        table=table,
        row=row.name,
        field=field,
        source=source or row.source,
        as_of=as_of or row.as_of,
        valid_until=valid_until,
        confidence=row.confidence,
    )
    return Figure(
        value=value,
        unit=unit,
        low=low,
        high=high,
        as_of=origin.as_of,
        subject=row.name,
        metric=metric,
        origin=origin,
    )


def computed(
    value: float,
    unit: str,
    metric: str,
    *,
    expression: str,
    inputs: Mapping[str, Figure],
    latex: str,
    convention: str,
    reference: str,
    subject: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Figure:
    """A figure that a formula gave; ``expression`` uses the symbols that are the keys of ``inputs``.

    Raises:
        InputError: The inputs are so large or small that the result is no finite number.
    """
    if not all(math.isfinite(end) for end in (value, low, high) if end is not None):
        raise InputError(
            _("{metric} cannot be computed from numbers of this size.", metric=_(metric)),
            code="compute-out-of-range",
            hint=_("Check the units of the numbers given."),
        )
    origin = Formula(
        name=metric,
        expression=expression,
        inputs=dict(inputs),
        latex=latex,
        convention=convention,
        reference=reference,
    )
    return Figure(value=value, unit=unit, low=low, high=high, subject=subject, metric=metric, origin=origin)


def shown(figure: Figure, lang: Language) -> str:
    """The figure as text for people, in full when it was read from a table."""
    return _text(figure, figure.value, lang)


def ranged(figure: Figure, lang: Language) -> str:
    """The value and, where there is one, the interval."""
    if figure.low is None or figure.high is None:
        return shown(figure, lang)
    low, high = (_text(figure, end, lang) for end in (figure.low, figure.high))
    return _("{value} (between {low} and {high})", lang=lang, value=shown(figure, lang), low=low, high=high)


def _text(figure: Figure, value: float, lang: Language) -> str:
    from tieout.quantities import convert, format_quantity

    if figure.unit == BYTE and abs(value) >= 1e8:
        # Vendors count decimal gigabytes, drivers binary ones.
        decimal, binary = (format_quantity(convert(value, BYTE, unit), unit, lang=lang) for unit in (GB, GIB))
        return f"{decimal} ({binary})"
    if isinstance(figure.origin, TableRow):
        # Table cells are exact as printed (989.5 TFLOP/s, 70.55B parameters); three digits are enough for the rest.
        return format_quantity(value, figure.unit, lang=lang, digits=4)
    supported = supported_digits(value, figure.low, figure.high)
    digits = min(_MOST_DIGITS, supported)
    text = format_quantity(value, figure.unit, lang=lang, digits=digits)
    short = format_quantity(rounded(value, supported), figure.unit, lang=lang, digits=digits)
    # 276,341 has more digits than its interval supports, and no magnitude in which to write fewer.
    return text if text == short else _("about {value}", lang=lang, value=short)


def sourced(figure: Figure, lang: Language, *, interval: bool = False) -> str:
    """The figure for a sentence, with the name of its source when it was read from a table."""
    text = ranged(figure, lang) if interval else shown(figure, lang)
    origin = figure.origin
    if not isinstance(origin, TableRow):
        return text
    return _("{text} [{source}]", lang=lang, text=text, source=brief_source(origin.source, lang))


def named(subject: str, lang: Language) -> str:
    """The model's name for the middle of a sentence."""
    return subject or _("such a model", lang=lang)


def brief_source(source: str, lang: Language | None = None) -> str:
    """Who said it, without pages, tables and years: a sentence holds no numbers that are no figures.

    >>> brief_source("Brown et al. 2020, arXiv:2005.14165, Tables 2.1 and D.1")
    'Brown et al., arXiv:2005.14165'
    """
    first = re.split(r"; | \(|, (?:Tables?|section|appendix)\b", source)[0]
    return _(re.sub(r"(?<! for)(?<! in)(?<! to)(?<! and) (?:19|20)\d\d(?=,|$)", "", first).strip(), lang=lang)


def derivation(figure: Figure, lang: Language, *, symbol: str = "") -> Tree:
    """The figure as a tree: the formula with its numbers put in, and below it where each number comes from."""
    head = f"{_told_symbol(symbol, lang)} = " if symbol else ""
    label = f"{head}{ranged(figure, lang)}  ({_(figure.metric, lang=lang)})"
    origin = figure.origin
    if isinstance(origin, Formula):
        lines = [Tree(label=f"{told_expression(origin, lang)} = {substituted(origin)}")]
        if origin.convention:
            lines.append(Tree(label=_("convention: {text}", lang=lang, text=_(origin.convention, lang=lang))))
        if origin.reference:
            lines.append(
                Tree(label=_("after: {text}", lang=lang, text=_.pieces(origin.reference, lang=lang)))
            )
        parts = [derivation(part, lang, symbol=name) for name, part in origin.inputs.items()]
        return Tree(label=label, children=(*lines, *parts))
    return Tree(label=f"{label}: {_origin(figure, lang)}")


def substituted(formula: Formula) -> str:
    """The expression with each symbol replaced by its value, in base units."""
    return with_symbols(formula, lambda symbol: plain(formula.inputs[symbol].value))


def told_expression(formula: Formula, lang: Language) -> str:
    """The expression, with what stands in it as a word (``stated / computed``) in ``lang``."""
    return with_symbols(formula, lambda symbol: _told_symbol(symbol, lang))


def _told_symbol(symbol: str, lang: Language) -> str:
    return _(symbol, lang=lang) if re.fullmatch(r"[a-z]{3,}(?: [a-z]+)*", symbol) else symbol


def with_symbols(formula: Formula, text: Callable[[str], str]) -> str:
    """The expression with each of its symbols replaced by what ``text`` makes of it."""
    symbols = sorted(formula.inputs, key=len, reverse=True)
    if not symbols:
        return formula.expression
    letter = r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹]"  # a power may stand at a symbol
    pattern = re.compile("|".join(rf"(?<!{letter}){re.escape(symbol)}(?!{letter})" for symbol in symbols))
    return pattern.sub(lambda match: text(match.group()), formula.expression)


def plain(value: float) -> str:
    """A number as physicists write it: ``70``, ``989.5``, ``6.3e24``."""
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.5e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    digits = 6 if value == 0 else max(0, 5 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _origin(figure: Figure, lang: Language) -> str:
    match figure.origin:
        case TableRow(source=source, as_of=None):
            return _.pieces(source, lang=lang)
        case TableRow(table=table, row=row, field=field, source=source, as_of=as_of, confidence=confidence):
            return _(
                "table {table}, {row}, {field}; {source}; as of {as_of}; confidence {confidence}",
                lang=lang,
                table=_(table, lang=lang),
                row=_(row, lang=lang),
                field=_.pieces(field, lang=lang),
                source=_.pieces(source, lang=lang),
                as_of=as_of,
                confidence=_(confidence, lang=lang),
            )
        case UserInput(text=text):
            return _("from the question: {text}", lang=lang, text=repr(text))
        case _:
            return _("given")
