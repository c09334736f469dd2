"""A conversation as chat templates know it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextContent,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from tieout.errors import ModelError
from tieout.i18n import translator
from tieout.models.llamacpp.protocol import ChatMessage, JsonObject

__all__ = ["chat_messages", "tool_definition", "with_tools_in_text"]

_ = translator("tieout")

_TOOLS_IN_TEXT: Final = """\
You may call tools. To call one, write nothing but
<tool_call>
{"name": "NAME", "arguments": {ARGUMENTS}}
</tool_call>
and wait for its result. These tools exist:"""


def chat_messages(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> list[ChatMessage]:
    """System, user, assistant and tool messages; neighbours of one role become one, as strict templates want.

    Thinking is left out, as the templates of thinking models do themselves.

    Raises:
        ModelError: A message holds something other than text.
    """
    out: list[ChatMessage] = []
    instructions = _instructions(messages, parameters)
    if instructions:
        out.append(ChatMessage(role="system", content=instructions))
    for message in messages:
        found = _of_request(message) if isinstance(message, ModelRequest) else _of_response(message)
        for new in found:
            _append(out, new)
    return out


def tool_definition(tool: ToolDefinition) -> JsonObject:
    """OpenAI's form, which every tool-aware chat template expects."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description or "",
            "parameters": tool.parameters_json_schema,
        },
    }


def with_tools_in_text(messages: list[ChatMessage], tools: list[JsonObject]) -> list[ChatMessage]:
    """For a template that knows no tools: their definitions, calls and results as plain text."""
    listed = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    explained = f"{_TOOLS_IN_TEXT}\n{listed}" if tools else ""
    out: list[ChatMessage] = [ChatMessage(role="system", content=explained)] if explained else []
    for message in messages:
        content = message.get("content", "")
        match message.get("role"):
            case "assistant" if calls := message.get("tool_calls"):
                written = [f"<tool_call>\n{_call_text(call)}\n</tool_call>" for call in calls]
                plain = ChatMessage(role="assistant", content="\n".join([content, *written]).strip())
            case "tool":
                plain = ChatMessage(role="user", content=f"<tool_response>\n{content}\n</tool_response>")
            case _:
                plain = message
        _append(out, plain)
    return out


def _call_text(call: JsonObject) -> str:
    function = call["function"]
    return json.dumps({"name": function["name"], "arguments": function["arguments"]}, ensure_ascii=False)


def _append(out: list[ChatMessage], new: ChatMessage) -> None:
    last = out[-1] if out else None
    same = last is not None and last.get("role") == new.get("role") in {"system", "user"}
    if last is not None and same:
        last["content"] = f"{last.get('content', '')}\n\n{new.get('content', '')}"
    else:
        out.append(new)


def _instructions(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> str:
    if parameters.instruction_parts is not None:
        return "\n\n".join(part.content for part in parameters.instruction_parts if part.content)
    requests = [message for message in messages if isinstance(message, ModelRequest)]
    return (requests[-1].instructions or "") if requests else ""


def _of_request(message: ModelRequest) -> Iterator[ChatMessage]:
    for part in message.parts:
        match part:
            case SystemPromptPart():
                yield ChatMessage(role="system", content=part.content)
            case UserPromptPart():
                yield ChatMessage(role="user", content=_user_text(part))
            case ToolReturnPart():
                yield ChatMessage(
                    role="tool",
                    content=part.model_response_str(),
                    name=part.tool_name,
                    tool_call_id=part.tool_call_id,
                )
            case _:  # bookkeeping that Model.prepare_messages leaves for adapters which can express it
                continue


def _user_text(part: UserPromptPart) -> str:
    if isinstance(part.content, str):
        return part.content
    texts: list[str] = []
    for item in part.content:
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, TextContent):
            texts.append(item.content)
        else:
            raise ModelError(
                _(
                    "The local model reads text only, and this question holds {kind}.",
                    kind=type(item).__name__,
                ),
                code="model-text-only",
                hint=_("Choose a model that reads images and files with --model."),
            )
    return "\n\n".join(texts)


def _of_response(message: ModelResponse) -> Iterator[ChatMessage]:
    text = "\n\n".join(part.content for part in message.parts if isinstance(part, TextPart))
    calls: list[JsonObject] = [
        {
            "type": "function",
            "id": part.tool_call_id,
            "function": {"name": part.tool_name, "arguments": part.args_as_dict()},
        }
        for part in message.parts
        if isinstance(part, ToolCallPart)
    ]
    if calls:
        yield ChatMessage(role="assistant", content=text, tool_calls=calls)
    elif text:
        yield ChatMessage(role="assistant", content=text)
