"""The store's tables, and how a file of an older version becomes one of this version."""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "MIGRATIONS", "Migration", "migrate"]

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from tieout.errors import StoreError
from tieout.i18n import translator

_ = translator("tieout")

APPLICATION_ID = 0x5469654F  # "TieO": marks the file as ours, so that another program's is never migrated

Migration: TypeAlias = Sequence[str]
"""Statements that lead from one version to the next."""

_VERSION_1: Migration = (
    # A session is what a person sees; it has the id of its conversation.
    """CREATE TABLE sessions (
        id TEXT PRIMARY KEY NOT NULL,
        title NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    )""",
    "CREATE INDEX sessions_by_update ON sessions (updated_at)",
    # The record as JSON is what is read back; the columns beside it are what SQL needs to find it.
    """CREATE TABLE conversations (
        id TEXT PRIMARY KEY NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        head_id TEXT,
        revision TEXT NOT NULL,
        scope TEXT,
        updated_at TEXT NOT NULL,
        record NOT NULL
    )""",
    "CREATE INDEX conversations_by_head ON conversations (head_id)",
    "CREATE INDEX conversations_by_update ON conversations (updated_at)",
    """CREATE TABLE branches (
        conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        entry_id TEXT NOT NULL,
        PRIMARY KEY (conversation_id, entry_id)
    )""",
    "CREATE INDEX branches_by_entry ON branches (entry_id)",
    # Append-only. Several conversations may share an entry; conversation_id says which one wrote it.
    """CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        id TEXT UNIQUE NOT NULL,
        parent_id TEXT,
        conversation_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        message NOT NULL
    )""",
    "CREATE INDEX entries_by_parent ON entries (parent_id)",
    "CREATE INDEX entries_by_conversation ON entries (conversation_id)",
    """CREATE TABLE turns (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT UNIQUE NOT NULL,
        session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        question NOT NULL,
        answer NOT NULL DEFAULT '',
        status TEXT NOT NULL CHECK (status IN ('running', 'done', 'interrupted', 'failed')),
        model NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        usage NOT NULL DEFAULT '{}',
        evidence NOT NULL DEFAULT '[]',
        marks NOT NULL DEFAULT '[]',
        last_entry_id TEXT,
        recovered INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX turns_by_session ON turns (session_id, seq)",
    # The growing answer of a running turn. Kept apart from `entries`, where each save would leave a branch.
    """CREATE TABLE drafts (
        turn_id TEXT PRIMARY KEY NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
        answer NOT NULL DEFAULT '',
        evidence NOT NULL DEFAULT '[]',
        updated_at TEXT NOT NULL,
        owner TEXT NOT NULL
    )""",
    # Holds tokens made by tieout.text, not the text itself; rowid = turns.seq.
    """CREATE VIRTUAL TABLE turn_search USING fts5 (
        question, answer, tokenize = 'unicode61 remove_diacritics 0'
    )""",
)

MIGRATIONS: tuple[Migration, ...] = (_VERSION_1,)


def migrate(
    cx: sqlite3.Connection, path: Path | None, *, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Bring the file to the newest version in one transaction, after copying it where it holds data.

    Args:
        cx: Connection in autocommit mode, with no transaction open.
        path: The file, or ``None`` for memory.
        migrations: Statements from version 0 to 1, 1 to 2 and so on.

    Raises:
        StoreError: The file belongs to a newer Tieout or to another program, or a step would lose rows.
    """
    if _version(cx) == len(migrations):
        return
    _refuse_foreign(cx, path, newest=len(migrations))
    if path is not None and _version(cx) > 0:
        _copy_first(cx, path)
    cx.execute("BEGIN IMMEDIATE")
    try:
        # Read again under the lock: another process may have done the work while this one waited.
        before = _row_counts(cx)
        for statements in migrations[_version(cx) :]:
            for statement in statements:
                cx.execute(statement)
        after = _row_counts(cx)
        if lost := [table for table in before if after.get(table, 0) < before[table]]:
            raise StoreError(
                _(
                    "Updating the conversation store {path} would have lost rows of {tables}; nothing was changed.",
                    path=path,
                    tables=", ".join(lost),
                ),
                code="store-migration",
                hint=_("Please report this; the file works with the Tieout that wrote it."),
            )
        cx.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        cx.execute(f"PRAGMA user_version = {len(migrations)}")
        cx.execute("COMMIT")
    except BaseException:
        if cx.in_transaction:
            cx.execute("ROLLBACK")
        raise


def _version(cx: sqlite3.Connection) -> int:
    return int(cx.execute("PRAGMA user_version").fetchone()[0])


def _refuse_foreign(cx: sqlite3.Connection, path: Path | None, *, newest: int) -> None:
    version = _version(cx)
    if version > newest:
        raise StoreError(
            _(
                "The conversation store {path} was written by a newer Tieout "
                "(format {version}; this one reads up to {newest}).",
                path=path,
                version=version,
                newest=newest,
            ),
            code="store-newer",
            hint=_("Update Tieout, or name another file as the store."),
        )
    owner = int(cx.execute("PRAGMA application_id").fetchone()[0])
    tables = int(cx.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and owner != APPLICATION_ID:
        raise StoreError(
            _("{path} is a database of another program, not a conversation store.", path=path),
            code="store-foreign",
            hint=_("Name another file as the store."),
        )


def _copy_first(cx: sqlite3.Connection, path: Path) -> None:
    copy = path.with_name(f"{path.name}.v{_version(cx)}")
    if copy.exists():
        return
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    os.close(
        os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    )  # as private as the store itself
    try:
        cx.execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)


def _row_counts(cx: sqlite3.Connection) -> dict[str, int]:
    names = [row[0] for row in cx.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = [name for name in names if not name.startswith(("sqlite_", "turn_search"))]
    return {name: int(cx.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in kept}  # noqa: S608
