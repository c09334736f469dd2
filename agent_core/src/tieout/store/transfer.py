"""Sessions out of the store as JSON lines, and back in."""

from __future__ import annotations

__all__ = ["UNUSABLE", "Reader", "export", "import_"]

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tieout.errors import StoreError
from tieout.i18n import translator
from tieout.store import entries, lines, search, sessions
from tieout.store.rows import Json, Session, SqlText, dump_json, from_sql, parse_time, stamp, to_sql

if TYPE_CHECKING:
    from tieout.store.messages import MessageCodec

_ = translator("tieout")

UNUSABLE: Final = (ValueError, TypeError, LookupError, sqlite3.IntegrityError)
"""What :meth:`Reader.take` raises for a line it cannot use, beside :class:`StoreError`."""

_STATUSES: Final = frozenset({"done", "interrupted", "failed"})


def export(cx: sqlite3.Connection, name: str | None) -> list[str]:
    """One session (id or unique prefix) or all of them, header first, each entry after the one it follows."""
    ids = sessions.every_id(cx) if name is None else [sessions.find(cx, name).id]
    made: list[Mapping[str, Json]] = [lines.HEADER]
    written: set[str] = set()
    for session_id in ids:
        made += _rows(cx, "sessions", "id", session_id)
        made += _history(cx, session_id, written)
        made += _rows(cx, "conversations", "id", session_id)
        made += _turns(cx, session_id)
    return [lines.to_text(item) for item in made]


def _rows(cx: sqlite3.Connection, table: str, key: str, value: str) -> list[Mapping[str, Json]]:
    names = lines.COLUMNS[table]
    # Table and column names come from the constant above, never from a caller.
    rows = cx.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {key} = ? ORDER BY rowid", (value,))  # noqa: S608
    return [lines.line(table, dict(zip(names, row, strict=True))) for row in rows]


def _turns(cx: sqlite3.Connection, session_id: str) -> list[Mapping[str, Json]]:
    made: list[Mapping[str, Json]] = []
    for turn in _rows(cx, "turns", "session_id", session_id):
        draft = cx.execute("SELECT answer, evidence FROM drafts WHERE turn_id = ?", (turn["id"],)).fetchone()
        if draft is not None:
            turn = {**turn, "answer": from_sql(draft[0]), "evidence": json.loads(from_sql(draft[1]))}
        made.append(turn)
    return made


def _history(cx: sqlite3.Connection, conversation_id: str, written: set[str]) -> list[Mapping[str, Json]]:
    """The entries of the history and of every branch that no earlier session has written."""
    made: list[Mapping[str, Json]] = []
    for tip in entries.tips(cx, conversation_id):
        try:
            line = entries.chain(cx, tip)
        except LookupError as error:
            raise StoreError(
                _("Session {session_id} has lost a message.", session_id=conversation_id),
                code="store-corrupt",
                hint=_("Save what can be read with `tieout sessions export --salvage`."),
            ) from error
        for entry in line:
            if entry.id not in written:
                written.add(entry.id)
                row = {name: getattr(entry, name) for name in lines.COLUMNS["entries"]}
                made.append(lines.line("entries", row))
    return made


def import_(cx: sqlite3.Connection, given: Sequence[str], *, replace: bool) -> list[Session]:
    """Store what the lines hold; see :meth:`SessionStore.import_`."""
    from tieout.store.messages import MessageCodec

    reader = Reader(cx, MessageCodec(), replace=replace)
    for number, text in enumerate(given, start=1):
        if not text.strip():
            continue
        try:
            reader.take(json.loads(text))
        except UNUSABLE as error:
            raise _invalid(number, error) from error
        except StoreError as error:
            if error.code == "store-message":
                raise _invalid(number, error) from error
            raise
    reader.finish()
    return [sessions.find(cx, session_id) for session_id in reader.sessions]


class Reader:
    """Takes the lines of one import in order. Nothing in them is trusted.

    Args:
        cx: Connection inside a transaction.
        codec: Checks each message.
        replace: Whether a session takes the place of a stored one.
    """

    def __init__(self, cx: sqlite3.Connection, codec: MessageCodec, *, replace: bool) -> None:
        self._cx = cx
        self._codec = codec
        self._replace = replace
        self._begun = False
        self.sessions: list[str] = []

    def take(self, line: Json) -> None:
        """Store one line; one of a kind this version does not know is refused, too.

        Raises:
            StoreError: The session is stored already, or a message is unreadable; else one of ``UNUSABLE``.
        """
        if not isinstance(line, Mapping):
            raise TypeError("not an object")
        kind = line.get("type")
        if not self._begun:
            if kind != lines.HEADER["type"] or line.get("version") != lines.FORMAT:
                raise ValueError("the first line must be the header of a Tieout export, version 1")
            self._begun = True
            return
        readers = {
            "session": self._session,
            "entry": self._entry,
            "conversation": self._conversation,
            "turn": self._turn,
        }
        readers[str(kind)](line)

    def finish(self) -> None:
        """Refuse input that had nothing in it."""
        if not self._begun:
            raise _invalid(1, ValueError("the file is empty"))

    def _session(self, line: Mapping[str, Json]) -> None:
        session_id = _text(line, "id")
        if self._cx.execute("SELECT 1 FROM sessions WHERE id = ?", (to_sql(session_id),)).fetchone():
            if not self._replace:
                raise StoreError(
                    _("Session {session_id} is in the store already.", session_id=session_id),
                    code="session-exists",
                    hint=_("Delete it first, or import with --replace."),
                )
            sessions.delete(self._cx, session_id, force=False)
        self._cx.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)",
            (session_id, to_sql(_text(line, "title")), _time(line, "created_at"), _time(line, "updated_at")),
        )
        self.sessions.append(session_id)

    def _entry(self, line: Mapping[str, Json]) -> None:
        parent_id = line["parent_id"]
        # The parent has to be there before its child: so no line can close a circle.
        if parent_id is not None and not entries.exists(self._cx, _text(line, "parent_id")):
            raise LookupError(f"it follows an entry that is missing: {parent_id}")
        message = self._codec.load_message(_stored(line["message"]))
        row = entries.EntryRow(
            id=_text(line, "id"),
            parent_id=None if parent_id is None else str(parent_id),
            conversation_id=_text(line, "conversation_id"),
            kind=_text(line, "kind"),
            message=self._codec.dump_message(message),
        )
        known = entries.get(self._cx, row.id)
        if known is None:
            entries.add(self._cx, [row])
        elif known.parent_id != row.parent_id or self._codec.load_message(known.message) != message:
            raise ValueError(f"another message has the entry id {row.id} already")

    def _conversation(self, line: Mapping[str, Json]) -> None:
        record = self._codec.load_record(_stored(line["record"]))
        if record.conversation_id not in self.sessions:
            raise LookupError(f"its session is missing: {record.conversation_id}")
        for entry_id in [record.head_id, *record.branches]:
            if entry_id is not None and not entries.exists(self._cx, entry_id):
                raise LookupError(f"it ends at an entry that is missing: {entry_id}")
        record.forked_from = None  # the turns it shares with its source come as lines of their own
        entries.put_record(self._cx, self._codec.record_row(record))

    def _turn(self, line: Mapping[str, Json]) -> None:
        session_id = _text(line, "session_id")
        if session_id not in self.sessions:
            raise LookupError(f"its session is missing: {session_id}")
        status = _text(line, "status")
        question, answer = _text(line, "question"), _text(line, "answer")
        started_at = _time(line, "started_at")
        ended_at = started_at if line["ended_at"] is None else _time(line, "ended_at")
        last_entry_id = None if line["last_entry_id"] is None else _text(line, "last_entry_id")
        cursor = self._cx.execute(
            """INSERT INTO turns (id, session_id, question, answer, status, model, started_at, ended_at, usage,
                   evidence, marks, last_entry_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(_text(line, "id"), session_id, to_sql(question), to_sql(answer)),
                status if status in _STATUSES else "interrupted",  # nobody is answering it any more
                *(to_sql(_text(line, "model")), started_at, ended_at),
                *(_object(line, "usage"), _objects(line, "evidence"), _objects(line, "marks"), last_entry_id),
            ),
        )
        search.index(self._cx, cursor.lastrowid or 0, question=question, answer=answer)


def _text(line: Mapping[str, Json], name: str) -> str:
    value = line[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def _time(line: Mapping[str, Json], name: str) -> str:
    return stamp(parse_time(_text(line, name)))


def _object(line: Mapping[str, Json], name: str) -> SqlText:
    if not isinstance(line[name], Mapping):
        raise TypeError(f"{name} is no object")
    return to_sql(dump_json(line[name]))


def _objects(line: Mapping[str, Json], name: str) -> SqlText:
    value = line[name]
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise TypeError(f"{name} is no list of objects")
    return to_sql(dump_json(value))


def _stored(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _invalid(number: int, error: Exception) -> StoreError:
    return StoreError(
        _("Line {number} of the import cannot be used: {reason}.", number=number, reason=error),
        code="import-invalid",
        hint=_("Nothing was imported; give a file that `tieout sessions export` wrote."),
    )
