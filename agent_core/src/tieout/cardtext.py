"""Cards as plain text, for the command line, logs and screen readers."""

from __future__ import annotations

__all__ = ["card_text", "origin_text"]

import unicodedata
from typing import assert_never

from tieout.contract.cards import Block, Card, Code, Fact, Note, Plot, Quote, Table, Text, Tree
from tieout.contract.figures import (
    Figure,
    Formula,
    MarketData,
    Origin,
    ReportSpan,
    TableRow,
    ToolCall,
    UserInput,
)
from tieout.i18n import current_language, translator
from tieout.told import told, told_source, told_words

_ = translator("tieout")


def card_text(card: Card) -> str:
    """The card as lines of text: title, underline, blocks."""
    parts = [card.title, "─" * max(3, min(60, _width(card.title)))]
    parts += [block_text(block) for block in card.blocks]
    return "\n".join(part for part in parts if part)


def origin_text(origin: Origin | None) -> str:
    """Where a figure came from, in a few words."""
    match origin:
        case ReportSpan(title=title, page=page, publisher=publisher):
            return ", ".join(part for part in (publisher, title, _("p. {page}", page=page)) if part)
        case TableRow(table=table, row=row, field=field, source=source, as_of=as_of):
            dated = f" ({as_of.isoformat()})" if as_of else ""
            return f"{told(table)}: {told(row)}, {told_source(field)} — {told_source(source)}{dated}"
        case MarketData(provider=provider, data_time=data_time, kind=kind):
            return f"{provider}, {kind}, {data_time.isoformat()}"
        case Formula(name=name, expression=expression, inputs=inputs):
            filled = ", ".join(
                f"{told_words(symbol)} = {_amount(figure)}" for symbol, figure in inputs.items()
            )
            return f"{told(name)}: {told_words(expression, *inputs)}" + (f"; {filled}" if filled else "")
        case UserInput(text=text, earlier=True):
            return _("an earlier question of yours: {text}", text=repr(text))
        case UserInput(text=text):
            return _("your question: {text}", text=repr(text))
        case ToolCall(tool=tool, argument=argument) if argument:
            return _("chosen by the model as {argument} of {tool}", argument=argument, tool=tool)
        case ToolCall(tool=tool):
            return tool
        case None:
            return ""


def _amount(figure: Figure) -> str:
    from tieout.quantities import format_quantity

    return figure.text or format_quantity(figure.value, figure.unit, lang=current_language())


def block_text(block: Block) -> str:
    """One block as text."""
    match block:
        case Fact(label=label, value=value, figure=figure):
            source = origin_text(figure.origin) if figure else ""
            return f"{label}: {value}" + (f"   [{source}]" if source else "")
        case Text(text=text):
            return text
        case Quote(text=text, span=span):
            quoted = "\n".join(f"  │ {line}" for line in text.splitlines())
            return f"{quoted}\n    — {origin_text(span)}" if span else quoted
        case Table():
            return _table_text(block)
        case Code(text=text, marked=marked):
            lines = text.splitlines()
            return "\n".join(
                f"{'>' if number in marked else ' '}{number:4} │ {line}"
                for number, line in enumerate(lines, 1)
            )
        case Tree():
            return "\n".join(_tree_lines(block))
        case Plot():
            return _plot_text(block)
        case Note(level=level, text=text):
            heading = {"info": _("Note"), "warning": _("Warning"), "error": _("Error")}[level]
            return f"{heading}: {text}"
        case _:
            assert_never(block)


def _tree_lines(tree: Tree) -> list[str]:
    lines = [tree.label]
    for position, child in enumerate(tree.children):
        last = position == len(tree.children) - 1
        first, *rest = _tree_lines(child)
        lines.append(("└─ " if last else "├─ ") + first)
        lines += [("   " if last else "│  ") + line for line in rest]
    return lines


def _table_text(table: Table) -> str:
    rows = [table.columns, *table.rows]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(table.columns))]
    lines: list[str] = []
    for number, row in enumerate(rows):
        cells = [_padded(cell, widths[column], column in table.numeric) for column, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("  ".join("─" * width for width in widths))
    return "\n".join(lines)


def _plot_text(plot: Plot) -> str:
    """The numbers of a chart as a table, for those who cannot see it drawn."""
    rows: list[tuple[str, ...]] = []
    for series in plot.series:
        for index, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
            name = plot.category(x)
            label = "" if name == series.name else name
            band = f"{series.low[index]:g}–{series.high[index]:g}" if series.low and series.high else ""
            rows.append((series.name, label, f"{y:g}", band))
    columns = ("", plot.x_label, plot.y_label, _("interval"))
    return plot.title + "\n" + _table_text(Table(columns=columns, rows=tuple(rows), numeric=(1, 2)))


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
