"""Telling numbers from digits that are part of something else, by the characters next to them."""

import re
from functools import cache

from tieout.quantities._numbers import CHINESE

_CURRENCY_CODES = ("USD", "RMB", "CNY", "HKD", "EUR", "JPY")
_PREFIXES = ("mid", "pre", "post", "sub", "non", "early", "late", "since", "~")


@cache
def dotted() -> re.Pattern[str]:
    """A version, an address or a section number: 1.2.3."""
    return re.compile(r"[0-9]+(?:\.[0-9]+){2,}")


@cache
def _clock() -> re.Pattern[str]:
    # A colon with one digit before it may also be a list: 表 1:25 家.
    return re.compile(
        r"(?:(?:[01][0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9])?(?![0-9:])"
        r"|24 ?[x×*/] ?7(?![0-9.])|7 ?[x×*] ?24(?![0-9.])"  # round the clock
        r"|[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9:%.]| ?[\u4e00-\u9fff]| ?(?![apAP]\.?[mM])[A-Za-z]))"
    )


def is_clock(text: str, start: int) -> bool:
    """Whether a time of day stands at ``start`` (15:00, 9:30), or the 24/7 of round the clock."""
    if ":" not in text[start + 1 : start + 3] and text[start : start + 1] not in "27":
        return False
    return _clock().match(text, start) is not None


@cache
def named_after() -> re.Pattern[str]:
    """A name that begins with digits: the 8x7B of a mixture of experts, form 10-K."""
    return re.compile(r"[0-9]{1,3}(?:x[0-9]{1,3}(?:\.[0-9]{1,2})?[BM]|-[A-Z])(?![A-Za-z0-9])")


@cache
def _rest() -> re.Pattern[str]:
    return re.compile(rf"[0-9]+(?:\.[0-9]+|,[0-9]{{3}}(?![0-9]))*(?:x[0-9]+[BM]|[A-Za-z]*)|[{CHINESE}]+")


def past(text: str, start: int) -> int:
    """Where to go on after digits or number characters at ``start`` that are no quantity."""
    match = (_clock().match(text, start) if is_clock(text, start) else None) or _rest().match(text, start)
    return match.end() if match else start + 1


def is_dashed(text: str, start: int) -> bool:
    """Whether a dash joins the number at ``start`` to a word or number before it (H100-80GB)."""
    if (
        start < 2
        or text[start - 1] not in "-–_"
        or not (text[start - 2].isascii() and text[start - 2].isalnum())
    ):
        return False
    word = re.search(r"[A-Za-z]{1,6}$", text[max(0, start - 7) : start - 1])
    return word is None or word[0].lower() not in _PREFIXES


def is_inside_name(text: str, start: int) -> bool:
    """Whether the digits at ``start`` continue a word: H100, GPT-4. A currency code and the x of 8x80 are no word."""
    previous = text[start - 1 : start]
    if is_dashed(text, start):
        return True
    if not previous.isascii() or not (previous.isalpha() or previous == "_"):
        return False
    times = previous in "xX" and text[start - 2 : start - 1].isdecimal()
    return not times and text[max(0, start - 3) : start] not in _CURRENCY_CODES


def sign_start(text: str, start: int, floor: int, *, percent: bool) -> int:
    """Where a sign before ``start`` begins, ``start`` when there is none. A dash after a word is no sign, except
    before a percentage in Chinese (增长-5%)."""
    at = start - 1
    at -= text[max(at - 1, 0) : at + 1] == "负 "
    if at < floor or text[at] not in "+-负":
        return start
    previous = text[at - 1 : at] if at > floor else ""
    joined = previous.isalnum() or previous in (")", "%", "+", "-")
    if text[at] != "负" and joined and not (percent and previous and not previous.isascii()):
        return start
    return at
