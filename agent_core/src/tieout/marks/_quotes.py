"""Quotes in an answer, held against the spans that were re-read."""

from __future__ import annotations

__all__ = ["quoted_stretches", "squeezed"]

import re
from collections.abc import Iterator, Sequence
from functools import cache

from tieout.contract.figures import ReportSpan

# Shorter words stand in almost any text.
_SHORTEST = 4
# More quoted lines than this are no answer that a person reads; what is beyond is checked number by number.
_MOST_QUOTES = 400


@cache
def _dropped() -> re.Pattern[str]:
    return re.compile(r"[\s>*_`]+")


def squeezed(text: str) -> str:
    """The form in which a quote is compared with its source: folded, without white space and Markdown marks."""
    from tieout.text import fold

    return _dropped().sub("", fold(text).text)


@cache
def _quotations() -> re.Pattern[str]:
    return re.compile(
        r"^[ \t]{0,3}>[^\n]*$|“[^”\n]{4,1000}”|「[^」\n]{4,1000}」|『[^』\n]{4,1000}』|\"[^\"\n]{8,1000}\"",
        re.MULTILINE,
    )


def quoted_stretches(answer: str, spans: Sequence[ReportSpan]) -> list[tuple[int, int]]:
    """The stretches of quotations and block quotes in ``answer`` that are words of a verified span, in order.

    Words that stand in the same line and not in the span (an addition, a citation) are outside.
    """
    if not spans:
        return []
    quotes = [
        quote for quote in dict.fromkeys(squeezed(span.quote) for span in spans) if len(quote) >= _SHORTEST
    ]
    found: list[tuple[int, int]] = []
    for number, match in enumerate(_quotations().finditer(answer)):
        if number >= _MOST_QUOTES:
            break
        found += _verified(answer, match.start(), match.end(), quotes)
    return found


def _verified(answer: str, start: int, end: int, quotes: Sequence[str]) -> Iterator[tuple[int, int]]:
    text, origins = _with_origins(answer, start, end)
    if len(text) < _SHORTEST:
        return
    if any(_stands_in(text, quote) for quote in quotes):
        yield start, end
        return
    for quote in quotes:
        at = text.find(quote)
        while at >= 0:
            last = at + len(quote)
            if not _cuts_number(text, at) and not _cuts_number(text, last):
                yield origins[at][0], origins[last - 1][1]
            at = text.find(quote, last)


def _with_origins(answer: str, start: int, end: int) -> tuple[str, list[tuple[int, int]]]:
    """The squeezed stretch, and for each of its characters where it came from in ``answer``."""
    from tieout.text import fold

    inner_start, inner_end = start, end
    while inner_start < inner_end and answer[inner_start] in ' \t>“「『"…':
        inner_start += 1
    while inner_end > inner_start and answer[inner_end - 1] in ' \t”」』"…':
        inner_end -= 1
    folded = fold(answer[inner_start:inner_end])
    kept: list[str] = []
    origins: list[tuple[int, int]] = []
    for run in folded.runs:
        for offset in range(run.length):
            character = folded.text[run.start + offset]
            if _dropped().match(character):
                continue
            kept.append(character)
            raw = inner_start + run.raw_start
            origins.append((raw, raw + run.raw_length) if run.atomic else (raw + offset, raw + offset + 1))
    return "".join(kept), origins


def _stands_in(words: str, quote: str) -> bool:
    at = quote.find(words)
    return at >= 0 and not _cuts_number(quote, at) and not _cuts_number(quote, at + len(words))


def _cuts_number(text: str, at: int) -> bool:
    """Whether a cut at ``at`` goes through a number: 7.6% is not in a quote that says 27.6%."""
    before, after = text[max(0, at - 2) : at], text[at : at + 2]
    if not before or not after:
        return False
    left = before[-1].isdecimal() or (before[-1] in ".," and before[:-1].isdecimal())
    right = after[0].isdecimal() or (after[0] in ".,%" and (after[0] == "%" or after[1:].isdecimal()))
    return left and right
