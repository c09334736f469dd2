"""A conversation on its way into a chat template."""

from __future__ import annotations

import pytest
from pydantic_ai.messages import (
    ImageUrl,
    InstructionPart,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextContent,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from tieout.errors import ModelError
from tieout.models.llamacpp.prompt import chat_messages, tool_definition, with_tools_in_text

NONE = ModelRequestParameters()
CONVERSATION: list[ModelMessage] = [
    ModelRequest(
        parts=[SystemPromptPart("You tie numbers."), UserPromptPart(["Which", TextContent("code?")])]
    ),
    ModelResponse(
        parts=[
            ThinkingPart("look it up"),
            TextPart("One moment."),
            ToolCallPart("quote", '{"code": "688111"}', tool_call_id="c1"),
        ]
    ),
    ModelRequest(parts=[ToolReturnPart("quote", {"price": 25.1}, tool_call_id="c1")]),
    ModelResponse(parts=[TextPart("25.1")]),
]


def test_each_part_becomes_the_message_that_templates_know():
    assert chat_messages(CONVERSATION, NONE) == [
        {"role": "system", "content": "You tie numbers."},
        {"role": "user", "content": "Which\n\ncode?"},
        {
            "role": "assistant",
            "content": "One moment.",
            "tool_calls": [
                {
                    "type": "function",
                    "id": "c1",
                    "function": {"name": "quote", "arguments": {"code": "688111"}},
                }
            ],
        },
        {"role": "tool", "content": '{"price":25.1}', "name": "quote", "tool_call_id": "c1"},
        {"role": "assistant", "content": "25.1"},
    ]


def test_instructions_and_neighbours_of_one_role_become_one_message():
    parameters = ModelRequestParameters(instruction_parts=[InstructionPart("One."), InstructionPart("Two.")])
    messages: list[ModelMessage] = [
        ModelRequest(parts=[SystemPromptPart("Three."), UserPromptPart("a")]),
        ModelResponse(parts=[]),
        ModelRequest(parts=[UserPromptPart("b")]),
    ]
    assert chat_messages(messages, parameters) == [
        {"role": "system", "content": "One.\n\nTwo.\n\nThree."},
        {"role": "user", "content": "a\n\nb"},
    ]


def test_building_a_prompt_twice_gives_the_same():
    assert chat_messages(CONVERSATION, NONE) == chat_messages(CONVERSATION, NONE)


def test_pictures_are_refused_with_a_next_step():
    messages: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart(["see", ImageUrl("https://x.example/a.png")])])
    ]
    with pytest.raises(ModelError, match="ImageUrl") as caught:
        chat_messages(messages, NONE)
    assert caught.value.hint


def test_for_a_template_without_tools_everything_is_said_in_text():
    tool = tool_definition(ToolDefinition(name="quote", description="A price.", parameters_json_schema={}))
    plain = with_tools_in_text(chat_messages(CONVERSATION, NONE), [tool])
    assert [message.get("role") for message in plain] == ["system", "user", "assistant", "user", "assistant"]
    assert '"description": "A price."' in plain[0].get("content", "")
    assert plain[0].get("content", "").endswith("You tie numbers.")
    call = '<tool_call>\n{"name": "quote", "arguments": {"code": "688111"}}\n</tool_call>'
    assert plain[2] == {"role": "assistant", "content": f"One moment.\n{call}"}
    assert plain[3].get("content") == '<tool_response>\n{"price":25.1}\n</tool_response>'
