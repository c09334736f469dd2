"""Code that an answer shows without a fence: indented lines, ``<pre>`` of HTML, strings in JSON of a tool call."""

from __future__ import annotations

import html
import re
from typing import Final

from tieout_code_shield.clothes import strings_in_line
from tieout_code_shield.speech import is_speech

__all__ = ["LooseCode"]

MAX_LOOSE: Final = 20_000
"""Characters of one such piece that are looked at."""

_INDENTED: Final = re.compile(r"(?: {4}|\t)[ \t]*\S")
_PRE: Final = re.compile(r"<pre\b[^>\n]{0,200}>|<code\b[^>\n]{0,200}>\s*$", re.IGNORECASE)
_END: Final = re.compile(r"</(?:pre|code)>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_JSON: Final = re.compile(r'[{\[]\s*"')


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
