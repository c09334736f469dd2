"""The library's truth: documents, raw pages, passages and known files in SQLite.

The search index can be dropped and rebuilt from here at any time. Each document is written in one transaction; what
the index has not taken in yet is marked, so that a process killed between the two is made good by the next writer.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from tieout.errors import StoreError
from tieout.text import Normalized
from tieout_report_search.documents import Chunk, ChunkKind, Metadata, StoredDocument
from tieout_report_search.messages import _
from tieout_report_search.offsets import pack_runs, unpack_runs

__all__ = ["KnownFile", "Page", "Store", "StoredChunk"]

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    key INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, pages INTEGER NOT NULL,
    size INTEGER NOT NULL, format TEXT NOT NULL, encoding TEXT NOT NULL, language TEXT NOT NULL, added TEXT NOT NULL,
    title TEXT NOT NULL, broker TEXT NOT NULL, published TEXT, date_kind TEXT NOT NULL, analysts TEXT NOT NULL,
    rating TEXT NOT NULL, indexed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS pages (
    document INTEGER NOT NULL REFERENCES documents(key) ON DELETE CASCADE, page INTEGER NOT NULL, raw BLOB NOT NULL,
    sha256 TEXT NOT NULL, clean TEXT NOT NULL, runs BLOB NOT NULL, PRIMARY KEY (document, page)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (
    key INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents(key) ON DELETE CASCADE,
    page INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, kind TEXT NOT NULL, section TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_of_document ON chunks(document);
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, root BLOB, sha256 TEXT NOT NULL, modified INTEGER NOT NULL, size INTEGER NOT NULL,
    error TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS removed (document INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
COLUMNS = (
    "key, sha256, name, pages, size, format, language, added, title, broker,"
    " published, date_kind, analysts, rating"
)


@dataclass(frozen=True)
class Page:
    """A stored page: the raw text as read, and the clean text with runs back to it."""

    raw: str
    text: Normalized


@dataclass(frozen=True)
class StoredChunk:
    """A passage with the number the index knows it by."""

    key: int
    document: int
    chunk: Chunk


@dataclass(frozen=True)
class KnownFile:
    """What was last seen of a file: enough to skip it when nothing changed."""

    sha256: str
    modified: int
    """Modification time in nanoseconds."""
    size: int
    error: str
    """Why it could not be taken in, or empty."""


class Store:
    """Rows in, rows out; every call opens a connection of its own, so that any thread may call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.writing() as db:
            db.executescript(SCHEMA)
            version = self._fact(db, "schema")
            if version and int(version) > SCHEMA_VERSION:
                raise StoreError(
                    _("{path} was written by a newer version of report search.", path=path),
                    hint=_("Update tieout-report-search."),
                )
            self._set_fact(db, "schema", str(SCHEMA_VERSION))

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection; database errors become StoreError with the next step."""
        try:
            with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as db:
                db.execute("PRAGMA foreign_keys=ON")
                yield db
        except sqlite3.DatabaseError as error:
            raise StoreError(
                _("The report library {path} cannot be used: {reason}.", path=self.path, reason=error),
                hint=_(
                    "Check disk space and permissions; if the file is damaged, move it away and add the reports again."
                ),
            ) from None

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """A connection inside one transaction, rolled back when the block raises."""
        with self.reading() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            if db.in_transaction:
                db.execute("COMMIT")

    # Facts

    def fact(self, name: str) -> str:
        """A remembered value, or empty."""
        with self.reading() as db:
            return self._fact(db, name)

    def set_fact(self, name: str, value: str) -> None:
        """Remember a value."""
        with self.writing() as db:
            self._set_fact(db, name, value)

    @staticmethod
    def _fact(db: sqlite3.Connection, name: str) -> str:
        row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    @staticmethod
    def _set_fact(db: sqlite3.Connection, name: str, value: str) -> None:
        db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # Documents

    def add(
        self,
        sha256: str,
        *,
        name: str,
        size: int,
        format: str,
        encoding: str,
        language: str,
        metadata: Metadata,
        pages: Sequence[Page],
        chunks: Sequence[Chunk],
    ) -> StoredDocument:
        """Store a document with its pages and passages; the index has yet to take it in."""
        facts = (
            sha256, name, len(pages), size, format, encoding, language, datetime.now(UTC).isoformat(timespec="seconds"),
            metadata.title, metadata.broker, metadata.published and metadata.published.isoformat(), metadata.date_kind,
            json.dumps(metadata.analysts, ensure_ascii=False), metadata.rating,
        )  # fmt: skip
        with self.writing() as db:
            key = db.execute(
                "INSERT INTO documents (sha256, name, pages, size, format, encoding, language, added, title, broker,"
                " published, date_kind, analysts, rating) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                facts,
            ).lastrowid
            db.executemany(
                "INSERT INTO pages VALUES (?,?,?,?,?,?)",
                [
                    (
                        key,
                        number,
                        raw := _bytes(page.raw),
                        _hash(raw),
                        page.text.text,
                        pack_runs(page.text.runs),
                    )
                    for number, page in enumerate(pages, start=1)
                ],
            )
            db.executemany(
                "INSERT INTO chunks (document, page, start, end, kind, section) VALUES (?,?,?,?,?,?)",
                [(key, c.page, c.start, c.end, c.kind, c.section) for c in chunks],
            )
        assert key is not None
        return self.document(key)

    def remove(self, key: int) -> None:
        """Delete a document; its number stays in ``removed`` until the index has dropped it too."""
        with self.writing() as db:
            db.execute("INSERT OR IGNORE INTO removed VALUES (?)", (key,))
            db.execute(
                "UPDATE files SET error = 'removed' WHERE sha256 = (SELECT sha256 FROM documents WHERE key = ?)",
                (key,),
            )
            db.execute("DELETE FROM documents WHERE key = ?", (key,))

    def documents(self) -> list[StoredDocument]:
        """Every document, newest report first."""
        with self.reading() as db:
            rows = db.execute(
                f"SELECT {COLUMNS} FROM documents ORDER BY published IS NULL, published DESC, key"  # noqa: S608
            ).fetchall()
        return [_document(row) for row in rows]

    def document(self, key: int) -> StoredDocument:
        """The document of a row number.

        Raises:
            KeyError: There is none.
        """
        with self.reading() as db:
            row = db.execute(f"SELECT {COLUMNS} FROM documents WHERE key = ?", (key,)).fetchone()  # noqa: S608
        if row is None:
            raise KeyError(key)
        return _document(row)

    def by_hash(self, prefix: str) -> list[StoredDocument]:
        """The documents whose hash begins with ``prefix``."""
        if not prefix or not all(character in "0123456789abcdef" for character in prefix):
            return []
        with self.reading() as db:
            rows = db.execute(
                f"SELECT {COLUMNS} FROM documents WHERE substr(sha256, 1, ?) = ?",  # noqa: S608
                (len(prefix), prefix),
            ).fetchall()
        return [_document(row) for row in rows]

    # Pages and passages

    def page(self, document: int, page: int) -> Page | None:
        """A page whose stored bytes still have the hash they were stored with, else ``None``."""
        with self.reading() as db:
            row = db.execute(
                "SELECT raw, sha256, clean, runs FROM pages WHERE document = ? AND page = ?", (document, page)
            ).fetchone()
        if row is None or not isinstance(row[0], bytes) or _hash(row[0]) != row[1]:
            return None
        return Page(_text(row[0]), Normalized(row[2], unpack_runs(row[3])))

    def chunks(self, keys: Sequence[int]) -> dict[int, StoredChunk]:
        """Passages by number; those that no longer exist are missing from the answer."""
        found: dict[int, StoredChunk] = {}
        with self.reading() as db:
            for key in keys:
                row = db.execute(
                    "SELECT key, document, page, start, end, kind, section FROM chunks WHERE key = ?", (key,)
                ).fetchone()
                if row:
                    found[key] = _chunk(row)
        return found

    def chunks_of(self, document: int) -> list[tuple[StoredChunk, str]]:
        """Every passage of a document with its clean text."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT c.key, c.document, c.page, c.start, c.end, c.kind, c.section,"
                " substr(p.clean, c.start + 1, c.end - c.start) FROM chunks c"
                " JOIN pages p ON p.document = c.document AND p.page = c.page WHERE c.document = ? ORDER BY c.key",
                (document,),
            ).fetchall()
        return [(_chunk(row[:7]), str(row[7])) for row in rows]

    # What the index owes

    def unindexed(self) -> list[int]:
        """Documents that the index has not taken in."""
        with self.reading() as db:
            return [row[0] for row in db.execute("SELECT key FROM documents WHERE NOT indexed ORDER BY key")]

    def removed(self) -> list[int]:
        """Documents that the index has not dropped."""
        with self.reading() as db:
            return [row[0] for row in db.execute("SELECT document FROM removed")]

    def settle_index(self, added: Sequence[int], removed: Sequence[int]) -> None:
        """Note what the index has committed."""
        with self.writing() as db:
            db.executemany("UPDATE documents SET indexed = 1 WHERE key = ?", [(key,) for key in added])
            db.executemany("DELETE FROM removed WHERE document = ?", [(key,) for key in removed])

    def forget_index(self) -> None:
        """Mark everything as not indexed, before a rebuild."""
        with self.writing() as db:
            db.execute("UPDATE documents SET indexed = 0")
            db.execute("DELETE FROM removed")

    # Files

    def file(self, path: bytes) -> KnownFile | None:
        """What is known of the file at a path."""
        with self.reading() as db:
            row = db.execute(
                "SELECT sha256, modified, size, error FROM files WHERE path = ?", (path,)
            ).fetchone()
        return KnownFile(*row) if row else None

    def set_file(self, path: bytes, root: bytes | None, known: KnownFile) -> None:
        """Remember a file; ``root`` is the configured folder that it belongs to."""
        with self.writing() as db:
            db.execute(
                "INSERT INTO files VALUES (?,?,?,?,?,?) ON CONFLICT (path) DO UPDATE SET"
                " root = coalesce(excluded.root, root), sha256 = excluded.sha256, modified = excluded.modified,"
                " size = excluded.size, error = excluded.error",
                (path, root, known.sha256, known.modified, known.size, known.error),
            )

    def drop_file(self, path: bytes) -> None:
        """Forget a file."""
        with self.writing() as db:
            db.execute("DELETE FROM files WHERE path = ?", (path,))

    def files_under(self, root: bytes) -> dict[bytes, str]:
        """Path to hash of the files that came from a configured folder."""
        with self.reading() as db:
            return dict(db.execute("SELECT path, sha256 FROM files WHERE root = ?", (root,)).fetchall())

    def is_wanted(self, sha256: str) -> bool:
        """Whether any known file has this content."""
        with self.reading() as db:
            return (
                db.execute("SELECT 1 FROM files WHERE sha256 = ? AND error = ''", (sha256,)).fetchone()
                is not None
            )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _document(row: Sequence[Any]) -> StoredDocument:
    (
        key,
        sha256,
        name,
        pages,
        size,
        format,
        language,
        added,
        title,
        broker,
        published,
        kind,
        analysts,
        rating,
    ) = row
    metadata = Metadata(
        title=title,
        broker=broker,
        published=date.fromisoformat(published) if published else None,
        date_kind=kind,
        analysts=tuple(json.loads(analysts)),
        rating=rating,
    )
    return StoredDocument(key, sha256, name, pages, size, format, language, added, metadata)


def _chunk(row: Sequence[Any]) -> StoredChunk:
    key, document, page, start, end, kind, section = row
    return StoredChunk(key, document, Chunk(page, start, end, cast(ChunkKind, kind), section))
