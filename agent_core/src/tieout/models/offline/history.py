"""What the messages of a conversation say: the questions asked, and what came back for the last one."""

from __future__ import annotations

__all__ = ["Outcome", "Situation", "read_messages"]

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    RetryFeedbackPart,
    ToolReturnPart,
    UserPromptPart,
)

_EARLIER = 6
"""Questions of the past that a short text can be a supplement to."""
_LONGEST = 4_000
"""Characters of a question that are read; code after them is cut, never the request."""


@dataclass(frozen=True)
class Outcome:
    """What one call of this turn gave: a sentence or more of Markdown, or an error."""

    tool: str
    """Name as the model called it."""
    text: str
    failed: bool


@dataclass(frozen=True)
class Situation:
    """Where a conversation stands."""

    question: str
    """The user's last text."""
    earlier: tuple[str, ...]
    """Those before it, oldest first."""
    outcomes: tuple[Outcome, ...]
    """Results for the last text; empty before any tool ran."""
    objection: str = ""
    """Why the answer was sent back to be written again, if it was."""
    turns: int = 0
    """How many texts of the user's there are in all."""


def read_messages(messages: Sequence[ModelMessage]) -> Situation:
    """Read a conversation as pydantic-ai hands it to a model."""
    questions: list[str] = []
    outcomes: list[Outcome] = []
    objection = ""
    for message in messages:
        if isinstance(message, ModelResponse):
            continue
        for part in message.parts:
            match part:
                case UserPromptPart():
                    questions.append(_prompt(part))
                    outcomes, objection = [], ""
                case ToolReturnPart():
                    outcomes.append(_outcome(part))
                case RetryFeedbackPart():
                    objection = part.content if isinstance(part.content, str) else str(part.content)
                case _:
                    pass
    current = questions[-1] if questions else ""
    earlier = tuple(questions[:-1][-_EARLIER:])
    return Situation(current, earlier, tuple(outcomes), objection, len(questions))


def _prompt(part: UserPromptPart) -> str:
    content = part.content
    text = (
        content if isinstance(content, str) else "\n".join(item for item in content if isinstance(item, str))
    )
    return text if len(text) <= 4 * _LONGEST else f"{text[: 2 * _LONGEST]}\n{text[-_LONGEST:]}"


def _outcome(part: ToolReturnPart) -> Outcome:
    content = part.model_response_str()
    if part.outcome != "success":
        return Outcome(part.tool_name, content.strip(), failed=True)
    failed = re.match(r"error \(([\w-]+)\): ", content)
    if failed:
        return Outcome(part.tool_name, content[failed.end() :].strip(), failed=True)
    return Outcome(part.tool_name, _summary(content), failed=False)


def _summary(content: str) -> str:
    """The summary of a tool's JSON, which may have been cut at its limit; else the text as it is."""
    head = re.match(r'\s*\{\s*"summary"\s*:\s*', content)
    if head is None:
        return content.strip()
    try:
        summary, _end = json.JSONDecoder().raw_decode(content, head.end())
    except ValueError:
        return content[head.end() :].strip().strip('"').replace("\\n", "\n")
    return str(summary).strip()
