"""How much work one scan may do."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from typing import Final

__all__ = ["FILE_LIMITS", "GUARD_LIMITS", "Clock", "Limits", "OutOfTime"]


class OutOfTime(Exception):
    """The scan used up its processor time; its outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one scan."""

    characters: int
    seconds: float
    """Processor time of the scanning thread, so that a busy machine does not turn answers into "unknown"."""


GUARD_LIMITS: Final = Limits(characters=200_000, seconds=0.1)
FILE_LIMITS: Final = Limits(characters=5_000_000, seconds=10.0)


class Clock:
    """Counts down the processor time of one scan."""

    def __init__(self, seconds: float) -> None:
        self._end = time.thread_time() + seconds
        self._seconds = seconds
        self._collections: int | None = _full_collections()

    @property
    def left(self) -> float:
        """Seconds of processor time that are left."""
        return self._end - time.thread_time()

    def extend(self, seconds: float) -> None:
        """Add time: what was spent on something else than the text."""
        self._end += seconds

    def check(self) -> None:
        """Raise when the time is used up.

        Raises:
            OutOfTime: It is.
        """
        if self.left < 0 and not self.excused():
            raise OutOfTime

    def excused(self) -> bool:
        """Give a scan its whole time once more, and only once, where Python cleared away garbage meanwhile.

        A full collection takes as long as the whole program is large (100 ms and more), which is not this text's time.
        """
        if self._collections in (None, _full_collections()):
            return False
        self._collections, self._end = None, time.thread_time() + self._seconds
        return True


def _full_collections() -> int:
    return gc.get_stats()[2]["collections"]
