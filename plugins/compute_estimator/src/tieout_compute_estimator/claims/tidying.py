"""Reading scraped text: what character recognition and page layout did to it is undone, and every place is kept.

Only forms that cannot be anything else are changed (``A1.Oo`` is A100, ``IPB`` is 1PB, ``90100天`` is 90-100 天). The
claim says that it was read so, and keeps the characters as they were given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

__all__ = ["Tidied", "tidy"]


@dataclass(frozen=True, slots=True)
class Tidied:
    """Text as it is read, and the offset in the given text of each of its characters."""

    text: str
    offsets: tuple[int, ...]
    """One more than the characters: the last is the end of the given text."""
    changed: tuple[tuple[str, str], ...] = ()
    """What was written and how it is read."""

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the given text behind ``text[start:end]``."""
        return self.offsets[start], max(self.offsets[start], self.offsets[end - 1] + 1) if end > start else (
            self.offsets[start]
        )


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]


@cache
def _rules() -> tuple[Rule, ...]:
    def to(template: str) -> Callable[[re.Match[str]], str | None]:
        return lambda match: match.expand(template)

    return (
        (re.compile(r"A1\.[O0o]{1,2}[Oo]?(?=[^A-Za-z]|GPU|服务器)"), to("A100")),
        (re.compile(r"(?<![A-Za-z0-9])[IlJ][O0](?=天|个月|年|周|万|亿|%)"), to("10")),
        (re.compile(r"(?<![A-Za-z0-9])[Il](?=[PTG]B(?![A-Za-z]))"), to("1")),
        (re.compile(r"(?<![A-Za-z0-9])[Il](?=\d{3,}P(?![A-Za-z]))"), to("1")),
        (re.compile(r"(?<=\d)O(?=\d|tera|T?FL|P(?![A-Za-z])|%)"), to("0")),
        (re.compile(r"(?i)tera\s?f[il1k][lo0k)]{1,3}ps"), to("TeraFLOPS")),
        (re.compile(r"(?<=\d)GBs(?![A-Za-z])"), to("GB/s")),
        (re.compile(r"(?<=\d)Gbs(?![A-Za-z])"), to("Gb/s")),
        (re.compile(r"(?<=\d)w(?=个|张|块|台|片|颗)"), to("万")),
        (re.compile(r"(?<=\d)T(?=RDMA|InfiniBand|IB网)"), to("T ")),
        (re.compile(r"A1\.(?=[A-Z\s]?[一-鿿A-Z])"), to("AI")),
        (re.compile(r"(?<=\d%)(?=\d{1,2}%)"), to("-")),
        (re.compile(r"(?<![\d.,])(\d{4,6})(?=天|个月)"), _lost_dash),
        (re.compile(r"([^\s]{3,40}?\d[^\s]{2,40}?)\1"), to(r"\1")),
    )


def _lost_dash(match: re.Match[str]) -> str | None:
    """90100 天 is 90-100 天: two numbers that rise a little, and no such time in any report."""
    digits = match[1]
    for cut in (len(digits) // 2, len(digits) // 2 + len(digits) % 2):
        low, high = int(digits[:cut] or 0), int(digits[cut:] or 0)
        if not digits[cut:].startswith("0") and int(digits) > 3650 and low < high <= 2 * low:
            return f"{low}-{high}"
    return None


_SUSPECT = re.compile(r"A1\.|[IlJ][O0]|[Il][PTG\d]|\dO|era|GBs|Gbs|\dw|\dT[RI]|%\d|\d{4}[天个]")


def tidy(text: str) -> Tidied:
    """``text`` in compatibility form with recognition errors undone; linear in its length."""
    from tieout.text import nfkc

    normal = nfkc(text)
    plain = normal.text
    offsets = list(range(len(plain) + 1))
    if plain != text:
        offsets = [normal.raw_span(at, at)[0] for at in range(len(plain))] + [len(text)]
    changed: list[tuple[str, str]] = []
    for pattern, rewrite in _rules() if _SUSPECT.search(plain) or _doubled(plain) else ():
        plain, offsets = _rewritten(plain, offsets, pattern, rewrite, changed)
    return Tidied(plain, tuple(offsets), tuple(changed))


def _doubled(text: str) -> bool:
    return len(text) < 2000 and re.search(r"([^\s]{3,20}\d[^\s]{2,20})\1", text) is not None


def _rewritten(
    text: str,
    offsets: list[int],
    pattern: re.Pattern[str],
    rewrite: Callable[[re.Match[str]], str | None],
    changed: list[tuple[str, str]],
) -> tuple[str, list[int]]:
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for match in pattern.finditer(text):
        new = rewrite(match)
        if new is None or new == match.group():
            continue
        start, end = match.span()
        pieces += [text[at:start], new]
        places += offsets[at:start]
        length = max(end - start, 1)
        places += [offsets[min(start + index * length // max(len(new), 1), end)] for index in range(len(new))]
        changed.append((match.group() or text[max(0, start - 4) : start + 3], new))
        at = end
    if not pieces:
        return text, offsets
    pieces.append(text[at:])
    places += offsets[at:]
    return "".join(pieces), places
