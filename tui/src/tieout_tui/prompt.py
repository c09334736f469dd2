"""Where the question is typed: several lines, a history, and a menu of slash commands."""

from __future__ import annotations

__all__ = ["CommandMenu", "Prompt"]

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from tieout.i18n import translator
from tieout.text import clean
from tieout_tui.commands import Command, matching

_ = translator("tieout_tui")

_MENU_ROWS = 6


class CommandMenu(Static):
    """Commands that fit what is typed; ``›`` points at the one that Tab or Enter takes."""

    def __init__(self) -> None:
        super().__init__(Content(""), classes="menu")
        self.display = False
        self._commands: list[Command] = []
        self._chosen = 0

    @property
    def chosen(self) -> Command | None:
        """The command pointed at, while the menu shows."""
        return self._commands[self._chosen] if self._commands else None

    def offer(self, commands: Sequence[Command]) -> None:
        """Show these; nothing hides the menu."""
        self._commands, self._chosen = list(commands), 0
        self._redraw()

    def move(self, step: int) -> None:
        """Point at another one."""
        self._chosen = (self._chosen + step) % max(1, len(self._commands))
        self._redraw()

    def _redraw(self) -> None:
        self.display = bool(self._commands)
        first = max(0, min(self._chosen - _MENU_ROWS // 2, len(self._commands) - _MENU_ROWS))
        parts: list[str | tuple[str, str]] = []
        for number, command in enumerate(self._commands[first : first + _MENU_ROWS], first):
            chosen = number == self._chosen
            usage = f" {command.usage}" if command.usage else ""
            line = f"{'›' if chosen else ' '} {command.name}{usage}"
            parts += [
                "\n" if parts else "",
                (line, "bold") if chosen else line,
                (f"  {command.summary}", "dim"),
            ]
        self.update(Content.assemble(*parts))


class Prompt(TextArea):
    """The input. Enter sends; Ctrl+J or Shift+Enter begins a new line; up and down recall earlier questions.

    Args:
        menu: Where fitting commands are shown.
    """

    class Submitted(Message):
        """The user sent ``text``."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class TooLong(Message):
        """A paste of ``size`` characters was not taken."""

        def __init__(self, size: int) -> None:
            super().__init__()
            self.size = size

    def __init__(self, menu: CommandMenu) -> None:
        super().__init__(
            id="prompt",
            compact=True,
            highlight_cursor_line=False,
            placeholder=Content(_("Ask a question, or type /")),
        )
        self._menu = menu
        self.commands: list[Command] = []
        """What the menu chooses from."""
        self.limit = 100_000
        """Characters of one question; a longer paste is refused before it makes the editor slow."""
        self._history: list[str] = []
        self._place = 0
        self._draft = ""
        self._offered_for = ""

    def remember(self, question: str) -> None:
        """Add to the history that the up key walks through."""
        question = clean(question)  # one of a stored conversation may be anybody's
        if not self._history or self._history[-1] != question:
            self._history.append(question)
        self._place = len(self._history)

    def on_text_area_changed(self) -> None:
        """Offer what fits."""
        self._offer()

    def _offer(self) -> None:
        if self._offered_for == self.text:
            return
        self._offered_for = self.text
        fitting = matching(self.text, self.commands)
        # A command typed in full needs no menu: Enter shall send it.
        self._menu.offer([] if [command.name for command in fitting] == [self.text] else fitting)

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("tab", "enter"):
            self._offer()  # fast fingers: the message about the last change may still be on its way
        if event.key in ("ctrl+j", "shift+enter", "alt+enter"):
            self._consume(event)
            self.insert("\n")
        elif self._menu.display and event.key in ("up", "down", "tab", "enter", "escape"):
            self._consume(event)
            self._on_menu_key(event.key)
        elif event.key == "enter":
            self._consume(event)
            self._submit()
        elif event.key == "up" and self.cursor_at_first_line:
            self._consume(event)
            self._recall(-1)
        elif event.key == "down" and self.cursor_at_last_line:
            self._consume(event)
            self._recall(1)
        else:
            await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if len(event.text) + len(self.text) > self.limit:
            self.post_message(self.TooLong(len(event.text)))
        else:
            # Hidden characters in a paste would be sent without having been seen.
            await super()._on_paste(events.Paste(clean(event.text)))

    def _consume(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _on_menu_key(self, key: str) -> None:
        chosen = self._menu.chosen
        if key in ("up", "down"):
            self._menu.move(-1 if key == "up" else 1)
        elif key == "escape":
            self._menu.offer([])
        elif chosen is not None:
            # A command typed in full is sent, though another's name holds its own; its arguments may be left out.
            whole = chosen.name == self.text and chosen.usage.startswith("[")
            if key == "enter" and (whole or not chosen.usage):
                self.text = chosen.name
                self._submit()
            else:
                self._set_text(chosen.name + " ")

    def _submit(self) -> None:
        text = self.text.strip()
        if text:
            self.remember(text)
            self.text = ""
            self._menu.offer([])
            self.post_message(self.Submitted(text))

    def _recall(self, step: int) -> None:
        place = self._place + step
        if not 0 <= place <= len(self._history):
            return
        if self._place == len(self._history):
            self._draft = self.text
        self._place = place
        self._set_text(self._history[place] if place < len(self._history) else self._draft)

    def _set_text(self, text: str) -> None:
        self.text = text
        self.move_cursor(self.document.end)
