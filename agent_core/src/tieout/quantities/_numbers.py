"""Reading numerals: digits, powers of ten, Chinese and English number words, and the magnitudes after them."""

import math
import re
from dataclasses import dataclass, replace
from functools import cache

from tieout.quantities._units import UnitTable

# More digits than this are an identifier or an attack; a double holds 17.
LONGEST_NUMERAL = 40

_MAGNITUDES = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}
_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
CHINESE = "".join(_DIGITS) + "".join(_MAGNITUDES)
_SCALES = {
    "hundred": 2, "thousand": 3, "million": 6, "mn": 6, "mln": 6, "billion": 9, "bn": 9, "trillion": 12, "tn": 12,
    "trn": 12, "quadrillion": 15,
}  # fmt: skip
_ONES: tuple[str, ...] = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
    "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: tuple[str, ...] = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as printed: ``digits`` times ten to the ``exponent``."""

    digits: str
    """Decimal text without separators or sign."""
    exponent: int
    """Power of ten from magnitudes and scientific notation."""
    end: int
    """Offset past the numeral."""
    scaled: bool = False
    """Whether a magnitude word or suffix has been read."""
    suffix: str = ""
    """The glued letter K, M, B or T, in upper case, when that was the magnitude."""
    words: bool = False
    """Written in words, not digits."""

    @property
    def value(self) -> float:
        """The number."""
        return float(f"{self.digits}e{self.exponent}")

    @property
    def step(self) -> float:
        """The size of one unit of the last printed digit."""
        whole, _, decimals = self.digits.partition(".")
        trailing = len(whole) - len(whole.rstrip("0")) if self.words and not decimals and int(whole) else 0
        return float(f"1e{self.exponent - len(decimals) + trailing}")

    def times_ten_to(self, power: int, end: int, *, suffix: str = "") -> "Numeral":
        """With a magnitude that ends at ``end``."""
        return replace(self, exponent=self.exponent + power, end=end, scaled=True, suffix=suffix)


@cache
def _digits() -> re.Pattern[str]:
    return re.compile(
        r"(?P<mantissa>(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)"
        r"(?:[eE](?P<e>[+-]?[0-9]{1,3})(?![0-9]))?"
    )


_POWER = r"(?:(?:\^|\*\*) ?[{(]?(?P<plain>[+-]?[0-9]{1,3})[})]?|(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"


@cache
def _times_power() -> re.Pattern[str]:
    # A PDF often loses the raising: 2.15×1025 FLOP. Only before FLOP is that certain.
    lost = r"(?P<lost>[1-9][0-9])(?= {0,2}(?:FLOP|flop|Flop|次浮点))"
    return re.compile(rf" {{0,2}}[×xX*·⋅] {{0,2}}10(?:{_POWER}|{lost})(?![0-9])")


@cache
def _bare_power() -> re.Pattern[str]:
    return re.compile(rf"{_POWER}(?P<lost>)(?![0-9])")


def read_digits(text: str, start: int) -> Numeral | None:
    """The numeral in digits at ``start``, with thousands separators, exponent or power of ten."""
    match = _digits().match(text, start)
    if match is None or match.end() - start > LONGEST_NUMERAL:
        return None
    digits, exponent, end = match["mantissa"].replace(",", ""), int(match["e"] or 0), match.end()
    if not match["e"]:
        raised = _bare_power().match(text, end) if digits == "10" else _times_power().match(text, end)
        if raised:
            digits = "1" if digits == "10" else digits
            exponent = int(raised["plain"] or (raised["raised"] or raised["lost"]).translate(_SUPERSCRIPTS))
            end = raised.end()
    return _finite(Numeral(digits, exponent, end))


def _finite(numeral: Numeral) -> Numeral | None:
    return numeral if math.isfinite(numeral.value) else None


def read_magnitude(text: str, numeral: Numeral, units: UnitTable) -> Numeral:
    """``numeral`` with the magnitude after it: 万, 千万亿, million, bn, or a glued K, M, B, T."""
    at = numeral.end
    spaces = _spaces(text, at)
    scaled = _chinese_magnitude(text, numeral, at + spaces, units)
    scaled = scaled or _english_magnitude(text, numeral, at, at + spaces)
    scaled = scaled or (_suffix(text, numeral, units) if not numeral.words else None)
    if scaled is None or not math.isfinite(scaled.value):
        return numeral
    return _compound(text, scaled, units)


def _spaces(text: str, at: int) -> int:
    return next((count for count in range(3) if text[at + count : at + count + 1] != " "), 3)


def _chinese_magnitude(text: str, numeral: Numeral, at: int, units: UnitTable) -> Numeral | None:
    power, start = 0, at
    while at - start < 4 and text[at : at + 1] in _MAGNITUDES and not units.match(text, at):
        power += _MAGNITUDES[text[at]]
        at += 1
    if at == start or (start > numeral.end and text[start] in "十百"):
        return None
    return numeral.times_ten_to(power, at)


def _english_magnitude(text: str, numeral: Numeral, glued: int, at: int) -> Numeral | None:
    if text[at : at + 1] == "-":
        at += 1
    match = _scale_words().match(text, at)
    if match is None or (at == glued and len(match[0]) > 3):
        return None
    return numeral.times_ten_to(sum(_SCALES[word] for word in match[0].lower().split()), match.end())


@cache
def _scale_words() -> re.Pattern[str]:
    scales = "|".join(sorted(_SCALES, key=len, reverse=True))
    return re.compile(rf"(?:hundred )?(?:{scales})(?![A-Za-z0-9])", re.IGNORECASE)


@cache
def _counted() -> re.Pattern[str]:
    """What makes a lower-case or spaced suffix certain: 15t tokens, 70 B parameters."""
    return re.compile(r"[ -]{0,2}(?:个 ?|的 ?)?(?:tok(?:en)?s?|param|参数|models?|模型|gpu)", re.IGNORECASE)


def _suffix(text: str, numeral: Numeral, units: UnitTable) -> Numeral | None:
    """K, M, B or T glued to digits. A longer unit wins (TB, MW), and B with a space is bytes unless counted."""
    end = numeral.end
    spaced = text[end : end + 2] == " B" and _counted().match(text, end + 2) is not None
    at = end + 1 if spaced else end
    letter = text[at : at + 1]
    power = {"k": 3, "K": 3, "M": 6, "B": 9, "b": 9, "T": 12}.get(letter)
    if letter in ("m", "t") and _counted().match(text, at + 1):
        power = 6 if letter == "m" else 12
    if letter == "w" and text[at + 1 : at + 2] in ("个", "张", "台", "块", "元", "人", "+", "卡", "次", "条"):
        power = 4
    following = text[at + 1 : at + 2]
    if power is None or (following.isascii() and following.isalnum()) or text[at : at + 3] in ("B/s", "b/s"):
        return None
    if following == "/" and letter in "Bb" and (unit := units.match(text, at)) and unit[1] > at + 1:
        return None
    return numeral.times_ten_to(power, at + 1, suffix=letter.upper() if letter != "w" else "")


def _compound(text: str, numeral: Numeral, units: UnitTable) -> Numeral:
    """``1亿2000万`` as one number: whole parts of falling magnitude, written without a space."""
    if "." in numeral.digits or numeral.suffix or numeral.words:
        return numeral
    match = _small_integer().match(text, numeral.end)
    if match is None:
        return numeral
    lower = Numeral(match[0], 0, match.end())
    scaled = _chinese_magnitude(text, lower, lower.end, units)
    if scaled is None or scaled.value >= 10.0**numeral.exponent:
        return numeral
    whole = int(numeral.digits) * 10 ** (numeral.exponent - scaled.exponent) + int(scaled.digits)
    return replace(scaled, digits=str(whole))


@cache
def _small_integer() -> re.Pattern[str]:
    return re.compile(r"[0-9]{1,4}(?![0-9.])")


@cache
def _chinese_run() -> re.Pattern[str]:
    return re.compile(rf"(?P<whole>[{CHINESE}]+)(?:点(?P<decimals>[{''.join(_DIGITS)}]+))?")


@cache
def _section() -> re.Pattern[str]:
    digit = "[一二两三四五六七八九]"
    return re.compile(rf"零?(?:({digit})千)?(?:零?({digit})百)?(?:零?({digit})?(十))?(?:(零)?({digit}))?")


def read_chinese(text: str, start: int, units: UnitTable) -> Numeral | None:
    """The numeral in Chinese characters at ``start`` (三, 一百二十, 两万, 一点三); None for 万一, 二〇二四, 三四.

    万 and 亿 at its end are left to read_magnitude.
    """
    match = _chinese_run().match(text, start)
    if match is None or match.end() - start > LONGEST_NUMERAL:
        return None
    whole, decimals = match["whole"], match["decimals"]
    core = whole
    if not decimals and core[-1] in _MAGNITUDES and units.match(text, start + len(core) - 1):
        core = core[:-1]  # the 千 of 千瓦 belongs to the unit
    core = core.rstrip("万亿")
    value = _chinese_value(core) if core else None
    if value is None:
        return None
    if not decimals or core != whole:
        return Numeral(str(value), 0, start + len(core), words=True)
    return Numeral(
        f"{value}.{''.join(str(_DIGITS[digit]) for digit in decimals)}", 0, match.end(), words=True
    )


def _chinese_value(run: str) -> int | None:
    """The whole number that ``run`` spells, None when it spells none."""
    if run in ("零", "〇"):
        return 0
    for magnitude, power in (("亿", 8), ("万", 4)):
        above, found, below = run.rpartition(magnitude)
        if found:
            high, low = _chinese_value(above), _chinese_value(below) if below else 0
            if len(below) == 1 and low:
                low *= 10 ** (power - 1)  # 两万五 is 25,000
            return None if high is None or low is None or low >= 10**power else high * 10**power + low
    match = _section().fullmatch(run) if run else None
    if match is None:
        return None
    thousands, hundreds, tens, ten, zero, ones = match.groups()
    value = sum(_DIGITS[digit] * size for digit, size in ((thousands, 1000), (hundreds, 100)) if digit)
    value += (_DIGITS[tens] if tens else 1) * 10 * bool(ten)
    last_place = 1 if ten or zero else 10 if hundreds else 100 if thousands else 1  # 一百二 is 120
    return value + (_DIGITS[ones] * last_place if ones else 0)


@cache
def english_words() -> re.Pattern[str]:
    """Zero to nine hundred ninety-nine in English words."""
    ones, tens = "|".join(sorted(_ONES, key=len, reverse=True)), "|".join(_TENS)
    below_hundred = rf"(?:(?:{tens})(?:[- ](?:{ones}))?|(?:{ones}))"
    return re.compile(
        rf"(?<![A-Za-z])(?:(?P<hundreds>{ones}) hundred(?: and)?(?: (?P<rest>{below_hundred}))?"
        rf"|(?P<small>{below_hundred}))(?![A-Za-z])",
        re.IGNORECASE,
    )


@cache
def english_article() -> re.Pattern[str]:
    """The a of "a million" and "half a million"."""
    return re.compile(
        r"(?<![A-Za-z])(?P<halved>half )?an?(?= (?:hundred|thousand|million|billion|trillion)(?![A-Za-z]))",
        re.IGNORECASE,
    )


def read_english(text: str, start: int) -> Numeral | None:
    """The numeral in English words at ``start``, below one thousand; million and its like are magnitudes."""
    if article := english_article().match(text, start):
        return Numeral("0.5" if article["halved"] else "1", 0, article.end(), words=True)
    match = english_words().match(text, start)
    if match is None:
        return None
    value = 100 * _ONES.index(match["hundreds"].lower()) if match["hundreds"] else 0
    for word in re.split("[- ]", (match["rest"] or match["small"] or "").lower()):
        if word in _ONES:
            value += _ONES.index(word)
        elif word:
            value += 10 * (_TENS.index(word) + 2)
    return Numeral(str(value), 0, match.end(), words=True)
