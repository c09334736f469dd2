"""The pipe between Tieout and the process that holds a local model: one JSON object per line.

To the child: ``load``, ``complete``, ``count``, ``cancel``, ``close``. From the child, per job: ``started``, then
``loaded`` | ``prompt`` ``text``* ``done`` | ``counted``, or ``failed``. Every message carries the job's number.
The child works through jobs one by one; ``cancel`` overtakes them.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal, TypedDict, cast

__all__ = [
    "GREETING",
    "ChatMessage",
    "Completion",
    "EngineError",
    "FailureCode",
    "FinishedBy",
    "FromChild",
    "Loaded",
    "Sampling",
    "ToChild",
    "decode",
    "encode",
]

GREETING: Final = b"TIEOUT-LLAMA 1\n"
"""First line of the child; whatever a site's start-up code printed before it is skipped."""

FinishedBy = Literal["stop", "length", "cancelled", "deadline"]
FailureCode = Literal["not-installed", "load", "template", "grammar", "context", "generate"]
JsonObject = dict[str, Any]  # JSON: schemas and template variables have no narrower type


class ChatMessage(TypedDict, total=False):
    """One message as chat templates know it; ``tool_calls`` carry their arguments as an object."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: list[JsonObject]
    tool_call_id: str
    name: str


class Sampling(TypedDict):
    """How tokens are drawn."""

    max_tokens: int
    temperature: float
    top_p: float
    top_k: int
    presence_penalty: float
    frequency_penalty: float
    seed: int | None


class Completion(TypedDict):
    """One answer to write."""

    messages: list[ChatMessage]
    tools: list[JsonObject]
    """OpenAI-style tool definitions for the chat template."""
    schema: JsonObject | None
    """JSON schema that the whole answer must follow (through a grammar), or None for free text."""
    sampling: Sampling
    deadline: float
    """Seconds from the start of the job."""


class Loaded(TypedDict):
    """What the child says of the model it holds."""

    n_ctx: int
    n_params: int
    gpu: bool
    """Whether layers were offloaded."""
    template: bool
    """Whether the file has a chat template (ChatML is used when not)."""
    template_tools: bool
    """Whether that template knows tools."""


class ToChild(TypedDict, total=False):
    """A message to the child."""

    op: Literal["load", "complete", "count", "cancel", "close"]
    job: int
    settings: JsonObject
    completion: Completion


class FromChild(TypedDict, total=False):
    """A message from the child."""

    event: Literal["started", "loaded", "prompt", "text", "done", "counted", "failed"]
    job: int
    loaded: Loaded
    text: str
    tokens: int
    """``prompt``, ``counted``: tokens of the prompt; ``done``: tokens written."""
    cached: int
    """``prompt``: how many of its tokens were still in the KV cache."""
    finish: FinishedBy
    code: FailureCode
    message: str


class EngineError(Exception):
    """A job failed in a way the child foresaw; ``failed`` carries it to the parent."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code: FailureCode = code


def encode(message: ToChild | FromChild) -> bytes:
    """One line of ASCII; lone surrogates survive as escapes."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> JsonObject:
    """The object on one line; raises ValueError for anything else."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not a message")
    return cast(JsonObject, message)
