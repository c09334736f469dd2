"""FakeModel: a language model that says what the test wrote down, streamed in the pieces the test chose."""

from __future__ import annotations

__all__ = ["FakeModel"]

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.messages import ModelMessage, ModelResponse, ModelResponseStreamEvent
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from tieout.contract.models import ModelSpec, Probe
from tieout.hookspecs import hookimpl
from tieout.testing.script import Call, Cut, Fail, Hang, Step

_WIRE = "fake://model"
"""Stands for a wire, so that a missing finish reason means what it means on one."""


class FakeModel(Model):
    """Plays one scripted response per request, and keeps what it was asked.

    ``FakeModel([Call("compute.train", {"parameters": "70B"})], ["It used ", "27.6 %", "."])`` calls a tool and then
    answers in three pieces. A plain text is a response in one piece.

    Args:
        responses: What to do, request by request.
        name: The model's id in a host that has it as a plugin (see :meth:`as_plugin`).
        local: Whether it counts as a model on this machine.
        available: What its probe says.
    """

    def __init__(
        self,
        *responses: str | Sequence[Step],
        name: str = "fake",
        local: bool = True,
        available: bool = True,
    ) -> None:
        super().__init__()
        self._left: list[list[Step]] = [
            [response] if isinstance(response, str) else list(response) for response in responses
        ]
        self._name = name
        self._local = local
        self._available = available
        self.requests: list[list[ModelMessage]] = []
        """The messages of each request so far."""
        self.offered: list[tuple[str, ...]] = []
        """The names of the tools offered with each request."""

    @property
    def model_name(self) -> str:
        """The id it was given."""
        return self._name

    @property
    def system(self) -> str:
        """Names no real service."""
        return "fake"

    @property
    def exhausted(self) -> bool:
        """Whether the whole script has been played."""
        return not self._left

    def spec(self) -> ModelSpec:
        """The model as a family of its own, whose prefix is its name."""
        return ModelSpec(
            prefix=self._name,
            summary="scripted model for tests",
            build=lambda _name, _context: self,
            probe=lambda _name: Probe(self._available, "scripted"),
            local=self._local,
            sends_to="" if self._local else f"{self._name}.test",
        )

    def as_plugin(self) -> object:
        """A plugin that brings this model."""
        return _ModelPlugin(self)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The next response, in one piece."""
        async with self.request_stream(messages, model_settings, model_request_parameters) as stream:
            async for _event in stream:
                pass
            return stream.get()

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """The next response, streamed step by step.

        Raises:
            AssertionError: The script has no response left.
        """
        _settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        self.requests.append(list(messages))
        self.offered.append(tuple(tool.name for tool in parameters.function_tools))
        assert self._left, (
            f"FakeModel {self._name!r} was asked {len(self.requests)} times; its script is over"
        )
        steps = self._left.pop(0)
        if steps and isinstance(steps[0], Fail):
            raise steps[0].error
        yield _FakeStream(parameters, steps, self._name, number=len(self.requests))


@dataclass
class _FakeStream(StreamedResponse):
    steps: list[Step]
    name: str
    number: int
    started: datetime = field(default_factory=lambda: datetime.now(tz=UTC))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        self._usage = RequestUsage(input_tokens=10, output_tokens=len(self.steps))
        parts = self._parts_manager
        for position, step in enumerate(self.steps):
            match step:
                case str():
                    for event in parts.handle_text_delta(vendor_part_id="text", content=step):
                        yield event
                case Call(tool=tool, arguments=arguments):
                    text = arguments if isinstance(arguments, str) else json.dumps(dict(arguments))
                    for event in parts.handle_tool_call_delta_events(
                        vendor_part_id=f"call{position}",
                        tool_name=tool.replace(".", "_").replace("-", "_"),
                        args=text,
                        tool_call_id=f"r{self.number}c{position}",
                    ):
                        yield event
                case Fail(error=error):
                    raise error
                case Hang(seconds=seconds):
                    await asyncio.sleep(seconds)
                case Cut(reason=reason):
                    self.finish_reason = "length" if reason == "length" else None
                    return
            await asyncio.sleep(0)  # a real stream lets others run between pieces
        self.finish_reason = "tool_call" if any(isinstance(step, Call) for step in self.steps) else "stop"
        self.provider_details = {"finish_reason": self.finish_reason}

    async def close_stream(self) -> None:
        """There is no connection to close."""

    @property
    def model_name(self) -> str:
        """The model's id."""
        return self.name

    @property
    def provider_name(self) -> str:
        """Names no real service."""
        return "fake"

    @property
    def provider_url(self) -> str:
        """Not empty, since only what came over a wire can be cut."""
        return _WIRE

    @property
    def timestamp(self) -> datetime:
        """When the response began."""
        return self.started


class _ModelPlugin:
    def __init__(self, model: FakeModel) -> None:
        self._model = model

    @hookimpl
    def models(self) -> list[ModelSpec]:
        """The one family."""
        return [self._model.spec()]
