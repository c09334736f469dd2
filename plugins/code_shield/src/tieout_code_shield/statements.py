"""Where statements end, told line by line while code is being written, and what would close an unfinished one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tieout_code_shield.languages import Language
from tieout_code_shield.syntax import error_share

__all__ = ["MAX_HELD_CHARACTERS", "MAX_HELD_LINES", "Splitter", "Unit", "closers", "starts_inside"]

MAX_HELD_LINES: Final = 200
MAX_HELD_CHARACTERS: Final = 50_000
"""A statement longer than this is let go in pieces, each marked as cut: nobody can check half a statement."""

PROSE_SHARE: Final = 0.25
"""Prose read as Python is in error to at least this share (of its characters); code hardly ever is."""

_PEM: Final = re.compile(r"-----(BEGIN|END)[A-Z0-9 ]{0,40}PRIVATE KEY")
_CLOSING: Final = {
    "(": ")",
    "[": "]",
    "{": "}",
    "object": "}",
    "${": "}",
    "`": "`",
    "/*": "*/",
    '"""': '"""',
    "'''": "'''",
}


class _Lexer(Protocol):
    stack: list[str]
    """What is open, outermost first."""

    def feed(self, line: str) -> None: ...
    def held(self) -> bool: ...
    def may_go_on(self) -> bool: ...
    def goes_on(self, line: str) -> bool: ...


class _LineLexer:
    """Any other language: a statement is a line, unless it ends with a backslash."""

    def __init__(self) -> None:
        self.stack: list[str] = []
        self._last = ""

    def feed(self, line: str) -> None:
        self._last = line.rstrip()

    def held(self) -> bool:
        return self._last.endswith("\\")

    def may_go_on(self) -> bool:
        return False

    def goes_on(self, line: str) -> bool:
        return False


_PY_TOKEN: Final = re.compile(r"""#|\"\"\"|'''|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()\[\]{}]""")


class _PythonLexer(_LineLexer):
    """Brackets, triple quotes and backslashes hold a statement open."""

    def feed(self, line: str) -> None:
        self._last = ""
        position = 0
        while position < len(line):
            if self.stack and len(self.stack[-1]) == 3:
                position = self._in_string(line, position)
                continue
            found = _PY_TOKEN.search(line, position)
            if found is None:
                break
            if found[0] == "#":
                return
            position = found.end()
            self._bracket(found[0])
        self._last = line.rstrip()

    def _in_string(self, line: str, position: int) -> int:
        end = line.find(self.stack[-1], position)
        while end > 0 and _escaped(line, end):
            end = line.find(self.stack[-1], end + 1)
        if end < 0:
            return len(line)
        self.stack.pop()
        return end + 3

    def _bracket(self, mark: str) -> None:
        if mark in ('"""', "'''") or mark in "([{":
            self.stack.append(mark)
        elif mark in ")]}" and self.stack:
            self.stack.pop()

    def held(self) -> bool:
        return bool(self.stack) or self._last.endswith("\\")


_JS_TOKEN: Final = re.compile(
    r"""//[^\n]*|/\*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|=>|\+\+|--|[()\[\]{}`/]|[\w$]+|[^\s\w$()\[\]{}`/"'+-]|["'+-]"""
)
_JS_REGEX: Final = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_JS_TEMPLATE: Final = re.compile(r"\\.|`|\$\{")
_BEFORE_REGEX: Final = frozenset(
    {"(", ",", "=", ":", "[", "!", "&", "|", "?", "{", "}", ";", "+", "-", "*", "%", "<", ">", "~", "^", "=>",
     "return", "typeof", "case", "in", "of", "void", "delete", ""}
)  # fmt: skip
_BEFORE_OBJECT: Final = frozenset(
    {"(", ",", "=", ":", "[", "?", "&", "|", "+", "return", "typeof", "in", "of", "new", "await", "yield", "default"}
)  # fmt: skip
_GOES_ON_AFTER: Final = frozenset(
    {"=", "+", "-", "*", "/", "%", "&", "|", "^", "<", ">", "?", ":", ",", ".", "!", "~", "=>",
     "extends", "new", "return", "typeof", "in", "of", "instanceof", "await", "throw"}
)  # fmt: skip
_GOES_ON_WITH: Final = re.compile(r"\s*(?:[.=*%&|^<>?:,(\[`]|/(?![/*])|\+(?!\+)|-(?!-)|instanceof\b|in\b)")


class _JavaScriptLexer(_LineLexer):
    """Brackets hold a statement open, save the braces of a block, inside which statements end as they do outside."""

    def feed(self, line: str) -> None:
        position = 0
        while position < len(line):
            top = self.stack[-1] if self.stack else ""
            if top == "/*":
                position = self._in_comment(line, position)
            elif top == "`":
                position = self._in_template(line, position)
            else:
                found = _JS_TOKEN.search(line, position)
                if found is None:
                    return
                position = self._token(line, found)

    def _in_comment(self, line: str, position: int) -> int:
        end = line.find("*/", position)
        if end < 0:
            return len(line)
        self.stack.pop()
        return end + 2

    def _in_template(self, line: str, position: int) -> int:
        found = _JS_TEMPLATE.search(line, position)
        if found is None:
            return len(line)
        if found[0] == "`":
            self.stack.pop()
            self._last = "`"
        elif found[0] == "${":
            self.stack.append("${")
            self._last = "("
        return found.end()

    def _token(self, line: str, found: re.Match[str]) -> int:
        mark = found[0]
        if mark.startswith("//"):
            return len(line)
        if mark == "/*":
            self.stack.append("/*")
            return found.end()
        if mark == "/" and self._last in _BEFORE_REGEX:
            literal = _JS_REGEX.match(line, found.start())
            if literal:
                self._last = "/x/"
                return literal.end()
        if mark in ("(", "[", "`"):
            self.stack.append(mark)
        elif mark == "{":
            self.stack.append("object" if self._last in _BEFORE_OBJECT else "{")
        elif mark in (")", "]", "}") and self.stack:
            self.stack.pop()
        self._last = mark
        return found.end()

    def held(self) -> bool:
        return bool(self.stack) and self.stack[-1] != "{"

    def may_go_on(self) -> bool:
        return self._last not in (";", "{", "}", "")

    def goes_on(self, line: str) -> bool:
        return self._last in _GOES_ON_AFTER or _GOES_ON_WITH.match(line) is not None


def _escaped(line: str, position: int) -> bool:
    count = 0
    while position > count and line[position - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _lexer(language: Language | None) -> _Lexer:
    rules = language.rules if language is not None else ""
    return (
        _PythonLexer() if rules == "python" else _JavaScriptLexer() if rules in ("javascript", "typescript") else _LineLexer()
    )


def _closing(stack: Sequence[str]) -> str:
    return "\n" + "".join(_CLOSING[opener] for opener in reversed(stack)) if stack else ""


def closers(code: str, language: Language) -> str:
    """What must be put behind a fragment so that every bracket and string in it is closed."""
    lexer = _lexer(language)
    for line in code.split("\n"):
        lexer.feed(line)
    return _closing(lexer.stack)


_TRIPLE: Final = re.compile(r'''"""|\'\'\'''')


def starts_inside(code: str, language: Language) -> int:
    """How many characters at the start of a fragment belong to a string or comment that began before it.

    Fragments are often cut from the middle of a docstring or block comment; read from there, everything behind its
    end would be taken for text and the text for code.
    """
    if language.rules in ("javascript", "typescript"):
        end = code.find("*/")
        return end + 2 if end >= 0 and "/*" not in code[:end] else 0
    first = _TRIPLE.search(code)
    if (
        first is None
        or code.count(first[0]) % 2 == 0
        or code[: first.start()].rstrip().endswith((":", "=", "(", ","))
    ):
        return 0
    before = code[: first.start()]
    if before.strip() and not error_share(before, language.grammar) > PROSE_SHARE:
        return 0
    return first.end() if before.strip() else 0


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines that are released together: one statement, or several on one line."""

    lines: tuple[str, ...]
    stack: tuple[str, ...]
    """What is open behind it."""
    lowest: int
    """The smallest depth within it."""
    closed: str = ""
    """The brackets that it closes without having opened them."""
    cut: bool = False
    """True when it was let go unfinished, because it was too long."""

    def closing(self, lowest: int) -> str:
        """What closes everything that was opened above the depth ``lowest``."""
        return _closing(self.stack[min(lowest, self.lowest) :])


class Splitter:
    """Splits code into units as lines arrive; the units depend on the lines only."""

    def __init__(self, language: Language | None) -> None:
        self._lexer = _lexer(language)
        self._lines: list[str] = []
        self._characters = 0
        self._lowest = 0
        self._before: tuple[str, ...] = ()
        self._in_key = False

    def push(self, line: str) -> list[Unit]:
        """Take the next line (without its end); returns the units that are now complete."""
        done: list[Unit] = []
        idle = not line.strip() or line.lstrip().startswith("//")
        if self._lines and not self._open() and not idle and not self._lexer.goes_on(line):
            done.append(self._take())
        self._lines.append(line)
        self._characters += len(line) + 1
        for match in _PEM.finditer(line):
            self._in_key = match[1] == "BEGIN"
        self._lexer.feed(line)
        self._lowest = min(self._lowest, len(self._lexer.stack))
        if len(self._lines) >= MAX_HELD_LINES or self._characters >= MAX_HELD_CHARACTERS:
            done.append(self._take(cut=self._open()))
        elif not self._open() and not self._lexer.may_go_on():
            done.append(self._take())
        return done

    def flush(self) -> list[Unit]:
        """The code has ended: what is left."""
        return [self._take()] if self._lines else []

    def _open(self) -> bool:
        return self._in_key or self._lexer.held()

    def _take(self, *, cut: bool = False) -> Unit:
        stack = tuple(self._lexer.stack)
        closed = "".join(_CLOSING[opener] for opener in reversed(self._before[self._lowest :]))
        unit = Unit(tuple(self._lines), stack, self._lowest, closed, cut)
        self._lines = []
        self._characters = 0
        self._lowest = len(stack)
        self._before = stack
        return unit

    def forget(self, count: int) -> None:
        """Drop the first ``count`` lines of what is held: they were let go before."""
        self._lines = self._lines[count:]
