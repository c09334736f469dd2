"""The command line: ``tieout``."""

from __future__ import annotations

__all__ = ["main"]

import os
import sys
from collections.abc import Sequence

from tieout.i18n import Language, detect_language, use_language


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _survive_odd_encodings()
    with use_language(_language(words)):
        from tieout.cli.app import run

        sys.exit(run(words))


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
