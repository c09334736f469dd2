"""Pages that hold PHP between tags: what stands outside is blanked out, because the grammar reads code only."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["without_html"]

_OPEN: Final = re.compile(r"<\?(?!xml\b)(?:php\b|=)?", re.I)
_IN_CODE: Final = re.compile(
    r"""\?>|/\*.*?(?:\*/|\Z)|"""
    r"""(?:\#(?!\[)|//)(?:(?!\?>)[^\n])*|"(?:[^"\\]|\\.)*(?:"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)""",
    re.S,
)
_LOOKS_LIKE_HTML: Final = re.compile(r"\s*(?:<(?!\?)[!/a-zA-Z]|\Z)")


def without_html(code: str) -> str:
    """The PHP of a page, with everything else blanked out, so that offsets and lines stay as they are.

    ``<?= x ?>`` becomes ``_E( x );``, a call of a function of that name.
    """
    if "?>" not in code and "<?" not in code:
        return code
    first = _OPEN.search(code)
    out: list[str] = []
    position = 0
    if first is not None and ("?>" not in code[: first.start()]) and _is_html(code[: first.start()]):
        out.append(_blank(code[: first.start()]))
        position = first.start()
    while position < len(code):
        opened = _OPEN.match(code, position)
        echoed = opened is not None and opened[0] == "<?="
        if opened is not None:
            out.append("_E(" if echoed else " " * len(opened[0]))
            position = opened.end()
        end = _end_of_code(code, position)
        body = code[position:end]
        if echoed and body.rstrip().endswith(";"):
            kept = body.rstrip()[:-1]
            body = kept + " " * (len(body) - len(kept))
        out.append(body)
        if end >= len(code):
            out.append(");" if echoed else "")
            break
        out.append(");" if echoed else "; ")
        following = _OPEN.search(code, end + 2)
        position = following.start() if following is not None else len(code)
        out.append(_blank(code[end + 2 : position]))
    return "".join(out)[: len(code)]


def _is_html(text: str) -> bool:
    return _LOOKS_LIKE_HTML.match(text) is not None or not re.search(r"[;$(]", text)


def _end_of_code(code: str, position: int) -> int:
    for found in _IN_CODE.finditer(code, position):
        if found[0] == "?>":
            return found.start()
    return len(code)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
