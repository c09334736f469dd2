"""The tie-out: what is known about each number of an answer."""

from __future__ import annotations

__all__ = ["squeezed", "tie_out"]

import re

from tieout.contract.figures import Figure, Formula, MarketData, ReportSpan, TableRow, UserInput
from tieout.events import MarkEvent, MarkStatus
from tieout.evidence import EvidenceBook
from tieout.quantities import Quantity, agrees, find

_STRUCTURE = re.compile(
    r"^\s{0,3}(?:#{1,6}\s|\d{1,3}[.)、]\s)"  # headings and list numbers
    r"|\[(?:\d{1,3}|e\d{1,4})\]"  # footnotes
    r"|\bp(?:p|age)?\.?\s?\d{1,4}\b|第\s?\d{1,4}\s?[页章节部分]"  # pages and sections
    r"|[A-Za-z][A-Za-z]*[-‑]?\d[\w.]*(?:-\d+[A-Za-z]*)*"  # names: H100, GPT-4, Llama3
    r"|\b(?:Llama|Qwen|DeepSeek|Gemini|Claude|Grok|Mistral|GPT)[- ]?V?\d[\w.]*(?:[ -]\d+x?\d*[BM]\b)?"
    r"|\b\d{4,6}\.(?:SH|SZ|BJ|HK|US|INDEX)\b|\((?:\d{5,6})\)"  # tickers
    r"|\bCWE-\d+\b|\bFP\d+\b|\b6ND\b|arXiv:\d{4}\.\d{4,5}",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTED_LINE = re.compile(r"^\s{0,3}>.*$", re.MULTILINE)


def tie_out(answer: str, book: EvidenceBook, question: str) -> list[MarkEvent]:
    """Mark every number of ``answer``, in order.

    A number is tied or computed when a figure of the evidence rounds to what is printed; quoted when it stands in a
    quote that is part of a verified span; user when the user said it; structural when it names or counts things;
    a mismatch when the answer gives a different number for a metric that the evidence has; else untied.
    """
    said = find(question) if question else []
    structure = [match.span() for match in _STRUCTURE.finditer(answer)]
    quotes = [match.span() for match in _QUOTED_LINE.finditer(answer) if _verified(match.group(), book)]
    return [_mark(number, answer, book, said, structure, quotes) for number in find(answer)]


def _mark(
    number: Quantity,
    answer: str,
    book: EvidenceBook,
    said: list[Quantity],
    structure: list[tuple[int, int]],
    quotes: list[tuple[int, int]],
) -> MarkEvent:
    def mark(status: MarkStatus, evidence: str | None = None, detail: str = "") -> MarkEvent:
        return MarkEvent(start=number.start, end=number.end, status=status, evidence=evidence, detail=detail)

    inside = any(start <= number.start and number.end <= end for start, end in quotes)
    for item, figure in book.walk():
        if _matches(number, figure):
            return mark("quoted" if inside else _status(figure), item.id, _detail(figure))
    if inside:
        return mark("quoted")
    if any(start <= number.start and number.end <= end for start, end in structure):
        return mark("structural")
    if any(_same_number(number, other) for other in said):
        return mark("user")
    if number.kind == "date" or number.kind == "ordinal":
        return mark("structural")
    if (rival := _contradicted(number, answer, book)) is not None:
        return mark("mismatch", rival[0], rival[1])
    return mark("untied")


def _matches(number: Quantity, figure: Figure) -> bool:
    if agrees(number, figure.value, figure.unit):
        return True
    ends = (figure.low, figure.high)
    return any(end is not None and agrees(number, end, figure.unit) for end in ends)


def _same_number(number: Quantity, other: Quantity) -> bool:
    return agrees(number, other.value, other.unit) or agrees(other, number.value, number.unit)


def _status(figure: Figure) -> MarkStatus:
    match figure.origin:
        case Formula():
            return "computed"
        case UserInput():
            return "user"
        case _:
            return "tied"


def _detail(figure: Figure) -> str:
    match figure.origin:
        case Formula(expression=expression):
            return expression
        case ReportSpan(title=title, page=page):
            return f"{title}, p. {page}"
        case TableRow(table=table, row=row, field=field):
            return f"{table}: {row}, {field}"
        case MarketData(provider=provider):
            return provider
        case _:
            return ""


def _verified(line: str, book: EvidenceBook) -> bool:
    words = squeezed(line.lstrip(" >"))
    quotes = [squeezed(span.quote) for span in book.spans]
    return any(len(quote) > 3 and (quote in words or (len(words) > 5 and words in quote)) for quote in quotes)


def squeezed(text: str) -> str:
    """The form in which a quote is compared with its source: folded, without white space and Markdown marks."""
    from tieout.text import fold

    return re.sub(r"[\s>*_`]+", "", fold(text).text)


def _contradicted(number: Quantity, answer: str, book: EvidenceBook) -> tuple[str, str] | None:
    """Evidence of the metric that is named in the same clause, with the same unit and another value."""
    start = max((answer.rfind(mark, 0, number.start) for mark in "\n。,，;；:"), default=-1) + 1
    clause = answer[start : number.end].lower()
    for item in book.items:
        figure = item.figure
        if figure.metric and figure.metric.lower() in clause and figure.unit == number.unit:
            return item.id, f"{figure.metric}: {figure.text or figure.value}"
    return None
