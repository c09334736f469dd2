"""Code between the tags of a page or a component: HTML, Vue, Svelte, Astro."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

from tieout_code_shield.clothes import Piece, canvas

__all__ = ["code_in_markup", "holds_script", "is_page", "words_of"]

_VALUE: Final = r"""(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))"""
_TAG: Final = re.compile(rf"<(?P<name>[a-z][\w:.-]*+)(?P<attributes>(?:=\s*+{_VALUE}|[^>])*+)(?:>|\Z)", re.I)
"""It takes what it once looked at, to the end of the text if need be, so that a page is read only once."""
_ATTRIBUTE: Final = re.compile(
    rf"(?<![^\s\"'>/=])(?P<name>[^\s\"'>/=]++)\s*+=\s*+(?:(?P<quoted>{_VALUE})|(?P<bare>[^\s\"'>][^\s>]*+))"
)
_SCRIPT_END: Final = re.compile(r"</script\b", re.I)
_HANDLER: Final = re.compile(r"on[a-z]{3,20}", re.I)
_LINKS: Final = frozenset({"href", "src", "action", "formaction", "xlink:href", "data"})
"""Attributes whose value may be a program: an address that begins with ``javascript:``."""
_SCHEME: Final = re.compile(r"[\s\x00-\x1f]*+javascript\s*+:", re.I)
_REFERENCE: Final = re.compile(r"&(?:#|[a-z])", re.I)
_FRONT: Final = re.compile(r"\A---\r?\n(.*?)^---", re.M | re.S)
"""What an Astro component runs before its markup."""
_PHP: Final = re.compile(r"<\?(?:php\b|=)")
_TYPESCRIPT: Final = frozenset({"ts", "tsx", "typescript", "text/typescript"})


_PAGE: Final = re.compile(r"(?:\s|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body|script)\b", re.I | re.S)


def is_page(text: str) -> bool:
    """Whether a text that nobody named begins as a page does."""
    return _PAGE.match(text) is not None


def words_of(text: str) -> str:
    """What a page holds beside its scripts and handlers; offsets stay."""
    spans: list[tuple[int, int]] = []
    position = 0
    for language, start, end, _handler in _parts(text):
        if language != "php" and start >= position:
            spans.append((position, start))
            position = end
    return canvas(text, [*spans, (position, len(text))])


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
    position = 0
    while tag := _TAG.search(text, position):
        position = tag.end()
        said = dict(_attributes(tag))
        if tag["name"].lower() == "script" and not tag["attributes"].endswith("/"):
            end = _SCRIPT_END.search(text, position)
            start, position = position, end.start() if end is not None else len(text)
            kind = (_said(text, said, "lang") or _said(text, said, "type")).lower()
            if text[start:position].strip() and _runs(kind):
                yield "typescript" if kind in _TYPESCRIPT else "javascript", start, position, False
        for name, (start, end) in said.items():
            code = _program(name, text[start:end])
            if code.strip():
                yield "javascript", end - len(code), end, True


def _attributes(tag: re.Match[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name of each attribute that has a value, in small letters, and where the value stands without its quotes."""
    for found in _ATTRIBUTE.finditer(tag.string, *tag.span("attributes")):
        start, end = found.span("bare")
        if found["quoted"] is not None:
            start, end = found.start("quoted") + 1, found.end("quoted")
            end -= found["quoted"][-1] == found["quoted"][0] and end > start
        yield found["name"].lower(), (start, end)


def _said(text: str, attributes: Mapping[str, tuple[int, int]], name: str) -> str:
    start, end = attributes.get(name, (0, 0))
    return text[start:end]


def _program(name: str, value: str) -> str:
    """What of an attribute's value is run: a handler whole, of a link what follows its scheme."""
    if _HANDLER.fullmatch(name):
        return value
    if name not in _LINKS:
        return ""
    link = _SCHEME.match(value)
    if link is None and _REFERENCE.search(value[:80]):
        return value if _SCHEME.match(html.unescape(value)) else ""
    return value[link.end() :] if link is not None else ""


def _runs(kind: str) -> bool:
    """Whether a script's type makes it a program; templates and data blocks are none."""
    return kind in ("", "module", "js", "jsx", *_TYPESCRIPT) or "script" in kind or "babel" in kind
