"""Markdown as styled lines of a given width.

Textual's own Markdown makes about ten widgets of a short list; laying out 5,000 of them took 1 s per frame at 60,000
characters of answer. Lines need one widget for a whole piece of answer: 4,000 characters in 15 ms.
"""

from __future__ import annotations

__all__ = ["markdown_lines"]

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token
from textual.content import Content, Span

from tieout_tui.grids import grid_lines
from tieout_tui.safemarkdown import safe_parser

_BULLETS = "•◦▪"
_INLINE_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
_HIGHLIGHT_LIMIT = 20_000
"""Characters of code; colouring more takes longer than it helps."""
_NARROWEST = 8


def markdown_lines(text: str, width: int) -> list[Content]:
    """The text as lines of at most ``width`` cells.

    A single newline breaks the line: answers use it that way, and Chinese has no spaces to join lines with.
    """
    drawing = _Drawing(max(width, _NARROWEST))
    drawing.run(safe_parser().parse(text))
    while drawing.lines and not drawing.lines[-1].plain.strip():
        drawing.lines.pop()
    return drawing.lines


@dataclass
class _Level:
    """A list item or quotation: what its first and its other lines begin with."""

    first: str
    rest: str
    used: bool = False


@dataclass
class _List:
    next_number: int | None
    tight: bool = True


@dataclass
class _Drawing:
    width: int
    lines: list[Content] = field(default_factory=list[Content])
    _levels: list[_Level] = field(default_factory=list[_Level])
    _lists: list[_List] = field(default_factory=list[_List])
    _heading: int = 0
    _row: list[str] | None = None
    _rows: list[list[str]] = field(default_factory=list[list[str]])
    _numeric: set[int] = field(default_factory=set[int])

    def run(self, tokens: Sequence[Token]) -> None:
        """Draw the tokens."""
        handlers: dict[str, Callable[[Token], None]] = {
            "bullet_list_open": self._open_list,
            "ordered_list_open": self._open_list,
            "bullet_list_close": self._close_list,
            "ordered_list_close": self._close_list,
            "list_item_open": self._open_item,
            "list_item_close": self._close_level,
            "blockquote_open": lambda _token: self._levels.append(_Level("│ ", "│ ")),
            "blockquote_close": self._close_level,
            "heading_open": self._open_heading,
            "heading_close": self._close_heading,
            "paragraph_close": self._close_paragraph,
            "inline": self._inline,
            "fence": self._code,
            "code_block": self._code,
            "hr": self._rule,
            "table_open": self._open_table,
            "tr_open": self._open_row,
            "th_open": self._open_cell,
            "td_open": self._open_cell,
            "table_close": self._close_table,
        }
        for token in tokens:
            if handler := handlers.get(token.type):
                handler(token)

    # --- blocks

    def _open_list(self, token: Token) -> None:
        start = token.attrs.get("start", 1)
        self._lists.append(_List(int(start) if token.type.startswith("ordered") else None))

    def _close_list(self, _token: Token) -> None:
        self._lists.pop()
        if not self._lists:
            self._blank()

    def _open_item(self, _token: Token) -> None:
        current = self._lists[-1]
        if current.next_number is None:
            sign = _BULLETS[(len(self._lists) - 1) % len(_BULLETS)] + " "
        else:
            sign = f"{current.next_number}. "
            current.next_number += 1
        self._levels.append(_Level(sign, " " * len(sign)))

    def _close_level(self, _token: Token) -> None:
        level = self._levels[-1]
        if not level.used:  # an empty item still shows its sign
            self._add(Content(""))
        self._levels.pop()
        if level.first == "│ ":
            if self.lines and not self.lines[-1].plain.strip(" │"):
                self.lines.pop()  # the quotation's own last blank line
            self._blank()

    def _open_heading(self, token: Token) -> None:
        self._heading = int(token.tag[1:] or 1)

    def _close_heading(self, _token: Token) -> None:
        self._heading = 0
        self._blank()

    def _close_paragraph(self, token: Token) -> None:
        if not token.hidden:
            self._blank()

    def _inline(self, token: Token) -> None:
        content = _inline_content(token.children or [])
        if self._row is not None:
            self._row.append(content.plain.replace("\n", " "))
            return
        if self._heading:
            content = content.stylize("bold underline" if self._heading == 1 else "bold")
        for line in content.wrap(self._room()):
            self._add(line)

    def _code(self, token: Token) -> None:
        for line in _coloured(token.content.rstrip("\n"), token.info).split("\n", allow_blank=True):
            for part in line.expand_tabs(4).fold(self._room() - 2) or [Content("")]:
                self._add(Content("  ") + part)
        self._blank()

    def _rule(self, _token: Token) -> None:
        self._add(Content("─" * self._room()))
        self._blank()

    # --- tables

    def _open_table(self, _token: Token) -> None:
        self._rows, self._numeric = [], set()

    def _open_row(self, _token: Token) -> None:
        self._row = []
        self._rows.append(self._row)

    def _open_cell(self, token: Token) -> None:
        if "right" in str(token.attrs.get("style", "")):
            self._numeric.add(len(self._rows[-1]))

    def _close_table(self, _token: Token) -> None:
        self._row = None
        head, *rows = self._rows or [[]]
        for line in grid_lines(head, rows, self._room(), numeric=self._numeric):
            for part in Content(line).wrap(self._room()):
                self._add(part)
        self._blank()

    # --- lines

    def _room(self) -> int:
        return max(_NARROWEST, self.width - sum(len(level.rest) for level in self._levels))

    def _add(self, content: Content) -> None:
        prefix = ""
        for level in self._levels:
            prefix += level.rest if level.used else level.first
            level.used = True
        self.lines.append(Content(prefix) + content if prefix else content)

    def _blank(self) -> None:
        prefix = "".join(level.rest for level in self._levels if level.used).rstrip()
        if self.lines and self.lines[-1].plain.strip(" │"):
            self.lines.append(Content(prefix))


def _inline_content(children: Sequence[Token]) -> Content:
    parts: list[str] = []
    spans: list[Span] = []
    opened: list[tuple[str, int]] = []
    position = 0
    for child in children:
        name = child.type.removesuffix("_open").removesuffix("_close")
        text = "\n" if child.type in ("softbreak", "hardbreak") else child.content
        if name in _INLINE_STYLES:
            if child.type.endswith("_open"):
                opened.append((_INLINE_STYLES[name], position))
            elif opened:
                style, start = opened.pop()
                spans.append(Span(start, position, style))
            continue
        if name == "code_inline":
            spans.append(Span(position, position + len(text), "$text-accent"))
        parts.append(text)
        position += len(text)
    return Content("".join(parts), spans)


def _coloured(code: str, info: str) -> Content:
    language = info.split()[0] if info.split() else ""
    if not language or len(code) > _HIGHLIGHT_LIMIT:
        return Content(code)
    from textual.highlight import highlight

    coloured = highlight(code, language=language)
    return coloured if coloured.plain == code else Content(code)
