"""An incremental parser of fenced code in Markdown: what is prose passes on at once, code comes line by line.

What it returns depends on the text only, never on how the text was cut. It follows CommonMark, and where a model's
Markdown is looser than that (deep indentation), it takes a fence for a fence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["CodeLine", "FenceClose", "FenceOpen", "FenceParser", "Piece", "Prose"]

MAX_LINE: Final = 20_000
"""A longer line of code is taken in pieces of this many characters."""
MAX_WORD: Final = 400
MAX_TAIL: Final = 80
"""Characters at the end of a line of prose in which a fence may stand."""
MAX_OPENING: Final = 20_000
"""A longer line opens no block."""

_CONTAINER: Final = r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)]|>)[ \t]*){0,8}"
_MAYBE_FENCE: Final = re.compile(
    _CONTAINER + r"(?:`{0,2}|~{0,2}|\d{1,9}|-{0,4}|-----[^\n]*|(?:`{3,}|~{3,})[^\n]*)\Z"
)
_FENCE: Final = re.compile(r"(?P<container>" + _CONTAINER + r")(?P<marker>`{3,}|~{3,})(?P<info>[^\n]*)\n?\Z")
_LATE_FENCE: Final = re.compile(r"[^`\n](?P<marker>`{3,})(?P<info>[A-Za-z][\w+#.-]{0,30})[ \t]*\r?\n\Z")
_KEY: Final = re.compile(r"(?P<container>" + _CONTAINER + r")-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY")
_KEY_END: Final = re.compile(r"-----END[A-Z0-9 ]{0,40}PRIVATE KEY")
_WORD: Final = re.compile(r"[A-Za-z0-9_./+=~-]+")


SHORTEST_CREDENTIAL: Final = 16
"""Characters; shorter words are not looked at one by one."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Text outside code: one long word, or what stands between those."""

    text: str
    word: bool = False


@dataclass(frozen=True, slots=True)
class FenceOpen:
    """The line that opens a block; ``text`` is empty for a private key that stands in prose."""

    text: str
    info: str
    closing: str
    """A line that would close the block."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line inside a block."""

    text: str
    """As it came, with its end."""
    code: str
    """Without the container's prefix and the line's end."""
    start: int
    """Offset of ``code`` in the whole text."""


@dataclass(frozen=True, slots=True)
class FenceClose:
    """The line that closes a block; ``text`` is empty when the block ended otherwise."""

    text: str


Piece = Prose | FenceOpen | CodeLine | FenceClose


@dataclass(slots=True)
class _Block:
    marker: str
    quotes: int
    indent: int


class FenceParser:
    """Feed it text in any pieces; it returns what can be told so far, in order."""

    def __init__(self) -> None:
        self._held = ""
        self._position = 0
        self._line_start = True
        self._block: _Block | None = None
        self._final = False
        self._line = ""
        """The end of the prose of the line so far, which may turn out to be a fence."""
        self._ticked = False
        """Whether a backtick stands in the line before that."""

    def feed(self, delta: str) -> list[Piece]:
        """Take the next piece of text."""
        self._held += delta
        found: list[Piece] = []
        while self._held:
            step = self._code() if self._block is not None else self._prose()
            if step is None:
                break
            found += step
        return found

    def finish(self) -> list[Piece]:
        """The text has ended; returns the rest."""
        self._final = True
        found = self.feed("")
        if self._block is not None:
            self._block = None
            found.append(FenceClose(""))
        return found

    def _take(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        self._position += count
        return text

    def _prose(self) -> list[Piece] | None:
        if self._line_start:
            if (
                not self._final
                and "\n" not in self._held
                and len(self._held) < MAX_OPENING
                and _MAYBE_FENCE.match(self._held)
            ):
                return None
            self._line_start = False
            opened = self._open()
            if opened is not None:
                return opened
        return self._words()

    def _open(self) -> list[Piece] | None:
        end = self._held.find("\n", 0, MAX_OPENING) + 1 or len(self._held)
        if end > MAX_OPENING:
            return None
        line = self._held[:end]
        fence = _FENCE.match(line)
        if fence and not (fence["marker"][0] == "`" and "`" in fence["info"]):
            container, marker = fence["container"], fence["marker"]
            self._block = _Block(marker, container.count(">"), len(container))
            self._take(end)
            prefix = re.sub(r"[^>\s]", " ", container)
            return [FenceOpen(line, fence["info"].strip(), f"{prefix}{marker}\n")]
        key = _KEY.match(line)
        if key:
            self._block = _Block("key", key["container"].count(">"), 0)
            return [FenceOpen("", "", "")]
        return None

    def _words(self) -> list[Piece] | None:
        """Everything up to the end of the line or the last word, which may not have ended yet."""
        end = self._held.find("\n") + 1
        text = self._held[:end] if end else self._held
        found: list[Piece] = []
        position = 0
        for word in _WORD.finditer(text):
            for start in range(word.start(), word.end(), MAX_WORD):
                stop = min(start + MAX_WORD, word.end())
                if stop == len(text) and stop - start < MAX_WORD and not self._final:
                    if start > position:
                        found.append(Prose(text[position:start]))
                    self._remember(text[:start])
                    self._take(start)
                    return found or None
                if stop - start < SHORTEST_CREDENTIAL:
                    continue  # stays with the text around it: a piece for every word costs more than all checks
                if start > position:
                    found.append(Prose(text[position:start]))
                found.append(Prose(text[start:stop], word=True))
                position = stop
        if position < len(text):
            found.append(Prose(text[position:]))
        self._take(len(text))
        self._line_start = bool(end)
        self._remember(text)
        return [*found, *self._late_fence()] if end else found

    def _remember(self, text: str) -> None:
        line = self._line + text
        self._ticked = self._ticked or "`" in line[:-MAX_TAIL]
        self._line = line[-MAX_TAIL:]

    def _late_fence(self) -> list[Piece]:
        """A fence that does not begin its line ("Here: ```python"): the lines behind it are code all the same."""
        line, ticked = self._line, self._ticked
        self._line, self._ticked = "", False
        fence = _LATE_FENCE.search(line)
        if fence is None or ticked or "`" in line[: fence.start("marker")]:
            return []
        self._block = _Block(fence["marker"], 0, 0)
        return [FenceOpen("", fence["info"], f"{fence['marker']}\n")]

    def _code(self) -> list[Piece] | None:
        block = self._block
        assert block is not None
        end = self._held.find("\n", 0, MAX_LINE) + 1
        if not end:
            if len(self._held) >= MAX_LINE:
                end = MAX_LINE
            elif not self._final:
                return None
            else:
                end = len(self._held)
        line = self._held[:end]
        bare = _inside(line, block)
        if bare is None:
            self._block, self._line_start = None, True
            return [FenceClose("")]
        if self._closes(bare, block):
            self._block, self._line_start = None, True
            return [FenceClose(self._take(end))]
        start = self._position + len(line) - len(bare)
        piece = CodeLine(self._take(end), bare.rstrip("\r\n"), start)
        if block.marker == "key" and _KEY_END.search(line):
            self._block, self._line_start = None, True
            return [piece, FenceClose("")]
        return [piece]

    @staticmethod
    def _closes(bare: str, block: _Block) -> bool:
        text = bare.strip()
        if block.marker == "key":
            return not text
        deep = len(bare) - len(bare.lstrip(" "))
        return deep <= 3 and len(text) >= len(block.marker) and set(text) == {block.marker[0]}


def _inside(line: str, block: _Block) -> str | None:
    """The line without the prefix of its quote or list; ``None`` when it is outside the quote."""
    rest = line
    for _ in range(block.quotes):
        quote = re.match(r" {0,3}>[ \t]?", rest)
        if quote is None:
            return None
        rest = rest[quote.end() :]
    if block.quotes:
        return rest
    blank = len(rest) - len(rest.lstrip(" \t"))
    return rest[min(blank, block.indent) :]
