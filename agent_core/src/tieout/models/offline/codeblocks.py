"""Finding the code in a question: a fence, backticks, or what follows a colon."""

from __future__ import annotations

__all__ = ["CodeSpan", "find_code", "find_language", "shortened"]

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise

_EDGE = 500
_COLONS = 5
_CALLS = 20
_EMPHASIS = 12
"""Longest word between backticks that is taken for emphasis."""
_LANGUAGES = {
    "python": "python py python3 蟒蛇",
    "javascript": "javascript js node nodejs jsx mjs",
    "typescript": "typescript ts tsx",
    "go": "golang go语言",
    "rust": "rust rs",
    "java": "java",
    "c": "c语言",
    "cpp": "c++ cpp cxx",
    "csharp": "c# csharp",
    "php": "php",
    "ruby": "ruby rb",
    "bash": "bash sh shell zsh",
    "sql": "sql",
    "html": "html",
    "kotlin": "kotlin kt",
    "swift": "swift",
}


@dataclass(frozen=True)
class CodeSpan:
    """Code at ``start:end`` of a question (fence marks included); ``language`` as a fence names it, else empty."""

    start: int
    end: int
    code: str
    language: str = ""


def find_code(text: str) -> CodeSpan | None:
    """The first piece of code in ``text``: fenced, in backticks, after a colon, or the whole text; ``None`` if none."""
    if fence := re.search(
        r"(?P<mark>```+|~~~+)[ \t]*(?P<lang>[\w+#.-]*)[^\n]*\n(?P<code>.*?)(?:\n[ \t]*(?P=mark)|\Z)",
        text,
        re.S,
    ):
        return CodeSpan(fence.start(), fence.end(), fence["code"], _canonical(fence["lang"]))
    if inline := _between_backticks(text):
        return inline
    return _lines_of_code(text) or _after_colon(text) or _whole(text) or _call_in_prose(text)


def _between_backticks(text: str) -> CodeSpan | None:
    """The longest stretch between two runs of as many backticks, if it can be code rather than an emphasised word."""
    runs = [(match.start(), match.end()) for match in re.finditer(r"`+", text)]
    spans = [
        CodeSpan(start, end, text[inner:outer].strip())
        for (start, inner), (outer, end) in pairwise(runs)
        if inner - start == end - outer
    ]
    longest = max(spans, key=lambda span: len(span.code), default=None)
    fits = longest is not None and (len(longest.code) > _EMPHASIS or _looks_like_code(longest.code))
    return longest if fits else None


def _lines_of_code(text: str) -> CodeSpan | None:
    """From the first line of code after a line of prose to the end."""
    at = 0
    for index, line in enumerate(text.splitlines(keepends=True)):
        if _looks_like_code(line):
            return CodeSpan(at, len(text), text[at:].strip("\n")) if index else None
        at += len(line)
    return None


def _after_colon(text: str) -> CodeSpan | None:
    for colon in islice(re.finditer(r"[:：]\s*", text), _COLONS):
        rest = text[colon.end() :]
        if _looks_like_code(rest):
            return CodeSpan(colon.end(), len(text), rest.strip())
    return None


def _whole(text: str) -> CodeSpan | None:
    return CodeSpan(0, len(text), text.strip()) if _looks_like_code(text, strict=True) else None


def _call_in_prose(text: str) -> CodeSpan | None:
    """From the first to the last call in a sentence: ``os.system(cmd) — is that all right?``."""
    calls = [
        (match.start(), end)
        for match in islice(re.finditer(r"[A-Za-z_]\w*(?:\.\w+)*\(", text), _CALLS)
        if (end := _closing(text, match.end())) is not None
        and ("." in match[0] or re.search(r"[\"'=+]", text[match.end() : end]))
    ]
    if not calls:
        return None
    start, end = calls[0][0], max(end for _start, end in calls)
    return CodeSpan(start, end, text[start:end])


def _closing(text: str, at: int) -> int | None:
    """The offset after the bracket that closes the one before ``at``, if it is near."""
    depth = 1
    for position in range(at, min(len(text), at + _EDGE)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    return None


def shortened(text: str) -> str:
    """The text with long prose cut in the middle, code kept: what is asked stands at the beginning or the end."""
    code = find_code(text)
    if code is None:
        return _cut(text)
    return _cut(text[: code.start]) + text[code.start : code.end] + _cut(text[code.end :])


def _cut(prose: str) -> str:
    return prose if len(prose) <= 2 * _EDGE else f"{prose[:_EDGE]} … {prose[-_EDGE:]}"


def find_language(text: str) -> str | None:
    """The programming language that ``text`` names, in its usual lower-case name, or ``None``."""
    # An SQL injection is no program in SQL.
    found = _language_names().search(
        re.sub(r"(?i)(?:sql|html|shell|bash)(?=[ -]?(?:注入|injection))", "", text)
    )
    return _canonical(found[0]) if found else None


def _canonical(name: str) -> str:
    lowered = name.lower()
    for language, spellings in _LANGUAGES.items():
        if lowered == language or lowered in spellings.split():
            return language
    return lowered


@cache
def _language_names() -> re.Pattern[str]:
    names = {spelling for spellings in _LANGUAGES.values() for spelling in spellings.split()}
    # "go" and "node" are words of their own in a question, so Go is found as Golang only.
    alternatives = "|".join(sorted(map(re.escape, names - {"node", "sh", "rs", "kt"}), key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9+#])", re.IGNORECASE)


def _looks_like_code(text: str, *, strict: bool = False) -> bool:
    """Whether a stretch of text is code: calls, assignments, braces, keywords at line starts."""
    call, assignment, line_end = (
        r"(?<![^\x00-\x7f])[A-Za-z_][A-Za-z0-9_]*\([^()\n]*\)",
        r"[\w\])]\s*(?:[-+*/|&]?=|==|=>|:=)\s*\S",
        r"[{};][ \t]*$",
    )
    signs = len(
        re.findall(
            rf"{call}|{assignment}|{line_end}|^[ \t]*[#@]\w|\w\.\w+\(|<\w+[^>\n]{{0,200}}>", text, re.M
        )
    )
    keywords = (
        r"import \w|from \w+ import|def \w+\(|class \w+|for\s*\(|if\s*\(|(?:const|let|var) \w+\s*=|func \w|return "
        r"|#include|SELECT .+ FROM"
    )
    signs += 2 * len(re.findall(rf"^[ \t]*(?:{keywords})", text, re.M))
    prose = re.search(r"[\u4e00-\u9fff]", re.sub(r"\"[^\"\n]*\"|'[^'\n]*'|(?:#|//).*", "", text))
    return signs >= (3 if strict else 2 if prose else 1)
