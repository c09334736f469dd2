"""What the calls of one turn share, and what came of each."""

from __future__ import annotations

__all__ = ["ApprovalRequest", "Approver", "Outcome", "TurnState", "active_turn"]

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property

from tieout.contract.results import Result
from tieout.contract.tools import Effect
from tieout.errors import TieoutError
from tieout.events import Event
from tieout.evidence import EvidenceBook
from tieout.i18n import Language
from tieout.quantities import Quantity, find


@dataclass(frozen=True)
class ApprovalRequest:
    """A tool wants to do something that policy asks about."""

    tool: str
    effect: Effect
    arguments: Mapping[str, object]


Approver = Callable[[ApprovalRequest], Awaitable[bool]]


@dataclass
class TurnState:
    """What the calls of one turn share."""

    lang: Language
    emit: Callable[[Event], None]
    question: str = ""
    approve: Approver | None = None
    approved: frozenset[Effect] = frozenset()
    """Effects approved beforehand (``--approve network``)."""
    book: EvidenceBook = field(default_factory=EvidenceBook)
    results: list[tuple[str, Result]] = field(default_factory=list[tuple[str, Result]])
    calls: int = 0
    cancelled: bool = False

    guards_ready: bool = False
    """Whether the guards have been started, and those that are lost reported."""
    from_lifespan: bool = False
    """Whether a plugin that is starting calls; waiting for the start of others could then wait for itself."""
    earlier_questions: tuple[str, ...] = ()
    """The conversation's last few questions before this one, newest first."""

    @cached_property
    def said_earlier(self) -> list[Quantity]:
        """The numbers of the earlier questions."""
        return [number for question in self.earlier_questions for number in find(question[:4000])]

    @cached_property
    def said(self) -> list[Quantity]:
        """The numbers of the question, found once: 40 µs each add up when the question is long."""
        return find(self.question) if self.question else []


active_turn: ContextVar[TurnState | None] = ContextVar("tieout_turn", default=None)
"""The turn that the running task belongs to: a model that serves many turns finds the right one by it."""


@dataclass(frozen=True)
class Outcome:
    """What came of one call: a result, or an error; and what a model is told."""

    call_id: str
    tool: str
    result: Result | None
    error: TieoutError | None
    for_model: str

    def value(self) -> Result:
        """The result.

        Raises:
            TieoutError: The call failed.
        """
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result
