"""What the screen asks of Tieout, whoever answers: a host in another thread, or a script in a test."""

from __future__ import annotations

__all__ = ["Engine", "ModelInfo", "PastTurn", "Ready", "SessionInfo", "ToolInfo"]

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tieout.events import Event, MarkEvent
    from tieout.evidence import Evidence
    from tieout.running import Approver


@dataclass(frozen=True)
class ModelInfo:
    """The model in use, and where prompts go."""

    id: str
    local: bool
    """True when nothing leaves this machine."""
    sends_to: str = ""
    """Host that prompts are sent to; empty when local or unknown."""


@dataclass(frozen=True)
class ToolInfo:
    """A tool as a slash command."""

    command: str
    """``/compute train``"""
    usage: str
    """Its arguments, optional ones in brackets."""
    summary: str


@dataclass(frozen=True)
class PastTurn:
    """A stored question and its answer."""

    question: str
    answer: str
    status: str
    model: str = ""
    marks: tuple[MarkEvent, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """What the marks point at."""


@dataclass(frozen=True)
class SessionInfo:
    """A stored conversation."""

    id: str
    title: str
    turns: int
    updated: datetime


@dataclass(frozen=True)
class Ready:
    """What the screen shows once the engine is loaded, or once another conversation is open."""

    model: ModelInfo
    tools: tuple[ToolInfo, ...] = ()
    warnings: tuple[str, ...] = ()
    title: str = ""
    past: tuple[PastTurn, ...] = ()
    question_limit: int = 100_000
    """Characters of one question."""


class Engine(Protocol):
    """Everything behind the screen. Methods are called from the screen's event loop."""

    async def start(self, approve: Approver) -> Ready:
        """Load settings, plugins and model library; open the conversation asked for.

        Args:
            approve: Asks the user whether a tool may have an effect.

        Raises:
            TieoutError: Settings are wrong, or the model or the conversation does not exist.
        """
        ...

    def ask(self, text: str) -> AsyncGenerator[Event]:
        """Answer a question, or run a slash command; failures are events. One at a time."""
        ...

    @property
    def advice_due(self) -> bool:
        """Whether what ``ask`` did last needs the line "no investment advice"."""
        ...

    @property
    def unstored(self) -> str:
        """Why not everything that was said is stored; empty while it is."""
        ...

    def cancel(self) -> None:
        """Stop what ``ask`` is doing; what was written is kept."""
        ...

    async def new_session(self) -> Ready:
        """Begin another conversation."""
        ...

    async def open_session(self, session_id: str) -> Ready:
        """Go on with a stored conversation.

        Raises:
            StoreError: There is none of that id.
        """
        ...

    async def sessions(self) -> list[SessionInfo]:
        """Stored conversations, newest first."""
        ...

    async def models(self) -> list[str]:
        """One line per family of models: prefix, whether it can be used, where prompts go."""
        ...

    async def switch_model(self, model_id: str) -> ModelInfo:
        """Answer with another model from the next question on.

        Raises:
            ModelUnavailable: There is no such model.
        """
        ...

    async def close(self) -> None:
        """Stop and store what runs, then let go of plugins, models and the store."""
        ...
