"""What was asked and answered, oldest first; it follows the end unless the user scrolls up."""

from __future__ import annotations

__all__ = ["Transcript"]

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tieout.i18n import translator
from tieout.text import clean
from tieout_tui.turnview import TurnView

_ = translator("tieout_tui")

_MOST_TURNS = 50
"""Turns on the screen; older ones stay stored. A long conversation would make every key slower otherwise."""


class Transcript(VerticalScroll, can_focus=False):
    """The turns of one conversation, and remarks between them."""

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._hidden = 0
        self._hidden_notice: Static | None = None

    def on_mount(self) -> None:
        """Stay at the end while text comes in."""
        self.anchor()

    def welcome(self, text: str) -> None:
        """The first words, before any question."""
        self.mount(Static(Content(clean(text)), classes="notice welcome"))

    async def note(self, text: str, *, level: str = "") -> None:
        """A remark that belongs to no question. ``level`` (warning, error) only adds colour; say it in the text."""
        await self.mount(Static(Content(clean(text)), classes=f"notice -{level}" if level else "notice"))

    async def add_turn(self, question: str, *, queued: bool = False) -> TurnView:
        """Show a question; its view takes what follows."""
        view = TurnView(question, queued=queued)
        await self.mount(view)
        await self._hide_oldest()
        return view

    async def clear(self) -> None:
        """Begin with an empty screen."""
        self._hidden, self._hidden_notice = 0, None
        await self.remove_children()

    async def _hide_oldest(self) -> None:
        turns = list(self.query_children(TurnView))
        for view in turns[:-_MOST_TURNS]:
            await view.remove()
            self._hidden += 1
        if self._hidden:
            text = Content(
                _("{count} earlier turns are not shown; /sessions lists what is stored.", count=self._hidden)
            )
            if self._hidden_notice is None:
                self._hidden_notice = Static(text, classes="notice")
                await self.mount(self._hidden_notice, before=0)
            else:
                self._hidden_notice.update(text)
