"""Code between the tags of a page or a component: HTML, Vue, Svelte, Astro."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from tieout_code_shield.clothes import Piece, canvas

__all__ = ["code_in_markup", "holds_script"]

_SCRIPT: Final = re.compile(r"<script\b([^>]{0,2000})>(.*?)(?:</script\s*>|\Z)", re.I | re.S)
_TYPE: Final = re.compile(r"""\b(type|lang)\s*=\s*["']?([\w/+.-]+)""", re.I)
_HANDLER: Final = re.compile(r"""\son[a-z]{3,20}\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
_FRONT: Final = re.compile(r"\A---\r?\n(.*?)^---", re.M | re.S)
"""What an Astro component runs before its markup."""
_PHP: Final = re.compile(r"<\?(?:php\b|=)")
_TYPESCRIPT: Final = frozenset({"ts", "tsx", "typescript", "text/typescript"})


def holds_script(text: str) -> bool:
    """Whether a page holds code at all."""
    return next(_parts(text), None) is not None


def code_in_markup(text: str) -> list[Piece]:
    """The scripts and handlers of a page, each language in one piece whose offsets are those of the text."""
    canvases: dict[tuple[str, bool], list[tuple[int, int]]] = {}
    pieces: list[Piece] = []
    for language, start, end, handler in _parts(text):
        if handler and "&" in text[start:end]:
            pieces.append(Piece(html.unescape(text[start:end]), language, (start, end)))
        else:
            canvases.setdefault((language, handler), []).append((start, end))
    for (language, handler), spans in canvases.items():
        # A handler is a statement of its own: what stands for the quote behind it ends it.
        pieces.append(Piece(canvas(text, spans, between=";" if handler else ""), language))
    return pieces


def _parts(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """Language, start and end of each part, and whether it is an element's handler."""
    if _PHP.search(text):
        yield "php", 0, len(text), False
    front = _FRONT.match(text)
    if front is not None:
        yield "typescript", front.start(1), front.end(1), False
    for found in _SCRIPT.finditer(text):
        said = {name.lower(): value.lower() for name, value in _TYPE.findall(found[1])}
        kind = said.get("lang") or said.get("type", "")
        if found[2].strip() and _runs(kind):
            yield "typescript" if kind in _TYPESCRIPT else "javascript", found.start(2), found.end(2), False
    for found in _HANDLER.finditer(text):
        group = 1 if found[1] is not None else 2
        if found[group].strip():
            yield "javascript", found.start(group), found.end(group), True


def _runs(kind: str) -> bool:
    """Whether a script's type makes it a program; templates and data blocks are none."""
    return kind in ("", "module", "js", "jsx", *_TYPESCRIPT) or "script" in kind or "babel" in kind
