"""Reads title, publisher, date, analysts and rating off the first page, by form and by a list of names.

What is not found with some certainty stays empty. Everything here looks at the first page only, and the cleaned one
except for names, which the raw text keeps apart with spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import PurePath

from tieout.text import clean_line, fold
from tieout_report_search.brokers import brokers
from tieout_report_search.documents import DateKind, Metadata, ParsedFile

__all__ = ["read_metadata"]

HEAD = 4000
HAN = "\u3400-\u4dbf\u4e00-\u9fff"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NAME = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"


def read_metadata(parsed: ParsedFile, clean_pages: Sequence[str], file_name: str) -> Metadata:
    """The facts of the first page."""
    raw = parsed.pages[0][:HEAD] if parsed.pages else ""
    first = clean_pages[0][:HEAD] if clean_pages else ""
    broker = _broker(raw)
    analysts = tuple(dict.fromkeys(_analysts(raw)))
    rating = _rating(raw)
    published, kind = _date(raw, signed=bool(broker or analysts or rating))
    return Metadata(
        title=_title(parsed, first, file_name),
        broker=broker,
        published=published,
        date_kind=kind,
        analysts=analysts,
        rating=rating,
    )


# Title


def _title(parsed: ParsedFile, first: str, file_name: str) -> str:
    lines = [line.strip() for line in first.split("\n") if line.strip()]
    named = next(
        (m[1] for line in lines[:12] if (m := re.fullmatch(r"(.{4,100}?)\.(?:pdf|docx?|pptx?)", line))), ""
    )
    leading = next((line for line in lines[:6] if _could_be_title(line)), "")
    candidates = [parsed.title if _trustworthy(parsed.title, first) else "", named, parsed.heading, leading]
    title = next((text for text in candidates if text.strip()), "") or PurePath(file_name).stem
    return clean_line(title, limit=120)


def _trustworthy(title: str, first: str) -> bool:
    """Whether a title in the file's own description is also printed on the first page."""
    wanted = re.sub(r"\s", "", fold(title).text)
    return len(wanted) >= 4 and wanted in re.sub(r"\s", "", fold(first).text)


def _could_be_title(line: str) -> bool:
    return 4 <= len(line) <= 100 and line[-1] not in "。；;，," and not re.fullmatch(r"[\W\d]+", line)


# Publisher


def _broker(raw: str) -> str:
    """The publisher: a labelled name, the earliest known name, or the earliest name of a broker's form."""
    labelled = re.search(rf"(?:报告版权属于|本报告由)([{HAN}]{{2,12}}?)(?:股份)?有限(?:责任)?公司", raw)
    if labelled:
        return _known_name(labelled[1]) or labelled[1]
    found = [(raw.find(name), name) for name in brokers() if name in raw]
    # A name inside a sentence is somebody talked about; the publisher stands at a line's end or before a space.
    standing = [(at, name) for at, name in found if _stands_alone(raw, at, at + len(name))]
    if standing:
        return min(standing)[1]
    form = re.search(
        rf"(?:^|[\s|｜：:])([{HAN}]{{2,8}}(?:证券研究所|证券研究院|证券|研究院|研究所|研究|咨询|智库))(?=[\s|｜（(]|$)"
        r"|^[^\S\n]*((?:[A-Z][\w&.]+ ){1,4}(?:Research|Securities|Capital|Partners|Institute|Equities|Markets))\b"
        r"(?=[^\S\n]*(?:$|[|(,\r\n]))",
        raw,
        re.MULTILINE,
    )
    name = (form[1] or form[2]) if form else ""
    return "" if name in ("证券研究", "行业研究", "公司研究", "相关研究", "海外研究", "策略研究") else name


def _known_name(text: str) -> str:
    return next((name for name in brokers() if text.startswith(name)), "")


def _stands_alone(raw: str, start: int, end: int) -> bool:
    before, after = raw[start - 1 : start], raw[end : end + 1]
    alone_before = not before or before.isspace() or before in "|｜[【：:"
    return alone_before and (not after or after.isspace() or after in "|｜]】（(研")


# Date


def _date(raw: str, *, signed: bool) -> tuple[date | None, DateKind]:
    """The first date and what it is the date of; a text without a broker's signs only mentions dates."""
    upload: date | None = None
    for start, found in _dates(raw):
        before = raw[max(0, start - 12) : start]
        if re.search(r"上传(?:时间|日期|于)?[:：]?\s*$|发布于[:：]?\s*$|[Uu]ploaded:?\s*$", before):
            upload = upload or found
            continue
        if not (upload and not _is_dateline(raw, start)):
            return found, "report" if signed else "mentioned"
    return (upload, "upload") if upload else (None, "")


def _is_dateline(raw: str, start: int) -> bool:
    """Whether the date stands near the beginning of its line, as under a title, not within a sentence."""
    line_start = raw.rfind("\n", 0, start) + 1
    return start - line_start <= 40 and not re.search(r"[，。；,;]", raw[line_start:start])


def _dates(raw: str) -> Iterator[tuple[int, date]]:
    pattern = re.compile(
        r"(?<!\d)(20\d{2})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日|(?<!\d)(20\d{2})([-/.])(\d{1,2})\5(\d{1,2})(?![\d/])"
        rf"|(?<!\d)(\d{{1,2}})\s({MONTH_NAME}),?\s(20\d{{2}})|({MONTH_NAME})\s(\d{{1,2}}),?\s(20\d{{2}})",
        re.IGNORECASE,
    )
    for match in pattern.finditer(raw):
        g = match.groups()
        if g[0]:
            parts = (g[0], g[1], g[2])
        elif g[3]:
            parts = (g[3], g[5], g[6])
        elif g[7]:
            parts = (g[9], _month(g[8]), g[7])
        else:
            parts = (g[12], _month(g[10]), g[11])
        try:
            yield match.start(), date(*(int(part) for part in parts))
        except ValueError:  # 2022/13/45 is an axis label, not a day
            continue


def _month(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1


# Analysts and rating

_NOT_NAMES = frozenset({"证券", "研究", "分析", "行业", "首席", "联系", "执业", "报告", "声明", "团队"})


def _analysts(raw: str) -> Iterator[str]:
    for match in re.finditer(rf"(?<![{HAN}])([{HAN}]{{2,4}})\s{{0,3}}(?:首席)?分析师(?![{HAN}])", raw):
        if not any(word in match[1] for word in _NOT_NAMES):
            yield match[1]
    for match in re.finditer(
        rf"分析师[：:]\s?([{HAN}]{{2,4}}(?:[、，,\s][{HAN}]{{2,4}}){{0,3}})(?![{HAN}])", raw
    ):
        yield from (
            name for name in re.split(r"[、，,\s]+", match[1]) if not any(w in name for w in _NOT_NAMES)
        )
    for match in re.finditer(r"(?:Analysts?|Authors?):\s?([A-Z][\w.'-]+(?: [A-Z][\w.'-]+){1,3})", raw):
        yield match[1]


def _rating(raw: str) -> str:
    chinese = (
        "买入|增持|推荐|强烈推荐|谨慎推荐|审慎增持|强于大市|领先大市|同步大市|跟随大市|弱于大市|落后大市|看好"
        "|优于大市|跑赢行业|中性|减持|卖出|回避"
    )
    english = (
        "Strong Buy|Buy|Overweight|Outperform|Add|Accumulate|Neutral|Hold|Equal[- ]weight|Market[- ]perform"
        "|Underweight|Underperform|Reduce|Sell"
    )
    for pattern in (
        rf"(?:行业|公司|投资|股票)?评级[：:\s]{{0,3}}((?:{chinese})(?:-[AB])?)",
        rf"(?:Rating|Sector view|Stock rating|Recommendation)\s?:\s?({english})\b",
        r"(强于大市|领先大市-?[AB]?|优于大市|同步大市|弱于大市|跑赢行业)",
    ):
        if found := re.search(pattern, raw, re.IGNORECASE):
            return found[1]
    return ""
