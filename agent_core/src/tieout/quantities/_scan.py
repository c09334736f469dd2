"""The pass over a text that finds its quantities."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from tieout.quantities import _context as context
from tieout.quantities._atoms import Atom, read_atom
from tieout.quantities._dates import is_bare_year, read_date
from tieout.quantities._fractions import fraction_words, neighbours, read_fraction
from tieout.quantities._lexical import (
    dotted,
    is_clock,
    is_dashed,
    is_inside_name,
    named_after,
    past,
    sign_start,
)
from tieout.quantities._money import currency_before, in_currency
from tieout.quantities._numbers import (
    CHINESE,
    english_article,
    english_words,
    read_chinese,
    read_digits,
)
from tieout.quantities._prepare import prepare
from tieout.quantities._quantity import Kind, Quantity
from tieout.quantities._ranges import opens_range, read_range
from tieout.quantities._units import Unit, UnitTable, kind_of

# A single Chinese digit is a number before a unit, except before these: 三元, 二元 and 一卡, 一倍 are mostly words.
_NOT_AFTER_ONE_DIGIT = ("money:CNY",)
_NOT_AFTER_ONE = ("gpu", "server", "chip", "number", "token", "parameter")

# 2000 家公司 is a count, 2000 a year.
_MEASURES = "家名人个项款只位篇座所支例份次条件种"


def scan(text: str, units: UnitTable) -> list[Quantity]:
    """The quantities of ``text`` in order; see :func:`tieout.quantities.find`."""
    prepared = prepare(text)
    return _share_units(prepared, list(_Scanner(prepared, text, units).quantities()))


@cache
def _starts() -> re.Pattern[str]:
    months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
    return re.compile(
        rf"[0-9]|(?<![0-9A-Za-z.])\.(?=[0-9])|百分之|第(?= ?[0-9{CHINESE}])|[上下]半年"
        rf"|半(?=[年天]|个?小时|个月)|[{CHINESE}]"
        rf"|(?<![A-Za-z])(?:(?:{months})[a-z]{{0,6}}\.? {{0,2}}[0-9]|FY ?'?[0-9]|fiscal (?:year )?[0-9]"
        r"|[QH][1-4](?: of[ ,'’]|[ ,'’]{1,2})[0-9]|Q[1-4](?![0-9A-Za-z-]))"
        rf"|{english_article().pattern}|{fraction_words().pattern}|{english_words().pattern}",
        re.IGNORECASE,
    )


class _Scanner:
    """One pass over prepared text. Each place is looked at through bounded windows only."""

    def __init__(self, text: str, source: str, units: UnitTable) -> None:
        self._text = text
        self._source = source
        self._units = units
        self._last_end = 0

    def quantities(self) -> Iterator[Quantity]:
        """The quantities in order; what they say is cut from the text as it was given."""
        at = 0
        while match := _starts().search(self._text, at):
            start = match.start()
            quantity = self._at(start)
            if quantity is None:
                at = past(self._text, start)
            else:
                yield quantity
                at = self._last_end = quantity.end

    def _at(self, start: int) -> Quantity | None:
        text = self._text
        first = text[start]
        if not (first.isdecimal() and is_inside_name(text, start)) and (date := read_date(text, start)):
            low, high = (float(date.year), float(date.last_year)) if date.last_year else (None, None)
            words = self._source[start : date.end]
            return Quantity(
                float(date.year), "", "date", words, start, date.end, date.kind, low, high, iso=date.iso
            )
        if fraction := read_fraction(text, start, self._units):
            return replace(fraction, text=self._source[start : fraction.end])
        if first == "第":
            return self._ordinal(start)
        if first == "百" and text.startswith("百分之", start):
            return self._percent_of_hundred(start)
        if first == "半":
            return self._half(start)
        if first in CHINESE:
            return self._chinese(start)
        if first.isdecimal() or first == ".":
            return self._digits(start)
        atom = read_atom(text, start, self._units)
        if atom is None or (atom.unit is None and not atom.numeral.scaled and atom.numeral.value < 10):
            return None
        return self._measured(start, atom)

    def _ordinal(self, start: int) -> Quantity | None:
        at = start + 1 + (self._text[start + 1 : start + 2] == " ")
        numeral = read_digits(self._text, at) or read_chinese(self._text, at, self._units)
        if numeral is None:
            return None
        return self._named(numeral.value, start, numeral.end, "ordinal")

    def _percent_of_hundred(self, start: int) -> Quantity | None:
        at = start + len("百分之")
        at += self._text[at : at + 1] == " "
        numeral = read_digits(self._text, at) or read_chinese(self._text, at, self._units)
        if numeral is None:
            if self._text[at : at + 1] != "百":
                return None
            return self._quantity(start, at + 1, 100.0, 1.0, self._units.get("%"))
        return self._quantity(start, numeral.end, numeral.value, numeral.step, self._units.get("%"))

    def _half(self, start: int) -> Quantity | None:
        found = self._units.match(self._text, start + 1) or self._units.match(self._text, start + 2)
        if (
            found is None
            or self._text[start - 1 : start] in tuple("上下前后大过一两三")
            or found[0].dimension != "time"
        ):
            return None
        return self._quantity(start, found[1], 0.5, 0.5, found[0])

    def _chinese(self, start: int) -> Quantity | None:
        text = self._text
        previous = text[start - 1 : start] if start else ""
        if close := neighbours(text, start, self._units):
            low, high, step, unit, end = close
            return replace(
                self._quantity(start, end, (low + high) / 2, step, unit), low=low, high=high, approximate=True
            )
        if previous and (previous in CHINESE or previous in "统唯单同双合归划专如某之其万几数"):
            return None
        atom = read_atom(text, start, self._units)
        if atom is None:
            return None
        if text.startswith("分之", atom.end) and (part := read_chinese(text, atom.end + 2, self._units)):
            if atom.numeral.value <= 0:
                return None
            return self._quantity(
                start, part.end, part.value / atom.numeral.value, 0.01, self._units.get("ratio")
            )
        if text[atom.end : atom.end + 1] == "成" and atom.unit is None and 1 <= atom.numeral.value <= 10:
            return self._tenths(start, atom)
        single = len(text[start : atom.numeral.end]) == 1
        if single and atom.unit is None and not opens_range(text, atom.end):
            return None
        measured = self._measured(start, atom)
        if single and not self._counts_singly(
            start, atom
        ):  # 三至五年: the unit stands after the second digit
            return measured if measured and measured.low is not None and measured.unit else None
        return measured

    def _tenths(self, start: int, atom: Atom) -> Quantity | None:
        """七成 as 70 %."""
        following = self._text[atom.end + 1 : atom.end + 2]
        if following and following in "为立功员本都品交就长果分型熟":
            return None
        return self._quantity(start, atom.end + 1, atom.numeral.value * 10, 10.0, self._units.get("%"))

    def _counts_singly(self, start: int, atom: Atom) -> bool:
        if atom.unit is None:
            return False
        never = (
            (*_NOT_AFTER_ONE_DIGIT, *_NOT_AFTER_ONE) if self._text[start] == "一" else _NOT_AFTER_ONE_DIGIT
        )
        return atom.unit.dimension not in never

    def _digits(self, start: int) -> Quantity | None:
        text = self._text
        if dotted().match(text, start) or is_clock(text, start):
            return None
        atom = read_atom(text, start, self._units)
        if atom is None:
            return None
        if is_inside_name(text, start) and not _is_quantity_all_the_same(text, start, atom):
            return None
        if self._names_product(start, atom):
            end = context.product_number(text, start)
            return self._named(float(atom.numeral.digits), start, end, "label")
        following = text[atom.end : atom.end + 1]
        if atom.unit is None and not atom.numeral.scaled and following.isascii() and following.isalpha():
            amount = currency_before(text, start, self._last_end, self._units)[1] and following in "mMtT"
            return self._measured(start, atom) if amount else self._ordinal_suffix(start, atom)
        if following == "_" or named_after().match(text, start):
            return None
        return self._measured(start, atom)

    def _names_product(self, start: int, atom: Atom) -> bool:
        if atom.unit is not None and atom.unit.dimension not in ("gpu", "chip", "server"):
            return False
        return bool(context.product_number(self._text, start))

    def _ordinal_suffix(self, start: int, atom: Atom) -> Quantity | None:
        """3rd; another letter glued to digits makes a name (3D, 10-Q)."""
        end = atom.end + 2
        if (
            self._text[atom.end : end].lower() not in ("st", "nd", "rd", "th")
            or self._text[end : end + 1].isalnum()
        ):
            return None
        return self._named(atom.numeral.value, start, end, "ordinal")

    def _measured(self, number_start: int, atom: Atom) -> Quantity | None:
        """The quantity of ``atom`` with currency, sign, range and the words around it."""
        text = self._text
        begin, currency = currency_before(text, number_start, self._last_end, self._units)
        if currency and atom.unit is None:
            atom = in_currency(text, atom, currency, self._units)
        elif atom.unit and currency and not atom.unit.dimension.startswith("money:"):
            begin, currency = number_start, None
        if spread := read_range(text, begin, atom, self._units, currency):
            middle, last = (spread.low + spread.high) / 2, spread.last
            quantity = self._quantity(begin, last.end, middle, last.numeral.step, last.unit)
            return self._in_context(replace(quantity, low=spread.low, high=spread.high), last)
        percent = atom.unit is not None and atom.unit.symbol == "%"
        signed = sign_start(text, begin, self._last_end, percent=percent)
        value = atom.numeral.value * (-1 if text[signed] in "-负" else 1)
        return self._in_context(self._quantity(signed, atom.end, value, atom.numeral.step, atom.unit), atom)

    def _in_context(self, quantity: Quantity, atom: Atom) -> Quantity:
        """``quantity`` with what the words before and after it say."""
        approximate, bound, recent = context.before(self._text, quantity.start)
        after_approximate, after_bound = context.after(self._text, quantity.end)
        if recent and quantity.dimension == "time":
            approximate = False  # 近 3 年 is the last three years, not about three
        approximate = approximate or after_approximate or atom.more
        bound = bound or after_bound or ("at least" if atom.more or atom.plus else None)
        if approximate or bound:  # a replace costs 5 µs, and most numbers stand without such words
            quantity = replace(quantity, approximate=approximate, bound=bound)
        if atom.unit is None and quantity.unit == "":
            return self._bare(quantity, atom)
        return quantity

    def _bare(self, quantity: Quantity, atom: Atom) -> Quantity:
        """A number without a unit: parameters, a year, a label, or just a number."""
        text, numeral = self._text, atom.numeral
        if numeral.scaled:
            model_size = numeral.suffix in ("B", "M") and (
                context.follows_model_name(text, quantity.start) or context.precedes_model(text, quantity.end)
            )
            if model_size or context.follows_parameters(text, quantity.start):
                return replace(quantity, unit="parameter", dimension="parameter")
            return quantity
        if quantity.low is not None or quantity.bound or quantity.value < 0:
            return quantity
        counted = text[quantity.end : quantity.end + 2].lstrip(" ")[:1] in tuple(_MEASURES)
        if is_bare_year(numeral.digits) and numeral.end - quantity.start == 4 and not counted:
            return replace(quantity, kind="period", dimension="date", iso=numeral.digits)
        thing = context.numbered_thing(text, quantity.start)
        return replace(quantity, kind=thing) if thing else quantity

    def _quantity(self, start: int, end: int, value: float, step: float, unit: Unit | None) -> Quantity:
        text = self._source[start:end]
        if unit is None:
            return Quantity(value, "", "number", text, start, end, step=step)
        return Quantity(value, unit.symbol, unit.dimension, text, start, end, kind_of(unit), step=step)

    def _named(self, value: float, start: int, end: int, kind: Kind) -> Quantity:
        return Quantity(value, "", "number", self._source[start:end], start, end, kind)


def _is_quantity_all_the_same(text: str, start: int, atom: Atom) -> bool:
    """Whether digits glued to a word are a quantity: H100-80GB has a size, MFU27.6% a value."""
    if is_dashed(text, start):
        return _is_glued(text, atom)
    return atom.unit is not None and atom.unit.symbol == "%"


def _is_glued(text: str, atom: Atom) -> bool:
    """Whether a unit or suffix touches the number, as in H100-80GB and unlike GPT-3.5 H100."""
    touching = text[atom.numeral.end : atom.numeral.end + 1] not in (" ", "")
    return bool(atom.numeral.suffix) or (atom.unit is not None and touching)


@cache
def _list_gap() -> re.Pattern[str]:
    return re.compile(r" ?(?:[、,/&]|和|及|与|或|(?:, )?(?:and|or))? ?(?:和|及|与|and |or )?")


def _share_units(text: str, quantities: list[Quantity]) -> list[Quantity]:
    """Give the unit at the end of a list to the bare sizes before it: 7B, 13B and 70B parameters.

    Only to sizes written alike: the 70B of "70B / 15T tokens" are no tokens.
    """
    for index in range(len(quantities) - 2, -1, -1):
        here, following = quantities[index], quantities[index + 1]
        glued = text[here.end - 1] in "KMBTkbt" and text[here.end - 2].isdecimal()
        same_size = glued and re.search(rf"\d {{0,1}}{text[here.end - 1]}", following.text, re.IGNORECASE)
        shares = same_size and here.unit == "" and following.unit in ("parameter", "token")
        if (
            shares
            and following.start - here.end <= 8
            and _list_gap().fullmatch(text, here.end, following.start)
        ):
            quantities[index] = replace(here, unit=following.unit, dimension=following.dimension)
    return quantities
