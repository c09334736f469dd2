"""The pydantic-ai model over :class:`LlamaProcess`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from pydantic_ai.messages import FinishReason, ModelMessage, ModelResponse, ModelResponseStreamEvent
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import InlineDefsJsonSchemaTransformer, ModelProfile
from pydantic_ai.settings import ModelSettings, ToolOrOutput
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from tieout.errors import ModelUnavailable
from tieout.i18n import translator
from tieout.models.llamacpp.failures import INSTALL_HINT
from tieout.models.llamacpp.process import LlamaJob, LlamaProcess
from tieout.models.llamacpp.prompt import chat_messages, tool_definition, with_tools_in_text
from tieout.models.llamacpp.protocol import Completion, FinishedBy, JsonObject, Sampling
from tieout.models.llamacpp.reply import Piece, ReplyParser, TextPiece, ThinkingPiece
from tieout.models.llamacpp.settings import LlamaSettings

if TYPE_CHECKING:
    from pydantic_ai import RunContext

    from tieout.contract.models import Probe

__all__ = ["LlamaCppModel", "LlamaStreamedResponse", "build_llamacpp", "probe_llamacpp"]

_ = translator("tieout")

_FINISH: Final[dict[FinishedBy, FinishReason]] = {"stop": "stop", "length": "length"}


def build_llamacpp(model_id: str, settings: LlamaSettings | None = None) -> LlamaCppModel:
    """The model ``llamacpp:PATH``, or ``llamacpp`` with a path in ``settings``. Loads nothing yet.

    Raises:
        ModelUnavailable: No path, no such file, no GGUF file, or llama-cpp-python is not installed.
    """
    settings = _with_path(model_id, settings or LlamaSettings())
    process = LlamaProcess(settings)
    _require_llama_cpp()
    return LlamaCppModel(process)


def probe_llamacpp(model_id: str, settings: LlamaSettings | None = None) -> Probe:
    """Whether the file is there, is GGUF and could be run; reads its first kilobytes only and never raises."""
    from tieout.contract.models import Probe

    try:
        process = LlamaProcess(_with_path(model_id, settings or LlamaSettings()))
        _require_llama_cpp()
    except ModelUnavailable as error:
        return Probe(False, error.message, error.hint)
    head = process.head
    return Probe(
        True,
        _(
            "{name} ({architecture}, {size} MB), window {n_ctx} tokens, {threads} threads",
            name=head.name,
            architecture=head.architecture,
            size=f"{head.size / 1e6:.0f}",
            n_ctx=process.settings.n_ctx,
            threads=process.settings.n_threads,
        ),
    )


def _with_path(model_id: str, settings: LlamaSettings) -> LlamaSettings:
    path = model_id.partition(":")[2].strip()
    return settings.model_copy(update={"path": Path(path)}) if path else settings


def _require_llama_cpp() -> None:
    from importlib.util import find_spec

    if find_spec("llama_cpp") is None:
        raise ModelUnavailable(
            _("llama-cpp-python is not installed, so no GGUF file can be run."),
            code="model-not-installed",
            hint=_("Install it with: {command}", command=INSTALL_HINT),
        )


class LlamaCppModel(Model[None]):
    """A local GGUF model. Requests queue up; one is written at a time.

    Structured output is enforced by a grammar (``output_mode='native'``), as is a call when the caller requires
    one; numeric bounds of a schema are not in the grammar and are checked by pydantic-ai afterwards.
    """

    unsupported_settings = frozenset(
        {
            "timeout",
            "max_retries",
            "stop_sequences",
            "parallel_tool_calls",
            "logit_bias",
            "extra_headers",
            "extra_body",
            "service_tier",
        }
    )

    def __init__(self, process: LlamaProcess) -> None:
        limits = process.settings
        super().__init__(
            settings=ModelSettings(
                first_event_timeout=limits.load_timeout + limits.request_timeout,
                request_timeout=limits.load_timeout + limits.request_timeout,
            ),
            profile=ModelProfile(
                supports_tools=True,
                supports_json_schema_output=True,
                supports_json_object_output=True,
                default_structured_output_mode="native",
                json_schema_transformer=InlineDefsJsonSchemaTransformer,
                supports_image_input=False,
                supports_document_input=False,
                supports_audio_file_input=False,
                supports_video_input=False,
                # Templates put content into the prompt as it is, and a literal <|im_start|> in it would be a turn.
                may_tokenize_special_tokens_in_content=True,
                supported_native_tools=frozenset(),
                context_window=limits.n_ctx,
            ),
        )
        self.process = process

    @property
    def model_name(self) -> str:
        """The name in the file's metadata, or the file's own."""
        return self.process.head.name

    @property
    def system(self) -> str:
        """``llamacpp``."""
        return "llamacpp"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """One whole answer."""
        async with self._stream(messages, model_settings, model_request_parameters) as response:
            async for _event in response:
                pass
        return response.get()

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """One answer, as it is written; leaving the block early cancels it."""
        async with self._stream(messages, model_settings, model_request_parameters) as response:
            yield response

    async def count_tokens(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> RequestUsage:
        """The exact length of the prompt."""
        prepared, parameters = self.prepare_request(model_settings, model_request_parameters)
        completion, _tools = await self._completion(messages, prepared or {}, parameters)
        return RequestUsage(input_tokens=await self.process.count(completion))

    async def close(self) -> None:
        """End the child process; the next request starts another."""
        await self.process.close()

    @asynccontextmanager
    async def _stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> AsyncGenerator[LlamaStreamedResponse]:
        settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        completion, tools = await self._completion(messages, settings or {}, parameters)
        job = await self.process.start(completion)
        try:
            yield LlamaStreamedResponse(
                model_request_parameters=parameters, job=job, tools=tools, name=self.model_name
            )
        finally:
            job.close()

    async def _completion(
        self, messages: list[ModelMessage], settings: ModelSettings, parameters: ModelRequestParameters
    ) -> tuple[Completion, Collection[str]]:
        loaded = await self.process.load()
        chosen, required = _choose_tools(settings, parameters)
        tools = [tool_definition(tool) for tool in chosen]
        conversation = chat_messages(messages, parameters)
        if not loaded["template_tools"]:
            conversation = with_tools_in_text(conversation, tools)
        schema: JsonObject | None = None
        if parameters.output_mode == "native" and parameters.output_object is not None:
            schema = parameters.output_object.json_schema
        elif required:
            schema = {"anyOf": [_call_schema(tool) for tool in chosen]}
        completion = Completion(
            messages=conversation,
            tools=tools if loaded["template_tools"] else [],
            schema=schema,
            sampling=self._sampling(settings),
            deadline=self.process.settings.request_timeout,
        )
        return completion, [tool.name for tool in chosen]

    def _sampling(self, settings: ModelSettings) -> Sampling:
        own = self.process.settings
        return Sampling(
            max_tokens=settings.get("max_tokens", own.max_tokens),
            temperature=settings.get("temperature", own.temperature),
            top_p=settings.get("top_p", 0.95),
            top_k=settings.get("top_k", 40),
            presence_penalty=settings.get("presence_penalty", 0.0),
            frequency_penalty=settings.get("frequency_penalty", 0.0),
            seed=settings.get("seed", own.seed),
        )


def _choose_tools(
    settings: ModelSettings, parameters: ModelRequestParameters
) -> tuple[list[ToolDefinition], bool]:
    """The tools to offer, and whether one of them must be called."""
    functions, outputs = parameters.declared_function_tools, parameters.output_tools
    must_call = not parameters.allow_text_output and parameters.output_mode == "tool"
    choice = settings.get("tool_choice")
    match choice:
        case None | "auto":
            return [*functions, *outputs], must_call
        case "none":
            return list(outputs), must_call and bool(outputs)
        case "required":
            return list(functions), bool(functions)
        case ToolOrOutput():
            named = [tool for tool in functions if tool.name in choice.function_tools]
            return [*named, *outputs], must_call
        case _:
            named = [tool for tool in [*functions, *outputs] if tool.name in choice]
            return named, bool(named)


def _call_schema(tool: ToolDefinition) -> JsonObject:
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": tool.parameters_json_schema},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


@dataclass
class LlamaStreamedResponse(StreamedResponse):
    """One answer of a :class:`LlamaCppModel` while it is being written."""

    job: LlamaJob
    tools: Collection[str]
    name: str
    _timestamp: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _parts: int = field(default=0, init=False)
    _kind: str = field(default="", init=False)
    _called: bool = field(default=False, init=False)

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        parser = ReplyParser(self.tools)
        async for text in self.job.texts():
            self._count()
            for piece in parser.feed(text):
                for event in self._events(piece):
                    yield event
        for piece in parser.finish():
            for event in self._events(piece):
                yield event
        self._count()
        if self.job.finish is not None and self.job.finish in _FINISH:
            self.provider_details = {"finish_reason": self.job.finish}
            whole = self.job.finish == "stop"
            self.finish_reason = "tool_call" if self._called and whole else _FINISH[self.job.finish]

    def _events(self, piece: Piece) -> Iterator[ModelResponseStreamEvent]:
        kind = type(piece).__name__
        if kind != self._kind or kind == "ToolCallPiece":
            self._kind, self._parts = kind, self._parts + 1
        match piece:
            case TextPiece(text):
                yield from self._parts_manager.handle_text_delta(vendor_part_id=self._parts, content=text)
            case ThinkingPiece(text):
                yield from self._parts_manager.handle_thinking_delta(vendor_part_id=self._parts, content=text)
            case _:
                self._called = True
                yield self._parts_manager.handle_tool_call_part(
                    vendor_part_id=self._parts,
                    tool_name=piece.name,
                    args=piece.arguments,
                    tool_call_id=f"call_{uuid4().hex[:16]}",
                )

    def _count(self) -> None:
        job = self.job
        self._usage = replace(
            self._usage,
            input_tokens=job.prompt_tokens,
            cache_read_tokens=job.cached_tokens,
            output_tokens=job.written_tokens,
        )

    async def close_stream(self) -> None:
        """Stop writing; the child is free for the next request within a token or a step."""
        self.job.cancel()

    def get_stream_cancel_errors(self) -> tuple[type[BaseException], ...]:
        """None: a cancelled answer simply ends."""
        return ()

    @property
    def model_name(self) -> str:
        """The model's name."""
        return self.name

    @property
    def provider_name(self) -> str:
        """``llamacpp``."""
        return "llamacpp"

    @property
    def provider_url(self) -> None:
        """None: nothing is sent anywhere."""
        return

    @property
    def timestamp(self) -> datetime:
        """When the answer was begun, UTC."""
        return self._timestamp
