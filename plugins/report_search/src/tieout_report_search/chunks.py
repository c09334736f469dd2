"""Cuts clean pages into passages at sentence ends, and tells body text from contents and disclaimers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from tieout_report_search.documents import Chunk, ChunkKind

__all__ = ["chunk_pages", "sentences", "weight"]

TARGET = 400
"""Weight of a passage: at most 400 Chinese characters, or 200 English words."""
SMALLEST = 100
WORD_WEIGHT = 2
HEADING_WEIGHT = 60
HAN = "\u3400-\u4dbf\u4e00-\u9fff"


def weight(text: str) -> int:
    """Length of a text in Chinese characters, a Latin word or number counting as two."""
    return sum(
        len(match[0]) if match[1] else WORD_WEIGHT
        for match in re.finditer(f"([{HAN}\u3000-\u303f\uff00-\uffef]+)|[^\\W{HAN}]+", text)
    )


@cache
def _sentence_end() -> re.Pattern[str]:
    closing = r"[”’」』）)\]\"']*"
    note = r"(?:[^\S\n]?\[\d{1,3}\])*"
    abbreviations = "".join(
        rf"(?<!\b{word})" for word in ("[A-Z]", "al", "vs", "No", r"U\.S", "Inc", "Co", r"i\.e", r"e\.g")
    )
    return re.compile(
        rf"[。！？]+{closing}{note}|[!?;；…]+{closing}{note}(?=\s|[{HAN}])"
        rf"|{abbreviations}\.{closing}{note}(?=\s+[\"“(\[]?[A-Z0-9{HAN}]|\s*\n|\s*$)"
        r"|\n+"
    )


def sentences(text: str, cuts: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Spans of the sentences of ``text``, without white space at their ends.

    Lines end sentences, so that headings and table rows stand alone; ``cuts`` (offsets) end them as well.
    """
    ends = {match.end() for match in _sentence_end().finditer(text) if not _is_list_number(text, match)}
    ends |= {*cuts, 0, len(text)}
    spans: list[tuple[int, int]] = []
    for start, end in pairwise(sorted(ends)):
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            begin = start + len(piece) - len(piece.lstrip())
            spans.append((begin, begin + len(stripped)))
    return spans


def _is_list_number(text: str, stop: re.Match[str]) -> bool:
    """Whether the full stop belongs to the number of a heading or list entry (``1. Weights``)."""
    before = text[max(0, stop.start() - 6, text.rfind("\n", 0, stop.start()) + 1) : stop.start()].strip()
    at_line_start = text[max(0, stop.start() - 6) : stop.start()].rpartition("\n")[2].strip() == before
    return (
        stop[0].startswith(".")
        and at_line_start
        and re.fullmatch(r"\d{1,2}(?:\.\d{1,2})*", before) is not None
    )


@cache
def _heading() -> re.Pattern[str]:
    numeral = "[一二三四五六七八九十]{1,3}"
    number = (
        rf"第(?:{numeral}|\d{{1,3}})[章节部分]|{numeral}、|[（(]{numeral}[)）]"
        r"|\d{1,2}(?:(?:\.\d{1,2}){1,3}|[.、])"
    )
    return re.compile(
        rf"(?:{number})\s?[A-Z{HAN}].*"
        r"|核心观点|投资要点|本周要点|摘要|内容目录|目录|风险提示.{0,6}|投资建议|相关报告"
        r"|Summary|Key points|Contents|Appendix.*|Risks?",
        re.IGNORECASE,
    )


def _is_heading(line: str) -> bool:
    return (
        weight(line) <= HEADING_WEIGHT
        and line[-1] not in "。；;，,.：:！？]"
        and bool(_heading().fullmatch(line) or _disclaimer_heading().fullmatch(line))
    )


@cache
def _disclaimer_heading() -> re.Pattern[str]:
    return re.compile(
        r".*(?:免责声明|免责条款|法律声明|分析师声明|评级说明|投资评级定义)"
        r"|(?:Disclosures?|Disclaimers?|Important (?:notice|disclosures?)|Analyst certification).*",
        re.IGNORECASE,
    )


@cache
def _disclaimer_phrase() -> re.Pattern[str]:
    return re.compile(
        r"免责声明|免责条款|不构成(?:任何)?(?:投资|买卖|要约)|本报告(?:版权|仅供|的信息|所载|中的)"
        r"|未经.{0,12}(?:书面)?(?:授权|许可)|不承担任何(?:法律)?责任|请勿传阅|投资评级(?:说明|标准)"
        r"|证券(?:投资)?咨询业务资格|均为虚构|适用的法律法规"
        r"|not (?:an? )?(?:offer|investment advice|solicitation)|past performance"
        r"|for information(?:al)? purposes only|all rights reserved|no liability|do not exist",
        re.IGNORECASE,
    )


@cache
def _contents_entry() -> re.Pattern[str]:
    """Leaders and page numbers of a table of contents, and the furniture of document-sharing sites."""
    return re.compile(
        r"\.{4,}|…{2,}|·{4,}|[图表] ?\d+[：:][^。\n]{2,40}?\.\d{1,3}(?=\s|$)"
        rf"|[{HAN}]\d{{2,3}}(?=[（(]?[一二三四五六七八九十]{{1,2}}[)）]|第.章|\d\s?\.[{HAN}A-Z])"
        r"|\.(?:pdf|docx?)_第\d+页|第\d+页\s?/\s?共\d+页|上传人[:：]|点击查看更多"
    )


def _kind(text: str, section: str) -> ChunkKind:
    if len(_contents_entry().findall(text)) * 60 >= max(180, len(text) // 2):
        return "contents"
    phrases = len(_disclaimer_phrase().findall(text))
    # The heading alone is not enough: sharing sites print it before reports that have no such section.
    return "disclaimer" if phrases >= (1 if _disclaimer_heading().fullmatch(section) else 3) else "body"


def chunk_pages(pages: Sequence[str], cuts: Sequence[Sequence[int]]) -> list[Chunk]:
    """Passages of the clean pages, in order; a passage stays within a page, a section runs on over pages."""
    section = ""
    chunks: list[Chunk] = []
    for number, (text, page_cuts) in enumerate(zip(pages, cuts, strict=True), start=1):
        spans = [part for span in sentences(text, page_cuts) for part in _short_parts(text, *span)]
        passages, section = _passages(text, spans, section)
        for start, end, under in passages:
            kind = _kind(text[start:end], under)
            chunks.append(Chunk(page=number, start=start, end=end, kind=kind, section=under))
    return chunks


def _passages(
    text: str, spans: Sequence[tuple[int, int]], section: str
) -> tuple[list[tuple[int, int, str]], str]:
    """Gather sentences until a passage is full or a heading begins a new one: (start, end, section) each.

    Also returns the section in which the page ends.
    What is left at the end of a page and too little for a passage, such as source notes, goes to the one before.
    """
    found: list[tuple[int, int, str]] = []
    filled = 0
    under_heading = False
    for low, high in spans:
        piece = text[low:high]
        size = weight(piece)
        heading = _is_heading(piece)
        section = piece if heading else section
        enough = bool(heading and (filled >= SMALLEST or _disclaimer_heading().fullmatch(piece)))
        if not found or filled + size > TARGET or enough:
            found.append((low, high, section))
            filled, under_heading = 0, heading
        found[-1] = (found[-1][0], high, found[-1][2])
        filled += size
    if len(found) > 1 and filled < SMALLEST and not under_heading:
        found[-2:] = [(found[-2][0], found[-1][1], found[-2][2])]
    return found, section


def _short_parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a sentence that is longer than a passage at commas or spaces, or anywhere if it has none."""
    while end - start > TARGET and weight(text[start:end]) > TARGET:
        window = text[start : start + TARGET]
        at = max(window.rfind(mark) for mark in "，,、；; \n") + 1
        at = at if at > TARGET // 2 else TARGET
        part = text[start : start + at]
        if part.strip():
            yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())
        start += at
    if text[start:end].strip():
        yield start, end
