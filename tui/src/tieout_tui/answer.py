"""The answer while it streams: Markdown drawn as it comes, without ever holding up the keyboard."""

from __future__ import annotations

__all__ = ["AnswerView"]

import asyncio
import time
from collections.abc import Iterable

from textual.containers import Vertical

from tieout.text import Cleaner
from tieout_tui.fitted import MarkdownText
from tieout_tui.pieces import Piece, PieceCutter

_FRAME_SECONDS = 0.04
_BURST_SECONDS = 0.05
_REST = 1.0
"""As long as drawing and layout took, keys and everything else get the time."""
_MARGIN = 4
"""Cells of the window that the answer does not get."""


class AnswerView(Vertical):
    """One stretch of answer text between tool calls. ``write`` as it streams, then ``finish``."""

    def __init__(self) -> None:
        super().__init__(classes="answer")
        self._cleaner = Cleaner()
        self._cutter = PieceCutter()
        self._pending: list[str] = []
        self._wake = asyncio.Event()
        self._done = False
        self._frame = 0.0  # seconds that the screen took for itself after the last addition
        self._last: MarkdownText | None = None
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
        started = time.perf_counter()
        while True:
            await self._wake.wait()
            self._wake.clear()
            text = self._cleaner.feed("".join(self._pending))
            self._pending.clear()
            for piece in _merged(self._cutter.feed(text)):
                await self._draw(piece)
                if time.perf_counter() - started > _BURST_SECONDS:
                    started = await self._rest(started)
            if self._done and not self._pending:
                return
            started = await self._rest(started)

    async def _rest(self, started: float) -> float:
        """Let keys and frames through, longer where a frame takes longer; returns when drawing may go on."""
        pause = max(_FRAME_SECONDS, _REST * (time.perf_counter() - started + self._frame))
        paused = time.perf_counter()
        await asyncio.sleep(pause)
        ended = time.perf_counter()
        self._frame = max(0.0, ended - paused - pause)
        return ended

    async def _draw(self, piece: Piece) -> None:
        if not self.is_attached:
            return
        if piece.fresh or self._last is None:
            self._last = MarkdownText(
                width=self.size.width or self.screen.size.width - _MARGIN, classes="markdown"
            )
            await self.mount(self._last)
        self._last.append(piece.text)


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces for one widget as one, so that it is drawn once."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and not piece.fresh:
            merged[-1] = Piece(merged[-1].fresh, merged[-1].text + piece.text)
        else:
            merged.append(piece)
    return merged
