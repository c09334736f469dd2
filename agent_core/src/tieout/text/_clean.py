"""The sanitizer that stands between untrusted text and a terminal."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Literal

_COMBINING_LIMIT = 8
# A control string longer than this is a stray introducer: what follows is text again. Real OSC 8 links stay below
# 2,083 characters.
_SEQUENCE_LIMIT = 4096
_ESC = "\x1b"
_CAN_SUB = "\x18\x1a"
_C1_STRINGS = "\x90\x98\x9d\x9e\x9f"  # DCS SOS OSC PM APC
_ESC_STRINGS = "PX]^_"
_ZWJ = "\u200d"
_EMOJI_EXTENDERS = "\ufe0f\u20e3"
_REPLACEMENT = "\ufffd"
_State = Literal["ground", "escape", "csi", "string", "string_escape"]


@cache
def _plain() -> re.Pattern[str]:
    """Characters that are shown as they are and that end a run of combining marks. Not all of them: a fast lane."""
    return re.compile(
        "[\n\t\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e"
        "\u2200-\u22ff\u2500-\u257f\u3000-\u3029\u3030-\u3098\u309b-\u9fff\uac00-\ud7a3\uff01-\uff60]+"
    )


class Cleaner:
    """:func:`clean` for text that arrives in pieces.

    ``feed`` every chunk, then ``finish``: the joined results equal ``clean`` of the joined chunks, however they
    were cut. Memory is constant: an escape sequence is dropped as it arrives, and one that has not ended after
    4,096 characters is taken to be over.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._state: _State = "ground"
        self._sequence_length = 0
        self._after_cr = False
        self._marks = 0
        self._after_emoji = False
        self._held_joiner = False

    def feed(self, chunk: str) -> str:
        """The part of the cleaned text that ``chunk`` settles; may be empty."""
        out: list[str] = []
        index = 0
        plain = _plain()
        while index < len(chunk):
            if self._state == "ground" and not self._after_cr and (match := plain.match(chunk, index)):
                self._held_joiner = self._after_emoji = False
                self._marks = 0
                out.append(match[0])
                index = match.end()
            else:
                out.extend(self._take(chunk[index]))
                index += 1
        return "".join(out)

    def finish(self) -> str:
        """End the text: an unfinished sequence is dropped. Returns what was
        still held back (a joiner that no emoji followed is dropped, so nothing); the cleaner starts afresh."""
        self._reset()
        return ""

    def _take(self, character: str) -> Iterator[str]:
        if self._state != "ground" and self._in_sequence(character):
            return
        after_cr, self._after_cr = self._after_cr, False
        if character == "\n" and after_cr:
            return
        if character == _ESC or "\x80" <= character <= "\x9f":
            self._introduce(character)
        elif character in "\r\u2028\u2029":
            self._after_cr = character == "\r"
            yield self._plain_character("\n")
        elif character == _ZWJ:
            self._held_joiner = self._after_emoji
        elif not _is_dropped(character):
            yield from self._shown(character)

    def _introduce(self, character: str) -> None:
        """Enter the sequence that ``character`` starts; a C1 control that starts none is dropped by itself."""
        self._sequence_length = 0
        if character == _ESC:
            self._state = "escape"
        elif character == "\x9b":
            self._state = "csi"
        elif character in _C1_STRINGS:
            self._state = "string"
        else:
            self._state = "ground"

    def _in_sequence(self, character: str) -> bool:
        """Advance a sequence by one character; False when the character is no part of it and is text again."""
        self._sequence_length += 1
        if character in _CAN_SUB:
            self._state = "ground"
            return True
        if self._state == "string_escape":  # ESC inside a string: ST, or the start of another sequence
            self._state, self._sequence_length = "escape", 1
            if character == "\\":
                self._state = "ground"
                return True
        if self._sequence_length > _SEQUENCE_LIMIT:
            self._state = "ground"
            return False
        if self._state == "string":
            return self._in_string(character)
        if character == _ESC or "\x80" <= character <= "\x9f":
            self._introduce(character)
            return True
        return self._in_escape(character) if self._state == "escape" else self._in_csi(character)

    def _in_string(self, character: str) -> bool:
        if character in "\x07\x9c":
            self._state = "ground"
        elif character == _ESC:
            self._state = "string_escape"
        return True

    def _in_escape(self, character: str) -> bool:
        if "\x20" <= character <= "\x2f":
            return True  # intermediate: the final character is still to come
        self._state = "ground"
        # Only the first character after ESC opens a longer sequence: ESC ( P selects a character set.
        if self._sequence_length == 1 and character == "[":
            self._state = "csi"
        elif self._sequence_length == 1 and character in _ESC_STRINGS:
            self._state = "string"
        return "\x30" <= character <= "\x7e"

    def _in_csi(self, character: str) -> bool:
        if "\x20" <= character <= "\x3f":
            return True
        self._state = "ground"
        return "\x40" <= character <= "\x7e"

    def _shown(self, character: str) -> Iterator[str]:
        if "\ud800" <= character <= "\udfff":
            character = _REPLACEMENT
        if unicodedata.category(character) in ("Mn", "Me"):
            self._marks += 1
            if self._marks <= _COMBINING_LIMIT:
                self._held_joiner = False
                self._after_emoji = self._after_emoji and character in _EMOJI_EXTENDERS
                yield character
            return
        emoji = _is_emoji(character)
        if emoji and self._held_joiner:
            yield _ZWJ
        yield self._plain_character(character)
        self._after_emoji = emoji

    def _plain_character(self, character: str) -> str:
        self._held_joiner = self._after_emoji = False
        self._marks = 0
        return character


def clean(text: str) -> str:
    """``text`` with everything removed that acts on a terminal or hides or reorders what is shown.

    Escape sequences go whole (CSI, OSC with its links and clipboard writes, DCS, SOS, PM, APC; introduced by ESC
    or by C1, ended by ST or BEL), then other C0 controls except newline and tab, DEL, C1, bidirectional controls,
    zero-width characters except a joiner between emoji, tag characters and the byte order mark. ``\\r\\n`` and
    ``\\r`` become ``\\n``, line and paragraph separators too; at most eight combining marks follow one another;
    a lone surrogate becomes U+FFFD. Cleaning a clean text changes nothing. For rendering only: stored text stays
    as it was.
    """
    if _plain().fullmatch(text):
        return text
    cleaner = Cleaner()
    return cleaner.feed(text) + cleaner.finish()


def clean_line(text: str, *, limit: int = 120) -> str:
    """``text`` cleaned and on one line, for titles, file names and plugin names.

    Each run of whitespace becomes one space, the ends are trimmed, and more than ``limit`` characters are cut so
    that the result with its closing ``…`` has at most ``limit``. Raises ValueError when ``limit`` is below 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    line = " ".join(clean(text).split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rstrip(" " + _ZWJ) + "…"


def _is_dropped(character: str) -> bool:
    return (
        (character < "\x20" and character not in "\n\t")
        or character in "\x7f\u061c\ufeff\ufff9\ufffa\ufffb"
        or "\u200b" <= character <= "\u200f"
        or "\u202a" <= character <= "\u202e"
        or "\u2060" <= character <= "\u206f"
        or "\U000e0000" <= character <= "\U000e007f"
    )


def _is_emoji(character: str) -> bool:
    return "\U0001f000" <= character <= "\U0001faff" or (
        "\u2190" <= character <= "\u2bff" and unicodedata.category(character) in ("So", "Sm")
    )
