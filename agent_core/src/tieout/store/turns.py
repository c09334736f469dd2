"""Turns and their drafts, as functions over a connection inside a transaction."""

from __future__ import annotations

__all__ = [
    "Draft",
    "begin",
    "close",
    "drafts",
    "get",
    "is_open",
    "of_session",
    "save_draft",
    "turn_unknown",
]

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from tieout.errors import StoreError
from tieout.i18n import translator
from tieout.store import search
from tieout.store.owner import Owner, this_process
from tieout.store.rows import (
    JsonObject,
    Turn,
    TurnStatus,
    dump_json,
    from_sql,
    load_json,
    new_id,
    parse_time,
    stamp,
    to_sql,
)

_ = translator("tieout")

_TITLE = 80  # characters of the first question; one line of a terminal

# A running turn shows its draft, so that a list or an export in another process sees what is there.
_SELECT: Final = """
    SELECT t.id, t.session_id, t.question, coalesce(d.answer, t.answer), t.status, t.model, t.started_at, t.ended_at,
           t.usage, coalesce(d.evidence, t.evidence), t.marks, t.last_entry_id, t.recovered
    FROM turns t LEFT JOIN drafts d ON d.turn_id = t.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """The answer of a running turn so far."""

    turn_id: str
    answer: str
    updated_at: datetime
    owner: Owner


def begin(cx: sqlite3.Connection, *, session_id: str, question: str, model: str) -> str:
    """Store the question with an empty draft and return the turn's id; makes the session where it is new."""
    now = stamp()
    title = " ".join(question[: 4 * _TITLE].split())[:_TITLE]
    cx.execute(
        """INSERT INTO sessions (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at,
               title = CASE title WHEN '' THEN excluded.title ELSE title END""",
        (session_id, to_sql(title), now, now),
    )
    turn_id = new_id()
    cursor = cx.execute(
        "INSERT INTO turns (id, session_id, question, status, model, started_at) VALUES (?, ?, ?, 'running', ?, ?)",
        (turn_id, session_id, to_sql(question), to_sql(model), now),
    )
    cx.execute(
        "INSERT INTO drafts (turn_id, updated_at, owner) VALUES (?, ?, ?)",
        (turn_id, now, this_process().to_json()),
    )
    search.index(cx, cast(int, cursor.lastrowid), question=question, answer="")
    return turn_id


def save_draft(cx: sqlite3.Connection, turn_id: str, *, answer: str, evidence: Sequence[JsonObject]) -> None:
    """Replace the draft of a running turn; a turn that has ended is left as it is."""
    cx.execute(
        "UPDATE drafts SET answer = ?, evidence = ?, updated_at = ?, owner = ? WHERE turn_id = ?",
        (to_sql(answer), to_sql(dump_json(list(evidence))), stamp(), this_process().to_json(), turn_id),
    )


def close(
    cx: sqlite3.Connection,
    turn_id: str,
    *,
    status: TurnStatus,
    answer: str,
    usage: JsonObject,
    evidence: Sequence[JsonObject],
    marks: Sequence[JsonObject],
    last_entry_id: str | None,
    ended_at: datetime | None = None,
    recovered: bool = False,
) -> None:
    """Write the turn's end and delete its draft."""
    ended = stamp(ended_at)
    row = cx.execute(
        """UPDATE turns SET status = ?, answer = ?, usage = ?, evidence = ?, marks = ?, last_entry_id = ?,
               ended_at = ?, recovered = ? WHERE id = ? RETURNING seq, session_id, question""",
        (
            status,
            to_sql(answer),
            to_sql(dump_json(usage)),
            to_sql(dump_json(list(evidence))),
            to_sql(dump_json(list(marks))),
            last_entry_id,
            ended,
            recovered,
            turn_id,
        ),
    ).fetchone()
    seq, session_id, question = row
    cx.execute("DELETE FROM drafts WHERE turn_id = ?", (turn_id,))
    cx.execute("UPDATE sessions SET updated_at = max(updated_at, ?) WHERE id = ?", (ended, session_id))
    search.index(cx, seq, question=from_sql(question), answer=answer)


def is_open(turn: Turn) -> bool:
    """Whether the turn may still be closed: it runs, or was closed for a process only thought dead."""
    return turn.status == "running" or turn.recovered


def get(cx: sqlite3.Connection, turn_id: str) -> Turn:
    """One turn.

    Raises:
        StoreError: No such turn is stored (any more).
    """
    row = cx.execute(f"{_SELECT} WHERE t.id = ?", (to_sql(turn_id),)).fetchone()
    if row is None:
        raise turn_unknown(turn_id)
    return _turn(row)


def of_session(cx: sqlite3.Connection, session_id: str) -> list[Turn]:
    """A session's turns, oldest first."""
    rows = cx.execute(f"{_SELECT} WHERE t.session_id = ? ORDER BY t.seq", (session_id,))
    return [_turn(row) for row in rows]


def drafts(cx: sqlite3.Connection) -> Iterator[Draft]:
    """The drafts of every running turn, oldest first."""
    rows = cx.execute("SELECT turn_id, answer, updated_at, owner FROM drafts ORDER BY updated_at").fetchall()
    for turn_id, answer, updated_at, owner in rows:
        yield Draft(
            turn_id=turn_id,
            answer=from_sql(answer),
            updated_at=parse_time(updated_at),
            owner=Owner.from_json(owner),
        )


def turn_unknown(turn_id: str) -> StoreError:
    """The error for a turn that is not stored."""
    return StoreError(
        _("The store has no turn {turn_id}; its session may have been deleted meanwhile.", turn_id=turn_id),
        code="turn-unknown",
        hint=_("List the sessions with `tieout sessions list`."),
    )


def _turn(row: Sequence[Any]) -> Turn:
    return Turn(
        id=row[0],
        session_id=row[1],
        question=from_sql(row[2]),
        answer=from_sql(row[3]),
        status=row[4],
        model=from_sql(row[5]),
        started_at=parse_time(row[6]),
        ended_at=parse_time(row[7]) if row[7] is not None else None,
        usage=cast(JsonObject, load_json(row[8])),
        evidence=tuple(cast(Sequence[JsonObject], load_json(row[9]))),
        marks=tuple(cast(Sequence[JsonObject], load_json(row[10]))),
        last_entry_id=row[11],
        recovered=bool(row[12]),
    )
