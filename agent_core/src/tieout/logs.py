"""Logging: nothing by default; ``--debug`` writes a rotating file, without secrets and without prompt text."""

from __future__ import annotations

__all__ = ["start_logging"]

import logging
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tieout.text import clean

_CONTENT_LOGGERS = ("openai", "httpx2", "httpcore2", "pydantic_ai")
"""Libraries whose debug lines hold the prompt text; heard only with ``--debug-content``."""


class _Redacting(logging.Formatter):
    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(process)d %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return clean(self._redact(super().format(record)))  # a log is read in a terminal


def start_logging(folder: Path, redact: Callable[[str], str], *, content: bool = False) -> Path | None:
    """Write the log to ``folder/tieout.log`` (3 files of 2 MB).

    Args:
        content: Also log what is sent to and received from models.

    Returns:
        The file, or ``None`` where the folder cannot be written.
    """
    path = folder / "tieout.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(_Redacting(redact))
    for name in ("tieout", *(_CONTENT_LOGGERS if content else ())):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
        logger.propagate = False
    return path
