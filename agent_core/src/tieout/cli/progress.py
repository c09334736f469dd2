"""Progress of long work on stderr: one line that is rewritten on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

__all__ = ["ProgressLine"]

import sys
import time

from tieout.events import Event, GuardEvent, ToolProgressEvent
from tieout.text import clean_line


class ProgressLine:
    """Shows ``tool_progress`` and guard events; everything else is ignored."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = 0.0
        self._open = False

    def on_event(self, event: Event) -> None:
        """Take an event; thread-safe enough for a line of progress."""
        if isinstance(event, GuardEvent):
            from tieout.cli.output import warn

            self.close()
            warn(f"{event.guard}: {event.message}")
        if not isinstance(event, ToolProgressEvent):
            return
        finished = event.total is not None and event.done >= event.total
        if time.monotonic() - self._shown < (0.1 if self._live else 2.0) and not finished:
            return
        self._shown = time.monotonic()
        share = f"{event.done:g}/{event.total:g}" if event.total else f"{event.done:g}"
        line = clean_line(f"{event.tool} {share} {event.message}", limit=100)
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}")
            self._open = True
            sys.stderr.flush()
            if finished:
                self.close()
        else:
            sys.stderr.write(line + "\n")

    def close(self) -> None:
        """Leave the line, so that other output starts on a fresh one."""
        if self._open:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._open = False
