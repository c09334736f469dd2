"""Writing to the terminal: everything passes the sanitizer, colour is never the only sign."""

from __future__ import annotations

__all__ = ["note", "print_json", "say", "show_error", "show_table", "warn", "warn_of_settings"]

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tieout.cli.wrapping import display_width, wrap
from tieout.i18n import translator
from tieout.text import clean, clean_line

if TYPE_CHECKING:
    from tieout.host import Host

_ = translator("tieout")


def say(text: str = "", *, newline: bool = True) -> None:
    """Write untrusted text to stdout, cleaned."""
    click.echo(clean(text), nl=newline)


def note(text: str) -> None:
    """Write a remark to stderr, so that a pipe stays clean."""
    click.secho(clean(text), err=True, dim=True)


def warn(text: str) -> None:
    """Write a warning to stderr, in words."""
    click.secho(clean(f"{_('Warning')}: {text}"), err=True, fg="yellow")


def show_error(message: str, *, hint: str, code: str, color: bool = True) -> None:
    """Write one error to stderr: what and where, then what to do next.

    Args:
        color: False for none, where no command is running any more whose ``--no-color`` counts.
    """
    said = clean(f"{_('Error')} [{code}]: {message}")
    click.echo(click.style(said, fg="red") if color else said, err=True)
    if hint:
        click.echo(clean(f"  → {hint}"), err=True)


def print_json(value: object) -> None:
    """Write JSON; on a terminal everything beyond ASCII is escaped, since it might steer the terminal."""
    click.echo(json.dumps(value, ensure_ascii=sys.stdout.isatty(), default=str, indent=2))


def warn_of_settings(host: Host) -> None:
    """Say what is wrong in the settings of plugins; loads them."""
    host.load()
    for problem in host.registry.setting_problems():
        warn(problem)


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write aligned columns; wide characters count as two. A terminal gets the last column wrapped."""
    cells = [[clean_line(cell, limit=200) for cell in row] for row in [headings, *rows]]
    widths = [max(display_width(row[column]) for row in cells) for column in range(len(headings))]
    for number, row in enumerate(cells):
        padded = [cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)]
        for line in _within_terminal("".join(f"{cell}  " for cell in padded[:-1]), row[-1]):
            click.echo(click.style(line.rstrip(), bold=True) if number == 0 else line.rstrip())


_FEWEST_COLUMNS = 20
"""With less room than this beside the others, the last column goes below them."""


def _within_terminal(head: str, last: str) -> list[str]:
    if not sys.stdout.isatty():  # a pipe gets one line for each row
        return [head + last]
    import shutil

    columns, indent = shutil.get_terminal_size().columns, display_width(head)
    if indent + display_width(last) <= columns:
        return [head + last]
    below = columns - indent < _FEWEST_COLUMNS
    indent = 4 if below else indent
    lines = [" " * indent + line for line in wrap(last, max(columns - indent, _FEWEST_COLUMNS))]
    return [head, *lines] if below else [head + lines[0].lstrip(), *lines[1:]]
