"""The child process: reads one job a line, answers one line each, and ends when nobody asks any more."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import IO, Final

__all__ = ["main"]

_FIRST_GRACE: Final = 1.0
"""Processor seconds beyond the limit before the kernel ends the process: the scanner's own clock comes first."""


def main() -> None:
    """Serve on standard input and output."""
    from tieout.errors import SettingsError
    from tieout.plugin import use_language
    from tieout_code_shield.inspecting import FileJob, inspect_file
    from tieout_code_shield.limits import Limits
    from tieout_code_shield.settings import ShieldSettings
    from tieout_code_shield.shield import Shield

    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # What a rule package prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    first = json.loads(sys.stdin.buffer.readline())
    limits = Limits(first["characters"], first["seconds"])
    shield = Shield(ShieldSettings.model_validate(first["settings"]))
    try:
        scanner = shield.scanner
    except SettingsError as error:
        _say(answers, {"error": error.message, "hint": error.hint})
        return
    _say(answers, {"error": "", "problems": shield.problems})
    for line in sys.stdin.buffer:
        job = FileJob.model_validate_json(line)
        _allow(limits.seconds * (3 if job.want != "findings" else 1) + _FIRST_GRACE)
        with use_language(job.lang):
            answer = inspect_file(scanner, job, limits=limits)
        _allow(0)
        answers.write(answer.model_dump_json().encode() + b"\n")
        answers.flush()


def _say(answers: IO[bytes], value: object) -> None:
    answers.write(json.dumps(value).encode() + b"\n")
    answers.flush()


def _allow(seconds: float) -> None:
    """Have the kernel end this process after so much processor time, even inside a parser; 0 for never."""
    if hasattr(signal, "setitimer") and hasattr(signal, "ITIMER_PROF"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
