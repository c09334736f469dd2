"""The block under an answer: each number and where it comes from; choosing one shows the whole derivation."""

from __future__ import annotations

__all__ = ["SourcesView"]

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tieout.i18n import translator
from tieout_tui.derivation import SourceEntry

if TYPE_CHECKING:
    from textual.app import ComposeResult

_ = translator("tieout_tui")


class SourcesView(Vertical):
    """A heading and one line per number.

    Args:
        entries: What :func:`tieout_tui.derivation.source_entries` found; at least one.
    """

    class Chosen(Message):
        """The user wants to see where the number of ``entry`` comes from."""

        def __init__(self, entry: SourceEntry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, entries: Sequence[SourceEntry]) -> None:
        super().__init__(classes="sources")
        self._entries = list(entries)

    def compose(self) -> ComposeResult:
        """The list."""
        untied = sum(entry.status in ("untied", "mismatch") for entry in self._entries)
        heading = _("Sources")
        if untied:
            heading += " — " + _("! {count} not tied", count=untied)
        yield Static(Content.styled(heading, "bold"), classes="heading")
        yield OptionList(
            *(Option(Content(entry.line())) for entry in self._entries), markup=False, compact=True
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A number was chosen."""
        event.stop()
        self.post_message(self.Chosen(self._entries[event.option_index]))
