"""How a fragment is to be read: it may begin in the middle of a string or comment, and end anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tieout_code_shield.languages import Language
from tieout_code_shield.syntax import error_share
from tieout_code_shield.syntaxes import lexer_for, multiline_ends

if TYPE_CHECKING:
    from tieout_code_shield.lexers import Lexer
    from tieout_code_shield.limits import Clock

__all__ = ["Reading", "closers", "readings"]

PROSE_SHARE: Final = 0.25
"""Prose read as code is in error to at least this share (of its characters); code hardly ever is."""
MAX_FRAGMENT: Final = 8_000
"""Longer texts (in characters) are not looked through for a string that they begin in: they are no fragments."""
MAX_TOLD: Final = 4_000
"""So many characters from the start tell where such a string is over: read wrongly, all that follows is inside out."""
MAX_TRIED: Final = 6
"""Closing marks tried as the end of a string that began before the fragment."""

_TRIPLE: Final = re.compile(r'''"""|\'\'\'''')
_STARRED: Final = re.compile(r"(?:[ \t]*(?:\*(?:[ \t][^\n]*)?)?(?:\n|\Z))+")
"""Every line begins with a star, as the lines of a block comment do."""
_COMMENTS: Final = {"ruby": ("=begin", "\n=end"), "shell": None, "python": None}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a fragment."""

    begins: int
    """Characters at the start that belong to a string or comment that began before it."""
    until: int
    """Offset of the first character of which another reading tells more."""
    closing: str
    """What must be put behind it so that every bracket, block and string in it is closed."""

    def of(self, code: str) -> str:
        """``code`` as it is to be parsed; offsets stay."""
        return re.sub(r"[^\n]", " ", code[: self.begins]) + code[self.begins :] + self.closing


def readings(code: str, language: Language, clock: Clock | None = None) -> list[Reading]:
    """The ways to read a fragment, the likeliest first; a whole text has one.

    Fragments are often cut from the middle of a docstring, a block comment or a long string; read from there,
    everything behind its end would be taken for text and the text for code. Where what stands before that end reads
    well as code, it is read as code too: a stray mark must not hide it.

    Raises:
        OutOfTime: The clock's time is up.
    """
    lexer = _lexed(code, language, clock)
    end = _comment_end(code, language)
    # What stands before a docstring's end, and lines that all begin with a star, were found to be no code.
    prose = end > 0 and (language.rules == "python" or end == len(code))
    text = lexer.text
    closing = closers(code[end:], language, clock) if end else lexer.closing()
    if not end and text is not None and text.text is not None and not text.text.comment:
        end = _string_end(code, closing, language, clock)
        closing = closers(code[end:], language, clock) if end else closing
    if not end:
        return [Reading(0, len(code), closing)]
    found = [Reading(end, len(code), closing)]
    if not prose and error_share(code[:end], language.grammar_for(code)) <= PROSE_SHARE:
        found.append(Reading(0, end, lexer.closing()))
    return found


def closers(code: str, language: Language, clock: Clock | None = None) -> str:
    """What must be put behind a fragment so that every bracket, block and string in it is closed.

    Raises:
        OutOfTime: The clock's time is up.
    """
    return _lexed(code, language, clock).closing()


def _lexed(code: str, language: Language, clock: Clock | None) -> Lexer:
    lexer = lexer_for(language, clock)
    for count, line in enumerate(code.split("\n")):
        lexer.feed(line)
        if clock is not None and count % 64 == 0:
            clock.check()
    return lexer


def _comment_end(code: str, language: Language) -> int:
    """Where a comment (or docstring) that began before the fragment is over; 0 where none did."""
    if language.rules == "python":
        return _docstring_end(code, language)
    marks = _COMMENTS.get(language.rules, ("/*", "*/"))
    if marks is None:
        return 0
    opener, closer = marks
    place = code.find(closer)
    if place < 0 and opener == "/*" and _STARRED.fullmatch(code):
        return len(code)
    if place < 0 or opener in code[:place]:
        return 0
    before, _newline, head = code[:place].rpartition("\n")
    tail = code[place + len(closer) :].partition("\n")[0]
    lexer = _lexed(before, language, None)
    # In code, an opener in the closer's place opens a comment; in a string such as "*/5 * * * *" it does not.
    for line in (head, opener) if closer.startswith("\n") else (f"{head}{opener}{tail}",):
        lexer.feed(line)
    opened = lexer.text
    in_code = opened is not None and opened.text is not None and opened.text.comment
    return place + len(closer) if in_code else 0


def _docstring_end(code: str, language: Language) -> int:
    first = _TRIPLE.search(code)
    if first is None or code[: first.start()].rstrip().endswith((":", "=", "(", ",")):
        return 0
    line = code[code.rfind("\n", 0, first.start()) + 1 :].partition("\n")[0]
    if code.count(first[0]) % 2 == 0 and line.strip() != first[0]:
        # As many open as close, unless the first closes one from before and the last stays open.
        return 0
    before = code[: first.start()]
    if before.strip() and not error_share(before[:MAX_TOLD], language.grammar) > PROSE_SHARE:
        return 0
    if before.strip():
        return first.end()
    rest = code[first.end() :]
    alone = code.count(first[0]) % 2 == 1 and line.strip() == first[0]
    return first.end() if alone and error_share(rest[:2_000], language.grammar) <= PROSE_SHARE / 2 else 0


def _string_end(code: str, closing: str, language: Language, clock: Clock | None) -> int:
    """Where a string that began before the fragment is over: the first mark behind which it reads far better.

    Args:
        closing: What closes the fragment, read from its start: where that leaves no error, nothing reads better.
    """
    if len(code) > MAX_FRAGMENT:
        return 0
    grammar = language.grammar_for(code)
    if len(code) > MAX_TOLD:
        code = code[: code.rfind("\n", 0, MAX_TOLD) + 1]
        closing = closers(code, language, clock)
    ends = _ends(code, language)
    if not ends or not error_share(code + closing, grammar):
        return 0
    wrong: float | None = None
    for end in ends:
        if clock is not None:
            clock.check()
        rest = code[end:]
        lexer = _lexed(rest, language, clock)
        if lexer.text is not None:
            continue
        if wrong is None:
            wrong = error_share(code, grammar) * len(code)
        if error_share(rest + lexer.closing(), grammar) * len(rest) < wrong / 2:
            return end
    return 0


def _ends(code: str, language: Language) -> list[int]:
    """Ends of marks that close a string over several lines; the longer marks, which stand for little else, first."""
    marks = multiline_ends(language.rules)
    found = sorted(marks.finditer(code), key=lambda each: -len(each[0])) if marks is not None else []
    return [each.end() for each in found[:MAX_TRIED]]
