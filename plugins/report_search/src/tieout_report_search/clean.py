"""Takes the noise out of a report's pages and remembers where every remaining character stood.

Nothing is edited in place: the raw page stays as it was read, and each clean page is a
:class:`~tieout.text.Normalized` whose runs lead back to it. What is taken out: headers and footers that repeat over
pages, page markers of document-sharing sites (``12、`` at a chunk's start), phrases of the kind "see the disclaimer on
the last page" inside sentences, second copies of fake-bold headings, and white space that extraction put inside words
and numbers.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from tieout.text import Normalized, fold
from tieout_report_search.offsets import Edit, edit_again, edited

__all__ = ["clean_pages"]

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
CJK = HAN + "\u3000-\u303f\uff00-\uffef\u2018-\u201d\u2014\u2026"
EDGE_LINES = 3
REPEATED_SHARE = 0.3
LONGEST_DOUBLED_PAGE = 200_000
PROSE_WIDTH = 40


class _Line(NamedTuple):
    start: int
    end: int
    text: str


def clean_pages(pages: Sequence[str]) -> list[Normalized]:
    """The clean text of each page with runs back to its raw text."""
    lines = [list(_lines(page)) for page in pages]
    repeated = _repeated(lines)
    drafts = [
        edited(page, [*_dropped_lines(page_lines, repeated), *_inline_noise(page)])
        for page, page_lines in zip(pages, lines, strict=True)
    ]
    drafts = [edit_again(draft, _page_markers(draft.text)) for draft in drafts]
    drafts = [edit_again(draft, _joins(draft.text)) for draft in drafts]
    doubled = _doubled_phrases(drafts)
    return [edit_again(edit_again(draft, doubled_edits), _outer_space(draft, doubled_edits))
            for draft, doubled_edits in zip(drafts, doubled, strict=True)]  # fmt: skip


def _lines(text: str) -> Iterator[_Line]:
    for match in re.finditer(r"[^\r\n]+", text):
        if match[0].strip():
            yield _Line(match.start(), match.end(), match[0])


# Headers and footers


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", re.sub(r"\s+", "", fold(line).text))


def _repeated(pages: Sequence[Sequence[_Line]]) -> tuple[set[str], set[str]]:
    """Keys of lines that repeat at page edges (numbers may differ), and of lines that repeat exactly anywhere."""
    needed = max(3, math.ceil(REPEATED_SHARE * len(pages)))
    edges: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()
    for lines in pages:
        edges.update({_key(line.text) for line in _edge(lines)})
        anywhere.update({line.text.strip() for line in lines if len(line.text.strip()) >= 8})
    return {key for key, n in edges.items() if n >= needed}, {
        key for key, n in anywhere.items() if n >= needed
    }


def _edge(lines: Sequence[_Line]) -> list[_Line]:
    return [*lines[:EDGE_LINES], *lines[-EDGE_LINES:]] if len(lines) > EDGE_LINES else list(lines)


@cache
def _page_number() -> re.Pattern[str]:
    return re.compile(
        r"\W*(?:第\s*\d{1,4}\s*页(?:\W*共\s*\d{1,4}\s*页)?|(?:page\s*)?\d{1,4}\s*(?:/|of)\s*\d{1,4}|page\s*\d{1,4})\W*",
        re.IGNORECASE,
    )


def _dropped_lines(lines: Sequence[_Line], repeated: tuple[set[str], set[str]]) -> Iterator[Edit]:
    at_edges, anywhere = repeated
    edge = set(_edge(lines))
    for line in lines:
        at_edge = line in edge and (_key(line.text) in at_edges or _page_number().fullmatch(line.text))
        if at_edge or line.text.strip() in anywhere:
            yield Edit(line.start, line.end)


# Noise inside lines


@cache
def _phrases() -> re.Pattern[str]:
    return re.compile(
        r"请务必阅读正文之后的[^\s。]{0,24}(?:条款|声明|部分|说明)[^\s。]{0,12}。?"
        r"|(?:敬请参阅|请阅读|请仔细阅读)[^\s。]{0,6}(?:最后一页|末页|正文之后)[^\s。]{0,20}。?"
        r"|本报告版权属于[^\s。]{2,30}[,，]\s?各项声明请参见报告尾页。?"
        r"|本报告仅供[^。\n]{0,30}使用[,，]\s?请勿传阅。?\d{0,12}"
    )


@cache
def _odd_characters() -> re.Pattern[str]:
    # Full-width letters and digits, compatibility ideographs and radicals, odd spaces, what is never text.
    return re.compile(
        "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06\u00a0\u2000-\u200a\u202f\u3000]"
        "|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
    )


def _inline_noise(text: str) -> Iterator[Edit]:
    for match in _phrases().finditer(text):
        yield Edit(match.start(), match.end())
    for match in _odd_characters().finditer(text):
        control = unicodedata.category(match[0]) in ("Cc", "Cf", "Cn", "Zl", "Zp")
        yield Edit(match.start(), match.end(), "" if control else unicodedata.normalize("NFKC", match[0]))


def _page_markers(text: str) -> Iterator[Edit]:
    """``12、`` where a document-sharing site began a chunk.

    Such numbers run 1, 2, 3 over the whole text and mostly stand in the middle of a sentence, which tells them from
    a numbered list.
    """
    found = list(re.finditer(r"(?:^|\n)[^\S\n]*(\d{1,4})、", text))
    if not _are_markers(text, found):
        return
    for match in found:
        start = match.start() + (1 if match[0].startswith("\n") else 0)
        before = text[: match.start()].rstrip()
        # A number cut in two by the marker grows together again; other text keeps its line break.
        number = before[-1:].isdigit() and text[match.end() : match.end() + 1].isdigit()
        yield Edit(len(before) if number else start, match.end())


def _are_markers(text: str, found: Sequence[re.Match[str]]) -> bool:
    if len(found) == 1:
        return not text[: found[0].start()].strip()
    numbers = [int(match[1]) for match in found]
    steps = sum(after - before == 1 for before, after in pairwise(numbers))
    open_ended = sum(text[: match.start()].rstrip()[-1:] not in tuple("。！？!?：:；;") for match in found)
    return len(found) >= 3 and steps >= 0.8 * (len(found) - 1) and open_ended >= 0.5 * len(found)


# White space


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@cache
def _starts_anew() -> re.Pattern[str]:
    return re.compile(
        r"\s*(?:[•●■◆▪·※➢✓–—-]\s|\[\d+\]\s*(?:来源|资料|注|Source|Note)|[(（]?[一二三四五六七八九十]{1,3}[)）、]|\d{1,2}(?:\.\d{1,2})*[.、)）]\s?\D"
        r"|(?:图|表|图表|Figure|Table|Exhibit|Chart)\s*\d|(?:资料|数据)来源|Sources?:|[\u4e00-\u9fff]{1,8}[:：])"
    )


def _joins(text: str) -> Iterator[Edit]:
    """Edits that join what line breaks and stray spaces cut apart, and tidy the white space that is left."""
    lines = list(_lines(text))
    widths = sorted(width for line in lines if (width := _width(line.text)) >= PROSE_WIDTH)
    full = 0.8 * widths[len(widths) * 9 // 10] if widths else 0
    for line, following in pairwise(lines):
        gap = text[line.end : following.start]
        yield Edit(
            line.end, following.start, _between(line.text.rstrip(), following.text.lstrip(), gap, full)
        )
    for line in lines:
        yield from _spaces(line)


def _between(before: str, after: str, gap: str, full: float) -> str:
    last, first = before[-1], after[0]
    blank = gap.count("\n") > 1 or gap.count("\r") > 1
    if last.isdigit() and first.isdigit() and _cut_number(before, after, blank=blank):
        return ""
    rows = "  " in before or "\t" in before or "  " in after or "\t" in after
    wrapped = not rows and _width(before) >= max(full, PROSE_WIDTH) and not _starts_anew().match(after)
    if blank and not (wrapped and _is_cjk(last) and _is_cjk(first) and last not in "。！？；：”"):
        return "\n\n"
    if not wrapped:
        return "\n"
    return "" if _is_cjk(last) and _is_cjk(first) else " "


def _cut_number(before: str, after: str, *, blank: bool) -> bool:
    """Whether a line break stands inside one number, as in ``202`` / ``5 年``.

    Columns of tables also end and begin with digits, so only an incomplete year before 年 or a date's slash, or a
    break in the middle of Chinese prose by an empty line, counts.
    """
    head = re.search(r"\d+$", before)
    tail = re.match(r"\d+", after)
    assert head is not None
    assert tail is not None
    year = head[0] + tail[0]
    if len(year) == 4 and year[:2] in ("19", "20") and re.match(r"\s?年|[/-]\d", after[tail.end() :]):
        return True
    prose = _width(before) >= PROSE_WIDTH and _width(after) >= PROSE_WIDTH
    return blank and prose and bool(re.search(f"[{HAN}]", before)) and bool(re.search(f"[{HAN}]", after))


def _is_cjk(character: str) -> bool:
    return re.match(f"[{CJK}]", character) is not None


def _spaces(line: _Line) -> Iterator[Edit]:
    for match in re.finditer(r"[^\S\n]+", line.text):
        start, end = line.start + match.start(), line.start + match.end()
        if match.start() == 0 or match.end() == len(line.text):
            continue  # the edit of the line's break takes it
        if _inside_word(line.text, match.start(), match.end()):
            yield Edit(start, end)
        elif match[0] != " ":
            yield Edit(start, end, "  " if len(match[0]) > 1 else " ")


def _inside_word(line: str, start: int, end: int) -> bool:
    """Whether the space stands between Chinese characters of which one side is alone: 软 件, not 行业 周报."""
    left = re.search(f"[{HAN}]{{1,2}}$", line[max(0, start - 2) : start])
    right = re.match(f"[{HAN}]{{1,2}}", line[end : end + 2])
    return bool(left and right and min(len(left[0]), len(right[0])) == 1)


# Doubled phrases


@cache
def _doubled() -> re.Pattern[str]:
    return re.compile(r"([^\n]{2,60}?)\1")


def _doubled_phrases(pages: Sequence[Normalized]) -> list[list[Edit]]:
    """Edits that delete the first copy of a phrase that stands twice in a row, where the document does so often."""
    found: list[list[re.Match[str]]] = [
        [match for match in _doubled().finditer(page.text) if re.search(f"[{HAN}]{{2}}", match[1])]
        if len(page.text) <= LONGEST_DOUBLED_PAGE
        else []
        for page in pages
    ]
    long = {match[1] for matches in found for match in matches if len(match[1]) >= 4}
    if len(long) < 3:
        return [[] for _ in pages]
    return [[Edit(match.start(), match.end(1)) for match in matches] for matches in found]


def _outer_space(draft: Normalized, earlier: Sequence[Edit]) -> Iterator[Edit]:
    text = edit_again(draft, earlier).text
    if not text.strip():
        yield Edit(0, len(text))
        return
    yield Edit(0, len(text) - len(text.lstrip()))
    yield Edit(len(text.rstrip()), len(text))
    for match in re.finditer(r"\n{3,}", text):
        yield Edit(match.start(), match.end(), "\n\n")
