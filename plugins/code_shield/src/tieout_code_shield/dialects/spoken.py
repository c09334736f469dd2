"""Whether a secret is written out: a name like one stands in the code of an argument, not in the words of its texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["BRACES", "CALLED", "DOLLARS", "GRAVES", "PLAIN", "says_secret"]

MAX_TEXT: Final = 800
"""Characters of an argument that are read."""

PLAIN: Final = re.compile(r"(?!)")
"""Nothing stands for a value inside a text."""
BRACES: Final = re.compile(r"^[rRbBuU]?[fF][rRbB]?.*", re.DOTALL)
"""Python's ``f"…{x}…"``."""
DOLLARS: Final = re.compile(r'^".*', re.DOTALL)
"""Kotlin's ``"…$x…${y}…"``."""
GRAVES: Final = re.compile(r"^`.*", re.DOTALL)
"""JavaScript's ```…${x}…```."""
CALLED: Final = re.compile(r"^[$@]{0,1}\$.*", re.DOTALL)
"""C#'s ``$"…{x}…"``."""

_TEXT: Final = re.compile(
    r"(?:(?<![\w$])[rRbBfFuU]{1,2}|[$@]{1,2})?(?P<quote>\"\"\"|\"|'|`)(?:\\.|(?!(?P=quote)).){0,600}(?P=quote)",
    re.DOTALL,
)
_PIECE: Final = re.compile(r"\$?\{([^{}]{1,200})\}|\$([A-Za-z_]\w*)")
_NAME: Final = re.compile(
    r"(?<![\w$.@])[A-Za-z_$]\w*(?:(?:\?|!!?)?\.[A-Za-z_]\w*(?:\(\))?)*(?:\(\))?(?!\s{0,2}(?:[\w(.\[]|[=!]=|=(?!=)|\?(?!\?)|:\s|is\b|in\b))"
)
_SECRET: Final = re.compile(
    r"(?:.*[._])?(?:get)?(?!(?:show|has|is|use|needs?|no|with|requires?|forgot|hide|max|min|num)_?[A-Z_])"
    r"(?i:(?:\w{0,40}_)?(?:password|passwd|pwd|passphrase|secret(?:_?key)?|(?:api|private)_?key|client_?secret"
    r"|(?:access|auth|refresh|session)_?token|credit_?card(?:_?(?:number|no))?|card_?(?:number|no)|ssn|cvv|cvc|cvc2)"
    r"|\w{0,40}card\.(?:number|pan))"
)
_CAMEL: Final = re.compile(
    r"(?:.*[._])?(?!(?:show|has|is|use|needs?|no|with|requires?|forgot|hide|max|min|num)[A-Z])"
    r"[A-Za-z]\w{0,40}(?:Password|Passwd|Pwd|Passphrase|SecretKey|(?:Api|API|Private)Key|ClientSecret"
    r"|(?:Access|Auth|Refresh|Session)Token|CreditCard|CardNumber|Cvv|Cvc)"
)
_HARMLESS: Final = re.compile(
    r"(?i)\blen\(|mask|redact|hash|encrypt|bool(?:ean)?\(|\bis None|!!\w|length|last_?4|typeof|\bnot\s|(?<!\w)!\w"
)


def says_secret(pieces: re.Pattern[str]) -> Check:
    """The check for a language.

    Args:
        pieces: Which of its texts, as they are written, hold values.
    """

    def check(walk: Walk, site: Site) -> bool:
        given = walk.arguments(site)
        return any(
            _says(node.text()[:MAX_TEXT], pieces) for node in (*given.positional, *given.named.values())
        )

    return check


def _says(written: str, pieces: re.Pattern[str]) -> bool:
    code = _TEXT.sub(lambda found: _values(found[0], pieces), written)
    if _HARMLESS.search(code) is not None:
        return False
    names = (found[0].replace("()", "").replace("?", "").replace("!", "") for found in _NAME.finditer(code))
    return any(_SECRET.fullmatch(name) or _CAMEL.fullmatch(name) for name in names)


def _values(text: str, pieces: re.Pattern[str]) -> str:
    """The values in a text, put beside it."""
    if pieces.match(text) is None:
        return '""'
    return '""' + "".join(f",{braced or plain}," for braced, plain in _PIECE.findall(text))
