"""The pydantic-ai model without a language model: it plans calls and answers with the tools' own sentences."""

from __future__ import annotations

__all__ = ["OfflineModel", "OfflineStreamedResponse"]

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic_ai.messages import (
    FinishReason,
    ModelMessage,
    ModelResponse,
    ModelResponseStreamEvent,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from tieout.contract.models import ModelContext
from tieout.contract.tools import Tool
from tieout.errors import ModelUnavailable
from tieout.i18n import Language, translator
from tieout.models.offline import replies
from tieout.models.offline.codeblocks import shortened
from tieout.models.offline.history import Situation, read_messages
from tieout.models.offline.leftover import left_out
from tieout.models.offline.planning import Plan, Planner
from tieout.models.offline.router import Router, build_router
from tieout.text import nfkc

if TYPE_CHECKING:
    from pydantic_ai import RunContext

_ = translator("tieout")

_DELTA = 160
"""Characters of one delta; whole lines where they are shorter."""


class OfflineModel(Model[None]):
    """Routes a question to tools, fills their arguments, and answers with what they say. Deterministic, no network.

    Args:
        context: What the host knows: the tools, the finders, the language, and an embedder if there is one.
    """

    def __init__(self, context: ModelContext) -> None:
        super().__init__(
            profile=ModelProfile(
                supports_tools=True,
                supports_json_schema_output=False,
                supports_json_object_output=False,
                supports_image_input=False,
                supports_document_input=False,
                supports_audio_file_input=False,
                supports_video_input=False,
                supported_native_tools=frozenset(),
            )
        )
        self._context = context

    @property
    def model_name(self) -> str:
        """``offline``."""
        return "offline"

    @property
    def system(self) -> str:
        """``tieout``."""
        return "tieout"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """One whole response: the calls to make, or the answer.

        Raises:
            ModelUnavailable: Structured output was asked for.
        """
        _settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        parts = await asyncio.to_thread(self._parts, messages, parameters)
        return ModelResponse(
            parts=list(parts),
            usage=RequestUsage(),
            model_name=self.model_name,
            provider_name=self.system,
            finish_reason=_finish(parts),
        )

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """The same response in a few deltas.

        Raises:
            ModelUnavailable: Structured output was asked for.
        """
        _settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        parts = await asyncio.to_thread(self._parts, messages, parameters)
        yield OfflineStreamedResponse(model_request_parameters=parameters, parts=parts)

    async def count_tokens(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> RequestUsage:
        """Nothing: there are no tokens without a language model."""
        return RequestUsage()

    def _parts(
        self, messages: Sequence[ModelMessage], parameters: ModelRequestParameters
    ) -> list[TextPart | ToolCallPart]:
        if not parameters.allow_text_output:
            raise ModelUnavailable(
                _("Offline mode answers in text and cannot fill a structured output."),
                code="offline-structured",
                hint=_("Choose a language model for this: `tieout models` lists them."),
            )
        situation = read_messages(messages)
        offered = {definition.name for definition in parameters.function_tools}
        tools = {name: tool for name, tool in self._context.tools().items() if name in offered}
        lang = replies.question_language(
            [situation.question, *reversed(situation.earlier)], self._context.lang()
        )
        if situation.objection:
            return [TextPart(replies.objected(situation.objection, lang))]
        if situation.outcomes:
            return [TextPart(self._answer(situation, tools, lang))]
        return self._open(situation, tools, lang)

    def _answer(self, situation: Situation, tools: Mapping[str, Tool[..., Any]], lang: Language) -> str:
        """The results, and what else the question asked for: what lacks inputs, and what nothing here is about."""
        paragraphs = [replies.results(situation.outcomes, tools, lang)]
        missing = self._plan(situation, tools).missing
        if missing:
            paragraphs.append(replies.still_needed(missing, lang))
        called = [tools[outcome.tool] for outcome in situation.outcomes if outcome.tool in tools]
        called += [tool for tool, _parameters in missing]
        router = self._router(tools)
        reading = router.read(shortened(nfkc(situation.question).text))
        if parts := left_out(reading, called, router, paragraphs[0]):
            paragraphs.append(replies.not_answered(parts, lang))
        return "\n\n".join(paragraphs)

    def _open(
        self, situation: Situation, tools: Mapping[str, Tool[..., Any]], lang: Language
    ) -> list[TextPart | ToolCallPart]:
        plan = self._plan(situation, tools)
        names = {tool.qualified_name: name for name, tool in tools.items()}
        calls = plan.calls()
        if calls:
            return [
                ToolCallPart(names[tool.qualified_name], arguments, _call_id(situation, index))
                for index, (tool, arguments) in enumerate(calls)
            ]
        if plan.missing:
            return [TextPart(replies.still_needed(plan.missing, lang))]
        return [TextPart(replies.abstention(tools, lang))]

    def _plan(self, situation: Situation, tools: Mapping[str, Tool[..., Any]]) -> Plan:
        planner = Planner(self._router(tools), self._context.find)
        return planner.plan(situation.question, situation.earlier)

    def _router(self, tools: Mapping[str, Tool[..., Any]]) -> Router:
        return build_router(tools, self._context.embedder)


def _call_id(situation: Situation, index: int) -> str:
    """Unique within a conversation, and the same whenever the same conversation is replayed."""
    digest = hashlib.sha256(situation.question.encode()).hexdigest()[:12]
    return f"call_{situation.turns}_{index}_{digest}"


def _finish(parts: Sequence[TextPart | ToolCallPart]) -> FinishReason:
    return "tool_call" if any(isinstance(part, ToolCallPart) for part in parts) else "stop"


@dataclass
class OfflineStreamedResponse(StreamedResponse):
    """A response of :class:`OfflineModel`, handed out in a few deltas."""

    parts: Sequence[TextPart | ToolCallPart]
    _timestamp: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        for index, part in enumerate(self.parts):
            if isinstance(part, ToolCallPart):
                yield self._parts_manager.handle_tool_call_part(
                    vendor_part_id=index,
                    tool_name=part.tool_name,
                    args=part.args,
                    tool_call_id=part.tool_call_id,
                )
                continue
            for delta in _deltas(part.content):
                for event in self._parts_manager.handle_text_delta(vendor_part_id=index, content=delta):
                    yield event
                await asyncio.sleep(0)  # lets a cancel in between two deltas
                if self.cancelled:
                    return
        self.finish_reason = _finish(self.parts)

    async def close_stream(self) -> None:
        """Nothing to close: the next delta is not sent."""

    def get_stream_cancel_errors(self) -> tuple[type[BaseException], ...]:
        """None: a cancelled answer simply ends."""
        return ()

    @property
    def model_name(self) -> str:
        """``offline``."""
        return "offline"

    @property
    def provider_name(self) -> str:
        """``tieout``."""
        return "tieout"

    @property
    def provider_url(self) -> None:
        """None: nothing is sent anywhere."""
        return

    @property
    def timestamp(self) -> datetime:
        """When the answer was begun, UTC."""
        return self._timestamp


def _deltas(text: str) -> Iterator[str]:
    """The text in pieces of a line or so."""
    for line in text.splitlines(keepends=True):
        for start in range(0, len(line), _DELTA):
            yield line[start : start + _DELTA]
