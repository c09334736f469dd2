"""Finding the code in a question: a fence, backticks, or what follows a colon."""

from __future__ import annotations

__all__ = ["CodeSpan", "find_code", "find_language"]

import re
from dataclasses import dataclass
from functools import cache

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
    inline = [m for m in re.finditer(r"(`{1,3})(?!`)(.+?)(?<!`)\1(?!`)", text, re.S) if m[2].strip()]
    if inline:
        longest = max(inline, key=lambda match: len(match[2]))
        if _looks_like_code(longest[2]) or len(longest[2]) > 12:
            return CodeSpan(longest.start(), longest.end(), longest[2].strip())
    for colon in re.finditer(r"[:：]\s*", text):
        rest = text[colon.end() :]
        if _looks_like_code(rest) and not re.search(r"[:：]$", text[: colon.start()]):
            return CodeSpan(colon.end(), len(text), rest.strip())
    lines = text.splitlines(keepends=True)
    at = 0
    for index, line in enumerate(lines):
        if (
            index
            and _looks_like_code("".join(lines[index:]))
            and not _looks_like_code("".join(lines[:index]))
        ):
            return CodeSpan(at, len(text), "".join(lines[index:]).strip("\n"))
        at += len(line)
    return CodeSpan(0, len(text), text.strip()) if _looks_like_code(text, strict=True) else None


def find_language(text: str) -> str | None:
    """The programming language that ``text`` names, in its usual lower-case name, or ``None``."""
    found = _language_names().search(text)
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
    call, assignment, line_end = r"\w\([^()\n]*\)", r"[\w\])]\s*(?:[-+*/|&]?=|==|=>|:=)\s*\S", r"[{};]\s*$"
    signs = len(re.findall(rf"{call}|{assignment}|{line_end}|^\s*[#@]\w|\w\.\w+\(|<\w+[^>]*>", text, re.M))
    keywords = (
        r"import \w|from \w+ import|def \w+\(|class \w+|for\s*\(|if\s*\(|(?:const|let|var) \w+\s*=|func \w|return "
        r"|#include|SELECT .+ FROM"
    )
    signs += 2 * len(re.findall(rf"^\s*(?:{keywords})", text, re.M))
    return signs >= (3 if strict else 1)
