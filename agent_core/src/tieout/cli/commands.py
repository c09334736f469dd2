"""Commands whose help is in the user's language, which is known when help is shown and not when it is written."""

from __future__ import annotations

__all__ = ["ASKED_FOR", "LocalCommand", "LocalGroup"]

from collections.abc import Iterable

import click

from tieout.cli.usage import translate_click
from tieout.cli.wrapping import display_width, wrap
from tieout.helptexts import localized, paragraphs
from tieout.i18n import translator

_ = translator("tieout")

ASKED_FOR = ("write", "network", "spend")
"""What ``--approve`` takes: the effects that are asked for before they happen."""
_FEWEST_COLUMNS = 20
"""Narrower than this no column of text is drawn; the line is longer than the terminal instead."""


class HelpFormatter(click.HelpFormatter):
    """click's layout, translated, with wide characters counted as two columns."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line; what does not fit goes on below the first argument."""
        head = f"{prefix}{prog} " if prefix is not None else _("Usage: {command}", command=f"{prog} ")
        self._write_column(" " * self.current_indent + head, args)

    def write_heading(self, heading: str) -> None:
        """Write a section's name."""
        self.write(" " * self.current_indent + _("{heading}:", heading=translate_click(heading)) + "\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs, wrapped."""
        for number, paragraph in enumerate(paragraphs(text)):
            self.write("\n" if number else "")
            for line in wrap(paragraph, self.width - self.current_indent):
                self.write(f"{'':{self.current_indent}}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms and, beside them, what they mean."""
        rows = list(rows)
        column = min(max((display_width(term) for term, _text in rows), default=0), col_max) + col_spacing
        for term, text in rows:
            head = " " * self.current_indent + term
            if text and display_width(term) + col_spacing > column:
                self.write(head + "\n")
                head = ""
            padding = self.current_indent + column - display_width(head) if text else 0
            self._write_column(head + " " * padding, text)

    def _write_column(self, head: str, text: str) -> None:
        indent = display_width(head)
        first, *rest = wrap(text, max(self.width - indent, _FEWEST_COLUMNS)) or [""]
        self.write(f"{head}{first}".rstrip() + "\n")
        for line in rest:
            self.write(" " * indent + line + "\n")


class LocalContext(click.Context):
    """A context that lays help out with :class:`HelpFormatter`."""

    formatter_class = HelpFormatter


class LocalCommand(click.Command):
    """A command that translates its help text, its options' help and click's words whenever they are shown."""

    context_class = LocalContext

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The arguments of the usage line."""
        return [translate_click(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        if self.help:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(localized(self.help))

    def get_short_help_str(self, limit: int = 45) -> str:
        """One paragraph for the list of commands; never cut off, since the formatter wraps."""
        return (paragraphs(localized(self.short_help or self.help or "")) or [""])[0]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, and the commands of a group."""
        rows = [
            _option_row(option, ctx) for option in self.get_params(ctx) if isinstance(option, click.Option)
        ]
        with formatter.section("Options"):
            formatter.write_dl(row for row in rows if row is not None)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


class LocalGroup(LocalCommand, click.Group):
    """A group of such commands."""

    command_class = LocalCommand


LocalGroup.group_class = LocalGroup


def _option_row(option: click.Option, ctx: click.Context) -> tuple[str, str] | None:
    """The names of an option and, translated, its help with default and range; nothing for a hidden one."""
    record = option.get_help_record(ctx)
    if record is None:
        return None
    names, shown = record
    text = option.help or ""
    # click appends "  [default: 30; x>=1]" to the help.
    extras = shown[len(text) :].strip().removeprefix("[").removesuffix("]")
    said = "; ".join(translate_click(extra) for extra in extras.split("; ")) if extras else ""
    return names, f"{localized(text)}  [{said}]".strip() if said else localized(text)
