"""Preparing text for reading, character for character, so that offsets stay those of the text given."""

import re
from functools import cache

from tieout.text import to_simplified


def prepare(text: str) -> str:
    """``text`` of the same length with ASCII digits, letters and signs, single spaces and simplified characters."""
    if text.isascii():
        return text.translate(_blanks())
    if "，" in text:  # a list separator, except between full-width digits
        text = _full_width_thousands().sub(",", text)
    return to_simplified(text.translate(_table()))


@cache
def _blanks() -> dict[int, str]:
    return dict.fromkeys(map(ord, "\t\n\r\f\v"), " ")


@cache
def _table() -> dict[int, str]:
    full_width = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code != 0xFF0C}
    blanks = dict.fromkeys([0x3000, 0xA0, 0x202F, *range(0x2000, 0x200B)], " ")
    signs = {
        0x2212: "-",
        0x2010: "-",
        0x2011: "-",
        0x2012: "-",
        0xFE63: "-",
        0x301C: "~",
        0x223C: "~",
        0xFFE5: "¥",
        0x2215: "/",
    }
    return {**_blanks(), **full_width, **blanks, **signs}


@cache
def _full_width_thousands() -> re.Pattern[str]:
    return re.compile("(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
