"""The whole store: sessions and turns, and the conversations that pydantic-ai's agents continue."""

from __future__ import annotations

__all__ = ["SqliteStore"]

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic_ai.conversation import Conversation
from pydantic_ai.conversation_store import (
    ConversationConflict,
    ConversationEntry,
    ConversationRecord,
    ConversationStore,
)
from pydantic_ai.messages import ModelMessage

from tieout.errors import StoreError
from tieout.store import entries, sessions, turns
from tieout.store.messages import MessageCodec, append, append_exchange
from tieout.store.rows import JsonObject, Turn
from tieout.store.session_store import SessionStore

_Close: TypeAlias = Callable[[sqlite3.Connection, str | None], None]
_Put: TypeAlias = Callable[[sqlite3.Connection], None]


class SqliteStore(SessionStore, ConversationStore):
    """Sessions, turns and conversations in one SQLite file.

    A session and its conversation have one id. Every conversation saved here is listed as a session, a fork takes
    the turns it shares with it, and ``delete`` removes the whole session with every entry nothing else uses.
    """

    def __init__(self, path: Path | None, *, busy_timeout: float = 30.0) -> None:
        super().__init__(path, busy_timeout=busy_timeout)
        self._codec = MessageCodec()
        self._closing: set[asyncio.Task[Turn]] = set()

    async def close(self) -> None:
        """Finish writes under way and close the file."""
        await asyncio.gather(*self._closing, return_exceptions=True)
        await super().close()

    async def finish_turn(
        self,
        turn_id: str,
        *,
        status: Literal["done", "interrupted", "failed"],
        answer: str,
        usage: JsonObject | None = None,
        evidence: Sequence[JsonObject] = (),
        marks: Sequence[JsonObject] = (),
        conversation: Conversation | None = None,
    ) -> Turn:
        """Write the turn's end, delete its draft and save its messages, in one transaction.

        Cancelling the caller does not stop it. A turn that has ended already is returned as it is, unless another
        process had closed it by :meth:`recover`, thinking this one dead.

        Args:
            answer: Exactly the text that was released, whole or partial.
            usage: What the turn cost, for display.
            evidence: Evidence behind the answer's numbers.
            marks: How each number ties to it.
            conversation: The run's conversation. When someone else has saved the same conversation since it was
                loaded, the messages this turn added go after theirs, so that nobody's turn is lost; load the
                conversation afresh for each turn. Left out, question and answer are appended as they are,
                except for a turn that failed without a word of answer; so they are when a message in it cannot
                be written as JSON.

        Raises:
            StoreError: The turn is not stored (any more), or the file cannot be written.
        """

        ended: list[Turn] = []

        def close(cx: sqlite3.Connection, last_entry_id: str | None) -> None:
            if not turns.is_open(turns.get(cx, turn_id)):
                raise _EndedAlready
            turns.close(
                cx,
                turn_id,
                status=status,
                answer=answer,
                usage=usage or {},
                evidence=evidence,
                marks=marks,
                last_entry_id=last_entry_id,
            )
            ended[:] = [turns.get(cx, turn_id)]

        async def finish() -> Turn:
            try:
                try:
                    await self._close_with(conversation, close)
                except _Unwritable:
                    await self._close_plain(turn_id, close, status=status, answer=answer)
            except _EndedAlready:
                return await self.turn(turn_id)
            return ended[0]

        return await self._sheltered(finish())

    async def _close_plain(self, turn_id: str, close: _Close, *, status: str, answer: str) -> None:
        def work(cx: sqlite3.Connection) -> None:
            turn = turns.get(cx, turn_id)
            last_entry_id = turn.last_entry_id
            if turns.is_open(turn) and (answer or status != "failed"):
                last_entry_id = append_exchange(cx, self._codec, turn, answer=answer, whole=status == "done")
            close(cx, last_entry_id)

        await self._db.write(work)

    async def _close_with(self, conversation: Conversation | None, close: _Close) -> None:
        if conversation is None:
            raise _Unwritable
        try:
            await _ClosingStore(self, close).save(conversation)
        except ConversationConflict:
            await self._db.write(lambda cx: close(cx, self._append_after_others(cx, conversation)))
        except StoreError as error:
            if error.code != "store-message":
                raise
            raise _Unwritable from error  # what was asked and answered can be kept all the same

    def _append_after_others(self, cx: sqlite3.Connection, conversation: Conversation) -> str | None:
        new = conversation.messages[self._stored_part(cx, conversation) :]
        return append(cx, self._codec, conversation.conversation_id, new)

    def _stored_part(self, cx: sqlite3.Connection, conversation: Conversation) -> int:
        """How many of the conversation's messages were stored before this turn."""
        if conversation.new_message_index is not None:
            return conversation.new_message_index
        stored = entries.record(cx, conversation.conversation_id)
        head_id = None if stored is None else self._codec.load_record(stored).head_id
        history: list[ModelMessage] = []
        if head_id is not None:
            history = self._codec.load_messages([row.message for row in entries.chain(cx, head_id)])
        shared = 0
        for ours, theirs in zip(conversation.messages, history, strict=False):
            if ours != theirs:
                break
            shared += 1
        return shared

    async def _sheltered(self, work: Coroutine[Any, Any, Turn]) -> Turn:
        task = asyncio.ensure_future(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return await asyncio.shield(task)

    # The storage primitives of pydantic-ai's ConversationStore.

    async def read_record(self, conversation_id: str) -> ConversationRecord | None:
        """The record of a conversation, or ``None``."""
        stored = await self._db.read(lambda cx: entries.record(cx, conversation_id))
        return None if stored is None else self._codec.load_record(stored)

    async def read_records(
        self, *, scope: str | None = None, limit: int | None = None
    ) -> Sequence[ConversationRecord]:
        """The records, or those of ``scope``, most recently saved first."""
        stored = await self._db.read(lambda cx: entries.records(cx, scope=scope, limit=limit))
        return [self._codec.load_record(record) for record in stored]

    async def write_record(
        self,
        record: ConversationRecord,
        *,
        new_entries: Sequence[ConversationEntry] = (),
        expected_revision: str | None,
    ) -> None:
        """Store a record and its new entries together; a conflict leaves neither behind.

        Raises:
            ConversationConflict: As :meth:`ConversationStore.write_record` says.
        """
        await self._db.write(self._put(record, new_entries, expected_revision))

    def _put(
        self,
        record: ConversationRecord,
        new_entries: Sequence[ConversationEntry],
        expected_revision: str | None,
    ) -> _Put:
        row = self._codec.record_row(record)
        new = [self._codec.entry_row(entry, conversation_id=record.conversation_id) for entry in new_entries]

        def work(cx: sqlite3.Connection) -> None:
            self._check_revision(cx, record.conversation_id, expected_revision)
            entries.add(cx, new)
            if record.head_id is not None and not entries.exists(cx, record.head_id):
                raise ConversationConflict(record.conversation_id)
            entries.put_record(cx, row)

        return work

    async def delete_record(self, conversation_id: str, *, expected_revision: str) -> None:
        """Delete a conversation with its session and the entries nothing else uses.

        Raises:
            ConversationConflict: It was saved, replaced or deleted since it was read.
        """

        def work(cx: sqlite3.Connection) -> None:
            self._check_revision(cx, conversation_id, expected_revision)
            sessions.delete(cx, conversation_id, force=True)

        await self._db.write(work)

    def _check_revision(self, cx: sqlite3.Connection, conversation_id: str, expected: str | None) -> None:
        if entries.revision(cx, conversation_id) != expected:
            raise ConversationConflict(conversation_id)

    async def read_entry(self, entry_id: str) -> ConversationEntry:
        """One entry.

        Raises:
            LookupError: It is not stored.
        """
        row = await self._db.read(lambda cx: entries.get(cx, entry_id))
        if row is None:
            raise LookupError(entry_id)
        return self._codec.entry(row)

    async def read_history(self, head_id: str | None, *, limit: int | None = None) -> list[ConversationEntry]:
        """The entries up to ``head_id``, oldest first, or only the last ``limit`` of them, in one query."""
        if head_id is None:
            return []
        rows = await self._db.read(lambda cx: entries.chain(cx, head_id, limit=limit))
        return self._codec.entries(rows)


class _ClosingStore(SqliteStore):
    """The same file, where saving the conversation also closes a turn, in the same transaction."""

    def __init__(self, store: SqliteStore, close: _Close) -> None:
        super().__init__(None)
        self._db = store._db
        self._codec = store._codec  # its schema takes 8 ms to build
        self._close = close

    async def write_record(
        self,
        record: ConversationRecord,
        *,
        new_entries: Sequence[ConversationEntry] = (),
        expected_revision: str | None,
    ) -> None:
        put = self._put(record, new_entries, expected_revision)

        def work(cx: sqlite3.Connection) -> None:
            put(cx)
            self._close(cx, record.head_id)

        await self._db.write(work)


class _Unwritable(Exception):
    """There is no conversation to save, or something in it, a tool's result say, is no JSON."""


class _EndedAlready(Exception):
    """The turn to close has ended before: rolls the transaction back and never leaves this module."""
