"""Quotes that are checked against the raw page before anyone sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tieout.plugin import Figure, ReportSpan
from tieout.quantities import find
from tieout.text import clean
from tieout_report_search.chunks import sentences, weight
from tieout_report_search.documents import Chunk, StoredDocument
from tieout_report_search.offsets import cuts, normal_form
from tieout_report_search.store import Page

__all__ = ["SOURCE", "Citation", "best_quote", "cite", "holds", "readable"]

SOURCE = "reports"
QUOTE_WEIGHT = 120
"""A quote grows by neighbouring sentences up to this weight (Chinese characters; a Latin word counts two)."""
LONG_SENTENCE = 180
SHORT_SENTENCE = 16
HEADING = 40
BULLETS = "•●■◆▪·➢✓–—-"
SENTENCE_ENDS = "。！？.!?;；:：…”』」）)]\"'"

Scorer = Callable[[str], set[str]]
"""Gives the tokens of the question that a text holds."""


@dataclass(frozen=True)
class Citation:
    """A checked quote with the numbers in it."""

    span: ReportSpan
    figures: tuple[Figure, ...]
    cut_before: bool
    """The quote begins inside a sentence."""
    cut_after: bool


def holds(span: ReportSpan, raw: str) -> bool:
    """Whether the raw text at the span still says what the quote says."""
    words = normal_form(span.quote)
    return bool(words) and words in normal_form(raw)


def cite(document: StoredDocument, page_number: int, page: Page, start: int, end: int) -> Citation | None:
    """Cite ``page.text.text[start:end]``; ``None`` when the raw page does not bear it out."""
    text = page.text.text
    start, end = _trimmed(text, start, end)
    span = _span(document, page_number, page, start, end)
    if span is None:
        return None
    figures: list[Figure] = []
    line = _one_line(text[start:end])
    for number in find(line):
        note = line[number.start - 1 : number.start] == "[" and line[number.end : number.end + 1] == "]"
        code = re.match(r"0\d", number.text)
        if note or code or number.kind not in ("number", "percent", "money", "multiple"):
            continue
        origin = _span(document, page_number, page, start + number.start, start + number.end)
        if origin is not None:
            figures.append(
                Figure(
                    value=number.value,
                    unit=number.unit,
                    low=number.low,
                    high=number.high,
                    text=number.text,
                    origin=origin,
                )
            )
    before, after = text[:start].rstrip(" ")[-1:], text[end:].lstrip(" ")[:1]
    return Citation(
        span,
        tuple(figures),
        cut_before=before not in ("", "\n") and before not in SENTENCE_ENDS + BULLETS,
        cut_after=after not in ("", "\n", "[") and text[end - 1] not in SENTENCE_ENDS,
    )


def _span(document: StoredDocument, number: int, page: Page, start: int, end: int) -> ReportSpan | None:
    raw_start, raw_end = page.text.raw_span(start, end)
    metadata = document.metadata
    span = ReportSpan(
        document=document.id,
        title=metadata.title,
        page=number,
        start=raw_start,
        end=raw_end,
        quote=clean(" ".join(page.text.text[start:end].split())),
        source=SOURCE,
        publisher=metadata.broker,
        published=metadata.published if metadata.date_kind == "report" else None,
    )
    return span if holds(span, page.raw[raw_start:raw_end]) else None


def _one_line(text: str) -> str:
    """Line ends as spaces, so that numbers are not read across a table's rows differently from the quote shown."""
    return re.sub(r"\s", " ", text)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out bullets before a quote and footnote marks behind it."""
    quote = text[start:end]
    if bullet := re.match(rf"[\s{BULLETS}]+(?=\S)", quote):
        start += bullet.end()
    if marks := re.search(r"(?:\s?\[\d{1,3}\])+\s*$", text[start:end]):
        end = start + marks.start() if marks.start() else end
    return start, end


def best_quote(
    page: Page,
    chunk: Chunk,
    values: dict[str, float],
    score: Scorer,
    *,
    focus: frozenset[str] = frozenset(),
) -> tuple[int, int]:
    """The stretch of the passage that says most of what was asked: a sentence, or a few that belong together.

    Args:
        page: The page.
        chunk: The passage on it.
        values: Tokens of the question and what holding one is worth.
        score: Gives the tokens of ``values`` that a text holds.
        focus: Tokens of the property asked for; a sentence that names it is preferred to one that says more else.
    """
    text = page.text.text
    page_cuts = [at for at in cuts(page.text, page.raw) if chunk.start < at < chunk.end]
    spans = [(chunk.start + a, chunk.start + b) for a, b in sentences(
        text[chunk.start : chunk.end], [at - chunk.start for at in page_cuts])]  # fmt: skip
    spans = [part for span in spans for part in _clauses(text, *span)]
    if not spans:
        return chunk.start, chunk.end
    held = [score(text[a:b]) for a, b in spans]
    worth = [sum(values[token] for token in tokens) * readable(text[a:b]) * (3 if focus and focus <= tokens else 1)
             for tokens, (a, b) in zip(held, spans, strict=True)]  # fmt: skip
    first = last = max(range(len(spans)), key=lambda index: worth[index])
    covered = set(held[first])
    while True:
        grown = _grow(text, spans, held, values, covered, first, last, page_cuts)
        if grown is None:
            return spans[first][0], spans[last][1]
        covered |= held[grown]
        first, last = min(first, grown), max(last, grown)


def readable(sentence: str) -> float:
    """How well a sentence serves as a quote: prose best, table rows less, headings and source notes least."""
    if re.match(
        r"\[\d{1,3}\]|(?:图|表|图表|Figure|Table|Exhibit)\s?\d+[:：]|(?:资料|数据)来源|Source", sentence
    ):
        return 0.2
    ended = re.search(r"[。！？.!?;；][”’」』）)\]\"']*(?:\s?\[\d{1,3}\])*$", sentence)
    size = weight(sentence)
    if not ended and size <= HEADING:
        return 0.5 if re.search(r"\d", sentence) else 0.3
    return 1.0 if size >= SHORT_SENTENCE else 0.6


def _grow(
    text: str,
    spans: Sequence[tuple[int, int]],
    held: Sequence[set[str]],
    values: dict[str, float],
    covered: set[str],
    first: int,
    last: int,
    page_cuts: Sequence[int],
) -> int | None:
    """The neighbouring sentence worth adding, or ``None``."""
    total = sum(values.values()) or 1.0
    short = weight(text[spans[first][0] : spans[last][1]]) < SHORT_SENTENCE
    best: tuple[float, int] | None = None
    for index in (last + 1, first - 1):
        if not 0 <= index < len(spans):
            continue
        low, high = min(spans[index][0], spans[first][0]), max(spans[index][1], spans[last][1])
        if any(low < at < high for at in page_cuts) or weight(text[low:high]) > QUOTE_WEIGHT:
            continue
        if re.search(r"[。！？.][^\S\n]*(?:\[\d{1,3}\])*\n|\n[^\S\n]*[•●■–—-]|\n\n", text[low:high]):
            continue  # another paragraph or list entry
        gain = sum(values[token] for token in held[index] - covered) / total
        if (gain >= 0.1 or short) and (best is None or gain > best[0]):
            best = (gain, index)
    return best[1] if best else None


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A sentence as it is, or its clauses where it is too long to quote whole."""
    if weight(text[start:end]) <= LONG_SENTENCE:
        return [(start, end)]
    ends = [start + match.end() for match in re.finditer(r"[，,；;、](?!\d)|\s{2,}", text[start:end])]
    points = sorted({start, *ends, end})
    return [(a, b) for a, b in pairwise(points) if text[a:b].strip()]
