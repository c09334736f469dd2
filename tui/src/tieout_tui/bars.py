"""The fixed texts around the transcript: header, keys, welcome, help."""

from __future__ import annotations

__all__ = ["Bars", "header_text", "help_text", "keys_text", "welcome_text", "what_is_stored"]

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widgets import Static

from tieout.i18n import translator
from tieout.text import clean_line

if TYPE_CHECKING:
    from tieout_tui.commands import Command
    from tieout_tui.engine import ModelInfo

_ = translator("tieout_tui")


class Bars:
    """The lines that stay: the header above, the status and the keys below."""

    def __init__(self) -> None:
        self.header = Static(id="header")
        self.status = Static(id="status")
        self.keys = Static(id="keys")
        self.model: ModelInfo | None = None
        self.title = ""
        """Of the conversation."""

    def draw(self, width: int) -> None:
        """Header and keys, as much of them as fits into ``width`` cells."""
        self.header.update(header_text(self.model, self.title, width=width))
        self.keys.update(keys_text(width=width))

    def say(self, text: str) -> None:
        """Show what is going on; an empty text takes the line away."""
        self.status.update(Content(text))
        self.status.display = bool(text)


def header_text(model: ModelInfo | None, title: str, *, width: int) -> Content:
    """Name, model, where prompts go in words, and the conversation's title; cut to ``width`` cells."""
    parts = ["Tieout"]
    if model is not None:
        parts += [clean_line(model.id, limit=60), _where(model)]
    if title:
        parts.append(clean_line(title))
    return Content(_cut(" · ".join(parts), width))


def _where(model: ModelInfo) -> str:
    if model.local:
        return _("nothing leaves this machine")
    if model.sends_to:
        return _("sent to {host}", host=clean_line(model.sends_to, limit=60))
    return _("sent to the model's service")


def keys_text(*, width: int) -> Content:
    """As many keys as fit into ``width`` cells, the most needed first."""
    keys = [
        _("Enter sends"),
        _("Esc stops"),
        _("^Q quits"),
        _("/ commands"),
        _("^J new line"),
        _("Tab moves"),
        _("^O folds cards"),
        _("^T light or dark"),
    ]
    text = ""
    for key in keys:
        longer = f"{text} · {key}" if text else key
        if cell_len(longer) > width:
            break
        text = longer
    return Content(text)


def welcome_text() -> str:
    """What an empty transcript says."""
    return "\n".join(
        (
            _("Every number in an answer is tied to its source; what is not tied is marked with !."),
            _("No investment advice."),
            _("The header says which model answers, and whether anything leaves this machine."),
        )
    )


def help_text(commands: Sequence[Command], *, unstored: str = "") -> str:
    """All keys and commands; ``unstored`` says why not everything is stored."""
    leaving = _("Ctrl+Q or Ctrl+C twice, or /quit, leaves; everything is stored.")
    if unstored:
        leaving = _(
            "Ctrl+Q or Ctrl+C twice, or /quit, leaves. Not everything is stored: {why}",
            why=clean_line(unstored),
        )
    keys = [
        _("Enter sends; Ctrl+J or Shift+Enter begins a new line; Up and Down recall earlier questions."),
        _("Esc stops an answer; what is written stays. Ctrl+C copies a selection, else stops."),
        _("Tab and Shift+Tab move between input, cards and sources; Enter opens what has the focus."),
        _("Page Up and Page Down scroll; Ctrl+O folds cards; Ctrl+T changes between light and dark."),
        leaving,
    ]
    lines = [f"{' '.join((c.name, c.usage)).strip()} — {c.summary}" for c in commands]
    return "\n".join([*keys, "", *lines])


def what_is_stored(unstored: str) -> str:
    """Whether the conversation outlives the program; ``unstored`` says why not all of it does."""
    if unstored:
        return _("Not everything is stored: {why}", why=clean_line(unstored))
    return _("The conversation is stored.")


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(1, width - 1)).rstrip() + "…"
