"""The blocks of a card as widgets. Every text in them is somebody else's: cleaned, and never read as markup."""

from __future__ import annotations

__all__ = ["block_widget", "quote_place", "table_lines", "tree_lines"]

from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

from rich.cells import cell_len
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from tieout.cardtext import origin_text
from tieout.contract.cards import Block, Code, Fact, Note, Plot, Quote, Table, Text, Tree
from tieout.i18n import translator
from tieout.text import clean, clean_line
from tieout_tui.plotting import plot_lines
from tieout_tui.wording import level_word

if TYPE_CHECKING:
    from tieout.contract.figures import ReportSpan

_ = translator("tieout_tui")

_MOST_ROWS = 200
"""Rows of a table or lines of a listing; more than this nobody reads in a terminal."""


def block_widget(block: Block) -> Widget:
    """The widget that draws one block of a card."""
    match block:
        case Fact():
            return Static(_fact(block), classes="block fact")
        case Text(text=text):
            from tieout_tui.safemarkdown import SafeMarkdown

            return SafeMarkdown(clean(text), classes="block markdown")
        case Quote():
            return Static(_quote(block), classes="block quote")
        case Table():
            return _Fitted(lambda width: table_lines(block, width))
        case Code():
            return Static(_code(block), classes="block code")
        case Tree():
            return Static(Content("\n".join(tree_lines(block))), classes="block tree")
        case Plot():
            return _Fitted(lambda width: plot_lines(block, width))
        case Note(level=level, text=text):
            return Static(Content(f"{level_word(level)}: {clean(text)}"), classes=f"block note -{level}")
        case _:
            assert_never(block)


class _Fitted(Static):
    """Lines that are laid out for the width there is, and again when it changes."""

    def __init__(self, draw: Callable[[int], list[str]]) -> None:
        super().__init__(Content(""), classes="block fitted")
        self._draw = draw
        self._drawn_for = 0

    def on_resize(self, event: Resize) -> None:
        """Draw for the new width."""
        if event.size.width != self._drawn_for:
            self._drawn_for = event.size.width
            self.update(Content("\n".join(self._draw(event.size.width))))


def _fact(fact: Fact) -> Content:
    parts: list[str | tuple[str, str]] = [
        f"{clean_line(fact.label)}: ",
        (clean_line(fact.value, limit=400), "bold"),
    ]
    source = origin_text(fact.figure.origin) if fact.figure else ""
    if source:
        parts.append((f"  ← {clean_line(source, limit=300)}", "dim"))
    return Content.assemble(*parts)


def _quote(quote: Quote) -> Content:
    lines = [f"│ {line}" for line in clean(quote.text).splitlines()]
    parts: list[str | tuple[str, str]] = ["\n".join(lines)]
    if quote.span:
        parts.append((f"\n  — {quote_place(quote.span)}", "dim"))
    return Content.assemble(*parts)


def quote_place(span: ReportSpan) -> str:
    """``[title, p. 3] publisher``: where quoted words stand."""
    place = _("[{title}, p. {page}]", title=clean_line(span.title), page=span.page)
    return f"{place} {clean_line(span.publisher)}".strip()


def _code(code: Code) -> Content:
    lines = clean(code.text).splitlines()
    shown = [
        f"{'>' if number in code.marked else ' '}{number:4} │ {line}"
        for number, line in enumerate(lines[:_MOST_ROWS], 1)
    ]
    parts: list[str | tuple[str, str]] = []
    for number, line in enumerate(shown, 1):
        text = line + "\n" if number < len(shown) else line
        parts.append((text, "bold") if number in code.marked else text)
    if len(lines) > _MOST_ROWS:
        parts.append("\n" + _("… {count} more lines", count=len(lines) - _MOST_ROWS))
    return Content.assemble(*parts)


def tree_lines(tree: Tree) -> list[str]:
    """The tree with branches drawn, one line each."""
    lines = [clean_line(tree.label, limit=400)]
    for position, child in enumerate(tree.children):
        last = position == len(tree.children) - 1
        first, *rest = tree_lines(child)
        lines.append(("└─ " if last else "├─ ") + first)
        lines += [("   " if last else "│  ") + line for line in rest]
    return lines


def table_lines(table: Table, width: int) -> list[str]:
    """Aligned columns where they fit into ``width`` cells; else a paragraph per row, one line per cell."""
    columns = [clean_line(column) for column in table.columns]
    rows = [[clean_line(cell, limit=300) for cell in row] for row in table.rows[:_MOST_ROWS]]
    widths = [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=False)]
    if sum(widths) + 2 * (len(widths) - 1) <= width:
        lines = _aligned(columns, rows, widths, set(table.numeric))
    else:
        lines = _records(columns, rows)
    if len(table.rows) > _MOST_ROWS:
        lines.append(_("… {count} more rows", count=len(table.rows) - _MOST_ROWS))
    return lines


def _aligned(columns: list[str], rows: list[list[str]], widths: list[int], numeric: set[int]) -> list[str]:
    def line(cells: list[str]) -> str:
        padded = [_padded(cell, widths[n], right=n in numeric) for n, cell in enumerate(cells[: len(widths)])]
        return "  ".join(padded).rstrip()

    return [line(columns), "  ".join("─" * width for width in widths), *(line(row) for row in rows)]


def _records(columns: list[str], rows: list[list[str]]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        if lines:
            lines.append("")
        lines += [f"{name}: {cell}" if name else cell for name, cell in zip(columns, row, strict=False)]
    return lines


def _padded(cell: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space
