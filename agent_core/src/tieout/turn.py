"""One turn from question to stored answer; see docs/architecture.md for the steps by number."""

from __future__ import annotations

__all__ = ["TurnRun"]

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from tieout.contract.guards import GuardInput, Stage
from tieout.contract.tables import tables_folder, use_tables
from tieout.errors import (
    GuardBlocked,
    ModelConnectionError,
    ModelRateLimited,
    ModelTimeout,
    ModelUnavailable,
    TieoutError,
)
from tieout.events import (
    ErrorEvent,
    Event,
    EvidenceEvent,
    MarkEvent,
    TurnDoneEvent,
    TurnStartedEvent,
    UsageEvent,
    WaitingEvent,
)
from tieout.evidence import Evidence, EvidenceBook
from tieout.guarding import Watch
from tieout.i18n import translator, use_language
from tieout.marks import tie_out
from tieout.running import ToolRunner, TurnState, active_turn
from tieout.text import language_of
from tieout.turnlimits import cut_error, request_settings, usage_limits
from tieout.turnrecord import TurnRecord, TurnStatus

if TYPE_CHECKING:
    from pydantic_ai import CancellationToken
    from pydantic_ai.conversation import Conversation
    from pydantic_ai.messages import ModelResponse

    from tieout.answering import AnswerText
    from tieout.session import Session, Turn

_ = translator("tieout")

_RECOVERABLE = (ModelUnavailable, ModelConnectionError, ModelRateLimited, ModelTimeout)


class TurnRun:
    """Runs one turn in a task of its own and hands out its events.

    Args:
        session: The conversation; its turns so far lend their evidence.
        question: The user's text, already checked for size.
    """

    def __init__(self, session: Session, question: str) -> None:
        self._session = session
        if session.auto_lang:
            session.lang = "zh" if language_of(question) == "zh" else "en"
        self._host = session.host
        self._question = self._question_for_model = question
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._token: CancellationToken | None = None
        self._state = TurnState(
            lang=session.lang,
            emit=self.emit,
            question=question,
            approve=session.on_approval,
            approved=session.approved,
        )
        self._lean_on_earlier_turns()
        self._answer: AnswerText | None = None
        self._conversation: Conversation | None = None
        self._usage: UsageEvent | None = None
        self._marks: list[MarkEvent] = []
        self._model_id = session.model or ""
        self._record = TurnRecord(self._host)
        self._started = time.perf_counter()
        self.turn: Turn | None = None
        """The finished turn, once ``events`` has ended."""

    # --- events

    def emit(self, event: Event) -> None:
        """Queue an event; may be called from a tool's worker thread."""
        if threading.get_ident() == self._thread:
            self._queue.put_nowait(event)
        else:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    def cancel(self) -> None:
        """Stop the turn; thread-safe."""
        self._state.cancelled = True
        if self._token is not None:
            self._token.cancel()

    async def events(self) -> AsyncGenerator[Event]:
        """Run the turn and yield its events; leaving early cancels it and waits until it is stored."""
        task = asyncio.create_task(self._run())
        try:
            while (event := await self._queue.get()) is not None:
                yield event
            await task  # a fault of the turn itself must not pass for an answer
        finally:
            if not task.done():
                self.cancel()
            while not task.done():
                try:
                    await asyncio.shield(task)
                except asyncio.CancelledError:
                    self.cancel()

    # --- the turn

    async def _run(self) -> None:
        active_turn.set(self._state)
        try:
            await self._run_to_its_end()
        finally:
            self._queue.put_nowait(None)  # whoever reads the events must not wait for ever

    async def _run_to_its_end(self) -> None:
        with use_language(self._session.lang), use_tables(tables_folder(self._host.data_dir)):
            status: TurnStatus = "failed"
            error: TieoutError | None = None
            drafts: asyncio.Task[None] | None = None
            try:
                await self._begin()
                drafts = asyncio.create_task(self._record.keep_drafts(self._flush, self._written))
                await self._check_prompt()
                status, error = await self._answer_with_fallback()
            except TieoutError as problem:
                error = problem
            except (Exception, SystemExit) as problem:
                self._host.log_exception("turn failed", problem)
                error = TieoutError(
                    _("Something went wrong inside Tieout: {problem}", problem=self._host.describe(problem)),
                    code="internal",
                    hint=_("Run again with --debug and report the log."),
                )
            finally:
                if drafts is not None:
                    drafts.cancel()
            if self._state.cancelled and status == "failed":
                status = "interrupted"
            await self._end(status, error)

    async def _begin(self) -> None:
        session = self._session
        self._model_id = session.model or self._host.default_model()
        if taken_up := await self._record.begin(session, self._question, self._model_id):
            session.turns += taken_up
            self._lean_on_earlier_turns()
        spec, _name = self._host.model_spec(self._model_id)
        assert session.session_id is not None
        self.emit(
            TurnStartedEvent(
                turn_id=self._record.turn_id,
                session_id=session.session_id,
                model=self._model_id,
                local=spec.local,
            )
        )
        if problem := self._host.untold_store_problem():
            self._report(problem)

    def _lean_on_earlier_turns(self) -> None:
        turns = self._session.turns
        self._state.book = EvidenceBook(prior=[item for turn in turns[-8:] for item in turn.evidence])
        self._state.earlier_questions = tuple(turn.question for turn in reversed(turns[-4:]))

    async def _check_prompt(self) -> None:
        await self._host.start_guards()
        watch = Watch(self._host.guards(), self._host.settings.guards, self.emit)
        watch.report_lost(self._host.lost_guards(), Stage.PROMPT)
        self._state.guards_ready = True
        checked = await watch.check(GuardInput(Stage.PROMPT, self._question, self._session.lang))
        if checked.stopped is not None:
            raise GuardBlocked(
                _("Your text was stopped before it reached a model: {why}", why=checked.stopped.message),
                hint=_("Remove that part and ask again."),
            )
        self._question_for_model = checked.text

    async def _answer_with_fallback(self) -> tuple[TurnStatus, TieoutError | None]:
        candidates = [self._model_id, *(m for m in self._host.settings.fallback if m != self._model_id)]
        for position, model_id in enumerate(candidates):
            try:
                return await self._answer_with(model_id)
            except _RECOVERABLE as error:
                rest = self._allowed(candidates[position + 1 :])
                if (self._answer is not None and self._answer.text) or not rest or self._state.cancelled:
                    raise
                reason = _(
                    "{model} failed ({why}); going on with {next}", model=model_id, why=error, next=rest[0]
                )
                self.emit(WaitingEvent(reason=self._host.redact(reason)))
                candidates[position + 1 :] = rest
                self._model_id = rest[0]
        raise ModelUnavailable(_("No model is left to try."))

    def _allowed(self, rest: list[str]) -> list[str]:
        """What may follow of the profile's list; never from this machine to a hosted one unless settings say so."""
        here, _name = self._host.model_spec(self._model_id)
        specs = self._host.model_specs()
        allowed: list[str] = []
        for model_id in rest:
            spec = specs.get(model_id.partition(":")[0])
            if spec is None:
                self.emit(WaitingEvent(reason=_("There is no model {name}.", name=repr(model_id))))
            elif spec.local or not here.local or self._host.settings.allow_hosted_fallback:
                allowed.append(model_id)
        return allowed

    async def _answer_with(self, model_id: str) -> tuple[TurnStatus, TieoutError | None]:
        os.environ.setdefault("PYDANTIC_AI_NO_BANNER", "1")
        from pydantic_ai import CancellationToken
        from pydantic_ai.exceptions import RunCancelled
        from pydantic_ai.run import AgentRunResultEvent

        from tieout.answering import TurnDeps
        from tieout.instructions import instructions
        from tieout.models.faults import translate_error

        host = self._host
        agent = host.agent(model_id)
        runner = ToolRunner(host, self._state)
        deps = TurnDeps(runner, self._new_answer(), host.settings.limits, on_response=self._count)
        conversation = await self._record.history()
        self._token = CancellationToken()
        if self._state.cancelled:
            return "interrupted", None
        try:
            async with agent.run_stream_events(
                self._question_for_model,
                conversation=conversation,
                deps=deps,
                instructions=instructions(self._session.lang),
                model_settings=request_settings(host.settings.limits, agent.model),
                usage_limits=usage_limits(host.settings.limits, conversation),
                cancellation_token=self._token,
            ) as events:
                async for event in events:
                    if isinstance(event, AgentRunResultEvent):
                        self._conversation = event.result.conversation
        except RunCancelled as error:
            if self._state.cancelled:
                return "interrupted", None
            raise translate_error(error, model_id=model_id, redact=host.redact) from error
        except (TieoutError, asyncio.CancelledError):
            raise
        except Exception as error:
            raise translate_error(error, model_id=model_id, redact=host.redact) from error
        if deps.cut is not None:
            return "interrupted", cut_error(deps.cut, kept=not host.unstored)
        return "done", None

    # --- parts

    def _new_answer(self) -> AnswerText:
        from tieout.answering import AnswerText

        settings = self._host.settings
        watch = Watch(self._host.guards(), settings.guards, self.emit)
        self._answer = AnswerText(
            watch,
            self.emit,
            lang=self._session.lang,
            retries=settings.guards.retries,
            limit=settings.limits.answer_chars,
        )
        return self._answer

    async def _flush(self) -> None:
        if self._answer is not None:
            await self._answer.flush()

    def _written(self) -> tuple[str, list[Evidence]]:
        return self._answer.text if self._answer else "", self._state.book.items

    def _count(self, response: ModelResponse) -> None:
        before = self._usage or UsageEvent(requests=0, tool_calls=0, input_tokens=0, output_tokens=0)
        self._usage = UsageEvent(
            requests=before.requests + 1,
            tool_calls=self._state.calls,
            input_tokens=before.input_tokens + response.usage.input_tokens,
            output_tokens=before.output_tokens + response.usage.output_tokens,
        )

    # --- the end

    async def _end(self, status: TurnStatus, error: TieoutError | None) -> None:
        from tieout.session import Turn

        await self._flush()
        text, _found = self._written()
        used = self._tie_out(text)
        if self._usage is not None:
            self._usage = self._usage.model_copy(update={"tool_calls": self._state.calls})
            self.emit(self._usage)
        if error is not None:
            self._report(error)
        elif status == "interrupted":
            kept = _("Interrupted; what was written is kept.")
            lost = _("Interrupted; what was written is not stored.")
            self.emit(ErrorEvent(code="interrupted", message=lost if self._host.unstored else kept))
        seconds = round(time.perf_counter() - self._started, 3)
        problem = await self._record.finish(
            status,
            text,
            evidence=used,
            marks=self._marks,
            usage=self._usage,
            conversation=self._conversation,
        )
        if problem is not None:
            self._report(problem)
        self.turn = Turn(
            id=self._record.turn_id,
            session_id=self._session.session_id or "",
            question=self._question,
            text=text,
            status=status,
            model=self._model_id,
            marks=tuple(self._marks),
            evidence=tuple(used),
            results=tuple(self._state.results),
            usage=self._usage,
            error=error,
            seconds=seconds,
        )
        self.emit(TurnDoneEvent(turn_id=self._record.turn_id, status=status, text=text, seconds=seconds))

    def _tie_out(self, text: str) -> list[Evidence]:
        book = self._state.book
        try:
            self._marks = tie_out(text, book, self._question)
        except Exception as problem:  # a fault here must not cost the answer
            self._host.log_exception("tie-out failed", problem)
            self.emit(
                ErrorEvent(code="tie-out", message=_("The numbers of this answer could not be checked."))
            )
        earlier = {mark.evidence for mark in self._marks} & {item.id for item in book.prior}
        cited = [item for item in book.prior if item.id in earlier]
        for item in cited:
            self.emit(EvidenceEvent(id=item.id, tool=item.tool, call_id=item.call_id, figure=item.figure))
        for mark in self._marks:
            self.emit(mark)
        return [*book.items, *cited]

    def _report(self, error: TieoutError) -> None:
        redact = self._host.redact
        self.emit(ErrorEvent(code=error.code, message=redact(error.message), hint=redact(error.hint)))
