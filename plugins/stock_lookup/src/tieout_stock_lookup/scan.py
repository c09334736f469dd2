"""Finds the shares and indices that a text names: longest match over a dictionary, with rules for what is no name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tieout.plugin import Candidate
from tieout.text import Normalized, fold
from tieout_stock_lookup.codes import read_code
from tieout_stock_lookup.directory import Directory, Instrument, NameEntry
from tieout_stock_lookup.names import core_key
from tieout_stock_lookup.prices import is_demo_symbol
from tieout_stock_lookup.shipped import default_directory

__all__ = ["Scanner", "find_benchmarks", "find_securities", "find_tickers", "scanner_of"]

_CUES = re.compile(
    r"股票|股价|个股|代码|行情|涨停|跌停|涨幅|跌幅|收盘|市值|目标价|买入|增持|评级|上市公司|港股|a股|美股|哪只|哪支|股份|"
    r"ticker|stock|share|listed|equity|symbol"
)
_AFTER_PRODUCT = re.compile(r"\s*(?:架构|显卡|[vpk]\d{2,3}\b|t4\b|gpu|architecture|cpu|isa\b|指令集|处理器)")
_AUTHOR = re.compile(r"(?:证券)?(?:研究|资讯|choice|数据中心|研发中心|研究所|研究院)")
_ISSUER = re.compile(r"报告[^。\n]{0,8}(?:由|版权归)\s*$")
_SOURCE_LINE = re.compile(r"(?:资料|数据|信息)?来源\s*[::]|source\s*[::]")
_SEPARATOR = "、/,,和与及 "
_CODE = re.compile(
    r"(?<![a-z0-9.])(?:(?:sh|sz|bj|hk|shse|szse|nasdaq|nyse|hkex|sehk)[.:]?\s?)?[0-9]{4,6}(?:\.(?:sh|ss|sz|bj|hk|xshg|xshe))?(?![0-9a-z%])"
    r"|(?<![a-z0-9.])(?:nasdaq|nyse|xnas|xnys)\s?[.:]\s?[a-z]{1,5}(?![a-z0-9])"
    r"|(?<![a-z0-9.])[a-z]{1,5}\.(?:us|oq|index)(?![a-z0-9])|\$[a-z]{1,5}(?![a-z0-9])"
)
_GLUED_DATE = re.compile(r"20\d\d[./-](?:1[0-2]|0?[1-9])[./-](?:[12]\d|3[01]|0?[1-9])$")
_WORD = re.compile(r"[a-z0-9]")
# A name that runs on into another word: 高通信带宽, 海光电.
_NOT_BEFORE = {
    "高通": "信量过透",
    "联想": "到起出",
    "美的": "了是",
    "联通": "性",
    "苹果": "树汁",
    "百度": "百",
}
_CUE_REACH = 14
_MAX_TEXT = 200_000


@dataclass(frozen=True)
class _Hit:
    start: int
    end: int
    instrument: Instrument
    score: float
    reason: str
    doubtful: bool = False


class Scanner:
    """The dictionary of one directory in the form a scan needs: names by their first two and three characters."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    @cached_property
    def _chinese(self) -> dict[str, list[str]]:
        """First two characters to the names, longest first. Short ones: everyday, HK and US names."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for key, entries in self.directory.names.items():
            first = entries[0]
            known = first.kind == "alias" or first.instrument.market in ("HK", "US")
            short = len(key) == 2 and not (known and first.instrument.chosen)
            if len(key) < 2 or key.isascii() or short or key in self.directory.ambiguous:
                continue
            found[key[:2]].append(key)
        return {head: sorted(keys, key=len, reverse=True) for head, keys in found.items()}

    @cached_property
    def _latin(self) -> dict[str, list[tuple[str, NameEntry]]]:
        """First word of a Latin name to (the name as written, entry), longest first."""
        found: defaultdict[str, list[tuple[str, NameEntry]]] = defaultdict(list)
        for share in self.directory.by_symbol.values():
            if (share.english and (share.chosen or " " in share.english)) or share.aliases:
                for entry in _latin_entries(share):
                    found[entry.text.split()[0].lower().rstrip(".,")].append((entry.text, entry))
        for entries in found.values():
            entries.sort(key=lambda item: (-len(item[0]), item[1].order))
        return dict(found)

    def scan(self, text: str) -> list[Candidate]:
        """Every listed company and index named in ``text``, each once, in the order of the text."""
        text = text[:_MAX_TEXT]
        folded = fold(text)
        low = folded.text
        hits = self._codes(low) + self._names(low) + self._english(low, text, folded)
        kept = self._judge(low, _without_overlaps(hits))
        found: dict[str, Candidate] = {}
        for hit in kept:
            start, end = folded.raw_span(hit.start, hit.end)
            if hit.instrument.symbol not in found and not found.keys() & set(hit.instrument.siblings):
                found[hit.instrument.symbol] = Candidate(
                    hit.instrument.symbol,
                    text[start:end],
                    start,
                    end,
                    hit.score,
                    hit.reason,
                    hit.instrument.name,
                )
        return list(found.values())

    def _names(self, low: str) -> list[_Hit]:
        hits: list[_Hit] = []
        position, heads, names = 0, self._chinese, self.directory.names
        while position < len(low) - 1:
            for key in heads.get(low[position : position + 2], ()):
                after = low[position + len(key) : position + len(key) + 1]
                runs_on = bool(after) and after in _NOT_BEFORE.get(key, "")
                if low.startswith(key, position) and not runs_on:
                    entry = names[key][0]
                    common = self.directory.common_words
                    doubtful = key in common or core_key(key) in common or not entry.instrument.chosen
                    hits.append(
                        _Hit(position, position + len(key), entry.instrument, 1.0, entry.kind, doubtful)
                    )
                    position += len(key) - 1
                    break
            position += 1
        return hits

    def _english(self, low: str, text: str, folded: Normalized) -> list[_Hit]:
        hits: list[_Hit] = []
        for word in re.finditer(r"(?<![a-z0-9])[a-z][a-z0-9&.+-]*", low):
            head = word[0].rstrip(".,+-&")
            if head in self.directory.ambiguous:
                continue
            for name, entry in self._latin.get(head, self._latin.get(head.split("-")[0], ())):
                end = word.start() + len(name)
                if low[word.start() : end] != name.lower() or _WORD.match(low[end : end + 1]):
                    continue
                start, raw_end = folded.raw_span(word.start(), end)
                # Written as a name: "Meta" and "META", but neither "meta" nor "meta-learning".
                if text[start:raw_end].islower() or (
                    low[end : end + 1] == "-" and low[end + 1 : end + 2].isalpha()
                ):
                    continue
                doubtful = name.lower() in self.directory.common_words or not entry.instrument.chosen
                hits.append(_Hit(word.start(), end, entry.instrument, 0.95, entry.kind, doubtful))
                break
        return hits

    def _codes(self, low: str) -> list[_Hit]:
        hits: list[_Hit] = []
        for match in _CODE.finditer(low):
            reading = read_code(match[0])
            bare = match[0].isdigit()
            if reading is None or not (reading.explicit or bare):
                continue
            if bare and not self._bare_code_is_meant(low, match.start(), match.end()):
                continue
            share = next(filter(None, (self.directory.get(symbol) for symbol in reading.symbols)), None)
            if share is not None and (share.chosen or match[0][0] != "$"):  # "$a" is a variable
                hits.append(_Hit(match.start(), match.end(), share, 1.0, "code"))
        return hits

    def _bare_code_is_meant(self, low: str, start: int, end: int) -> bool:
        if end - start not in (5, 6):
            return False
        alone = not low[:start].strip() and not low[end:].strip()
        bracketed = low[start - 1 : start] in "((" and low[end : end + 1] in "))" and start > 0
        return alone or bracketed or _cue_near(low, start, end)

    def _judge(self, low: str, hits: list[_Hit]) -> list[_Hit]:
        """Drop what is no name here: a chip called Tesla, a data vendor under a table, an ordinary word."""
        plain: list[_Hit] = [
            hit
            for hit in hits
            if not _AFTER_PRODUCT.match(low, hit.end) and not _is_source(low, hit.start, hit.end)
        ]
        sure = [hit for hit in plain if not hit.doubtful]
        kept: list[_Hit] = []
        for hit in plain:
            if (
                not hit.doubtful
                or _cue_near(low, hit.start, hit.end)
                or self._stands_alone(low, hit)
                or any(_in_one_list(low, hit, other) or hit.instrument == other.instrument for other in sure)
            ):
                kept.append(hit)
        return sorted(kept + self._glued(low, sure), key=lambda hit: hit.start)

    def _stands_alone(self, low: str, hit: _Hit) -> bool:
        return not low[: hit.start].strip() and not low[hit.end :].strip()

    def _glued(self, low: str, sure: list[_Hit]) -> list[_Hit]:
        """``2023.4.10360/商汤``: a date glued to the name 360, which counts in a list of companies only."""
        share = self.directory.get("601360.SH")
        found: list[_Hit] = []
        for match in re.finditer(r"360(?=[、/,,]|(?:集团|公司|智脑))", low):
            before = low[: match.start()]
            if share is None or (before[-1:].isdigit() and not _GLUED_DATE.search(before[-10:])):
                continue
            hit = _Hit(match.start(), match.end(), share, 0.8, "alias")
            if any(_in_one_list(low, hit, other) for other in sure):
                found.append(hit)
        return found

    def short_forms(self, text: str) -> list[Candidate]:
        """Ambiguous short forms (平安) with a word like 股票 near: the value is the form, for the user to choose."""
        folded = fold(text[:_MAX_TEXT])
        found: list[Candidate] = []
        for key in self.directory.ambiguous:
            start = folded.text.find(key)
            if start >= 0 and _cue_near(folded.text, start, start + len(key)):
                raw = folded.raw_span(start, start + len(key))
                value = text[raw[0] : raw[1]]
                found.append(Candidate(value, value, raw[0], raw[1], 0.5, "short-form"))
        return found


def _latin_entries(share: Instrument) -> list[NameEntry]:
    by_hand = share.chosen and share.market not in ("SH", "SZ", "BJ")
    # Of the lists' English names only those of several words: "Focus" and "Sunrise" begin sentences.
    english = share.english if by_hand or " " in share.english else ""
    texts = [english, *share.aliases, *([share.name] if share.chosen else [])]
    entries = [
        NameEntry("name" if t == share.english else "alias", t, share) for t in texts if t and t.isascii()
    ]
    # One and two letters are a ticker only with a dollar sign or an exchange.
    if share.market == "US" and share.chosen and len(share.code) >= 3:
        entries.append(NameEntry("name", share.code, share))
    return [entry for entry in entries if len(entry.text) >= 3 and not entry.text.isdigit()]


def _without_overlaps(hits: list[_Hit]) -> list[_Hit]:
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.start - hit.end)):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept


def _cue_near(low: str, start: int, end: int) -> bool:
    around = low[max(0, start - _CUE_REACH) : start] + "\n" + low[end : end + _CUE_REACH]
    own_code = re.match(r"\s?[((]\s?(?:\d{4,6}|[a-z]{1,5})(?:\.[a-z]{2,4})?\s?[))]", low[end : end + 16])
    return bool(_CUES.search(around) or own_code)


def _is_source(low: str, start: int, end: int) -> bool:
    if _AUTHOR.match(low, end) or _ISSUER.search(low[max(0, start - 16) : start]):
        return True
    line = low[low.rfind("\n", 0, start) + 1 : start]
    marks = list(_SOURCE_LINE.finditer(line))
    return bool(marks) and not re.search(r"[。;;]", line[marks[-1].end() :])


def _in_one_list(low: str, first: _Hit, second: _Hit) -> bool:
    left, right = (first, second) if first.start < second.start else (second, first)
    between = low[left.end : right.start]
    return 0 < len(between) <= 3 and all(char in _SEPARATOR for char in between)


@lru_cache(maxsize=2)
def scanner_of(directory: Directory) -> Scanner:
    """The scanner of a directory, made once."""
    return Scanner(directory)


_BESIDE_CUE = (
    re.compile(r"(?P<name>[\w\u4e00-\u9fff.&-]{2,24}?)(?:的|是|\s)*(?:股票代码|证券代码|股票|哪只股|哪支股|股价|上市了吗|代码)"),
    re.compile(
        r"(?:ticker|symbol|stock code|share price|stock)\s+(?:of|for|is|does)\s+"
        r"(?P<name>[\w.& -]{2,30}?)(?:\s+(?:have|use|trade)|[?!.]|$)",
        re.I,
    ),
    re.compile(r"(?P<name>[A-Z][\w.&-]{1,24})(?:'s|\s+)\s*(?:ticker|symbol|stock|share)", re.I),
)  # fmt: skip
_NO_NAME = re.compile(
    r"^(?:请问|查一?下?|查询|看看|帮我|告诉我|我想知道)|^(?:what|which|the|a|is|this|that|my|show|look up|find)\b\s*"
    r"|(?:的|是|在|怎么|什么|多少|哪)+$",
    re.I,
)


def _beside_cue(text: str) -> list[Candidate]:
    """The words where a name must stand, when none is known: so that a typing error or a stranger is looked up too."""
    for pattern in _BESIDE_CUE:
        for match in pattern.finditer(text[:500]):
            start, end = match.span("name")
            name = text[start:end]
            while (shorter := _NO_NAME.sub("", name).strip()) != name:
                start, name = start + name.find(shorter), shorter
            if len(name) >= 2 and re.search(r"[^\W\d_]", name):
                return [Candidate(name, name, start, start + len(name), 0.2, "beside a cue")]
    return []


_DEMO = re.compile(r"(?<![A-Za-z0-9])DEMO[A-Z0-9]{0,4}(?:\.DEMO)?(?![A-Za-z0-9])", re.I)


def _demo_symbols(text: str) -> list[Candidate]:
    found = [Candidate(m[0].upper(), m[0], m.start(), m.end(), 1.0, "demo") for m in _DEMO.finditer(text)]
    return [candidate for candidate in found if is_demo_symbol(str(candidate.value))]


def find_tickers(text: str) -> Sequence[Candidate]:
    """Finder of ``ticker`` slots: canonical symbols of the companies and indices that a text names.

    A short form of several companies is given as written, so that the lookup can ask which one; words where a name
    must stand (before "的股票代码") are given as written when nothing is known, with a low score.
    """
    scanner = scanner_of(default_directory())
    found = [*scanner.scan(text), *_demo_symbols(text)]
    return found or _misspelt_beside_cue(text) or scanner.short_forms(text) or _beside_cue(text)


def _misspelt_beside_cue(text: str) -> list[Candidate]:
    """A name with a typing error where a name must stand: 金山办工是哪只股票."""
    from tieout_stock_lookup.resolver import resolve

    return [
        c for c in _beside_cue(text) if len(c.text) >= 3 and resolve(c.text).status in ("exact", "ranked")
    ]


def find_securities(text: str) -> Sequence[Candidate]:
    """As :func:`find_tickers`, but an index counts only when nothing else is named."""
    found = find_tickers(text)
    shares = [c for c in found if not _is_index(c)]
    return shares or found


def find_benchmarks(text: str) -> Sequence[Candidate]:
    """The indices that a text names beside a company: what the company is compared with."""
    found = find_tickers(text)
    indices = [c for c in found if _is_index(c)]
    return indices if len(indices) < len(found) else ()


def _is_index(candidate: Candidate) -> bool:
    symbol = str(candidate.value)
    share = default_directory().get(symbol)
    return symbol.removesuffix(".DEMO") == "DEMOX" or (share is not None and share.kind == "index")
