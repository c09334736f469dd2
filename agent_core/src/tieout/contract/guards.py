"""Guards: code that looks at text before it goes further, and what it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from tieout.i18n import Language

if TYPE_CHECKING:
    from tieout.contract.tools import Effect

__all__ = [
    "Allow",
    "Block",
    "Finding",
    "Guard",
    "GuardInput",
    "GuardStream",
    "Hold",
    "Redact",
    "Release",
    "Retry",
    "Severity",
    "Stage",
    "Unchecked",
    "Unknown",
    "Verdict",
    "Warn",
]

Severity = Literal["info", "low", "medium", "high", "critical"]
Hold = Literal["line", "sentence", "all"]


class Stage(StrEnum):
    """Where a guard looks."""

    PROMPT = "prompt"
    """The user's text, before a model sees it."""
    TOOL_CALL = "tool_call"
    """A tool's arguments (as JSON), before the tool runs."""
    TOOL_RESULT = "tool_result"
    """What a tool returned (as JSON), before a model sees it."""
    OUTPUT = "output"
    """The answer, before anyone sees it."""


class Finding(BaseModel):
    """One thing a guard noticed; offsets are in the text it was given."""

    model_config = ConfigDict(frozen=True)

    rule: str
    severity: Severity
    message: str
    start: int = 0
    end: int = 0
    line: int = 0
    """1-based line in the text, 0 when it has none."""
    cwe: str = ""
    url: str = ""
    advice: str = ""


@dataclass(frozen=True)
class GuardInput:
    """What a guard is shown.

    For the output stage ``text`` is the unit that is about to be released, and ``released`` is what the reader has
    already seen of this answer; it can no longer be changed.
    """

    stage: Stage
    text: str
    lang: Language = "en"
    tool: str = ""
    args: Mapping[str, object] = field(default_factory=dict[str, object])
    released: str = ""
    final: bool = True
    effects: frozenset[Effect] = frozenset()
    """What the tool call does to the world (``tool_call`` only); empty where nobody says."""


@dataclass(frozen=True)
class Allow:
    """Nothing to object to."""


@dataclass(frozen=True)
class Warn:
    """The text passes; the user is told."""

    message: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Redact:
    """``text`` takes the place of what was looked at; the user is told."""

    text: str
    message: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Retry:
    """Ask the model again, with ``message`` as the reason. Only text that was not yet released is replaced."""

    message: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Block:
    """The text goes no further; ``message`` is shown in its place as a labelled notice."""

    message: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """The guard could not tell (too long, timed out, unreadable). Settings decide; it never counts as fine."""

    reason: str


Verdict = Allow | Warn | Redact | Retry | Block | Unknown


@dataclass(frozen=True)
class Unchecked:
    """A part of a release that a guard could not check."""

    reason: str
    before: str = ""
    """What is released instead where settings let nothing unknown through: the text in front of that part."""


@dataclass(frozen=True)
class Release:
    """What a guard's stream lets through now, and what it has to say about it.

    After ``Block`` or ``Retry`` the stream is over: ``text`` is what is safe before the objection, and nothing that
    was held back follows. With ``Redact`` the replacement is already part of ``text``.

    One piece of an answer may hold several things to say. ``unchecked`` keeps what could not be checked apart from the
    verdict, so that settings can stop there however the answer was cut.
    """

    text: str
    verdict: Verdict = Allow()
    unchecked: Unchecked | None = None


class GuardStream:
    """A guard's view of one answer while it is being written.

    The released text must be the same however the answer is cut into deltas.
    """

    async def feed(self, delta: str) -> Release:
        """Take the next piece of the answer; return what may be shown."""
        raise NotImplementedError

    async def finish(self) -> Release:
        """The answer has ended; return what was still held."""
        raise NotImplementedError


class Guard:
    """Base of a guard. Subclass it, set ``name`` and ``stages``, and write ``check``.

    A guard that raises or runs past ``timeout`` gives ``Unknown``.
    """

    name: ClassVar[str] = ""
    stages: ClassVar[frozenset[Stage]] = frozenset()
    timeout: ClassVar[float] = 1.0
    """Seconds one ``check``, ``feed`` or ``finish`` may take."""
    hold: ClassVar[Hold] = "line"
    """How much of an answer is collected before ``check`` sees it, when the guard has no stream of its own."""

    async def check(self, given: GuardInput) -> Verdict:
        """Look at one text."""
        raise NotImplementedError

    def open_stream(self, given: GuardInput) -> GuardStream | None:
        """A stream for one answer, or ``None`` to have ``check`` called unit by unit (see ``hold``)."""
        return None
