"""Markdown of models and reports, parsed so that nothing in it acts: no HTML, no links to click, no hidden characters.

The parser decodes ``&#x202e;`` and the like after our sanitizer has seen the text. So HTML is shown as text, a link as
its words and its target, and every piece of text passes :func:`tieout.text.clean` once more after decoding.
"""

from __future__ import annotations

__all__ = ["safe_parser"]

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tieout.text import clean, clean_line

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore

_TARGET_LIMIT = 200


def safe_parser() -> MarkdownIt:
    """A parser of GitHub's Markdown without HTML, whose tokens hold clean text and no links or images."""
    parser = MarkdownIt("gfm-like", {"html": False, "linkify": False})
    parser.core.ruler.push("tieout_safe", _make_safe)
    return parser


def _make_safe(state: StateCore) -> None:
    for token in state.tokens:
        if token.children is not None:
            token.children = _safe_inline(token.children)
        else:
            token.content = clean(token.content)
        token.info = clean_line(token.info, limit=40)


def _safe_inline(children: list[Token]) -> list[Token]:
    safe: list[Token] = []
    targets: list[str] = []
    for child in children:
        if child.type == "link_open":
            targets.append(str(child.attrs.get("href", "")))
        elif child.type == "link_close":
            safe.append(_text(_shown_target(targets.pop() if targets else "", safe)))
        elif child.type == "image":
            target = _shown_target(str(child.attrs.get("src", "")), [])
            safe.append(_text(f"[{clean_line(child.content) or '-'}]{target}"))
        else:
            child.content = clean(child.content)
            safe.append(child)
    return safe


def _shown_target(href: str, before: list[Token]) -> str:
    """A link's target in parentheses, unless the words of the link are the target already."""
    target = clean_line(href, limit=_TARGET_LIMIT)
    if not target or (before and before[-1].content.strip() in (href, href.removeprefix("mailto:"))):
        return ""
    return f" ({target})"


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token
