"""The forms that comments, strings and brackets take in a language, and the expressions that find them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache

__all__ = ["Opening", "Syntax", "Text", "ends_of", "token_of"]


@dataclass(frozen=True, slots=True)
class Text:
    """A form of string or comment."""

    opener: str
    """A regular expression; what its group ``end`` finds is put into ``closing`` for ``{}``."""
    closing: str
    escapes: bool = True
    """Whether a backslash takes its next character's meaning."""
    doubled: bool = False
    """Whether the closing mark written twice stands for itself."""
    holes: tuple[str, ...] = ()
    """What opens code inside it, such as ``${``."""
    lines: bool = False
    """Whether it may go on over the end of a line."""
    comment: bool = False
    nested: bool = False
    own_line: bool = False
    """Whether it starts with the next line and ends with a line of its own, as a heredoc does."""
    paired: bool = False
    """Whether the opener is a bracket that closes with its counterpart, as in Ruby's ``%w[…]``."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Something that is open."""

    mark: str
    """What opened it."""
    closing: str
    """What closes it."""
    holds: bool = True
    """Whether a statement that opened it is not over before it is closed."""
    text: Text | None = None
    """What it is when there is no code in it."""
    tail: str = ""
    """What its keyword demands behind the closing mark, where that has to be made up: ``finally {}`` after ``try``."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """What a language's lines are made of, as far as it matters for where statements end."""

    comments: tuple[str, ...] = ("//",)
    """Regular expressions for what starts a comment that ends with the line."""
    texts: tuple[Text, ...] = ()
    """Forms of strings and comments, the more special first."""
    literals: tuple[str, ...] = ()
    """Regular expressions for what is passed over whole, such as a character in quotes."""
    slash_regex_after: frozenset[str] = frozenset()
    """Tokens after which a slash starts a regular expression."""
    object_after: frozenset[str] | None = frozenset()
    """Tokens after which a brace opens a value, which holds, and no block; ``None`` where every brace does."""
    round_blocks: bool = False
    """Whether a round bracket may hold statements, as in a shell."""
    goes_on_after: frozenset[str] = frozenset()
    """Last tokens of a line after which its statement goes on."""
    goes_on_with: str = ""
    """How a line starts that goes on with the statement before it: a regular expression."""
    soft: bool = False
    """Whether a statement needs a semicolon, so that a deeper line after one without belongs to it."""
    tails: tuple[tuple[str, str], ...] = ()
    """Token before a block's brace -> what must follow the block."""
    directives: bool = False
    """Whether lines that start with # are the preprocessor's."""
    markup: bool = False
    """Whether code stands between ``<?php`` and ``?>``."""
    brackets: str = "()[]{}"
    """Those that are counted."""
    words: str = ""
    """Keywords that open or close blocks: a regular expression; empty where brackets do."""
    blocks: dict[str, str] = field(default_factory=dict[str, str])
    """Keyword that opens a block -> what closes it."""
    loops: frozenset[str] = frozenset()
    """Keywords of ``blocks`` whose line may end with a ``do`` that opens nothing of its own."""
    leading: frozenset[str] = frozenset()
    """Keywords of ``words`` that count only where a command begins: first in a line, or behind one of these tokens."""
    command_after: frozenset[str] = frozenset()
    no_block: str = ""
    """How a line goes on from a keyword that opens nothing there: a regular expression."""

    def __hash__(self) -> int:
        return id(self)


@cache
def token_of(syntax: Syntax) -> re.Pattern[str]:
    """Everything that matters, in one expression."""
    parts: list[str] = []
    if syntax.markup:
        parts.append(r"(?P<leave>\?>)")
    parts += [f"(?P<comment>{'|'.join(syntax.comments)})"] if syntax.comments else []
    openers = [
        f"(?P<t{index}>{text.opener.replace('?P<end>', f'?P<e{index}>')})"
        for index, text in enumerate(syntax.texts)
    ]
    parts.append(rf"(?:\\.|{'|'.join(syntax.literals) or '(?!)'})")
    parts += openers
    if syntax.slash_regex_after:
        parts.append("(?P<slash>/)")
    if syntax.words:
        parts.append(f"(?P<word>{syntax.words})")
    if syntax.brackets:
        more = r"\$\(|\$\{|" if syntax.round_blocks else ""
        parts.append(f"(?P<bracket>{more}[{re.escape(syntax.brackets)}])")
    return re.compile("|".join(parts))


@lru_cache(maxsize=256)
def ends_of(opening: Opening) -> re.Pattern[str]:
    """What matters inside a string or comment."""
    text = opening.text
    assert text is not None
    close = re.escape(opening.closing)
    parts = [r"\\."] if text.escapes else []
    if text.doubled:
        parts.append(close * 2)
    parts += [re.escape(hole) for hole in text.holes]
    if text.nested:
        parts.append(f"(?P<open>{re.escape(opening.mark)})")
    elif text.paired and opening.mark[-1] != opening.closing:
        parts.append(f"(?P<open>{re.escape(opening.mark[-1])})")
    if not text.own_line:
        parts.append(f"(?P<close>{close})")
    return re.compile("|".join(parts) or "(?!)")
