"""The store as the session, the command line and the chat use it: sessions, turns, drafts, search, recovery."""

from __future__ import annotations

__all__ = ["SessionStore"]

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tieout.store import search, sessions, transfer, turns
from tieout.store.database import Database
from tieout.store.owner import has_died
from tieout.store.rows import Hit, JsonObject, Session, Turn

if TYPE_CHECKING:
    import sqlite3


class SessionStore:
    """Sessions and turns in one SQLite file, shared safely by any number of processes.

    This half imports no pydantic-ai, so that listing and searching sessions starts at once;
    :class:`~tieout.store.SqliteStore` adds the conversations that a model continues.

    The file is opened, and made or updated, on first use. Use it as an async context manager, or call
    :meth:`close`. Every method raises :class:`~tieout.errors.StoreError` when the file cannot be used.

    Args:
        path: The database file; ``None`` keeps everything in memory.
        busy_timeout: Seconds to wait while another process writes.
    """

    def __init__(self, path: Path | None, *, busy_timeout: float = 30.0) -> None:
        self._db = Database(path, busy_timeout=busy_timeout)

    @classmethod
    def in_memory(cls) -> Self:
        """A store that lasts as long as the object: for tests, and where no file can be written."""
        return cls(None)

    @property
    def path(self) -> Path | None:
        """The database file, ``None`` in memory."""
        return self._db.path

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should be told about how the file was opened; known after :meth:`open`."""
        return tuple(self._db.warnings)

    @property
    def read_only(self) -> bool:
        """Whether the file can only be read; known after :meth:`open`."""
        return self._db.read_only

    async def open(self) -> None:
        """Open the file now rather than on first use, so that a broken one is reported early."""
        await self._db.read(lambda cx: None)

    async def close(self) -> None:
        """Finish writes under way and close the file."""
        await self._db.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def create_session(self, *, title: str = "") -> Session:
        """Make an empty session; without a title it takes one from its first question."""

        def work(cx: sqlite3.Connection) -> Session:
            return sessions.find(cx, sessions.create(cx, title=title))

        return await self._db.write(work)

    async def sessions(self, *, limit: int | None = None) -> list[Session]:
        """Sessions, most recently used first, at most ``limit`` of them."""
        return await self._db.read(lambda cx: sessions.listed(cx, limit=limit))

    async def session(self, name: str) -> Session:
        """The session of that id, or the only one whose id begins with ``name``.

        Raises:
            StoreError: None or several fit (codes ``session-unknown``, ``session-ambiguous``).
        """
        return await self._db.read(lambda cx: sessions.find(cx, name))

    async def rename_session(self, name: str, title: str) -> Session:
        """Give a session (id or unique prefix) another title."""

        def work(cx: sqlite3.Connection) -> Session:
            sessions.rename(cx, sessions.find(cx, name).id, title=title)
            return sessions.find(cx, name)

        return await self._db.write(work)

    async def delete_session(self, name: str, *, force: bool = False) -> Session:
        """Delete a session (id or unique prefix) for good: turns, conversation, and their bytes in the file.

        Messages that a fork of it still uses stay with the fork.

        Args:
            force: Delete even while a process is answering in it; that answer cannot be stored then.

        Raises:
            StoreError: It is being answered in right now and ``force`` is off (``session-busy``).
        """

        def work(cx: sqlite3.Connection) -> Session:
            session = sessions.find(cx, name)
            sessions.delete(cx, session.id, force=force)
            return session

        session = await self._db.write(work)
        # The index keeps deleted words until its pieces are merged, and the log until it is written back.
        await self._db.maintain(
            "INSERT INTO turn_search (turn_search) VALUES ('optimize')", "PRAGMA wal_checkpoint(TRUNCATE)"
        )
        return session

    async def turns(self, session_id: str) -> list[Turn]:
        """A session's turns, oldest first; a running one with its draft as the answer."""
        return await self._db.read(lambda cx: turns.of_session(cx, session_id))

    async def turn(self, turn_id: str) -> Turn:
        """One turn.

        Raises:
            StoreError: No such turn is stored (``turn-unknown``).
        """
        return await self._db.read(lambda cx: turns.get(cx, turn_id))

    async def search(self, text: str, *, limit: int = 20) -> list[Hit]:
        """Turns that hold every word of ``text`` in question or answer, best first; words, not query syntax."""
        return await self._db.read(lambda cx: search.find(cx, text, limit=max(0, limit)))

    async def begin_turn(self, session_id: str, question: str, model: str) -> str:
        """Commit the question before the model is asked, and return the turn's id.

        Args:
            session_id: The session; made where it does not exist.
            question: Exactly what the user typed.
            model: Id of the model that will answer.
        """
        return await self._db.write(
            lambda cx: turns.begin(cx, session_id=session_id, question=question, model=model)
        )

    async def update_draft(self, turn_id: str, text: str, *, evidence: Sequence[JsonObject] = ()) -> None:
        """Commit the answer so far, about once a second; also the sign that this process lives.

        Args:
            text: The whole answer released so far.
            evidence: Evidence gathered so far, so that an interrupted answer keeps its sources.
        """
        await self._db.write(lambda cx: turns.save_draft(cx, turn_id, answer=text, evidence=evidence))

    async def recover(self) -> list[Turn]:
        """Close the turns whose process died, keeping question and partial answer; call it at start-up.

        Each becomes an interrupted turn, and its question and partial answer join the conversation, so that the
        model knows of them. Turns of processes that live, in this one or any other, are left alone, and so is
        everything in a file that can only be read.

        Returns:
            The turns closed, oldest first.
        """
        found = await self._db.read(lambda cx: any(_is_orphan(draft) for draft in turns.drafts(cx)))
        if not found or self.read_only:
            return []
        from tieout.store.messages import MessageCodec, append_exchange

        codec = MessageCodec()

        def work(cx: sqlite3.Connection) -> list[Turn]:
            closed: list[Turn] = []
            for draft in filter(_is_orphan, turns.drafts(cx)):
                turn = turns.get(cx, draft.turn_id)
                turns.close(
                    cx,
                    turn.id,
                    status="interrupted",
                    answer=draft.answer,
                    usage=turn.usage,
                    evidence=turn.evidence,
                    marks=turn.marks,
                    last_entry_id=append_exchange(cx, codec, turn, answer=draft.answer, whole=False),
                    ended_at=draft.updated_at,
                    recovered=True,
                )
                closed.append(turns.get(cx, turn.id))
            return closed

        return await self._db.write(work)

    async def export(self, name: str | None = None) -> list[str]:
        """One session (id or unique prefix), or all, as JSON lines (without line ends) for :meth:`import_`."""
        return await self._db.read(lambda cx: transfer.export(cx, name))

    async def import_(self, lines: Iterable[str], *, replace: bool = False) -> list[Session]:
        """Store the sessions that :meth:`export` or :func:`~tieout.store.salvage` wrote: all of them or none.

        Args:
            lines: JSON lines.
            replace: Put them in place of stored sessions of the same id instead of refusing.

        Raises:
            StoreError: A line cannot be used (``import-invalid``, with its number), or a session exists already
                (``session-exists``).
        """
        kept = list(lines)
        return await self._db.write(lambda cx: transfer.import_(cx, kept, replace=replace))


def _is_orphan(draft: turns.Draft) -> bool:
    return has_died(draft.owner, silent_for=datetime.now(UTC) - draft.updated_at)
