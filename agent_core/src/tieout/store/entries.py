"""The log of conversation entries and the records that point into it, as rows; the JSON stays unread here."""

from __future__ import annotations

__all__ = [
    "EntryRow",
    "RecordRow",
    "add",
    "chain",
    "exists",
    "get",
    "put_record",
    "record",
    "records",
    "release",
    "revision",
    "tips",
]

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from tieout.errors import StoreError
from tieout.i18n import translator
from tieout.store import search
from tieout.store.rows import SqlText, from_sql, new_id, stamp

_ = translator("tieout")


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryRow:
    """One message of a conversation, after the entry ``parent_id``."""

    id: str
    parent_id: str | None
    conversation_id: str
    """The conversation that wrote it; others may share it."""

    kind: str
    message: SqlText
    """JSON as :class:`tieout.store.messages.MessageCodec` writes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordRow:
    """Where a conversation's history ends, with what SQL has to know about it."""

    id: str
    head_id: str | None
    revision: str
    scope: str | None
    updated_at: str
    branches: Sequence[str]
    forked_from: str | None
    forked_at: str | None
    record: str
    """The whole record as JSON."""


def exists(cx: sqlite3.Connection, entry_id: str) -> bool:
    """Whether the log has an entry of that id."""
    return cx.execute("SELECT 1 FROM entries WHERE id = ?", (entry_id,)).fetchone() is not None


def get(cx: sqlite3.Connection, entry_id: str) -> EntryRow | None:
    """One entry, or ``None``."""
    row = cx.execute(
        "SELECT id, parent_id, conversation_id, kind, message FROM entries WHERE id = ?", (entry_id,)
    ).fetchone()
    return None if row is None else _entry(row)


def chain(cx: sqlite3.Connection, head_id: str, *, limit: int | None = None) -> list[EntryRow]:
    """The entries up to ``head_id``, oldest first, or the last ``limit`` of them.

    Raises:
        LookupError: An entry of the chain is gone.
        StoreError: The chain bites its tail (``store-corrupt``).
    """
    if limit == 0:
        return []
    # No history is longer than the log, which ends a walk round a loop in a damaged file.
    most = int(cx.execute("SELECT coalesce(max(seq), 0) + 1 FROM entries").fetchone()[0])
    rows = cx.execute(
        """WITH RECURSIVE line (id, parent_id, conversation_id, kind, message, depth) AS (
               SELECT id, parent_id, conversation_id, kind, message, 1 FROM entries WHERE id = ?1
               UNION ALL
               SELECT e.id, e.parent_id, e.conversation_id, e.kind, e.message, line.depth + 1
               FROM entries e JOIN line ON e.id = line.parent_id WHERE line.depth < ?2
           ) SELECT id, parent_id, conversation_id, kind, message FROM line ORDER BY depth DESC""",
        (head_id, most if limit is None else min(limit, most)),
    ).fetchall()
    line = [_entry(row) for row in rows]
    if len({entry.id for entry in line}) < len(line):
        raise StoreError(
            _("The history that ends at entry {entry_id} is damaged: it runs in a circle.", entry_id=head_id),
            code="store-corrupt",
            hint=_("Save what can be read with `tieout sessions export --salvage`."),
        )
    if not line or (line[0].parent_id is not None and len(line) != limit):
        raise LookupError(line[0].parent_id if line else head_id)
    return line


def add(cx: sqlite3.Connection, new: Sequence[EntryRow]) -> None:
    """Append entries to the log."""
    cx.executemany(
        "INSERT INTO entries (id, parent_id, conversation_id, kind, message) VALUES (?, ?, ?, ?, ?)",
        [(entry.id, entry.parent_id, entry.conversation_id, entry.kind, entry.message) for entry in new],
    )


def record(cx: sqlite3.Connection, conversation_id: str) -> SqlText | None:
    """A conversation's record as JSON, or ``None``."""
    row = cx.execute("SELECT record FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
    return None if row is None else row[0]


def revision(cx: sqlite3.Connection, conversation_id: str) -> str | None:
    """The revision of a conversation's record, or ``None`` where there is none."""
    row = cx.execute("SELECT revision FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
    return None if row is None else row[0]


def records(cx: sqlite3.Connection, *, scope: str | None, limit: int | None) -> list[SqlText]:
    """The records as JSON, most recently saved first."""
    rows = cx.execute(
        "SELECT record FROM conversations WHERE ?1 IS NULL OR scope = ?1 ORDER BY updated_at DESC, rowid DESC LIMIT ?2",
        (scope, -1 if limit is None else limit),
    )
    return [row[0] for row in rows]


def put_record(cx: sqlite3.Connection, row: RecordRow) -> None:
    """Store a record in place of the one it follows. A new fork takes the turns it shares with it."""
    is_new = record(cx, row.id) is None
    now = stamp()
    cx.execute("INSERT OR IGNORE INTO sessions VALUES (?, '', ?, ?)", (row.id, now, now))
    cx.execute("UPDATE sessions SET updated_at = max(updated_at, ?) WHERE id = ?", (row.updated_at, row.id))
    cx.execute(
        """INSERT INTO conversations (id, head_id, revision, scope, updated_at, record) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET head_id = excluded.head_id, revision = excluded.revision,
               scope = excluded.scope, updated_at = excluded.updated_at, record = excluded.record""",
        (row.id, row.head_id, row.revision, row.scope, row.updated_at, row.record),
    )
    cx.execute("DELETE FROM branches WHERE conversation_id = ?", (row.id,))
    cx.executemany("INSERT OR IGNORE INTO branches VALUES (?, ?)", [(row.id, tip) for tip in row.branches])
    if is_new and row.forked_from is not None and row.forked_at is not None:
        _share_turns(cx, row.id, source=row.forked_from, entry_id=row.forked_at)


def tips(cx: sqlite3.Connection, conversation_id: str) -> list[str]:
    """Where the conversation's history and the branches it left end."""
    rows = cx.execute(
        """SELECT head_id FROM conversations WHERE id = ?1 AND head_id IS NOT NULL
           UNION SELECT entry_id FROM branches WHERE conversation_id = ?1""",
        (conversation_id,),
    )
    return [row[0] for row in rows]


def release(cx: sqlite3.Connection, ends: Sequence[str]) -> None:
    """Delete the entries from each of ``ends`` back to the first that something still needs."""
    for end in ends:
        entry_id: str | None = end
        while entry_id is not None:
            row = cx.execute(
                """DELETE FROM entries WHERE id = ?1
                       AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.parent_id = ?1)
                       AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.head_id = ?1)
                       AND NOT EXISTS (SELECT 1 FROM branches b WHERE b.entry_id = ?1)
                   RETURNING parent_id""",
                (entry_id,),
            ).fetchone()
            entry_id = None if row is None else row[0]


def _share_turns(cx: sqlite3.Connection, session_id: str, *, source: str, entry_id: str) -> None:
    """Copy the turns of ``source`` whose entries the fork at ``entry_id`` holds, and its title."""
    cx.execute(
        "UPDATE sessions SET title = (SELECT title FROM sessions WHERE id = ?) WHERE id = ? AND title = ''",
        (source, session_id),
    )
    kept = {entry.id for entry in chain(cx, entry_id)}
    rows = cx.execute(
        """SELECT question, answer, status, model, started_at, ended_at, usage, evidence, marks, last_entry_id
           FROM turns WHERE session_id = ? AND last_entry_id IS NOT NULL ORDER BY seq""",
        (source,),
    ).fetchall()
    for row in rows:
        if row[-1] not in kept:
            continue
        cursor = cx.execute(
            """INSERT INTO turns (id, session_id, question, answer, status, model, started_at, ended_at, usage,
                   evidence, marks, last_entry_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (new_id(), session_id, *row),
        )
        search.index(cx, cursor.lastrowid or 0, question=from_sql(row[0]), answer=from_sql(row[1]))


def _entry(row: Sequence[str]) -> EntryRow:
    return EntryRow(id=row[0], parent_id=row[1], conversation_id=row[2], kind=row[3], message=row[4])
