"""What the store keeps of a turn: the question before the answer, the answer while it grows, all of it at the end."""

from __future__ import annotations

__all__ = ["TurnRecord", "TurnStatus"]

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from tieout.errors import StoreError

if TYPE_CHECKING:
    from pydantic_ai.conversation import Conversation

    from tieout.events import MarkEvent, UsageEvent
    from tieout.evidence import Evidence
    from tieout.host import Host
    from tieout.session import Session, Turn
    from tieout.store import SqliteStore

TurnStatus = Literal["done", "interrupted", "failed"]

_DRAFT_SECONDS = 1.0
_FLUSHES_PER_DRAFT = 10
_SIGN_OF_LIFE_SECONDS = 60.0
"""Where processes cannot be looked up, recovery takes a draft silent for 15 minutes for an orphan."""


class TurnRecord:
    """One turn's rows in the store of a host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._store: SqliteStore | None = None
        self._session_id = ""
        self._is_new = False
        self.turn_id = ""
        """Empty until the question is stored."""

    async def begin(self, session: Session, question: str, model_id: str) -> list[Turn]:
        """Store the question; the stored turns of a conversation that is taken up again come back.

        Raises:
            StoreError: The conversation does not exist, or the question cannot be stored.
        """
        from tieout.session import stored_turn
        from tieout.store.rows import new_id

        self._store = store = await self._host.store()
        self._is_new = session.session_id is None
        earlier: list[Turn] = []
        if session.session_id is not None and not session.turns:
            session.session_id = (await store.session(session.session_id)).id
            earlier = [stored_turn(record) for record in await store.turns(session.session_id)]
        session_id = session.session_id or new_id()  # the store makes a new session with its first turn
        try:
            self.turn_id = await store.begin_turn(session_id, question, model_id)
        except StoreError as problem:
            self._host.store_problem = self._host.store_problem or problem
            raise
        session.session_id = self._session_id = session_id
        return earlier

    async def history(self) -> Conversation:
        """The conversation so far, for the model."""
        from pydantic_ai.conversation import Conversation

        assert self._store is not None
        loaded = None if self._is_new else await self._store.load(self._session_id)
        return loaded or Conversation(conversation_id=self._session_id)

    async def keep_drafts(
        self, flush: Callable[[], Awaitable[None]], written: Callable[[], tuple[str, Sequence[Evidence]]]
    ) -> None:
        """Show what a pausing model left, and store the growing answer about once a second: a crash loses no more.

        Runs until it is cancelled.

        Args:
            flush: Shows what was gathered.
            written: The answer so far, and the evidence found so far.
        """
        stored, stored_at = "", time.monotonic()
        while True:
            for _tick in range(_FLUSHES_PER_DRAFT):
                await asyncio.sleep(_DRAFT_SECONDS / _FLUSHES_PER_DRAFT)
                await flush()
            text, evidence = written()
            alive = time.monotonic() - stored_at > _SIGN_OF_LIFE_SECONDS
            if (text != stored or alive) and self._store is not None:
                with contextlib.suppress(StoreError):
                    await self._store.update_draft(self.turn_id, text, evidence=_as_json(evidence))
                    stored, stored_at = text, time.monotonic()

    async def finish(
        self,
        status: TurnStatus,
        text: str,
        *,
        evidence: Sequence[Evidence],
        marks: Sequence[MarkEvent],
        usage: UsageEvent | None,
        conversation: Conversation | None,
    ) -> StoreError | None:
        """Store the whole turn; the problem when that fails. Nothing happens before the question was stored."""
        if self._store is None or not self.turn_id:
            return None
        try:
            await self._store.finish_turn(
                self.turn_id,
                status=status,
                answer=text,
                usage=usage.model_dump(mode="json") if usage else None,
                evidence=_as_json(evidence),
                marks=[mark.model_dump(mode="json") for mark in marks],
                conversation=conversation if status == "done" else None,
            )
        except StoreError as problem:
            self._host.store_problem = self._host.store_problem or problem
            return problem
        return None


def _as_json(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [
        {
            "id": item.id,
            "tool": item.tool,
            "call_id": item.call_id,
            "figure": item.figure.model_dump(mode="json"),
        }
        for item in evidence
    ]
