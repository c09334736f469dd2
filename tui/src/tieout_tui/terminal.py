"""A terminal of the chat's own: whatever libraries do to file descriptors 1 and 2, the screen stays.

Textual draws on the standard streams. llama.cpp points descriptor 2 at the null device while a model loads, and C
libraries print there; either would freeze or spoil the screen. So the chat draws on a private duplicate, and what
anybody else writes to 1 or 2 becomes lines of the debug log.
"""

from __future__ import annotations

__all__ = ["early_input", "light_background", "listen_to_signals", "private_terminal"]

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from typing import TextIO, cast

_LINE_LIMIT = 2000
log = logging.getLogger("tieout.stray")


@contextlib.contextmanager
def private_terminal() -> Generator[None]:
    """Within the block ``sys.__stdout__`` and ``sys.__stderr__`` are a private duplicate of the terminal.

    Descriptors 1 and 2, where they are the terminal, lead to the log; one that the user pointed elsewhere
    (``2>file``) stays as it is. Afterwards everything is as before, also after an exception.
    """
    screen_fd = os.dup(1)
    os.set_inheritable(screen_fd, False)
    # closefd: leaving the block closes the duplicate.
    screen = open(screen_fd, "w", encoding="utf-8", errors="replace", newline="")  # noqa: PTH123, SIM115
    stdout, stderr = sys.__stdout__, sys.__stderr__
    strays = _Strays([number for number in (1, 2) if os.isatty(number)])
    try:
        _set_streams(screen, screen)
        yield
    finally:
        _set_streams(stdout, stderr)
        strays.close()
        with contextlib.suppress(OSError):
            screen.close()


@contextlib.contextmanager
def early_input() -> Generator[None]:
    """Within the block the terminal neither echoes what is typed nor turns Enter into a newline.

    Textual does the same once it runs, 0.4 s after the command; what is typed before that would be echoed over the
    first screen, and an Enter among it would arrive as Ctrl+J. Ctrl+C still interrupts. Afterwards the terminal is as
    it was before, whatever happened in between.
    """
    try:
        import termios
    except ImportError:  # Windows
        yield
        return
    try:
        before, quiet = termios.tcgetattr(0), termios.tcgetattr(0)
    except termios.error:  # no terminal
        yield
        return
    quiet[0] &= ~termios.ICRNL
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    try:
        termios.tcsetattr(0, termios.TCSANOW, quiet)
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, before)


def _set_streams(stdout: TextIO | None, stderr: TextIO | None) -> None:
    # typeshed calls them final, but they are how Textual finds its terminal on every platform.
    streams = cast("dict[str, object]", vars(sys))
    streams["__stdout__"], streams["__stderr__"] = stdout, stderr


class _Strays:
    """Reads what is written to some descriptors, until closed, and logs it line by line."""

    def __init__(self, descriptors: list[int]) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        self._saved = {number: os.dup(number) for number in descriptors}
        reader, writer = os.pipe()
        for number in descriptors:
            os.dup2(writer, number)
        os.close(writer)
        self._thread = threading.Thread(target=self._read, args=(reader,), name="tieout-stray", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Point the descriptors back at what they were."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        for number, saved in self._saved.items():
            os.dup2(saved, number)
            os.close(saved)
        # A child process may still hold the other end of the pipe; the thread is a daemon then.
        self._thread.join(timeout=0.5)

    def _read(self, reader: int) -> None:
        from tieout.text import clean_line

        pending = b""
        with open(reader, "rb", buffering=0) as pipe:
            while chunk := pipe.read(65536):
                *lines, pending = (pending + chunk).split(b"\n")
                for line in (*lines, pending) if len(pending) > _LINE_LIMIT else lines:
                    _log(clean_line(line.decode("utf-8", "replace"), limit=_LINE_LIMIT))
                if len(pending) > _LINE_LIMIT:
                    pending = b""
        if pending:
            _log(clean_line(pending.decode("utf-8", "replace"), limit=_LINE_LIMIT))


def _log(line: str) -> None:
    if line:
        log.debug("%s", line)


def light_background() -> bool:
    """Whether the terminal says (``COLORFGBG=0;15``) that its background is light."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background in ("7", "15")


def listen_to_signals(leave: Callable[[], None]) -> None:
    """Call ``leave`` when the program is told to end, as far as the running event loop can listen."""
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, leave)
