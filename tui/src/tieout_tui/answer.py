"""The answer while it streams: Markdown drawn as it comes, without ever holding up the keyboard."""

from __future__ import annotations

__all__ = ["AnswerView"]

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tieout.i18n import translator
from tieout.text import Cleaner
from tieout_tui.pieces import Piece, PieceCutter

if TYPE_CHECKING:
    from tieout_tui.safemarkdown import SafeMarkdown

_ = translator("tieout_tui")

_FRAME_SECONDS = 0.04
_REST = 2.0
"""Drawing gets one part of the time, keys and everything else two."""
_PLAIN_FROM = 60_000
"""Characters: beyond this each block costs too much to lay out, and the rest is shown as plain text."""


class AnswerView(Vertical):
    """One stretch of answer text between tool calls. ``write`` as it streams, then ``finish``."""

    def __init__(self) -> None:
        super().__init__(classes="answer")
        self._cleaner = Cleaner()
        self._cutter = PieceCutter()
        self._pending: list[str] = []
        self._wake = asyncio.Event()
        self._done = False
        self._drawn = 0
        self._markdown: SafeMarkdown | None = None
        self._plain: Static | None = None
        self._plain_text = ""
        self._drawing: asyncio.Task[None] | None = None

    def on_mount(self) -> None:
        """Start drawing."""
        self._drawing = asyncio.create_task(self._draw_until_done())

    def write(self, text: str) -> None:
        """Add text, uncleaned as it came; returns at once."""
        self._pending.append(text)
        self._wake.set()

    async def finish(self) -> None:
        """Draw what is left; returns when it is on the screen."""
        self._done = True
        self._wake.set()
        if self._drawing is not None:
            await self._drawing

    async def _draw_until_done(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            started = time.perf_counter()
            text = self._cleaner.feed("".join(self._pending))
            self._pending.clear()
            for piece in _merged(self._cutter.feed(text)):
                await self._draw(piece)
                await asyncio.sleep(0)
            if self._done and not self._pending:
                return
            await asyncio.sleep(max(_FRAME_SECONDS, _REST * (time.perf_counter() - started)))

    async def _draw(self, piece: Piece) -> None:
        if not self.is_attached:
            return
        self._drawn += len(piece.text)
        if piece.fresh and self._drawn > _PLAIN_FROM:
            await self._begin_plain()
        elif piece.fresh:
            from tieout_tui.safemarkdown import SafeMarkdown

            self._markdown = SafeMarkdown(classes="markdown")
            await self.mount(self._markdown)
        if self._plain is not None:
            self._plain_text += piece.text
            self._plain.update(Content(self._plain_text.rstrip("\n")))
        elif self._markdown is not None:
            await self._markdown.append(piece.text)

    async def _begin_plain(self) -> None:
        if self._plain is None:
            notice = Content(_("The rest of this long answer is shown as plain text."))
            await self.mount(Static(notice, classes="notice"))
        self._plain, self._plain_text = Static(Content(""), classes="plain"), ""
        await self.mount(self._plain)


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces for one widget as one, so that it is drawn once."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and not piece.fresh:
            merged[-1] = Piece(merged[-1].fresh, merged[-1].text + piece.text)
        else:
            merged.append(piece)
    return merged
