"""Reads a code in any of the forms it is written in, and gives the canonical symbol.

Canonical: ``601066.SH``, ``000001.SZ``, ``430017.BJ``, ``01357.HK`` (five digits), ``NVDA.US``, ``HSI.INDEX``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["CodeReading", "read_code"]

_CHINA = {
    "SH": "SH", "SS": "SH", "XSHG": "SH", "SSE": "SH", "SHSE": "SH", "SHA": "SH", "CG": "SH",
    "SZ": "SZ", "XSHE": "SZ", "SZSE": "SZ", "SHE": "SZ", "CS": "SZ",
    "BJ": "BJ", "XBSE": "BJ", "BSE": "BJ", "BJSE": "BJ", "CH": "", "CN": "", "C1": "", "C2": "",
}  # fmt: skip
_EXCHANGE = "|".join(sorted(_CHINA, key=len, reverse=True))
_HONG_KONG = "HKG|HKEX|SEHK|XHKG|HK"
_INDEX_CODES = {
    "GSPC": "SPX", "INX": "SPX", "SPX": "SPX", "DJI": "DJI", "IXIC": "IXIC", "NDX": "NDX", "SOX": "SOX",
    "HSI": "HSI", "HSTECH": "HSTECH", "HSCEI": "HSCEI", "HSCE": "HSCEI",
}  # fmt: skip


@dataclass(frozen=True)
class CodeReading:
    """What a code may mean; nothing says yet that such a share exists."""

    symbols: tuple[str, ...]
    """Canonical symbols, likeliest first; for six bare digits, one for each mainland exchange."""
    explicit: bool
    """Whether the text named the exchange, so that no other one is meant."""


def read_code(text: str) -> CodeReading | None:
    """Read ``601066.SH``, ``sh601066``, ``SHSE.601066``, ``1.601066``, ``601066``, ``0700.HK``, ``r_hk00700``,
    ``usNVDA``, ``NASDAQ:NVDA``, ``$NVDA``, ``^HSI`` and the like; full-width characters are the same.

    Returns ``None`` for what is no code. Bare letters (``NVDA``) are a name and not a code.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    plain = re.sub(r" (EQUITY|INDEX|EQ)$", "", plain)
    if match := re.fullmatch(r"([A-Z]{1,5}(?:[./][A-Z])?) (?:US|UW|UN|UQ|UR)", plain):
        return CodeReading((f"{match[1].replace('/', '.')}.US",), explicit=True)
    compact = plain.replace(" ", "")
    return _china(compact) or _hong_kong(compact) or _america(compact) or _index(compact) or _bare(compact)


def _china(text: str) -> CodeReading | None:
    if match := re.fullmatch(rf"(\d{{6}})[.:_-]?({_EXCHANGE})", text):
        code, exchange = match[1], _CHINA[match[2]]
    elif match := re.fullmatch(rf"(?:S_)?({_EXCHANGE})[.:_-]?(\d{{6}})", text):
        code, exchange = match[2], _CHINA[match[1]]
    elif match := re.fullmatch(r"([01])\.(\d{6})", text):
        # Market numbers of the "secid" form: 1 is Shanghai; 0 is Shenzhen, and Beijing as well.
        others = (f"{match[2]}.SZ", f"{match[2]}.BJ")
        return CodeReading((f"{match[2]}.SH",) if match[1] == "1" else others, explicit=True)
    else:
        return None
    return CodeReading((f"{code}.{exchange}",), explicit=True) if exchange else _six_digits(code)


def _hong_kong(text: str) -> CodeReading | None:
    match = (
        re.fullmatch(rf"(?:RT?_)?(?:{_HONG_KONG})[.:_-]?(\d{{1,5}})", text)
        or re.fullmatch(rf"(\d{{1,5}})[.:_-]?(?:{_HONG_KONG})", text)
        or re.fullmatch(r"116\.(\d{5})", text)
    )
    return CodeReading((f"{int(match[1]):05d}.HK",), explicit=True) if match else None


def _america(text: str) -> CodeReading | None:
    ticker = r"([A-Z]{1,5}(?:\.[A-Z])?)"
    match = (
        re.fullmatch(rf"(?:NASDAQ|NYSE|NYSEARCA|AMEX|XNAS|XNYS)[.:_-]{ticker}", text)
        or re.fullmatch(rf"{ticker}[.:](?:US|OQ|O|N|K|XNAS|XNYS|NASDAQ|NYSE)", text)
        or re.fullmatch(rf"(?:GB_|US[.:_]){ticker}", text)
        or re.fullmatch(rf"\${ticker}", text)
        or re.fullmatch(rf"10[567]\.{ticker}", text)
    )
    if match:
        return CodeReading((f"{match[1]}.US",), explicit=True)
    # "usNVDA": letters only, so it may as well be a word such as "USER"; the directory decides.
    match = re.fullmatch(r"US([A-Z]{1,5})", text)
    return CodeReading((f"{match[1]}.US",), explicit=False) if match else None


def _index(text: str) -> CodeReading | None:
    match = re.fullmatch(r"(?:\^|\.|100\.|US\.|R_HK|RT_HK|HK)([A-Z]{3,6})", text) or re.fullmatch(
        r"([A-Z]{3,6})\.(?:INDEX|HI|GI|IDX)", text
    )
    if match and match[1] in _INDEX_CODES:
        return CodeReading((f"{_INDEX_CODES[match[1]]}.INDEX",), explicit=True)
    return None


def _bare(text: str) -> CodeReading | None:
    if not re.fullmatch(r"\d{1,6}", text):
        return None
    if len(text) == 6:
        return _six_digits(text)
    hong_kong = f"{int(text):05d}.HK"
    if len(text) >= 4:
        return CodeReading((hong_kong,), explicit=False)
    return CodeReading((hong_kong, f"{int(text):06d}.SZ"), explicit=False)


def _six_digits(code: str) -> CodeReading:
    first = "SH" if code.startswith(("5", "6", "9")) else "BJ" if code.startswith(("4", "8")) else "SZ"
    order = [first, *(exchange for exchange in ("SH", "SZ", "BJ") if exchange != first)]
    return CodeReading(tuple(f"{code}.{exchange}" for exchange in order), explicit=False)
