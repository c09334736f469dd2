"""Reads a PDF file in a child process with limits; a crash there is one failed file here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from tieout_report_search.documents import ParsedFile, UnreadableFile
from tieout_report_search.messages import _
from tieout_report_search.settings import ReportSettings

__all__ = ["read_pdf"]

CHILD = Path(__file__).with_name("pdf_child.py")
PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
LINE_BYTES = 6  # an escaped character of JSON


def read_pdf(
    data: bytes, settings: ReportSettings, *, cancelled: Callable[[], bool] = lambda: False
) -> ParsedFile:
    """Read the text of every page.

    Args:
        data: The whole file.
        settings: Limits on pages, characters, time and memory.
        cancelled: Looked at ten times a second; the child is ended when it turns true.

    Raises:
        UnreadableFile: Not a PDF, encrypted, damaged, over a limit, or without any text.
    """
    with tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        lines, ending = _run_child(given, settings, cancelled)
    return _parsed(lines, ending, settings)


def _run_child(
    given: IO[bytes], settings: ReportSettings, cancelled: Callable[[], bool]
) -> tuple[list[bytes], str]:
    """Run the child to its end; returns its lines and why it ended (``""``, ``time``, ``cancelled``, ``crash``)."""
    seconds = settings.parse_seconds
    command = [
        sys.executable, "-s", "-P", str(CHILD),
        str(settings.max_pages), str(settings.max_characters),
        str(settings.parse_memory_mb << 20), str(int(seconds) + 1),
    ]  # fmt: skip
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    child = subprocess.Popen(
        command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert child.stdout is not None
    collected: list[bytes] = []
    limit = settings.max_characters * LINE_BYTES + settings.max_pages * 100
    reader = threading.Thread(target=_collect, args=(child.stdout, collected, limit), daemon=True)
    reader.start()
    deadline = time.monotonic() + seconds
    ending = ""
    while reader.is_alive() and not ending:
        reader.join(0.1)
        if cancelled():
            ending = "cancelled"
        elif time.monotonic() > deadline:
            ending = "time"
    if ending:
        child.kill()
    code = child.wait()
    reader.join()
    child.stdout.close()
    return collected, ending or ("crash" if code else "")


def _collect(stream: IO[bytes], lines: list[bytes], limit: int) -> None:
    for line in stream:
        limit -= len(line)
        if limit < 0:
            return
        lines.append(line)


def _parsed(lines: list[bytes], ending: str, settings: ReportSettings) -> ParsedFile:
    messages: list[dict[str, Any]] = []
    for line in lines:
        try:
            messages.append(json.loads(line))
        except ValueError:  # the last line of a child that was ended
            break
    error = next((message["error"] for message in messages if "error" in message), "")
    done = any("done" in message for message in messages)
    if error or ending or not done:
        raise UnreadableFile(_reason(error or ending or "crash", settings))
    facts = messages[0]
    pages = [message for message in messages if "page" in message]
    if not any(page["text"].strip() for page in pages):
        raise UnreadableFile(_("no page holds any text; a scan needs text recognition first"))
    return ParsedFile(
        pages=tuple(str(page["text"]) for page in pages),
        format="pdf",
        title=str(facts["title"]),
        heading=str(facts["heading"]),
        broken_pages=tuple(int(page["page"]) for page in pages if page["broken"]),
    )


def _reason(code: str, settings: ReportSettings) -> str:
    reasons = {
        "encrypted": _("the PDF is protected by a password"),
        "invalid": _("the PDF is damaged or is not a PDF at all"),
        "no-pages": _("the PDF has no pages"),
        "too-many-pages": _("the PDF has more than {limit} pages (max_pages)", limit=settings.max_pages),
        "too-much-text": _(
            "the file holds more than {limit} characters (max_characters)", limit=settings.max_characters
        ),
        "memory": _(
            "reading the PDF takes more than {limit} MB (parse_memory_mb)", limit=settings.parse_memory_mb
        ),
        "time": _(
            "reading the PDF takes longer than {limit:g} s (parse_seconds)", limit=settings.parse_seconds
        ),
        "cancelled": _("cancelled"),
    }
    return reasons.get(code) or _("the PDF reader ended unexpectedly on this file")
