"""Tables for the width there is."""

from __future__ import annotations

__all__ = ["grid_lines"]

from collections.abc import Collection, Sequence

from rich.cells import cell_len


def grid_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, numeric: Collection[int] = ()
) -> list[str]:
    """Aligned columns where they fit into ``width`` cells; else a paragraph per row with one line per cell.

    Args:
        head: Names of the columns; rows with fewer cells are filled up, with more are cut.
        numeric: Columns to align right, counted from 0.
    """
    filled = [[*row[: len(head)], *[""] * (len(head) - len(row))] for row in rows]
    widths = [max(map(cell_len, cells)) for cells in zip(head, *filled, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > width:
        return _records(head, filled)

    def line(cells: Sequence[str]) -> str:
        padded = [_padded(cell, widths[n], right=n in numeric) for n, cell in enumerate(cells)]
        return "  ".join(padded).rstrip()

    return [line(head), "  ".join("─" * width for width in widths), *map(line, filled)]


def _records(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        if lines:
            lines.append("")
        lines += [f"{name}: {cell}" if name else cell for name, cell in zip(head, row, strict=True)]
    return lines


def _padded(cell: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space
