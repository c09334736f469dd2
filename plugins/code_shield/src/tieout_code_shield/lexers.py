"""What is open at the end of each line of code: brackets, strings, comments, blocks. One scanner reads every language;
``syntaxes.py`` tells it their forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.forms import Opening, Syntax, ends_of, token_of

if TYPE_CHECKING:
    from tieout_code_shield.limits import Clock

__all__ = ["Lexer", "escaped"]

_BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}
_INDENT: Final = re.compile(r"[ \t]*")
MAX_OPEN: Final = 2_000
"""Brackets deeper than this are not counted: no program nests so, and closing them would cost."""
_REGEX: Final = re.compile(r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")


class Lexer:
    """Takes code line by line, and tells what is open behind each."""

    def __init__(self, syntax: Syntax, clock: Clock | None = None) -> None:
        self._clock = clock
        self.stack: list[Opening] = []
        """What is open, outermost first."""
        self._syntax = syntax
        self._token = token_of(syntax)
        self._last = ""
        self._floor = 0
        self._heredocs: list[Opening] = []
        self._continued = False
        self._directive = False
        self._loop = False
        self._markup: bool | None = None if syntax.markup else False
        self._inside: tuple[Opening, re.Pattern[str]] | None = None
        """The string or comment that was looked at last, and what ends it."""
        self._goes_on_with = re.compile(syntax.goes_on_with) if syntax.goes_on_with else None

    @property
    def text(self) -> Opening | None:
        """The string or comment that is open."""
        return self.stack[-1] if self.stack and self.stack[-1].text is not None else None

    def closing(self) -> str:
        """What closes everything that is open, a statement that has not ended included."""
        made = ""
        ended = not self._syntax.soft or self._last in (";", "{", "}", "")
        for opening in reversed(self.stack):
            if not ended and opening.mark == "{":
                made, ended = f"{made};", True
            made += opening.closing + opening.tail
            ended = ended and opening.mark != "("
        return f"\n{made}" if made else ""

    def held(self) -> bool:
        """Whether the last statement cannot be over yet."""
        if self._continued:
            return True
        for opening in reversed(self.stack):
            if opening.text is None or not opening.text.comment:
                return opening.holds
        return False

    def may_go_on(self) -> bool:
        """Whether only the next line tells if the last statement is over."""
        if self._goes_on_with is None:
            return self._last in self._syntax.goes_on_after
        return self._last not in (";", "{", "}", "")

    def goes_on(self, line: str, first: str) -> bool:
        """Whether ``line`` belongs to the statement before it, which began with the line ``first``."""
        if self._last in self._syntax.goes_on_after:
            return True
        if self._goes_on_with is not None and self._goes_on_with.match(line):
            return True
        if not self._syntax.soft or self._last[-1:] in (";", "{", "}", ""):
            return False
        return _depth(line) > _depth(first) and line.lstrip()[:1] not in ("}", "{", "#")

    def feed(self, line: str) -> None:
        """Take the next line, without its end."""
        directive = self._directive and self._continued
        if self._syntax.directives and self.text is None and (directive or line.lstrip().startswith("#")):
            self._directive, self._continued, self._last = True, line.rstrip().endswith("\\"), ""
            return
        self._directive = self._loop = False
        self._continued = False
        self._floor = 0
        position = steps = 0
        while position < len(line):
            position = self._step(line, position)
            steps += 1
            if self._clock is not None and steps % 512 == 0:
                self._clock.check()
        self._end(line)

    def _step(self, line: str, position: int) -> int:
        opening = self.text
        if opening is not None:
            return self._in_text(line, position, opening)
        if self._markup is not False:
            return self._in_markup(line, position)
        found = self._token.search(line, position)
        if found is None:
            return len(line)
        return self._take(line, found)

    def _end(self, line: str) -> None:
        """The line has ended."""
        if self.text is None:
            self._last = self._before(line, len(line))
            code = line.rstrip()
            self._continued = (
                self._floor < len(code) and code.endswith("\\") and not escaped(code, len(code) - 1)
            )
            if self._syntax.markup and self._markup is None and code:
                self._markup = False
        for index, opening in enumerate(self.stack):
            if opening.text is not None and not opening.text.lines:
                del self.stack[index:]
                break
        if self._heredocs and self.text is None:
            # The one that was opened first is read first.
            self.stack += reversed(self._heredocs)
            self._heredocs.clear()

    def _in_markup(self, line: str, position: int) -> int:
        """Outside of PHP's tags there is nothing to count."""
        if self._markup is None:
            first = line[position:].lstrip()
            if not first:
                return len(line)
            self._markup = first.startswith("<") and not first.startswith(("<<<", "<?"))
            return position
        start = line.find("<?", position)
        self._last = ""
        if start < 0:
            self._floor = len(line)
            return len(line)
        self._markup = False
        after = start + (5 if line.startswith("<?php", start) else 3 if line.startswith("<?=", start) else 2)
        self._floor = after
        return after

    def _in_text(self, line: str, position: int, opening: Opening) -> int:
        text = opening.text
        assert text is not None
        if text.own_line:
            end = len(line) - len(line.lstrip()) + len(opening.closing) - 2
            if line.lstrip().startswith(opening.closing[1:-1]) and not line[end : end + 1].isalnum():
                self.stack.pop()
                self._floor = end
                return end
            return len(line)
        if self._inside is None or self._inside[0] is not opening:
            self._inside = opening, ends_of(opening)
        found = self._inside[1].search(line, position)
        if found is None:
            return len(line)
        mark = found[0]
        if mark in text.holes:
            self._push(Opening(mark, ")" if mark.endswith("(") else "}", text=None))
            self._last, self._floor = "(", found.end()
        elif found.lastgroup == "close":
            self.stack.pop()
            if text.comment:
                self._floor = found.end()
        elif found.lastgroup == "open":
            self._push(opening)
        return found.end()

    def _take(self, line: str, found: re.Match[str]) -> int:
        kind = found.lastgroup or ""
        if kind == "comment":
            self._last, self._floor = self._before(line, found.start()), len(line)
            stop = line.find("?>", found.end()) if self._syntax.markup else -1
            return stop if stop >= 0 else len(line)
        if kind[:1] == "t":
            return self._open_text(line, found)
        if kind == "slash":
            literal = _REGEX.match(line, found.start())
            before = self._before(line, found.start())
            if literal is None or before not in self._syntax.slash_regex_after:
                return found.end()
            self._last, self._floor = "/x/", literal.end()
            return literal.end()
        if kind == "word":
            self._word(line, found)
        elif kind == "bracket":
            self._bracket(line, found)
        elif kind == "leave":
            self._last, self._markup = "", True
        return found.end()

    def _open_text(self, line: str, found: re.Match[str]) -> int:
        mark = found[0]
        index = int((found.lastgroup or "t0")[1:])
        text = self._syntax.texts[index]
        closing = (
            text.closing.replace("{}", found[f"e{index}"] or "") if "{}" in text.closing else text.closing
        )
        if text.paired:
            closing = {**_BRACKETS, "<": ">"}.get(mark[-1], mark[-1])
        opening = Opening(mark, closing, holds=not text.comment, text=text)
        if text.own_line:
            self._heredocs.append(opening)
            return found.end()
        if text.comment:
            self._last, self._floor = self._before(line, found.start()), len(line)
        elif not text.lines and line.find(closing, found.end()) < 0:
            return found.end()
        self._push(opening)
        return found.end()

    def _word(self, line: str, found: re.Match[str]) -> None:
        word, syntax = found[0], self._syntax
        leads = not line[: found.start()].strip() or self._before(line, found.start()) in syntax.command_after
        if word in syntax.leading and not leads:
            return
        if word in syntax.blocks:
            if word == "do" and self._loop:
                self._loop = False
                return
            if syntax.no_block and re.compile(syntax.no_block).match(line, found.start()):
                return
            self._loop = self._loop or word in syntax.loops
            self._push(Opening(word, f"\n{syntax.blocks[word]}\n", holds=False))
        else:
            self._close(word)

    def _bracket(self, line: str, found: re.Match[str]) -> None:
        mark, syntax = found[0], self._syntax
        if mark in _BRACKETS or mark[-1] in _BRACKETS:
            holds, tail = True, ""
            if mark == "{" and syntax.object_after is not None:
                before = self._before(line, found.start())
                holds = before in syntax.object_after
                tail = next((tail for token, tail in syntax.tails if token == before), "")
            elif mark == "(" and syntax.round_blocks:
                holds = found.start() > 0 and line[found.start() - 1] == "="
            name = "object" if mark == "{" and holds else mark
            self._push(Opening(name, _BRACKETS[mark[-1]], holds, tail=tail))
            if mark == "{":
                self._last, self._floor = "{", found.end()
        else:
            self._close(mark)

    def _push(self, opening: Opening) -> None:
        if len(self.stack) < MAX_OPEN:
            self.stack.append(opening)

    def _close(self, mark: str) -> None:
        """Close the innermost; a mark that does not fit closes what is open all the same, save across keywords."""
        if not self.stack:
            return
        top = self.stack[-1].closing.strip()
        if mark == top or (mark in ")]}" and top in ")]}" and not self._syntax.round_blocks):
            self.stack.pop()

    def _before(self, line: str, position: int) -> str:
        """The token that ends before ``position``; that of an earlier line when nothing stands before it in this."""
        end = position
        while end > self._floor and line[end - 1] in " \t\r":
            end -= 1
        if end <= self._floor:
            return self._last
        start = end - 1
        if line[start].isalnum() or line[start] in "_$":
            while (
                start > self._floor
                and end - start < 40
                and (line[start - 1].isalnum() or line[start - 1] in "_$")
            ):
                start -= 1
        elif start > self._floor and line[start - 1 : end] in (
            "++",
            "--",
            "&&",
            "||",
            "=>",
            "->",
            "<<",
            "??",
            "?:",
            ":=",
        ):
            start -= 1
        return line[start:end]


def escaped(line: str, position: int) -> bool:
    """Whether an odd number of backslashes stands before a position."""
    count = 0
    while position > count and line[position - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _depth(line: str) -> int:
    found = _INDENT.match(line)
    return len(found[0].expandtabs(4)) if found else 0
