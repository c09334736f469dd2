"""Units: what they are called in Chinese and English, what they measure, and how they convert."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


class UnitMismatch(ValueError):
    """Two units measure different things, or a unit is not in the table."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. ``value * factor`` is the value in the base unit of its dimension."""

    symbol: str
    """Canonical symbol, such as ``GPU-hour``; unique in a table. ``""`` is the bare number."""
    dimension: str
    """What it measures: time, information, compute, compute/time, money:USD … Only equal dimensions convert."""
    factor: float = 1.0
    """Size in base units: second, byte, FLOP, watt, joule, GPU-hour, metre, gram, hertz, or one of what is counted."""
    en: str = ""
    """English name after a number other than one; the symbol when empty."""
    zh: str = ""
    """Chinese name after a number; the English name when empty."""
    spellings: tuple[str, ...] = ()
    """Further ways to write it, case-sensitive (``Gb`` is not ``GB``)."""
    words: tuple[str, ...] = ()
    """Further ways to write it in lower case, matched in any case. A space also matches a hyphen or nothing."""

    def name(self, lang: str) -> str:
        """The name after a number in ``lang`` (``"zh"`` or ``"en"``)."""
        english = self.en or self.symbol
        return (self.zh or english) if lang == "zh" else english


# A Chinese unit is no unit when one of these follows: 3 年级 is a school class, 2 元件 are components.
_NOT_BEFORE = {
    "年": "代级轮轻龄",
    "天": "猫河津空然",
    "元": "件器宇旦素组",
    "周": "边刊期转",
    "秒": "杀针",
    "卡": "片塔车尔脖",
    "台": "湾阶积式风",
    "块": "链",
    "倍": "感率",
    "吨": "位",
    "米": "哈粉",
    "成": "为立功员本都品交就长果分型熟",
    "瓦": "解",
}


class UnitTable:
    """An immutable registry of units. ``extend`` gives a new table; two tables can live in one process."""

    def __init__(self, units: Iterable[Unit]) -> None:
        """Raises ValueError when two units share a symbol or a spelling."""
        self._units: dict[str, Unit] = {}
        self._exact: dict[str, Unit] = {}
        self._lower: dict[str, Unit] = {}
        for unit in units:
            if unit.symbol in self._units:
                raise ValueError(f"unit {unit.symbol!r} is already in the table")
            self._units[unit.symbol] = unit
            for spelling in {unit.symbol, unit.en, unit.zh, *unit.spellings} - {""}:
                self._add(self._exact, spelling, unit)
            for word in unit.words:
                for spelling in {word, word.replace(" ", "-"), word.replace(" ", "")}:
                    self._add(self._lower, spelling, unit)

    @staticmethod
    def _add(names: dict[str, Unit], spelling: str, unit: Unit) -> None:
        other = names.setdefault(spelling, unit)
        if other is not unit:
            raise ValueError(f"{spelling!r} cannot mean {unit.symbol!r}: it already means {other.symbol!r}")

    def extend(self, *units: Unit) -> "UnitTable":
        """A new table with ``units`` as well. Raises ValueError on a symbol or spelling that is taken."""
        return UnitTable([*self._units.values(), *units])

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units.values())

    def __len__(self) -> int:
        return len(self._units)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def get(self, name: str) -> Unit:
        """The unit called ``name``: a symbol, a spelling, or two of them joined by ``/`` (``USD/GPU-hour``).

        Raises UnitMismatch when the table has no such unit.
        """
        unit = self._find(name)
        if unit is None:
            raise UnitMismatch(f"unknown unit {name!r}")
        return unit

    def convert(self, value: float, from_unit: str, to_unit: str) -> float:
        """``value`` of ``from_unit`` in ``to_unit``. Raises UnitMismatch when they measure different things."""
        source, target = self.get(from_unit), self.get(to_unit)
        if source.dimension != target.dimension:
            raise UnitMismatch(
                f"cannot convert {_named(source)} to {_named(target)}: "
                f"one measures {source.dimension}, the other {target.dimension}"
            )
        if source.factor == target.factor:
            return value
        return value * source.factor / target.factor

    def match(self, text: str, start: int) -> tuple[Unit, int] | None:
        """The longest unit spelled at ``text[start:]`` and where it ends, or None. Linear in the longest spelling."""
        for length in self._lengths.get(text[start : start + 1].lower(), ()):
            spelling = text[start : start + length]
            unit = self._exact.get(spelling) or self._lower.get(spelling.lower())
            if unit is not None and len(spelling) == length and _ends_well(text, start + length):
                return unit, start + length
        return None

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """The lengths of the spellings by first character, longest first: a number meets few of them."""
        lengths: dict[str, set[int]] = {}
        for spelling in (*self._exact, *self._lower):
            lengths.setdefault(spelling[0].lower(), set()).add(len(spelling))
        return {first: sorted(known, reverse=True) for first, known in lengths.items()}

    def _find(self, name: str) -> Unit | None:
        unit = self._units.get(name) or self._exact.get(name) or self._lower.get(name.lower())
        if unit is not None or "/" not in name:
            return unit
        above, _, below = name.rpartition("/")
        numerator, denominator = self._find(above), self._find(below)
        return None if numerator is None or denominator is None else per(numerator, denominator)


def per(numerator: Unit, denominator: Unit) -> Unit:
    """The unit ``numerator/denominator``, such as USD per GPU-hour."""
    return Unit(
        symbol=f"{numerator.symbol}/{denominator.symbol}",
        dimension=f"{numerator.dimension}/{denominator.dimension}",
        factor=numerator.factor / denominator.factor,
        en=f"{numerator.name('en')}/{denominator.symbol}",
        zh=f"{numerator.name('zh')}/{denominator.name('zh')}",
    )


def kind_of(unit: Unit) -> Literal["number", "percent", "money", "multiple"]:
    """What kind of quantity a unit makes."""
    if unit.dimension.startswith("money:"):
        return "money"
    if unit.symbol in ("%", "‰", "pp", "bp"):
        return "percent"
    return "multiple" if unit.symbol == "x" else "number"


def _named(unit: Unit) -> str:
    return repr(unit.symbol) if unit.symbol else "a bare number"


def _ends_well(text: str, end: int) -> bool:
    """Whether the spelling that ends at ``end`` is a whole word rather than the head of another."""
    following = text[end : end + 1]
    last = text[end - 1]
    if last.isascii() and last.isalnum():
        return not (following.isascii() and (following.isalnum() or following == "_"))
    return not following or following not in _NOT_BEFORE.get(last, "")
