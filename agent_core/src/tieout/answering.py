"""The pydantic-ai side of a turn: the agent, its tools, and the capability that guards what the model says."""

from __future__ import annotations

__all__ = ["AnswerText", "TurnDeps", "build_agent"]

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import Agent, ModelRetry, RunContext, ToolReturn
from pydantic_ai import Tool as AgentTool
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import (
    AgentStreamEvent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartEndEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestContext

from tieout.contract.guards import Block, GuardInput, Retry, Stage
from tieout.contract.tools import Tool
from tieout.events import Event, TextEvent
from tieout.guarding import OutputGate, Watch
from tieout.i18n import Language, translator
from tieout.models.faults import CutReason, cut_reason
from tieout.running import ToolRunner
from tieout.settings import Limits

_ = translator("tieout")

_GATHERED_CHARS = 256
_GATHERED_SECONDS = 0.04
"""Below 6,000 characters a second, faster than anybody reads, it is the time that decides."""


class AnswerText:
    """The answer while it grows: every character passes the output guards, then is final.

    Args:
        watch: The guards of the turn.
        emit: Receives the text events.
        lang: Language for labelled notices.
        retries: How often a guard may ask the model again.
        limit: Characters of one answer.
    """

    def __init__(
        self, watch: Watch, emit: Callable[[Event], None], *, lang: Language, retries: int, limit: int
    ) -> None:
        self._watch, self._emit, self._limit = watch, emit, limit
        self._lang: Language = lang
        self._retries = retries
        self._gates: dict[int, OutputGate] = {}
        self._finished: set[int] = set()
        self._gathered: dict[int, str] = {}
        self._fed_at = 0.0
        self._lock = asyncio.Lock()
        self.text = ""
        self.stopped: Block | Retry | None = None
        """What a guard said last to stop the response under way."""
        self.blocked: Block | None = None
        """Set once the answer as a whole is over because a guard blocked it."""

    def open_response(self) -> None:
        """A new model response begins."""
        self._gates, self._finished, self._gathered, self.stopped = {}, set(), {}, None

    async def on_event(self, event: AgentStreamEvent) -> bool:
        """Take one event of a model's stream; returns False for those that carried text."""
        if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
            if self._only_gathered(event.index, event.delta.content_delta):
                return False
        elif not isinstance(event, PartStartEvent | PartEndEvent):
            return True
        async with self._lock:
            match event:
                case PartStartEvent(index=index, part=TextPart(content=content)):
                    await self._gather(index, content)
                case PartDeltaEvent(index=index, delta=TextPartDelta(content_delta=delta)):
                    await self._gather(index, delta)
                case PartEndEvent(index=index, part=TextPart()):
                    await self._finish(index)
                case _:
                    return True
        return False

    async def flush(self) -> None:
        """Pass on what was gathered, when the model pauses or the turn is cut short."""
        async with self._lock:
            for index, text in list(self._gathered.items()):
                self._gathered[index] = ""
                await self._feed(index, text)

    async def close_response(self, response: ModelResponse) -> ModelResponse:
        """What the history keeps: the released text, and no tool call after a block."""
        async with self._lock:
            return await self._close_response(response)

    async def _close_response(self, response: ModelResponse) -> ModelResponse:
        texts = [part for part in response.parts if isinstance(part, TextPart)]
        for index in sorted(self._gathered):
            await self._finish(index)
        if not self._gates:  # not streamed: the same guards see the whole text
            for index, part in enumerate(texts):
                await self._feed(index, part.content)
        for index in sorted(self._gates):
            await self._finish(index)
        released = [self._gates[index].released for index in sorted(self._gates)]
        if isinstance(self.stopped, Block):
            self.blocked = self.stopped
            notice = self._notice(self.stopped)
            self._release(notice)
            return _with_texts(response, [*released, notice], keep_calls=False)
        return _with_texts(response, released, keep_calls=self.stopped is None)

    def take_retry(self) -> bool:
        """Whether a guard may ask the model again; counts it."""
        self._retries -= 1
        return self._retries >= 0

    def append(self, text: str) -> None:
        """Release text of the program's own, such as a correction block."""
        self._release(text)

    async def _gather(self, index: int, delta: str) -> None:
        """Collect deltas that come thick and fast: guarding each alone costs a quarter of a short turn's CPU time.

        What is held is less than 256 characters, and at most a tenth of a second old: the turn flushes it.
        """
        if self._only_gathered(index, delta):
            return
        gathered, self._gathered[index] = self._gathered.get(index, "") + delta, ""
        self._fed_at = time.monotonic()
        await self._feed(index, gathered)

    def _only_gathered(self, index: int, delta: str) -> bool:
        """Take a delta that can wait. It needs no lock: what a flush under way passes on is older."""
        gathered = self._gathered.get(index, "") + delta
        if len(gathered) >= _GATHERED_CHARS or time.monotonic() - self._fed_at >= _GATHERED_SECONDS:
            return False
        self._gathered[index] = gathered
        return True

    async def _feed(self, index: int, text: str) -> None:
        if self.stopped or not text:
            return
        gate = self._gates.get(index)
        if gate is None:
            given = GuardInput(Stage.OUTPUT, "", self._lang, released=self.text)
            gate = self._gates[index] = self._watch.open_gate(given, may_retry=lambda: self._retries > 0)
        self._release(await gate.feed(text), first=not gate.released_before)
        self._after(gate)

    async def _finish(self, index: int) -> None:
        await self._feed(index, self._gathered.pop(index, ""))
        gate = self._gates.get(index)
        if gate is None or index in self._finished or self.stopped:
            return
        self._finished.add(index)
        self._release(await gate.finish(), first=not gate.released_before)
        self._after(gate)

    def _after(self, gate: OutputGate) -> None:
        self.stopped = self.stopped or gate.stopped
        if len(self.text) > self._limit and not self.stopped:
            self.stopped = Block(_("The answer is longer than {limit} characters.", limit=self._limit))

    def _release(self, text: str, *, first: bool = False) -> None:
        if not text:
            return
        if first and self.text and not self.text.endswith("\n"):
            text = "\n\n" + text
        self.text += text
        self._emit(TextEvent(text=text))

    def _notice(self, block: Block) -> str:
        gap = "\n\n" if self.text and not self.text.endswith("\n") else ""
        fence = "\n```\n" if _inside_fence(self.text) else ""
        return f"{fence}{gap}> **{_('Withheld')}:** {block.message}\n"


def _inside_fence(text: str) -> bool:
    """Whether a Markdown code fence is open at the end of ``text``."""
    open_fence = ""
    for line in text.splitlines():
        mark = line.strip()
        if open_fence:
            if mark.startswith(open_fence) and not mark.strip(open_fence[0]):
                open_fence = ""
        elif mark.startswith(("```", "~~~")):
            open_fence = mark[: len(mark) - len(mark.lstrip(mark[0]))]
    return bool(open_fence)


def _with_texts(response: ModelResponse, texts: Sequence[str], *, keep_calls: bool) -> ModelResponse:
    parts: list[Any] = []
    remaining = list(texts)
    for part in response.parts:
        if isinstance(part, TextPart):
            if remaining and (text := remaining.pop(0)):
                parts.append(TextPart(text))
        elif keep_calls or not isinstance(part, ToolCallPart):
            parts.append(part)
    parts += [TextPart(text) for text in remaining if text]
    response.parts = parts or [TextPart("")]
    return response


@dataclass
class TurnDeps:
    """What the capability and the tools of one run share."""

    runner: ToolRunner
    answer: AnswerText
    limits: Limits
    cut: CutReason | None = None
    on_response: Callable[[ModelResponse], None] = field(default=lambda _response: None)


class _GuardedText(AbstractCapability[TurnDeps]):
    """Applies the output guards twice over one engine: to what is seen while streaming, and to what is stored."""

    async def wrap_run_event_stream(
        self, ctx: RunContext[TurnDeps], *, stream: AsyncIterable[AgentStreamEvent]
    ) -> AsyncIterable[AgentStreamEvent]:
        async for event in stream:
            if await ctx.deps.answer.on_event(event):
                yield event

    async def before_model_request(
        self, ctx: RunContext[TurnDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        ctx.deps.answer.open_response()
        return request_context

    async def after_model_request(
        self, ctx: RunContext[TurnDeps], *, request_context: ModelRequestContext, response: ModelResponse
    ) -> ModelResponse:
        deps = ctx.deps
        deps.cut = cut_reason(response)
        deps.on_response(response)
        response = await deps.answer.close_response(response)
        if deps.cut is not None:  # a call that may be half of what the model meant is not run
            response.parts = [part for part in response.parts if not isinstance(part, ToolCallPart)]
            response.parts = response.parts or [TextPart("")]
        stopped = deps.answer.stopped
        if isinstance(stopped, Retry) and deps.answer.take_retry():
            raise ModelRetry(stopped.message)
        return response


class _FittedText(_GuardedText):
    """The same for a model with a small window: what does not fit is left out of the request, not of the history.

    A class of its own: where this hook is overridden, pydantic-ai copies every tool's schema for every request, which
    costs a short turn 5 % of its time.
    """

    async def prepare_model_request(
        self, ctx: RunContext[TurnDeps], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        window = request_context.model.profile.get("context_window")
        if window:
            request_context.messages = fit_window(request_context.messages, window)
        return request_context


def fit_window(messages: list[ModelMessage], window: int) -> list[ModelMessage]:
    """Drop the oldest whole turns until the estimate leaves a third of the window for the answer.

    Tokens are estimated as one per CJK character and one per three others, which is on the safe side for the
    tokenizers of 2024 and later. The last turn is always kept.
    """
    room = int(window * 0.66)
    starts = [
        index
        for index, message in enumerate(messages)
        if isinstance(message, ModelRequest)
        and any(isinstance(part, UserPromptPart) for part in message.parts)
    ]
    sizes = [_estimated_tokens(message) for message in messages]
    for start in starts:
        if sum(sizes[start:]) <= room:
            return messages[start:]
    return messages[starts[-1] :] if starts else messages


def _estimated_tokens(message: ModelMessage) -> int:
    text = "".join(
        str(getattr(part, "content", "") or getattr(part, "args", "") or "") for part in message.parts
    )
    wide = sum(1 for char in text if ord(char) > 0x2E7F)
    return wide + (len(text) - wide) // 3 + 8


def build_agent(model: Model, tools: Mapping[str, Tool[..., Any]], *, retries: int) -> Agent[TurnDeps, str]:
    """An agent over the host's tools; each call goes through the turn's ToolRunner."""
    return Agent(
        model,
        deps_type=TurnDeps,
        tools=[_agent_tool(tool) for tool in tools.values() if "model" in tool.faces],
        capabilities=[_FittedText() if model.profile.get("context_window") else _GuardedText()],
        retries=max(2, retries),
    )


def _agent_tool(tool: Tool[..., Any]) -> AgentTool[TurnDeps]:
    async def call(ctx: RunContext[TurnDeps], **arguments: Any) -> ToolReturn:
        outcome = await ctx.deps.runner.run(tool, arguments, call_id=ctx.tool_call_id or "")
        return ToolReturn(outcome.for_model, metadata={"ok": outcome.error is None, "tool": outcome.tool})

    return AgentTool[TurnDeps].from_schema(
        call,
        name=tool.model_name,
        description=tool.description,
        json_schema=tool.arguments_model.model_json_schema(),
        takes_ctx=True,
    )
