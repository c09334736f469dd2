"""Code that an answer shows without a fence: in backticks, indented, in ``<pre>`` of HTML, in JSON of a tool call."""

from __future__ import annotations

import html
import re
from typing import Final

from tieout_code_shield.clothes import strings_in_line
from tieout_code_shield.speech import is_speech

__all__ = ["MAX_INLINE", "InlineCode", "LooseCode"]

MAX_LOOSE: Final = 20_000
"""Characters of one such piece that are looked at."""

MAX_INLINE: Final = 2_000
"""Characters between backticks that are held."""

_TICKS: Final = re.compile(r"`+|\n|[^`\n]+")
_INDENTED: Final = re.compile(r"(?: {4}|\t)[ \t]*\S")
_PRE: Final = re.compile(r"<pre\b[^>\n]{0,200}>|<code\b[^>\n]{0,200}>\s*$", re.IGNORECASE)
_END: Final = re.compile(r"</(?:pre|code)>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_JSON: Final = re.compile(r'[{\[]\s*"')


class InlineCode:
    """Finds code between backticks in prose that comes in any pieces; it never reaches over the end of a line."""

    def __init__(self) -> None:
        self._ticks = self._run = 0
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """Take the next piece; returns the code that ended in it."""
        if "`" not in text and not self._ticks and not self._run:
            return []
        found: list[str] = []
        for part in _TICKS.findall(text):
            if part[0] == "`":
                self._run += len(part)
                continue
            found += self.flush()
            if part == "\n" or len(self._text) > MAX_INLINE:
                self._ticks, self._text = 0, ""
            elif self._ticks:
                self._text += part
        return found

    def flush(self) -> list[str]:
        """The row of backticks that came last has ended."""
        run, self._run = self._run, 0
        if not run:
            return []
        if not self._ticks:
            self._ticks = run
            return []
        if run != self._ticks:
            self._text += "`" * run
            return []
        text, self._text, self._ticks = self._text, "", 0
        return [text.strip()]


class LooseCode:
    """Takes whole lines of prose, returns the pieces of code that ended with them.

    Such code is out before it is read, as all prose is, so what is wrong with it can only be told.
    """

    def __init__(self) -> None:
        self._piece: list[str] = []
        self._length = 0
        self._blank = True
        self._tagged = False

    def feed(self, line: str) -> list[str]:
        """Take the next line, with or without its end."""
        text = line.rstrip("\r\n")
        if self._tagged:
            return self._inside(text)
        opened = _PRE.search(text)
        if opened is not None:
            done = self.flush()
            self._tagged = True
            return [*done, *self._inside(text[opened.end() :])]
        found: list[str] = []
        if not text.strip():
            self._blank = True
            if self._piece:
                self._add("")
        elif _INDENTED.match(text) and (self._blank or self._piece):
            self._add(text)
            self._blank = False
        else:
            found = self.flush()
            self._blank = False
        if _JSON.search(text) and not self._piece:
            found += (code for code in strings_in_line(text) if not is_speech(code))
        return found

    def flush(self) -> list[str]:
        """What is left; also where a fence begins, or the answer ends."""
        piece = "\n".join(self._piece).strip("\n")
        self._piece, self._length, self._tagged, self._blank = [], 0, False, True
        return [piece] if piece.strip() else []

    def _inside(self, text: str) -> list[str]:
        ended = _END.search(text)
        self._add(html.unescape(_TAG.sub("", text[: ended.start()] if ended else text)))
        return self.flush() if ended else []

    def _add(self, text: str) -> None:
        self._length += len(text) + 1
        if self._length <= MAX_LOOSE:
            self._piece.append(text)
