"""A conversation: ``await session.ask(text)``, ``session.stream(text)``, ``session.ask_sync(text)``."""

from __future__ import annotations

__all__ = ["Session", "Turn", "open_session", "stored_turn"]

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from tieout.contract.tools import Effect
from tieout.errors import InputError, TieoutError
from tieout.events import Event, MarkEvent, UsageEvent
from tieout.evidence import Evidence
from tieout.i18n import Language, translator

if TYPE_CHECKING:
    from tieout.contract.results import Result
    from tieout.host import Host
    from tieout.running import Approver
    from tieout.store import Turn as StoredTurn
    from tieout.turn import TurnRun

_ = translator("tieout")
T = TypeVar("T")


@dataclass(frozen=True)
class Turn:
    """A question and what came of it."""

    id: str
    session_id: str
    question: str
    text: str
    """The answer, exactly as it was released: the ``text`` events joined."""
    status: Literal["done", "interrupted", "failed"]
    model: str
    marks: tuple[MarkEvent, ...] = ()
    """What is known about each number in ``text``."""
    evidence: tuple[Evidence, ...] = ()
    """The figures that marks point at."""
    results: tuple[tuple[str, Result], ...] = ()
    """Tool name and typed result, in order."""
    usage: UsageEvent | None = None
    error: TieoutError | None = None
    """Why the turn failed or was cut."""
    seconds: float = 0.0


def stored_turn(record: StoredTurn) -> Turn:
    """A turn as the store kept it, with its marks and evidence; typed results are not kept.

    Marks and evidence that another version wrote and this one cannot read are left out, all of that turn's.
    """
    from pydantic import ValidationError

    try:
        evidence = tuple(_stored_evidence(cast("dict[str, Any]", item)) for item in record.evidence)
        marks = tuple(MarkEvent.model_validate(dict(mark)) for mark in record.marks)
    except (ValidationError, KeyError, TypeError, ValueError):
        evidence, marks = (), ()
    return Turn(
        id=record.id,
        session_id=record.session_id,
        question=record.question,
        text=record.answer,
        status="interrupted" if record.status == "running" else record.status,
        model=record.model,
        marks=marks,
        evidence=evidence,
    )


def _stored_evidence(data: dict[str, Any]) -> Evidence:
    from tieout.contract.figures import Figure

    figure = Figure.model_validate(data["figure"])
    return Evidence(str(data["id"]), str(data["tool"]), str(data["call_id"]), figure)


@dataclass
class Session:
    """One conversation with one model; turns run one after the other.

    Made by :meth:`Host.session` or :func:`open_session`. ``ask_sync`` and ``with`` may be used where no event loop
    runs; they keep a loop in a thread of their own.
    """

    host: Host
    model: str | None = None
    session_id: str | None = None
    lang: Language = "en"
    on_approval: Approver | None = None
    approved: frozenset[Effect] = frozenset()
    turns: list[Turn] = field(default_factory=list[Turn])
    auto_lang: bool = False
    """Whether each question is answered in its own language (neither settings nor the caller chose one)."""
    _owns_host: bool = False
    _running: TurnRun | None = None
    _loop: _LoopThread | None = None

    async def stream(self, text: str) -> AsyncGenerator[Event]:
        """Ask, and yield what happens as it happens; the last event is ``turn_done``.

        Leaving the iteration early cancels the turn and keeps the partial answer as interrupted.

        Raises:
            InputError: The question is empty or too long, or another turn is still running.
        """
        from tieout.turn import TurnRun

        if self._running is not None:
            raise InputError(
                _("This conversation is still answering."), hint=_("Wait for it, or cancel it first.")
            )
        run = TurnRun(self, _checked_question(text, self.host.settings.limits.question_chars))
        self._running = run
        events = run.events()
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()
            self._running = None
            if run.turn is not None:
                self.turns.append(run.turn)

    async def ask(self, text: str) -> Turn:
        """Ask and wait for the whole answer.

        Raises:
            TieoutError: The turn failed; the question and any partial answer are stored all the same.
        """
        async for _event in self.stream(text):
            pass
        turn = self.turns[-1]
        if turn.status == "failed" and turn.error is not None:
            raise turn.error
        return turn

    def ask_sync(self, text: str) -> Turn:
        """``ask`` for programs without an event loop; also works in a notebook that has one."""
        return self._sync(self.ask(text))

    def cancel(self) -> None:
        """Stop the running turn, if any; what was released stays, marked interrupted. Thread-safe."""
        if self._running is not None:
            self._running.cancel()

    async def aclose(self) -> None:
        """Cancel what runs; close the host too when the session was opened with :func:`open_session`."""
        self.cancel()
        if self._owns_host:
            await self.host.aclose()

    def close(self) -> None:
        """``aclose`` for programs without an event loop."""
        self._sync(self.aclose())
        if self._loop is not None:
            self._loop.stop()
            self._loop = None

    def _sync(self, work: Coroutine[Any, Any, T]) -> T:
        self._loop = self._loop or _LoopThread()
        return self._loop.run(work)

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


class _LoopThread:
    """An event loop in a thread, for synchronous callers."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tieout-session", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            with contextlib.suppress(BaseException):
                future.result(timeout=5)
            raise

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._loop.close()


def _checked_question(text: str, limit: int) -> str:
    if not text.strip():
        raise InputError(_("The question is empty."), code="question-empty", hint=_("Type a question."))
    if len(text) > limit:
        raise InputError(
            _("The question has {size} characters; the limit is {limit}.", size=len(text), limit=limit),
            code="question-too-long",
            hint=_("Put long text into a file and add it with `tieout reports add FILE`."),
        )
    return text


def open_session(
    *,
    model: str | None = None,
    session_id: str | None = None,
    lang: Language | None = None,
    on_approval: Approver | None = None,
    approve: Sequence[str] = (),
    store_path: Path | None = None,
    ephemeral: bool = False,
    plugins: bool = True,
) -> Session:
    """A session with a host of its own, for use with ``with`` or ``async with``.

    Args:
        model: Model identifier such as ``offline`` or ``openai:gpt-5``; the configured default when left out.
        session_id: An earlier conversation to go on with.
        lang: ``en`` or ``zh``; the settings or the locale when left out.
        on_approval: Asked before a tool does what policy asks about.
        approve: Effects approved beforehand: ``write``, ``network``, ``spend``.
        store_path: File for conversations; the user's data folder when left out.
        ephemeral: Keep the conversation in memory only.
        plugins: False loads no installed plugin.

    Raises:
        SettingsError: A settings file is wrong.
    """
    from tieout.host import Host

    host = Host(store_path=store_path, ephemeral=ephemeral, plugins=plugins)
    session = host.session(
        model=model, session_id=session_id, lang=lang, on_approval=on_approval, approve=approve
    )
    session._owns_host = True  # pyright: ignore[reportPrivateUsage]
    return session
