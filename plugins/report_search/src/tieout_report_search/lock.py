"""One writer at a time: a lock file that the operating system frees when its owner dies."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tieout.errors import ToolError
from tieout_report_search.messages import _

__all__ = ["LibraryBusy", "writer_lock"]

RETRY_SECONDS = 0.1


class LibraryBusy(ToolError):
    """Another process is writing to the library and did not finish in time."""

    default_code = "reports-busy"


@contextmanager
def writer_lock(path: Path, *, seconds: float) -> Generator[None]:
    """Hold the lock at ``path``; waits at most ``seconds``.

    Raises:
        LibraryBusy: Somebody else kept it.
    """
    deadline = time.monotonic() + seconds
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _try_lock(handle):
            if time.monotonic() >= deadline:
                raise LibraryBusy(
                    _("Another process is adding or removing reports."),
                    hint=_("Searching works meanwhile; try again when the other one is done."),
                )
            time.sleep(RETRY_SECONDS)
        yield
    finally:
        os.close(handle)  # frees the lock


def _try_lock(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # pyright: ignore
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
