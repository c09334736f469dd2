"""Finds report files in folders, reads their bytes within limits, and decodes text."""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from tieout_report_search.documents import ParsedFile, UnreadableFile
from tieout_report_search.messages import _
from tieout_report_search.pdf import read_pdf
from tieout_report_search.settings import ReportSettings

__all__ = ["decode_text", "find_files", "parse", "read_bytes"]

CONTROL_SHARE = 0.005
SAMPLE = 65536


def find_files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Report files under a folder, sorted; links that lead out of the folder and hidden names are left out."""
    root = folder.resolve()
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(directory, name)
            if name.startswith(".") or path.suffix.lower() not in suffixes:
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                continue
            yield path


def read_bytes(path: Path, settings: ReportSettings) -> bytes:
    """The bytes of a regular file.

    Raises:
        UnreadableFile: Missing, not a regular file, not readable, empty, or over ``max_file_mb``.
    """
    limit = settings.max_file_mb << 20
    try:
        # Non-blocking, so that a named pipe cannot hold us up before it is recognised.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise UnreadableFile(_("the file cannot be opened ({reason})", reason=error.strerror)) from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableFile(_("this is not a regular file"))
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise UnreadableFile(_("the file cannot be read ({reason})", reason=error.strerror)) from None
    if len(data) > limit:
        raise UnreadableFile(
            _("the file is larger than {limit} MB (max_file_mb)", limit=settings.max_file_mb)
        )
    if not data.strip(b"\0 \t\r\n\f"):
        raise UnreadableFile(_("the file is empty"))
    return data


def parse(
    data: bytes, settings: ReportSettings, *, cancelled: Callable[[], bool] = lambda: False
) -> ParsedFile:
    """Read a PDF or text file, told apart by content and not by name.

    Raises:
        UnreadableFile: With the reason.
    """
    if b"%PDF-" in data[:1024]:
        return read_pdf(data, settings, cancelled=cancelled)
    text, encoding = decode_text(data)
    if len(text) > settings.max_characters:
        raise UnreadableFile(
            _("the file holds more than {limit} characters (max_characters)", limit=settings.max_characters)
        )
    pages = text.split("\f")
    if len(pages) > 1 and not pages[-1].strip():
        pages.pop()  # a form feed after the last page begins no other
    if len(pages) > settings.max_pages:
        raise UnreadableFile(_("the text has more than {limit} pages (max_pages)", limit=settings.max_pages))
    return ParsedFile(pages=tuple(pages), format="text", encoding=encoding)


def decode_text(data: bytes) -> tuple[str, str]:
    """Decode UTF-8, UTF-16 or GB18030, with or without a byte order mark; returns (text, encoding).

    Raises:
        UnreadableFile: The bytes are no text in any of them.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded(data, encoding)
    if guessed := _utf16_without_mark(data):
        return _decoded(data, guessed)
    try:
        return _decoded(data, "utf-8")
    except UnreadableFile:
        return _decoded(data, "gb18030")


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFile(_("this is neither a PDF nor text in UTF-8, UTF-16 or GB18030")) from None
    sample = text[:SAMPLE]
    odd = len(re.findall("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]", sample))
    if odd > CONTROL_SHARE * len(sample):
        raise UnreadableFile(_("this is neither a PDF nor text in UTF-8, UTF-16 or GB18030"))
    return text, encoding


def _utf16_without_mark(data: bytes) -> str:
    """Text with many zero bytes on one side only is UTF-16; UTF-8 and GB18030 text has none."""
    even, odd = data[0:SAMPLE:2].count(0), data[1:SAMPLE:2].count(0)
    half = max(1, min(len(data), SAMPLE) // 2)
    if max(even, odd) < 0.05 * half:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"
