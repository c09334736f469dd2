"""The one tokenizer, so that every index and every engine sees the same tokens."""

import re
from collections.abc import Iterator
from functools import cache

from tieout.text._normalize import fold

# Han, kana, bopomofo and Hangul: written without spaces, or with too few of them to search by.
_CJK = (
    "\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W_{_CJK}]"
_MAGNITUDES = "十百千万亿"
# A longer word is a path or a blob; its parts are kept, the whole is not.
_LONGEST_WORD = 64
# Longer text does not change which language it is in.
_LANGUAGE_SAMPLE = 20_000


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<cjk>[{_CJK}]+)"
        rf"|(?P<number>(?<!{_LETTER})\d+(?:\.\d+)?"
        rf"(?:%|(?P<glued>[{_MAGNITUDES}]+)| (?P<spaced>[十百千]?[万亿]+)|(?!{_LETTER}|[-._'&]{_LETTER})))"
        rf"|(?P<word>{_LETTER}+(?:[-._'&]{_LETTER}+)*)"
    )


@cache
def _thousands() -> re.Pattern[str]:
    return re.compile(r"(?<![0-9a-z.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)")


@cache
def _number_and_letters() -> re.Pattern[str]:
    # 15t is a number and its unit; llama3 a name and its version; h100 one part number.
    return re.compile(
        r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[^\W\d_]+)|(?P<name>[^\W\d_]{3,})(?P<version>\d+(?:\.\d+)?)"
    )


def tokens(text: str, *, query: bool = False) -> list[str]:
    """The tokens of ``text`` after :func:`fold`, in order, repeats kept.

    CJK runs give single characters and pairs for an index (``query=False``), pairs only for a query; a run of one
    character gives that character. Latin words and numbers are kept whole and also split at ``- . _ ' &``, between
    a number and its unit (``15T``: 15t, 15, t) and between a name of three or more letters and its version
    (``Llama3``: llama3, llama, 3); a part number stays one token (``H100``: h100). A Chinese magnitude joins its
    number (``28.5万`` and ``28.5 万``: 28.5万, 28.5, and 万 as a character). Thousands separators are dropped.

    Every token of a text as a query is also a token of the same text in an index.
    """
    folded = _thousands().sub(lambda match: match[0].replace(",", ""), fold(text).text)
    return list(_tokens(folded, query))


def token_string(text: str, *, query: bool = False) -> str:
    """:func:`tokens` joined by single spaces, for engines that split at whitespace. No token contains a space."""
    return " ".join(tokens(text, query=query))


def _tokens(folded: str, query: bool) -> Iterator[str]:
    for match in _pattern().finditer(folded):
        if match["cjk"]:
            yield from _characters_and_pairs(match["cjk"], query)
        elif match["number"]:
            yield from _number(match, folded, query)
        else:
            yield from _word(match["word"])


def _characters_and_pairs(run: str, query: bool) -> Iterator[str]:
    if len(run) == 1:
        yield run
        return
    for index, character in enumerate(run):
        if not query:
            yield character
        if index + 1 < len(run):
            yield run[index : index + 2]


def _number(match: re.Match[str], folded: str, query: bool) -> Iterator[str]:
    whole = match["number"].replace(" ", "")
    digits = whole.rstrip(_MAGNITUDES + "%")
    yield whole
    if digits != whole:
        yield digits
    if magnitude := match["glued"] or match["spaced"]:
        yield from _characters_and_pairs(magnitude, query)
        following = _pattern().match(folded, match.end())
        if following and following["cjk"]:  # the pair across the border of 万 and what is counted
            yield magnitude[-1] + following["cjk"][0]


def _word(word: str) -> Iterator[str]:
    parts = [part for part in re.split(r"[-_'&]|(?<!\d)\.|\.(?!\d)", word) if part]
    if len(word) <= _LONGEST_WORD:
        yield word
        if len(parts) > 1:
            yield from parts
    else:
        yield from parts
    for part in parts:
        if split := _number_and_letters().fullmatch(part):
            yield from (half for half in split.groups() if half)


@cache
def _language_pattern() -> re.Pattern[str]:
    return re.compile(
        r"(?P<han>[\u3400-\u4dbf\u4e00-\u9fff])"
        r"|(?P<grammar>\b(?:a|about|an|and|are|at|by|can|compare|did|do|does|estimate|explain|for|from|give|has|have|how"
        r"|i|in|is|it|its|many|me|much|my"
        r"|of|on|or|please|show|tell|than|that|the|this|to|was|were|what|when|where|which|who|why|will|with|you)\b)"
        r"|(?P<word>\b[a-z]+\b)",
        re.IGNORECASE | re.ASCII,  # ASCII: the border of GPU and 小时 is a word border
    )


def language_of(text: str) -> str:
    """``"zh"`` or ``"en"``: the language in which to answer ``text``.

    A Chinese company name inside an English question leaves it English, and English terms inside a Chinese
    question leave it Chinese: English grammar words weigh most, acronyms nothing. Text without any Han character
    is ``"en"``. Looks at the first 20,000 characters.
    """
    chinese = english = 0.0
    for match in _language_pattern().finditer(text[:_LANGUAGE_SAMPLE]):
        if match["han"]:
            chinese += 3 if match["han"] in "的是了吗呢么哪几谁怎吧有在和与比" else 0.5
        elif match["grammar"]:
            english += 3
        elif not match["word"].isupper():
            english += 1
    return "zh" if chinese and chinese >= english else "en"
