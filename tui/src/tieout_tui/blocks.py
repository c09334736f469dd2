"""The blocks of a card as widgets. Every text in them is somebody else's: cleaned, and never read as markup."""

from __future__ import annotations

__all__ = ["block_widget", "quote_place", "table_lines", "tree_lines"]

from typing import TYPE_CHECKING, assert_never

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tieout.cardtext import origin_text
from tieout.contract.cards import Block, Code, Fact, Note, Plot, Quote, Table, Text, Tree
from tieout.i18n import translator
from tieout.text import clean, clean_line
from tieout_tui.fitted import Fitted, MarkdownText
from tieout_tui.grids import grid_lines
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
            return MarkdownText(clean(text), classes="block")
        case Quote():
            return Static(_quote(block), classes="block quote")
        case Table():
            return Fitted(lambda width: table_lines(block, width), classes="block")
        case Code():
            return Static(_code(block), classes="block code")
        case Tree():
            return Static(Content("\n".join(tree_lines(block))), classes="block tree")
        case Plot():
            return Fitted(lambda width: plot_lines(block, width), classes="block")
        case Note(level=level, text=text):
            return Static(Content(f"{level_word(level)}: {clean(text)}"), classes=f"block note -{level}")
        case _:
            assert_never(block)


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
    head = [clean_line(column) for column in table.columns]
    rows = [[clean_line(cell, limit=300) for cell in row] for row in table.rows[:_MOST_ROWS]]
    lines = grid_lines(head, rows, width, numeric=table.numeric)
    if len(table.rows) > _MOST_ROWS:
        lines.append(_("… {count} more rows", count=len(table.rows) - _MOST_ROWS))
    return lines
