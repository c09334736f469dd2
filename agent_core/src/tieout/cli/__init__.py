"""The command line: ``tieout``."""

from __future__ import annotations

__all__ = ["main"]

import os
import sys
from collections.abc import Sequence

from tieout.i18n import Language, detect_language, use_language


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    words = _global_first(list(sys.argv[1:] if arguments is None else arguments))
    _survive_odd_encodings()
    with use_language(_language(words)):
        try:
            from tieout.cli.app import run

            code = run(words)
        except KeyboardInterrupt:  # while modules were being imported
            code = _INTERRUPTED
        sys.exit(code)


_INTERRUPTED = 130  # ExitCode.INTERRUPTED, which is not imported yet
_GLOBAL_VALUES = ("--lang", "--profile")
_GLOBAL_FLAGS = ("--online", "--offline", "--no-plugins", "--no-color", "--debug", "--debug-content")


def _global_first(words: list[str]) -> list[str]:
    """Move global options that stand behind the command to the front, where people expect them to work too."""
    front: list[str] = []
    rest: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            rest += [word, *queue]
            break
        if word in _GLOBAL_VALUES and queue:
            front += [word, queue.pop(0)]
        elif word in _GLOBAL_FLAGS or word.startswith(tuple(f"{name}=" for name in _GLOBAL_VALUES)):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def _language(words: Sequence[str]) -> Language:
    """The language, before anything else is read: help and errors need it too."""
    for position, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and position + 1 < len(words):
            value = words[position + 1]
        if value in ("en", "zh"):
            return "zh" if value == "zh" else "en"
    chosen = os.environ.get("TIEOUT_LANG", "")
    if chosen in ("en", "zh"):
        return "zh" if chosen == "zh" else "en"
    return detect_language()


def _survive_odd_encodings() -> None:
    """A terminal that cannot show a character gets a question mark instead of a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
