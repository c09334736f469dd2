"""A source: notes that can be searched, and read again so that every quote can be checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path

from tieout.plugin import Passage, ReportSpan
from tieout.text import tokens


@dataclass(frozen=True)
class Note:
    """One text; ``document`` changes with its content, so that an old quote is not found in a new text."""

    title: str
    text: str

    @property
    def document(self) -> str:
        """SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()

    def lines(self) -> list[tuple[int, str]]:
        """Its lines with text, each with the offset of its first character."""
        found: list[tuple[int, str]] = []
        start = 0
        for line in self.text.splitlines(keepends=True):
            if line.strip():
                found.append((start, line.rstrip("\n")))
            start += len(line)
        return found


def _texts_in(folder: Path) -> list[Note]:
    return [Note(path.stem, path.read_text("utf-8", "replace")) for path in sorted(folder.glob("*.txt"))]


class Notes:
    """The notes of one host: those of the package and those in the plugin's folder."""

    name = "power_notes"

    def __init__(self) -> None:
        shipped = resources.files("tieout_power_notes").joinpath("data/notes.txt").read_text("utf-8")
        self._notes = [Note("Notes on power", shipped)]

    @asynccontextmanager
    async def with_folder(self, folder: Path) -> AsyncGenerator[None]:
        """Add the text files of a folder for as long as the host lives."""
        own = _texts_in(folder)
        self._notes += own
        try:
            yield
        finally:
            self._notes = [note for note in self._notes if note not in own]

    async def search(self, query: str, *, limit: int = 10) -> list[Passage]:
        """The lines that share the most words with the query, best first."""
        wanted = set(tokens(query))
        found = [
            Passage(span=self._span(note, start, line), text=line, score=float(shared))
            for note in self._notes
            for start, line in note.lines()
            if (shared := len(wanted & set(tokens(line))))
        ]
        return sorted(found, key=lambda passage: -passage.score)[:limit]

    async def reread(self, span: ReportSpan) -> str | None:
        """What stands at the span now."""
        for note in self._notes:
            if note.document == span.document and span.page == 1:
                return note.text[span.start : span.end]
        return None

    def _span(self, note: Note, start: int, line: str) -> ReportSpan:
        return ReportSpan(
            document=note.document,
            title=note.title,
            page=1,
            start=start,
            end=start + len(line),
            quote=line,
            source=self.name,
        )
