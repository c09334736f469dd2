"""The child process that looks at files, and the parent's end of it.

A grammar's parser and a regular expression cannot be stopped from within: a file that takes too long costs the child,
which is started anew for the next file.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Final

from tieout.errors import SettingsError
from tieout.plugin import translator
from tieout_code_shield.inspecting import FileJob, FileScan
from tieout_code_shield.limits import FILE_LIMITS, Limits
from tieout_code_shield.settings import ShieldSettings

__all__ = ["Cancelled", "FileWorker"]

_ = translator("tieout_code_shield")

START_SECONDS: Final = 60.0
"""Wall time in which the child must have read its rules; it takes about half a second on an idle machine."""
_WALL: Final = 6.0
_WALL_MORE: Final = 10.0
"""Wall time of one file: so many times its processor time, and so many seconds more."""
_GRACE: Final = 2.0
_POLL: Final = 0.1


class Cancelled(Exception):
    """The user has had enough."""


class FileWorker:
    """One child process, used for file after file.

    Args:
        settings: The plugin's settings; the child reads the rules that they lead to.
        limits: Bounds of one file. Its processor time is bounded by the kernel where it can be, and wall time
            everywhere (much more of it, for busy machines).
        cancelled: Asked ten times a second while a file is looked at.
    """

    def __init__(
        self,
        settings: ShieldSettings,
        *,
        limits: Limits = FILE_LIMITS,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings, self._limits, self._cancelled = settings, limits, cancelled
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes | None] = queue.Queue()
        self._over = False
        self.problems: tuple[str, ...] = ()
        """Why other packages' rules were left out."""

    def __enter__(self) -> FileWorker:
        """Nothing is started before the first file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child, whatever it is doing."""
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id; ``None`` while there is none."""
        return self._child.pid if self._child is not None else None

    def look(self, job: FileJob) -> FileScan:
        """Look at one file. A child that dies or takes too long makes this file unknown, and only this one.

        Raises:
            SettingsError: The rules cannot be read.
            Cancelled: ``cancelled`` said so.
        """
        try:
            child = self._child or self._start()
            answer = self._ask(
                child, job.model_dump_json().encode(), self._limits.seconds * _WALL + _WALL_MORE
            )
            return FileScan.model_validate_json(answer)
        except _Gone as gone:
            self.close()
            return FileScan(path=job.shown, unknown=self._why(gone))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        atexit.unregister(self._end)
        with contextlib.suppress(OSError):
            child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _end(self) -> None:
        """The program ends: no child any more."""
        self._over = True
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._over:
            raise Cancelled
        # The child must be the same Python with the same packages; -c, since a folder of the user's may hold a module
        # of any name, and -P keeps it off the path.
        command = [sys.executable, "-P", "-c", "from tieout_code_shield.filechild import main; main()"]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._child = child
        # A tool's thread is abandoned when the program ends (Ctrl-C); its child must not be.
        atexit.register(self._end)
        self._answers = queue.Queue()
        assert child.stdout is not None
        threading.Thread(target=_read, args=(child.stdout, self._answers), daemon=True).start()
        first = {
            "settings": self._settings.model_dump(mode="json"),
            "characters": self._limits.characters,
            "seconds": self._limits.seconds,
        }
        hello = json.loads(self._ask(child, json.dumps(first).encode(), START_SECONDS))
        if hello["error"]:
            raise SettingsError(hello["error"], hint=hello["hint"])
        self.problems = tuple(hello["problems"])
        return child

    def _ask(self, child: subprocess.Popen[bytes], line: bytes, seconds: float) -> bytes:
        assert child.stdin is not None
        try:
            child.stdin.write(line + b"\n")
            child.stdin.flush()
        except OSError:
            raise _Gone(child, seconds, late=False) from None
        end = time.monotonic() + seconds
        while True:
            if self._cancelled():
                raise Cancelled
            try:
                answer = self._answers.get(timeout=_POLL)
            except queue.Empty:
                if time.monotonic() > end:
                    raise _Gone(child, seconds, late=True) from None
                continue
            if answer is None:
                raise _Gone(child, seconds, late=False)
            return answer

    def _why(self, gone: _Gone) -> str:
        if gone.late:
            return _("not done within {seconds:g} s", seconds=gone.seconds)
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = gone.child.wait(_GRACE)
            if code == -getattr(signal, "SIGPROF", 0):
                return _("not done within {seconds:g} s of processor time", seconds=self._limits.seconds)
            return _("the process that looked at it ended with code {code}", code=code)
        return _("the process that looked at it stopped answering")


class _Gone(Exception):
    def __init__(self, child: subprocess.Popen[bytes], seconds: float, *, late: bool) -> None:
        self.child, self.seconds, self.late = child, seconds, late


def _read(pipe: IO[bytes], answers: queue.Queue[bytes | None]) -> None:
    """Hand on the child's lines; ``None`` when there are no more."""
    with contextlib.suppress(OSError, ValueError):
        for line in pipe:
            answers.put(line)
    answers.put(None)
