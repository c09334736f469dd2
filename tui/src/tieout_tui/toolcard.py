"""A tool's call: one line while it runs, its card when it is done, folded or open."""

from __future__ import annotations

__all__ = ["ToolCard"]

import json
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.widget import Widget
from textual.widgets import Static

from tieout.i18n import translator
from tieout.text import clean, clean_line
from tieout_tui.wording import level_word

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tieout.events import ToolProgressEvent, ToolResultEvent, ToolStartedEvent

_ = translator("tieout_tui")


class ToolCard(Vertical, can_focus=True):
    """Name, arguments and progress in the heading; the card's blocks below it.

    Args:
        started: The event that the call began with.
        expanded: Whether the card opens by itself when the result comes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "fold", show=False)]

    def __init__(self, started: ToolStartedEvent, *, expanded: bool = True) -> None:
        super().__init__(classes="tool-card")
        self.call_id = started.call_id
        self._tool = clean_line(started.tool, limit=60)
        self._arguments = _brief(started.arguments)
        self._expanded = expanded
        self._state = _("running")
        self._ended = False
        self._body = Vertical(classes="body")
        self._body.display = False
        self._heading = Static(classes="heading")

    def compose(self) -> ComposeResult:
        """Heading over body."""
        self._heading.update(self._heading_content())
        yield self._heading
        yield self._body

    def show_progress(self, event: ToolProgressEvent) -> None:
        """Say how far the tool is."""
        share = f"{event.done:g}/{event.total:g}" if event.total else f"{event.done:g}"
        self._state = f"{share} {clean_line(event.message, limit=80)}".strip()
        self._heading.update(self._heading_content())

    async def show_result(self, event: ToolResultEvent) -> None:
        """Say how it ended and draw the card, or the error."""
        self._ended = True
        if event.ok:
            self._state = _("done, {seconds:.1f} s", seconds=event.seconds)
        else:
            self._state = _("failed")
            self.add_class("-failed")
        for widget in self._result_widgets(event):
            await self._body.mount(widget)
        self._unfold(self._expanded and self._has_body)

    def close(self) -> None:
        """The turn is over; a call that has not answered will not."""
        if not self._ended:
            self._ended, self._state = True, _("stopped")
            self._heading.update(self._heading_content())

    def action_fold(self) -> None:
        """Fold or unfold."""
        self._unfold(not self._body.display and self._has_body)

    def fold(self, folded: bool) -> None:
        """Fold or unfold, for all cards at once."""
        self._unfold(not folded and self._has_body)

    def on_click(self, event: Click) -> None:
        """A click on the heading folds and unfolds."""
        if event.widget is self._heading:
            self.action_fold()

    @property
    def _has_body(self) -> bool:
        return bool(self._body.children)

    def _unfold(self, open_: bool) -> None:
        self._body.display = open_
        self._heading.update(self._heading_content())

    def _result_widgets(self, event: ToolResultEvent) -> list[Widget]:
        from tieout_tui.blocks import block_widget

        if not event.ok:
            code = f" [{clean_line(event.code, limit=40)}]" if event.code else ""
            text = f"{level_word('error')}{code}: {clean(event.error or '')}"
            return [Static(Content(text), classes="block note -error")]
        if event.card is None:
            return []
        title = Static(Content.styled(clean_line(event.card.title), "bold"), classes="block title")
        return [title, *(block_widget(block) for block in event.card.blocks)]

    def _heading_content(self) -> Content:
        sign = ("▾" if self._body.display else "▸") if self._ended and self._has_body else "·"
        return Content.assemble(
            f"{sign} ", (self._tool, "bold"), (f" {self._arguments}", "dim"), f" — {self._state}"
        )


def _brief(arguments: object) -> str:
    """Arguments on one line, ``name=value``."""
    if isinstance(arguments, dict):
        pairs = [f"{key}={_value(value)}" for key, value in arguments.items()]  # pyright: ignore
        return clean_line(", ".join(pairs), limit=160)
    return clean_line(str(arguments), limit=160)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"  # 1.5e+13, not 15000000000000.0
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
