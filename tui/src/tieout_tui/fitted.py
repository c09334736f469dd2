"""Widgets whose lines are laid out for the width there is, and again when it changes."""

from __future__ import annotations

__all__ = ["Fitted", "MarkdownText"]

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.events import Resize
from textual.widgets import Static


class Fitted(Static):
    """Draws ``draw(width)``.

    Args:
        draw: Makes lines of at most that many cells.
        classes: CSS classes.
    """

    def __init__(self, draw: Callable[[int], Sequence[str | Content]], *, classes: str = "") -> None:
        super().__init__(Content(""), classes=classes)
        self._draw = draw
        self._drawn_for = 0

    def on_resize(self, event: Resize) -> None:
        """Draw for the new width."""
        if event.size.width != self._drawn_for:
            self.draw_for(event.size.width)

    def draw_for(self, width: int) -> None:
        """Draw for a width in cells."""
        self._drawn_for = width
        self.update(Content("\n").join(self._draw(width)))


class MarkdownText(Fitted):
    """Markdown that may grow.

    Args:
        text: Clean text to begin with.
        width: Cells it will probably have, so that the first frame is right.
        classes: CSS classes.
    """

    def __init__(self, text: str = "", *, width: int = 0, classes: str = "") -> None:
        super().__init__(self._lines, classes=classes)
        self._source = text
        self._probable_width = width

    def append(self, text: str) -> None:
        """Add clean text and draw all of it anew."""
        self._source += text
        width = self.size.width or self._probable_width
        if width:
            self.draw_for(width)

    def _lines(self, width: int) -> list[Content]:
        # Parsing comes with the first answer: markdown_it costs 60 ms and 5 MB that the first frame can do without.
        from tieout_tui.markdownlines import markdown_lines

        return markdown_lines(self._source, width)
