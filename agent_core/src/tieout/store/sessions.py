"""Sessions as a person handles them: list, name by a prefix, rename, delete."""

from __future__ import annotations

__all__ = ["create", "delete", "every_id", "find", "listed", "rename", "session_busy"]

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tieout.errors import StoreError
from tieout.i18n import translator
from tieout.store import entries, turns
from tieout.store.owner import has_died
from tieout.store.rows import Session, from_sql, new_id, parse_time, stamp, to_sql

_ = translator("tieout")

_SELECT: Final = """
    SELECT s.id, s.title, s.created_at, s.updated_at, (SELECT count(*) FROM turns t WHERE t.session_id = s.id)
    FROM sessions s
"""
_NAMED: Final = 5  # candidates listed when a prefix fits several sessions


def create(cx: sqlite3.Connection, *, title: str) -> str:
    """Make an empty session and return its id."""
    session_id, now = new_id(), stamp()
    cx.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (session_id, to_sql(title), now, now))
    return session_id


def listed(cx: sqlite3.Connection, *, limit: int | None) -> list[Session]:
    """Sessions, most recently used first."""
    rows = cx.execute(
        f"{_SELECT} ORDER BY s.updated_at DESC, s.rowid DESC LIMIT ?",
        (-1 if limit is None else max(0, limit),),
    )
    return [_session(row) for row in rows]


def every_id(cx: sqlite3.Connection) -> list[str]:
    """The id of every session, oldest first."""
    return [row[0] for row in cx.execute("SELECT id FROM sessions ORDER BY created_at, rowid")]


def find(cx: sqlite3.Connection, name: str) -> Session:
    """The session with that id, or the only one whose id begins so.

    Raises:
        StoreError: None or several fit (``session-unknown``, ``session-ambiguous``).
    """
    rows = cx.execute(f"{_SELECT} WHERE s.id = ?", (to_sql(name),)).fetchall()
    if not rows and name:
        rows = cx.execute(
            f"{_SELECT} WHERE substr(s.id, 1, ?) = ? ORDER BY s.updated_at DESC LIMIT ?",
            (len(name), to_sql(name), _NAMED),
        ).fetchall()
    if len(rows) == 1:
        return _session(rows[0])
    if rows:
        raise StoreError(
            _("Several sessions begin with {name}: {ids}.", name=name, ids=", ".join(row[0] for row in rows)),
            code="session-ambiguous",
            hint=_("Give more characters of the id."),
        )
    raise StoreError(
        _("The conversation store has no session {name}.", name=name),
        code="session-unknown",
        hint=_("List the sessions with `tieout sessions list`."),
    )


def rename(cx: sqlite3.Connection, session_id: str, *, title: str) -> None:
    """Give the session another title."""
    cx.execute("UPDATE sessions SET title = ? WHERE id = ?", (to_sql(title), session_id))


def delete(cx: sqlite3.Connection, session_id: str, *, force: bool) -> None:
    """Delete a session with its turns, its conversation and the entries that no other conversation uses.

    Raises:
        StoreError: A process that lives is in mid-turn in it, and ``force`` is off (``session-busy``).
    """
    if not force:
        running = {row[0] for row in cx.execute("SELECT id FROM turns WHERE session_id = ?", (session_id,))}
        for draft in turns.drafts(cx):
            silent_for = datetime.now(UTC) - draft.updated_at
            if draft.turn_id in running and not has_died(draft.owner, silent_for=silent_for):
                raise session_busy(session_id, pid=draft.owner.pid)
    tips = entries.tips(cx, session_id)
    # By hand, since a trigger must not touch a virtual table while trusted_schema is off.
    cx.execute(
        "DELETE FROM turn_search WHERE rowid IN (SELECT seq FROM turns WHERE session_id = ?)", (session_id,)
    )
    cx.execute("DELETE FROM sessions WHERE id = ?", (session_id,))  # the rest goes with it by foreign keys
    entries.release(cx, tips)


def session_busy(session_id: str, *, pid: int) -> StoreError:
    """The error for a session that is being answered in right now."""
    return StoreError(
        _(
            "Session {session_id} is answering a question right now (process {pid}).",
            session_id=session_id,
            pid=pid,
        ),
        code="session-busy",
        hint=_("Wait until it is done or end that process, then try again."),
    )


def _session(row: Sequence[Any]) -> Session:
    return Session(
        id=row[0],
        title=from_sql(row[1]),
        created_at=parse_time(row[2]),
        updated_at=parse_time(row[3]),
        turns=row[4],
    )
