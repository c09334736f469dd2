"""The last line of defence between any widget and the terminal."""

from __future__ import annotations

__all__ = ["ControlFilter"]

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# C0 and C1 controls, DEL, bidirectional and other invisible controls, tag characters, lone surrogates. Not the joiner
# U+200D: emoji need it, and every text has passed tieout.text.clean before, which keeps it between emoji only.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


class ControlFilter(LineFilter):
    """Drops what steers a terminal from every line that is drawn, Textual's own widgets included.

    Widgets clean their texts before they lay them out; this catches what one of them forgets. None of these characters
    takes a cell, so the layout stays as it is.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments without control characters."""
        return [
            Segment(_CONTROLS.sub("", segment.text), segment.style)
            if segment.control is None and _CONTROLS.search(segment.text)
            else segment
            for segment in segments
        ]
