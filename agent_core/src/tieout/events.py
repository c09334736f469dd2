"""What happens during a turn, as a stream of events: one JSON line each with ``--json``.

Invariant: the ``text`` events of a turn joined == the stored answer == ``Turn.text``, however the model's stream was
cut. A mark never changes text; it points at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tieout.contract.cards import Card
from tieout.contract.figures import Figure
from tieout.contract.guards import Finding, Stage
from tieout.contract.tools import Effect

__all__ = [
    "SCHEMA_VERSION",
    "ApprovalEvent",
    "ErrorEvent",
    "Event",
    "EvidenceEvent",
    "GuardEvent",
    "MarkEvent",
    "MarkStatus",
    "TextEvent",
    "ToolProgressEvent",
    "ToolResultEvent",
    "ToolStartedEvent",
    "TurnDoneEvent",
    "TurnStartedEvent",
    "UsageEvent",
    "WaitingEvent",
    "parse_event",
]

SCHEMA_VERSION = 1

MarkStatus = Literal["tied", "computed", "quoted", "user", "structural", "untied", "mismatch"]
"""tied: equals a figure of a source. computed: equals a formula's result. quoted: stands inside a verified quote.
user: the user said it. structural: counts or names things (list numbers, model names). untied: no evidence.
mismatch: evidence of the same thing says otherwise."""


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    v: Literal[1] = SCHEMA_VERSION

    def line(self) -> str:
        """The event as one line of JSON."""
        return self.model_dump_json(exclude_none=True)


class TurnStartedEvent(_Event):
    """A question was accepted and stored."""

    type: Literal["turn_started"] = "turn_started"
    turn_id: str
    session_id: str
    model: str
    local: bool
    """True when the model sends nothing off the machine."""


class TextEvent(_Event):
    """The next piece of the answer; final as soon as it is sent."""

    type: Literal["text"] = "text"
    text: str


class MarkEvent(_Event):
    """What is known about one number: ``start`` and ``end`` are offsets in the whole answer."""

    type: Literal["mark"] = "mark"
    start: int
    end: int
    status: MarkStatus
    evidence: str | None = None
    """``id`` of the evidence event it was tied to."""
    detail: str = ""


class ToolStartedEvent(_Event):
    """A tool is about to run."""

    type: Literal["tool_started"] = "tool_started"
    call_id: str
    tool: str
    arguments: Mapping[str, Any]


class ToolProgressEvent(_Event):
    """A tool reports how far it is."""

    type: Literal["tool_progress"] = "tool_progress"
    call_id: str
    tool: str
    done: float
    total: float | None = None
    message: str = ""


class ToolResultEvent(_Event):
    """A tool returned (``ok``) or failed (``error`` says why)."""

    type: Literal["tool_result"] = "tool_result"
    call_id: str
    tool: str
    ok: bool
    seconds: float
    result: Mapping[str, Any] | None = None
    card: Card | None = None
    error: str | None = None
    code: str | None = None


class GuardEvent(_Event):
    """A guard said something other than "allow"."""

    type: Literal["guard"] = "guard"
    guard: str
    stage: Stage
    verdict: Literal["warn", "redact", "retry", "block", "unknown"]
    message: str
    findings: tuple[Finding, ...] = ()


class ApprovalEvent(_Event):
    """Policy asked about an effect, and what was decided."""

    type: Literal["approval"] = "approval"
    call_id: str
    tool: str
    effect: Effect
    decision: Literal["approved", "denied"]
    by: Literal["policy", "user", "option"]


class EvidenceEvent(_Event):
    """A figure that numbers in the answer can be tied to."""

    type: Literal["evidence"] = "evidence"
    id: str
    tool: str
    call_id: str
    figure: Figure


class UsageEvent(_Event):
    """Tokens and requests of the turn so far; zero for the offline mode."""

    type: Literal["usage"] = "usage"
    requests: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = None


class WaitingEvent(_Event):
    """Nothing moves for a known reason (a rate limit, a retry, a fallback to another model)."""

    type: Literal["waiting"] = "waiting"
    reason: str
    seconds: float = 0.0


class ErrorEvent(_Event):
    """The turn failed or was cut; ``code`` is stable, ``hint`` is the next step."""

    type: Literal["error"] = "error"
    code: str
    message: str
    hint: str = ""


class TurnDoneEvent(_Event):
    """The last event of every turn."""

    type: Literal["turn_done"] = "turn_done"
    turn_id: str
    status: Literal["done", "interrupted", "failed"]
    text: str
    seconds: float


Event = Annotated[
    TurnStartedEvent
    | TextEvent
    | MarkEvent
    | ToolStartedEvent
    | ToolProgressEvent
    | ToolResultEvent
    | GuardEvent
    | ApprovalEvent
    | EvidenceEvent
    | UsageEvent
    | WaitingEvent
    | ErrorEvent
    | TurnDoneEvent,
    Field(discriminator="type"),
]


def parse_event(line: str | bytes) -> Event:
    """Read one JSON line back into its event.

    Raises:
        pydantic.ValidationError: The line is no event of this schema version.
    """
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    return adapter.validate_json(line)
