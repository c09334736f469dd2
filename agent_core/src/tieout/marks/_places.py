"""Places of an answer whose numbers name, count or locate something and state nothing."""

from __future__ import annotations

__all__ = ["Stretches", "cited_stretches", "code_stretches", "formats", "furniture", "names"]

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache

from tieout.marks._quotes import squeezed

_MOST_NAMES = 1000
_MOST_PLACES = 5_000
_MOST_BRACKETS = 300
_SHORTEST_CITATION = 6


class Stretches:
    """Stretches of a text, and whether a place lies inside one. They may overlap."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        merged: list[tuple[int, int]] = []
        for start, end in sorted(stretches):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self._starts = [start for start, _ in merged]
        self._ends = [end for _, end in merged]

    def hold(self, start: int, end: int) -> bool:
        """Whether one stretch holds all of ``start:end``."""
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and end <= self._ends[at]

    def between(self, start: int, end: int) -> bool:
        """Whether a stretch begins in ``start:end``."""
        at = bisect_right(self._starts, start - 1)
        return at < len(self._starts) and self._starts[at] < end


@cache
def _furniture() -> re.Pattern[str]:
    return re.compile(
        r"^[ \t]{0,12}(?:[-*+>][ \t]{1,3}){0,2}\d{1,3}(?:[.)、）](?!\d)|(?:\.\d{1,2}){1,3}[.、]?(?=\s))"  # list numbers
        r"|^[ \t]{0,3}#{1,6}[ \t]{1,3}\d{1,2}(?:\.\d{1,2}){0,3}(?=[.、\s])"  # numbered headings
        r"|[\[【]\^?(?:e|prior-)?\d{1,4}(?:[,，、–-][ ]?\d{1,4}){0,8}[\]】]"  # footnotes
        r"|\bpp?\.[ ]?\d{1,4}(?:[–-]\d{1,4})?\b|\bpages?[ ]\d{1,4}(?:[–-]\d{1,4})?\b"
        r"|第[ ]?\d{1,4}(?:[ ]?[-–至到、][ ]?\d{1,4})?[ ]?[页章节条]|\bp\d{1,4}\b"
        r"|\b\d{4,6}\.(?:SH|SZ|BJ|HK|US|INDEX|SS|DEMO)\b|\b(?:SH|SZ|BJ)[. ]?\d{6}\b"  # tickers
        r"|[(（]\d{5,6}[)）]"
        r"|https?://[^\s<>\"'）)】\]]+|\bwww\.[^\s<>\"'）)】\]]+|[\w.+-]{1,60}@[\w-]{1,60}\.[\w.]{1,40}"
        r"|\barXiv[: ]{1,2}\d{4}\.\d{4,5}(?:v\d{1,2})?|\b10\.\d{4,6}/[^\s)\]】]{1,80}"  # papers
        r"|(?<![\w/.-])[\w-]{1,60}(?:[/.][\w-]{1,60}){0,12}\.(?:pdf|html?|md|txt|csv|json|py|xlsx?|docx?|toml)\b",
        re.MULTILINE | re.IGNORECASE | re.ASCII,
    )


def furniture(answer: str) -> Iterator[tuple[int, int]]:
    """List numbers, footnotes, pages, tickers, addresses, papers and files: never a claim, whatever the number."""
    return (match.span() for match in _furniture().finditer(answer))


@cache
def _fence() -> re.Pattern[str]:
    return re.compile(r"^[ ]{0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)


@cache
def _inline() -> re.Pattern[str]:
    return re.compile(r"(?<!`)(?P<mark>`{1,2})(?!`)[^`\n]{1,400}(?P=mark)(?!`)")


def code_stretches(answer: str) -> Iterator[tuple[int, int]]:
    """Code fences, one that never closes included, and inline code."""
    opened: re.Match[str] | None = None
    for match in _fence().finditer(answer):
        if opened is None:
            opened = match
        elif match["mark"].startswith(opened["mark"]) and not match["info"].strip():
            yield opened.start(), match.end()
            opened = None
    if opened is not None:
        yield opened.start(), len(answer)
    yield from (match.span() for match in _inline().finditer(answer))


@cache
def _names() -> re.Pattern[str]:
    families = (
        "LLaMA|Qwen|DeepSeek|Gemini|Claude|Grok|Mistral|Mixtral|(?:Chat)?GPT|Gemma|Phi|Kimi|ERNIE|GLM|Baichuan|Falcon"
        "|BLOOM|InternLM|PanGu|Chinchilla|Gopher|OLMo|Nemotron|PaLM|OPT|MPT|Yi|T5|BERT|Hunyuan|Doubao|Vicuna|DBRX"
    )
    size = r"\d{1,4}(?:\.\d)?x?\d{0,3}[BMbm]"
    return re.compile(
        # Llama 3.1 405B, Qwen2.5-72B-Instruct, Falcon 180B
        rf"(?<![A-Za-z])(?i:{families})[- ]?[Vv]?(?:\d{{1,2}}(?:\.\d{{1,2}})?(?![\dBMbm.])|(?={size}))(?:[- ]?{size})?"
        r"(?:-[A-Za-z0-9]{1,12}){0,3}(?![A-Za-z0-9])"
        # the class of a model: a 70B model, 8B 版本
        rf"|(?<![\w.]){size}(?=[ -]?(?:models?\b|versions?\b|variants?\b|LLMs?\b|模型|大模型|版本|版))"
        # H100, A100-80GB, SHA-256, CWE-78, i7-13700; not up-5
        r"|(?<![A-Za-z0-9])(?=[A-Za-z]{0,11}[A-Z]|[a-z]\d|v\d)[A-Za-z]{1,12}[-‑]?\d[A-Za-z0-9.]*(?:-\d+[A-Za-z]*)*"
        r"(?:-[A-Za-z]{1,12})?(?![%A-Za-z0-9])"
        r"|《[^》\n]{1,120}》",
        re.ASCII,
    )


def names(answer: str) -> Iterator[tuple[int, int]]:
    """Names of models, chips, standards and titles with the digits in them."""
    return (match.span() for match in _names().finditer(answer))


@cache
def formats() -> re.Pattern[str]:
    """Names of number formats and rules of thumb, which are nothing that a sentence is about."""
    return re.compile(
        r"(?:[BT]?FP?|INT|UINT|NF|MX)-?\d{1,2}\w{0,4}|6ND|Q[1-4]|H[12]|FY\d\d|CO2e?", re.IGNORECASE
    )


def cited_stretches(answer: str, sources: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Names that the evidence carries (subjects, titles), and brackets that cite where a figure is from."""
    known = [text for text in dict.fromkeys(sources) if text and any(map(str.isdecimal, text))]
    found = 0
    lowered = answer.lower()
    for name in known[:_MOST_NAMES] if len(lowered) == len(answer) else ():
        if len(name) < 3 or (name.isdecimal() and len(name) < 5):
            continue
        for start in _occurrences(lowered, name.lower()):
            found += 1
            if found > _MOST_PLACES:
                return
            yield start, start + len(name)
    yield from _brackets(answer, "\n".join(squeezed(text) for text in known[:_MOST_NAMES]))


def _occurrences(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        whole = not (text[at - 1 : at].isalnum() and at and text[at].isalnum() and text[at].isascii())
        if whole and not (text[end : end + 1].isdecimal() and name[-1].isdecimal()):
            yield at
        at = text.find(name, end)


@cache
def _bracket() -> re.Pattern[str]:
    return re.compile(
        r"\[(?P<square>[^\[\]\n]{6,400})\]|【(?P<lens>[^【】\n]{6,400})】|[(（](?P<round>[^()（）\n]{6,200})[)）]"
    )


def _brackets(answer: str, sources: str) -> Iterator[tuple[int, int]]:
    looked_at = 0
    for match in _bracket().finditer(answer):
        words = match["square"] or match["lens"] or match["round"]
        if not any(map(str.isdecimal, words)):
            continue
        looked_at += 1
        if looked_at > _MOST_BRACKETS:
            return
        content = squeezed(words).strip("….,; ")
        if len(content) >= _SHORTEST_CITATION and content in sources:
            yield match.span()
