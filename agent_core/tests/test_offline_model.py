"""The offline model as pydantic-ai sees it: messages in, responses out."""

from __future__ import annotations

import pytest
from offline_tools import all_plugins
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    RetryFeedbackPart,
    RetryInfo,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from tieout.contract.models import ModelContext
from tieout.errors import ModelUnavailable
from tieout.host import Host
from tieout.models.offline import OfflineModel
from tieout.testing import HostMaker


@pytest.fixture
def host(make_host: HostMaker) -> Host:
    return make_host(all_plugins())


@pytest.fixture
def model(host: Host) -> OfflineModel:
    tools = {tool.model_name: tool for tool in host.tools().values()}
    return OfflineModel(ModelContext(tools=lambda: tools, find=host.find, lang=lambda: "en"))


@pytest.fixture
def parameters(host: Host) -> ModelRequestParameters:
    return ModelRequestParameters(
        function_tools=[ToolDefinition(name=t.model_name) for t in host.tools().values()]
    )


def prompt(text: str) -> list[ModelMessage]:
    return [ModelRequest(parts=[UserPromptPart(text)])]


async def test_a_call_and_an_answer_say_why_they_end(
    model: OfflineModel, parameters: ModelRequestParameters
) -> None:
    called = await model.request(prompt("weather in Oslo"), None, parameters)
    said = await model.request(prompt("hello"), None, parameters)
    assert (called.finish_reason, said.finish_reason) == ("tool_call", "stop")
    assert called.usage.total_tokens == said.usage.total_tokens == 0
    assert (called.model_name, called.provider_name) == ("offline", "tieout")


async def test_tools_that_are_not_offered_are_not_called(model: OfflineModel) -> None:
    only = ModelRequestParameters(function_tools=[ToolDefinition(name="freight_quote")])
    response = await model.request(prompt("weather in Oslo"), None, only)
    assert [type(part) for part in response.parts] == [TextPart]


async def test_call_ids_are_unique_and_the_same_each_time(
    model: OfflineModel, parameters: ModelRequestParameters
) -> None:
    question = prompt("weather in Oslo and Quito")
    first = await model.request(question, None, parameters)
    again = await model.request(question, None, parameters)
    ids = [part.tool_call_id for part in first.parts if isinstance(part, ToolCallPart)]
    assert len(set(ids)) == len(ids) == 2
    assert ids == [part.tool_call_id for part in again.parts if isinstance(part, ToolCallPart)]


async def test_streaming_gives_the_same_response_in_several_deltas(
    model: OfflineModel, parameters: ModelRequestParameters
) -> None:
    question = prompt("hello")
    whole = await model.request(question, None, parameters)
    async with model.request_stream(question, None, parameters) as stream:
        events = [event async for event in stream]
    assert [part.content for part in stream.get().parts if isinstance(part, TextPart)] == [
        part.content for part in whole.parts if isinstance(part, TextPart)
    ]
    assert stream.get().finish_reason == "stop"
    assert len(events) > 3


async def test_a_cancelled_stream_stops_and_is_marked(
    model: OfflineModel, parameters: ModelRequestParameters
) -> None:
    async with model.request_stream(prompt("hello"), None, parameters) as stream:
        async for _event in stream:
            await stream.cancel()
    response = stream.get()
    assert response.state == "interrupted"
    assert response.finish_reason is None


async def test_an_objection_of_a_guard_is_passed_on_and_not_argued_with(
    model: OfflineModel, parameters: ModelRequestParameters
) -> None:
    feedback = RetryFeedbackPart("Unsafe code in the answer.", retry=RetryInfo(cause="model_retry"))
    response = await model.request(
        [*prompt("weather in Oslo"), ModelRequest(parts=[feedback])], None, parameters
    )
    text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
    assert "Unsafe code in the answer." in text


async def test_structured_output_is_refused_with_a_next_step(model: OfflineModel) -> None:
    needs = ModelRequestParameters(
        output_mode="tool", output_tools=[ToolDefinition(name="out")], allow_text_output=False
    )
    with pytest.raises(ModelUnavailable, match="tieout models"):
        await model.request(prompt("weather in Oslo"), None, needs)
