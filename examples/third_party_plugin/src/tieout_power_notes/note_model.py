"""A model: answers every question with the best note. It shows where a real one would go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from tieout.plugin import ModelContext, ModelSpec, Probe, translator

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage
    from pydantic_ai.models import Model
    from pydantic_ai.models.function import AgentInfo, DeltaToolCalls

_ = translator("tieout_power_notes")


def note_model() -> ModelSpec:
    """The family of models `power-notes`; building one costs an import, so that happens when it is chosen."""
    return ModelSpec(
        prefix="power-notes",
        summary=_("answers with the best note on power, without a language model"),
        build=_build,
        probe=lambda _name: Probe(True, _("always available; nothing leaves this machine")),
        local=True,
    )


def _build(_name: str, _context: ModelContext) -> Model:
    from pydantic_ai.models.function import FunctionModel

    return FunctionModel(stream_function=_answer, model_name="power-notes")


async def _answer(messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    """First call the tool, so that the quote is checked; then say what it returned."""
    from pydantic_ai.messages import ToolReturnPart, UserPromptPart
    from pydantic_ai.models.function import DeltaToolCall

    last = messages[-1].parts[-1]
    if isinstance(last, ToolReturnPart):
        text = last.model_response_str()
        yield json.loads(text)["summary"] if text.startswith("{") else text
        return
    question = next(part for part in messages[-1].parts if isinstance(part, UserPromptPart))
    yield {0: DeltaToolCall(name="power_notes", json_args=json.dumps({"about": str(question.content)}))}
