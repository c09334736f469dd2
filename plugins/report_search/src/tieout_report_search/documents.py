"""The plain types that pass between reading, cleaning, storing and searching."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from tieout.errors import InputError

__all__ = ["Chunk", "ChunkKind", "DateKind", "Metadata", "ParsedFile", "StoredDocument", "UnreadableFile"]

ChunkKind = Literal["body", "contents", "disclaimer"]
"""``contents`` (tables of contents) and ``disclaimer`` are ranked down, not left out."""
DateKind = Literal["report", "upload", "mentioned", ""]
"""``report``: the report's own date. ``upload``: the day a site published the file. ``mentioned``: first date in a text
that bears no other sign of a broker report."""


class UnreadableFile(InputError):
    """A file that cannot be taken into the library; the message is the reason."""

    default_code = "report-unreadable"


@dataclass(frozen=True)
class ParsedFile:
    """What a file holds: the raw text of each page, exactly as read."""

    pages: tuple[str, ...]
    format: Literal["pdf", "text"]
    title: str = ""
    """Title that the file itself names."""
    heading: str = ""
    """The text in the largest type on the first page."""
    encoding: str = ""
    broken_pages: tuple[int, ...] = ()
    """1-based pages that the PDF library could not read."""


@dataclass(frozen=True)
class Metadata:
    """What the first page says about the report; fields that were not found are empty."""

    title: str
    broker: str = ""
    published: date | None = None
    date_kind: DateKind = ""
    analysts: tuple[str, ...] = ()
    rating: str = ""


@dataclass(frozen=True)
class Chunk:
    """A stretch of one page's clean text, cut at sentence ends."""

    page: int
    """1-based page."""
    start: int
    """Offset of the first character in the page's clean text."""
    end: int
    kind: ChunkKind = "body"
    section: str = ""
    """The last heading above it."""


@dataclass(frozen=True)
class StoredDocument:
    """A report in the library."""

    key: int
    """Row number; never used again after removal."""
    sha256: str
    """Hash of the file's bytes, hex."""
    name: str
    """File name, cleaned for showing."""
    pages: int
    size: int
    """Bytes of the file."""
    format: str
    language: str
    added: str
    """ISO time of adding, UTC."""
    metadata: Metadata = field(default_factory=lambda: Metadata(title=""))

    @property
    def id(self) -> str:
        """The first 16 characters of the hash: what spans, commands and tools name it by."""
        return self.sha256[:16]
