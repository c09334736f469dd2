"""Whether a text is code, or words about code: a question that names a call runs nothing."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_code", "is_speech"]

MAX_SENTENCE: Final = 2_000
"""Characters; a longer line is taken for code."""
PLAIN_WORDS: Final = 2
"""Words that make a line speech whatever stands beside them; one alone may be a command of Ruby or a shell."""

_LOOKS_LIKE_CODE: Final = re.compile(r"[\n;{}]|\w\(|^\s*import ")
_MENTION: Final = re.compile(
    r"`[^`\n]*`|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)|[“「『《‘][^”」』》’\n]*[”」』》’]|[\w.:$]{0,80}[\w$]\([^()\n]*\)"
)
"""Code that a sentence speaks of: between quotes or backticks, or a call."""
_MARKS: Final = re.compile(
    r"[={};\[\]<>$|&\\#*@~^`]|//|\+|::|->|(?:^|\s)--?\w|^\s*(?:import|from|include|use|using|package)\s"
)
"""What no sentence has outside of the code that it speaks of."""
_WORD: Final = re.compile(r"(?<![\w.])[A-Za-z][A-Za-z'’-]*(?![\w(])")
_OTHER_SCRIPT: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HOLE: Final = "\0"
_AFTER: Final = re.compile(rf"{_HOLE}[ ,]+([A-Za-z][A-Za-z'’-]*)(?![\w(.])")
_GUARDED: Final = re.compile(rf"\s*(?:[a-z]+ )?{_HOLE} (?:if|unless|while|until|and|or)\b")
"""A call under a condition, as Python and Ruby write it."""
_KEYWORDS: Final = frozenset(
    [
        "if",
        "elif",
        "else",
        "unless",
        "until",
        "while",
        "for",
        "foreach",
        "do",
        "done",
        "then",
        "end",
        "begin",
        "switch",
        "case",
        "default",
        "return",
        "yield",
        "await",
        "async",
        "new",
        "delete",
        "throw",
        "throws",
        "raise",
        "try",
        "except",
        "catch",
        "finally",
        "ensure",
        "rescue",
        "with",
        "as",
        "assert",
        "def",
        "function",
        "func",
        "fun",
        "fn",
        "lambda",
        "class",
        "struct",
        "enum",
        "interface",
        "extends",
        "implements",
        "public",
        "private",
        "protected",
        "internal",
        "static",
        "final",
        "const",
        "var",
        "let",
        "val",
        "mut",
        "void",
        "int",
        "char",
        "long",
        "short",
        "unsigned",
        "signed",
        "float",
        "double",
        "bool",
        "boolean",
        "string",
        "auto",
        "go",
        "defer",
        "echo",
        "print",
        "puts",
        "printf",
        "eval",
        "exec",
        "system",
        "sudo",
        "exit",
        "break",
        "continue",
        "pass",
        "del",
        "global",
        "nonlocal",
        "import",
        "and",
        "or",
        "not",
        "in",
        "is",
        "xor",
        "typeof",
        "instanceof",
        "of",
        "require",
        "include",
        "goto",
        "volatile",
        "extern",
        "override",
        "virtual",
        "abstract",
        "pub",
        "impl",
        "match",
        "loop",
        "unsafe",
        "fi",
        "esac",
    ]
)
"""Words that stand beside a call in some programming language."""


def is_speech(line: str, *, least: int = PLAIN_WORDS) -> bool:
    """Whether a line is a sentence, or a part of one, that at most mentions code.

    Args:
        least: How many words, none of them a keyword of some programming language, it must have.
    """
    if len(line) > MAX_SENTENCE:
        return False
    bare, before = line, ""
    while bare != before:
        before, bare = bare, _MENTION.sub(_HOLE, bare)
    if _MARKS.search(bare) or _GUARDED.match(bare):
        return False
    words = [word for word in _WORD.findall(bare) if word.lower() not in _KEYWORDS]
    after = [word for word in _AFTER.findall(bare) if word.lower() not in _KEYWORDS]
    return len(words) >= least or bool(after) or _OTHER_SCRIPT.search(bare) is not None


def is_code(text: str, *, reads_only: bool) -> bool:
    """Whether an argument of a tool is to be read as code though its name does not say so.

    Args:
        reads_only: Whether the tool does nothing but read, so that only what is code as a whole, or stands in a fence,
            can be meant as code. What another tool is handed is code wherever one line of it may be.
    """
    if not _LOOKS_LIKE_CODE.search(text):
        return False
    if "```" in text or "~~~" in text:
        return True
    lines = [line for line in text.split("\n") if line.strip()]
    if not reads_only:
        return not all(is_speech(line) for line in lines)
    return sum(is_speech(line, least=1) for line in lines) * 2 < len(lines)
