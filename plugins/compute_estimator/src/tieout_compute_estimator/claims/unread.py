"""Numbers that the reader of quantities leaves out: crossed counts, vague times, ports, fleets, folds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.frames import Measure, Mention, Role

__all__ = ["devices_named", "servers_named", "unread"]

_MULTIPLIED = re.compile(r"(?P<count>\d{1,3})\s?[xX×*]\s?(?P<size>\d{2,3})\s?GB?(?![A-Za-z])")
_WORDS = {
    "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0,
    "ten": 10.0, "twelve": 12.0, "fifteen": 15.0, "sixteen": 16.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0,
    "fifty": 50.0, "hundred": 100.0, "thousand": 1000.0, "两": 2.0, "四": 4.0, "八": 8.0, "十六": 16.0,
}  # fmt: skip
_NUMBER_WORD = "|".join(sorted((word for word in _WORDS if word.isascii()), key=len, reverse=True))
_PORTS = re.compile(
    rf"(?<![\d.A-Za-z])(?P<count>\d{{1,2}}|{_NUMBER_WORD}|十六|[两四八])\s?(?:个|张|块|x|×|条)?\s?"
    r"(?=\d{2,4}\s?(?:G(?:b/s|bps|B/s|bit/s|E)?|T(?:b/s|bps))[\s-]?(?:的|InfiniBand|IB|RDMA|RoCE|以太网|NDR|HDR|Ethernet|ConnectX-?\d)?"
    r"\s?(?:网卡|端口|NICs?|ports?|链路|links?|HCAs?))",
    re.IGNORECASE,
)
_SIZED_CARDS = re.compile(
    rf"(?<![\d.A-Za-z])(?P<count>\d{{1,4}}|{_NUMBER_WORD}|十六|[两四八])\s?(?:张|块|x|×)?\s?"
    r"(?=\d{2,3}\s?GB?[\s-]?(?:的)?\s?(?:cards?|GPUs?|accelerators?|显卡|卡(?!时)|[AHBLV]\d{2,3}))",
    re.IGNORECASE,
)
_YEARLY = re.compile(
    r"每年翻一?[番倍]|一年翻一番|doubl(?:es|ed|ing) (?:every|each) year|doubl(?:es|ed|ing) (?:annually|yearly)",
    re.IGNORECASE,
)
_TWICE = re.compile(
    r"(?<![A-Za-z])(?P<word>twice|double|thrice)(?= (?:the|that|those|as|what|its))", re.IGNORECASE
)
_FLEET = re.compile(
    r"(?<![\d一二三四五六七八九十百千万.])(?P<tens>[十]?)(?P<size>[万千])卡(?!时|·时|小时|车)"
)
_FOLD = re.compile(rf"(?<![A-Za-z\d])(?P<word>{_NUMBER_WORD})[- ]?fold(?![A-Za-z])", re.IGNORECASE)
_TIMES = re.compile(
    r"(?<![A-Za-z])(?P<word>tripl(?:e[sd]?|ing)|quadrupl(?:e[sd]?|ing))(?![A-Za-z])", re.IGNORECASE
)


def unread(text: str, measures: Sequence[Measure]) -> Iterator[Measure]:
    """Numbers of ``text`` that are not among ``measures``."""
    taken = [(m.start, m.end) for m in measures]
    for found in (
        *_crossed(text, measures),
        *_vague(text),
        *_ports(text),
        *_fleets(text),
        *_folds(text),
        *_cards(text),
        *_yearly(text),
    ):
        if found.role in ("duration", "per_server") or not any(
            s < found.end and found.start < e for s, e in taken
        ):
            yield found


def _plain(match: re.Match[str], group: str, value: float, role: Role, unit: str, dimension: str) -> Measure:
    return Measure(
        value=value,
        unit=unit,
        dimension=dimension,
        role=role,
        text=match[group],
        start=match.start(group),
        end=match.end(group),
    )


def _counted(word: str) -> float:
    """The value of a number word or of digits."""
    return _WORDS.get(word.lower()) or float(word.replace(",", ""))


def _crossed(text: str, measures: Sequence[Measure]) -> Iterator[Measure]:
    """8x40G in "96 台 DGX-A100(8x40G)": eight accelerators with 40 GB each."""
    for match in _MULTIPLIED.finditer(text):
        if not any(m.role == "per_server" and m.start <= match.start() < m.end for m in measures):
            yield _plain(match, "count", float(match["count"]), "per_server", "GPU", "gpu")


def _ports(text: str) -> Iterator[Measure]:
    """Eight in "eight 400 Gb/s NICs"."""
    for match in _PORTS.finditer(text):
        yield _plain(match, "count", _counted(match["count"]), "ports", "", "number")


def _cards(text: str) -> Iterator[Measure]:
    """Eight in "eight 141 GB cards"."""
    for match in _SIZED_CARDS.finditer(text):
        yield _plain(match, "count", _counted(match["count"]), "devices", "GPU", "gpu")


def _yearly(text: str) -> Iterator[Measure]:
    """每年翻一番: a doubling time of a year."""
    for match in _YEARLY.finditer(text):
        yield Measure(
            value=1.0, unit="year", dimension="time", role="doubling", text=match.group(), start=match.start(),
            end=match.end(), step=0.0,
        )  # fmt: skip


def servers_named(text: str, measures: Sequence[Measure], mentions: Sequence[Mention]) -> list[Measure]:
    """Eight in "eight DGX H100 systems": a number right in front of the name of a server counts servers."""
    found = list(measures)
    for mention in mentions:
        if mention.kind != "system" or not re.match(r"DGX|HGX|GB[23]00|NVL72", mention.text, re.IGNORECASE):
            continue
        match = _BEFORE_NAME.search(text[: mention.start])
        if match is None:
            continue
        found = [m for m in found if not (m.start < match.end("count") and match.start("count") < m.end)]
        found.append(_plain(match, "count", _counted(match["count"]), "servers", "server", "server"))
    return found


def devices_named(text: str, measures: Sequence[Measure], mentions: Sequence[Mention]) -> list[Measure]:
    """3,000 in "3,000 D1 chips": a bare number right in front of the name of an accelerator counts devices."""
    starts = [mention.start for mention in mentions if mention.kind == "device"]
    return [
        replace(m, role="devices", unit="GPU", dimension="gpu")
        if m.role == "count"
        and not m.unit
        and any(_COUNTS.fullmatch(text[m.end : start]) for start in starts if 0 <= start - m.end <= 24)
        else m
        for m in measures
    ]


_COUNTS = re.compile(
    r"\s?(?:个|张|块|颗|片|枚)?\s?(?:(?:Nvidia|AMD|Intel|Google|Tesla|Huawei|Groq|Cerebras|英伟达|华为|谷歌|特斯拉)(?:'s|的)?\s?)?",
    re.IGNORECASE,
)
_BEFORE_NAME = re.compile(
    rf"(?<![\d.A-Za-z])(?P<count>\d[\d,]*|{_NUMBER_WORD}|十六|[两四八])\s?(?:台|个|x|×|套)?\s?$",
    re.IGNORECASE,
)


def _fleets(text: str) -> Iterator[Measure]:
    """万卡 is a fleet of ten thousand devices."""
    for match in _FLEET.finditer(text):
        value = (1e4 if match["size"] == "万" else 1e3) * (10.0 if match["tens"] else 1.0)
        yield _plain(match, "size", value, "devices", "GPU", "gpu")


def _folds(text: str) -> Iterator[Measure]:
    """Twelvefold, and tripled."""
    for match in _FOLD.finditer(text):
        yield _plain(match, "word", _WORDS[match["word"].lower()], "multiple", "x", "number")
    for match in _TWICE.finditer(text):
        yield _plain(
            match, "word", 3.0 if match["word"].lower() == "thrice" else 2.0, "multiple", "x", "number"
        )
    for match in _TIMES.finditer(text):
        value = 3.0 if match["word"].lower().startswith("tri") else 4.0
        yield _plain(match, "word", value, "multiple", "x", "number")


def _vague(text: str) -> Iterator[Measure]:
    """数周 is two to eight weeks."""
    for match in cues.VAGUE_TIME.finditer(text):
        word = match["unit"] or match["en"] or ""
        unit = (
            "week"
            if word.startswith(("周", "星", "week"))
            else "month"
            if "月" in word or "mon" in word
            else "day"
        )
        low, high = (2.0, 8.0) if unit != "month" else (2.0, 6.0)
        yield Measure(
            value=(low + high) / 2,
            unit=unit,
            dimension="time",
            role="duration",
            text=match.group(),
            start=match.start(),
            end=match.end(),
            low=low,
            high=high,
            approximate=True,
            step=1.0,
        )
